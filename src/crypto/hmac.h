/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA-256 (RFC 2104, FIPS 198-1), for values that this program gives out and takes back. Tokens are never verified
 * with it: a key that verifies here also makes.
 */
#pragma once

#include "crypto/digest.h"

/* Over the parts, one after the other, MAX_HMAC_PARTS at most. The key is wiped from the stack. Compare with bytes_eq_secret(). */
#define MAX_HMAC_PARTS 8
void hmac_sha256(struct bytes key, const struct bytes *parts, size_t count,
    uint8_t out[SHA256_SIZE]);
