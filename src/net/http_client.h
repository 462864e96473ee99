/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request at a time, to a server we chose: https only unless allowed, redirects never followed, no proxy taken
 * from the environment, every answer bounded in size and time, the URL read strictly (net/url.h). With `refuse_private`
 * the address behind the host is judged too, whatever the host's name is and whenever it is looked up. The library
 * behind it stands in net/curl.c alone. One client per thread; connections are kept open between calls.
 *
 *	DEFER(http_client_freep) struct http_client *c = http_client_new(&e);
 *	struct http_call call = { .url = "https://localhost:8443/certs", .ca_file = "ca.pem" };
 *	DEFER(http_answer_release) struct http_answer a = { 0 };
 *	TRY(http_client_call(c, &call, &a, e));
 *	if (a.status == 200) ... buf_bytes(&a.body)
 *
 * An answer of any status is success here. ERR_UNAVAILABLE: no connection, TLS not convincing, cut off. ERR_LIMIT: a
 * ceiling. ERR_INVALID: the call itself. ERR_DENIED: an address that `refuse_private` refuses.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#define MAX_HTTP_ANSWER_HEADER 65536

struct http_client;

struct http_call {
	const char *url;
	const char *method;         /* NULL: GET, or POST with a body */
	struct bytes body;          /* sent when p != NULL */
	const char *content_type;   /* of the body; NULL: application/json */
	const char *bearer;         /* NULL: none; never written to a log or error */
	const char *const *headers; /* NULL-terminated "Name: value", may be NULL */
	const char *ca_file;        /* NULL: the system's */
	bool allow_plain;           /* http:// too */
	bool refuse_private; /* connect to addresses of the public Internet only (net/address.h) */
	unsigned timeout_ms; /* of all; 0: 30 s */
	size_t max_size;     /* of the answer's body; 0: 4 MiB */
};

struct http_answer {
	unsigned status;
	struct buf header; /* lines as received, CRLF after each */
	struct buf body;
};

/* NULL and E set on failure. */
struct http_client *http_client_new(struct err *e);
void http_client_free(struct http_client *c);
void http_client_freep(struct http_client **c);
/* On success *A is the caller's, to be given to http_answer_release(). */
int http_client_call(struct http_client *c, const struct http_call *call, struct http_answer *a,
    struct err *e) MUST_CHECK;
void http_answer_release(struct http_answer *a);
/* The first header of that name, without case and surrounding blanks; p == NULL when absent. */
struct bytes http_answer_header(const struct http_answer *a, const char *name);
