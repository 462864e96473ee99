/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endorsement cache: what is per platform and was established once (style.md 7).
 *
 * PCK chains are found by the SHA-256 of their bytes as they stand in the quote, and count only under the collateral
 * they were judged with (collateral_id()); attestation keys are found by their raw point. Only what verified is kept,
 * so a stranger cannot fill it with his own. Sharded, bounded in bytes, least recently used first out. Thread-safe.
 */
#pragma once

#include "base/bytes.h"
#include "base/own.h"

struct endorsement_cache;

/* NULL when memory ran out. MAX_BYTES is over all shards. */
struct endorsement_cache *endorsement_cache_new(size_t max_bytes);
void endorsement_cache_free(struct endorsement_cache *c);
void endorsement_cache_freep(struct endorsement_cache **c);
/* Drops everything: for a change of anchors or on an operator's word. */
void endorsement_cache_clear(struct endorsement_cache *c);

struct endorsement_cache_stats {
	uint64_t hits, misses, evictions;
	size_t bytes, entries;
};
void endorsement_cache_stats(struct endorsement_cache *c, struct endorsement_cache_stats *out);
