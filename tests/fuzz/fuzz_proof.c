/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlog/tree, proof: a proof that the tree gives is good; any other list of hashes that is good for the same leaf and head
 * is the same list. The input says how large the tree is, what is asked of it, and how the answer is changed.
 */
#include "fuzz.h"

#include "tlog/proof.h"

#include <string.h>

#define LEAVES 300

static struct tlog_tree tree;

static void
setup(void)
{
	struct err e = { 0 };

	tlog_tree_init(&tree);
	for (size_t i = 0; i < LEAVES; i++) {
		uint8_t leaf[TLOG_HASH_SIZE], record[] = { (uint8_t)i, (uint8_t)(i >> 8) };

		tlog_leaf_hash(BYTES_OF(record), leaf);
		HOLDS(tlog_tree_append(&tree, leaf, &e) == 0);
	}
}

/* True when P is not what it was. */
static bool
changed(struct rd *r, struct tlog_proof *p)
{
	struct tlog_proof before = *p;

	while (rd_ok(r) && r->left.size > 0) {
		size_t at = fuzz_u8(r) % (p->count + 1);
		uint8_t x = fuzz_u8(r);

		if (x % 4 == 0 && p->count < MAX_TLOG_PROOF) {
			memmove(p->hashes[at + 1], p->hashes[at], (p->count - at) * TLOG_HASH_SIZE);
			memset(p->hashes[at], x, TLOG_HASH_SIZE);
			p->count++;
		} else if (x % 4 == 1 && p->count > 0) {
			p->count--;
			if (at < p->count)
				memmove(p->hashes[at], p->hashes[p->count], TLOG_HASH_SIZE);
		} else if (at < p->count) {
			p->hashes[at][x % TLOG_HASH_SIZE] ^= x;
		}
	}
	return before.count != p->count ||
	    memcmp(before.hashes, p->hashes, p->count * TLOG_HASH_SIZE) != 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_from(bytes_of(data, size)), rest;
	uint8_t root[TLOG_HASH_SIZE], old[TLOG_HASH_SIZE];
	struct tlog_proof p = { 0 };
	struct err e = { 0 };

	if (tree.size == 0)
		setup();
	uint64_t to = 1 + fuzz_below(&r, LEAVES), from = 1 + fuzz_below(&r, to),
		 index = fuzz_below(&r, to);
	const uint8_t *leaf = tlog_tree_leaf(&tree, index);

	HOLDS(
	    tlog_tree_root(&tree, to, root, &e) == 0 && tlog_tree_root(&tree, from, old, &e) == 0);
	rest = r;
	HOLDS(tlog_tree_inclusion(&tree, index, to, &p, &e) == 0);
	HOLDS(tlog_inclusion_is_good(&p, leaf, index, to, root));
	HOLDS(!tlog_inclusion_is_good(&p, root, index, to, root) || to == 1);
	HOLDS(!tlog_inclusion_is_good(&p, leaf, to, to, root));
	HOLDS(changed(&rest, &p) != tlog_inclusion_is_good(&p, leaf, index, to, root));
	rest = r;
	HOLDS(tlog_tree_consistency(&tree, from, to, &p, &e) == 0);
	HOLDS(tlog_consistency_is_good(&p, from, old, to, root));
	HOLDS(from == to || !tlog_consistency_is_good(&p, from, root, to, root));
	HOLDS(changed(&rest, &p) != tlog_consistency_is_good(&p, from, old, to, root));
	HOLDS(tlog_tree_inclusion(&tree, to, to, &p, &e) < 0);
	fuzz_refusal(&e);
	return 0;
}
