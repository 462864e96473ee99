/* SPDX-License-Identifier: Apache-2.0 */
#include "base/b64.h"

#include <string.h>

static const char std_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* What a character is: its value, and whether only one of the two alphabets has it. */
#define ONLY_STD  0x100
#define ONLY_URL  0x200
#define NO_LETTER 0x400

static uint16_t
letter(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint16_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint16_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint16_t)(c - '0' + 52);
	switch (c) {
	case '+':
		return ONLY_STD | 62;
	case '/':
		return ONLY_STD | 63;
	case '-':
		return ONLY_URL | 62;
	case '_':
		return ONLY_URL | 63;
	default:
		return NO_LETTER;
	}
}

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

bool
b64_decode(enum b64_form form, struct bytes text, uint8_t *out, size_t *size)
{
	const uint16_t refused =
	    NO_LETTER | (form == B64_URL ? ONLY_STD : 0) | (form == B64_STD ? ONLY_URL : 0);
	uint16_t seen = 0;
	size_t o = 0, i = 0;

	if (!unpad(form, &text) || text.size % 4 == 1)
		return false;
	for (; text.size - i >= 4; i += 4) {
		uint16_t a = letter(text.p[i]), b = letter(text.p[i + 1]);
		uint16_t c = letter(text.p[i + 2]), d = letter(text.p[i + 3]);

		seen |= a | b | c | d;
		out[o++] = (uint8_t)((a & 63) << 2 | (b & 63) >> 4);
		out[o++] = (uint8_t)((b & 63) << 4 | (c & 63) >> 2);
		out[o++] = (uint8_t)((c & 63) << 6 | (d & 63));
	}
	if (text.size - i >= 2) {
		uint16_t a = letter(text.p[i]), b = letter(text.p[i + 1]);
		uint16_t c = text.size - i == 3 ? letter(text.p[i + 2]) : 0;

		seen |= a | b | c;
		out[o++] = (uint8_t)((a & 63) << 2 | (b & 63) >> 4);
		if (text.size - i == 3) {
			out[o++] = (uint8_t)((b & 63) << 4 | (c & 63) >> 2);
			if ((c & 3) != 0)
				return false;
		} else if ((b & 15) != 0) {
			return false;
		}
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
