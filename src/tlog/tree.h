/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Merkle tree of the log (RFC 9162 section 2.1) and what is computed from it: heads, inclusion and consistency
 * proofs, tiles (C2SP tlog-tiles, height 8).
 *
 * Kept are the hashes at tile boundaries only (levels 0, 8, 16, …: 32 bytes per record and 1/255 more) and the peaks of
 * the current size, so that appending costs one hash on average and a head at most 64. What lies between the levels is
 * computed when a proof wants it.
 *
 * Proved by tests/proof/prove_merkle.c: heads, proofs and tiles of every tree up to 64 records are the definition's.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/digest.h"

#define TLOG_HASH_SIZE   SHA256_SIZE
#define TLOG_TILE_HEIGHT 8
#define TLOG_TILE_WIDTH  256
#define TLOG_TILE_LEVELS 5 /* 256^5 records are more than fit in MAX_TLOG_SIZE */
#define MAX_TLOG_SIZE    (UINT64_C(1) << 40)
#define MAX_TLOG_PROOF   64

struct tlog_level {
	uint8_t *hashes; /* count * TLOG_HASH_SIZE */
	size_t count, room;
};

struct tlog_tree {
	uint64_t size;
	struct tlog_level levels[TLOG_TILE_LEVELS];
	uint8_t peaks[MAX_TLOG_PROOF][TLOG_HASH_SIZE]; /* of the perfect subtrees, largest first */
	size_t peak_count;
};

/* A list of hashes, as proofs are. */
struct tlog_proof {
	uint8_t hashes[MAX_TLOG_PROOF][TLOG_HASH_SIZE];
	size_t count;
};

/* SHA-256(0x00 ‖ record), SHA-256(0x01 ‖ left ‖ right). */
void tlog_leaf_hash(struct bytes record, uint8_t out[TLOG_HASH_SIZE]);
void tlog_node_hash(const uint8_t left[TLOG_HASH_SIZE], const uint8_t right[TLOG_HASH_SIZE],
    uint8_t out[TLOG_HASH_SIZE]);

void tlog_tree_init(struct tlog_tree *t);
void tlog_tree_release(struct tlog_tree *t);
/* ERR_LIMIT for memory or MAX_TLOG_SIZE; the tree is unchanged then. */
int tlog_tree_append(struct tlog_tree *t, const uint8_t leaf[TLOG_HASH_SIZE], struct err *e)
    MUST_CHECK;
/* The leaf hash of a record, NULL beyond the size. */
const uint8_t *tlog_tree_leaf(const struct tlog_tree *t, uint64_t index);

/* The head of the first SIZE records; of none it is SHA-256 of nothing. ERR_INVALID beyond the tree's size. */
int tlog_tree_root(const struct tlog_tree *t, uint64_t size, uint8_t out[TLOG_HASH_SIZE],
    struct err *e) MUST_CHECK;
/* RFC 9162 2.1.3.1. ERR_INVALID unless index < size <= the tree's. */
int tlog_tree_inclusion(const struct tlog_tree *t, uint64_t index, uint64_t size,
    struct tlog_proof *out, struct err *e) MUST_CHECK;
/* RFC 9162 2.1.4.1. ERR_INVALID unless 0 < from <= to <= the tree's size. */
int tlog_tree_consistency(const struct tlog_tree *t, uint64_t from, uint64_t to,
    struct tlog_proof *out, struct err *e) MUST_CHECK;

/* WIDTH hashes of tile N at LEVEL (both of C2SP), 1..256; ERR_MISSING when the tree does not have them. A view that the
 * next append ends. */
int tlog_tree_tile(const struct tlog_tree *t, unsigned level, uint64_t n, unsigned width,
    struct bytes *out, struct err *e) MUST_CHECK;
