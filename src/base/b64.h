/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648), strict: canonical only. Bits beyond the last byte must be zero, no white space, no other letters.
 *
 *   B64_URL       section 5, no padding: JOSE (RFC 7515 section 2)
 *   B64_STD       section 4, padding required: x5c, PEM bodies
 *   B64_LENIENT   either alphabet, padding optional: what clients of the attestation API send (maa-api.md 1.1)
 *
 * Proved by tests/proof/prove_b64.c: encoding and decoding of all bytes up to 3, all texts up to 3 characters, and more.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

enum b64_form { B64_URL, B64_STD, B64_LENIENT };

/* Characters for SIZE bytes, padding included where the form has it. */
size_t b64_encoded_size(enum b64_form form, size_t size);
/* Writes b64_encoded_size() characters and no NUL. B64_LENIENT writes as B64_URL. */
void b64_encode(enum b64_form form, struct bytes in, char *out);
void buf_b64(struct buf *b, enum b64_form form, struct bytes in);

/* The most bytes that TEXT_SIZE characters can hold. */
size_t b64_decoded_max(size_t text_size);
/* False if TEXT is not of the form. OUT has room for b64_decoded_max(text.size); *SIZE is what was written. */
bool b64_decode(enum b64_form form, struct bytes text, uint8_t *out, size_t *size) MUST_CHECK;
/* Into the arena; ERR_MALFORMED names the form that was wanted, ERR_LIMIT is for memory. */
int b64_decode_arena(enum b64_form form, struct bytes text, struct arena *a, struct bytes *out,
    struct err *e) MUST_CHECK;
