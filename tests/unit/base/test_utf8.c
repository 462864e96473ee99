/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "../../support/test.h"

static bool
is_scalar(uint32_t c)
{
	return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

static void
every_code_point_round_trips(void **state)
{
	DEFER(buf_release) struct buf b;

	(void)state;
	buf_init(&b, 16);
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		struct bytes text;

		if (!is_scalar(c))
			continue;
		buf_clear(&b);
		buf_utf8(&b, c);
		text = buf_bytes(&b);
		if (!utf8_is_valid(text) || utf8_next(&text) != (int32_t)c || text.size != 0)
			fail_msg("U+%04X", c);
	}
}

/* Against the table of RFC 3629 section 4, written out: what two and three bytes may be. */
static bool
table_3629(const uint8_t *p, size_t size)
{
	size_t i = 0;

	while (i < size) {
		uint8_t a = p[i++], low = 0x80, high = 0xbf;
		size_t more;

		if (a < 0x80)
			continue;
		if (a < 0xc2 || a > 0xf4)
			return false;
		more = a < 0xe0 ? 1 : a < 0xf0 ? 2 : 3;
		low = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : low;
		high = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : high;
		for (; more > 0; more--) {
			if (i == size || p[i] < low || p[i] > high)
				return false;
			i++;
			low = 0x80, high = 0xbf;
		}
	}
	return true;
}

static void
every_text_of_up_to_three_bytes_is_judged_as_the_table_says(void **state)
{
	(void)state;
	for (uint32_t v = 0; v < 1U << 24; v++) {
		const uint8_t p[] = { (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

		if (utf8_is_valid(bytes_of(p, 3)) != table_3629(p, 3))
			fail_msg("%02x %02x %02x", p[0], p[1], p[2]);
		if (v < 1U << 16 && utf8_is_valid(bytes_of(p + 1, 2)) != table_3629(p + 1, 2))
			fail_msg("%02x %02x", p[1], p[2]);
		if (v < 1U << 8)
			assert_int_equal(utf8_is_valid(bytes_of(p + 2, 1)), v < 0x80);
	}
}

static void
four_bytes_are_judged_at_their_edges(void **state)
{
	(void)state;
	assert_true(utf8_is_valid(BYTES("\xf0\x90\x80\x80")));
	assert_false(utf8_is_valid(BYTES("\xf0\x8f\xbf\xbf"))); /* overlong */
	assert_true(utf8_is_valid(BYTES("\xf4\x8f\xbf\xbf")));
	assert_false(utf8_is_valid(BYTES("\xf4\x90\x80\x80"))); /* above U+10FFFF */
	assert_false(utf8_is_valid(BYTES("\xf5\x80\x80\x80")));
	assert_false(utf8_is_valid(BYTES("\xf8\x88\x80\x80\x80")));
	assert_false(utf8_is_valid(BYTES("\xf0\x9f\x98")));
	assert_false(utf8_is_valid(BYTES("\xf0\x9f\x98\x41")));
	assert_false(utf8_is_valid(BYTES("abc\xff")));
	assert_true(utf8_is_valid((struct bytes){ 0 }));
}

static void
a_bad_beginning_takes_nothing_off(void **state)
{
	struct bytes text = BYTES("\xc3(");

	(void)state;
	assert_int_equal(utf8_next(&text), -1);
	assert_int_equal(text.size, 2);
	text = (struct bytes){ 0 };
	assert_int_equal(utf8_next(&text), -1);
}

static void
what_is_shown_is_printable_ascii_and_fits(void **state)
{
	char out[12];

	(void)state;
	utf8_show(BYTES("a\xe2\x82\xac\n"), out, sizeof(out));
	assert_string_equal(out, "aU+20AC...");
	utf8_show(BYTES("\x1b[1m"), out, sizeof(out));
	assert_string_equal(out, "U+001B[1...");
	utf8_show(BYTES("ab\xff more"), out, sizeof(out));
	assert_string_equal(out, "ab?");
	utf8_show((struct bytes){ 0 }, out, sizeof(out));
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_round_trips),
		cmocka_unit_test(every_text_of_up_to_three_bytes_is_judged_as_the_table_says),
		cmocka_unit_test(four_bytes_are_judged_at_their_edges),
		cmocka_unit_test(a_bad_beginning_takes_nothing_off),
		cmocka_unit_test(what_is_shown_is_printable_ascii_and_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
