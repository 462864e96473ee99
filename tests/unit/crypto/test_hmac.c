/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"

#include "../../support/test.h"
#include "base/hex.h"

#include <string.h>

static void
assert_mac(struct bytes key, const struct bytes *parts, size_t count, const char *want)
{
	uint8_t out[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1] = "";

	hmac_sha256(key, parts, count, out);
	hex_encode(BYTES_OF(out), hex);
	assert_string_equal(hex, want);
}

/* RFC 4231 sections 4.2, 4.3, 4.4 and 4.7: keys shorter than a block, and one that is longer. */
static void
published_macs_come_out(void **state)
{
	uint8_t key[131], data[50];
	struct bytes hi = BYTES("Hi There"), jefe = BYTES("what do ya want for nothing?"),
		     dd = BYTES_OF(data),
		     larger = BYTES("Test Using Larger Than Block-Size Key - Hash Key First");

	(void)state;
	memset(key, 0x0b, 20);
	assert_mac(bytes_of(key, 20), &hi, 1,
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_mac(BYTES("Jefe"), &jefe, 1,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	assert_mac(bytes_of(key, 20), &dd, 1,
	    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	assert_mac(BYTES_OF(key), &larger, 1,
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void
parts_make_the_mac_of_the_whole(void **state)
{
	const struct bytes parts[] = { BYTES("what do ya"), { 0 }, BYTES(" want for nothing?") };

	(void)state;
	assert_mac(BYTES("Jefe"), parts, 3,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void
key_of_a_whole_block_is_used_as_it_is(void **state)
{
	uint8_t key[64], out[SHA256_SIZE], again[SHA256_SIZE];
	struct bytes part = BYTES("x");

	(void)state;
	memset(key, 1, sizeof(key));
	hmac_sha256(BYTES_OF(key), &part, 1, out);
	key[63] ^= 1;
	hmac_sha256(BYTES_OF(key), &part, 1, again);
	assert_memory_not_equal(out, again, sizeof(out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_macs_come_out),
		cmocka_unit_test(parts_make_the_mac_of_the_whole),
		cmocka_unit_test(key_of_a_whole_block_is_used_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
