/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of a job: the same signatures and hashes, called as cheaply as OpenSSL's current interface allows, and
 * nothing else: keys and contexts kept, digests fetched once. No parsing, no policy, no claims.
 */
#pragma once

#include "bench.h"

#include "crypto/key.h"

#define MAX_FLOOR_HASHES 24

struct floor_key;

/*
 * A key pair with contexts ready to sign, verify and hash, and a signature that verifies. RSA has 2048 bits. For one thread at a
 * time.
 */
struct floor_key *floor_key_new(enum key_kind kind);
void floor_key_free(struct floor_key *k);

struct floor {
	struct floor_key *verify; /* P-256, or the key of a token */
	unsigned verify_count;
	struct floor_key *sign;          /* NULL: none */
	size_t hashes[MAX_FLOOR_HASHES]; /* sizes of what is hashed */
	size_t hash_count;
};

/* Runs it once; a struct bench_work's function. */
void floor_run(void *floor);
