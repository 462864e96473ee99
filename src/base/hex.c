/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include <endian.h>
#include <string.h>

/*
 * Four bytes, the first in the lowest eight bits, as eight digits: each half in a byte of its own, and '0' added to it, or
 * what makes 'a' of ten. No byte of the sums carries into the next.
 */
static uint64_t
eight_digits(uint32_t four)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t v = four;

	v = (v | v << 16) & UINT64_C(0x0000ffff0000ffff);
	v = (v | v << 8) & UINT64_C(0x00ff00ff00ff00ff);
	v = (v >> 4 | v << 8) & (ones * 0x0f);
	uint64_t letters = (v + ones * 6) >> 4 & ones;

	return v + ones * '0' + letters * ('a' - '0' - 10);
}

void
hex_encode(struct bytes in, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i = 0;

	for (; in.size - i >= 4; i += 4) {
		uint32_t four;
		uint64_t eight;

		memcpy(&four, in.p + i, 4);
		eight = htole64(eight_digits(le32toh(four)));
		memcpy(out + 2 * i, &eight, 8);
	}
	for (; i < in.size; i++) {
		out[2 * i] = digits[in.p[i] >> 4];
		out[2 * i + 1] = digits[in.p[i] & 15];
	}
}

int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_decode(struct bytes text, uint8_t *out, size_t size)
{
	if (size > SIZE_MAX / 2 || text.size != 2 * size)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (hex_digit(text.p[i]) < 0)
			return false;
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(hex_digit(text.p[2 * i]) << 4 | hex_digit(text.p[2 * i + 1]));
	return true;
}
