/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log's Merkle arithmetic (tlog/tree.h, tlog/proof.h, tlog/tile.h), against the recursive definitions of RFC 9162
 * section 2.1 (RFC 6962 has the same), for every tree up to 64 records (deep: 160), every record in it and every pair of
 * sizes.
 *
 * What is produced must be, hash for hash, MTH, PATH and PROOF of the text (unit/tlog/naive.h). What is accepted is held
 * against a verifier that rebuilds the heads by the same recursion, instead of by the loop over bits that proof.c has from
 * sections 2.1.3.2 and 2.1.4.2: the two must agree about every proof offered for every index and every size, and about every
 * proof with a hash changed, dropped, added or exchanged. SHA-256 itself is taken for granted.
 *
 * A size that is not the tree's may fit a proof (a path to record 0 of 3 has the shape of one of 4); with the head of
 * that other size it never does, and a head comes with its size under one signature.
 */
#include "tlog/proof.h"

#include "../unit/tlog/naive.h"
#include "proof.h"
#include "tlog/tile.h"

#define MAX_RECORDS 160

static uint8_t leaves[MAX_RECORDS + 1][TLOG_HASH_SIZE];
static uint8_t heads[MAX_RECORDS + 1][TLOG_HASH_SIZE];
static struct tlog_tree tree; /* of MAX_RECORDS */
static unsigned long long tried;

static uint64_t
most(void)
{
	return proof_is_deep() ? MAX_RECORDS : 64;
}

static bool
same(const uint8_t a[TLOG_HASH_SIZE], const uint8_t b[TLOG_HASH_SIZE])
{
	return memcmp(a, b, TLOG_HASH_SIZE) == 0;
}

/* The next hash of the proof; false when there is none. */
static bool
next_hash(const struct tlog_proof *p, size_t *at, uint8_t out[TLOG_HASH_SIZE])
{
	if (*at >= p->count)
		return false;
	memcpy(out, p->hashes[(*at)++], TLOG_HASH_SIZE);
	return true;
}

/* MTH(D[n]) from D[m] and PATH(m, D[n]), as PATH is defined. */
static bool
model_climb(const struct tlog_proof *p, size_t *at, uint64_t m, uint64_t n, const uint8_t leaf[],
    uint8_t out[TLOG_HASH_SIZE])
{
	uint8_t below[TLOG_HASH_SIZE], beside[TLOG_HASH_SIZE];
	uint64_t k;

	if (n == 1) {
		memcpy(out, leaf, TLOG_HASH_SIZE);
		return true;
	}
	k = naive_split(n);
	bool left = m < k;

	if (!model_climb(p, at, left ? m : m - k, left ? k : n - k, leaf, below) ||
	    !next_hash(p, at, beside))
		return false;
	tlog_node_hash(left ? below : beside, left ? beside : below, out);
	return true;
}

static bool
model_includes(const struct tlog_proof *p, const uint8_t leaf[], uint64_t m, uint64_t n,
    const uint8_t head[])
{
	uint8_t out[TLOG_HASH_SIZE];
	size_t at = 0;

	return m < n && model_climb(p, &at, m, n, leaf, out) && at == p->count && same(out, head);
}

/* Both heads from SUBPROOF(m, D[n], b), as it is defined; OLD is what the reader holds. */
static bool
model_grow(const struct tlog_proof *p, size_t *at, uint64_t m, uint64_t n, bool b,
    const uint8_t old[], uint8_t small[TLOG_HASH_SIZE], uint8_t big[TLOG_HASH_SIZE])
{
	uint8_t beside[TLOG_HASH_SIZE];
	uint64_t k;

	if (m == n) {
		if (b)
			memcpy(small, old, TLOG_HASH_SIZE);
		else if (!next_hash(p, at, small))
			return false;
		memcpy(big, small, TLOG_HASH_SIZE);
		return true;
	}
	k = naive_split(n);
	if (m <= k) {
		if (!model_grow(p, at, m, k, b, old, small, big) || !next_hash(p, at, beside))
			return false;
		tlog_node_hash(big, beside, big);
		return true;
	}
	if (!model_grow(p, at, m - k, n - k, false, old, small, big) || !next_hash(p, at, beside))
		return false;
	tlog_node_hash(beside, small, small);
	tlog_node_hash(beside, big, big);
	return true;
}

static bool
model_follows(const struct tlog_proof *p, uint64_t m, const uint8_t old[], uint64_t n,
    const uint8_t new[])
{
	uint8_t small[TLOG_HASH_SIZE], big[TLOG_HASH_SIZE];
	size_t at = 0;

	if (m == 0)
		return p->count == 0;
	return m <= n && model_grow(p, &at, m, n, true, old, small, big) && at == p->count &&
	    same(small, old) && same(big, new);
}

static void
included(const struct tlog_proof *p, const uint8_t leaf[], uint64_t m, uint64_t n,
    const uint8_t head[], int want)
{
	bool good = tlog_inclusion_is_good(p, leaf, m, n, head);

	tried++;
	if (good != model_includes(p, leaf, m, n, head) || (want >= 0 && good != want))
		fail_msg("record %d of %d: the proof is %s", (int)m, (int)n, good ? "good" : "bad");
}

static void
follows(const struct tlog_proof *p, uint64_t m, const uint8_t old[], uint64_t n,
    const uint8_t new[], int want)
{
	bool good = tlog_consistency_is_good(p, m, old, n, new);

	tried++;
	if (good != model_follows(p, m, old, n, new) || (want >= 0 && good != want))
		fail_msg("%d to %d: the proof is %s", (int)m, (int)n, good ? "good" : "bad");
}

/* The AT-th way to spoil a proof; false when there are no more. Two equal hashes that change places spoil nothing. */
static bool
spoil(const struct tlog_proof *p, size_t way, struct tlog_proof *out)
{
	static const uint8_t foreign[TLOG_HASH_SIZE] = { 0x5a };
	size_t kind = way % 4, at = way / 4;

	*out = *p;
	if (at > p->count)
		return false;
	switch (kind) {
	case 0: /* one bit */
		if (at < p->count)
			out->hashes[at][way % TLOG_HASH_SIZE] ^= (uint8_t)(1u << way % 8);
		break;
	case 1: /* without it */
		if (at < p->count) {
			memmove(out->hashes[at], out->hashes[at + 1],
			    (p->count - at - 1) * TLOG_HASH_SIZE);
			out->count--;
		}
		break;
	case 2: /* one more before it: a foreign one, or at the end, the last again */
		memmove(out->hashes[at + 1], out->hashes[at], (p->count - at) * TLOG_HASH_SIZE);
		memcpy(out->hashes[at], at == p->count && at > 0 ? p->hashes[at - 1] : foreign,
		    TLOG_HASH_SIZE);
		out->count++;
		break;
	default: /* changed places with the next */
		if (at + 1 < p->count) {
			memcpy(out->hashes[at], p->hashes[at + 1], TLOG_HASH_SIZE);
			memcpy(out->hashes[at + 1], p->hashes[at], TLOG_HASH_SIZE);
		}
		break;
	}
	return true;
}

static void
every_head_is_the_definitions(void **state)
{
	uint8_t head[TLOG_HASH_SIZE];
	struct tlog_tree t;

	(void)state;
	tlog_tree_init(&t);
	for (uint64_t n = 0; n <= MAX_RECORDS; n++) {
		/* As the newest, and as an older one. */
		assert_int_equal(tlog_tree_root(&t, n, head, NULL), 0);
		assert_true(same(head, heads[n]));
		for (uint64_t m = 0; m < n; m++) {
			assert_int_equal(tlog_tree_root(&t, m, head, NULL), 0);
			assert_true(same(head, heads[m]));
		}
		assert_int_equal(tlog_tree_append(&t, leaves[n], NULL), 0);
	}
	tlog_tree_release(&t);
}

static void
every_inclusion_is_the_definitions_and_no_other_is_accepted(void **state)
{
	struct tlog_proof p, want, bad;

	(void)state;
	tried = 0;
	for (uint64_t n = 1; n <= most(); n++) {
		for (uint64_t m = 0; m < n; m++) {
			want.count = 0;
			naive_path(m, 0, n, &want);
			assert_int_equal(tlog_tree_inclusion(&tree, m, n, &p, NULL), 0);
			assert_true(proof_eq(&p, &want));
			included(&p, leaves[m], m, n, heads[n], true);
			included(&p, leaves[m + 1], m, n, heads[n], false);
			included(&p, leaves[m], m, n, heads[n - 1], false);
			for (size_t way = 0; spoil(&p, way, &bad); way++)
				if (!proof_eq(&bad, &p))
					included(&bad, leaves[m], m, n, heads[n], false);
			/* For every other record. */
			for (uint64_t other = 0; other <= n; other++)
				if (other != m)
					included(&p, leaves[m], other, n, heads[n], false);
			/* For every other size: never under that size's head. */
			for (uint64_t size = 0; size <= most() / 2; size++) {
				if (size == n)
					continue;
				included(&p, leaves[m], m, size, heads[size], false);
				included(&p, leaves[m], m, size, heads[n], -1);
			}
		}
	}
	proof_covered(tried, "proofs of inclusion judged");
}

static void
every_consistency_is_the_definitions_and_no_other_is_accepted(void **state)
{
	struct tlog_proof p, want, bad;

	(void)state;
	tried = 0;
	for (uint64_t n = 1; n <= most(); n++) {
		for (uint64_t m = 1; m <= n; m++) {
			want.count = 0;
			naive_subproof(m, 0, n, true, &want);
			assert_int_equal(tlog_tree_consistency(&tree, m, n, &p, NULL), 0);
			assert_true(proof_eq(&p, &want));
			follows(&p, m, heads[m], n, heads[n], true);
			follows(&p, m, heads[m - 1], n, heads[n], false);
			follows(&p, m, heads[m], n, heads[n - 1], false);
			for (size_t way = 0; spoil(&p, way, &bad); way++)
				if (!proof_eq(&bad, &p))
					follows(&bad, m, heads[m], n, heads[n], false);
			for (uint64_t other = 0; other <= most() / 2; other++) {
				/* From another size, and to another. */
				follows(&p, other, heads[other], n, heads[n],
				    other == m || (m == n && other == 0) ? -1 : false);
				follows(&p, other, heads[m], n, heads[n], -1);
				follows(&p, m, heads[m], other, heads[n], -1);
				if (other != n)
					follows(&p, m, heads[m], other, heads[other],
					    m == other && p.count == 0 ? true : false);
			}
		}
	}
	proof_covered(tried, "proofs of consistency judged");
}

/* Every proof of one pair offered for every other pair, with the heads of that pair. */
static void
a_proof_serves_its_own_pair_only(void **state)
{
	uint64_t last = proof_is_deep() ? 40 : 20;
	struct tlog_proof p;

	(void)state;
	tried = 0;
	for (uint64_t n = 1; n <= last; n++) {
		for (uint64_t m = 1; m < n; m++) {
			assert_int_equal(tlog_tree_consistency(&tree, m, n, &p, NULL), 0);
			for (uint64_t b = 0; b <= last; b++)
				for (uint64_t a = 0; a <= last; a++)
					follows(&p, a, heads[a], b, heads[b], a == m && b == n);
		}
	}
	proof_covered(tried, "proofs of consistency for every pair");
}

static void
what_is_not_there_cannot_be_asked_for(void **state)
{
	struct tlog_proof p;
	struct bytes tile;
	uint8_t head[TLOG_HASH_SIZE];

	(void)state;
	for (uint64_t a = 0; a <= MAX_RECORDS + 2; a++) {
		for (uint64_t b = 0; b <= MAX_RECORDS + 2; b++) {
			bool there = a < b && b <= MAX_RECORDS;

			assert_int_equal(tlog_tree_inclusion(&tree, a, b, &p, NULL),
			    there ? 0 : -1);
			there = a > 0 && a <= b && b <= MAX_RECORDS;
			assert_int_equal(tlog_tree_consistency(&tree, a, b, &p, NULL),
			    there ? 0 : -1);
		}
		assert_int_equal(tlog_tree_root(&tree, a, head, NULL), a <= MAX_RECORDS ? 0 : -1);
		assert_int_equal(tlog_tree_tile(&tree, 0, 0, (unsigned)a, &tile, NULL),
		    a > 0 && a <= MAX_RECORDS ? 0 : -1);
		assert_int_equal(tlog_tree_tile(&tree, 1, 0, (unsigned)a, &tile, NULL), -1);
	}
}

/* C2SP tlog-tiles: 256 hashes each; a tile of level 1 has the heads of those of level 0. Around every border. */
static void
every_tile_has_the_hashes_of_its_range(void **state)
{
	enum { RECORDS = 2 * TLOG_TILE_WIDTH + 3 };
	struct tlog_tree t;
	struct bytes tile;
	uint8_t want[TLOG_HASH_SIZE];

	(void)state;
	naive_tree(&t, RECORDS);
	for (uint64_t n = 0; n <= 3; n++) {
		for (unsigned width = 0; width <= TLOG_TILE_WIDTH + 1; width++) {
			bool there = width > 0 && width <= TLOG_TILE_WIDTH &&
			    n * TLOG_TILE_WIDTH + width <= RECORDS;

			assert_int_equal(tlog_tree_tile(&t, 0, n, width, &tile, NULL),
			    there ? 0 : -1);
			for (unsigned i = 0; there && i < width; i++) {
				naive_leaf(n * TLOG_TILE_WIDTH + i, want);
				assert_memory_equal(tile.p + (size_t)i * TLOG_HASH_SIZE, want,
				    TLOG_HASH_SIZE);
			}
			assert_true(!there || tile.size == (size_t)width * TLOG_HASH_SIZE);
			there = n == 0 && (width == 1 || width == 2);
			assert_int_equal(tlog_tree_tile(&t, 1, n, width, &tile, NULL),
			    there ? 0 : -1);
			for (unsigned i = 0; there && i < width; i++) {
				naive_mth((uint64_t)i * TLOG_TILE_WIDTH, TLOG_TILE_WIDTH, want);
				assert_memory_equal(tile.p + (size_t)i * TLOG_HASH_SIZE, want,
				    TLOG_HASH_SIZE);
			}
		}
	}
	tlog_tree_release(&t);
}

/* Groups of three digits, from the right, "x" before all but the last. */
static void
model_number(uint64_t n, char *out)
{
	char digits[32], *to = out;
	int size = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	int zeros = (3 - size % 3) % 3;

	for (int i = 0; i < size + zeros; i++) {
		if (i % 3 == 0 && i + 3 < size + zeros)
			*to++ = 'x';
		*to++ = i < zeros ? '0' : digits[i - zeros];
		if (i % 3 == 2 && i + 1 < size + zeros)
			*to++ = '/';
	}
	*to = '\0';
}

static void
check_path(unsigned level, uint64_t n, unsigned width)
{
	char want[MAX_TILE_PATH_SIZE + 64], number[64], seen[MAX_TILE_PATH_SIZE];

	model_number(n, number);
	if (width == TLOG_TILE_WIDTH)
		snprintf(want, sizeof(want), "tile/%u/%s", level, number);
	else
		snprintf(want, sizeof(want), "tile/%u/%s.p/%u", level, number, width);
	tile_path(level, n, width, seen);
	tried++;
	if (strcmp(seen, want) != 0)
		fail_msg("%s is written %s", want, seen);
}

static void
every_path_of_a_tile_is_as_written(void **state)
{
	uint64_t last = proof_is_deep() ? 20000000 : 200000;

	(void)state;
	tried = 0;
	for (uint64_t n = 0; n < last; n++)
		check_path(0, n, TLOG_TILE_WIDTH);
	for (uint64_t n = 1; n <= UINT64_MAX / 1000; n *= 10)
		for (int d = -1; d <= 1; d++)
			check_path(4, n + (uint64_t)d, 255);
	check_path(63, UINT64_MAX, 1);
	for (unsigned level = 0; level < 64; level++)
		for (unsigned width = 1; width <= TLOG_TILE_WIDTH; width++)
			check_path(level, 1234067, width);
	proof_covered(tried, "paths of tiles");
}

static int
begin(void **state)
{
	(void)state;
	for (uint64_t i = 0; i <= MAX_RECORDS; i++) {
		naive_leaf(i, leaves[i]);
		naive_mth(0, i, heads[i]);
	}
	naive_tree(&tree, MAX_RECORDS);
	return tree.size == MAX_RECORDS ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	tlog_tree_release(&tree);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_head_is_the_definitions),
		cmocka_unit_test(every_inclusion_is_the_definitions_and_no_other_is_accepted),
		cmocka_unit_test(every_consistency_is_the_definitions_and_no_other_is_accepted),
		cmocka_unit_test(a_proof_serves_its_own_pair_only),
		cmocka_unit_test(what_is_not_there_cannot_be_asked_for),
		cmocka_unit_test(every_tile_has_the_hashes_of_its_range),
		cmocka_unit_test(every_path_of_a_tile_is_as_written),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
