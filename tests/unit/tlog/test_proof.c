/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/proof.h"

#include "../../support/test.h"
#include "naive.h"

static void
every_inclusion_up_to_64_verifies_and_only_in_its_place(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= 64; n++) {
		uint8_t root[TLOG_HASH_SIZE], leaf[TLOG_HASH_SIZE];

		naive_mth(0, n, root);
		for (uint64_t m = 0; m < n; m++) {
			struct tlog_proof p = { .count = 0 };

			naive_path(m, 0, n, &p);
			naive_leaf(m, leaf);
			assert_true(tlog_inclusion_is_good(&p, leaf, m, n, root));
			for (uint64_t other = 0; other <= n; other++)
				if (other != m)
					assert_false(
					    tlog_inclusion_is_good(&p, leaf, other, n, root));
			naive_leaf(m + 1, leaf);
			assert_false(tlog_inclusion_is_good(&p, leaf, m, n, root));
		}
	}
}

static void
inclusion_with_a_hash_more_less_or_changed_is_refused(void **state)
{
	struct tlog_proof p = { .count = 0 };
	uint8_t root[TLOG_HASH_SIZE], leaf[TLOG_HASH_SIZE];
	(void)state;

	naive_path(5, 0, 13, &p);
	naive_mth(0, 13, root);
	naive_leaf(5, leaf);
	assert_true(tlog_inclusion_is_good(&p, leaf, 5, 13, root));
	for (size_t i = 0; i < p.count; i++) {
		p.hashes[i][7] ^= 1;
		assert_false(tlog_inclusion_is_good(&p, leaf, 5, 13, root));
		p.hashes[i][7] ^= 1;
	}
	memset(p.hashes[p.count], 0, TLOG_HASH_SIZE);
	p.count++;
	assert_false(tlog_inclusion_is_good(&p, leaf, 5, 13, root));
	p.count -= 2;
	assert_false(tlog_inclusion_is_good(&p, leaf, 5, 13, root));
	p.count = 0;
	assert_false(tlog_inclusion_is_good(&p, leaf, 5, 13, root));
	assert_false(tlog_inclusion_is_good(&p, leaf, 0, 0, root));
}

static void
every_consistency_up_to_64_verifies_and_only_between_its_sizes(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= 64; n++) {
		uint8_t old[TLOG_HASH_SIZE], new[TLOG_HASH_SIZE];

		naive_mth(0, n, new);
		for (uint64_t m = 1; m <= n; m++) {
			struct tlog_proof p = { .count = 0 };

			naive_subproof(m, 0, n, true, &p);
			naive_mth(0, m, old);
			assert_true(tlog_consistency_is_good(&p, m, old, n, new));
			old[0] ^= 1;
			assert_false(tlog_consistency_is_good(&p, m, old, n, new));
			old[0] ^= 1;
			if (m == n)
				continue;
			new[31] ^= 1;
			assert_false(tlog_consistency_is_good(&p, m, old, n, new));
			new[31] ^= 1;
			p.count--;
			assert_false(tlog_consistency_is_good(&p, m, old, n, new));
			p.count += 2;
			memset(p.hashes[p.count - 1], 0, TLOG_HASH_SIZE);
			assert_false(tlog_consistency_is_good(&p, m, old, n, new));
		}
	}
}

static void
a_shorter_log_is_not_consistent_with_a_longer_one(void **state)
{
	struct tlog_proof p = { .count = 0 };
	uint8_t a[TLOG_HASH_SIZE], b[TLOG_HASH_SIZE];
	(void)state;

	naive_mth(0, 9, a);
	naive_mth(0, 8, b);
	assert_false(tlog_consistency_is_good(&p, 9, a, 8, b));
	assert_false(tlog_consistency_is_good(&p, 9, a, 9, b));
	assert_true(tlog_consistency_is_good(&p, 9, a, 9, a));
	naive_mth(0, 0, b);
	assert_true(tlog_consistency_is_good(&p, 0, b, 9, a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_inclusion_up_to_64_verifies_and_only_in_its_place),
		cmocka_unit_test(inclusion_with_a_hash_more_less_or_changed_is_refused),
		cmocka_unit_test(every_consistency_up_to_64_verifies_and_only_between_its_sizes),
		cmocka_unit_test(a_shorter_log_is_not_consistent_with_a_longer_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
