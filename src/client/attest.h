/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a service for a token (maa-api.md 4.1). */
#pragma once

#include "client/call.h"

#define MAX_ATTEST_BODY (16U << 20)

struct client_attest {
	const char *type;                     /* "SgxEnclave" … as in the path */
	struct bytes evidence;                /* raw */
	struct bytes runtime_data, init_data; /* raw; p == NULL: none */
	bool runtime_is_json, init_is_json;
	struct bytes nonce, draft_policy; /* text; p == NULL: none */
};

/* The request body for this type; ERR_UNSUPPORTED for a type whose body is not built here. */
int client_attest_emit(const struct client_attest *rq, struct buf *out, struct err *e) MUST_CHECK;
/* Any status is an answer; the token is the member `token` of OUT->json when it is 200. */
int client_attest(const struct client_target *to, const struct client_attest *rq, struct arena *a,
    struct client_answer *out, struct err *e) MUST_CHECK;
