/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kinds.h"

#include "../../support/test.h"

#include "service/kind_sgx.h"

static bool
means(const char *name, const char *kind)
{
	const struct kind *found = kind_find(bytes_of_str(name));

	return found != NULL && bytes_is_str(bytes_of_str(found->name), kind);
}

static void
wire_and_portal_names_mean_the_same(void **state)
{
	(void)state;
	assert_true(means("SgxEnclave", "SgxEnclave"));
	assert_true(means("sgxenclave", "SgxEnclave"));
	assert_true(means("SGX-IntelSDK", "SgxEnclave"));
	assert_true(means("SGX-OpenEnclaveSDK", "OpenEnclave"));
	assert_true(means("sevsnpVM", "SevSnpVm"));
	assert_true(means("TPM", "Tpm"));
	assert_true(means("vbs", "VSMEnclave"));
	assert_true(means("CyResComponent", "CyResComponent"));
}

static void
other_words_mean_nothing(void **state)
{
	(void)state;
	assert_null(kind_find(BYTES("")));
	assert_null(kind_find((struct bytes){ 0 }));
	assert_null(kind_find(BYTES("SgxEnclave ")));
	assert_null(kind_find(BYTES("../SgxEnclave")));
}

static void
every_row_stands_under_its_own_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		assert_ptr_equal(kind_find(bytes_of_str(kind_table[i].name)), &kind_table[i]);
		assert_int_equal(kind_index(&kind_table[i]), i);
		assert_non_null(kind_table[i].evidence_member);
		assert_int_equal(kind_is_implemented(&kind_table[i]), i < 2);
	}
}

static bool
configures(const struct claim *claim, struct kind_baseline *out)
{
	struct claim_set set = { 0 };
	struct arena a;
	struct err e = { 0 };
	bool fine;

	arena_init(&a, 1u << 16);
	if (claim != NULL)
		assert_int_equal(claim_set_add(&set, &a, claim, &e), 0);
	fine = kind_sgx_configure(&set, out);
	arena_release(&a);
	return fine;
}

static void
a_baseline_is_azures_default_or_a_number(void **state)
{
	struct claim claim = { .name = BYTES("x-ms-sgx-tcbidentifier"), .type = CLAIM_STRING };
	struct kind_baseline b;

	(void)state;
	assert_true(configures(NULL, &b));
	assert_true(bytes_is_str(b.name, "azuredefault"));
	assert_int_equal(b.min_evaluation_number, 0);
	claim.text = BYTES("17");
	assert_true(configures(&claim, &b));
	assert_true(bytes_is_str(b.name, "17"));
	assert_int_equal(b.min_evaluation_number, 17);
	claim.text = BYTES("azuredefault");
	assert_true(configures(&claim, &b));
	claim.text = BYTES("017");
	assert_false(configures(&claim, &b));
	claim.text = BYTES("latest");
	assert_false(configures(&claim, &b));
	claim.text = BYTES("99999999");
	assert_false(configures(&claim, &b));
	claim.text = BYTES("");
	assert_false(configures(&claim, &b));
	claim.type = CLAIM_INTEGER;
	claim.number = 17;
	assert_false(configures(&claim, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wire_and_portal_names_mean_the_same),
		cmocka_unit_test(other_words_mean_nothing),
		cmocka_unit_test(every_row_stands_under_its_own_name),
		cmocka_unit_test(a_baseline_is_azures_default_or_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
