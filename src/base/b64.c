/* SPDX-License-Identifier: Apache-2.0 */
#include "base/b64.h"

#include <endian.h>
#include <string.h>

static const char std_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/*
 * What a character is: its value, and whether only one of the two alphabets has it. A table, because evidence is kilobytes of
 * this; the marks stand above the 24 bits that four characters make, and stay apart when the characters are shifted to
 * their places: MARKS() is one of them wherever it may have come to.
 */
#define ONLY_STD  0x1000000
#define ONLY_URL  0x2000000
#define NO_LETTER 0x4000000
#define MARKS(m)  ((uint64_t)(m) << 18 | (uint64_t)(m) << 12 | (uint64_t)(m) << 6 | (m))

#define N         NO_LETTER
#define S         ONLY_STD
#define U         ONLY_URL
/* clang-format off */
static const uint32_t letters[256] = {
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, S|62, N, U|62, N, S|63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, N, N, N, N, N, N,
	N, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, N, N, N, N, U|63,
	N, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
};
/* clang-format on */
#undef N
#undef S
#undef U

size_t
b64_encoded_size(enum b64_form form, size_t size)
{
	size_t tail = size % 3;

	if (form == B64_STD)
		return (size + 2) / 3 * 4;
	return size / 3 * 4 + (tail == 0 ? 0 : tail + 1);
}

void
b64_encode(enum b64_form form, struct bytes in, char *out)
{
	const char *abc = form == B64_STD ? std_alphabet : url_alphabet;
	size_t i = 0, o = 0;

	/* Six bytes of the eight that are read. */
	for (; in.size - i >= 8; i += 6, o += 8) {
		uint64_t v;

		memcpy(&v, in.p + i, 8);
		v = be64toh(v);
		for (unsigned at = 0; at < 8; at++)
			out[o + at] = abc[v >> (58 - 6 * at) & 63];
	}
	for (; in.size - i >= 3; i += 3) {
		uint32_t v = (uint32_t)in.p[i] << 16 | (uint32_t)in.p[i + 1] << 8 | in.p[i + 2];

		out[o++] = abc[v >> 18];
		out[o++] = abc[v >> 12 & 63];
		out[o++] = abc[v >> 6 & 63];
		out[o++] = abc[v & 63];
	}
	if (in.size - i == 1) {
		out[o++] = abc[in.p[i] >> 2];
		out[o++] = abc[(in.p[i] & 3) << 4];
	} else if (in.size - i == 2) {
		out[o++] = abc[in.p[i] >> 2];
		out[o++] = abc[(in.p[i] & 3) << 4 | in.p[i + 1] >> 4];
		out[o++] = abc[(in.p[i + 1] & 15) << 2];
	}
	while (form == B64_STD && o % 4 != 0)
		out[o++] = '=';
}

void
buf_b64(struct buf *b, enum b64_form form, struct bytes in)
{
	uint8_t *p = buf_grow(b, b64_encoded_size(form, in.size));

	if (p != NULL)
		b64_encode(form, in, (char *)p);
}

size_t
b64_decoded_max(size_t text_size)
{
	return text_size / 4 * 3 + text_size % 4;
}

/* The text without its padding; false if the padding is not as the form wants it. */
static bool
unpad(enum b64_form form, struct bytes *text)
{
	size_t pad = 0;

	while (pad < 2 && pad < text->size && text->p[text->size - 1 - pad] == '=')
		pad++;
	if (form == B64_URL && pad > 0)
		return false;
	if (form == B64_STD && text->size % 4 != 0)
		return false;
	if (pad > 0 && text->size % 4 != 0)
		return false;
	text->size -= pad;
	return pad == 0 || text->size % 4 == 4 - pad;
}

/* Four characters: the three bytes that they make in the lower bits, and all their marks above. */
static uint64_t
join(const uint8_t *text)
{
	return (uint64_t)letters[text[0]] << 18 | (uint64_t)letters[text[1]] << 12 |
	    (uint64_t)letters[text[2]] << 6 | letters[text[3]];
}

bool
b64_decode(enum b64_form form, struct bytes text, uint8_t *out, size_t *size)
{
	const uint64_t refused =
	    MARKS(NO_LETTER | (form == B64_URL ? ONLY_STD : 0) | (form == B64_STD ? ONLY_URL : 0));
	uint64_t seen = 0;
	size_t o = 0, i = 0;

	if (!unpad(form, &text) || text.size % 4 == 1)
		return false;
	/* While more follows, there is room for a fourth byte, which it will write over. */
	for (; text.size - i > 4; i += 4, o += 3) {
		uint64_t v = join(text.p + i);
		uint32_t three = htobe32((uint32_t)v << 8);

		seen |= v;
		memcpy(out + o, &three, 4);
	}
	if (text.size - i >= 2) {
		uint8_t last[4] = { 'A', 'A', 'A', 'A' };
		size_t left = text.size - i;

		memcpy(last, text.p + i, left);
		uint64_t v = join(last);

		seen |= v;
		for (size_t k = 1; k < left; k++)
			out[o++] = (uint8_t)(v >> (24 - 8 * k));
		/* The bits beyond the last byte. */
		if (left < 4 && (v & (left == 3 ? 0xffu : 0xffffu)) != 0)
			return false;
	}
	if ((seen & refused) != 0)
		return false;
	*size = o;
	return true;
}

int
b64_decode_arena(enum b64_form form, struct bytes text, struct arena *a, struct bytes *out,
    struct err *e)
{
	uint8_t *p = arena_alloc(a, b64_decoded_max(text.size));
	size_t size;

	if (p == NULL)
		return arena_fail(e, "base64");
	if (!b64_decode(form, text, p, &size))
		return err_set(e, ERR_MALFORMED, "base64: %zu characters are not canonical %s",
		    text.size,
		    form == B64_URL       ? "base64url without padding"
			: form == B64_STD ? "base64 with padding"
					  : "base64 or base64url");
	*out = (struct bytes){ p, size };
	return 0;
}
