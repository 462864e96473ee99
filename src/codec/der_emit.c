/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/der_emit.h"

#include "base/stamp.h"

#include <string.h>

size_t
der_open(struct buf *out, uint8_t tag)
{
	buf_u8(out, tag);
	return out->size;
}

void
der_close(struct buf *out, size_t mark)
{
	uint8_t head[5];
	size_t n = 0;

	if (!buf_ok(out))
		return;
	size_t size = out->size - mark;

	if (size < 128) {
		head[n++] = (uint8_t)size;
	} else {
		size_t octets = size > 0xffffff ? 4 : size > 0xffff ? 3 : size > 0xff ? 2 : 1;

		head[n++] = (uint8_t)(0x80 | octets);
		while (octets-- > 0)
			head[n++] = (uint8_t)(size >> 8 * octets);
	}
	if (buf_grow(out, n) == NULL)
		return;
	memmove(out->p + mark + n, out->p + mark, size);
	memcpy(out->p + mark, head, n);
}

void
der_emit(struct buf *out, uint8_t tag, struct bytes contents)
{
	size_t mark = der_open(out, tag);

	buf_add(out, contents);
	der_close(out, mark);
}

static void
emit_magnitude(struct buf *out, uint8_t tag, struct bytes v)
{
	size_t mark = der_open(out, tag);

	while (v.size > 0 && v.p[0] == 0)
		v = bytes_slice(v, 1, v.size - 1);
	if (v.size == 0 || (v.p[0] & 0x80) != 0)
		buf_u8(out, 0);
	buf_add(out, v);
	der_close(out, mark);
}

void
der_emit_uint(struct buf *out, uint8_t tag, uint64_t v)
{
	uint8_t octets[8];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(v >> 8 * (7 - i));
	emit_magnitude(out, tag, BYTES_OF(octets));
}

void
der_emit_unsigned(struct buf *out, struct bytes big_endian)
{
	emit_magnitude(out, DER_INTEGER, big_endian);
}

void
der_emit_bits(struct buf *out, struct bytes bits)
{
	size_t mark = der_open(out, DER_BIT_STRING);

	buf_u8(out, 0);
	buf_add(out, bits);
	der_close(out, mark);
}

void
der_emit_str(struct buf *out, uint8_t tag, const char *text)
{
	der_emit(out, tag, bytes_of_str(text));
}

void
der_emit_boolean(struct buf *out, bool v)
{
	const uint8_t octet = v ? 0xff : 0x00;

	der_emit(out, DER_BOOLEAN, bytes_of(&octet, 1));
}

void
der_emit_time(struct buf *out, int64_t at)
{
	char text[STAMP_SIZE], digits[16];
	size_t n = 0;

	stamp_format(at, text);
	for (const char *p = text; *p != '\0' && n < sizeof(digits) - 1; p++)
		if ((*p >= '0' && *p <= '9') || *p == 'Z')
			digits[n++] = *p;
	digits[n] = '\0';
	/* "20260102030405Z": the century is left out where RFC 5280 says so. */
	bool utc = strcmp(digits, "1950") >= 0 && strcmp(digits, "2050") < 0;

	if (utc)
		der_emit_str(out, DER_UTC_TIME, digits + 2);
	else
		der_emit_str(out, DER_GENERALIZED_TIME, digits);
}
