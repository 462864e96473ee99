/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof of possession: that whoever sent a token holds the private half of a key that the token names, in `cnf` or in
 * the runtime data (`x-ms-runtime`) that the evidence is bound to. Without it a token is a bearer token: who has copied it
 * can show it.
 *
 * The relying party challenges, the attester signs, the relying party verifies with the key of the accepted token:
 *
 *	relying party                                          attester
 *	struct attest_challenge *c = attest_challenge_new(
 *	    "https://vault.example", NULL, 0, 60, &error);
 *	send(attest_challenge_text(c));
 *	                                                       p = attest_possession_new(token, token_size,
 *	                                                           "https://vault.example", challenge, NULL, 0, &error);
 *	                                                       if (attest_possession_sign(p, key_pem, &error) == 0)
 *	                                                               send(token, attest_possession_text(p));
 *	if (attest_verify(v, token, …, &tr, NULL) == ATTEST_ACCEPTED &&
 *	    attest_challenge_verify(c, tr, answer, size, &r, NULL) == ATTEST_ACCEPTED)
 *		release_the_secret();
 *
 * The answer is a compact JWS with the typ "attest-possession+jwt", which nothing else has:
 *
 *	{"alg","kid","typ"}    kid: RFC 7638 thumbprint of the key, which chooses among the token's; alg: as the token's JWK
 *	{"ath","aud","context","nonce"}    SHA-256 of the token · the relying party · SHA-256 of the context, absent when there
 *	                       is none · the challenge
 *
 * The audience is each side's own knowledge: the attester writes whom he himself speaks with (the name that his TLS
 * connection was verified for), never what the challenge's sender says.
 *
 * The context, optional, is what both sides know of this connection or session and nobody else can bring about: the TLS
 * exporter value (RFC 9266), a session id.
 *
 * What each mode stops (docs/possession.md has the reasons):
 *
 *	                                        challenge   + context   challenger    + context
 *	a stolen token is shown                     stopped     stopped     stopped       stopped
 *	an answer is shown again                    stopped     stopped     lifetime      other sessions: stopped
 *	an answer made for another relying party    stopped     stopped     stopped       stopped
 *	somebody in the middle passes both on       not         stopped     not           stopped
 *	a key of somebody else's is put in          stopped     stopped     stopped       stopped
 *	another genuine platform answers (cuckoo)   not         not         not           not
 *
 * "Lifetime": as often as wanted until the challenge expires. "Not": expect measurements, and what ties the platform
 * to the place where you believe it to be.
 */
#ifndef ATTEST_POSSESSION_H
#define ATTEST_POSSESSION_H

#include <attest/error.h>
#include <attest/result.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The relying party, with a memory: one challenge is one object, and is answered once. AUDIENCE is printable ASCII without
 * blanks; CONTEXT may be NULL; LIFETIME_S is 1 to 3600. All is copied. NULL on failure.
 */
struct attest_challenge;
ATTEST_API ATTEST_MUST_CHECK struct attest_challenge *attest_challenge_new(const char *audience,
    const void *context, size_t context_size, uint32_t lifetime_s, struct attest_error **error);
/* NULL is fine. */
ATTEST_API void attest_challenge_free(struct attest_challenge *c);
/* 43 characters of base64url. Lives as long as the challenge; "" for NULL. */
ATTEST_API const char *attest_challenge_text(const struct attest_challenge *c);
/*
 * TOKEN is the result of attest_verify(): only a token that was accepted names a key. The first call spends the challenge,
 * whatever comes of it: every other, on any thread, is refused by possession.replayed. *RESULT, *ERROR and the value that is
 * returned are as in attest_verify(); the checks are possession.*.
 */
ATTEST_API ATTEST_MUST_CHECK enum attest_verdict attest_challenge_verify(struct attest_challenge *c,
    const struct attest_result *token, const char *answer, size_t size,
    struct attest_result **result, struct attest_error **error);

/*
 * The relying party, without a memory: many processes that share SECRET (32 random bytes or more, for nothing else) give
 * challenges out and take each other's back. Threads may share one.
 */
struct attest_challenger;
ATTEST_API ATTEST_MUST_CHECK struct attest_challenger *attest_challenger_new(const char *audience,
    const void *secret, size_t secret_size, uint32_t lifetime_s, struct attest_error **error);
/* NULL is fine. The secret is wiped. */
ATTEST_API void attest_challenger_free(struct attest_challenger *c);
/* Room for a challenge and its NUL. */
#define ATTEST_CHALLENGE_SIZE 128
/* 0: OUT, which has room for SIZE characters, is a challenge for this context (NULL: for any session). */
ATTEST_API ATTEST_MUST_CHECK int attest_challenger_make(const struct attest_challenger *c,
    const void *context, size_t context_size, char *out, size_t size, struct attest_error **error);
/* As attest_challenge_verify(), but that nothing remembers: the same answer is accepted until its challenge expires. */
ATTEST_API ATTEST_MUST_CHECK enum attest_verdict
attest_challenger_verify(const struct attest_challenger *c, const void *context,
    size_t context_size, const struct attest_result *token, const char *answer, size_t size,
    struct attest_result **result, struct attest_error **error);

/*
 * Of an accepted answer: the RFC 7638 thumbprint (SHA-256, base64url) of the token's key that signed it; NULL for every
 * other result. Whoever goes on with a session binds it to this key.
 */
ATTEST_API const char *attest_possession_key(const struct attest_result *r);

/*
 * The attester. TOKEN is his own, which he need not judge. AUDIENCE is whom he speaks with as he himself knows it. All is
 * copied. NULL on failure.
 */
struct attest_possession;
ATTEST_API ATTEST_MUST_CHECK struct attest_possession *attest_possession_new(const char *token,
    size_t token_size, const char *audience, const char *challenge, const void *context,
    size_t context_size, struct attest_error **error);
/* NULL is fine. */
ATTEST_API void attest_possession_free(struct attest_possession *p);

/* 0: signed with KEY_PEM, an unencrypted private key in PEM, whose public half the token names. */
ATTEST_API ATTEST_MUST_CHECK int attest_possession_sign(struct attest_possession *p,
    const char *key_pem, struct attest_error **error);

/* Where a callback puts its signature: copied at once. ECDSA as r and s of fixed size, one after the other. */
struct attest_signature;
ATTEST_API void attest_signature_set(struct attest_signature *s, const void *signature,
    size_t size);
/*
 * The same with a key that stays where it is. SIGN gives 0 when it has set a signature of MESSAGE by ALG ("ES256", …). KEY is
 * a JWK as JSON text, or its thumbprint; NULL: the only key of the token that can sign. A signature that does not verify
 * with the token's key is an error here.
 */
ATTEST_API ATTEST_MUST_CHECK int attest_possession_sign_by(struct attest_possession *p,
    const char *key,
    int (*sign)(void *user, const char *alg, const void *message, size_t size,
	struct attest_signature *out),
    void *user, struct attest_error **error);
/* What is sent; NULL until it was signed. Lives as long as P. */
ATTEST_API const char *attest_possession_text(const struct attest_possession *p);

#ifdef __cplusplus
}
#endif

#endif
