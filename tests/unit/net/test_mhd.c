/* SPDX-License-Identifier: Apache-2.0 */
/* The server on a loopback socket, spoken to byte by byte. */
#include "net/http_server.h"

#include "base/buf.h"
#include "base/clock.h"

#include "../../support/test.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct http_server *server;
static uint16_t port;
static struct http_prebuilt *ready;

static int
listen_on_loopback(uint16_t *out)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	*out = ntohs(at.sin_port);
	return fd;
}

/* --- the handler --- */

static void
answer(struct http_request *rq, const char *text)
{
	struct http_response r = { .status = 200,
		.content_type = HTTP_JSON,
		.body = bytes_of_str(text) };

	http_response_add(&r, "x-test", "yes");
	http_respond(rq, &r);
}

static void
echo(struct http_request *rq)
{
	struct buf out;
	size_t size;
	struct bytes q = http_query(rq, "q"), h = http_header(rq, "X-Thing");

	buf_init(&out, 1u << 20);
	buf_add(&out, rq->method);
	buf_char(&out, ' ');
	buf_add(&out, rq->path);
	buf_fmt(&out,
	    " q=%.*s h=%.*s host=%.*s port=%d bearer=%.*s client=%s body=%zu:", BYTES_FMT(q),
	    BYTES_FMT(h), BYTES_FMT(rq->host), rq->port == port, BYTES_FMT(rq->bearer), rq->client,
	    rq->body.size);
	buf_add(&out, bytes_slice(rq->body, 0, 64));

	uint8_t *text = buf_take(&out, &size);

	assert_non_null(text);
	struct bytes kept = arena_copy(rq->arena, bytes_of(text, size));

	free(text);
	answer(rq, (const char *)kept.p);
}

static void *
answer_later(void *arg)
{
	const struct timespec nap = { .tv_nsec = 50000000L };

	nanosleep(&nap, NULL);
	answer(arg, "later");
	return NULL;
}

static void *
answer_slowly(void *arg)
{
	const struct timespec nap = { .tv_nsec = 600000000L };

	nanosleep(&nap, NULL);
	echo(arg);
	return NULL;
}

static void *
answer_soon(void *arg)
{
	answer(arg, "soon");
	return NULL;
}

static void
in_thread(struct http_request *rq, void *(*fn)(void *))
{
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, fn, rq), 0);
	pthread_detach(t);
}

static void
handle(struct http_request *rq, void *user)
{
	(void)user;
	if (bytes_is_str(rq->path, "/later")) {
		in_thread(rq, answer_later);
	} else if (bytes_is_str(rq->path, "/slow")) {
		in_thread(rq, answer_slowly);
	} else if (bytes_is_str(rq->path, "/soon")) {
		in_thread(rq, answer_soon);
	} else if (bytes_is_str(rq->path, "/ready")) {
		struct http_response r = { .prebuilt = ready };

		http_respond(rq, &r);
	} else {
		echo(rq);
	}
}

static size_t
max_body(const struct http_request *rq, void *user)
{
	(void)user;
	return bytes_is_str(rq->path, "/big") ? 300000 : 1000;
}

static int
start(void **state)
{
	struct err e = { 0 };
	struct http_server_config c = { .listener_count = 1,
		.limits = HTTP_LIMITS_DEFAULT,
		.threads = 2,
		.handle = handle,
		.max_body = max_body,
		.opaque_prefix = "/opaque/",
		.once = "X-Once" };
	struct http_response r = { .status = 200,
		.content_type = HTTP_JSON,
		.body = BYTES("{\"ready\":true}") };

	(void)state;
	http_response_add(&r, "ETag", "\"1\"");
	assert_int_equal(http_prebuilt_new(&r, &ready, &e), 0);
	c.listeners[0] = (struct http_listener){ .fd = listen_on_loopback(&port),
		.label = "t",
		.is_plain = true };
	c.listeners[0].port = port;
	c.limits.header_ms = 1500;
	c.limits.body_ms = 700;
	c.limits.max_in_flight = 3;
	c.limits.max_body_memory = 500000;
	assert_int_equal(http_server_start(&c, &server, &e), 0);
	return 0;
}

static int
stop(void **state)
{
	struct http_stats st;

	(void)state;
	assert_true(http_server_drain(server, 3000));
	http_server_stats(server, &st);
	assert_int_equal(st.in_flight, 0);
	http_server_free(server);
	http_prebuilt_unrefp(&ready);
	return 0;
}

/* --- a client of bytes --- */

static int
dial(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	(void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Reads until WANT was seen, the end, or WAIT_MS; true when it was seen. */
static bool
hear(int fd, const char *want, int wait_ms)
{
	static char seen[400000];
	size_t size = 0;
	uint64_t until = clock_ms() + (uint64_t)wait_ms;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t now = clock_ms();

		seen[size] = '\0';
		if (want != NULL && strstr(seen, want) != NULL)
			return true;
		if (now >= until || size + 1 >= sizeof(seen) ||
		    poll(&p, 1, (int)(until - now)) <= 0)
			return false;
		ssize_t got = recv(fd, seen + size, sizeof(seen) - 1 - size, 0);

		if (got <= 0)
			return want == NULL;
		size += (size_t)got;
	}
}

/* One connection, one message, and what its answer must hold. */
static bool
talk(const char *message, const char *want)
{
	int fd = dial();
	bool heard;

	say(fd, message);
	heard = hear(fd, want, 3000);
	close(fd);
	return heard;
}

#define HOST "Host: localhost\r\n"

static void
request_is_given_whole(void **state)
{
	(void)state;
	assert_true(talk("GET /a%3Ab?Q=x%20y HTTP/1.1\r\n" HOST "x-thing: 7\r\n"
			 "Authorization: Bearer t.o.k\r\n\r\n",
	    "GET /a:b q=x y h=7 host=localhost port=1 bearer=t.o.k client=127.0.0.1 body=0:"));
	assert_true(talk("POST /p HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
	    "POST /p q= h= host=localhost port=1 bearer= client=127.0.0.1 body=5:hello"));
	assert_true(talk("POST /p HTTP/1.1\r\n" HOST
			 "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
	    "body=5:hello"));
	assert_true(talk("GET http://localhost/abs HTTP/1.1\r\n" HOST "\r\n", "GET /abs "));
	assert_true(talk("GET / HTTP/1.1\r\n" HOST "\r\n", "x-test: yes"));
}

static void
head_is_answered_without_a_body(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, "HEAD /ready HTTP/1.1\r\n" HOST "\r\n");
	assert_true(hear(fd, "Content-Length: 14\r\n", 2000));
	say(fd, "GET /ready HTTP/1.1\r\n" HOST "\r\n");
	assert_true(hear(fd, "\r\n\r\n{\"ready\":true}", 2000));
	close(fd);
}

static void
connection_is_kept_and_pipelined(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n");
	assert_true(hear(fd, "GET /2 ", 2000));
	say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\nGET /3 HTTP/1.1\r\n" HOST "\r\n");
	assert_true(hear(fd, "GET /3 ", 2000));
	close(fd);
}

static void
answers_come_from_other_threads(void **state)
{
	int fds[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		fds[i] = dial();
		say(fds[i],
		    i % 2 == 0 ? "GET /later HTTP/1.1\r\n" HOST "\r\n"
			       : "GET /soon HTTP/1.1\r\n" HOST "\r\n");
	}
	for (int i = 0; i < 20; i++) {
		assert_true(hear(fds[i], i % 2 == 0 ? "\r\n\r\nlater" : "\r\n\r\nsoon", 3000));
		close(fds[i]);
	}
	for (int i = 0; i < 300; i++)
		assert_true(talk("GET /soon HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nsoon"));
}

static void
client_that_leaves_before_the_answer_harms_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		int fd = dial();

		say(fd,
		    i % 3 == 0       ? "GET /later HTTP/1.1\r\n" HOST "\r\n"
			: i % 3 == 1 ? "GET /later HTTP/1.1\r\nHost: loc"
				     : "POST /p HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nab");
		close(fd);
	}
	assert_true(talk("GET /later HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nlater"));
}

static void
expect_100_is_continued(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, "PUT /p HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
	assert_true(hear(fd, "HTTP/1.1 100 Continue\r\n\r\n", 2000));
	say(fd, "ok");
	assert_true(hear(fd, "body=2:ok", 2000));
	close(fd);
}

static void
oversized_bodies_are_413(void **state)
{
	char *text = malloc(400000);

	(void)state;
	assert_true(talk("POST /p HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", " 413 "));
	assert_true(talk("POST /p HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n"
			 "Expect: 100-continue\r\n\r\n",
	    " 413 "));
	assert_true(
	    talk("POST /p HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999999\r\n\r\n",
		"HTTP/1.1 4"));
	assert_non_null(text);
	int size = snprintf(text, 400000,
	    "POST /p HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3e9\r\n");

	memset(text + size, 'x', 1001);
	memcpy(text + size + 1001, "\r\n0\r\n\r\n", 8);
	assert_true(talk(text, " 413 "));
	size =
	    snprintf(text, 400000, "POST /big HTTP/1.1\r\n" HOST "Content-Length: 300000\r\n\r\n");
	memset(text + size, 'y', 300000);
	text[size + 300000] = '\0';
	assert_true(talk(text, "body=300000:yyyy"));
	free(text);
}

static void
oversized_headers_are_refused(void **state)
{
	char *text = malloc(100000);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 99999);
	text[99999] = '\0';
	memcpy(text, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", 36);
	memcpy(text + 60000, "\r\n\r\n", 5);
	assert_true(talk(text, "HTTP/1.1 431"));
	memset(text, 'a', 99999);
	memcpy(text, "GET /", 5);
	memcpy(text + 3000, " HTTP/1.1\r\nHost: localhost\r\n\r\n", 31);
	assert_true(talk(text, "HTTP/1.1 4"));
	free(text);
}

static void
malformed_requests_are_400(void **state)
{
	static const char *const bad[] = {
		"GET /a%zz HTTP/1.1\r\n" HOST "\r\n",
		"GET /a%00b HTTP/1.1\r\n" HOST "\r\n",
		"GET /a%2fb HTTP/1.1\r\n" HOST "\r\n",
		"GET http://other/ HTTP/1.1\r\n" HOST "\r\n",
		"GET / HTTP/1.1\r\n" HOST "Host: other\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
		"GET / HTTP/1.1\r\n" HOST
		"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 1x\r\n\r\na",
		"POST / HTTP/1.1\r\n" HOST
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		"nonsense\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		int fd = dial();

		say(fd, bad[i]);
		/* 400, or for what is no HTTP at all the end of the connection. */
		bool heard = hear(fd, "HTTP/1.1 400", 3000);

		if (!heard && i < 13)
			fail_msg("case %zu", i);
		close(fd);
	}
	assert_true(talk("GET /still HTTP/1.1\r\n" HOST "\r\n", "GET /still"));
}

static void
opaque_targets_are_given_as_they_were_sent(void **state)
{
	char *text = malloc(8192);

	(void)state;
	assert_non_null(text);
	assert_true(talk("GET /opaque/a%2Fb/../%zz?q=1?2 HTTP/1.1\r\n" HOST "\r\n",
	    "GET /opaque/a%2Fb/../%zz q=1?2 "));
	assert_true(talk("GET /opaque/ HTTP/1.1\r\n" HOST "\r\n", "GET /opaque/ q= "));
	/* Nothing else is. */
	assert_true(talk("GET /Opaque/a%2Fb HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400"));
	assert_true(talk("GET /%6fpaque/%zz HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400"));
	assert_true(
	    talk("GET http://localhost:1/opaque/%zz HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400"));
	snprintf(text, 8192, "GET /opaque/%03000d HTTP/1.1\r\n" HOST "\r\n", 7);
	assert_true(talk(text, "0007 q= "));
	snprintf(text, 8192, "GET /other/%03000d HTTP/1.1\r\n" HOST "\r\n", 7);
	assert_true(talk(text, "HTTP/1.1 400"));
	free(text);
}

static void
a_header_of_the_surface_stands_once(void **state)
{
	(void)state;
	assert_true(talk("GET /x HTTP/1.1\r\n" HOST "X-Once: a\r\n\r\n", "HTTP/1.1 200"));
	assert_true(
	    talk("GET /x HTTP/1.1\r\n" HOST "X-Once: a\r\nx-oncE: a\r\n\r\n", "HTTP/1.1 400"));
	assert_true(
	    talk("GET /x HTTP/1.1\r\n" HOST "X-Thing: a\r\nX-Thing: a\r\n\r\n", "HTTP/1.1 200"));
}

static void
slow_header_ends_the_connection(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, "GET / HT");
	for (int i = 0; i < 6; i++) {
		usleep(150000);
		say(fd, "T");
	}
	assert_true(hear(fd, NULL, 4000));
	close(fd);
}

static void
slow_body_ends_the_connection(void **state)
{
	struct http_stats before, after;
	int fd = dial();
	uint64_t began = clock_ms();

	(void)state;
	http_server_stats(server, &before);
	say(fd, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 500\r\n\r\n");
	for (int i = 0; i < 6; i++) {
		usleep(100000);
		say(fd, "x");
	}
	assert_true(hear(fd, NULL, 4000));
	assert_true(clock_ms() - began < 3000);
	close(fd);
	http_server_stats(server, &after);
	assert_true(after.timed_out > before.timed_out);
}

static void
too_many_requests_at_once_are_429(void **state)
{
	int fds[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		fds[i] = dial();
		say(fds[i], "POST /slow HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab");
	}
	usleep(200000);
	assert_true(
	    talk("POST /p HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab", "Retry-After: 1\r\n"));
	/* Without a body nothing is metered. */
	assert_true(talk("GET /ready HTTP/1.1\r\n" HOST "\r\n", "{\"ready\":true}"));
	for (int i = 0; i < 3; i++) {
		assert_true(hear(fds[i], "body=2:ab", 2000));
		close(fds[i]);
	}
	assert_true(talk("POST /p HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab", "body=2:ab"));
}

static void
clients_that_send_nothing_take_no_room(void **state)
{
	int fds[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		fds[i] = dial();
		say(fds[i], "POST /big HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\nx");
	}
	assert_true(talk("POST /p HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab", "body=2:ab"));
	for (int i = 0; i < 10; i++)
		close(fds[i]);
}

static void
bodies_beyond_their_memory_are_429(void **state)
{
	char *text = malloc(400000);
	int size, first = dial(), second = dial();

	(void)state;
	assert_non_null(text);
	size =
	    snprintf(text, 400000, "POST /big HTTP/1.1\r\n" HOST "Content-Length: 300000\r\n\r\n");
	memset(text + size, 'y', 300000);
	text[size + 299999] = '\0';
	say(first, text);
	usleep(200000);
	text[size + 299999] = 'y';
	text[size + 300000] = '\0';
	say(second, text);
	assert_true(hear(second, "HTTP/1.1 429", 2000));
	say(first, "y");
	assert_true(hear(first, "body=300000:yyyy", 2000));
	/* What was heard is freed an instant later. */
	for (int i = 0; i < 20 && !talk(text, "body=300000:yyyy"); i++)
		assert_true(i < 19);
	close(first);
	close(second);
	free(text);
}

static void
drain_waits_for_the_open_request(void **state)
{
	struct err e = { 0 };
	struct http_server *mine;
	struct http_server_config c = { .listener_count = 1,
		.limits = HTTP_LIMITS_DEFAULT,
		.threads = 1,
		.handle = handle };
	uint16_t shared = port, own;

	(void)state;
	c.listeners[0] = (struct http_listener){ .fd = listen_on_loopback(&own),
		.label = "d",
		.is_plain = true };
	assert_int_equal(http_server_start(&c, &mine, &e), 0);
	port = own;
	int busy = dial(), idle = dial();

	port = shared;
	say(busy, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	say(idle, "GET /x HTTP/1.1\r\n" HOST "\r\n");
	assert_true(hear(idle, "GET /x", 2000));
	assert_true(http_server_drain(mine, 2000));
	assert_true(hear(busy, "\r\n\r\nlater", 1000));
	http_server_free(mine);
	assert_true(hear(idle, NULL, 1000));
	close(busy);
	close(idle);
}

static void
configuration_without_handler_or_key_is_refused(void **state)
{
	struct err e = { 0 };
	struct http_server *s;
	struct http_server_config c = { .limits = HTTP_LIMITS_DEFAULT };
	uint16_t p;

	(void)state;
	assert_int_equal(http_server_start(&c, &s, &e), -1);
	assert_int_equal(e.code, ERR_INTERNAL);
	err_clear(&e);
	c.handle = handle;
	c.listener_count = 1;
	c.listeners[0] = (struct http_listener){ .fd = listen_on_loopback(&p), .label = "tls" };
	assert_int_equal(http_server_start(&c, &s, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	err_clear(&e);
	c.listeners[0] = (struct http_listener){ .fd = -1, .label = "none", .is_plain = true };
	assert_int_equal(http_server_start(&c, &s, &e), -1);
	assert_int_equal(e.code, ERR_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_given_whole),
		cmocka_unit_test(head_is_answered_without_a_body),
		cmocka_unit_test(connection_is_kept_and_pipelined),
		cmocka_unit_test(answers_come_from_other_threads),
		cmocka_unit_test(client_that_leaves_before_the_answer_harms_nothing),
		cmocka_unit_test(expect_100_is_continued),
		cmocka_unit_test(oversized_bodies_are_413),
		cmocka_unit_test(oversized_headers_are_refused),
		cmocka_unit_test(malformed_requests_are_400),
		cmocka_unit_test(opaque_targets_are_given_as_they_were_sent),
		cmocka_unit_test(a_header_of_the_surface_stands_once),
		cmocka_unit_test(slow_header_ends_the_connection),
		cmocka_unit_test(slow_body_ends_the_connection),
		cmocka_unit_test(too_many_requests_at_once_are_429),
		cmocka_unit_test(clients_that_send_nothing_take_no_room),
		cmocka_unit_test(bodies_beyond_their_memory_are_429),
		cmocka_unit_test(drain_waits_for_the_open_request),
		cmocka_unit_test(configuration_without_handler_or_key_is_refused),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
