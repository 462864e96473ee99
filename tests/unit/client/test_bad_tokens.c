/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each row of tests/support/bad_tokens.def is refused by the check that it names: the first that fails, with the verdict of
 * its row in trace/checks.def. The good token is judged beside each.
 */
#include "client/verify.h"

#include "../../support/bad_tokens.h"
#include "../../support/verdict.h"

static struct arena set;
static struct jwks keys;

static void
judge(struct bytes text, struct bytes expectation, struct trace *t)
{
	struct token_expectation want = TOKEN_EXPECTATION;
	struct token_seen seen = { 0 };
	struct err e = { 0 };

	if (expectation_parse(&want, &a, expectation, &e) < 0 ||
	    expectation_complete(&want, &e) < 0)
		fail_msg("%s", e.msg);
	trace_init(t, &a, "token", BAD_TOKEN_NOW);
	assert_int_equal(token_judge(text, &keys, &want, BAD_TOKEN_NOW, &a, t, &seen, &e), 0);
	assert_false(t->fault);
}

static void
each_row(bool is_bad)
{
	size_t wrong = 0;
	struct trace t;

	for (size_t i = 0; i < COUNT_OF(bad_tokens); i++) {
		struct bytes text, expectation;

		bad_token_make(&bad_tokens[i], is_bad, &text, &expectation);
		judge(text, expectation, &t);
		assert_true(check_find(bad_tokens[i].check) != CHECK_NONE);
		if (!has_ended_at(&t, is_bad ? check_find(bad_tokens[i].check) : CHECK_NONE)) {
			print_message("# %s\n", bad_tokens[i].name);
			wrong++;
		}
		arena_reset(&a);
	}
	assert_int_equal(wrong, 0);
}

static void
each_bad_token_is_refused_by_its_own_check(void **state)
{
	(void)state;
	assert_true(COUNT_OF(bad_tokens) >= 60);
	each_row(true);
}

static void
the_good_token_beside_each_is_accepted(void **state)
{
	(void)state;
	each_row(false);
}

static void
find_stale(void *user, struct bytes kid, struct token_keys *out)
{
	(void)user;
	(void)kid;
	*out = (struct token_keys){ .set = &keys,
		.is_stale = true,
		.fetched_at = BAD_TOKEN_NOW - 100000 };
}

static void
keys_that_are_too_old_decide_nothing(void **state)
{
	const struct token_key_source source = { find_stale, NULL };
	struct token_expectation want = TOKEN_EXPECTATION;
	struct bytes text =
	    token(bytes_of_str(good_header), filled(bytes_of_str(good_payload)), SIGN_EC);
	struct token_seen seen = { 0 };
	struct trace t;

	(void)state;
	assert_int_equal(expectation_parse(&want, &a, filled(bytes_of_str(good_expectation)), NULL),
	    0);
	trace_init(&t, &a, "token", BAD_TOKEN_NOW);
	assert_int_equal(token_judge_by(text, &source, &want, BAD_TOKEN_NOW, &a, &t, &seen, NULL),
	    0);
	assert_ended_at(&t, CHECK_TOKEN_KEYS_STALE);
	assert_int_equal(verdict_of_failed(CHECK_TOKEN_KEYS_STALE), VERDICT_UNDECIDED);
}

static int
setup(void **state)
{
	arena_init(&set, 1u << 20);
	return bad_tokens_setup(state) == 0 && jwks_parse(bad_token_jwks, &set, &keys, NULL) == 0
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	jwks_release(&keys);
	arena_release(&set);
	return bad_tokens_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bad_token_is_refused_by_its_own_check),
		cmocka_unit_test(the_good_token_beside_each_is_accepted),
		cmocka_unit_test(keys_that_are_too_old_decide_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
