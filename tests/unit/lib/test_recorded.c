/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that Azure Attestation issued in November 2022, judged through the library under its recorded keys: by what they
 * are, and by expectations that each miss them in one thing.
 */
#include "attest/attest.h"

#include "../../support/test.h"
#include "../../support/vectors.h"

#include <string.h>

#define AAD      "https://cpgearamaattestationaad.wus.attest.azure.net"
#define ISOLATED "https://cpgearamaattestationiso.wus.attest.azure.net"
#define AT       1668716920
#define MRENCLAVE                                                                                  \
	"\"x-ms-sgx-mrenclave\":"                                                                  \
	"\"292a1f4b519e46627eb2478a3d9851405653c5b4b0a6925de843834d9216850e\""
#define POLICY "\"policy_hash\":\"ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc\""
/* The enclaves of these recordings are debuggable. */
#define PLAIN "\"issuer\":\"" AAD "\",\"type\":\"SgxEnclave\",\"max_age\":600,\"debug\":\"allowed\""
/* The JWK in the runtime data of recorded-oe-runtime-json. */
#define KEY                                                                                        \
	"{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"18wHLeIgW9wVN6VD1Txgpqy2LszYkMf6J8njVAibvhM\"," \
	"\"y\":\"cV4dS4UaLMgP_4fY4j8ir7cl1TXlFdAgcx55o7TkcSA\"}"

static struct arena a;
static struct attest_verifier *verifier;

static int
setup(void **state)
{
	struct bytes jwks;

	(void)state;
	arena_init(&a, 16u << 20);
	if (!vector_read("maa/certs/recorded-certs-2022-11.json", &a, &jwks))
		return -1;
	verifier = attest_verifier_new_with_jwks((const char *)jwks.p, jwks.size, NULL);
	return verifier == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	attest_verifier_free(verifier);
	arena_release(&a);
	return 0;
}

static enum attest_verdict
judge(const char *name, const char *expectation, struct attest_result **r)
{
	struct attest_error *e = NULL;
	struct attest_expectation *x =
	    attest_expectation_from_text(expectation, strlen(expectation), &e);
	enum attest_verdict v;
	struct bytes text;
	char path[128];

	if (x == NULL)
		fail_msg("%s", attest_error_message(e));
	snprintf(path, sizeof(path), "maa/tokens/%s.jwt", name);
	assert_true(vector_read(path, &a, &text));
	while (text.size > 0 && text.p[text.size - 1] <= ' ')
		text.size--;
	v = attest_verify_at(verifier, (const char *)text.p, text.size, x, AT, r, &e);
	if (v == ATTEST_FAILED)
		fail_msg("%s", attest_error_message(e));
	attest_expectation_free(x);
	return v;
}

static void
attestation_tokens_meet_expectations_that_hold(void **state)
{
	static const struct {
		const char *name, *expectation;
	} rows[] = {
		{ "recorded-sgx-simple", "{" PLAIN "}" },
		{ "recorded-sgx-simple",
		    "{" PLAIN "," POLICY ",\"measurements\":{" MRENCLAVE "}}" },
		{ "recorded-sgx-runtime-binary", "{" PLAIN ",\"min_svn\":{\"x-ms-sgx-svn\":1}}" },
		{ "recorded-oe-runtime-json", "{" PLAIN ",\"key\":" KEY "}" },
		{ "recorded-oe-runtime-json",
		    "{" PLAIN ",\"claims\":{\"x-ms-ver\":\"1.0\",\"x-ms-sgx-product-id\":[0,1]}}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct attest_result *r = NULL;

		if (judge(rows[i].name, rows[i].expectation, &r) != ATTEST_ACCEPTED)
			fail_msg("%s: %s", rows[i].name, attest_result_failed_check(r));
		assert_string_equal(attest_result_claim_string(r, "iss"), AAD);
		assert_null(attest_result_claim_json(r, "x-ms-runtime"));
		attest_result_free(r);
	}
}

static void
each_expectation_that_does_not_hold_refuses_by_its_own_check(void **state)
{
	static const struct {
		const char *name, *expectation, *check;
	} rows[] = {
		{ "recorded-sgx-simple",
		    "{\"issuer\":\"" AAD "\",\"type\":\"SgxEnclave\",\"max_age\":600}",
		    "token.debug" },
		{ "recorded-sgx-simple",
		    "{\"issuer\":\"" ISOLATED
		    "\",\"type\":\"SgxEnclave\",\"max_age\":600,\"debug\":\"allowed\"}",
		    "token.issuer" },
		{ "recorded-sgx-simple",
		    "{\"issuer\":\"" AAD
		    "\",\"type\":\"SevSnpVm\",\"max_age\":600,\"debug\":\"allowed\"}",
		    "token.type" },
		{ "recorded-sgx-simple",
		    "{\"issuer\":\"" AAD
		    "\",\"type\":\"SgxEnclave\",\"max_age\":1,\"debug\":\"allowed\"}",
		    "token.age" },
		{ "recorded-sgx-simple", "{" PLAIN ",\"nonce\":\"1\"}", "token.nonce" },
		{ "recorded-sgx-simple",
		    "{" PLAIN ",\"measurements\":{\"x-ms-sgx-mrenclave\":\"00\"}}",
		    "token.measurement" },
		{ "recorded-sgx-simple", "{" PLAIN ",\"min_svn\":{\"x-ms-sgx-svn\":2}}",
		    "token.svn" },
		{ "recorded-sgx-simple", "{" PLAIN ",\"tcb_status\":\"UpToDate\"}", "token.tcb" },
		/* The default policy of half a year before. */
		{ "recorded-sgx-simple",
		    "{" PLAIN ",\"policy_hash\":\"bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw\"}",
		    "token.policy_hash" },
		{ "recorded-sgx-simple", "{" PLAIN ",\"appraisal_hash\":\"h\"}",
		    "token.appraisal_hash" },
		{ "recorded-sgx-simple", "{" PLAIN ",\"policy_signer\":" KEY "}", "token.signer" },
		{ "recorded-sgx-simple", "{" PLAIN ",\"key\":" KEY "}", "token.binding" },
		{ "recorded-sgx-simple", "{" PLAIN ",\"claims\":{\"tee\":\"tdx\"}}",
		    "token.expected" },
		{ "recorded-oe-draft-policy", "{" PLAIN "}", "token.signed" },
		{ "recorded-policy-get-sgx", "{" PLAIN "}", "token.kind" },
		{ "recorded-policy-get-tpm-unset", "{" PLAIN "}", "token.kind" },
		{ "recorded-policy-set-signed-1", "{" PLAIN "}", "token.kind" },
		{ "recorded-policy-set-unsigned-3", "{" PLAIN "}", "token.kind" },
		{ "recorded-certificates-get-aad", "{" PLAIN "}", "token.kind" },
		{ "sevsnpvm-2025-04-test-weu", "{" PLAIN "}", "token.key" },
		{ "azurevm-sevsnp-windows-2023-03", "{" PLAIN "}", "token.key" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct attest_result *r = NULL;
		enum attest_verdict want =
		    strcmp(rows[i].check, "token.key") == 0 ? ATTEST_UNDECIDED : ATTEST_REFUSED;

		assert_int_equal(judge(rows[i].name, rows[i].expectation, &r), want);
		if (strcmp(attest_result_failed_check(r), rows[i].check) != 0)
			fail_msg("%s: %s, want %s", rows[i].name, attest_result_failed_check(r),
			    rows[i].check);
		assert_null(attest_result_claim_string(r, "iss"));
		attest_result_free(r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attestation_tokens_meet_expectations_that_hold),
		cmocka_unit_test(each_expectation_that_does_not_hold_refuses_by_its_own_check),
	};

	NEED_VECTORS("maa/tokens/recorded-sgx-simple.jwt");
	return cmocka_run_group_tests(tests, setup, teardown);
}
