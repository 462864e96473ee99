/* SPDX-License-Identifier: Apache-2.0 */
/* The client against our own server on loopback. */
#include "net/http_client.h"

#include "net/http_server.h"

#include "../../support/test.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct http_server *server;
static char base[64];

static void
handle(struct http_request *rq, void *user)
{
	static uint8_t large[100000];
	struct http_response r = { .status = 200, .content_type = HTTP_JSON };
	struct bytes type = http_header(rq, "Content-Type");

	(void)user;
	http_response_add(&r, "X-Method", bytes_is_str(rq->method, "PUT") ? "PUT" : "other");
	http_response_add(&r, "X-Bearer", bytes_is_str(rq->bearer, "t0k") ? "good" : "none");
	http_response_add(&r, "X-Type", bytes_is_str(type, "text/plain") ? "text" : "other");
	if (bytes_is_str(rq->path, "/large"))
		r.body = BYTES_OF(large);
	else if (bytes_is_str(rq->path, "/moved"))
		r = (struct http_response){ .status = 302,
			.headers = { { "Location", "/echo" } },
			.header_count = 1 };
	else if (bytes_is_str(rq->path, "/slow"))
		usleep(600000);
	else
		r.body = rq->body;
	http_respond(rq, &r);
}

static int
start(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct http_server_config c = { .listener_count = 1,
		.limits = HTTP_LIMITS_DEFAULT,
		.threads = 1,
		.handle = handle };

	(void)state;
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	snprintf(base, sizeof(base), "http://127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
	c.listeners[0] = (struct http_listener){ .fd = fd, .label = "t", .is_plain = true };
	return http_server_start(&c, &server, NULL);
}

static int
stop(void **state)
{
	(void)state;
	assert_true(http_server_drain(server, 3000));
	http_server_free(server);
	return 0;
}

static int
call_path(const char *path, struct http_call call, struct http_answer *a, struct err *e)
{
	char url[128];
	DEFER(http_client_freep) struct http_client *c = http_client_new(e);

	assert_non_null(c);
	snprintf(url, sizeof(url), "%s%s", base, path);
	call.url = url;
	return http_client_call(c, &call, a, e);
}

static void
method_body_bearer_and_header_arrive(void **state)
{
	DEFER(http_answer_release) struct http_answer a = { 0 };
	struct err e = { 0 };
	struct http_call call = { .allow_plain = true,
		.method = "PUT",
		.body = BYTES("hello"),
		.content_type = "text/plain",
		.bearer = "t0k" };

	(void)state;
	assert_int_equal(call_path("/echo", call, &a, &e), 0);
	assert_int_equal(a.status, 200);
	assert_true(bytes_is_str(buf_bytes(&a.body), "hello"));
	assert_true(bytes_is_str(http_answer_header(&a, "x-method"), "PUT"));
	assert_true(bytes_is_str(http_answer_header(&a, "X-BEARER"), "good"));
	assert_true(bytes_is_str(http_answer_header(&a, "x-type"), "text"));
	assert_true(bytes_is_str(http_answer_header(&a, "content-length"), "5"));
	assert_null(http_answer_header(&a, "x-absent").p);
}

static void
redirect_is_an_answer_and_not_followed(void **state)
{
	DEFER(http_answer_release) struct http_answer a = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(call_path("/moved", (struct http_call){ .allow_plain = true }, &a, &e), 0);
	assert_int_equal(a.status, 302);
}

/* Whoever sets the environment would read what is sent, and choose what is asked. Nobody listens on port 1. */
static void
proxy_of_the_environment_is_not_asked(void **state)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY",
		"all_proxy", "ALL_PROXY" };
	DEFER(http_answer_release) struct http_answer a = { 0 };
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(setenv(names[i], "http://127.0.0.1:1", 1), 0);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	assert_int_equal(call_path("/echo", (struct http_call){ .allow_plain = true }, &a, &e), 0);
	assert_int_equal(a.status, 200);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		unsetenv(names[i]);
}

static void
ceilings_of_size_and_time_hold(void **state)
{
	struct http_answer a = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(call_path("/large",
			     (struct http_call){ .allow_plain = true, .max_size = 5000 }, &a, &e),
	    -1);
	assert_int_equal(e.code, ERR_LIMIT);
	err_clear(&e);
	assert_int_equal(call_path("/slow",
			     (struct http_call){ .allow_plain = true, .timeout_ms = 200 }, &a, &e),
	    -1);
	assert_int_equal(e.code, ERR_UNAVAILABLE);
}

static void
other_protocols_and_malformed_calls_are_refused(void **state)
{
	static const char *const urls[] = { "file:///etc/passwd", "gopher://127.0.0.1/", "",
		"ftp://127.0.0.1/x" };
	static const char *const split[] = { "X-A: b\r\nX-C: d", NULL };
	struct http_answer a = { 0 };
	struct err e = { 0 };

	(void)state;
	DEFER(http_client_freep) struct http_client *c = http_client_new(&e);

	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		struct http_call call = { .url = urls[i], .allow_plain = true };

		assert_int_equal(http_client_call(c, &call, &a, &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		err_clear(&e);
	}
	assert_int_equal(call_path("/", (struct http_call){ 0 }, &a, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	err_clear(&e);
	assert_int_equal(call_path("/", (struct http_call){ .allow_plain = true, .headers = split },
			     &a, &e),
	    -1);
	assert_int_equal(e.code, ERR_INVALID);
	err_clear(&e);
	assert_int_equal(call_path("/",
			     (struct http_call){ .allow_plain = true, .bearer = "a\nb: c" }, &a,
			     &e),
	    -1);
	assert_int_equal(e.code, ERR_INVALID);
}

static void
nobody_listening_is_unavailable(void **state)
{
	struct http_answer a = { 0 };
	struct err e = { 0 };
	struct http_call call = { .url = "https://127.0.0.1:1/" };
	DEFER(http_client_freep) struct http_client *c = http_client_new(&e);

	(void)state;
	assert_int_equal(http_client_call(c, &call, &a, &e), -1);
	assert_int_equal(e.code, ERR_UNAVAILABLE);
	err_clear(&e);
	call.ca_file = "/does/not/exist.pem";
	assert_int_equal(http_client_call(c, &call, &a, &e), -1);
}

/* Names and spellings of this machine; a server is there, and must not hear of it. */
static void
private_address_is_refused_however_it_is_spelt(void **state)
{
	/* A number in another form than four of them is not even a URL (net/url.h). */
	static const struct {
		const char *host;
		enum err_code code;
	} rows[] = { { "127.0.0.1", ERR_DENIED }, { "localhost", ERR_DENIED },
		{ "127.1", ERR_INVALID }, { "2130706433", ERR_INVALID },
		{ "0x7f000001", ERR_INVALID }, { "0177.0.0.1", ERR_INVALID }, { "0", ERR_INVALID },
		{ "0.0.0.0", ERR_DENIED }, { "[::1]", ERR_DENIED },
		{ "[::ffff:127.0.0.1]", ERR_DENIED }, { "[64:ff9b::127.0.0.1]", ERR_DENIED },
		{ "[::]", ERR_DENIED } };
	struct http_answer a = { 0 };
	struct http_stats before, after;
	struct err e = { 0 };
	char url[128];
	DEFER(http_client_freep) struct http_client *c = http_client_new(&e);
	struct http_call call = { .url = url, .allow_plain = true, .refuse_private = true };

	(void)state;
	http_server_stats(server, &before);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(url, sizeof(url), "http://%s:%s/echo", rows[i].host,
		    strrchr(base, ':') + 1);
		assert_int_equal(http_client_call(c, &call, &a, &e), -1);
		if (e.code != rows[i].code)
			fail_msg("%s: %s", rows[i].host, e.msg);
		err_clear(&e);
	}
	http_server_stats(server, &after);
	assert_int_equal(after.connections, before.connections);
}

static void
connection_of_a_call_that_allowed_it_serves_none_that_does_not(void **state)
{
	DEFER(http_answer_release) struct http_answer a = { 0 };
	struct err e = { 0 };
	char url[128];
	DEFER(http_client_freep) struct http_client *c = http_client_new(&e);
	struct http_call call = { .url = url, .allow_plain = true };

	(void)state;
	snprintf(url, sizeof(url), "%s/echo", base);
	assert_int_equal(http_client_call(c, &call, &a, &e), 0);
	http_answer_release(&a);
	call.refuse_private = true;
	assert_int_equal(http_client_call(c, &call, &a, &e), -1);
	assert_int_equal(e.code, ERR_DENIED);
	err_clear(&e);
	call.refuse_private = false;
	assert_int_equal(http_client_call(c, &call, &a, &e), 0);
}

static void
url_that_is_not_strict_is_refused_and_its_secret_not_repeated(void **state)
{
	static const char *const urls[] = { "http://127.0.0.1@127.0.0.1/",
		"http://u:s3cret@127.0.0.1/", "http://127.0.0.1/#x", "http://127.0.0.1\\@a/",
		"http://[::1%25lo]/", "HTTP://127.0.0.1/", "http://127.0.0.1:0/",
		"http://127.0.0.1/a b", "http://127.0.0.1:/" };
	struct http_answer a = { 0 };
	struct err e = { 0 };
	DEFER(http_client_freep) struct http_client *c = http_client_new(&e);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		struct http_call call = { .url = urls[i], .allow_plain = true };

		assert_int_equal(http_client_call(c, &call, &a, &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		assert_null(strstr(e.msg, "s3cret"));
		err_clear(&e);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(method_body_bearer_and_header_arrive),
		cmocka_unit_test(redirect_is_an_answer_and_not_followed),
		cmocka_unit_test(proxy_of_the_environment_is_not_asked),
		cmocka_unit_test(ceilings_of_size_and_time_hold),
		cmocka_unit_test(other_protocols_and_malformed_calls_are_refused),
		cmocka_unit_test(nobody_listening_is_unavailable),
		cmocka_unit_test(private_address_is_refused_however_it_is_spelt),
		cmocka_unit_test(connection_of_a_call_that_allowed_it_serves_none_that_does_not),
		cmocka_unit_test(url_that_is_not_strict_is_refused_and_its_secret_not_repeated),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
