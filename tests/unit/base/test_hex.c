/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include "../../support/test.h"

#include <stdio.h>
#include <string.h>

static void
every_byte_round_trips_in_either_case(void **state)
{
	(void)state;
	for (int v = 0; v < 256; v++) {
		uint8_t in = (uint8_t)v, out = (uint8_t)~v;
		char text[2], upper[3];

		hex_encode(bytes_of(&in, 1), text);
		assert_true(hex_decode(bytes_of(text, 2), &out, 1));
		assert_int_equal(out, v);
		snprintf(upper, sizeof(upper), "%02X", (unsigned)v);
		out = (uint8_t)~v;
		assert_true(hex_decode(bytes_of(upper, 2), &out, 1));
		assert_int_equal(out, v);
	}
}

static void
every_other_character_is_refused(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		bool digit = c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL;
		const uint8_t first[] = { (uint8_t)c, '0' }, second[] = { '0', (uint8_t)c };
		uint8_t out = 0x5a;

		assert_int_equal(hex_digit((uint8_t)c) >= 0, digit);
		assert_int_equal(hex_decode(BYTES_OF(first), &out, 1), digit);
		assert_int_equal(hex_decode(BYTES_OF(second), &out, 1), digit);
		if (!digit)
			assert_int_equal(out, 0x5a); /* written only on success */
	}
}

static void
other_sizes_are_refused(void **state)
{
	uint8_t out[2];

	(void)state;
	assert_false(hex_decode(BYTES("0"), out, 1));
	assert_false(hex_decode(BYTES("000"), out, 1));
	assert_false(hex_decode(BYTES("0000"), out, 1));
	assert_false(hex_decode(BYTES(""), out, 1));
	assert_false(hex_decode(BYTES("00"), out, 0));
	assert_false(hex_decode(BYTES(""), out, SIZE_MAX / 2 + 1)); /* twice that is zero */
	assert_true(hex_decode((struct bytes){ 0 }, out, 0));
}

static void
every_byte_is_written_alike_at_every_place(void **state)
{
	uint8_t in[24];
	char text[2 * sizeof(in)], want[3];

	(void)state;
	for (size_t size = 0; size <= sizeof(in); size++)
		for (int first = 0; first < 256; first++) {
			for (size_t i = 0; i < size; i++)
				in[i] = (uint8_t)(first + 7 * (int)i);
			memset(text, '!', sizeof(text));
			hex_encode(bytes_of(in, size), text);
			for (size_t i = 0; i < size; i++) {
				snprintf(want, sizeof(want), "%02x", in[i]);
				assert_memory_equal(text + 2 * i, want, 2);
			}
			for (size_t i = 2 * size; i < sizeof(text); i++)
				assert_int_equal(text[i], '!');
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_round_trips_in_either_case),
		cmocka_unit_test(every_other_character_is_refused),
		cmocka_unit_test(other_sizes_are_refused),
		cmocka_unit_test(every_byte_is_written_alike_at_every_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
