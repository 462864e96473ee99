/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bad tokens of tests/support/bad_tokens.def as a program of somebody else's meets them: through the shared library,
 * with the expectation as text. Each is refused by the check that it names, and nothing of it can be read.
 */
#include "attest/attest.h"

#include "../../support/bad_tokens.h"
#include "trace/trace.h"

static struct attest_verifier *verifier;

static enum attest_verdict
judge(const struct bad_token *row, bool is_bad, struct attest_result **r)
{
	struct attest_expectation *x;
	struct attest_error *e = NULL;
	struct bytes text, expectation;
	enum attest_verdict v, once_more;

	bad_token_make(row, is_bad, &text, &expectation);
	x = attest_expectation_from_text((const char *)expectation.p, expectation.size, &e);
	if (x == NULL)
		fail_msg("%s", attest_error_message(e));
	v = attest_verify_at(verifier, (const char *)text.p, text.size, x, BAD_TOKEN_NOW, r, &e);
	if (v == ATTEST_FAILED)
		fail_msg("%s", attest_error_message(e));
	once_more = attest_verify_at(verifier, (const char *)text.p, text.size, x, BAD_TOKEN_NOW,
	    NULL, NULL);
	assert_int_equal(v, once_more);
	assert_int_equal(v, attest_result_verdict(*r));
	attest_expectation_free(x);
	arena_reset(&a);
	return v;
}

static bool
has_failed(const struct attest_result *r, const char *check)
{
	for (size_t i = 0; i < attest_result_check_count(r); i++)
		if (strcmp(attest_result_check_id(r, i), check) == 0)
			return attest_result_check_outcome(r, i) == ATTEST_OUTCOME_FAILED;
	return false;
}

static bool
ended_at(const struct attest_result *r, const char *check)
{
	const char *failed = attest_result_failed_check(r);

	return failed != NULL && strcmp(failed, check) == 0 && has_failed(r, check);
}

static bool
says_nothing(struct attest_result *r)
{
	int64_t number = 5;

	return attest_result_claim_string(r, "iss") == NULL &&
	    attest_result_claim_json(r, "jti") == NULL &&
	    !attest_result_claim_int(r, "exp", &number) && number == 5 &&
	    attest_result_attester_claim_string(r, "nonce") == NULL;
}

static void
each_bad_token_is_refused_by_its_own_check(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad_tokens); i++) {
		enum check_id id = check_find(bad_tokens[i].check);
		enum attest_verdict want =
		    check_table[id].on_fail == REFUSE ? ATTEST_REFUSED : ATTEST_UNDECIDED;
		struct attest_result *r = NULL;
		enum attest_verdict seen = judge(&bad_tokens[i], true, &r);

		if (seen != want || !ended_at(r, bad_tokens[i].check) || !says_nothing(r)) {
			print_message("# %s: %d at %s\n", bad_tokens[i].name, seen,
			    seen == ATTEST_ACCEPTED ? "no check" : attest_result_failed_check(r));
			wrong++;
		}
		attest_result_free(r);
	}
	assert_int_equal(wrong, 0);
}

static void
the_good_token_beside_each_is_accepted_and_can_be_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad_tokens); i++) {
		struct attest_result *r = NULL;

		if (judge(&bad_tokens[i], false, &r) != ATTEST_ACCEPTED)
			fail_msg("%s: %s", bad_tokens[i].name, attest_result_failed_check(r));
		assert_string_equal(attest_result_claim_string(r, "iss"), "https://i.example");
		assert_null(attest_result_failed_check(r));
		attest_result_free(r);
	}
}

static int
setup(void **state)
{
	if (bad_tokens_setup(state) < 0)
		return -1;
	verifier = attest_verifier_new_with_jwks((const char *)bad_token_jwks.p,
	    bad_token_jwks.size, NULL);
	return verifier == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	attest_verifier_free(verifier);
	return bad_tokens_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bad_token_is_refused_by_its_own_check),
		cmocka_unit_test(the_good_token_beside_each_is_accepted_and_can_be_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
