/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door: HTTP/1.1 (RFC 9110, RFC 9112) requests in, answers out. The library behind it stands in net/mhd*.c alone.
 *
 * The server reads a whole request within its limits, hands it to one handler, and sends what the handler answers, at
 * once or later, from any thread:
 *
 *	static void
 *	handle(struct http_request *rq, void *user)
 *	{
 *		struct http_response r = { .status = 200, .content_type = HTTP_JSON, .body = BYTES("{}") };
 *		http_respond(rq, &r);
 *	}
 *
 * Lifetimes: a request, all its views and its arena live until its answer was sent or its connection died; both happen
 * only after http_respond(), which must be called exactly once per request. After that call the handler's side must not
 * touch the request again. A response body must live as long: in the request's arena, in static memory, or in a
 * prebuilt answer.
 *
 * What never reaches the handler: malformed requests, a repeated Host, Authorization, Content-Length or
 * Transfer-Encoding, both of the latter (RFC 9112 6.3), a coding other than chunked, a path with an encoded NUL, slash or
 * backslash (400); a Host that is not the SNI (421, RFC 9110 15.5.20); too large a body (413) or header (431); a body
 * that takes too long (the connection is closed); more than max_in_flight at once or more than max_body_memory in bodies
 * (429 with Retry-After). Whoever sends slowly holds a connection and no more.
 *
 * A handler is a function from a request value to a response value: tests fill a struct http_request of their own with
 * ops that record the answer (tests/support/http.h).
 */
#pragma once

#include "base/arena.h"

#define HTTP_JSON                 "application/json; charset=utf-8" /* maa-api.md 1.1 */

#define MAX_HTTP_PATH             2048 /* of the request target, query included */
#define MAX_HTTP_RESPONSE_HEADERS 24

struct http_request;
struct http_response;
struct http_prebuilt;

/* How the request is answered and its header read; the server's own, or a test's. */
struct http_ops {
	struct bytes (*header)(const struct http_request *rq, const char *name);
	void (*respond)(struct http_request *rq, const struct http_response *r);
};

struct http_request {
	struct bytes method; /* as sent, but HEAD is given as GET with `is_head` */
	bool is_head;
	struct bytes path;  /* without query; percent-decoded once, so "%3Areset" is ":reset" */
	struct bytes query; /* as sent, without '?' */
	struct bytes body;  /* whole */
	struct bytes host;  /* the Host header as sent, "name" or "name:port"; empty when absent */
	uint16_t port;      /* of the listener; 0 for a Unix socket */
	const char *listener; /* its label */
	bool is_plain;        /* came without TLS, from a trusted proxy */
	struct bytes
	    bearer; /* the token of "Authorization: Bearer …"; p == NULL when there is none */
	struct bytes traceparent; /* well-formed (W3C Trace Context 3.2), else empty */
	char client[64];          /* the peer's address as text; "unix" for a Unix socket */
	struct arena *arena;
	const struct http_ops *ops;
	void *user; /* the handler's */
};

struct http_header {
	const char *name;
	const char *value; /* borrowed until http_respond() returned */
};

struct http_response {
	unsigned status;
	const char *content_type; /* NULL: none */
	struct http_header headers[MAX_HTTP_RESPONSE_HEADERS];
	size_t header_count;
	struct bytes body;
	/* Instead of all the above when not NULL; borrowed, the server takes its own reference. */
	struct http_prebuilt *prebuilt;
};

/* The value of a request header, without case; p == NULL when absent. Lives as long as the request. */
struct bytes http_header(const struct http_request *rq, const char *name);
/* The decoded value of the first query parameter NAME, without case; p == NULL when absent or not decodable. */
struct bytes http_query(const struct http_request *rq, const char *name);
/* False when the response has no room left. */
bool http_response_add(struct http_response *r, const char *name, const char *value);
/* Gives the request back; from any thread, once. */
void http_respond(struct http_request *rq, const struct http_response *r);

/*
 * An answer made ready once and sent many times (/certs, discovery): immutable, shared by reference count, its bytes
 * copied, so that a request for it copies and formats nothing.
 */
int http_prebuilt_new(const struct http_response *r, struct http_prebuilt **out, struct err *e)
    MUST_CHECK;
struct http_prebuilt *http_prebuilt_ref(struct http_prebuilt *p);
void http_prebuilt_unref(struct http_prebuilt *p);
void http_prebuilt_unrefp(struct http_prebuilt **p);
/* What it was made from; lives as long as it. */
const struct http_response *http_prebuilt_response(const struct http_prebuilt *p);

struct http_limits {
	size_t max_header_size;   /* of one connection's request line and header */
	size_t max_arena_size;    /* of one request's arena; the body is beside it */
	unsigned max_connections; /* of one listener */
	unsigned max_per_client;  /* connections of one address; TLS listeners only */
	unsigned max_in_flight;   /* requests with a body that the handler has */
	size_t max_body_memory;   /* of all bodies, from their first byte to their answer */
	unsigned idle_ms;         /* a connection without any byte moving */
	unsigned header_ms;       /* handshake and header, from the start or the last answer */
	unsigned body_ms;         /* the body, from the end of the header */
	unsigned send_ms;         /* the answer, from http_respond() */
};
#define HTTP_LIMITS_DEFAULT                                                                        \
	((struct http_limits){ .max_header_size = 32768,                                           \
	    .max_arena_size = 16u << 20,                                                           \
	    .max_connections = 4096,                                                               \
	    .max_per_client = 256,                                                                 \
	    .max_in_flight = 256,                                                                  \
	    .max_body_memory = (size_t)64 << 20,                                                   \
	    .idle_ms = 60000,                                                                      \
	    .header_ms = 75000,                                                                    \
	    .body_ms = 30000,                                                                      \
	    .send_ms = 30000 })

/* An open, listening socket; the server owns and closes it from http_server_start() on. */
struct http_listener {
	int fd;
	uint16_t port; /* what the handler sees */
	const char *label;
	bool is_plain;
};
#define MAX_HTTP_LISTENERS 8

struct http_server_config {
	struct http_listener listeners[MAX_HTTP_LISTENERS];
	size_t listener_count;
	struct bytes tls_certificate,
	    tls_key; /* PEM, chain leaf first; needed when a listener is not plain */
	struct http_limits limits;
	unsigned threads; /* per listener; 0: one per core */
	void (*handle)(struct http_request *rq, void *user);
	/* How large a body the route takes; asked before it is read, with path, query and header in place. NULL: 1 MiB. */
	size_t (*max_body)(const struct http_request *rq, void *user);
	/*
	 * A target that begins so is given as it was sent: neither decoded nor held to MAX_HTTP_PATH, because what follows is
	 * another server's and means nothing here. NULL: none.
	 */
	const char *opaque_prefix;
	const char *once; /* a header of the surface's own that may stand once, too; NULL: none */
	/*
	 * The body of an answer that the server gives by itself, in the style of the surface. *OUT has the status and
	 * needed headers already. NULL: {"error":{"code":…,"message":WHY}}.
	 */
	void (*refuse)(struct http_request *rq, const char *why, struct http_response *out,
	    void *user);
	void *user;
};

struct http_server;

struct http_stats {
	uint64_t connections; /* accepted since the start */
	uint64_t requests;    /* handed to the handler */
	uint64_t refused;     /* answered by the server itself */
	uint64_t timed_out;   /* connections closed for being slow */
	unsigned open, in_flight;
};

int http_server_start(const struct http_server_config *config, struct http_server **out,
    struct err *e) MUST_CHECK;
/*
 * Stops accepting, tells kept-alive clients to go, waits until all given requests are answered. False when some were
 * still open after TIMEOUT_MS: then the process must end without http_server_free().
 */
bool http_server_drain(struct http_server *s, unsigned timeout_ms) MUST_CHECK;
/* After a drain that succeeded, or when no request is open. */
void http_server_free(struct http_server *s);
void http_server_stats(const struct http_server *s, struct http_stats *out);
