/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/der.h"

#include "base/stamp.h"

/* Marks the cursor as failed; what the failing read gives. */
static struct bytes
fail(struct rd *r)
{
	r->bad = true;
	return (struct bytes){ 0 };
}

/* X.690 8.1.2.4: tag numbers of 31 and more are written in further octets; nothing we read has them. */
static uint8_t
take_tag(struct rd *r)
{
	uint8_t tag = rd_u8(r);

	if (r->bad || (tag & 0x1f) == 0x1f || tag == 0) {
		r->bad = true;
		return 0;
	}
	return tag;
}

/* X.690 8.1.3 and 10.1: definite, in the fewest octets. Four octets of length are beyond every ceiling here. */
static size_t
take_length(struct rd *r)
{
	uint8_t first = rd_u8(r);
	struct bytes octets;
	size_t length = 0;

	if (first < 0x80)
		return first;
	octets = rd_take(r, first & 0x7f);
	if (octets.size == 0 || octets.size > 4 || octets.p[0] == 0) {
		r->bad = true;
		return 0;
	}
	for (size_t i = 0; i < octets.size; i++)
		length = length << 8 | octets.p[i];
	if (length < 0x80)
		r->bad = true;
	return length;
}

uint8_t
der_peek(const struct rd *r)
{
	return r->bad || r->left.size == 0 ? 0 : r->left.p[0];
}

struct bytes
der_take(struct rd *r, uint8_t tag)
{
	size_t size;

	if (take_tag(r) != tag)
		return fail(r);
	size = take_length(r);
	return rd_take(r, size);
}

struct rd
der_sub(struct rd *r, uint8_t tag)
{
	struct bytes contents = der_take(r, tag);

	return (struct rd){ .left = contents, .bad = r->bad };
}

struct bytes
der_any(struct rd *r, uint8_t *tag)
{
	struct rd whole = *r;
	uint8_t seen = take_tag(r);

	(void)rd_take(r, take_length(r));
	if (r->bad)
		return fail(r);
	if (tag != NULL)
		*tag = seen;
	return rd_take(&whole, whole.left.size - r->left.size);
}

struct bytes
der_oid(struct rd *r)
{
	struct bytes v = der_take(r, DER_OID);
	bool starts = true;

	for (size_t i = 0; i < v.size; i++) {
		if (starts && v.p[i] == 0x80)
			return fail(r);
		starts = v.p[i] < 0x80;
	}
	return v.size > 0 && starts ? v : fail(r);
}

/* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
static struct bytes
take_integer(struct rd *r, uint8_t tag)
{
	struct bytes v = der_take(r, tag);

	if (v.size == 0)
		return fail(r);
	if (v.size > 1 &&
	    ((v.p[0] == 0x00 && (v.p[1] & 0x80) == 0) || (v.p[0] == 0xff && (v.p[1] & 0x80) != 0)))
		return fail(r);
	return v;
}

struct bytes
der_integer(struct rd *r)
{
	return take_integer(r, DER_INTEGER);
}

uint64_t
der_uint(struct rd *r, uint8_t tag, uint64_t max)
{
	struct bytes v = take_integer(r, tag);
	uint64_t n = 0;

	if (v.size == 0 || (v.p[0] & 0x80) != 0 || v.size > 9 || (v.size == 9 && v.p[0] != 0)) {
		r->bad = true;
		return 0;
	}
	for (size_t i = 0; i < v.size; i++)
		n = n << 8 | v.p[i];
	if (n > max) {
		r->bad = true;
		return 0;
	}
	return n;
}

/* X.690 11.1: TRUE is 0xff and nothing else. */
bool
der_boolean(struct rd *r)
{
	struct bytes v = der_take(r, DER_BOOLEAN);

	if (v.size != 1 || (v.p[0] != 0x00 && v.p[0] != 0xff)) {
		r->bad = true;
		return false;
	}
	return v.p[0] == 0xff;
}

struct bytes
der_bits(struct rd *r)
{
	struct rd in = der_sub(r, DER_BIT_STRING);

	if (rd_u8(&in) != 0 || in.bad)
		return fail(r);
	return in.left;
}

static int
two_digits(struct rd *in)
{
	uint8_t tens = rd_u8(in), ones = rd_u8(in);

	if (tens < '0' || tens > '9' || ones < '0' || ones > '9') {
		in->bad = true;
		return 0;
	}
	return (tens - '0') * 10 + (ones - '0');
}

/*
 * RFC 5280 4.1.2.5.1: YYMMDDHHMMSSZ of 1950 to 2049; 4.1.2.5.2: YYYYMMDDHHMMSSZ. A GeneralizedTime before 2050 is one
 * that issuers must not write and readers must be able to read; the certificates of Azure Attestation have it.
 */
int64_t
der_time(struct rd *r)
{
	bool general = der_peek(r) == DER_GENERALIZED_TIME;
	struct rd in = der_sub(r, general ? DER_GENERALIZED_TIME : DER_UTC_TIME);
	int year, month, day, hour, minute, second;
	int64_t at = 0;

	year = two_digits(&in);
	if (general)
		year = year * 100 + two_digits(&in);
	else
		year += year >= 50 ? 1900 : 2000;
	month = two_digits(&in);
	day = two_digits(&in);
	hour = two_digits(&in);
	minute = two_digits(&in);
	second = two_digits(&in);
	if (rd_u8(&in) != 'Z' || !rd_done(&in) ||
	    !stamp_from_civil(year, month, day, hour, minute, second, &at)) {
		r->bad = true;
		return 0;
	}
	return at;
}

struct bytes
der_optional(struct rd *r, uint8_t tag)
{
	if (der_peek(r) != tag)
		return (struct bytes){ 0 };
	return der_take(r, tag);
}
