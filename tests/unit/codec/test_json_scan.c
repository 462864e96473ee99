/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_scan.h"

#include "../../support/test.h"

#include "base/own.h"

static size_t
byte_by_byte(const uint8_t *p, size_t size)
{
	size_t i = 0;

	while (i < size && p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

/* Every byte at every place of every size up to three words, among neighbours that could borrow or carry. */
static void
every_byte_is_found_wherever_it_stands(void **state)
{
	static const uint8_t around[] = { 0x20, 'a', 0x7f, '!', '#', '[', ']' };
	uint8_t text[24];

	(void)state;
	for (size_t a = 0; a < COUNT_OF(around); a++)
		for (size_t size = 0; size <= sizeof(text); size++)
			for (size_t at = 0; at < size; at++)
				for (unsigned c = 0; c < 256; c++) {
					memset(text, around[a], sizeof(text));
					text[at] = (uint8_t)c;
					assert_int_equal(json_plain_size(text, size),
					    byte_by_byte(text, size));
				}
	assert_int_equal(json_plain_size(text, 0), 0);
}

/* Two bytes of a word at once: one that ends the run, and any other, in both orders. */
static void
no_pair_of_bytes_hides_its_first(void **state)
{
	uint8_t text[8];

	(void)state;
	for (unsigned one = 0; one < 256; one++)
		for (unsigned two = 0; two < 256; two++)
			for (size_t at = 0; at < 7; at++) {
				memset(text, 'x', sizeof(text));
				text[at] = (uint8_t)one;
				text[at + 1] = (uint8_t)two;
				assert_int_equal(json_plain_size(text, 8), byte_by_byte(text, 8));
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_found_wherever_it_stands),
		cmocka_unit_test(no_pair_of_bytes_hides_its_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
