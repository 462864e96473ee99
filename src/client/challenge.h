/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Challenges of a relying party: what somebody who says that he holds an attested key has to sign (client/possession.h).
 *
 * One with a memory is 32 random bytes; its maker keeps the text and knows whether it was answered. One without is
 * sealed, so that any process with the secret can take it back:
 *
 *	base64url( 0x01 ‖ expires_at, u64 big-endian ‖ 16 random bytes ‖ HMAC-SHA-256 over label, audience, context and these )
 *
 * Both are opaque to the one who is challenged.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "crypto/digest.h"

#define MAX_CHALLENGE_SIZE    512 /* that is answered */
#define CHALLENGE_TEXT_SIZE   77  /* the longer of the two forms, and its NUL */
#define MAX_AUDIENCE_SIZE     1024
#define MIN_CHALLENGE_SECRET  32
#define MAX_CHALLENGE_SECRET  1024
#define MAX_CHALLENGE_SECONDS 3600

/* What an answer is held against. Borrowed. */
struct challenge {
	struct bytes audience;
	struct bytes context; /* p == NULL: none */
	struct bytes
	    text; /* that was given out; of a sealed one p == NULL, it is taken from the answer */
	struct bytes secret;         /* of a sealed one */
	int64_t made_at, expires_at; /* of one with a memory */
	bool is_spent;               /* it was answered before */
};

/* ERR_INVALID for an audience that is empty, too long or not printable ASCII without blanks. */
int challenge_check_audience(struct bytes audience, struct err *e) MUST_CHECK;
/* Random text and its NUL. */
void challenge_make(char out[CHALLENGE_TEXT_SIZE], const uint8_t random[32]);
void challenge_seal(const struct challenge *c, int64_t expires_at, const uint8_t random[16],
    char out[CHALLENGE_TEXT_SIZE]);
/* False unless TEXT was sealed with this secret, audience and context; then *EXPIRES_AT is what it says. */
bool challenge_unseal(const struct challenge *c, struct bytes text, int64_t *expires_at) MUST_CHECK;
/* The digest of a context, as the answer has it. */
void challenge_context(struct bytes context, uint8_t out[SHA256_SIZE]);
