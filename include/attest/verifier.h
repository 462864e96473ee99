/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging tokens as a relying party.
 *
 *	struct attest_result *r = NULL;
 *	if (attest_verify(verifier, token, strlen(token), expectation, &r, NULL) == ATTEST_ACCEPTED)
 *		release_the_secret(attest_result_claim_string(r, "x-ms-sgx-mrenclave"));
 *	attest_result_free(r);
 *
 * A verifier holds one issuer's keys. Nothing in a token decides which key or which algorithm it is verified with, but
 * its `kid`, among the keys that the verifier already trusts. The time is the system's; clocks may differ by 60 seconds.
 *
 * Threads: once made, any number of threads may verify with one verifier at the same time.
 */
#ifndef ATTEST_VERIFIER_H
#define ATTEST_VERIFIER_H

#include <attest/error.h>
#include <attest/expectation.h>
#include <attest/result.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct attest_verifier;

/*
 * With keys that you have from elsewhere: the issuer's JWKS (GET /certs) as text. They never grow old by themselves:
 * whoever pins keys replaces the verifier when they change. NULL on failure.
 */
ATTEST_API ATTEST_MUST_CHECK struct attest_verifier *attest_verifier_new_with_jwks(const char *jwks,
    size_t size, struct attest_error **error);
/* NULL is fine. No verification may be under way; results live on. */
ATTEST_API void attest_verifier_free(struct attest_verifier *v);

/*
 * Judges TOKEN, a compact JWS without white space around it. *RESULT, unless RESULT is NULL, is the caller's to free; it
 * is NULL when the verdict is ATTEST_FAILED, and never says accepted unless ATTEST_ACCEPTED is returned. *ERROR is
 * written only for ATTEST_FAILED. What RESULT points to before the call is overwritten, not freed.
 */
ATTEST_API ATTEST_MUST_CHECK enum attest_verdict attest_verify(struct attest_verifier *v,
    const char *token, size_t size, struct attest_expectation *expectation,
    struct attest_result **result, struct attest_error **error);
/* As of another time (unix seconds), for tokens of the past: in audits and tests. */
ATTEST_API ATTEST_MUST_CHECK enum attest_verdict attest_verify_at(struct attest_verifier *v,
    const char *token, size_t size, struct attest_expectation *expectation, int64_t at,
    struct attest_result **result, struct attest_error **error);

#ifdef ATTEST_BUILD_ALLOWS_DEV_ISSUERS
/*
 * Tokens of a dev issuer (`attestd --dev`) stand on made-up evidence and are refused. A program that is for development
 * defines ATTEST_BUILD_ALLOWS_DEV_ISSUERS before it includes this header, and calls this before its first verification.
 */
ATTEST_API void attest_verifier_allow_dev_issuers(struct attest_verifier *v);
#endif

#ifdef __cplusplus
}
#endif

#endif
