/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/tile.h"

#include <stdio.h>
#include <string.h>

/* Groups of three digits, all but the last with an 'x' in front. */
static int
number_path(uint64_t n, bool last, char *out, size_t room)
{
	int size = 0;

	if (n >= 1000)
		size = number_path(n / 1000, false, out, room);
	return size +
	    snprintf(out + size, room - (size_t)size, "%s%03u%s", last ? "" : "x",
		(unsigned)(n % 1000), last ? "" : "/");
}

void
tile_path(unsigned level, uint64_t n, unsigned width, char out[MAX_TILE_PATH_SIZE])
{
	int size = snprintf(out, MAX_TILE_PATH_SIZE, "tile/%u/", level);

	size += number_path(n, true, out + size, MAX_TILE_PATH_SIZE - (size_t)size);
	if (width < 256)
		snprintf(out + size, MAX_TILE_PATH_SIZE - (size_t)size, ".p/%u", width);
}
