/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER written (X.690): for certificates, lists and extensions of our own making; not on any hot path. Lengths are filled
 * in when an element is closed. Sticky like all of buf: write everything, then ask buf_ok() once.
 *
 *	size_t seq = der_open(&out, DER_SEQUENCE);
 *	der_emit_uint(&out, DER_INTEGER, 2);
 *	der_close(&out, seq);
 */
#pragma once

#include "base/buf.h"
#include "codec/der.h"

/* Begins an element; what is written until its der_close() is its contents. */
size_t der_open(struct buf *out, uint8_t tag);
/* MARK: what der_open() gave; the innermost first. */
void der_close(struct buf *out, size_t mark);
void der_emit(struct buf *out, uint8_t tag, struct bytes contents);
/* TAG is DER_INTEGER or DER_ENUMERATED. */
void der_emit_uint(struct buf *out, uint8_t tag, uint64_t v);
/* A non-negative INTEGER from big-endian bytes; empty is zero. */
void der_emit_unsigned(struct buf *out, struct bytes big_endian);
/* BIT STRING without unused bits. */
void der_emit_bits(struct buf *out, struct bytes bits);
void der_emit_str(struct buf *out, uint8_t tag, const char *text);
void der_emit_boolean(struct buf *out, bool v);
/* UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280 4.1.2.5). */
void der_emit_time(struct buf *out, int64_t at);
