/* SPDX-License-Identifier: Apache-2.0 */
/* From leaf hash to index: an open table of 8 bytes per record over the tree that holds the hashes. */
#pragma once

#include "tlog/tree.h"

struct leaf_index {
	uint64_t *slots; /* index + 1; 0 is free */
	size_t room;     /* a power of two, or 0 */
	size_t count;
};

void leaf_index_release(struct leaf_index *x);
/* Room for one more, so that leaf_index_add() cannot fail; false when memory ran out. */
bool leaf_index_reserve(struct leaf_index *x, const struct tlog_tree *tree) MUST_CHECK;
/* INDEX is in the tree already. */
void leaf_index_add(struct leaf_index *x, const struct tlog_tree *tree, uint64_t index);
bool leaf_index_find(const struct leaf_index *x, const struct tlog_tree *tree,
    const uint8_t leaf[TLOG_HASH_SIZE], uint64_t *index) MUST_CHECK;
