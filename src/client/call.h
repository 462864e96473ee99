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
	const char *url;     /* "https://host[:port]", a trailing slash is tolerated */
	const char *ca_file; /* NULL: the system's */
	const char *bearer;  /* NULL: none */
};

/* All in the caller's arena. */
struct client_answer {
	unsigned status;
	struct bytes body;
	const struct json *json;          /* NULL when the body is not JSON */
	struct bytes trace_id, trace_key; /* of attest calls; empty when absent */
	/* of an error in MAA's shape (maa-api.md 1.3); empty when absent */
	struct bytes code, message, check, remedy;
};

/* PATH begins with '/'; BODY p == NULL means GET. -1 when there was no answer. */
int client_call(const struct client_target *to, const char *path, struct bytes body,
    struct arena *a, struct client_answer *out, struct err *e) MUST_CHECK;
