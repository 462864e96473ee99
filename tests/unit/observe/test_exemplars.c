/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/exemplars.h"

#include "../../support/arena.h"
#include "../../support/test.h"

#include <stdio.h>
#include <string.h>

#define NOW 1700000000

static void
keep(struct exemplars *x, const char *id, bool accepted, uint32_t reason, size_t size, int64_t at)
{
	static uint8_t text[4096];
	struct exemplar in = { .id = bytes_of_str(id),
		.accepted = accepted,
		.reason = reason,
		.document = bytes_of(text, size) };

	memset(text, 'x', sizeof(text));
	memset(in.key_hash, 7, sizeof(in.key_hash));
	exemplars_add(x, &in, at);
}

static bool
has(struct exemplars *x, const char *id, int64_t at)
{
	struct exemplar out;

	return exemplars_find(x, bytes_of_str(id), at, &arena, &out);
}

static void
what_was_kept_is_found_whole(void **state)
{
	struct exemplars *x = exemplars_new(EXEMPLARS_LIMITS_DEFAULT);
	struct exemplar out;

	(void)state;
	keep(x, "a", false, 1, 100, NOW);
	assert_true(exemplars_find(x, BYTES("a"), NOW, &arena, &out));
	assert_int_equal(out.document.size, 100);
	assert_int_equal(out.key_hash[31], 7);
	assert_false(out.accepted);
	assert_false(has(x, "b", NOW));
	assert_false(has(x, "", NOW));
	exemplars_unref(x);
}

static void
nothing_outlives_its_lifetime(void **state)
{
	struct exemplars *x = exemplars_new((struct exemplars_limits){ .max_bytes = 1 << 20,
	    .lifetime_s = 60,
	    .accepted_every = 1 });
	size_t count, bytes;

	(void)state;
	keep(x, "a", false, 1, 100, NOW);
	keep(x, "b", true, 1, 100, NOW + 30);
	assert_true(has(x, "a", NOW + 60));
	assert_false(has(x, "a", NOW + 61));
	assert_true(has(x, "b", NOW + 61));
	assert_false(has(x, "b", NOW + 91));
	exemplars_amount(x, &count, &bytes);
	assert_int_equal(count, 0);
	assert_int_equal(bytes, 0);
	exemplars_unref(x);
}

static void
a_flood_of_one_refusal_pushes_out_neither_others_nor_acceptances(void **state)
{
	struct exemplars *x = exemplars_new((
	    struct exemplars_limits){ .max_bytes = 65536, .lifetime_s = 600, .accepted_every = 1 });
	size_t count, bytes;

	(void)state;
	keep(x, "first", false, 1, 1000, NOW);
	keep(x, "other", false, 2, 1000, NOW);
	keep(x, "yes", true, 0, 1000, NOW);
	for (int i = 0; i < 500; i++) {
		char id[16];

		snprintf(id, sizeof(id), "r%d", i);
		keep(x, id, false, 1, 1000, NOW);
	}
	assert_true(has(x, "first", NOW));
	assert_true(has(x, "other", NOW));
	assert_true(has(x, "yes", NOW));
	assert_false(has(x, "r0", NOW));
	assert_true(has(x, "r499", NOW));
	exemplars_amount(x, &count, &bytes);
	assert_true(bytes <= 65536);
	exemplars_unref(x);
}

static void
a_document_beyond_its_share_is_not_kept(void **state)
{
	struct exemplars *x = exemplars_new(
	    (struct exemplars_limits){ .max_bytes = 4096, .lifetime_s = 600, .accepted_every = 1 });

	(void)state;
	keep(x, "a", true, 1, 3000, NOW);
	assert_false(has(x, "a", NOW));
	keep(x, "b", false, 1, 0, NOW);
	assert_false(has(x, "b", NOW));
	exemplars_unref(x);
}

static void
acceptances_are_sampled(void **state)
{
	struct exemplars *x = exemplars_new(
	    (struct exemplars_limits){ .max_bytes = 1, .lifetime_s = 1, .accepted_every = 4 });
	struct exemplars *none = exemplars_new((struct exemplars_limits){ .accepted_every = 0 });
	int wanted = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		wanted += exemplars_wants_accepted(x);
	assert_int_equal(wanted, 25);
	assert_false(exemplars_wants_accepted(none));
	exemplars_unref(x);
	exemplars_unref(none);
}

static void
stores_of_two_instances_know_nothing_of_each_other(void **state)
{
	struct exemplars *x = exemplars_new(EXEMPLARS_LIMITS_DEFAULT);
	struct exemplars *y = exemplars_new(EXEMPLARS_LIMITS_DEFAULT);

	(void)state;
	keep(x, "a", false, 1, 100, NOW);
	assert_false(has(y, "a", NOW));
	exemplars_unref(exemplars_ref(x));
	assert_true(has(x, "a", NOW));
	exemplars_unref(x);
	exemplars_unref(y);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_kept_is_found_whole),
		cmocka_unit_test(nothing_outlives_its_lifetime),
		cmocka_unit_test(a_flood_of_one_refusal_pushes_out_neither_others_nor_acceptances),
		cmocka_unit_test(a_document_beyond_its_share_is_not_kept),
		cmocka_unit_test(acceptances_are_sampled),
		cmocka_unit_test(stores_of_two_instances_know_nothing_of_each_other),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
