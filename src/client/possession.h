/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof of possession: whoever sent the token holds the private half of a key that the token names (RFC 7800).
 *
 * The answer to a challenge (client/challenge.h) is a compact JWS. Its shape follows DPoP (RFC 9449) and the key-binding
 * JWT of RFC 9901; its typ is its own, so that nothing that was signed for anything else is one (RFC 8725 section 3.11):
 *
 *	{"alg":"ES256","kid":"<RFC 7638 thumbprint of the key>","typ":"attest-possession+jwt"}
 *	{"ath":"<base64url SHA-256 of the token's text>","aud":"https://relying.party",
 *	 "context":"<base64url SHA-256 of what both sides know of this connection; absent if nothing>","nonce":"<the challenge>"}
 *
 * Exactly these members. There is no time in it: an enclave has no clock that it could trust, and the challenge says how
 * fresh the answer is. The `kid` chooses among the keys of the accepted token (client/bound_keys.h); no key comes from
 * the answer. The algorithm is that of the token's JWK. Not one byte of the payload is parsed before the signature has
 * verified.
 */
#pragma once

#include "client/challenge.h"
#include "client/verify.h"
#include "jose/thumbprint.h"

#define POSSESSION_TYP      "attest-possession+jwt"
#define MAX_POSSESSION_SIZE 8192

struct possession_seen {
	struct bytes key; /* the thumbprint of the key that signed, in the arena */
};

/*
 * Holds TEXT against CHALLENGE and the token that was judged as TOKEN says, into T, which trace_init() has prepared. -1: we
 * failed. Views of A, CHALLENGE and TOKEN stay in T. SEEN is to be believed only when the verdict is accepted.
 */
struct possession_token {
	enum verdict verdict;
	const struct token_seen *seen;
};
int possession_judge(struct bytes text, const struct challenge *challenge,
    const struct possession_token *token, int64_t now_at, struct arena *a, struct trace *t,
    struct possession_seen *seen, struct err *e) MUST_CHECK;

/* The attester's side. */
struct possession_request {
	struct bytes token; /* his own, which he need not judge */
	struct bytes audience,
	    challenge;        /* with whom he speaks, as he himself knows it; what that one asked */
	struct bytes context; /* p == NULL: none */
};
/* What is to be signed. */
struct possession_draft {
	struct jwk key; /* as the token names it; possession_draft_release() */
	struct buf text;
};
/*
 * THUMBPRINT p == NULL: the token names one key that can sign, and no other. ERR_MISSING: it does not name this key.
 * The draft is the caller's to release, whatever comes back.
 */
int possession_begin(const struct possession_request *rq, struct bytes thumbprint, struct arena *a,
    struct possession_draft *out, struct err *e) MUST_CHECK;
/* Appends SIGNATURE (ECDSA as r‖s) to the draft's text when it is one by the token's key; ERR_SIGNATURE otherwise. */
int possession_finish(struct possession_draft *d, struct bytes signature, struct err *e) MUST_CHECK;
void possession_draft_release(struct possession_draft *d);
