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
struct attest_verifier_config;

/*
 * How a verifier finds the keys of ISSUER ("https://host[:port]", as its tokens say it). Without more they come by the
 * issuer's discovery document, from the issuer's own host, over TLS that the system's roots vouch for; are fetched anew
 * when its answer says, within an hour at the latest; and are used for a day at the most after they were fetched.
 *
 *	struct attest_verifier_config *c = attest_verifier_config_new("https://contoso.eus.attest.azure.net");
 *	attest_verifier_config_staleness(c, 3600 * 4);
 *	struct attest_verifier *v = attest_verifier_new(c, &error);
 *	attest_verifier_config_free(c);
 *
 * The setters return nothing: attest_verifier_new() reports the first mistake. Strings are copied. NULL as a
 * configuration is fine for every setter, and refused by attest_verifier_new(). One thread at a time. NULL when there is
 * no memory.
 */
ATTEST_API ATTEST_MUST_CHECK struct attest_verifier_config *attest_verifier_config_new(
    const char *issuer);
ATTEST_API void attest_verifier_config_free(struct attest_verifier_config *c);
/* PEM certificates that vouch for the issuer's TLS, instead of the system's. Read at each fetch. */
ATTEST_API void attest_verifier_config_ca_file(struct attest_verifier_config *c, const char *path);
/* The URL of the keys: no discovery document is asked for. */
ATTEST_API void attest_verifier_config_jwks_url(struct attest_verifier_config *c, const char *url);
/* One more place ("https://host[:port]") that the discovery document may name for the keys, beside the issuer's own. */
ATTEST_API void attest_verifier_config_jwks_origin(struct attest_verifier_config *c,
    const char *origin);
/* Bounds, in seconds, on how long an answer's Cache-Control may put off the next fetch. 60 and 3600. */
ATTEST_API void attest_verifier_config_refresh(struct attest_verifier_config *c, uint32_t least_s,
    uint32_t most_s);
/* How long, in seconds, keys are used after their fetch when none succeeds since; then tokens are undecided. 86400. */
ATTEST_API void attest_verifier_config_staleness(struct attest_verifier_config *c,
    uint32_t seconds);
/* Tokens with an unknown kid cause one fetch in so many seconds, however many they are. 30. */
ATTEST_API void attest_verifier_config_cooldown(struct attest_verifier_config *c, uint32_t seconds);
/* How long, in milliseconds, a verification may wait for such a fetch; 0: not at all. 3000. */
ATTEST_API void attest_verifier_config_wait(struct attest_verifier_config *c,
    uint32_t milliseconds);
/* The longest that a fetch takes, both of its requests together, in milliseconds. 10000. */
ATTEST_API void attest_verifier_config_timeout(struct attest_verifier_config *c,
    uint32_t milliseconds);
/* Loopback, private networks and other addresses that are not of the public Internet are refused without this. */
ATTEST_API void attest_verifier_config_allow_private_addresses(struct attest_verifier_config *c);

/*
 * Starts a thread that fetches the keys and keeps them fresh, and does not wait for it: the first verification does. NULL
 * on failure. Keys of one issuer never judge for another: an expectation that names another issuer is an error.
 *
 * Fork: the thread is not in the child, where the verifier answers from what the forking thread had and then is undecided.
 * Make a new one there.
 */
ATTEST_API ATTEST_MUST_CHECK struct attest_verifier *
attest_verifier_new(const struct attest_verifier_config *config, struct attest_error **error);
/*
 * With keys that you have from elsewhere: the issuer's JWKS (GET /certs) as text. They never grow old by themselves:
 * whoever pins keys replaces the verifier when they change. NULL on failure.
 */
ATTEST_API ATTEST_MUST_CHECK struct attest_verifier *attest_verifier_new_with_jwks(const char *jwks,
    size_t size, struct attest_error **error);
/* NULL is fine. No verification may be under way; results live on. Waits for a fetch under way, at most its timeout. */
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
