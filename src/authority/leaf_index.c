/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/leaf_index.h"

#include <stdlib.h>
#include <string.h>

#define MIN_ROOM 1024

/* Hashes of salted records: nobody can aim at a slot. */
static size_t
slot_of(const struct leaf_index *x, const uint8_t leaf[TLOG_HASH_SIZE])
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | leaf[i];
	return (size_t)(v & (x->room - 1));
}

void
leaf_index_release(struct leaf_index *x)
{
	free(x->slots);
	*x = (struct leaf_index){ 0 };
}

static void
put(struct leaf_index *x, const uint8_t leaf[TLOG_HASH_SIZE], uint64_t index)
{
	size_t at = slot_of(x, leaf);

	while (x->slots[at] != 0)
		at = (at + 1) & (x->room - 1);
	x->slots[at] = index + 1;
	x->count++;
}

bool
leaf_index_reserve(struct leaf_index *x, const struct tlog_tree *tree)
{
	struct leaf_index larger = { .room = x->room == 0 ? MIN_ROOM : x->room * 2 };

	if (x->count + 1 <= x->room / 4 * 3)
		return true;
	larger.slots = calloc(larger.room, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return false;
	for (size_t i = 0; i < x->room; i++)
		if (x->slots[i] != 0)
			put(&larger, tlog_tree_leaf(tree, x->slots[i] - 1), x->slots[i] - 1);
	free(x->slots);
	*x = larger;
	return true;
}

void
leaf_index_add(struct leaf_index *x, const struct tlog_tree *tree, uint64_t index)
{
	put(x, tlog_tree_leaf(tree, index), index);
}

bool
leaf_index_find(const struct leaf_index *x, const struct tlog_tree *tree,
    const uint8_t leaf[TLOG_HASH_SIZE], uint64_t *index)
{
	size_t at;

	if (x->room == 0)
		return false;
	for (at = slot_of(x, leaf); x->slots[at] != 0; at = (at + 1) & (x->room - 1))
		if (memcmp(tlog_tree_leaf(tree, x->slots[at] - 1), leaf, TLOG_HASH_SIZE) == 0) {
			*index = x->slots[at] - 1;
			return true;
		}
	return false;
}
