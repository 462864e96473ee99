/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of an accepted token by their type, and what the attester wrote by its own accessor alone. */
#include "attest/attest.h"

#include "../../support/test.h"
#include "../../support/token.h"
#include "base/own.h"

static struct test_issuer issuer;
static struct attest_result *r;

static const char claims[] = TEST_CLAIMS
    ",\"nonce\":\"n\",\"number\":-7,\"fraction\":1.5,\"huge\":99999999999999999999,\"flag\":true,"
    "\"text\":\"a\\u00e9\\\"b\",\"empty\":\"\",\"list\":[1, 2],\"x-ms-policy\":{\"number\":-7},"
    "\"x-ms-runtime\":{\"keys\":[]},\"x-ms-inittime\":{\"a\":1},\"x-ms-sgx-ehd\":\"AAAA\","
    "\"x-ms-isolation-tee\":{\"x-ms-attestation-type\":\"sevsnpvm\",\"svn\":3,"
    "\"x-ms-runtime\":{\"b\":2}}";

static int
setup(void **state)
{
	struct attest_expectation *x = attest_expectation_new();
	struct attest_verifier *v;
	enum attest_verdict verdict;
	char *token;

	(void)state;
	test_issuer_make(&issuer, KEY_P256);
	v = attest_verifier_new_with_jwks(issuer.jwks, strlen(issuer.jwks), NULL);
	attest_expectation_issuer(x, TEST_ISSUER);
	attest_expectation_type(x, "sgx");
	attest_expectation_any_age(x);
	token = test_issuer_token(&issuer, claims);
	verdict = attest_verify_at(v, token, strlen(token), x, TEST_NOW, &r, NULL);
	/* Nothing of this is needed any more. */
	memset(token, 'x', strlen(token));
	free(token);
	attest_expectation_free(x);
	attest_verifier_free(v);
	return verdict != ATTEST_ACCEPTED;
}

static int
teardown(void **state)
{
	(void)state;
	attest_result_free(r);
	test_issuer_release(&issuer);
	return 0;
}

static void
claims_are_found_by_their_type(void **state)
{
	int64_t number = 0;
	bool flag = false;

	(void)state;
	assert_string_equal(attest_result_claim_string(r, "iss"), TEST_ISSUER);
	assert_string_equal(attest_result_claim_string(r, "text"), "a\xc3\xa9\"b");
	assert_string_equal(attest_result_claim_string(r, "empty"), "");
	assert_true(attest_result_claim_int(r, "number", &number));
	assert_int_equal(number, -7);
	assert_true(attest_result_claim_bool(r, "flag", &flag));
	assert_true(flag);
	assert_string_equal(attest_result_claim_json(r, "list"), "[1, 2]");
	assert_string_equal(attest_result_claim_json(r, "text"), "\"a\\u00e9\\\"b\"");
	assert_string_equal(attest_result_claim_json(r, "x-ms-policy"), "{\"number\":-7}");
	assert_true(attest_result_claim_int(r, "x-ms-isolation-tee.svn", &number));
	assert_int_equal(number, 3);
}

static void
claims_of_another_type_are_not_found(void **state)
{
	int64_t number = 42;
	bool flag = true;

	(void)state;
	assert_null(attest_result_claim_string(r, "number"));
	assert_null(attest_result_claim_string(r, "flag"));
	assert_null(attest_result_claim_string(r, "absent"));
	assert_null(attest_result_claim_string(r, "list"));
	assert_null(attest_result_claim_string(r, NULL));
	assert_null(attest_result_claim_json(r, "absent"));
	assert_null(attest_result_claim_json(r, "x-ms-policy.number"));
	assert_false(attest_result_claim_int(r, "text", &number));
	assert_false(attest_result_claim_int(r, "fraction", &number));
	assert_false(attest_result_claim_int(r, "huge", &number));
	assert_int_equal(number, 42);
	assert_false(attest_result_claim_bool(r, "number", &flag));
	assert_true(flag);
}

static void
what_the_attester_wrote_has_its_own_accessor(void **state)
{
	static const char *const names[] = { "nonce", "x-ms-runtime", "x-ms-inittime",
		"x-ms-sgx-ehd", "x-ms-isolation-tee", "x-ms-isolation-tee.x-ms-runtime" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_null(attest_result_claim_string(r, names[i]));
		assert_null(attest_result_claim_json(r, names[i]));
		assert_non_null(attest_result_attester_claim_json(r, names[i]));
	}
	assert_string_equal(attest_result_attester_claim_string(r, "nonce"), "n");
	assert_string_equal(attest_result_attester_claim_json(r, "x-ms-runtime"), "{\"keys\":[]}");
	assert_string_equal(attest_result_attester_claim_json(r, "x-ms-isolation-tee.x-ms-runtime"),
	    "{\"b\":2}");
	/* And it has nothing else. */
	assert_null(attest_result_attester_claim_string(r, "iss"));
	assert_null(attest_result_attester_claim_json(r, "number"));
	assert_null(attest_result_attester_claim_json(r, "x-ms-isolation-tee.svn"));
	assert_null(attest_result_attester_claim_json(r, "rp_data"));
}

static void
asking_a_million_times_costs_no_more_memory(void **state)
{
	const char *first = attest_result_claim_string(r, "iss");
	const char *json = attest_result_claim_json(r, "list");

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		assert_ptr_equal(attest_result_claim_string(r, "iss"), first);
		assert_ptr_equal(attest_result_claim_json(r, "list"), json);
	}
}

static void
no_result_has_nothing(void **state)
{
	int64_t number;
	bool flag;

	(void)state;
	assert_int_equal(attest_result_verdict(NULL), ATTEST_FAILED);
	assert_int_equal(attest_result_check_count(NULL), 0);
	assert_null(attest_result_check_id(NULL, 0));
	assert_null(attest_result_check_id(r, attest_result_check_count(r)));
	assert_null(attest_result_check_seen(r, 1000));
	assert_null(attest_result_check_remedy(r, 1000));
	assert_null(attest_result_failed_check(NULL));
	assert_null(attest_result_claim_string(NULL, "iss"));
	assert_false(attest_result_claim_int(NULL, "number", &number));
	assert_false(attest_result_claim_bool(NULL, "flag", &flag));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims_are_found_by_their_type),
		cmocka_unit_test(claims_of_another_type_are_not_found),
		cmocka_unit_test(what_the_attester_wrote_has_its_own_accessor),
		cmocka_unit_test(asking_a_million_times_costs_no_more_memory),
		cmocka_unit_test(no_result_has_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
