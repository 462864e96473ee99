/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

int32_t
utf8_next(struct bytes *text)
{
	struct rd r = rd_from(*text);
	uint8_t first = rd_u8(&r);
	uint32_t point, least;
	size_t more;

	if (r.bad)
		return -1;
	if (first < 0x80) {
		point = first, least = 0, more = 0;
	} else if (first >= 0xc2 && first < 0xe0) {
		point = first & 0x1f, least = 0x80, more = 1;
	} else if (first >= 0xe0 && first < 0xf0) {
		point = first & 0x0f, least = 0x800, more = 2;
	} else if (first >= 0xf0 && first < 0xf5) {
		point = first & 0x07, least = 0x10000, more = 3;
	} else {
		return -1;
	}
	for (; more > 0; more--) {
		uint8_t next = rd_u8(&r);

		if ((next & 0xc0) != 0x80)
			return -1;
		point = point << 6 | (next & 0x3f);
	}
	if (r.bad || point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return -1;
	*text = r.left;
	return (int32_t)point;
}

bool
utf8_is_valid(struct bytes text)
{
	while (text.size > 0)
		if (utf8_next(&text) < 0)
			return false;
	return true;
}

void
buf_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_u8(b, (uint8_t)c);
	} else if (c < 0x800) {
		buf_u8(b, (uint8_t)(0xc0 | c >> 6));
		buf_u8(b, (uint8_t)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_u8(b, (uint8_t)(0xe0 | c >> 12));
		buf_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
		buf_u8(b, (uint8_t)(0x80 | (c & 0x3f)));
	} else {
		buf_u8(b, (uint8_t)(0xf0 | c >> 18));
		buf_u8(b, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		buf_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
		buf_u8(b, (uint8_t)(0x80 | (c & 0x3f)));
	}
}

void
utf8_show(struct bytes text, char *out, size_t size)
{
	size_t used = 0;

	while (text.size > 0) {
		char part[16];
		int32_t c = utf8_next(&text);
		int n;

		if (c < 0)
			n = snprintf(part, sizeof(part), "?");
		else if (c >= 0x20 && c < 0x7f)
			n = snprintf(part, sizeof(part), "%c", (int)c);
		else
			n = snprintf(part, sizeof(part), "U+%04X", (unsigned)c);
		if (n < 0 || used + (size_t)n + 4 > size) {
			memcpy(out + used, "...", 4);
			return;
		}
		memcpy(out + used, part, (size_t)n);
		used += (size_t)n;
		if (c < 0)
			break;
	}
	out[used] = '\0';
}
