/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/refusal.h"

#include "../../support/test.h"

static void
a_flood_leaves_a_few_records_and_a_count(void **state)
{
	struct refusal_gauge g = { 0 };
	uint64_t left_out = 99;
	unsigned taken = 0;
	(void)state;

	for (int i = 0; i < 1000; i++)
		taken += refusal_take(&g, 5000, &left_out);
	assert_int_equal(taken, REFUSAL_BURST);
	assert_int_equal(left_out, 0);
	assert_false(refusal_take(&g, 5000 + REFUSAL_REFILL_MS - 1, &left_out));
	assert_true(refusal_take(&g, 5000 + REFUSAL_REFILL_MS, &left_out));
	assert_int_equal(left_out, 1000 - REFUSAL_BURST + 1);
	assert_false(refusal_take(&g, 5000 + REFUSAL_REFILL_MS, &left_out));
}

static void
a_long_silence_fills_it_no_further_than_full(void **state)
{
	struct refusal_gauge g = { 0 };
	uint64_t left_out;
	unsigned taken = 0;
	(void)state;

	(void)refusal_take(&g, 0, &left_out);
	for (int i = 0; i < 1000; i++)
		taken += refusal_take(&g, UINT64_MAX / 2, &left_out);
	assert_int_equal(taken, REFUSAL_BURST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_leaves_a_few_records_and_a_count),
		cmocka_unit_test(a_long_silence_fills_it_no_further_than_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
