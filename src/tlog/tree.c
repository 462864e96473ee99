/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/tree.h"

#include <stdlib.h>
#include <string.h>

void
tlog_leaf_hash(struct bytes record, uint8_t out[TLOG_HASH_SIZE])
{
	static const uint8_t prefix[] = { 0x00 };
	struct bytes parts[] = { BYTES_OF(prefix), record };

	digest_of_parts(DIGEST_SHA256, parts, COUNT_OF(parts), out);
}

void
tlog_node_hash(const uint8_t left[TLOG_HASH_SIZE], const uint8_t right[TLOG_HASH_SIZE],
    uint8_t out[TLOG_HASH_SIZE])
{
	uint8_t whole[1 + 2 * TLOG_HASH_SIZE] = { 0x01 };

	memcpy(whole + 1, left, TLOG_HASH_SIZE);
	memcpy(whole + 1 + TLOG_HASH_SIZE, right, TLOG_HASH_SIZE);
	sha256(BYTES_OF(whole), out);
}

void
tlog_tree_init(struct tlog_tree *t)
{
	*t = (struct tlog_tree){ 0 };
}

void
tlog_tree_release(struct tlog_tree *t)
{
	for (size_t i = 0; i < TLOG_TILE_LEVELS; i++)
		free(t->levels[i].hashes);
	tlog_tree_init(t);
}

static uint8_t *
hash_at(const struct tlog_level *level, uint64_t index)
{
	return level->hashes + (size_t)index * TLOG_HASH_SIZE;
}

/* Room for one more hash, so that nothing fails half way through an append. */
static bool
level_reserve(struct tlog_level *level)
{
	size_t room = level->room == 0 ? TLOG_TILE_WIDTH : level->room * 2;
	uint8_t *p;

	if (level->count < level->room)
		return true;
	if (room > SIZE_MAX / TLOG_HASH_SIZE)
		return false;
	p = realloc(level->hashes, room * TLOG_HASH_SIZE);
	if (p == NULL)
		return false;
	level->hashes = p;
	level->room = room;
	return true;
}

static void
level_add(struct tlog_level *level, const uint8_t hash[TLOG_HASH_SIZE])
{
	memcpy(hash_at(level, level->count), hash, TLOG_HASH_SIZE);
	level->count++;
}

/* The perfect subtree of 2^HEIGHT leaves, the INDEX-th of its kind; all of it is in the tree. */
static void
perfect_hash(const struct tlog_tree *t, unsigned height, uint64_t index,
    uint8_t out[TLOG_HASH_SIZE])
{
	uint8_t left[TLOG_HASH_SIZE], right[TLOG_HASH_SIZE];

	if (height % TLOG_TILE_HEIGHT == 0) {
		memcpy(out, hash_at(&t->levels[height / TLOG_TILE_HEIGHT], index), TLOG_HASH_SIZE);
		return;
	}
	perfect_hash(t, height - 1, 2 * index, left);
	perfect_hash(t, height - 1, 2 * index + 1, right);
	tlog_node_hash(left, right, out);
}

/* The largest power of two below N, for N > 1 (RFC 9162 2.1.1). */
static uint64_t
split_at(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

static unsigned
height_of(uint64_t power)
{
	unsigned h = 0;

	while (power > 1) {
		power /= 2;
		h++;
	}
	return h;
}

/* MTH of the SIZE leaves from FROM on; FROM is a multiple of the power of two at or above SIZE. */
static void
range_hash(const struct tlog_tree *t, uint64_t from, uint64_t size, uint8_t out[TLOG_HASH_SIZE])
{
	uint8_t left[TLOG_HASH_SIZE], right[TLOG_HASH_SIZE];
	uint64_t k;

	if ((size & (size - 1)) == 0) {
		unsigned height = height_of(size);

		perfect_hash(t, height, from >> height, out);
		return;
	}
	k = split_at(size);
	range_hash(t, from, k, left);
	range_hash(t, from + k, size - k, right);
	tlog_node_hash(left, right, out);
}

int
tlog_tree_append(struct tlog_tree *t, const uint8_t leaf[TLOG_HASH_SIZE], struct err *e)
{
	uint8_t hash[TLOG_HASH_SIZE];
	uint64_t size = t->size + 1;

	if (t->size >= MAX_TLOG_SIZE)
		return err_set(e, ERR_LIMIT, "log: full");
	for (size_t i = 0; i < TLOG_TILE_LEVELS; i++)
		if (!level_reserve(&t->levels[i]))
			return err_set(e, ERR_LIMIT, "log: out of memory for hashes");

	level_add(&t->levels[0], leaf);
	memcpy(hash, leaf, sizeof(hash));
	/* Each zero bit that the new size gained joins two peaks into one. */
	for (unsigned height = 1; (size & ((UINT64_C(1) << height) - 1)) == 0; height++) {
		t->peak_count--;
		tlog_node_hash(t->peaks[t->peak_count], hash, hash);
		if (height % TLOG_TILE_HEIGHT == 0)
			level_add(&t->levels[height / TLOG_TILE_HEIGHT], hash);
	}
	memcpy(t->peaks[t->peak_count++], hash, sizeof(hash));
	t->size = size;
	return 0;
}

const uint8_t *
tlog_tree_leaf(const struct tlog_tree *t, uint64_t index)
{
	return index < t->size ? hash_at(&t->levels[0], index) : NULL;
}

int
tlog_tree_root(const struct tlog_tree *t, uint64_t size, uint8_t out[TLOG_HASH_SIZE], struct err *e)
{
	if (size > t->size)
		return err_set(e, ERR_INVALID, "log: head of %llu records, there are %llu",
		    (unsigned long long)size, (unsigned long long)t->size);
	if (size == 0) {
		sha256((struct bytes){ 0 }, out);
		return 0;
	}
	if (size < t->size) {
		range_hash(t, 0, size, out);
		return 0;
	}
	memcpy(out, t->peaks[t->peak_count - 1], TLOG_HASH_SIZE);
	for (size_t i = t->peak_count - 1; i > 0; i--)
		tlog_node_hash(t->peaks[i - 1], out, out);
	return 0;
}

static void
proof_add(struct tlog_proof *p, const struct tlog_tree *t, uint64_t from, uint64_t size)
{
	range_hash(t, from, size, p->hashes[p->count++]);
}

/* Collected from the root down; proofs are written from the leaf up. */
static void
proof_reverse(struct tlog_proof *p)
{
	for (size_t i = 0; i < p->count / 2; i++) {
		uint8_t swap[TLOG_HASH_SIZE];

		memcpy(swap, p->hashes[i], sizeof(swap));
		memcpy(p->hashes[i], p->hashes[p->count - 1 - i], sizeof(swap));
		memcpy(p->hashes[p->count - 1 - i], swap, sizeof(swap));
	}
}

int
tlog_tree_inclusion(const struct tlog_tree *t, uint64_t index, uint64_t size,
    struct tlog_proof *out, struct err *e)
{
	uint64_t from = 0, n = size;

	if (size > t->size || index >= size)
		return err_set(e, ERR_INVALID, "log: record %llu of %llu, there are %llu",
		    (unsigned long long)index, (unsigned long long)size,
		    (unsigned long long)t->size);
	out->count = 0;
	while (n > 1) {
		uint64_t k = split_at(n);

		if (index - from < k) {
			proof_add(out, t, from + k, n - k);
			n = k;
		} else {
			proof_add(out, t, from, k);
			from += k;
			n -= k;
		}
	}
	proof_reverse(out);
	return 0;
}

int
tlog_tree_consistency(const struct tlog_tree *t, uint64_t from, uint64_t to, struct tlog_proof *out,
    struct err *e)
{
	uint64_t start = 0, m = from, n = to;
	bool whole = true; /* SUBPROOF's b: the old tree's head is known to the reader */

	if (from == 0 || from > to || to > t->size)
		return err_set(e, ERR_INVALID, "log: from %llu to %llu records, there are %llu",
		    (unsigned long long)from, (unsigned long long)to, (unsigned long long)t->size);
	out->count = 0;
	while (m != n) {
		uint64_t k = split_at(n);

		if (m <= k) {
			proof_add(out, t, start + k, n - k);
			n = k;
		} else {
			proof_add(out, t, start, k);
			start += k;
			m -= k;
			n -= k;
			whole = false;
		}
	}
	if (!whole)
		proof_add(out, t, start, m);
	proof_reverse(out);
	return 0;
}

int
tlog_tree_tile(const struct tlog_tree *t, unsigned level, uint64_t n, unsigned width,
    struct bytes *out, struct err *e)
{
	size_t count = level < TLOG_TILE_LEVELS ? t->levels[level].count : 0;

	if (width == 0 || width > TLOG_TILE_WIDTH || n > count / TLOG_TILE_WIDTH ||
	    n * TLOG_TILE_WIDTH + width > count)
		return err_set(e, ERR_MISSING, "log: no tile %u/%llu of width %u", level,
		    (unsigned long long)n, width);
	*out = bytes_of(hash_at(&t->levels[level], n * TLOG_TILE_WIDTH),
	    (size_t)width * TLOG_HASH_SIZE);
	return 0;
}
