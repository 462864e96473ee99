/* SPDX-License-Identifier: Apache-2.0 */
/* A quote cut anywhere, and one with any byte changed, is never accepted. */
#include "appraise/sgx.h"

#include "judged.h"

static void
quote_cut_anywhere_is_refused(void **state)
{
	struct synth_case c = make_plain();
	struct bytes whole = c.evidence;
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, NULL, 0);

	(void)state;
	for (size_t size = 0; size < whole.size; size++) {
		c.evidence.size = size;
		assert_int_equal(judge_with(&c, snapshot, NULL, NOW), VERDICT_REFUSED);
	}
}

/* The PEM text may change where no certificate does: white space, and what a line end is. */
static bool
is_white(uint8_t c)
{
	return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r');
}

static void
sweep(unsigned version)
{
	DEFER(endorsement_cache_freep)
	struct endorsement_cache *cache = endorsement_cache_new(1 << 20);
	struct synth_spec spec;
	uint32_t seed = 12345 + version;

	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	spec.quote_version = version;
	struct synth_case c = make(&spec, NULL);
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, NULL, 0);
	size_t size = c.evidence.size;
	uint8_t *changed = arena_alloc(&arena, size);

	assert_non_null(changed);
	memcpy(changed, c.evidence.p, size);
	c.evidence.p = changed;
	assert_int_equal(judge_with(&c, snapshot, cache, NOW), VERDICT_ACCEPTED);
	/* What is made stays; each judgement has the other arena to itself. */
	struct arena kept = arena;

	arena_init(&arena, (size_t)4 << 20);
	for (size_t at = 0; at < size; at++) {
		uint8_t was = changed[at];

		seed = seed * 1103515245u + 12345u;
		changed[at] ^= (uint8_t)(1u << (seed >> 16) % 8);
		enum verdict v = judge_with(&c, snapshot, cache, NOW);

		if (v == VERDICT_ACCEPTED && !(is_white(was) && is_white(changed[at])))
			fail_msg("version %u: byte %zu, 0x%02x as 0x%02x, is accepted", version, at,
			    was, changed[at]);
		changed[at] = was;
		arena_reset(&arena);
	}
	arena_release(&arena);
	arena = kept;
}

static void
quote_with_any_byte_changed_is_not_accepted(void **state)
{
	(void)state;
	sweep(3);
}

static void
quote_of_version_5_with_any_byte_changed_is_not_accepted(void **state)
{
	(void)state;
	sweep(5);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, judged_setup, judged_teardown)
	const struct CMUnitTest tests[] = {
		T(quote_cut_anywhere_is_refused),
		T(quote_with_any_byte_changed_is_not_accepted),
		T(quote_of_version_5_with_any_byte_changed_is_not_accepted),
	};
	return cmocka_run_group_tests(tests, NULL, judged_end);
}
