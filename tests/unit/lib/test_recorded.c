/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that Azure Attestation issued, judged through the library: for each kind of demand an expectation that holds and one
 * that does not, refused by its own check, wherever a recorded token carries the claim.
 *
 * Those of November 2022 are judged as they are, under the keys that were recorded with them. Of the others (SEV-SNP,
 * AzureGuest) nobody kept the keys: as they are they are undecided, and their claims are judged under a signature of ours.
 */
#include "attest/attest.h"

#include "../../support/test.h"
#include "../../support/token.h"
#include "../../support/vectors.h"

#include "base/b64.h"

#include <string.h>

#define AAD       "https://cpgearamaattestationaad.wus.attest.azure.net"
#define ISOLATED  "https://cpgearamaattestationiso.wus.attest.azure.net"
#define TEST_WEU  "https://sharedweu.weu.test.attest.azure.net"
#define WEU       "https://sharedweu.weu.attest.azure.net"
#define EUS2      "https://sharedeus2.eus2.attest.azure.net"
#define MRENCLAVE "292a1f4b519e46627eb2478a3d9851405653c5b4b0a6925de843834d9216850e"
#define MRSIGNER  "4aea5f9a0ed04b11f889aadfe6a1d376213a29a95a85ce7337ae6f7fece6610c"
#define LAUNCHED                                                                                   \
	"02c3b0d5bf1d256fa4e3b5deefc07b55ff2f7029085ed350f60959140a1a51f1310753ba5ab2c03a0536b1c0" \
	"c193af47"
#define LAUNCHED_VM                                                                                \
	"8962535933f5c4b429ec41d6550c187c163aa76f3be1f8d750a272a9d8995023e8286a2e431a96c36087ac46" \
	"d4188676"
/* The JWK in the runtime data of recorded-oe-runtime-json, and thumbprints: its own, of two virtual machines' keys. */
#define KEY                                                                                        \
	"{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"18wHLeIgW9wVN6VD1Txgpqy2LszYkMf6J8njVAibvhM\"," \
	"\"y\":\"cV4dS4UaLMgP_4fY4j8ir7cl1TXlFdAgcx55o7TkcSA\"}"
#define KEY_TP    "\"erJXXhZ17_X80nAbZSUFno57p9_jKpBT_Pb1ycVtsVs\""
#define VM_KEY    "\"KLGBWTH6XsKP2pNqNkJckRz4Ze-SdSCRI-JLPvn1dXk\""
#define VM_HW_KEY "\"cuhJqNPuqvg9G6dyEirfSlC0IqhgKfS5vPsiZGJJzBo\""
#define VM2_KEY   "\"hTeejGb6KcerOZkqh7AUatr5GHuHPMbROo_xlgbavcs\""

/* What is expected of a token unless a row says otherwise. The enclaves of 2022 are debuggable. */
static const struct recorded {
	const char *name, *base[4];
	int64_t at;
	bool has_key;
} simple = { "recorded-sgx-simple",
	{ "\"issuer\":\"" AAD "\"", "\"type\":\"SgxEnclave\"", "\"max_age\":600",
	    "\"debug\":\"allowed\"" },
	1668716920, true },
  binary = { "recorded-sgx-runtime-binary",
	  { "\"issuer\":\"" AAD "\"", "\"type\":\"SgxEnclave\"", "\"max_age\":600",
	      "\"debug\":\"allowed\"" },
	  1668716920, true },
  json_bound = { "recorded-oe-runtime-json",
	  { "\"issuer\":\"" AAD "\"", "\"type\":\"OpenEnclave\"", "\"max_age\":600",
	      "\"debug\":\"allowed\"" },
	  1668716920, true },
  snp = { "sevsnpvm-2025-04-test-weu",
	  { "\"issuer\":\"" TEST_WEU "\"", "\"type\":\"SevSnpVm\"", "\"max_age\":600",
	      "\"debug\":\"refused\"" },
	  1744085710, false },
  vm = { "azurevm-sevsnp-windows-2023-03",
	  { "\"issuer\":\"" WEU "\"", "\"type\":\"AzureGuest\"", "\"max_age\":600",
	      "\"debug\":\"refused\"" },
	  1680173380, false },
  launch = { "azurevm-trustedlaunch-windows-2022-04",
	  { "\"issuer\":\"" EUS2 "\"", "\"type\":\"AzureGuest\"", "\"max_age\":600",
	      "\"debug\":\"refused\"" },
	  1649979790, false };

/* HOLDS or FAILS NULL: no recorded token carries the claim, or none is without it. */
static const struct {
	const struct recorded *token;
	const char *holds, *fails, *check;
} pairs[] = {
	{ &simple, "\"issuer\":\"" AAD "\"", "\"issuer\":\"" ISOLATED "\"", "token.issuer" },
	{ &snp, "\"issuer\":\"" TEST_WEU "\"", "\"issuer\":\"" WEU "\"", "token.issuer" },

	{ &simple, "\"type\":\"sgx\"", "\"type\":\"SGX\"", "token.type" },
	{ &simple, "\"type\":[\"TdxVm\",\"OpenEnclave\"]", "\"type\":[\"TdxVm\",\"SevSnpVm\"]",
	    "token.type" },
	{ &snp, "\"type\":\"sevsnpvm\"", "\"type\":\"AzureGuest\"", "token.type" },
	{ &vm, "\"type\":\"azurevm\"", "\"type\":\"SevSnpVm\"", "token.type" },

	{ &simple, "\"max_age\":12", "\"max_age\":11", "token.age" },
	{ &simple, "\"max_age\":\"any\"", NULL, NULL },
	{ &vm, "\"max_age\":6", "\"max_age\":5", "token.age" },
	{ &simple, NULL, "\"nonce\":\"1\"", "token.nonce" },
	/* The VM's nonce is its own, in the runtime data. */
	{ &vm, NULL, "\"nonce\":\"QURFMDEwMQ==\"", "token.nonce" },

	{ &simple, "\"debug\":\"allowed\"", "\"debug\":\"refused\"", "token.debug" },
	{ &json_bound, "\"debug\":\"allowed\"", "\"debug\":\"refused\"", "token.debug" },
	{ &snp, "\"debug\":\"refused\"", NULL, NULL },
	{ &vm, "\"debug\":\"refused\"", NULL, NULL },
	{ &launch, "\"debug\":\"refused\"", NULL, NULL },

	{ &simple, "\"measurements\":{\"x-ms-sgx-mrenclave\":\"" MRENCLAVE "\"}",
	    "\"measurements\":{\"x-ms-sgx-mrenclave\":\"" MRSIGNER "\"}", "token.measurement" },
	{ &binary, "\"measurements\":{\"x-ms-sgx-mrsigner\":[\"00\",\"" MRSIGNER "\"]}",
	    "\"measurements\":{\"x-ms-sgx-mrsigner\":[\"00\",\"ff\"]}", "token.measurement" },
	{ &snp, "\"measurements\":{\"x-ms-sevsnpvm-launchmeasurement\":\"" LAUNCHED "\"}",
	    "\"measurements\":{\"x-ms-sevsnpvm-launchmeasurement\":\"" LAUNCHED_VM "\"}",
	    "token.measurement" },
	{ &vm,
	    "\"measurements\":{\"x-ms-isolation-tee.x-ms-sevsnpvm-launchmeasurement\":"
	    "\"" LAUNCHED_VM "\"}",
	    "\"measurements\":{\"x-ms-sevsnpvm-launchmeasurement\":\"" LAUNCHED_VM "\"}",
	    "token.measurement" },
	/* No hardware stands behind a virtual machine of trusted launch. */
	{ &launch, NULL,
	    "\"measurements\":{\"x-ms-isolation-tee.x-ms-sevsnpvm-launchmeasurement\":\"00\"}",
	    "token.measurement" },

	{ &simple, "\"min_svn\":{\"x-ms-sgx-svn\":1}", "\"min_svn\":{\"x-ms-sgx-svn\":2}",
	    "token.svn" },
	{ &snp, "\"min_svn\":{\"x-ms-sevsnpvm-microcode-svn\":115,\"x-ms-sevsnpvm-snpfw-svn\":8}",
	    "\"min_svn\":{\"x-ms-sevsnpvm-microcode-svn\":115,\"x-ms-sevsnpvm-snpfw-svn\":9}",
	    "token.svn" },
	{ &vm, "\"min_svn\":{\"x-ms-isolation-tee.x-ms-sevsnpvm-guestsvn\":4}",
	    "\"min_svn\":{\"x-ms-isolation-tee.x-ms-sevsnpvm-guestsvn\":5}", "token.svn" },

	{ &simple, NULL, "\"tcb_status\":\"UpToDate\"", "token.tcb" },
	{ &snp, NULL, "\"tcb_status\":[\"UpToDate\",\"OutOfDate\"]", "token.tcb" },

	/* What fails is the default policy of half a year before, and the one of another type. */
	{ &simple, "\"policy_hash\":\"ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc\"",
	    "\"policy_hash\":\"bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw\"",
	    "token.policy_hash" },
	{ &vm,
	    "\"policy_hash\":[\"9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco\","
	    "\"wm9mHlvTU82e8UqoOy1Yj1FBRSNkfe99-69IYDq9eWs\"]",
	    "\"policy_hash\":\"9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco\"",
	    "token.policy_hash" },
	{ &simple, NULL, "\"appraisal_hash\":\"h\"", "token.appraisal_hash" },
	{ &snp, NULL, "\"appraisal_hash\":\"h\"", "token.appraisal_hash" },
	{ &simple, NULL, "\"policy_signer\":" KEY, "token.signer" },
	{ &json_bound, NULL, "\"policy_signer\":" KEY_TP, "token.signer" },

	{ &json_bound, "\"key\":" KEY, "\"key\":" VM_KEY, "token.binding" },
	{ &json_bound, "\"key\":[" VM_KEY "," KEY_TP "]", "\"key\":[" VM_KEY "," VM2_KEY "]",
	    "token.binding" },
	{ &simple, NULL, "\"key\":" KEY, "token.binding" },
	/* The same JWK sent as binary data: the service did not look into it, and nor do we. */
	{ &binary, NULL, "\"key\":" KEY, "token.binding" },
	/* The key of the hardware's own runtime data is the service's business, not the VM's. */
	{ &vm, "\"key\":" VM_KEY, "\"key\":" VM_HW_KEY, "token.binding" },
	{ &launch, "\"key\":" VM2_KEY, "\"key\":" VM_KEY, "token.binding" },
	{ &snp, NULL, "\"key\":" VM_KEY, "token.binding" },

	{ &simple, "\"claims\":{\"tee\":\"sgx\"}", "\"claims\":{\"tee\":\"tdx\"}",
	    "token.expected" },
	{ &simple, "\"claims\":{\"is-debuggable\":true}", "\"claims\":{\"is-debuggable\":\"true\"}",
	    "token.expected" },
	{ &json_bound, "\"claims\":{\"x-ms-ver\":\"1.0\",\"x-ms-sgx-product-id\":[0,1]}",
	    "\"claims\":{\"x-ms-ver\":\"1.0\",\"x-ms-sgx-product-id\":[0,2]}", "token.expected" },
	{ &snp, "\"claims\":{\"x-ms-sevsnpvm-vmpl\":0,\"x-ms-sevsnpvm-migration-allowed\":false}",
	    "\"claims\":{\"x-ms-sevsnpvm-vmpl\":0,\"x-ms-sevsnpvm-migration-allowed\":true}",
	    "token.expected" },
	{ &vm, "\"claims\":{\"x-ms-isolation-tee.x-ms-compliance-status\":\"azure-compliant-cvm\"}",
	    "\"claims\":{\"x-ms-compliance-status\":\"azure-compliant-cvm\"}", "token.expected" },
	{ &launch, "\"claims\":{\"secureboot\":true}", "\"claims\":{\"secureboot\":false}",
	    "token.expected" },
};

static struct arena a;
static struct attest_verifier *recorded_keys, *our_keys;
static struct test_issuer ours;

static int
setup(void **state)
{
	struct bytes jwks;

	(void)state;
	arena_init(&a, 16u << 20);
	if (!vector_read("maa/certs/recorded-certs-2022-11.json", &a, &jwks))
		return -1;
	test_issuer_make(&ours, KEY_RSA);
	recorded_keys = attest_verifier_new_with_jwks((const char *)jwks.p, jwks.size, NULL);
	our_keys = attest_verifier_new_with_jwks(ours.jwks, strlen(ours.jwks), NULL);
	return recorded_keys == NULL || our_keys == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	attest_verifier_free(recorded_keys);
	attest_verifier_free(our_keys);
	test_issuer_release(&ours);
	arena_release(&a);
	return 0;
}

static struct bytes
recorded_text(const char *name)
{
	struct bytes text;
	char path[128];

	snprintf(path, sizeof(path), "maa/tokens/%s.jwt", name);
	assert_true(vector_read(path, &a, &text));
	while (text.size > 0 && text.p[text.size - 1] <= ' ')
		text.size--;
	return text;
}

/* The claims of TEXT, byte for byte, signed by us in their issuer's name. */
static char *
signed_by_us(struct bytes text)
{
	struct bytes claims = { 0 }, iss;
	const struct json *v = NULL;
	char url[128], *members, *token;
	struct jws jws;

	assert_int_equal(jws_parse(text, &a, &jws, NULL), 0);
	claims = jws.payload;
	assert_int_equal(json_parse(claims, MAX_JWS_SIZE, &a, &v, NULL), 0);
	iss = json_text(json_get(v, "iss"));
	snprintf(url, sizeof(url), "%.*s", BYTES_FMT(iss));
	/* Without its braces, which test_issuer_token() puts around. */
	members = strndup((const char *)claims.p + 1, claims.size - 2);
	assert_non_null(members);
	ours.url = url;
	token = test_issuer_token(&ours, members);
	ours.url = TEST_ISSUER;
	free(members);
	return token;
}

/* MORE, and what the base says of everything that MORE does not speak of. */
static struct attest_expectation *
expectation_of(const struct recorded *token, const char *more)
{
	struct attest_error *e = NULL;
	struct attest_expectation *x;
	char text[2048], name[32];
	size_t used = (size_t)snprintf(text, sizeof(text), "{%s", more);

	for (size_t i = 0; i < COUNT_OF(token->base); i++) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(token->base[i], ":"),
		    token->base[i]);
		if (strstr(more, name) == NULL)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
			    used > 1 ? "," : "", token->base[i]);
	}
	snprintf(text + used, sizeof(text) - used, "}");
	x = attest_expectation_from_text(text, strlen(text), &e);
	if (x == NULL)
		fail_msg("%s: %s", text, attest_error_message(e));
	return x;
}

static enum attest_verdict
judge(struct attest_verifier *v, struct bytes text, struct attest_expectation *x, int64_t at,
    struct attest_result **r)
{
	struct attest_error *e = NULL;
	enum attest_verdict verdict =
	    attest_verify_at(v, (const char *)text.p, text.size, x, at, r, &e);

	if (verdict == ATTEST_FAILED)
		fail_msg("%s", attest_error_message(e));
	attest_expectation_free(x);
	return verdict;
}

/* TOKEN by what it is and by MORE. Whatever it was signed by, somebody judges it who has the key. */
static enum attest_verdict
judge_more(const struct recorded *token, const char *more, struct attest_result **r)
{
	struct attest_expectation *x = expectation_of(token, more);
	struct bytes text = recorded_text(token->name);
	enum attest_verdict verdict;
	char *again;

	if (token->has_key)
		return judge(recorded_keys, text, x, token->at, r);
	again = signed_by_us(text);
	verdict = judge(our_keys, bytes_of_str(again), x, token->at, r);
	free(again);
	return verdict;
}

static void
each_demand_that_holds_is_met(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct attest_result *r = NULL;

		if (pairs[i].holds == NULL)
			continue;
		if (judge_more(pairs[i].token, pairs[i].holds, &r) != ATTEST_ACCEPTED)
			fail_msg("%s, %s: %s", pairs[i].token->name, pairs[i].holds,
			    attest_result_failed_check(r));
		assert_non_null(attest_result_claim_string(r, "iss"));
		attest_result_free(r);
	}
}

static void
each_demand_that_does_not_is_refused_by_its_own_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct attest_result *r = NULL;

		if (pairs[i].fails == NULL)
			continue;
		if (judge_more(pairs[i].token, pairs[i].fails, &r) != ATTEST_REFUSED ||
		    strcmp(attest_result_failed_check(r), pairs[i].check) != 0)
			fail_msg("%s, %s: %d by %s", pairs[i].token->name, pairs[i].fails,
			    attest_result_verdict(r), attest_result_failed_check(r));
		assert_null(attest_result_claim_string(r, "iss"));
		attest_result_free(r);
	}
}

/* Minutes after they were made, and hours; the leeway is a minute. */
static void
time_is_the_tokens_own(void **state)
{
	static const struct {
		int64_t at;
		const char *check;
	} rows[] = {
		{ 1668716908 - 61, "token.not_yet_valid" },
		{ 1668716908 - 60, NULL },
		{ 1668716908, NULL },
		{ 1668745708 + 59, NULL },
		{ 1668745708 + 60, "token.expired" },
	};
	struct bytes text = recorded_text(simple.name);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct attest_expectation *x = expectation_of(&simple, "\"max_age\":\"any\"");
		struct attest_result *r = NULL;
		enum attest_verdict v = judge(recorded_keys, text, x, rows[i].at, &r);

		assert_int_equal(v, rows[i].check == NULL ? ATTEST_ACCEPTED : ATTEST_REFUSED);
		if (rows[i].check != NULL)
			assert_string_equal(attest_result_failed_check(r), rows[i].check);
		attest_result_free(r);
	}
}

static void
what_the_same_keys_signed_for_other_ends_is_no_attestation(void **state)
{
	static const struct {
		const char *name, *issuer, *check;
	} rows[] = {
		{ "recorded-oe-draft-policy", AAD, "token.signed" },
		{ "recorded-policy-get-sgx", AAD, "token.kind" },
		{ "recorded-policy-get-tpm-unset", AAD, "token.kind" },
		{ "recorded-policy-set-signed-1", AAD, "token.kind" },
		{ "recorded-policy-set-signed-2", AAD, "token.kind" },
		{ "recorded-policy-set-signed-3", AAD, "token.kind" },
		{ "recorded-policy-set-signed-4", AAD, "token.kind" },
		{ "recorded-policy-set-unsigned-1", AAD, "token.kind" },
		{ "recorded-policy-set-unsigned-2", AAD, "token.kind" },
		{ "recorded-policy-set-unsigned-3", AAD, "token.kind" },
		{ "recorded-policy-set-unsigned-4", AAD, "token.kind" },
		{ "recorded-certificates-get-aad", AAD, "token.kind" },
		{ "recorded-certificates-get-isolated", ISOLATED, "token.kind" },
		{ "recorded-certificates-add-1", ISOLATED, "token.kind" },
		{ "recorded-certificates-add-2", ISOLATED, "token.kind" },
		{ "recorded-certificates-remove-1", ISOLATED, "token.kind" },
		{ "recorded-certificates-remove-2", ISOLATED, "token.kind" },
		{ "recorded-certificates-remove-3", ISOLATED, "token.kind" },
	};
	char issuer[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct attest_result *r = NULL;
		struct attest_expectation *x;

		snprintf(issuer, sizeof(issuer), "\"issuer\":\"%s\"", rows[i].issuer);
		x = expectation_of(&simple, issuer);
		assert_int_equal(judge(recorded_keys, recorded_text(rows[i].name), x, simple.at,
				     &r),
		    ATTEST_REFUSED);
		if (strcmp(attest_result_failed_check(r), rows[i].check) != 0)
			fail_msg("%s: %s", rows[i].name, attest_result_failed_check(r));
		attest_result_free(r);
	}
}

static void
token_whose_key_nobody_has_is_undecided(void **state)
{
	static const struct recorded *const tokens[] = { &snp, &vm, &launch };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		struct attest_result *r = NULL;

		assert_int_equal(judge(recorded_keys, recorded_text(tokens[i]->name),
				     expectation_of(tokens[i], ""), tokens[i]->at, &r),
		    ATTEST_UNDECIDED);
		assert_string_equal(attest_result_failed_check(r), "token.key");
		attest_result_free(r);
	}
}

static void
claims_are_read_and_the_attesters_own_words_apart(void **state)
{
	struct attest_result *r = NULL;
	int64_t svn = 0;
	bool is_debuggable = false;

	(void)state;
	assert_int_equal(judge_more(&json_bound, "", &r), ATTEST_ACCEPTED);
	assert_string_equal(attest_result_claim_string(r, "x-ms-sgx-mrenclave"), MRENCLAVE);
	assert_true(attest_result_claim_int(r, "x-ms-sgx-svn", &svn) && svn == 1);
	assert_true(
	    attest_result_claim_bool(r, "x-ms-sgx-is-debuggable", &is_debuggable) && is_debuggable);
	assert_null(attest_result_claim_json(r, "x-ms-runtime"));
	assert_non_null(strstr(attest_result_attester_claim_json(r, "x-ms-runtime"), "18wHLeIgW9"));
	attest_result_free(r);
	assert_int_equal(judge_more(&binary, "", &r), ATTEST_ACCEPTED);
	assert_null(attest_result_claim_string(r, "x-ms-sgx-ehd"));
	assert_null(attest_result_claim_string(r, "aas-ehd"));
	assert_string_equal(attest_result_attester_claim_string(r, "aas-ehd"),
	    attest_result_attester_claim_string(r, "x-ms-sgx-ehd"));
	attest_result_free(r);
	assert_int_equal(judge_more(&vm, "", &r), ATTEST_ACCEPTED);
	assert_string_equal(attest_result_claim_string(r,
				"x-ms-isolation-tee.x-ms-sevsnpvm-launchmeasurement"),
	    LAUNCHED_VM);
	assert_null(attest_result_claim_json(r, "x-ms-isolation-tee"));
	assert_null(attest_result_claim_json(r, "x-ms-isolation-tee.x-ms-runtime"));
	assert_non_null(attest_result_attester_claim_json(r, "x-ms-isolation-tee.x-ms-runtime"));
	attest_result_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_demand_that_holds_is_met),
		cmocka_unit_test(each_demand_that_does_not_is_refused_by_its_own_check),
		cmocka_unit_test(time_is_the_tokens_own),
		cmocka_unit_test(what_the_same_keys_signed_for_other_ends_is_no_attestation),
		cmocka_unit_test(token_whose_key_nobody_has_is_undecided),
		cmocka_unit_test(claims_are_read_and_the_attesters_own_words_apart),
	};

	NEED_VECTORS("maa/tokens/recorded-sgx-simple.jwt");
	return cmocka_run_group_tests(tests, setup, teardown);
}
