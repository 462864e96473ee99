/* SPDX-License-Identifier: Apache-2.0 */
/* What reader and writer of JSON share. Not for other folders. */
#pragma once

#include "base/bytes.h"

#include <string.h>

/* A byte that stands for itself in a string and is ASCII (RFC 8259 section 7). */
static inline bool
json_is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/*
 * Are eight bytes plain? Strings here are mostly hex and base64, so they are looked at a word at a time. In a word whose
 * bytes are all below 0x80, (x - n * ones) has a top bit only if a byte of x is below n: no byte that is plain can
 * borrow, so a word without such a bit is plain through and through, and any other is looked at byte by byte.
 */
static inline bool
json_is_plain_word(const uint8_t *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t v, quote, backslash;

	memcpy(&v, p, 8);
	quote = v ^ (ones * '"');
	backslash = v ^ (ones * '\\');
	return ((v | (v - ones * 0x20) | (quote - ones) | (backslash - ones)) & tops) == 0;
}

/* How many bytes from P on, of SIZE, are plain. */
static inline size_t
json_plain_size(const uint8_t *p, size_t size)
{
	size_t i = 0;

	while (size - i >= 8 && json_is_plain_word(p + i))
		i += 8;
	/* The rest of a plain text lies in the last word, which may overlap what was seen. */
	if (size >= 8 && size - i < 8 && json_is_plain_word(p + size - 8))
		return size;
	while (i < size && json_is_plain(p[i]))
		i++;
	return i;
}
