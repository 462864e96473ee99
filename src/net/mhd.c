/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_server.h over libmicrohttpd: one daemon with a pool of epoll threads per listener.
 *
 * The life of an exchange: seen (the target is known) ▸ its header is checked ▸ its body is collected ▸ the handler has
 * it, the connection is suspended ▸ answered, the connection is resumed ▸ over, and the exchange goes back to the pool.
 */
#include "net/http_server.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/deadline.h"
#include "net/message.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define LOG_MODULE       "http"

#define DEFAULT_MAX_BODY (1u << 20)
#define MAX_POOLED       64
#define MAX_POOLED_BODY  65536
/* What a body may go beyond its ceiling before we stop listening: enough for most clients to hear our answer. */
#define MAX_BODY_EXCESS (1u << 20)
#define MAX_THREADS     64
#define DRAIN_TICK_NS   5000000L
/* TLS 1.2 with forward secrecy and AEAD, and TLS 1.3. */
#define TLS_PRIORITIES                                                                             \
	"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-AES-128-CBC:-AES-256-CBC:"   \
	"-SHA1:%SERVER_PRECEDENCE"

struct http_prebuilt {
	_Atomic unsigned refs;
	struct MHD_Response *made;
	struct http_response copy;
	void *text; /* all strings and the body of the copy */
};

struct listener {
	struct http_server *server;
	struct http_listener conf;
	struct MHD_Daemon *daemon;
	int quiesced_fd;
};

enum step { STEP_SEEN, STEP_BODY, STEP_HANDED, STEP_QUEUED };
enum hand { HAND_HELD, HAND_SUSPENDED, HAND_ANSWERED };

struct exchange {
	struct http_request rq; /* first: the handler's pointer is ours */
	struct listener *listener;
	struct MHD_Connection *con;
	struct deadline *deadline;
	struct arena arena;
	struct buf body;
	struct bytes authority; /* of an absolute target */
	const char *bad_target; /* why the target was not understood */
	enum step step;
	bool has_body;
	size_t excess; /* what came beyond the body's ceiling */
	_Atomic enum hand hand;
	struct MHD_Response *answer; /* a reference of ours, or else: */
	struct http_prebuilt *shared;
	unsigned status;
	struct exchange *next;
};

struct http_server {
	struct http_server_config conf;
	struct listener listeners[MAX_HTTP_LISTENERS];
	char *cert, *key;
	struct deadlines *deadlines;
	pthread_mutex_t pool_lock;
	struct exchange *pool;
	size_t pooled;
	atomic_bool is_draining, is_closed;
	_Atomic unsigned open_requests, open_connections, in_flight;
	_Atomic uint64_t connections, requests, refused;
};

/* --- answers --- */

static struct MHD_Response *
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

static struct exchange *
exchange_of(struct http_request *rq)
{
	return (struct exchange *)(void *)rq;
}

static void
exchange_set_answer(struct exchange *x, const struct http_response *r)
{
	struct http_server *s = x->listener->server;

	if (r->prebuilt != NULL) {
		x->status = r->prebuilt->copy.status;
		x->shared = http_prebuilt_ref(r->prebuilt);
		return;
	}
	x->status = r->status;
	x->answer = response_make(r, MHD_RESPMEM_PERSISTENT, atomic_load(&s->is_draining));
}

static struct bytes
exchange_header(const struct http_request *rq, const char *name)
{
	const struct exchange *x = (const struct exchange *)(const void *)rq;
	const char *value;
	size_t size;

	if (MHD_lookup_connection_value_n(x->con, MHD_HEADER_KIND, name, strlen(name), &value,
		&size) != MHD_YES ||
	    value == NULL)
		return (struct bytes){ 0 };
	return bytes_of(value, size);
}

/* Any thread. After the exchange of HAND the request is the connection's thread's again. */
static void
exchange_respond(struct http_request *rq, const struct http_response *r)
{
	struct exchange *x = exchange_of(rq);
	struct MHD_Connection *con = x->con;

	exchange_set_answer(x, r);
	deadline_set(x->deadline, clock_ms() + x->listener->server->conf.limits.send_ms);
	if (atomic_exchange(&x->hand, HAND_ANSWERED) == HAND_SUSPENDED)
		MHD_resume_connection(con);
}

static const struct http_ops server_ops = { exchange_header, exchange_respond };

static enum MHD_Result
exchange_queue(struct exchange *x)
{
	enum MHD_Result done;

	x->step = STEP_QUEUED;
	if (x->shared != NULL)
		return MHD_queue_response(x->con, x->status, x->shared->made);
	if (x->answer == NULL) {
		log_error("answer cannot be sent", "status=%u", x->status);
		return MHD_NO;
	}
	done = MHD_queue_response(x->con, x->status, x->answer);
	MHD_destroy_response(x->answer);
	x->answer = NULL;
	return done;
}

/* --- what the server answers by itself --- */

static const char *
refusal_code(unsigned status)
{
	switch (status) {
	case 413:
		return "RequestTooLarge";
	case 421:
		return "MisdirectedRequest";
	case 429:
		return "TooManyRequests";
	default:
		return "BadRequest";
	}
}

static enum MHD_Result
refuse(struct exchange *x, unsigned status, const char *why)
{
	struct http_server *s = x->listener->server;
	struct http_response r = { .status = status, .content_type = HTTP_JSON };
	char text[256];

	atomic_fetch_add(&s->refused, 1);
	if (status == 429)
		http_response_add(&r, "Retry-After", "1");
	if (s->conf.refuse != NULL) {
		s->conf.refuse(&x->rq, why, &r, s->conf.user);
	} else {
		/* WHY is one of our literals: nothing to escape. */
		snprintf(text, sizeof(text), "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}",
		    refusal_code(status), why);
		r.body = bytes_of_str(text);
	}
	x->status = r.status;
	x->answer = response_make(&r, MHD_RESPMEM_MUST_COPY, true);
	deadline_set(x->deadline, clock_ms() + s->conf.limits.send_ms);
	return exchange_queue(x);
}

/* --- exchanges --- */

static struct exchange *
exchange_get(struct listener *l, struct MHD_Connection *con)
{
	struct http_server *s = l->server;
	const union MHD_ConnectionInfo *info;
	struct exchange *x;

	pthread_mutex_lock(&s->pool_lock);
	x = s->pool;
	if (x != NULL) {
		s->pool = x->next;
		s->pooled--;
	}
	pthread_mutex_unlock(&s->pool_lock);
	if (x == NULL) {
		x = calloc(1, sizeof(*x));
		if (x == NULL)
			return NULL;
		arena_init(&x->arena, s->conf.limits.max_arena_size);
	}

	struct arena arena = x->arena;
	struct buf body = x->body;

	*x = (struct exchange){ .listener = l, .con = con, .arena = arena, .body = body };
	atomic_init(&x->hand, HAND_HELD);
	info = MHD_get_connection_info(con, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	x->deadline = info == NULL ? NULL : info->socket_context;
	x->rq = (struct http_request){ .port = l->conf.port,
		.listener = l->conf.label,
		.is_plain = l->conf.is_plain,
		.arena = &x->arena,
		.ops = &server_ops };
	return x;
}

static void
exchange_destroy(struct exchange *x)
{
	arena_release(&x->arena);
	buf_release(&x->body);
	free(x);
}

static void
exchange_put(struct exchange *x)
{
	struct http_server *s = x->listener->server;
	bool keep;

	if (x->answer != NULL)
		MHD_destroy_response(x->answer);
	http_prebuilt_unref(x->shared);
	x->answer = NULL;
	x->shared = NULL;
	arena_reset(&x->arena);
	if (x->body.room > MAX_POOLED_BODY)
		buf_release(&x->body);
	else
		buf_clear(&x->body);
	pthread_mutex_lock(&s->pool_lock);
	keep = s->pooled < MAX_POOLED;
	if (keep) {
		x->next = s->pool;
		s->pool = x;
		s->pooled++;
	}
	pthread_mutex_unlock(&s->pool_lock);
	if (!keep)
		exchange_destroy(x);
}

/* The request line is there; the returned exchange comes back in access() and completed(). */
static void *
seen(void *cls, const char *target, struct MHD_Connection *con)
{
	struct listener *l = cls;
	struct exchange *x = exchange_get(l, con);
	struct bytes whole = bytes_of_str(target);
	struct err e = { 0 };

	if (x == NULL)
		return NULL;
	atomic_fetch_add(&l->server->open_requests, 1);
	if (whole.size > MAX_HTTP_PATH) {
		x->bad_target = "the request target is too long";
		return x;
	}
	whole = arena_copy(&x->arena, whole);
	if (whole.p == NULL ||
	    message_target(whole, &x->arena, &x->rq.path, &x->rq.query, &x->authority, &e) < 0)
		x->bad_target = "the request target is malformed";
	return x;
}

static void
completed(void *cls, struct MHD_Connection *con, void **con_cls,
    enum MHD_RequestTerminationCode why)
{
	struct listener *l = cls;
	struct http_server *s = l->server;
	struct exchange *x = *con_cls;

	(void)con;
	(void)why;
	if (x == NULL)
		return;
	*con_cls = NULL;
	deadline_set(x->deadline, clock_ms() + s->conf.limits.header_ms);
	if (x->has_body)
		atomic_fetch_sub(&s->in_flight, 1);
	exchange_put(x);
	atomic_fetch_sub(&s->open_requests, 1);
}

/* --- the header --- */

struct repeats {
	unsigned host, authorization, length, coding;
};

static enum MHD_Result
count_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct repeats *n = cls;
	struct bytes b = bytes_of_str(name);

	(void)kind;
	(void)value;
	n->host += bytes_is_str_nocase(b, "Host");
	n->authorization += bytes_is_str_nocase(b, "Authorization");
	n->length += bytes_is_str_nocase(b, "Content-Length");
	n->coding += bytes_is_str_nocase(b, "Transfer-Encoding");
	return MHD_YES;
}

static void
fill_client(struct exchange *x)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(x->con, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *addr = info == NULL ? NULL : info->client_addr;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	snprintf(x->rq.client, sizeof(x->rq.client), "unix");
	if (addr != NULL && addr->sa_family == AF_INET) {
		memcpy(&v4, addr, sizeof(v4));
		inet_ntop(AF_INET, &v4.sin_addr, x->rq.client, sizeof(x->rq.client));
	} else if (addr != NULL && addr->sa_family == AF_INET6) {
		memcpy(&v6, addr, sizeof(v6));
		inet_ntop(AF_INET6, &v6.sin6_addr, x->rq.client, sizeof(x->rq.client));
	}
}

/* RFC 6066 3: where the client said in the handshake whom it wants, Host must say the same. */
static bool
sni_fits(const struct exchange *x)
{
	const union MHD_ConnectionInfo *info;
	unsigned char name[256];
	size_t size = sizeof(name);
	unsigned type;
	struct bytes host = message_host_name(x->rq.host);

	if (x->listener->conf.is_plain)
		return true;
	info = MHD_get_connection_info(x->con, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (info == NULL || info->tls_session == NULL)
		return false;
	switch (gnutls_server_name_get(info->tls_session, name, &size, &type, 0)) {
	case GNUTLS_E_SUCCESS:
		return type == GNUTLS_NAME_DNS && bytes_eq_nocase(bytes_of(name, size), host);
	case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
		return true;
	default:
		return false;
	}
}

static enum MHD_Result
begin_body(struct exchange *x, bool is_chunked)
{
	struct http_server *s = x->listener->server;
	struct bytes length = exchange_header(&x->rq, "Content-Length");
	size_t max =
	    s->conf.max_body == NULL ? DEFAULT_MAX_BODY : s->conf.max_body(&x->rq, s->conf.user);
	uint64_t size = 0;

	for (size_t i = 0; i < length.size; i++) {
		if (length.p[i] < '0' || length.p[i] > '9' || i > 15)
			return refuse(x, 400, "Content-Length is malformed");
		size = size * 10 + (length.p[i] - '0');
	}
	if (size > max)
		return refuse(x, 413, "the body is larger than this route takes");
	deadline_set(x->deadline, clock_ms() + s->conf.limits.body_ms);
	if (size == 0 && !is_chunked)
		return MHD_YES;
	x->has_body = true;
	if (atomic_fetch_add(&s->in_flight, 1) >= s->conf.limits.max_in_flight)
		return refuse(x, 429, "too many requests at once");
	x->body.ceiling = max;
	if (x->body.p == NULL)
		buf_init(&x->body, max);
	return MHD_YES;
}

static enum MHD_Result
header_done(struct exchange *x, const char *method)
{
	struct repeats n = { 0 };

	x->step = STEP_BODY;
	x->rq.is_head = strcmp(method, "HEAD") == 0;
	x->rq.method = arena_copy(&x->arena, bytes_of_str(x->rq.is_head ? "GET" : method));
	if (x->rq.method.p == NULL)
		return MHD_NO;
	fill_client(x);
	MHD_get_connection_values(x->con, MHD_HEADER_KIND, count_header, &n);
	if (x->bad_target != NULL)
		return refuse(x, 400, x->bad_target);
	if (n.host > 1 || n.authorization > 1 || n.length > 1 || n.coding > 1)
		return refuse(x, 400, "a header stands twice that may stand once");
	if (n.length == 1 && n.coding == 1)
		return refuse(x, 400, "Content-Length and Transfer-Encoding exclude each other");
	x->rq.host = exchange_header(&x->rq, "Host");
	if (n.host == 1 && !message_host_is_sane(x->rq.host))
		return refuse(x, 400, "the Host header is malformed");
	if (x->authority.p != NULL && !bytes_eq_nocase(x->authority, x->rq.host))
		return refuse(x, 400, "the request target names another host than Host");
	if (!sni_fits(x))
		return refuse(x, 421, "the Host header is not the name of the TLS handshake");
	x->rq.bearer = message_bearer(exchange_header(&x->rq, "Authorization"));
	x->rq.traceparent = message_traceparent(exchange_header(&x->rq, "traceparent"));
	return begin_body(x, n.coding == 1);
}

/* --- the body, the handler, the answer --- */

static enum MHD_Result
take_part(struct exchange *x, const char *part, size_t *size)
{
	struct bytes b = bytes_of(part, *size);

	*size = 0;
	if (x->excess == 0)
		buf_add(&x->body, b);
	if (buf_ok(&x->body))
		return MHD_YES;
	/* Chunked beyond its ceiling: listen a little longer, so that the answer can be heard, keeping nothing. */
	x->excess += b.size;
	return x->excess > MAX_BODY_EXCESS ? MHD_NO : MHD_YES;
}

static enum MHD_Result
hand_over(struct exchange *x)
{
	struct http_server *s = x->listener->server;

	if (x->excess > 0)
		return refuse(x, 413, "the body is larger than this route takes");
	x->step = STEP_HANDED;
	x->rq.body = x->has_body ? buf_bytes(&x->body) : (struct bytes){ 0 };
	deadline_set(x->deadline, DEADLINE_NONE);
	atomic_fetch_add(&s->requests, 1);
	s->conf.handle(&x->rq, s->conf.user);
	if (atomic_load(&x->hand) == HAND_ANSWERED)
		return exchange_queue(x);
	MHD_suspend_connection(x->con);
	if (atomic_exchange(&x->hand, HAND_SUSPENDED) == HAND_ANSWERED) {
		atomic_store(&x->hand, HAND_ANSWERED);
		MHD_resume_connection(x->con);
	}
	return MHD_YES;
}

static enum MHD_Result
answer_access(void *cls, struct MHD_Connection *con, const char *url, const char *method,
    const char *version, const char *part, size_t *part_size, void **con_cls)
{
	struct listener *l = cls;
	struct exchange *x = *con_cls;

	(void)con;
	(void)url;
	(void)version;
	if (x == NULL)
		return MHD_NO;
	switch (x->step) {
	case STEP_SEEN:
		return atomic_load(&l->server->is_closed) ? MHD_NO : header_done(x, method);
	case STEP_BODY:
		return *part_size > 0 ? take_part(x, part, part_size) : hand_over(x);
	case STEP_HANDED:
		return atomic_load(&x->hand) == HAND_ANSWERED ? exchange_queue(x) : MHD_YES;
	case STEP_QUEUED:
	default:
		*part_size = 0;
		return MHD_YES;
	}
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

	if (n == 0) {
		int cores = get_nprocs();

		n = cores < 1 ? 1 : (unsigned)cores;
	}
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
	    answer_access, l,
	    /* The logger stands first, so that it hears of the other options. */
	    MHD_OPTION_EXTERNAL_LOGGER, library_log, NULL, MHD_OPTION_LISTEN_SOCKET, l->conf.fd,
	    MHD_OPTION_URI_LOG_CALLBACK, seen, l, MHD_OPTION_NOTIFY_COMPLETED, completed, l,
	    MHD_OPTION_NOTIFY_CONNECTION, connection_changed, l, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    limits->max_header_size, MHD_OPTION_CONNECTION_LIMIT, limits->max_connections,
	    MHD_OPTION_CONNECTION_TIMEOUT, (limits->idle_ms + 999) / 1000,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    /* A pool of one is no pool to the library. */
	    MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0, MHD_OPTION_ARRAY,
	    l->conf.is_plain ? plain : tls, MHD_OPTION_END);
	if (l->daemon == NULL)
		return err_set(e, ERR_INVALID,
		    "http: listener %s does not start: certificate and key, or socket",
		    l->conf.label);
	return 0;
}

static char *
text_of(struct bytes b)
{
	return b.size == 0 ? NULL : strndup((const char *)b.p, b.size);
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
			/* Whoever was seen in between is refused by answer_access() or counted here. */
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
	for (struct exchange *x = s->pool; x != NULL;) {
		struct exchange *next = x->next;

		exchange_destroy(x);
		x = next;
	}
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
