/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations are built completely or say what is wrong with them; never a weaker check. */
#include "attest/attest.h"

#include "../../support/test.h"
#include "../../support/tmpdir.h"
#include "base/own.h"

#include <stdio.h>
#include <string.h>

#define TP "rWPJJyrShuIe0XzyvxS61bNMV2r1_3qZ4kSTkUyFqCM"

/* An expectation that is complete. */
static struct attest_expectation *
complete(void)
{
	struct attest_expectation *x = attest_expectation_new();

	attest_expectation_issuer(x, "https://i.example");
	attest_expectation_type(x, "SgxEnclave");
	attest_expectation_max_age(x, 600);
	return x;
}

static void
assert_wrong(struct attest_expectation *x, const char *says)
{
	struct attest_error *e = NULL;

	assert_int_equal(attest_expectation_check(x, &e), -1);
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_INVALID);
	if (strstr(attest_error_message(e), says) == NULL)
		fail_msg("'%s' does not say '%s'", attest_error_message(e), says);
	attest_error_free(e);
	attest_expectation_free(x);
}

static void
all_rules_can_be_added(void **state)
{
	struct attest_expectation *x = complete();

	(void)state;
	attest_expectation_nonce(x, "n");
	attest_expectation_measurement(x, "x-ms-sgx-mrenclave", "AAbb");
	attest_expectation_measurement(x, "x-ms-isolation-tee.x-ms-sevsnpvm-launchmeasurement",
	    "00");
	attest_expectation_measurement(x, "tdx_mrtd", "00");
	attest_expectation_min_svn(x, "x-ms-sgx-svn", 1);
	attest_expectation_tcb_status(x, "UpToDate");
	attest_expectation_policy_hash(x, "h");
	attest_expectation_appraisal_hash(x, "h");
	attest_expectation_policy_signer(x, TP);
	attest_expectation_key(x, TP);
	attest_expectation_key(x, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}");
	attest_expectation_claim(x, "a", "[1,2]");
	attest_expectation_allow_debug(x);
	assert_int_equal(attest_expectation_check(x, NULL), 0);
	attest_expectation_free(x);
}

#define WRONG(call, says)                                                                          \
	do {                                                                                       \
		struct attest_expectation *x = complete();                                         \
		call;                                                                              \
		assert_wrong(x, says);                                                             \
	} while (0)

static void
mistakes_are_kept_and_reported(void **state)
{
	(void)state;
	WRONG(attest_expectation_issuer(x, "https://other.example"), "two issuers");
	WRONG(attest_expectation_type(x, ""), "type");
	WRONG(attest_expectation_nonce(x, ""), "nonce");
	WRONG(attest_expectation_max_age(x, -1), "negative");
	WRONG(attest_expectation_measurement(x, "sgx-mrenclave", "00"), "policy may write");
	WRONG(attest_expectation_measurement(x, "mrenclave", "00"), "policy may write");
	WRONG(attest_expectation_measurement(x, "x-ms-sgx-mrenclave", "0"), "hexadecimal");
	WRONG(attest_expectation_measurement(x, "x-ms-sgx-mrenclave", "zz"), "hexadecimal");
	WRONG(attest_expectation_measurement(x, "x-ms-sgx-mrenclave", ""), "empty");
	WRONG(attest_expectation_measurement(x, "", "00"), "name");
	WRONG(attest_expectation_min_svn(x, "svn", 1), "policy may write");
	WRONG(attest_expectation_min_svn(x, "x-ms-sgx-svn", -1), "negative");
	WRONG(attest_expectation_tcb_status(x, ""), "empty");
	WRONG(attest_expectation_policy_hash(x, NULL), "NULL");
	WRONG(attest_expectation_policy_signer(x, "abc"), "thumbprint");
	WRONG(attest_expectation_key(x, "{\"kty\":\"oct\",\"k\":\"AAAA\"}"), "key");
	WRONG(attest_expectation_key(x,
		  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"A\\\"\",\"y\":\"A\"}"),
	    "key");
	WRONG(attest_expectation_claim(x, NULL, "1"), "NULL");
	/* And it stays, whatever comes after. */
	struct attest_expectation *x = complete();

	attest_expectation_nonce(x, NULL);
	attest_expectation_nonce(x, "good");
	assert_wrong(x, "NULL");
}

static void
issuers_that_no_token_can_have_are_mistakes(void **state)
{
	static const char *const bad[] = { "", "http://i.example", "https://", "https://i.example/",
		"https://i.example ", "https://\xd1\x96.example", "i.example" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct attest_expectation *x = attest_expectation_new();

		attest_expectation_issuer(x, bad[i]);
		assert_wrong(x, "issuer");
	}
}

static void
json_that_is_none_is_a_mistake(void **state)
{
	struct attest_expectation *x = complete();
	struct attest_error *e = NULL;

	(void)state;
	attest_expectation_claim(x, "a", "yes");
	assert_int_equal(attest_expectation_check(x, &e), -1);
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_MALFORMED);
	attest_error_free(e);
	attest_expectation_free(x);
}

static void
no_expectation_is_none(void **state)
{
	(void)state;
	attest_expectation_issuer(NULL, "https://i.example");
	attest_expectation_claim(NULL, "a", "1");
	attest_expectation_key(NULL, "{}");
	attest_expectation_any_age(NULL);
	assert_int_equal(attest_expectation_check(NULL, NULL), -1);
}

static void
text_is_read_and_unknown_keys_are_errors(void **state)
{
	static const char good[] = "issuer: https://i.example\n"
				   "type: [SgxEnclave, TdxVm]\n"
				   "max_age: any\n"
				   "debug: refused\n"
				   "nonce: n-1\n"
				   "measurements:\n  x-ms-sgx-mrsigner: [00aa, 1234]\n"
				   "min_svn:\n  x-ms-sgx-svn: 7\n"
				   "tcb_status: [UpToDate, SWHardeningNeeded]\n"
				   "policy_hash: h\n"
				   "appraisal_hash: [h, i]\n"
				   "policy_signer: " TP "\n"
				   "key: [" TP "]\n"
				   "claims:\n  a: [1, x]\n  b: true\n";
	static const char *const bad[] = { "[]", "policy: 1", "type: 1", "type: []", "issuer: []",
		"issuer: i", "nonce: 1", "max_age: -1", "max_age: soon", "max_age: 1.5",
		"debug: true", "debug: maybe", "measurements: []",
		"measurements: {x-ms-sgx-mrenclave: xyz}", "measurements: {x-ms-sgx-mrenclave: []}",
		"measurements: {sgx-mrenclave: 00}", "min_svn: 1", "min_svn: {x-ms-sgx-svn: a}",
		"min_svn: {x-ms-sgx-svn: [1]}", "tcb_status: true", "policy_hash: []",
		"policy_hash: {}", "appraisal_hash: 1", "policy_signer: short",
		"policy_signer: {kty: oct}", "key: 1", "claims: []", "claims: {a: {}}",
		"claims: {a: null}", "claims: {a: []}", "claims: {a: [{}]}" };
	struct attest_expectation *x = attest_expectation_from_text(good, strlen(good), NULL);

	(void)state;
	assert_non_null(x);
	assert_int_equal(attest_expectation_check(x, NULL), 0);
	attest_expectation_free(x);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct attest_error *e = NULL;

		x = attest_expectation_from_text(bad[i], strlen(bad[i]), &e);
		if (x != NULL || attest_error_code(e) != ATTEST_ERROR_INVALID)
			fail_msg("%s: %s", bad[i], attest_error_message(e));
		attest_error_free(e);
	}
	assert_null(attest_expectation_from_text(NULL, 0, NULL));
	assert_null(attest_expectation_from_text("a: [", 4, NULL));
}

static void
file_is_read_as_text_is(void **state)
{
	struct tmpdir folder = tmpdir_new();
	struct attest_error *e = NULL;
	struct attest_expectation *x;
	char path[512];
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/x.yaml", folder.path);
	assert_null(attest_expectation_from_file(path, &e));
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_IO);
	attest_error_free(e);
	assert_null(attest_expectation_from_file(NULL, NULL));
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("issuer: https://i.example\ntype: sgx\nmax_age: 1\n", f);
	fclose(f);
	x = attest_expectation_from_file(path, NULL);
	assert_int_equal(attest_expectation_check(x, NULL), 0);
	attest_expectation_free(x);
	f = fopen(path, "w");
	for (int i = 0; i < 70000; i++)
		fputc('#', f);
	fclose(f);
	assert_null(attest_expectation_from_file(path, &e));
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_LIMIT);
	attest_error_free(e);
	tmpdir_drop(&folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_rules_can_be_added),
		cmocka_unit_test(mistakes_are_kept_and_reported),
		cmocka_unit_test(issuers_that_no_token_can_have_are_mistakes),
		cmocka_unit_test(json_that_is_none_is_a_mistake),
		cmocka_unit_test(no_expectation_is_none),
		cmocka_unit_test(text_is_read_and_unknown_keys_are_errors),
		cmocka_unit_test(file_is_read_as_text_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
