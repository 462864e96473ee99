/* SPDX-License-Identifier: Apache-2.0 */
/* Moduli of the broken generator are powers of 65537 modulo every small prime; a power of 65537 itself is one, too. */
#include "crypto/roca.h"

#include "crypto/key.h"

#include "../../support/test.h"

#include <string.h>

#define POWER 128
#define SIZE  (2 * POWER + 1)

/* 65537^POWER, big-endian: multiplying by 65537 adds the number to itself, two bytes further up. */
static void
make_marked(uint8_t out[SIZE])
{
	memset(out, 0, SIZE);
	out[SIZE - 1] = 1;
	for (int i = 0; i < POWER; i++) {
		unsigned carry = 0;
		uint8_t before[SIZE];

		memcpy(before, out, SIZE);
		for (size_t at = SIZE; at-- > 0;) {
			carry += before[at] + (at + 2 < SIZE ? before[at + 2] : 0u);
			out[at] = (uint8_t)carry;
			carry >>= 8;
		}
	}
}

static void
marked_modulus_is_known(void **state)
{
	uint8_t n[SIZE];

	(void)state;
	make_marked(n);
	assert_int_equal(n[0], 1);
	assert_true(roca_is_marked(BYTES_OF(n)));
	n[SIZE - 1] += 2;
	assert_false(roca_is_marked(BYTES_OF(n)));
}

static void
marked_key_is_not_used(void **state)
{
	static const uint8_t exponent[] = { 1, 0, 1 };
	uint8_t n[SIZE];
	struct key *key = NULL;
	struct err e = { 0 };

	(void)state;
	make_marked(n);
	assert_int_equal(key_from_rsa(BYTES_OF(n), BYTES_OF(exponent), &key, &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
	assert_null(key);
	n[SIZE - 1] += 2;
	assert_int_equal(key_from_rsa(BYTES_OF(n), BYTES_OF(exponent), &key, NULL), 0);
	key_unref(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marked_modulus_is_known),
		cmocka_unit_test(marked_key_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
