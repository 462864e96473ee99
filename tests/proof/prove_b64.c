/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (base/b64.h), against RFC 4648 sections 3.2, 3.5, 4 and 5 taken as one bit string: the bits of the bytes, zero
 * bits up to a multiple of six, a letter for each six, and for B64_STD "=" up to a multiple of four. The canonical text
 * of some bytes is what that gives; a decoder accepts a text exactly when it is the canonical text of some bytes, and
 * gives these. B64_LENIENT accepts what becomes B64_URL when "+" and "/" are written "-" and "_", and padding, which is
 * whole or absent, is taken away.
 *
 * Covered: all byte strings of up to 3 bytes, all texts of up to 3 characters. Texts of 4 characters: every value at
 * every place, beside every choice of representatives of what a decoder could treat alike: letters whose low two, low
 * four and high bits are zero and are not, both letters of each alphabet alone, padding, white space, NUL, characters
 * beside each range, bytes over 127. That is enough, because a group of four letters is looked at letter by letter, and
 * what is kept of one letter does not depend on another; all 64^4 groups of letters are the texts of all 3 bytes. Deep:
 * all 256^4. Then groups side by side, up to 8 characters over a small alphabet, and lengths up to 300. Longer strings are
 * encoded six bytes at a time, and a group that another follows is written four bytes at a time: a letter holds bits of at
 * most two bytes that are neighbours, so every pair of them is tried at every place of 15 bytes; and every value at every
 * place of a group that is not the last.
 *
 * Texts and results lie against forbidden pages; the room for a result is exactly b64_decoded_max().
 */
#include "base/b64.h"

#include "proof.h"

static const enum b64_form forms[] = { B64_URL, B64_STD, B64_LENIENT };

#define MAX_TEXT  512
#define MAX_BYTES 384

static struct fence text_fence, out_fence;
static unsigned long long tried, accepted;

/* RFC 4648 tables 1 and 2. */
static char
model_letter(enum b64_form form, unsigned v)
{
	if (v == 62)
		return form == B64_STD ? '+' : '-';
	if (v == 63)
		return form == B64_STD ? '/' : '_';
	return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[v];
}

static size_t
model_encode(enum b64_form form, const uint8_t *in, size_t size, uint8_t *out)
{
	unsigned bits = 0, have = 0;
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		bits = (bits << 8 | in[i]) & 0xffff;
		for (have += 8; have >= 6; have -= 6)
			out[n++] = (uint8_t)model_letter(form, bits >> (have - 6) & 63);
	}
	if (have > 0)
		out[n++] = (uint8_t)model_letter(form, bits << (6 - have) & 63);
	while (form == B64_STD && n % 4 != 0)
		out[n++] = '=';
	return n;
}

/* The value of a letter of the alphabet, -1 for all else; from the tables, made once. */
static int values[2][256];

static void
make_values(void)
{
	memset(values, 0xff, sizeof(values));
	for (unsigned v = 0; v < 64; v++) {
		values[0][(uint8_t)model_letter(B64_URL, v)] = (int)v;
		values[1][(uint8_t)model_letter(B64_STD, v)] = (int)v;
	}
}

/* Reads the bits of the letters up to the padding, then asks whether encoding gives the very text. */
static bool
model_decode(enum b64_form form, const uint8_t *text, size_t size, uint8_t *out, size_t *out_size)
{
	uint8_t plain[MAX_TEXT], again[MAX_TEXT];
	size_t n = size, bytes = 0;
	unsigned bits = 0, have = 0;

	memcpy(plain, text, size);
	if (form == B64_LENIENT) {
		for (size_t i = 0; i < size; i++)
			plain[i] = plain[i] == '+' ? '-' : plain[i] == '/' ? '_' : plain[i];
		for (size_t pad = 0; size % 4 == 0 && pad < 2 && n > 0 && plain[n - 1] == '=';
		     pad++)
			n--;
	}
	for (size_t i = 0; i < n; i++) {
		int v = values[form == B64_STD][plain[i]];

		if (v < 0)
			break;
		bits = (bits << 6 | (unsigned)v) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[bytes++] = (uint8_t)(bits >> have);
		}
	}
	*out_size = bytes;
	return model_encode(form == B64_STD ? B64_STD : B64_URL, out, bytes, again) == n &&
	    memcmp(again, plain, n) == 0;
}

/* One text in one form. */
static void
check_text(enum b64_form form, const uint8_t *text, size_t size)
{
	uint8_t want[MAX_BYTES];
	uint8_t *in = fence_room(text_fence, size, true);
	uint8_t *out = fence_room(out_fence, b64_decoded_max(size), true);
	size_t want_size, seen_size = SIZE_MAX;
	bool good = model_decode(form, text, size, want, &want_size);

	memcpy(in, text, size);
	bool seen = b64_decode(form, bytes_of(in, size), out, &seen_size);

	tried++;
	accepted += seen;
	if (seen != good)
		fail_msg("form %d: \"%.*s\" is %s", form, (int)size, (const char *)text,
		    seen ? "accepted" : "refused");
	if (seen && (seen_size != want_size || memcmp(out, want, want_size) != 0))
		fail_msg("form %d: \"%.*s\" gives other bytes", form, (int)size,
		    (const char *)text);
	if (!seen && seen_size != SIZE_MAX)
		fail_msg("form %d: a refused text has a size", form);
}

static void
check_forms(const uint8_t *text, size_t size)
{
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		check_text(forms[i], text, size);
}

/* Encoding as the model does, in exactly the room that is said, and back. */
static void
check_bytes(enum b64_form form, const uint8_t *p, size_t size)
{
	uint8_t want[MAX_TEXT];
	size_t want_size = model_encode(form, p, size, want), back_size = 0;
	uint8_t *in = fence_room(out_fence, size, true);

	memcpy(in, p, size);
	if (b64_encoded_size(form, size) != want_size)
		fail_msg("form %d: %zu bytes are not %zu characters", form, size, want_size);
	uint8_t *text = fence_room(text_fence, want_size, true);

	b64_encode(form, bytes_of(in, size), (char *)text);
	if (memcmp(text, want, want_size) != 0)
		fail_msg("form %d: %zu bytes are encoded otherwise", form, size);
	uint8_t *back = fence_room(out_fence, b64_decoded_max(want_size), true);

	if (!b64_decode(form, bytes_of(text, want_size), back, &back_size) || back_size != size ||
	    memcmp(back, p, size) != 0)
		fail_msg("form %d: %zu bytes do not come back", form, size);
	tried++;
}

static void
check_bytes_in_forms(const uint8_t *p, size_t size)
{
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		check_bytes(forms[i], p, size);
}

static void
all_bytes_up_to_three_are_encoded_and_come_back(void **state)
{
	uint8_t p[3] = { 0 };

	(void)state;
	tried = 0;
	check_bytes_in_forms(p, 0);
	for (unsigned v = 0; v < 0x1000000; v++) {
		p[0] = (uint8_t)v;
		p[1] = (uint8_t)(v >> 8);
		p[2] = (uint8_t)(v >> 16);
		if (v < 0x100)
			check_bytes_in_forms(p, 1);
		if (v < 0x10000)
			check_bytes_in_forms(p, 2);
		/* The forms write three bytes alike but for two letters. */
		if (v % 7 == 0 || proof_is_deep())
			check_bytes_in_forms(p, 3);
		else
			check_bytes(B64_URL, p, 3);
	}
	proof_covered(tried, "byte strings there and back");
}

static void
all_texts_up_to_three_characters(void **state)
{
	uint8_t t[3] = { 0 };

	(void)state;
	tried = accepted = 0;
	check_forms(t, 0);
	for (unsigned v = 0; v < 0x1000000; v++) {
		t[0] = (uint8_t)v;
		t[1] = (uint8_t)(v >> 8);
		t[2] = (uint8_t)(v >> 16);
		if (v < 0x100)
			check_forms(t, 1);
		if (v < 0x10000)
			check_forms(t, 2);
		check_forms(t, 3);
	}
	/*
	 * As many as there are bytes: nothing, 256 of two letters and 65536 of three for B64_URL; for B64_STD nothing. The
	 * lenient form has a second spelling of "-" and "_"; counted by the model alone.
	 */
	proof_covered(tried, "texts of up to three characters");
	assert_true(accepted > 1 + 256 + 65536);
}

/* What a decoder could treat alike, each at least once. */
static const uint8_t kinds[] = { 'A', 'B', 'Q', 'E', 'g', 'P', '9', 'z', '-', '_', '+', '/', '=',
	' ', '\n', '\0', '@', '`', '{', '.', ',', ':', 0x7f, 0x80, 0xff };

/* All there are. */
static void
go_deep(void)
{
	uint8_t t[4] = { 0 };

	tried = accepted = 0;
	for (uint64_t v = 0; v < UINT64_C(0x100000000); v++) {
		for (unsigned i = 0; i < 4; i++)
			t[i] = (uint8_t)(v >> 8 * i);
		check_text(B64_URL, t, 4);
	}
	proof_covered(tried, "texts of four characters, all");
	/* Those of three bytes, and no other. */
	assert_int_equal(accepted, 0x1000000);
}

static void
texts_of_four_characters(void **state)
{
	const unsigned n = COUNT_OF(kinds);
	uint8_t t[4] = { 0 };

	(void)state;
	tried = accepted = 0;
	for (unsigned place = 0; place < 4; place++) {
		for (unsigned v = 0; v < n * n * n; v++) {
			unsigned rest = v;

			for (unsigned i = 0; i < 4; i++) {
				if (i == place)
					continue;
				t[i] = kinds[rest % n];
				rest /= n;
			}
			for (unsigned c = 0; c < 256; c++) {
				/* The whole range at a place, beside all letters there are. */
				t[place] = (uint8_t)c;
				check_text(forms[v % 3], t, 4);
			}
		}
	}
	proof_covered(tried, "texts of four characters");
	assert_true(accepted > 0);
	if (proof_is_deep())
		go_deep();
}

static void
groups_stand_side_by_side(void **state)
{
	static const uint8_t abc[] = { 'A', 'P', 'w', '-', '/', '=' };
	uint8_t t[8];

	(void)state;
	tried = accepted = 0;
	for (size_t size = 5; size <= 8; size++) {
		unsigned total = 1;

		for (size_t i = 0; i < size; i++)
			total *= COUNT_OF(abc);
		for (unsigned v = 0; v < total; v++) {
			unsigned rest = v;

			for (size_t i = 0; i < size; i++, rest /= COUNT_OF(abc))
				t[i] = abc[rest % COUNT_OF(abc)];
			check_forms(t, size);
		}
	}
	proof_covered(tried, "texts of five to eight characters");
}

static void
every_pair_of_bytes_at_every_place(void **state)
{
	uint8_t p[15];

	(void)state;
	tried = 0;
	for (size_t at = 0; at + 1 < sizeof(p); at++)
		for (unsigned v = 0; v < 0x10000; v++) {
			memset(p, (v & 1) != 0 ? 0 : 0xff, sizeof(p));
			p[at] = (uint8_t)(v >> 8);
			p[at + 1] = (uint8_t)v;
			check_bytes(v % 2 == 0 ? B64_STD : B64_URL, p, sizeof(p));
			check_bytes(v % 2 == 0 ? B64_URL : B64_STD, p, sizeof(p));
		}
	proof_covered(tried, "pairs of bytes in 15, there and back");
}

static void
every_value_at_every_place_of_a_group_that_is_not_the_last(void **state)
{
	static const uint8_t beside[] = { 'A', '/', '_', '=' };
	uint8_t t[8];

	(void)state;
	tried = accepted = 0;
	for (size_t at = 0; at < 4; at++)
		for (unsigned v = 0; v < 0x100; v++)
			for (unsigned others = 0; others < 64; others++) {
				unsigned rest = others;

				memset(t, 'A', sizeof(t));
				for (size_t i = 0; i < 4; i++)
					if (i == at) {
						t[i] = (uint8_t)v;
					} else {
						t[i] = beside[rest % 4];
						rest /= 4;
					}
				check_forms(t, 8);
				check_forms(t, 6);
			}
	proof_covered(tried, "texts of a group and what follows it");
}

/* Every length up to 300, and at each place something that may not stand there. */
static void
every_length_is_treated_alike(void **state)
{
	static const uint8_t wrong[] = { '=', ' ', '\0', '+', '-', 0xc1 };
	uint8_t p[300], t[MAX_TEXT];

	(void)state;
	tried = accepted = 0;
	for (size_t i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 37 + 11);
	for (size_t size = 0; size < sizeof(p); size++) {
		check_bytes_in_forms(p, size);
		size_t n = model_encode(B64_STD, p, size, t);

		check_forms(t, n);
		n = model_encode(B64_URL, p, size, t);
		check_forms(t, n);
		for (size_t at = 0; at < n; at++) {
			uint8_t was = t[at];

			for (size_t i = 0; i < sizeof(wrong); i++) {
				t[at] = wrong[i];
				check_text(B64_URL, t, n);
			}
			t[at] = was;
		}
	}
	proof_covered(tried, "texts of every length up to 400");
}

static int
begin(void **state)
{
	(void)state;
	make_values();
	text_fence = fence_make();
	out_fence = fence_make();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_bytes_up_to_three_are_encoded_and_come_back),
		cmocka_unit_test(all_texts_up_to_three_characters),
		cmocka_unit_test(texts_of_four_characters),
		cmocka_unit_test(groups_stand_side_by_side),
		cmocka_unit_test(every_pair_of_bytes_at_every_place),
		cmocka_unit_test(every_value_at_every_place_of_a_group_that_is_not_the_last),
		cmocka_unit_test(every_length_is_treated_alike),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
