/* SPDX-License-Identifier: Apache-2.0 */
#include "base/b64.h"

#include "../../support/test.h"

#include <string.h>

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

/* The value of C in the alphabet of FORM, -1: none; written from RFC 4648 tables 1 and 2. */
static int
value_of(enum b64_form form, int c)
{
	static const char common[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const char *at = c == 0 ? NULL : strchr(common, c);

	if (at != NULL)
		return (int)(at - common);
	if ((c == '+' || c == '/') && form != B64_URL)
		return c == '+' ? 62 : 63;
	if ((c == '-' || c == '_') && form != B64_STD)
		return c == '-' ? 62 : 63;
	return -1;
}

/* Every text of up to three characters, every byte value in each place, in each form. */
static void
every_text_of_up_to_three_characters_is_judged_as_the_rfc_says(void **state)
{
	static int8_t value[3][256];

	(void)state;
	for (int form = B64_URL; form <= B64_LENIENT; form++)
		for (int c = 0; c < 256; c++)
			value[form][c] = (int8_t)value_of((enum b64_form)form, c);
	for (int form = B64_URL; form <= B64_LENIENT; form++) {
		for (uint32_t v = 0; v < 1U << 24; v++) {
			const uint8_t p[] = { (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
			int a = value[form][p[0]], b = value[form][p[1]], c = value[form][p[2]];
			uint8_t out[8];
			size_t size = 0;
			/* Padding is required in B64_STD, so that nothing this short is whole. */
			bool three = form != B64_STD && a >= 0 && b >= 0 && c >= 0 && (c & 3) == 0;
			bool two = form != B64_STD && a >= 0 && b >= 0 && (b & 15) == 0;

			if (b64_decode((enum b64_form)form, bytes_of(p, 3), out, &size) != three)
				fail_msg("form %d: %02x %02x %02x", form, p[0], p[1], p[2]);
			if (three &&
			    (size != 2 || out[0] != (a << 2 | b >> 4) ||
				out[1] != ((b & 15) << 4 | c >> 2)))
				fail_msg("form %d: value of %.3s", form, (const char *)p);
			if (p[2] != 0)
				continue;
			if (b64_decode((enum b64_form)form, bytes_of(p, 2), out, &size) != two)
				fail_msg("form %d: %02x %02x", form, p[0], p[1]);
			if (two && (size != 1 || out[0] != (a << 2 | b >> 4)))
				fail_msg("form %d: value of %.2s", form, (const char *)p);
			if (b64_decode((enum b64_form)form, bytes_of(p, 1), out, &size))
				fail_msg("form %d: %02x", form, p[0]);
		}
	}
}

/* With padding a group is four characters: all that end in one or two '='. */
static void
every_padded_group_is_judged_as_the_rfc_says(void **state)
{
	(void)state;
	for (uint32_t v = 0; v < 1U << 24; v++) {
		const uint8_t p[] = { (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v, '=' };
		int a = value_of(B64_STD, p[0]), b = value_of(B64_STD, p[1]);
		int c = value_of(B64_STD, p[2]);
		uint8_t out[8];
		size_t size;
		bool one = p[2] == '=' && a >= 0 && b >= 0 && (b & 15) == 0;
		bool two = a >= 0 && b >= 0 && c >= 0 && (c & 3) == 0;

		if (b64_decode(B64_STD, bytes_of(p, 4), out, &size) != (one || two))
			fail_msg("%02x %02x %02x =", p[0], p[1], p[2]);
	}
}

/* A decoder that accepts exactly what the encoder writes has one text for each value. */
static void
random_bytes_of_every_size_round_trip(void **state)
{
	uint32_t x = 1;

	(void)state;
	for (size_t n = 0; n < 300; n++) {
		uint8_t in[300], out[304];
		char text[404];

		for (size_t i = 0; i < n; i++) {
			x = x * 1664525 + 1013904223;
			in[i] = (uint8_t)(x >> 24);
		}
		for (int form = B64_URL; form <= B64_LENIENT; form++) {
			size_t text_size = b64_encoded_size((enum b64_form)form, n), size = 99;

			b64_encode((enum b64_form)form, bytes_of(in, n), text);
			assert_true(b64_decoded_max(text_size) >= n);
			assert_true(
			    b64_decode((enum b64_form)form, bytes_of(text, text_size), out, &size));
			assert_int_equal(size, n);
			assert_memory_equal(in, out, n);
		}
	}
}

static void
an_arena_copy_says_why_it_was_not_made(void **state)
{
	struct err e = { 0 };
	struct bytes out;
	struct arena a;

	(void)state;
	arena_init(&a, 64);
	assert_int_equal(b64_decode_arena(B64_URL, BYTES("AQID"), &a, &out, &e), 0);
	assert_true(bytes_eq(out, BYTES("\1\2\3")));
	assert_int_equal(b64_decode_arena(B64_URL, BYTES("AQ=="), &a, &out, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	assert_true(bytes_eq(out, BYTES("\1\2\3")));
	err_clear(&e);
	arena_reset(&a);
	assert_int_equal(b64_decode_arena(B64_URL, bytes_of("", 400), &a, &out, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	arena_release(&a);
}

static void
a_buffer_takes_the_whole_text_or_none(void **state)
{
	DEFER(buf_release) struct buf b;

	(void)state;
	buf_init(&b, 7);
	buf_b64(&b, B64_URL, BYTES("\xfb\xff"));
	assert_true(bytes_is_str(buf_bytes(&b), "-_8"));
	buf_b64(&b, B64_STD, BYTES("\xfb\xff"));
	assert_true(bytes_is_str(buf_bytes(&b), "-_8+/8="));
	buf_b64(&b, B64_STD, BYTES("a"));
	assert_false(buf_ok(&b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_4648_vectors_round_trip),
		cmocka_unit_test(other_spellings_are_refused),
		cmocka_unit_test(every_text_of_up_to_three_characters_is_judged_as_the_rfc_says),
		cmocka_unit_test(every_padded_group_is_judged_as_the_rfc_says),
		cmocka_unit_test(random_bytes_of_every_size_round_trip),
		cmocka_unit_test(an_arena_copy_says_why_it_was_not_made),
		cmocka_unit_test(a_buffer_takes_the_whole_text_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
