/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing buffer with a ceiling. Writing is sticky like reading: append everything, then ask buf_ok() once.
 *
 *	DEFER(buf_release) struct buf out;
 *	buf_init(&out, MAX_TOKEN_SIZE);
 *	buf_str(&out, "{\"kid\":");
 *	...
 *	if (!buf_ok(&out))
 *		return arena_fail(e, "token");
 */
#pragma once

#include "base/bytes.h"
#include "base/own.h"

struct buf {
	uint8_t *p;
	size_t size, room, ceiling;
	bool bad; /* the ceiling or memory was reached: nothing was added since */
};

void buf_init(struct buf *b, size_t ceiling);
/* Memory for SIZE more bytes at once, so that adding them moves nothing. Whether they fit is said when they are added. */
void buf_reserve(struct buf *b, size_t size);
void buf_release(struct buf *b);
/* Empties it and keeps its memory. */
void buf_clear(struct buf *b);
bool buf_ok(const struct buf *b);
struct bytes buf_bytes(const struct buf *b);
/* Hands the memory over, with a NUL behind it that is not counted; the caller frees. NULL if bad. */
uint8_t *buf_take(struct buf *b, size_t *size) MUST_CHECK;

/* Room for SIZE bytes at the end, already counted; NULL if bad. */
uint8_t *buf_grow(struct buf *b, size_t size);
void buf_add(struct buf *b, struct bytes part);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_hex(struct buf *b, struct bytes part);
void buf_u8(struct buf *b, uint8_t v);
void buf_le16(struct buf *b, uint16_t v);
void buf_le32(struct buf *b, uint32_t v);
void buf_le64(struct buf *b, uint64_t v);
void buf_be16(struct buf *b, uint16_t v);
void buf_be32(struct buf *b, uint32_t v);
void buf_be64(struct buf *b, uint64_t v);
/* The decimal digits of V. */
void buf_i64(struct buf *b, int64_t v);
