/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What came of a verification: the verdict, the checks that it stands on, and the claims, if they may be believed.
 *
 *	const char *mrsigner = attest_result_claim_string(r, "x-ms-sgx-mrsigner");
 *
 * Claims are there only when the verdict is ATTEST_ACCEPTED; in every other result each accessor finds nothing.
 *
 * What the attester itself wrote (runtime data, init-time data, its nonce) is no word of the issuer's: the service only
 * saw that the evidence is bound to it. It is reached by attest_result_attester_claim_…() alone, and the other accessors
 * do not find it.
 *
 * Everything a function returns lives until attest_result_free(), which wipes it. A result stands by itself: verifier,
 * expectation and token may be gone. It belongs to one thread at a time.
 */
#ifndef ATTEST_RESULT_H
#define ATTEST_RESULT_H

#include <attest/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct attest_result;

/*
 * Only one value is a yes, and it is not the value of any habit: it is positive, so `if (!attest_verify(…))` and
 * `attest_verify(…) < 0` never take a no for a yes. Compare with ATTEST_ACCEPTED, always.
 */
enum attest_verdict {
	ATTEST_FAILED =
	    -3, /* the library could not do its work: see the error; there is no result */
	ATTEST_UNDECIDED = -2, /* the token could not be judged: no keys, or none with its kid */
	ATTEST_REFUSED = -1,   /* a check failed */
	ATTEST_ACCEPTED = 0x59e5
};

enum attest_outcome {
	ATTEST_OUTCOME_SKIPPED = 0, /* an earlier check had decided */
	ATTEST_OUTCOME_PASSED = 1,
	ATTEST_OUTCOME_FAILED = 2,
	ATTEST_OUTCOME_NOT_ASKED = 3 /* does not apply; the note says why */
};

/* NULL is fine. */
ATTEST_API void attest_result_free(struct attest_result *r);
/* ATTEST_FAILED for NULL. */
ATTEST_API enum attest_verdict attest_result_verdict(const struct attest_result *r);

/* The checks, always in the order of docs/checks.md, where all of them stand. */
ATTEST_API size_t attest_result_check_count(const struct attest_result *r);
/* "token.signature"; NULL for an index out of range, as below. */
ATTEST_API const char *attest_result_check_id(const struct attest_result *r, size_t index);
ATTEST_API enum attest_outcome attest_result_check_outcome(const struct attest_result *r,
    size_t index);
/* What was seen and what was wanted, where the expectation comes from, what to do; NULL where there is nothing to say. */
ATTEST_API const char *attest_result_check_seen(struct attest_result *r, size_t index);
ATTEST_API const char *attest_result_check_wanted(struct attest_result *r, size_t index);
ATTEST_API const char *attest_result_check_source(const struct attest_result *r, size_t index);
ATTEST_API const char *attest_result_check_remedy(const struct attest_result *r, size_t index);
ATTEST_API const char *attest_result_check_note(struct attest_result *r, size_t index);
/* The id of the check that decided against the token; NULL when it was accepted. */
ATTEST_API const char *attest_result_failed_check(const struct attest_result *r);

/* NULL, or false with *OUT as it was: not accepted, no such claim, another type, or one that the attester wrote. */
ATTEST_API const char *attest_result_claim_string(struct attest_result *r, const char *claim);
ATTEST_API ATTEST_MUST_CHECK bool attest_result_claim_int(const struct attest_result *r,
    const char *claim, int64_t *out);
ATTEST_API ATTEST_MUST_CHECK bool attest_result_claim_bool(const struct attest_result *r,
    const char *claim, bool *out);
/* Any type, as JSON text, byte for byte as it was signed. */
ATTEST_API const char *attest_result_claim_json(struct attest_result *r, const char *claim);

/*
 * What the attester wrote and nobody checked: x-ms-runtime, x-ms-inittime, nonce, x-ms-sgx-ehd and its old names,
 * rp_data, and x-ms-isolation-tee, which holds runtime data. Other names are not found. Treat it as input from a stranger
 * who runs exactly the code that the token's other claims describe.
 */
ATTEST_API const char *attest_result_attester_claim_string(struct attest_result *r,
    const char *claim);
ATTEST_API const char *attest_result_attester_claim_json(struct attest_result *r,
    const char *claim);

#ifdef __cplusplus
}
#endif

#endif
