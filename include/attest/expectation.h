/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What you expect of a token before you act on it.
 *
 *	struct attest_expectation *x = attest_expectation_new();
 *	attest_expectation_issuer(x, "https://contoso.eus.attest.azure.net");
 *	attest_expectation_type(x, "SgxEnclave");
 *	attest_expectation_nonce(x, nonce);
 *	attest_expectation_measurement(x, "x-ms-sgx-mrenclave", "292a1f4b…");
 *	if (attest_expectation_check(x, &error) < 0)
 *		…
 *
 * An expectation must name an issuer, at least one type, and how fresh the token has to be: a nonce, a maximum age, or,
 * in so many words, any age. One that leaves any of them open judges nothing: every verification with it fails and says
 * what is missing. A debuggable enclave is refused unless attest_expectation_allow_debug() was called.
 *
 * All that was named must hold. Values for one claim are a set, of which the token must have one; minimum versions keep
 * the highest. Strings are copied.
 *
 * The functions that add to it return nothing, so that none can be forgotten: the first mistake stays in the expectation,
 * and attest_expectation_check() and every verification report it. An expectation is sealed by its first verification;
 * one that is changed afterwards is good for nothing any more.
 *
 * Threads: build it on one; once it is sealed any number of threads may verify with it. It must outlive those calls, and
 * nothing else: results keep no reference to it.
 *
 * Claims are named as they stand at the top of the token's payload; the claims of a confidential VM's hardware, in an
 * AzureGuest token, as "x-ms-isolation-tee." and the name within that object.
 */
#ifndef ATTEST_EXPECTATION_H
#define ATTEST_EXPECTATION_H

#include <attest/error.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct attest_expectation;

/* NULL when there is no memory. Every function below takes NULL and does nothing; a verification with NULL fails. */
ATTEST_API ATTEST_MUST_CHECK struct attest_expectation *attest_expectation_new(void);
/*
 * From text as `attest token verify --expect` reads it (YAML, and so JSON too), at most 64 KiB. An unknown key is an
 * error. What the text leaves open can be added afterwards.
 */
ATTEST_API ATTEST_MUST_CHECK struct attest_expectation *attest_expectation_from_text(const char
											 *text,
    size_t size, struct attest_error **error);
/* The same, of a file's content. */
ATTEST_API ATTEST_MUST_CHECK struct attest_expectation *attest_expectation_from_file(const char
											 *path,
    struct attest_error **error);
/* NULL is fine. No verification may be under way with it. */
ATTEST_API void attest_expectation_free(struct attest_expectation *x);

/* "https://host", without a slash at its end: compared with the token's `iss` byte by byte. Exactly one. */
ATTEST_API void attest_expectation_issuer(struct attest_expectation *x, const char *issuer);
/* "SgxEnclave" "OpenEnclave" "SevSnpVm" "TdxVm" "AzureGuest", or the value of x-ms-attestation-type. A set. */
ATTEST_API void attest_expectation_type(struct attest_expectation *x, const char *type);
/* The nonce that you gave with your own request: the only proof that evidence was made for you, and now. */
ATTEST_API void attest_expectation_nonce(struct attest_expectation *x, const char *nonce);
/* Seconds since `iat`. The smaller of two. */
ATTEST_API void attest_expectation_max_age(struct attest_expectation *x, int64_t seconds);
/* However old, as long as it has not expired: whoever holds a token can use it until then. */
ATTEST_API void attest_expectation_any_age(struct attest_expectation *x);
/* A debuggable enclave keeps no secret from its host. For tests. */
ATTEST_API void attest_expectation_allow_debug(struct attest_expectation *x);

/*
 * CLAIM, which must be one that the service itself issues and no policy can, is this hexadecimal value:
 * x-ms-sgx-mrenclave, x-ms-sgx-mrsigner, x-ms-sevsnpvm-launchmeasurement, tdx_mrtd, … A set.
 */
ATTEST_API void attest_expectation_measurement(struct attest_expectation *x, const char *claim,
    const char *hex);
/* CLAIM, of the service as above, is an integer and at least MIN: x-ms-sgx-svn, x-ms-sevsnpvm-microcode-svn, … */
ATTEST_API void attest_expectation_min_svn(struct attest_expectation *x, const char *claim,
    int64_t min);
/* attester_tcb_status. A token that does not state it (SGX, SEV-SNP) is refused. A set. */
ATTEST_API void attest_expectation_tcb_status(struct attest_expectation *x, const char *status);
/* x-ms-policy-hash, base64url. A set. */
ATTEST_API void attest_expectation_policy_hash(struct attest_expectation *x, const char *hash);
/* attest-appraisal-hash, base64url; Azure's tokens have none and are refused. A set. */
ATTEST_API void attest_expectation_appraisal_hash(struct attest_expectation *x, const char *hash);
/* RFC 7638 thumbprint (SHA-256, base64url) of the key that signed the policy, x-ms-policy-signer. A set. */
ATTEST_API void attest_expectation_policy_signer(struct attest_expectation *x,
    const char *thumbprint);
/*
 * The key that the token speaks for, in `cnf` or in the runtime data that the evidence is bound to: a JWK as JSON text,
 * or its thumbprint. This says that the attested party vouched for the key, not that whoever sent you the token holds
 * it: have him sign something. A set.
 */
ATTEST_API void attest_expectation_key(struct attest_expectation *x, const char *jwk_or_thumbprint);
/* CLAIM equals this JSON value: "true", "7", "\"text\"". Numbers are equal when they are spelt the same. A set. */
ATTEST_API void attest_expectation_claim(struct attest_expectation *x, const char *claim,
    const char *json);

/* 0: it can be verified with. -1: the first mistake, or what is missing (ATTEST_ERROR_INCOMPLETE). Does not seal it. */
ATTEST_API ATTEST_MUST_CHECK int attest_expectation_check(const struct attest_expectation *x,
    struct attest_error **error);

#ifdef __cplusplus
}
#endif

#endif
