/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1 (certificate thumbprints only), SHA-256, SHA-384, SHA-512. Algorithms are fetched once per process. */
#pragma once

#include "base/bytes.h"
#include "base/own.h"

enum digest_alg { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };

#define SHA1_SIZE       20
#define SHA256_SIZE     32
#define SHA384_SIZE     48
#define SHA512_SIZE     64
#define MAX_DIGEST_SIZE 64

size_t digest_size(enum digest_alg alg);
/* OUT has digest_size(alg) bytes. Cannot fail for data in memory, not even when there is no more of it. */
void digest_of(enum digest_alg alg, struct bytes in, uint8_t *out);
/* Over the parts, one after the other. */
void digest_of_parts(enum digest_alg alg, const struct bytes *parts, size_t count, uint8_t *out);
void sha256(struct bytes in, uint8_t out[SHA256_SIZE]);
