/* SPDX-License-Identifier: Apache-2.0 */
#include "appraise/cache.h"

#include "../../support/test.h"
#include "appraise/cache_entry.h"
#include "crypto/privkey.h"

#include <pthread.h>
#include <string.h>

static struct privkey *keys[8];

static int
make_keys(void **state)
{
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (privkey_generate(KEY_P256, &keys[i], &e) < 0)
			return -1;
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		privkey_free(keys[i]);
	return 0;
}

static bool
has_key(struct endorsement_cache *c, size_t i)
{
	DEFER(key_unrefp)
	struct key *found = cache_get_key(c, key_point(privkey_public(keys[i])));

	return found != NULL;
}

static void
key_is_found_by_its_point(void **state)
{
	DEFER(endorsement_cache_freep) struct endorsement_cache *c = endorsement_cache_new(1 << 20);

	(void)state;
	assert_false(has_key(c, 0));
	cache_put_key(c, privkey_public(keys[0]));
	cache_put_key(c, privkey_public(keys[0]));
	assert_true(has_key(c, 0));
	assert_false(has_key(c, 1));
	endorsement_cache_clear(c);
	assert_false(has_key(c, 0));
}

static void
cache_without_room_keeps_nothing(void **state)
{
	DEFER(endorsement_cache_freep) struct endorsement_cache *c = endorsement_cache_new(16);
	struct endorsement_cache_stats stats;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		cache_put_key(c, privkey_public(keys[i]));
	endorsement_cache_stats(c, &stats);
	assert_int_equal(stats.entries, 0);
	assert_int_equal(stats.bytes, 0);
	assert_int_equal(stats.evictions, COUNT_OF(keys));
}

static void
no_cache_is_an_empty_one(void **state)
{
	(void)state;
	cache_put_key(NULL, privkey_public(keys[0]));
	cache_put_pck(NULL, NULL);
	assert_false(has_key(NULL, 0));
	assert_null(cache_get_pck(NULL, (const uint8_t[32]){ 0 }, BYTES("")));
	endorsement_cache_free(NULL);
}

static struct pck_entry *
entry_of(uint8_t chain, uint8_t collateral, enum check_outcome outcome)
{
	const enum check_id ids[] = { CHECK_SGX_PCK_FORMAT };
	static struct trace t;
	struct pck_facts facts = { .leaf_key = key_ref(privkey_public(keys[0])) };
	uint8_t name[SHA256_SIZE] = { chain }, id[SHA256_SIZE] = { collateral };
	struct arena a;

	arena_init(&a, 1 << 16);
	trace_init(&t, &a, "SgxEnclave", 0);
	if (outcome != OUTCOME_SKIP)
		(void)trace_judge(&t, ids[0], outcome == OUTCOME_PASS, shown_str("x"),
		    shown_nothing());
	struct pck_entry *e = pck_entry_new(name, BYTES_OF(id), &facts, &t, ids, 1);

	key_unref(facts.leaf_key);
	arena_release(&a);
	return e;
}

static void
chain_counts_only_under_its_collateral(void **state)
{
	DEFER(endorsement_cache_freep) struct endorsement_cache *c = endorsement_cache_new(1 << 20);
	DEFER(pck_entry_unrefp) struct pck_entry *e = entry_of(1, 1, OUTCOME_PASS);
	uint8_t name[SHA256_SIZE] = { 1 }, other[SHA256_SIZE] = { 2 };

	(void)state;
	assert_non_null(e);
	cache_put_pck(c, e);
	DEFER(pck_entry_unrefp) struct pck_entry *found = cache_get_pck(c, name, BYTES_OF(name));

	assert_ptr_equal(found, e);
	assert_true(bytes_is_str(found->records[0].seen.bytes, "x"));
	assert_null(cache_get_pck(c, name, BYTES_OF(other)));
	assert_null(cache_get_pck(c, other, BYTES_OF(name)));
}

static void
chain_that_did_not_pass_is_not_kept(void **state)
{
	(void)state;
	assert_null(entry_of(1, 1, OUTCOME_FAIL));
	assert_null(entry_of(1, 1, OUTCOME_SKIP));
}

static void *
hammer(void *arg)
{
	struct endorsement_cache *c = arg;

	for (int i = 0; i < 2000; i++) {
		size_t k = (size_t)i % COUNT_OF(keys);

		cache_put_key(c, privkey_public(keys[k]));
		(void)has_key(c, (k * 5) % COUNT_OF(keys));
	}
	return NULL;
}

static void
threads_share_a_cache_that_is_too_small(void **state)
{
	DEFER(endorsement_cache_freep)
	struct endorsement_cache *c = endorsement_cache_new(16 * 7000);
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, c), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_is_found_by_its_point),
		cmocka_unit_test(cache_without_room_keeps_nothing),
		cmocka_unit_test(no_cache_is_an_empty_one),
		cmocka_unit_test(chain_counts_only_under_its_collateral),
		cmocka_unit_test(chain_that_did_not_pass_is_not_kept),
		cmocka_unit_test(threads_share_a_cache_that_is_too_small),
	};
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
