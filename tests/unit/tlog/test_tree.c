/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/tree.h"

#include "../../support/test.h"
#include "naive.h"

static void
head_of_every_size_is_that_of_the_recursion(void **state)
{
	struct tlog_tree t;
	(void)state;

	naive_tree(&t, 600);
	for (uint64_t n = 0; n <= 600; n += n < 70 ? 1 : 53) {
		uint8_t seen[TLOG_HASH_SIZE], wanted[TLOG_HASH_SIZE];

		assert_int_equal(tlog_tree_root(&t, n, seen, NULL), 0);
		naive_mth(0, n, wanted);
		assert_memory_equal(seen, wanted, sizeof(seen));
	}
	tlog_tree_release(&t);
}

static void
head_while_growing_is_that_of_the_same_size_later(void **state)
{
	struct tlog_tree t, whole;
	uint8_t leaf[TLOG_HASH_SIZE], now[TLOG_HASH_SIZE], later[TLOG_HASH_SIZE];
	(void)state;

	naive_tree(&whole, 1030);
	tlog_tree_init(&t);
	for (uint64_t n = 1; n <= 1030; n++) {
		naive_leaf(n - 1, leaf);
		assert_int_equal(tlog_tree_append(&t, leaf, NULL), 0);
		assert_int_equal(tlog_tree_root(&t, n, now, NULL), 0);
		assert_int_equal(tlog_tree_root(&whole, n, later, NULL), 0);
		assert_memory_equal(now, later, sizeof(now));
	}
	tlog_tree_release(&t);
	tlog_tree_release(&whole);
}

static void
every_inclusion_proof_up_to_64_is_that_of_the_recursion(void **state)
{
	struct tlog_tree t;
	struct tlog_proof seen, wanted;
	(void)state;

	naive_tree(&t, 64);
	for (uint64_t n = 1; n <= 64; n++)
		for (uint64_t m = 0; m < n; m++) {
			wanted.count = 0;
			naive_path(m, 0, n, &wanted);
			assert_int_equal(tlog_tree_inclusion(&t, m, n, &seen, NULL), 0);
			assert_true(proof_eq(&seen, &wanted));
		}
	tlog_tree_release(&t);
}

static void
every_consistency_proof_up_to_64_is_that_of_the_recursion(void **state)
{
	struct tlog_tree t;
	struct tlog_proof seen, wanted;
	(void)state;

	naive_tree(&t, 64);
	for (uint64_t n = 1; n <= 64; n++)
		for (uint64_t m = 1; m <= n; m++) {
			wanted.count = 0;
			naive_subproof(m, 0, n, true, &wanted);
			assert_int_equal(tlog_tree_consistency(&t, m, n, &seen, NULL), 0);
			assert_true(proof_eq(&seen, &wanted));
		}
	tlog_tree_release(&t);
}

static void
what_is_not_in_the_tree_is_refused(void **state)
{
	struct tlog_tree t;
	struct tlog_proof p;
	uint8_t root[TLOG_HASH_SIZE];
	struct bytes tile;
	struct err e = { 0 };
	(void)state;

	naive_tree(&t, 300);
	assert_int_equal(tlog_tree_root(&t, 301, root, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	assert_int_equal(tlog_tree_inclusion(&t, 300, 300, &p, NULL), -1);
	assert_int_equal(tlog_tree_inclusion(&t, 0, 301, &p, NULL), -1);
	assert_int_equal(tlog_tree_inclusion(&t, 0, 0, &p, NULL), -1);
	assert_int_equal(tlog_tree_consistency(&t, 0, 300, &p, NULL), -1);
	assert_int_equal(tlog_tree_consistency(&t, 300, 299, &p, NULL), -1);
	assert_int_equal(tlog_tree_consistency(&t, 1, 301, &p, NULL), -1);
	assert_null(tlog_tree_leaf(&t, 300));
	err_clear(&e);
	assert_int_equal(tlog_tree_tile(&t, 0, 1, 45, &tile, &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
	assert_int_equal(tlog_tree_tile(&t, 0, 2, 1, &tile, NULL), -1);
	assert_int_equal(tlog_tree_tile(&t, 0, 0, 0, &tile, NULL), -1);
	assert_int_equal(tlog_tree_tile(&t, 0, 0, 257, &tile, NULL), -1);
	assert_int_equal(tlog_tree_tile(&t, 0, UINT64_MAX, 256, &tile, NULL), -1);
	assert_int_equal(tlog_tree_tile(&t, 9, 0, 1, &tile, NULL), -1);
	tlog_tree_release(&t);
}

static void
tiles_hold_the_hashes_of_their_level(void **state)
{
	struct tlog_tree t;
	struct bytes tile;
	uint8_t wanted[TLOG_HASH_SIZE];
	(void)state;

	naive_tree(&t, 600);
	assert_int_equal(tlog_tree_tile(&t, 0, 2, 88, &tile, NULL), 0);
	assert_int_equal(tile.size, 88 * TLOG_HASH_SIZE);
	naive_leaf(512, wanted);
	assert_memory_equal(tile.p, wanted, sizeof(wanted));
	assert_int_equal(tlog_tree_tile(&t, 1, 0, 2, &tile, NULL), 0);
	naive_mth(256, 256, wanted);
	assert_memory_equal(tile.p + TLOG_HASH_SIZE, wanted, sizeof(wanted));
	assert_int_equal(tlog_tree_tile(&t, 1, 0, 3, &tile, NULL), -1);
	tlog_tree_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head_of_every_size_is_that_of_the_recursion),
		cmocka_unit_test(head_while_growing_is_that_of_the_same_size_later),
		cmocka_unit_test(every_inclusion_proof_up_to_64_is_that_of_the_recursion),
		cmocka_unit_test(every_consistency_proof_up_to_64_is_that_of_the_recursion),
		cmocka_unit_test(what_is_not_in_the_tree_is_refused),
		cmocka_unit_test(tiles_hold_the_hashes_of_their_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
