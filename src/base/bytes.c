/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <string.h>

struct bytes
bytes_of(const void *p, size_t size)
{
	return (struct bytes){ p, size };
}

struct bytes
bytes_of_str(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, s == NULL ? 0 : strlen(s) };
}

bool
bytes_eq(struct bytes a, struct bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.p, b.p, a.size) == 0);
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool
bytes_eq_nocase(struct bytes a, struct bytes b)
{
	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool
bytes_is_str(struct bytes a, const char *s)
{
	/* Most comparisons end at the first byte. */
	if (a.size > 0 && s != NULL && a.p[0] != (uint8_t)s[0])
		return false;
	return bytes_eq(a, bytes_of_str(s));
}

bool
bytes_is_str_nocase(struct bytes a, const char *s)
{
	return bytes_eq_nocase(a, bytes_of_str(s));
}

int
bytes_cmp(struct bytes a, struct bytes b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int order = common == 0 ? 0 : memcmp(a.p, b.p, common);

	if (order != 0)
		return order;
	return a.size < b.size ? -1 : a.size > b.size;
}

bool
bytes_are_zero(struct bytes a)
{
	uint8_t any = 0;

	for (size_t i = 0; i < a.size; i++)
		any |= a.p[i];
	return any == 0;
}

bool
bytes_eq_secret(struct bytes a, struct bytes b)
{
	volatile uint8_t differ = 0;

	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++)
		differ |= a.p[i] ^ b.p[i];
	return differ == 0;
}

struct bytes
bytes_slice(struct bytes a, size_t offset, size_t size)
{
	struct rd r = rd_from(a);

	(void)rd_take(&r, offset);
	if (r.bad)
		return (struct bytes){ 0 };
	return rd_take(&r, size < r.left.size ? size : r.left.size);
}

bool
bytes_has_prefix(struct bytes a, const char *prefix)
{
	size_t size = strlen(prefix);

	return a.size >= size && (size == 0 || memcmp(a.p, prefix, size) == 0);
}

struct rd
rd_from(struct bytes all)
{
	return (struct rd){ .left = all };
}

/* Every other reader is built on this one. After the first short read all reads give nothing. */
struct bytes
rd_take(struct rd *r, size_t size)
{
	if (r->bad || size > r->left.size) {
		r->bad = true;
		return (struct bytes){ 0 };
	}
	struct bytes out = { r->left.p, size };
	if (size > 0)
		r->left.p += size;
	r->left.size -= size;
	return out;
}

struct bytes
rd_rest(struct rd *r)
{
	return rd_take(r, r->left.size);
}

struct rd
rd_sub(struct rd *r, size_t size)
{
	struct bytes part = rd_take(r, size);

	return (struct rd){ .left = part, .bad = r->bad };
}

void
rd_copy(struct rd *r, void *out, size_t size)
{
	struct bytes part = rd_take(r, size);

	if (part.size > 0)
		memcpy(out, part.p, size);
	else
		memset(out, 0, size);
}

static uint64_t
rd_little(struct rd *r, size_t size)
{
	struct bytes b = rd_take(r, size);
	uint64_t v = 0;

	for (size_t i = b.size; i > 0; i--)
		v = v << 8 | b.p[i - 1];
	return v;
}

static uint64_t
rd_big(struct rd *r, size_t size)
{
	struct bytes b = rd_take(r, size);
	uint64_t v = 0;

	for (size_t i = 0; i < b.size; i++)
		v = v << 8 | b.p[i];
	return v;
}

uint8_t
rd_u8(struct rd *r)
{
	return (uint8_t)rd_little(r, 1);
}

uint16_t
rd_le16(struct rd *r)
{
	return (uint16_t)rd_little(r, 2);
}

uint32_t
rd_le32(struct rd *r)
{
	return (uint32_t)rd_little(r, 4);
}

uint64_t
rd_le64(struct rd *r)
{
	return rd_little(r, 8);
}

uint16_t
rd_be16(struct rd *r)
{
	return (uint16_t)rd_big(r, 2);
}

uint32_t
rd_be32(struct rd *r)
{
	return (uint32_t)rd_big(r, 4);
}

uint64_t
rd_be64(struct rd *r)
{
	return rd_big(r, 8);
}

bool
rd_done(const struct rd *r)
{
	return !r->bad && r->left.size == 0;
}

bool
rd_ok(const struct rd *r)
{
	return !r->bad;
}
