/* SPDX-License-Identifier: Apache-2.0 */
#include "base/b64.h"

#include "../../support/test.h"

static bool
accepts(enum b64_form form, const char *text)
{
	uint8_t out[64];
	size_t size;

	return b64_decode(form, bytes_of_str(text), out, &size);
}

static void
rfc_4648_vectors_round_trip(void **state)
{
	static const char *const plain[] = { "", "f", "fo", "foo", "foob", "fooba", "foobar" };
	static const char *const coded[] = { "", "Zg==", "Zm8=", "Zm9v",
		"Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		char text[16];
		uint8_t out[16];
		size_t size;

		b64_encode(B64_STD, bytes_of_str(plain[i]), text);
		assert_int_equal(b64_encoded_size(B64_STD, i), bytes_of_str(coded[i]).size);
		assert_memory_equal(text, coded[i], bytes_of_str(coded[i]).size);
		assert_true(b64_decode(B64_STD, bytes_of_str(coded[i]), out, &size));
		assert_int_equal(size, i);
		assert_memory_equal(out, plain[i], i);
	}
}

static void
other_spellings_are_refused(void **state)
{
	(void)state;
	assert_false(accepts(B64_URL, "Zg=="));
	assert_false(accepts(B64_URL, "Zh")); /* bits left over */
	assert_false(accepts(B64_URL, "Zm9="));
	assert_false(accepts(B64_URL, "Z"));
	assert_false(accepts(B64_URL, "Zm9v\n"));
	assert_false(accepts(B64_URL, "+/+/"));
	assert_true(accepts(B64_URL, "-_-_"));
	assert_false(accepts(B64_STD, "-_-_"));
	assert_false(accepts(B64_STD, "Zg"));
	assert_false(accepts(B64_STD, "Zg="));
	assert_true(accepts(B64_LENIENT, "Zg"));
	assert_true(accepts(B64_LENIENT, "Zg=="));
	assert_false(accepts(B64_LENIENT, "Zg="));
	assert_true(accepts(B64_LENIENT, "+_+/"));
	assert_false(accepts(B64_LENIENT, "Zg==Zg=="));
	assert_false(accepts(B64_LENIENT, "===="));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_4648_vectors_round_trip),
		cmocka_unit_test(other_spellings_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
