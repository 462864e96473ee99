/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/decimal.h"
#include "base/hex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b, size_t ceiling)
{
	*b = (struct buf){ .ceiling = ceiling };
}

void
buf_reserve(struct buf *b, size_t size)
{
	uint8_t *p;

	if (b->bad || size > b->ceiling || b->size > b->ceiling - size || size <= b->room - b->size)
		return;
	p = realloc(b->p, b->size + size);
	if (p == NULL)
		return;
	b->p = p;
	b->room = b->size + size;
}

void
buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .ceiling = b->ceiling };
}

void
buf_clear(struct buf *b)
{
	b->size = 0;
	b->bad = false;
}

bool
buf_ok(const struct buf *b)
{
	return !b->bad;
}

struct bytes
buf_bytes(const struct buf *b)
{
	return b->bad ? (struct bytes){ 0 } : (struct bytes){ b->p, b->size };
}

uint8_t *
buf_take(struct buf *b, size_t *size)
{
	uint8_t *p;

	/* The NUL is not the caller's and may lie beyond his ceiling. */
	if (b->bad || b->ceiling == SIZE_MAX)
		return NULL;
	b->ceiling++;
	p = buf_grow(b, 1);
	b->ceiling--;
	if (p == NULL)
		return NULL;
	b->p[b->size - 1] = 0;
	*size = b->size - 1;
	p = b->p;
	b->p = NULL;
	b->size = b->room = 0;
	return p;
}

uint8_t *
buf_grow(struct buf *b, size_t size)
{
	if (b->bad || size > b->ceiling || b->size > b->ceiling - size) {
		b->bad = true;
		return NULL;
	}
	if (size > b->room - b->size || b->p == NULL) {
		size_t room = b->room < 256 ? 256 : b->room * 2;
		uint8_t *p;

		while (room < b->size + size)
			room *= 2;
		p = realloc(b->p, room);
		if (p == NULL) {
			b->bad = true;
			return NULL;
		}
		b->p = p;
		b->room = room;
	}
	b->size += size;
	return b->p + b->size - size;
}

void
buf_add(struct buf *b, struct bytes part)
{
	uint8_t *p = buf_grow(b, part.size);

	if (p != NULL && part.size > 0)
		memcpy(p, part.p, part.size);
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, bytes_of_str(s));
}

void
buf_char(struct buf *b, char c)
{
	uint8_t *p = buf_grow(b, 1);

	if (p != NULL)
		*p = (uint8_t)c;
}

void
buf_fmt(struct buf *b, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int size;

	va_start(args, fmt);
	size = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (size < 0 || (size_t)size >= sizeof(text)) {
		b->bad = true;
		return;
	}
	buf_add(b, bytes_of(text, (size_t)size));
}

void
buf_hex(struct buf *b, struct bytes part)
{
	uint8_t *p;

	if (part.size > SIZE_MAX / 2) {
		b->bad = true;
		return;
	}
	p = buf_grow(b, part.size * 2);
	if (p != NULL)
		hex_encode(part, (char *)p);
}

static void
buf_little(struct buf *b, uint64_t v, size_t size)
{
	uint8_t *p = buf_grow(b, size);

	for (size_t i = 0; p != NULL && i < size; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void
buf_big(struct buf *b, uint64_t v, size_t size)
{
	uint8_t *p = buf_grow(b, size);

	for (size_t i = 0; p != NULL && i < size; i++)
		p[i] = (uint8_t)(v >> (8 * (size - 1 - i)));
}

void
buf_u8(struct buf *b, uint8_t v)
{
	buf_little(b, v, 1);
}

void
buf_le16(struct buf *b, uint16_t v)
{
	buf_little(b, v, 2);
}

void
buf_le32(struct buf *b, uint32_t v)
{
	buf_little(b, v, 4);
}

void
buf_le64(struct buf *b, uint64_t v)
{
	buf_little(b, v, 8);
}

void
buf_be16(struct buf *b, uint16_t v)
{
	buf_big(b, v, 2);
}

void
buf_be32(struct buf *b, uint32_t v)
{
	buf_big(b, v, 4);
}

void
buf_be64(struct buf *b, uint64_t v)
{
	buf_big(b, v, 8);
}

void
buf_i64(struct buf *b, int64_t v)
{
	char digits[MAX_DECIMAL_SIZE];

	buf_add(b, bytes_of(digits, decimal_format(v, digits)));
}
