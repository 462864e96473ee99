/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A case for every way to damage synthetic evidence: its judgement ends at exactly the check that the damage is for, for
 * each type of evidence, without a cache, filling one, and out of one.
 *
 * With a check turned off (tools/mutate) only the damages of that check are run, and each must fail.
 */
#include "appraise/sgx.h"

#include "judged.h"

#include <stdio.h>

#define MAX_CASES 256

static struct synth_case
damaged(const struct synth_damage *d, enum synth_type type)
{
	struct synth_spec spec;

	synth_spec_init(&spec, type);
	spec.runtime_data = BYTES("runtime data");
	/* The damage binds other data. */
	if (d->check == CHECK_SGX_BINDING_INIT)
		spec.init_data = BYTES("init");
	return make(&spec, d->name);
}

static void
damage_ends_at_its_check(void **state)
{
	const struct synth_damage *d = *state;
	DEFER(endorsement_cache_freep)
	struct endorsement_cache *cache = endorsement_cache_new(1 << 20);

	for (int type = 0; type < SYNTH_TYPE_COUNT; type++) {
		if (synth_damage_find(d->name, (enum synth_type)type) != d)
			continue;
		struct synth_case c = damaged(d, (enum synth_type)type);
		DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, NULL, 0);

		for (int run = 0; run < 3; run++) {
			(void)judge_with(&c, snapshot, run == 0 ? NULL : cache, NOW);
			assert_ends_at(d->check);
		}
		arena_reset(&arena);
	}
}

static int
damage_setup(void **state)
{
	void *kept = *state;

	return judged_setup(&kept);
}

static bool
is_chosen(const struct synth_damage *d)
{
#ifdef ATTEST_MUTATE
	return mutated_check == CHECK_NONE || d->check == mutated_check;
#else
	(void)d;
	return true;
#endif
}

int
main(void)
{
	static struct CMUnitTest tests[MAX_CASES];
	static char names[MAX_CASES][64];
	size_t count = 0;

	for (size_t i = 0; i < synth_damage_count(); i++) {
		const struct synth_damage *d = synth_damage_at(i);

		if (!is_chosen(d))
			continue;
		if (count == MAX_CASES)
			return 1;
		(void)snprintf(names[count], sizeof(names[count]), "damage %s", d->name);
		tests[count] = (struct CMUnitTest){ .name = names[count],
			.test_func = damage_ends_at_its_check,
			.setup_func = damage_setup,
			.teardown_func = judged_teardown,
			.initial_state = (void *)(uintptr_t)d };
		count++;
	}
	return _cmocka_run_group_tests("damages", tests, count, NULL, judged_end);
}
