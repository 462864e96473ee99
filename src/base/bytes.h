/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Borrowed bytes, and the one cursor that reads them.
 *
 * Everything that comes from outside is read through `struct rd`: one bounds check (rd_take), sticky failure. Read the
 * whole layout as if it were all there and ask once, at the end:
 *
 *	struct rd r = rd_from(raw);
 *	uint16_t version = rd_le16(&r);
 *	struct bytes body = rd_take(&r, 384);
 *	if (!rd_done(&r))
 *		return err_set(e, ERR_MALFORMED, "...");
 *
 * After the first short read every read gives zero or nothing. Nothing else in the tree adds a length to a pointer that
 * came from outside, and no bytes are ever cast to a struct.
 *
 * Proved by tests/proof/prove_bytes.c: every sequence of reads up to a depth, over every buffer up to 9 bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view; never freed, never written through. An empty view may have p == NULL. */
struct bytes {
	const uint8_t *p;
	size_t size;
};

/* "abc" as bytes, without its NUL; for literals only. */
#define BYTES(literal) ((struct bytes){ (const uint8_t *)(literal), sizeof(literal) - 1 })
/* An array of uint8_t as bytes. */
#define BYTES_OF(array) ((struct bytes){ (array), sizeof(array) })
/* For printf("%.*s"). */
#define BYTES_FMT(b) (int)(b).size, (b).size > 0 ? (const char *)(b).p : ""

struct bytes bytes_of(const void *p, size_t size);
struct bytes bytes_of_str(const char *s);

bool bytes_eq(struct bytes a, struct bytes b);
/* ASCII letters compare without case. */
bool bytes_eq_nocase(struct bytes a, struct bytes b);
bool bytes_is_str(struct bytes a, const char *s);
bool bytes_is_str_nocase(struct bytes a, const char *s);
/* memcmp order, the shorter first. */
int bytes_cmp(struct bytes a, struct bytes b);
bool bytes_are_zero(struct bytes a);
/* Time depends on the sizes alone; unequal sizes are unequal. */
bool bytes_eq_secret(struct bytes a, struct bytes b);
/* The part of A from OFFSET on, SIZE long, cut to what A holds. */
struct bytes bytes_slice(struct bytes a, size_t offset, size_t size);
bool bytes_has_prefix(struct bytes a, const char *prefix);

struct rd {
	struct bytes left;
	bool bad;
};

struct rd rd_from(struct bytes all);
struct bytes rd_take(struct rd *r, size_t size);
/* Everything that is left. */
struct bytes rd_rest(struct rd *r);
/* A child that sees the next SIZE bytes and no further; bad if they are not there. */
struct rd rd_sub(struct rd *r, size_t size);
void rd_copy(struct rd *r, void *out, size_t size);
uint8_t rd_u8(struct rd *r);
uint16_t rd_le16(struct rd *r);
uint32_t rd_le32(struct rd *r);
uint64_t rd_le64(struct rd *r);
uint16_t rd_be16(struct rd *r);
uint32_t rd_be32(struct rd *r);
uint64_t rd_be64(struct rd *r);
/* Nothing failed and nothing is left over. */
bool rd_done(const struct rd *r);
/* Nothing failed so far. */
bool rd_ok(const struct rd *r);
