/* SPDX-License-Identifier: Apache-2.0 */
#include "claims/names.h"

#include "base/own.h"

#include "../../support/test.h"

static void
names_of_the_service_are_protected(void **state)
{
	static const char *const names[] = { "iss", "iat", "exp", "nbf", "jti", "cnf", "nonce",
		"eat_profile", "x-ms-", "x-ms-sgx-mrenclave", "x-ms-compliance-status",
		"x-ms-policy", "x-ms-anything", "attest-dev", "attest-appraisal-hash", "tdx_mrtd",
		"tdx_", "attester_tcb_status", "dbgstat", "intuse", "secureboot", "rp_data",
		"policy_hash", "policy_signer", "maa-policyHash" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(claim_name_rule(bytes_of_str(names[i]), false), NAME_PROTECTED);
		assert_int_equal(claim_name_rule(bytes_of_str(names[i]), true), NAME_PROTECTED);
	}
}

static void
twins_of_sgx_are_free_in_tpm_tokens_alone(void **state)
{
	static const char *const names[] = { "maa-ehd", "aas-ehd", "maa-attestationcollateral" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(claim_name_rule(bytes_of_str(names[i]), false), NAME_PROTECTED);
		assert_int_equal(claim_name_rule(bytes_of_str(names[i]), true), NAME_FREE);
	}
}

static void
aliases_of_the_default_policies_are_the_policys(void **state)
{
	static const char *const names[] = { "is-debuggable", "product-id", "sgx-mrenclave",
		"sgx-mrsigner", "svn", "tee" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(claim_name_rule(bytes_of_str(names[i]), false), NAME_ALIAS);
}

static void
other_names_are_free(void **state)
{
	static const char *const names[] = { "", "a", "isss", "x-ms", "tdx", "attest", "Nonce",
		"custom-name", "vbsEnabled", "secureBootEnabled" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(claim_name_rule(bytes_of_str(names[i]), false), NAME_FREE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_the_service_are_protected),
		cmocka_unit_test(twins_of_sgx_are_free_in_tpm_tokens_alone),
		cmocka_unit_test(aliases_of_the_default_policies_are_the_policys),
		cmocka_unit_test(other_names_are_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
