/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9162 sections 2.1.1, 2.1.3.1 and 2.1.4.1 as the text has them, slow and without state: what tree.c is held to. */
#pragma once

#include "tlog/tree.h"

#include <string.h>

static void
naive_leaf(uint64_t i, uint8_t out[TLOG_HASH_SIZE])
{
	uint8_t record[2] = { (uint8_t)i, (uint8_t)(i >> 8) };

	tlog_leaf_hash(BYTES_OF(record), out);
}

static uint64_t
naive_split(uint64_t n)
{
	uint64_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

static void
naive_mth(uint64_t from, uint64_t n, uint8_t out[TLOG_HASH_SIZE])
{
	uint8_t l[TLOG_HASH_SIZE], r[TLOG_HASH_SIZE];

	if (n == 0) {
		sha256((struct bytes){ 0 }, out);
		return;
	}
	if (n == 1) {
		naive_leaf(from, out);
		return;
	}
	naive_mth(from, naive_split(n), l);
	naive_mth(from + naive_split(n), n - naive_split(n), r);
	tlog_node_hash(l, r, out);
}

static inline void
naive_path(uint64_t m, uint64_t from, uint64_t n, struct tlog_proof *p)
{
	uint64_t k;

	if (n == 1)
		return;
	k = naive_split(n);
	if (m < k) {
		naive_path(m, from, k, p);
		naive_mth(from + k, n - k, p->hashes[p->count++]);
	} else {
		naive_path(m - k, from + k, n - k, p);
		naive_mth(from, k, p->hashes[p->count++]);
	}
}

static inline void
naive_subproof(uint64_t m, uint64_t from, uint64_t n, bool b, struct tlog_proof *p)
{
	uint64_t k;

	if (m == n) {
		if (!b)
			naive_mth(from, m, p->hashes[p->count++]);
		return;
	}
	k = naive_split(n);
	if (m <= k) {
		naive_subproof(m, from, k, b, p);
		naive_mth(from + k, n - k, p->hashes[p->count++]);
	} else {
		naive_subproof(m - k, from + k, n - k, false, p);
		naive_mth(from, k, p->hashes[p->count++]);
	}
}

static inline void
naive_tree(struct tlog_tree *t, uint64_t size)
{
	uint8_t leaf[TLOG_HASH_SIZE];

	tlog_tree_init(t);
	for (uint64_t i = 0; i < size; i++) {
		naive_leaf(i, leaf);
		if (tlog_tree_append(t, leaf, NULL) < 0)
			return;
	}
}

static inline bool
proof_eq(const struct tlog_proof *a, const struct tlog_proof *b)
{
	return a->count == b->count && memcmp(a->hashes, b->hashes, a->count * TLOG_HASH_SIZE) == 0;
}
