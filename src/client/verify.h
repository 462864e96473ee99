/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a token as a relying party: format ▸ algorithm ▸ key by kid ▸ signature ▸ expectations ▸ only then its claims.
 *
 * The result is a trace like that of evidence. A token whose key is not among the given ones, or whose keys are too old
 * to be used, is undecided; an unsigned token is always refused. Keys come from the caller: never from the token, where
 * a key in the header is refused (RFC 8725 3.5) unless it is the very one that the issuer publishes.
 *
 * Of a token whose signature does not verify not one byte of the payload is parsed.
 */
#pragma once

#include "client/expectation.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "trace/trace.h"

#define TOKEN_LEEWAY_S 60

/* What is known of an issuer's keys at this moment. */
struct token_keys {
	const struct jwks *set; /* NULL: none */
	bool is_stale;          /* there is none because the last are too old */
	int64_t fetched_at;     /* of the set, or of the last one; 0: given by hand, or never */
	struct err last;        /* why the last fetch failed, for a note; ERR_NONE: it did not */
};

/* Where keys come from: FIND is asked once, with the token's kid. What it gives must last until the judgement ends. */
struct token_key_source {
	void (*find)(void *user, struct bytes kid, struct token_keys *out);
	void *user;
};

struct token_seen {
	const struct json *header; /* once the format was read */
	const struct json *claims; /* NULL unless signed; to be believed only when accepted */
	struct bytes part[3];      /* header, payload, signature, decoded; of one that is signed */
};

/* Is ID what only a genuine token that is in date can fail at? */
bool token_check_is_of_expectation(enum check_id id);
/* Judges into T, which trace_init() has prepared. -1: we failed. Views of COMPACT's decoded parts and of WANT stay in T. */
int token_judge_by(struct bytes compact, const struct token_key_source *keys,
    const struct token_expectation *want, int64_t now_at, struct arena *a, struct trace *t,
    struct token_seen *seen, struct err *e) MUST_CHECK;
/* With keys at hand. KEYS NULL: none are known. */
int token_judge(struct bytes compact, const struct jwks *keys, const struct token_expectation *want,
    int64_t now_at, struct arena *a, struct trace *t, struct token_seen *seen, struct err *e)
    MUST_CHECK;
