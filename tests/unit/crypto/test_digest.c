/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include "../../support/test.h"
#include "base/hex.h"

#include <pthread.h>

static void
assert_digest(enum digest_alg alg, struct bytes in, const char *want)
{
	uint8_t out[MAX_DIGEST_SIZE];
	char hex[2 * MAX_DIGEST_SIZE + 1] = "";

	digest_of(alg, in, out);
	hex_encode(bytes_of(out, digest_size(alg)), hex);
	hex[2 * digest_size(alg)] = '\0';
	assert_string_equal(hex, want);
}

static void
abc_has_its_published_digests(void **state)
{
	(void)state;
	assert_digest(DIGEST_SHA1, BYTES("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_digest(DIGEST_SHA256, BYTES("abc"),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_digest(DIGEST_SHA384, BYTES("abc"),
	    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358ba"
	    "eca134c825a7");
	assert_digest(DIGEST_SHA512, BYTES("abc"),
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba"
	    "3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

static void
nothing_has_a_digest_too(void **state)
{
	(void)state;
	assert_digest(DIGEST_SHA256, (struct bytes){ 0 },
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
parts_hash_like_the_whole(void **state)
{
	const struct bytes parts[] = { BYTES("a"), { 0 }, BYTES("bc") };
	uint8_t one[SHA256_SIZE], other[SHA256_SIZE];

	(void)state;
	sha256(BYTES("abc"), one);
	digest_of_parts(DIGEST_SHA256, parts, 3, other);
	assert_memory_equal(one, other, sizeof(one));
}

static void *
hash_on_a_thread(void *out)
{
	sha256(BYTES("abc"), out);
	return NULL;
}

static void
a_thread_that_ends_takes_its_contexts_with_it(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		uint8_t here[SHA256_SIZE], there[SHA256_SIZE];
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, hash_on_a_thread, there), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		sha256(BYTES("abc"), here);
		assert_memory_equal(here, there, sizeof(here));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abc_has_its_published_digests),
		cmocka_unit_test(nothing_has_a_digest_too),
		cmocka_unit_test(parts_hash_like_the_whole),
		cmocka_unit_test(a_thread_that_ends_takes_its_contexts_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
