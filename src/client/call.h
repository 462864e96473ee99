/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call to an attestation service (attestd or MAA), and what it answered.
 */
#pragma once

#include "codec/json.h"
#include "net/http_client.h"

#define CLIENT_API_VERSION "2020-10-01"

/* Where, and with what. Borrowed strings. */
struct client_target {
	const char *url;          /* "https://host[:port]", a trailing slash is tolerated */
	const char *ca_file;      /* NULL: the system's */
	const char *bearer;       /* NULL: none */
	bool refuse_private;      /* addresses that are not of the public Internet */
	unsigned timeout_ms;      /* 0: the HTTP client's */
	struct http_client *http; /* NULL: one for this call */
};

/* What is asked. Borrowed. */
struct client_request {
	const char *path;                       /* begins with '/' */
	const char *api_version;                /* added to the path; NULL: none */
	const char *method;                     /* NULL: GET, or POST with a body */
	struct bytes body;                      /* p == NULL: none */
	const char *content_type;               /* of the body; NULL: application/json */
	const char *header_name, *header_value; /* one more; NULL: none */
};

/* All in the caller's arena; every text has a NUL behind it that is not counted. */
struct client_answer {
	struct arena *arena;
	unsigned status;
	struct bytes body;
	const struct json *json;          /* NULL when the body is not JSON */
	struct bytes trace_id, trace_key; /* of attest calls; empty when absent */
	/* of an error in MAA's shape (maa-api.md 1.3); empty when absent */
	struct bytes code, message, check, remedy;
};

/* -1 when there was no answer. */
int client_send(const struct client_target *to, const struct client_request *rq, struct arena *a,
    struct client_answer *out, struct err *e) MUST_CHECK;
/* A member at the top that is a string, with a NUL behind it; NULL when there is none. */
const char *client_answer_member(const struct client_answer *answer, const char *name);
/* PATH begins with '/'; BODY p == NULL means GET. -1 when there was no answer. */
int client_call(const struct client_target *to, const char *path, struct bytes body,
    struct arena *a, struct client_answer *out, struct err *e) MUST_CHECK;
