/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include "attest/attest.h"

#include <string.h>

/* Verifier and expectation are shared by the threads. */
struct relying {
	struct attest_verifier *verifier;
	struct attest_expectation *expectation;
	const struct bench_issued *issued;
};

static void
verify_once(void *self)
{
	struct relying *p = self;
	struct attest_result *r = NULL;
	const char *token = (const char *)p->issued->token.p;
	const char *measured;

	HOLDS(attest_verify_at(p->verifier, token, p->issued->token.size, p->expectation,
		  p->issued->at, &r, NULL) == ATTEST_ACCEPTED);
	measured = attest_result_claim_string(r, "x-ms-sgx-mrenclave");
	HOLDS(measured != NULL && strlen(measured) == 64);
	attest_result_free(r);
}

void
bench_library(const struct bench_options *o, bool rsa, const struct bench_issued *issued,
    const struct bench_work base[2])
{
	struct attest_expectation *x = attest_expectation_new();
	struct attest_verifier *v =
	    attest_verifier_new_with_jwks((const char *)issued->jwks.p, issued->jwks.size, NULL);
	struct relying p = { v, x, issued };
	struct bench_work work[2] = { { verify_once, &p }, { verify_once, &p } };

	HOLDS(x != NULL && v != NULL);
	attest_expectation_issuer(x, "https://localhost:8443");
	attest_expectation_type(x, "SgxEnclave");
	attest_expectation_any_age(x);
	bench_compare(o,
	    &(struct bench_row){ .job = rsa ? "attest-verify-rs256" : "attest-verify-es256",
		.what = "attest_verify() of libattest, and a claim read",
		.baseline = "1 verification and its hash",
		.goal = rsa ? 1.35 : 1.15 },
	    &work[0], &base[0]);
	bench_two_threads(o,
	    &(struct bench_row){ .job = rsa ? "attest-verify-rs256-2" : "attest-verify-es256-2",
		.what = "the same on two threads with one verifier, time per token",
		.baseline = "the same on one thread",
		.goal = 1.9 },
	    work, base);
	attest_expectation_free(x);
	attest_verifier_free(v);
}
