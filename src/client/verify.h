/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a token as a relying party: format ▸ algorithm ▸ key by kid ▸ signature ▸ expectations ▸ only then its claims.
 *
 * The result is a trace like that of evidence. A token whose key is not among the given ones is undecided; an unsigned
 * token is always refused. Keys come from the caller: never from the token.
 */
#pragma once

#include "jose/jwk.h"
#include "jose/jws.h"
#include "trace/trace.h"

#define TOKEN_LEEWAY_S 60

struct token_expectation {
	struct bytes issuer; /* required: compared with `iss`, exactly */
	struct bytes type;   /* x-ms-attestation-type, or a type name of the API; p == NULL: any */
	struct bytes nonce;  /* compared with `nonce`; p == NULL: not compared */
	int64_t max_age_s;   /* from iat; negative: not judged */
	const struct json
	    *expect; /* the parsed expectation file {type, policy_hash, claims}; NULL: none */
};

struct token_seen {
	const struct json *header; /* once the format was read */
	const struct json *claims; /* to be believed only when the verdict is accepted */
};

/* Unknown members, or members of another shape, are ERR_INVALID (product.md 2, token verify). */
int token_expectation_check(const struct json *expect, struct err *e) MUST_CHECK;

/* Judges into T, which trace_init() has prepared. -1: we failed. KEYS NULL: none are known. */
int token_judge(struct bytes compact, const struct jwks *keys, const struct token_expectation *want,
    int64_t now_at, struct arena *a, struct trace *t, struct token_seen *seen, struct err *e)
    MUST_CHECK;
