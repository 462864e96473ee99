/* SPDX-License-Identifier: Apache-2.0 */
/* The two ways to write an ECDSA signature, and the range that r and s must be in (FIPS 186-5, 6.4.2 step 1). */
#include "crypto/lib.h"

#include "codec/der.h"

#include <string.h>

static const uint8_t p256_n[32] = {
	0xff,
	0xff,
	0xff,
	0xff,
	0x00,
	0x00,
	0x00,
	0x00,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xbc,
	0xe6,
	0xfa,
	0xad,
	0xa7,
	0x17,
	0x9e,
	0x84,
	0xf3,
	0xb9,
	0xca,
	0xc2,
	0xfc,
	0x63,
	0x25,
	0x51,
};
static const uint8_t p384_n[48] = {
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xc7,
	0x63,
	0x4d,
	0x81,
	0xf4,
	0x37,
	0x2d,
	0xdf,
	0x58,
	0x1a,
	0x0d,
	0xb2,
	0x48,
	0xb0,
	0xa7,
	0x7a,
	0xec,
	0xec,
	0x19,
	0x6a,
	0xcc,
	0xc5,
	0x29,
	0x73,
};
static const uint8_t p521_n[66] = {
	0x01,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xfa,
	0x51,
	0x86,
	0x87,
	0x83,
	0xbf,
	0x2f,
	0x96,
	0x6b,
	0x7f,
	0xcc,
	0x01,
	0x48,
	0xf7,
	0x09,
	0xa5,
	0xd0,
	0x3b,
	0xb5,
	0xc9,
	0xb8,
	0x89,
	0x9c,
	0x47,
	0xae,
	0xbb,
	0x6f,
	0xb7,
	0x1e,
	0x91,
	0x38,
	0x64,
	0x09,
};

static struct bytes
order_of(enum key_kind curve)
{
	switch (curve) {
	case KEY_P256:
		return BYTES_OF(p256_n);
	case KEY_P384:
		return BYTES_OF(p384_n);
	case KEY_P521:
		return BYTES_OF(p521_n);
	case KEY_RSA:
	case KEY_ED25519:
		break;
	}
	return (struct bytes){ 0 };
}

size_t
key_coordinate_size(enum key_kind kind)
{
	return order_of(kind).size;
}

static bool
in_range(struct bytes half, struct bytes order)
{
	return half.size == order.size && !bytes_are_zero(half) &&
	    memcmp(half.p, order.p, order.size) < 0;
}

bool
ecdsa_raw_from_der(enum key_kind curve, struct bytes der, uint8_t *raw)
{
	struct bytes order = order_of(curve);
	struct rd r = rd_from(der);
	struct rd seq = der_sub(&r, DER_SEQUENCE);
	struct bytes half[2] = { der_integer(&seq), { 0 } };

	half[1] = der_integer(&seq);
	if (!rd_done(&seq) || !rd_done(&r))
		return false;
	for (size_t i = 0; i < 2; i++) {
		if ((half[i].p[0] & 0x80) != 0)
			return false;
		if (half[i].p[0] == 0)
			half[i] = bytes_slice(half[i], 1, half[i].size - 1);
		if (half[i].size == 0 || half[i].size > order.size)
			return false;
		uint8_t *to = raw + i * order.size;

		memset(to, 0, order.size - half[i].size);
		memcpy(to + order.size - half[i].size, half[i].p, half[i].size);
		if (!in_range(bytes_of(to, order.size), order))
			return false;
	}
	return true;
}

static uint8_t *
put_integer(uint8_t *to, struct bytes half)
{
	while (half.size > 1 && half.p[0] == 0)
		half = bytes_slice(half, 1, half.size - 1);
	bool sign = (half.p[0] & 0x80) != 0;

	*to++ = DER_INTEGER;
	*to++ = (uint8_t)(half.size + sign);
	if (sign)
		*to++ = 0;
	memcpy(to, half.p, half.size);
	return to + half.size;
}

bool
ecdsa_der_from_raw(enum key_kind curve, struct bytes raw, uint8_t *der, size_t *size)
{
	struct bytes order = order_of(curve);
	uint8_t body[MAX_ECDSA_DER_SIZE];

	if (order.size == 0 || raw.size != 2 * order.size)
		return false;
	struct bytes r = bytes_slice(raw, 0, order.size);
	struct bytes s = bytes_slice(raw, order.size, order.size);

	if (!in_range(r, order) || !in_range(s, order))
		return false;
	size_t body_size = (size_t)(put_integer(put_integer(body, r), s) - body);
	uint8_t *to = der;

	*to++ = DER_SEQUENCE;
	if (body_size > 127)
		*to++ = 0x81;
	*to++ = (uint8_t)body_size;
	memcpy(to, body, body_size);
	*size = (size_t)(to - der) + body_size;
	return true;
}
