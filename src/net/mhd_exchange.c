/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of an exchange, one request and its answer: seen (the target is known) ▸ its header is checked ▸ its body is
 * collected ▸ the handler has it, the connection is suspended ▸ answered, the connection is resumed ▸ over, and the
 * exchange goes back to the pool.
 */
#include "net/mhd_impl.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/deadline.h"
#include "net/message.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE       "http"

#define DEFAULT_MAX_BODY (1u << 20)
#define MAX_POOLED       64
#define MAX_POOLED_BODY  65536
/* What a body may go beyond its ceiling before we stop listening: enough for most clients to hear our answer. */
#define MAX_BODY_EXCESS (1u << 20)

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
	bool has_body, is_in_flight;
	bool is_unwelcome; /* its body did not fit in with the others */
	size_t counted;    /* of its body, in the server's body_memory */
	size_t excess;     /* what came beyond the body's ceiling */
	_Atomic enum hand hand;
	struct MHD_Response *answer; /* a reference of ours, or else: */
	struct http_prebuilt *shared;
	unsigned status;
	struct exchange *next;
};

static struct exchange *
exchange_of(struct http_request *rq)
{
	return (struct exchange *)(void *)rq;
}

static void
exchange_set_answer(struct exchange *x, const struct http_response *r)
{
	struct http_server *s = x->listener->server;

	bool is_last = atomic_load(&s->is_draining);

	if (r->prebuilt != NULL && !is_last) {
		x->status = r->prebuilt->copy.status;
		x->shared = http_prebuilt_ref(r->prebuilt);
	} else if (r->prebuilt != NULL) {
		/* Made anew, so that it can say that the connection ends. */
		x->status = r->prebuilt->copy.status;
		x->answer = response_make(&r->prebuilt->copy, MHD_RESPMEM_MUST_COPY, true);
	} else {
		x->status = r->status;
		x->answer = response_make(r, MHD_RESPMEM_PERSISTENT, is_last);
	}
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

static bool
is_opaque(const struct http_server *s, struct bytes target)
{
	return s->conf.opaque_prefix != NULL && bytes_has_prefix(target, s->conf.opaque_prefix);
}

static void
split_opaque(struct http_request *rq, struct bytes target)
{
	const uint8_t *mark = memchr(target.p, '?', target.size);
	size_t size = mark == NULL ? target.size : (size_t)(mark - target.p);

	rq->path = bytes_slice(target, 0, size);
	if (mark != NULL)
		rq->query = bytes_slice(target, size + 1, target.size);
}

/* The request line is there; the returned exchange comes back in exchange_access() and exchange_completed(). */
void *
exchange_seen(void *cls, const char *target, struct MHD_Connection *con)
{
	struct listener *l = cls;
	struct exchange *x = exchange_get(l, con);
	struct bytes whole = bytes_of_str(target);
	struct err e = { 0 };

	if (x == NULL)
		return NULL;
	atomic_fetch_add(&l->server->open_requests, 1);
	if (is_opaque(l->server, whole)) {
		whole = arena_copy(&x->arena, whole);
		if (whole.p == NULL)
			x->bad_target = "the request target is too long";
		else
			split_opaque(&x->rq, whole);
		return x;
	}
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

void
exchange_completed(void *cls, struct MHD_Connection *con, void **con_cls,
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
	if (x->is_in_flight)
		atomic_fetch_sub(&s->in_flight, 1);
	atomic_fetch_sub(&s->body_memory, x->counted);
	exchange_put(x);
	atomic_fetch_sub(&s->open_requests, 1);
}

/* --- the header --- */

struct repeats {
	const char *name; /* the surface's own, or NULL */
	unsigned host, authorization, length, coding, own;
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
	n->own += n->name != NULL && bytes_is_str_nocase(b, n->name);
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
	x->body.ceiling = max;
	if (x->body.p == NULL)
		buf_init(&x->body, max);
	return MHD_YES;
}

static enum MHD_Result
header_done(struct exchange *x, const char *method)
{
	struct repeats n = { .name = x->listener->server->conf.once };

	x->step = STEP_BODY;
	x->rq.is_head = strcmp(method, "HEAD") == 0;
	x->rq.method = arena_copy(&x->arena, bytes_of_str(x->rq.is_head ? "GET" : method));
	if (x->rq.method.p == NULL)
		return MHD_NO;
	fill_client(x);
	MHD_get_connection_values(x->con, MHD_HEADER_KIND, count_header, &n);
	if (x->bad_target != NULL)
		return refuse(x, 400, x->bad_target);
	if (n.host > 1 || n.authorization > 1 || n.length > 1 || n.coding > 1 || n.own > 1)
		return refuse(x, 400, "a header stands twice that may stand once");
	/* RFC 9112 6.1: another coding than this one has no end that we know of. */
	if (n.coding == 1 &&
	    !bytes_is_str_nocase(exchange_header(&x->rq, "Transfer-Encoding"), "chunked"))
		return refuse(x, 400, "the Transfer-Encoding is not chunked");
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

static void
forget_body(struct exchange *x)
{
	atomic_fetch_sub(&x->listener->server->body_memory, x->counted);
	x->counted = 0;
	buf_release(&x->body);
}

static enum MHD_Result
take_part(struct exchange *x, const char *part, size_t *size)
{
	struct http_server *s = x->listener->server;
	struct bytes b = bytes_of(part, *size);

	*size = 0;
	if (x->excess == 0) {
		x->counted += b.size;
		x->is_unwelcome = atomic_fetch_add(&s->body_memory, b.size) + b.size >
		    s->conf.limits.max_body_memory;
		buf_add(&x->body, b);
		if (buf_ok(&x->body) && !x->is_unwelcome)
			return MHD_YES;
		forget_body(x);
	}
	/* Too much: listen a little longer, so that the answer can be heard, keeping nothing. */
	x->excess += b.size;
	return x->excess > MAX_BODY_EXCESS ? MHD_NO : MHD_YES;
}

static enum MHD_Result
hand_over(struct exchange *x)
{
	struct http_server *s = x->listener->server;

	if (x->is_unwelcome)
		return refuse(x, 429, "too many requests at once");
	if (x->excess > 0)
		return refuse(x, 413, "the body is larger than this route takes");
	x->is_in_flight = x->has_body;
	if (x->has_body && atomic_fetch_add(&s->in_flight, 1) >= s->conf.limits.max_in_flight)
		return refuse(x, 429, "too many requests at once");
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

enum MHD_Result
exchange_access(void *cls, struct MHD_Connection *con, const char *url, const char *method,
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

void
exchange_pool_free(struct http_server *s)
{
	for (struct exchange *x = s->pool; x != NULL;) {
		struct exchange *next = x->next;

		exchange_destroy(x);
		x = next;
	}
	s->pool = NULL;
}
