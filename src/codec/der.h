/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER (X.690), read in place through the cursor. Definite, minimal lengths only; tag numbers below 31 only; no value is
 * copied. Nothing after what was asked for is overlooked: rd_done() at the end of every level.
 *
 *	struct rd r = rd_from(der), seq = der_sub(&r, DER_SEQUENCE);
 *	struct bytes serial = der_integer(&seq);
 *	if (!rd_done(&seq) || !rd_done(&r)) ...
 *
 * Proved by tests/proof/prove_der.c: every reader over all bytes up to 3 and more over alphabets, integers, all dates.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_NUMERIC_STRING = 0x12,
	DER_PRINTABLE_STRING = 0x13,
	DER_TELETEX_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0, /* constructed; [n] is DER_CONTEXT_0 + n, primitive [n] is 0x80 + n */
};

/* The tag of the next element, 0 at the end. */
uint8_t der_peek(const struct rd *r);
/* The contents of the next element, which must have TAG. */
struct bytes der_take(struct rd *r, uint8_t tag);
struct rd der_sub(struct rd *r, uint8_t tag);
/* The next element whole, header included, whatever its tag; *TAG may be NULL. */
struct bytes der_any(struct rd *r, uint8_t *tag);
/* Contents of an OBJECT IDENTIFIER: at least one arc, each whole and in the fewest octets (X.690 8.19). */
struct bytes der_oid(struct rd *r);
/* Contents of an INTEGER, minimal, as two's complement; empty INTEGERs are refused. */
struct bytes der_integer(struct rd *r);
/* A non-negative INTEGER or ENUMERATED (TAG) up to MAX. */
uint64_t der_uint(struct rd *r, uint8_t tag, uint64_t max);
bool der_boolean(struct rd *r);
/* BIT STRING without unused bits. */
struct bytes der_bits(struct rd *r);
/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 allows them. */
int64_t der_time(struct rd *r);
/* Skips an element of TAG if it is next; its contents, or p == NULL. */
struct bytes der_optional(struct rd *r, uint8_t tag);
