/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.h over libmicrohttpd: one daemon with a pool of epoll threads per listener, and answers made ready. */
#include "net/http_server.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/deadline.h"
#include "net/mhd_impl.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_MODULE    "http"

#define MAX_THREADS   64
#define DRAIN_TICK_NS 5000000L
/* TLS 1.2 with forward secrecy and AEAD, and TLS 1.3. */
#define TLS_PRIORITIES                                                                             \
	"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-AES-128-CBC:-AES-256-CBC:"   \
	"-SHA1:%SERVER_PRECEDENCE"

/* --- answers --- */

struct MHD_Response *
response_make(const struct http_response *r, enum MHD_ResponseMemoryMode mode, bool is_last)
{
	struct MHD_Response *m;
	/* The library takes void * for all modes and only reads in those we use. */
	union {
		const uint8_t *in;
		void *out;
	} body = { .in = r->body.p };
	bool good = true;

	m = MHD_create_response_from_buffer(r->body.size, body.out, mode);
	if (m == NULL)
		return NULL;
	if (r->content_type != NULL)
		good = MHD_add_response_header(m, "Content-Type", r->content_type) == MHD_YES;
	for (size_t i = 0; i < r->header_count && i < MAX_HTTP_RESPONSE_HEADERS; i++)
		good = good &&
		    MHD_add_response_header(m, r->headers[i].name, r->headers[i].value) == MHD_YES;
	if (is_last)
		good = good && MHD_add_response_header(m, "Connection", "close") == MHD_YES;
	if (!good) {
		MHD_destroy_response(m);
		return NULL;
	}
	return m;
}

static char *
text_put(char **at, const char *s)
{
	size_t size;
	char *out = *at;

	if (s == NULL)
		return NULL;
	size = strlen(s) + 1;
	memcpy(out, s, size);
	*at += size;
	return out;
}

/* A copy of all that R points to, in one piece that *TEXT owns. */
static bool
response_copy(const struct http_response *r, struct http_response *copy, void **text)
{
	size_t size = r->body.size + 1;
	char *at;

	size += r->content_type == NULL ? 0 : strlen(r->content_type) + 1;
	for (size_t i = 0; i < r->header_count; i++)
		size += strlen(r->headers[i].name) + strlen(r->headers[i].value) + 2;
	at = malloc(size);
	if (at == NULL)
		return false;
	*text = at;
	*copy = (struct http_response){ .status = r->status, .header_count = r->header_count };
	if (r->body.size > 0)
		memcpy(at, r->body.p, r->body.size);
	copy->body = bytes_of(at, r->body.size);
	at += r->body.size;
	copy->content_type = text_put(&at, r->content_type);
	for (size_t i = 0; i < r->header_count; i++) {
		copy->headers[i].name = text_put(&at, r->headers[i].name);
		copy->headers[i].value = text_put(&at, r->headers[i].value);
	}
	return true;
}

int
http_prebuilt_new(const struct http_response *r, struct http_prebuilt **out, struct err *e)
{
	struct http_prebuilt *p;

	if (r->prebuilt != NULL || r->header_count > MAX_HTTP_RESPONSE_HEADERS)
		return err_set(e, ERR_INTERNAL, "prebuilt answer: not a plain response");
	p = calloc(1, sizeof(*p));
	if (p == NULL || !response_copy(r, &p->copy, &p->text)) {
		free(p);
		return arena_fail(e, "prebuilt answer");
	}
	/* The library keeps bytes of its own, since it may still be sending when our last reference goes. */
	p->made = response_make(&p->copy, MHD_RESPMEM_MUST_COPY, false);
	if (p->made == NULL) {
		free(p->text);
		free(p);
		return err_set(e, ERR_INVALID, "prebuilt answer: a header that cannot be sent");
	}
	atomic_init(&p->refs, 1);
	*out = p;
	return 0;
}

struct http_prebuilt *
http_prebuilt_ref(struct http_prebuilt *p)
{
	atomic_fetch_add(&p->refs, 1);
	return p;
}

void
http_prebuilt_unref(struct http_prebuilt *p)
{
	if (p == NULL || atomic_fetch_sub(&p->refs, 1) > 1)
		return;
	MHD_destroy_response(p->made);
	free(p->text);
	free(p);
}

void
http_prebuilt_unrefp(struct http_prebuilt **p)
{
	http_prebuilt_unref(*p);
	*p = NULL;
}

const struct http_response *
http_prebuilt_response(const struct http_prebuilt *p)
{
	return &p->copy;
}

/* --- connections, start and end --- */

static void
connection_changed(void *cls, struct MHD_Connection *con, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct listener *l = cls;
	struct http_server *s = l->server;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		deadlines_remove(s->deadlines, *context);
		*context = NULL;
		atomic_fetch_sub(&s->open_connections, 1);
		return;
	}
	atomic_fetch_add(&s->open_connections, 1);
	atomic_fetch_add(&s->connections, 1);
	info = MHD_get_connection_info(con, MHD_CONNECTION_INFO_CONNECTION_FD);
	*context = info == NULL
	    ? NULL
	    : deadlines_add(s->deadlines, info->connect_fd, clock_ms() + s->conf.limits.header_ms);
}

static void PRINTF(2, 0) library_log(void *cls, const char *fmt, va_list args)
{
	char text[256];

	(void)cls;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("library", "%s", text);
}

static unsigned
thread_count(const struct http_server *s)
{
	unsigned n = s->conf.threads;
	cpu_set_t cores;

	/* The cores we may use, asked without a file. */
	if (n == 0)
		n = sched_getaffinity(0, sizeof(cores), &cores) == 0 ? (unsigned)CPU_COUNT(&cores)
								     : 1;
	return n > MAX_THREADS ? MAX_THREADS : n;
}

static int
listener_start(struct listener *l, struct err *e)
{
	struct http_server *s = l->server;
	const struct http_limits *limits = &s->conf.limits;
	unsigned threads = thread_count(s),
		 flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
	    MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, s->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)limits->max_per_client, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem plain[] = { { MHD_OPTION_END, 0, NULL } };
	int mode = fcntl(l->conf.fd, F_GETFL);

	/* Threads of a pool wait on one socket: whoever comes late must not sleep in accept. */
	if (mode < 0 || fcntl(l->conf.fd, F_SETFL, mode | O_NONBLOCK) < 0)
		return err_set(e, ERR_IO, "http: listener %s is no open socket", l->conf.label);
	l->daemon = MHD_start_daemon(flags | (l->conf.is_plain ? 0 : MHD_USE_TLS), 0, NULL, NULL,
	    exchange_access, l,
	    /* The logger stands first, so that it hears of the other options. */
	    MHD_OPTION_EXTERNAL_LOGGER, library_log, NULL, MHD_OPTION_LISTEN_SOCKET, l->conf.fd,
	    MHD_OPTION_URI_LOG_CALLBACK, exchange_seen, l, MHD_OPTION_NOTIFY_COMPLETED,
	    exchange_completed, l, MHD_OPTION_NOTIFY_CONNECTION, connection_changed, l,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits->max_header_size,
	    MHD_OPTION_CONNECTION_LIMIT, limits->max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
	    (limits->idle_ms + 999) / 1000, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    /* A pool of one is no pool to the library. */
	    MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0, MHD_OPTION_ARRAY,
	    l->conf.is_plain ? plain : tls, MHD_OPTION_END);
	if (l->daemon == NULL)
		return err_set(e, ERR_INVALID,
		    "http: listener %s does not start: certificate and key, or socket",
		    l->conf.label);
	return 0;
}

/* B has no NUL of its own; strndup() would be allowed to look for one behind it. */
static char *
text_of(struct bytes b)
{
	char *text = b.size == 0 ? NULL : malloc(b.size + 1);

	if (text == NULL)
		return NULL;
	memcpy(text, b.p, b.size);
	text[b.size] = '\0';
	return text;
}

int
http_server_start(const struct http_server_config *config, struct http_server **out, struct err *e)
{
	struct http_server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return arena_fail(e, "http server");
	s->conf = *config;
	s->cert = text_of(config->tls_certificate);
	s->key = text_of(config->tls_key);
	pthread_mutex_init(&s->pool_lock, NULL);
	if (config->listener_count > MAX_HTTP_LISTENERS || config->handle == NULL ||
	    deadlines_new(&s->deadlines, e) < 0) {
		http_server_free(s);
		return err_set(e, ERR_INTERNAL, "http server: configuration");
	}
	for (size_t i = 0; i < config->listener_count; i++) {
		struct listener *l = &s->listeners[i];

		*l = (struct listener){ .server = s,
			.conf = config->listeners[i],
			.quiesced_fd = -1 };
		if (listener_start(l, e) < 0) {
			http_server_free(s);
			return -1;
		}
	}
	*out = s;
	return 0;
}

bool
http_server_drain(struct http_server *s, unsigned timeout_ms)
{
	uint64_t until_ms = clock_ms() + timeout_ms;
	const struct timespec tick = { .tv_nsec = DRAIN_TICK_NS };

	atomic_store(&s->is_draining, true);
	for (size_t i = 0; i < s->conf.listener_count; i++)
		if (s->listeners[i].daemon != NULL && s->listeners[i].quiesced_fd < 0)
			s->listeners[i].quiesced_fd = MHD_quiesce_daemon(s->listeners[i].daemon);
	for (;;) {
		if (atomic_load(&s->open_requests) == 0) {
			/* Whoever was seen in between is refused by exchange_access() or counted here. */
			atomic_store(&s->is_closed, true);
			if (atomic_load(&s->open_requests) == 0)
				return true;
		}
		if (clock_ms() >= until_ms)
			return false;
		nanosleep(&tick, NULL);
	}
}

void
http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->conf.listener_count && i < MAX_HTTP_LISTENERS; i++) {
		if (s->listeners[i].daemon != NULL)
			MHD_stop_daemon(s->listeners[i].daemon);
		if (s->listeners[i].daemon != NULL && s->listeners[i].quiesced_fd >= 0)
			close(s->listeners[i].quiesced_fd);
	}
	deadlines_free(s->deadlines);
	exchange_pool_free(s);
	pthread_mutex_destroy(&s->pool_lock);
	free(s->cert);
	if (s->key != NULL)
		explicit_bzero(s->key, strlen(s->key));
	free(s->key);
	free(s);
}

void
http_server_stats(const struct http_server *s, struct http_stats *out)
{
	*out = (struct http_stats){
		.connections = atomic_load(&s->connections),
		.requests = atomic_load(&s->requests),
		.refused = atomic_load(&s->refused),
		.timed_out = deadlines_count_late(s->deadlines),
		.open = atomic_load(&s->open_connections),
		.in_flight = atomic_load(&s->in_flight),
	};
}
