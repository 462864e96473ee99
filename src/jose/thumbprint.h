/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thumbprint (RFC 7638, SHA-256) of a key that somebody else wrote as a JWK, whatever it is for: one that a token is
 * bound to may be for encryption, or too small to be trusted with signatures, and is still that key and no other.
 * jwk_thumbprint() is for keys that were read to verify with.
 */
#pragma once

#include "codec/json.h"
#include "crypto/digest.h"

#define JWK_THUMBPRINT_SIZE 43 /* base64url, without a NUL */

/*
 * Of kty RSA, EC and OKP, by their members, or by the first certificate of x5c where it has none. *IS_KNOWN false: it is
 * no such key, or is not written as RFC 7518 demands. -1: memory.
 */
int jwk_thumbprint_text(const struct json *jwk, struct arena *a, char out[JWK_THUMBPRINT_SIZE],
    bool *is_known, struct err *e) MUST_CHECK;
