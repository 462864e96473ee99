/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/near.h"

#include "base/own.h"

#include <string.h>

#define MAX_NEAR_SIZE 64

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters put in, left out, replaced or swapped with their neighbour. Both are at most MAX_NEAR_SIZE long. */
static size_t
distance(struct bytes a, struct bytes b)
{
	size_t rows[3][MAX_NEAR_SIZE + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	memset(rows, 0, sizeof(rows));
	for (size_t j = 0; j <= b.size; j++)
		above[j] = j;
	for (size_t i = 1; i <= a.size; i++) {
		size_t *next = before;
		uint8_t c = lower(a.p[i - 1]);

		row[0] = i;
		for (size_t j = 1; j <= b.size; j++) {
			uint8_t d = lower(b.p[j - 1]);

			row[j] =
			    least(least(above[j], row[j - 1]) + 1, above[j - 1] + (c == d ? 0 : 1));
			if (i > 1 && j > 1 && c == lower(b.p[j - 2]) && lower(a.p[i - 2]) == d)
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = next;
	}
	return above[b.size];
}

const char *
near_word(struct bytes text, const char *const *words, size_t count)
{
	const char *best = NULL;
	size_t fewest = 1 + text.size / 4;

	if (text.size < 2 || text.size > MAX_NEAR_SIZE)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct bytes word = bytes_of_str(words[i]);
		size_t slips;

		if (bytes_eq(text, word))
			return NULL;
		if (word.size > MAX_NEAR_SIZE)
			continue;
		slips = distance(text, word);
		if (slips < fewest) {
			fewest = slips;
			best = words[i];
		}
	}
	return best;
}
