/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include "base/own.h"

#include "../../support/test.h"

#include <string.h>

static const uint8_t eight[] = { 1, 2, 3, 4, 5, 6, 7, 0x88 };

static void
numbers_are_read_in_both_byte_orders(void **state)
{
	struct rd r;

	(void)state;
	r = rd_from(BYTES_OF(eight));
	assert_int_equal(rd_le64(&r), 0x8807060504030201);
	assert_true(rd_done(&r));
	r = rd_from(BYTES_OF(eight));
	assert_true(rd_be64(&r) == 0x0102030405060788);
	r = rd_from(BYTES_OF(eight));
	assert_int_equal(rd_u8(&r), 1);
	assert_int_equal(rd_le16(&r), 0x0302);
	assert_int_equal(rd_be32(&r), 0x04050607);
	assert_int_equal(rd_u8(&r), 0x88);
	assert_true(rd_done(&r));
	r = rd_from(BYTES_OF(eight));
	assert_int_equal(rd_be16(&r), 0x0102);
	assert_int_equal(rd_le32(&r), 0x06050403);
	assert_false(rd_done(&r));
	assert_true(rd_ok(&r));
}

static void
a_short_read_gives_nothing_and_sticks(void **state)
{
	struct rd r = rd_from(BYTES_OF(eight));

	(void)state;
	assert_int_equal(rd_take(&r, 6).size, 6);
	assert_int_equal(rd_be32(&r), 0);
	assert_false(rd_ok(&r));
	/* Two bytes are left, but nothing is given any more. */
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_take(&r, 0).size, 0);
	assert_int_equal(rd_rest(&r).size, 0);
	assert_false(rd_done(&r));
}

static void
every_size_beyond_the_end_is_refused(void **state)
{
	static const size_t sizes[] = { 9, 255, 65536, SIZE_MAX / 2, SIZE_MAX - 7, SIZE_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct rd r = rd_from(BYTES_OF(eight));

		assert_null(rd_take(&r, sizes[i]).p);
		assert_false(rd_ok(&r));
	}
}

static void
nothing_can_be_read_from_nothing(void **state)
{
	struct rd r = rd_from((struct bytes){ 0 });

	(void)state;
	assert_true(rd_done(&r));
	assert_int_equal(rd_take(&r, 0).size, 0);
	assert_true(rd_done(&r));
	assert_int_equal(rd_u8(&r), 0);
	assert_false(rd_done(&r));
}

static void
a_child_sees_no_further_than_its_part(void **state)
{
	struct rd r = rd_from(BYTES_OF(eight));
	struct rd child = rd_sub(&r, 3);

	(void)state;
	assert_int_equal(rd_le16(&child), 0x0201);
	assert_int_equal(rd_le16(&child), 0);
	assert_false(rd_ok(&child));
	assert_true(rd_ok(&r));
	assert_int_equal(rd_u8(&r), 4);

	child = rd_sub(&r, 5);
	assert_false(rd_ok(&child));
	assert_false(rd_ok(&r));
}

static void
a_copy_that_falls_short_leaves_zeros(void **state)
{
	uint8_t out[9];
	struct rd r = rd_from(BYTES_OF(eight));

	(void)state;
	memset(out, 0xff, sizeof(out));
	rd_copy(&r, out, 8);
	assert_memory_equal(out, eight, 8);
	assert_int_equal(out[8], 0xff);

	r = rd_from(BYTES_OF(eight));
	rd_copy(&r, out, 9);
	assert_true(bytes_are_zero(BYTES_OF(out)));
	assert_false(rd_ok(&r));

	r = rd_from((struct bytes){ 0 });
	rd_copy(&r, out, 0);
	assert_true(rd_done(&r));
}

static void
bytes_compare_by_value_and_by_size(void **state)
{
	(void)state;
	assert_true(bytes_eq(BYTES("abc"), BYTES("abc")));
	assert_false(bytes_eq(BYTES("abc"), BYTES("abd")));
	assert_false(bytes_eq(BYTES("abc"), BYTES("ab")));
	assert_true(bytes_eq(BYTES(""), (struct bytes){ 0 }));
	assert_true(bytes_eq_secret(BYTES("abc"), BYTES("abc")));
	assert_false(bytes_eq_secret(BYTES("abc"), BYTES("abd")));
	assert_false(bytes_eq_secret(BYTES("abc"), BYTES("abcd")));
	assert_true(bytes_eq_secret((struct bytes){ 0 }, BYTES("")));
	assert_true(bytes_is_str(BYTES("abc"), "abc"));
	assert_false(bytes_is_str(BYTES("abc\0"), "abc"));
	assert_true(bytes_is_str((struct bytes){ 0 }, ""));
	assert_true(bytes_is_str((struct bytes){ 0 }, NULL));
}

static void
only_ascii_letters_compare_without_case(void **state)
{
	(void)state;
	assert_true(bytes_is_str_nocase(BYTES("SgxEnclave"), "sGXeNCLAVE"));
	assert_false(bytes_is_str_nocase(BYTES("SgxEnclave"), "SgxEnclave2"));
	/* '@' and '`', '[' and '{' differ in the bit that separates the cases. */
	assert_false(bytes_eq_nocase(BYTES("@["), BYTES("`{")));
	assert_false(bytes_eq_nocase(BYTES("\xc3\x84"), BYTES("\xc3\xa4")));
}

static void
order_is_of_bytes_then_of_size(void **state)
{
	(void)state;
	assert_true(bytes_cmp(BYTES("a"), BYTES("b")) < 0);
	assert_true(bytes_cmp(BYTES("b"), BYTES("a")) > 0);
	assert_true(bytes_cmp(BYTES("a"), BYTES("ab")) < 0);
	assert_true(bytes_cmp(BYTES("ab"), BYTES("a")) > 0);
	assert_true(bytes_cmp(BYTES("\x7f"), BYTES("\x80")) < 0);
	assert_int_equal(bytes_cmp((struct bytes){ 0 }, BYTES("")), 0);
	assert_true(bytes_cmp((struct bytes){ 0 }, BYTES("a")) < 0);
}

static void
one_bit_anywhere_is_not_zero(void **state)
{
	uint8_t block[16] = { 0 };

	(void)state;
	assert_true(bytes_are_zero(BYTES_OF(block)));
	assert_true(bytes_are_zero((struct bytes){ 0 }));
	for (size_t bit = 0; bit < 8 * sizeof(block); bit++) {
		block[bit / 8] = (uint8_t)(1 << bit % 8);
		assert_false(bytes_are_zero(BYTES_OF(block)));
		block[bit / 8] = 0;
	}
}

static void
a_slice_is_cut_to_what_is_there(void **state)
{
	struct bytes all = BYTES_OF(eight);

	(void)state;
	assert_true(bytes_eq(bytes_slice(all, 2, 3), bytes_of(eight + 2, 3)));
	assert_true(bytes_eq(bytes_slice(all, 6, 100), bytes_of(eight + 6, 2)));
	assert_true(bytes_eq(bytes_slice(all, 0, SIZE_MAX), all));
	assert_int_equal(bytes_slice(all, 8, 1).size, 0);
	assert_int_equal(bytes_slice(all, 9, 1).size, 0);
	assert_int_equal(bytes_slice(all, SIZE_MAX, SIZE_MAX).size, 0);
	assert_int_equal(bytes_slice((struct bytes){ 0 }, 0, 1).size, 0);
}

static void
a_prefix_longer_than_the_text_is_none(void **state)
{
	(void)state;
	assert_true(bytes_has_prefix(BYTES("Bearer x"), "Bearer "));
	assert_true(bytes_has_prefix(BYTES("Bearer x"), ""));
	assert_true(bytes_has_prefix((struct bytes){ 0 }, ""));
	assert_false(bytes_has_prefix(BYTES("Bear"), "Bearer "));
	assert_false(bytes_has_prefix(BYTES("bearer x"), "Bearer "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_in_both_byte_orders),
		cmocka_unit_test(a_short_read_gives_nothing_and_sticks),
		cmocka_unit_test(every_size_beyond_the_end_is_refused),
		cmocka_unit_test(nothing_can_be_read_from_nothing),
		cmocka_unit_test(a_child_sees_no_further_than_its_part),
		cmocka_unit_test(a_copy_that_falls_short_leaves_zeros),
		cmocka_unit_test(bytes_compare_by_value_and_by_size),
		cmocka_unit_test(only_ascii_letters_compare_without_case),
		cmocka_unit_test(order_is_of_bytes_then_of_size),
		cmocka_unit_test(one_bit_anywhere_is_not_zero),
		cmocka_unit_test(a_slice_is_cut_to_what_is_there),
		cmocka_unit_test(a_prefix_longer_than_the_text_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
