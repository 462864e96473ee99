/* SPDX-License-Identifier: Apache-2.0 */
/* Verifiers and verdicts through the shared library, as a program of somebody else's has it. */
#define ATTEST_BUILD_ALLOWS_DEV_ISSUERS
#include "attest/attest.h"

#include "../../support/test.h"
#include "../../support/token.h"
#include "base/own.h"

#include <pthread.h>

static struct test_issuer issuer;
static struct attest_verifier *verifier;

static int
setup(void **state)
{
	(void)state;
	test_issuer_make(&issuer, KEY_P256);
	verifier = attest_verifier_new_with_jwks(issuer.jwks, strlen(issuer.jwks), NULL);
	return verifier == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	attest_verifier_free(verifier);
	test_issuer_release(&issuer);
	return 0;
}

static struct attest_expectation *
plain(void)
{
	struct attest_expectation *x = attest_expectation_new();

	attest_expectation_issuer(x, TEST_ISSUER);
	attest_expectation_type(x, "SgxEnclave");
	attest_expectation_any_age(x);
	return x;
}

static enum attest_verdict
verify(const char *members, struct attest_expectation *x, struct attest_result **r,
    struct attest_error **error)
{
	char *token = test_issuer_token(&issuer, members);
	enum attest_verdict v =
	    attest_verify_at(verifier, token, strlen(token), x, TEST_NOW, r, error);

	free(token);
	return v;
}

static void
good_token_is_accepted_with_all_its_checks(void **state)
{
	struct attest_expectation *x = plain();
	struct attest_result *r = NULL;

	(void)state;
	assert_int_equal(verify(TEST_CLAIMS, x, &r, NULL), ATTEST_ACCEPTED);
	attest_expectation_free(x);
	assert_int_equal(attest_result_verdict(r), ATTEST_ACCEPTED);
	assert_null(attest_result_failed_check(r));
	assert_true(attest_result_check_count(r) > 20);
	for (size_t i = 0; i < attest_result_check_count(r); i++) {
		enum attest_outcome o = attest_result_check_outcome(r, i);

		assert_true(o == ATTEST_OUTCOME_PASSED || o == ATTEST_OUTCOME_NOT_ASKED);
		assert_non_null(attest_result_check_id(r, i));
	}
	attest_result_free(r);
}

static void
refusal_has_its_check_and_no_claims(void **state)
{
	struct attest_expectation *x = plain();
	struct attest_result *r = NULL;
	size_t at = 0;

	(void)state;
	attest_expectation_nonce(x, "n-1");
	assert_int_equal(verify(TEST_CLAIMS ",\"nonce\":\"n-2\"", x, &r, NULL), ATTEST_REFUSED);
	/* The result stands alone. */
	attest_expectation_free(x);
	assert_string_equal(attest_result_failed_check(r), "token.nonce");
	while (strcmp(attest_result_check_id(r, at), "token.nonce") != 0)
		at++;
	assert_int_equal(attest_result_check_outcome(r, at), ATTEST_OUTCOME_FAILED);
	assert_string_equal(attest_result_check_seen(r, at), "n-2");
	assert_string_equal(attest_result_check_wanted(r, at), "n-1");
	assert_non_null(attest_result_check_source(r, at));
	assert_non_null(attest_result_check_remedy(r, at));
	assert_null(attest_result_claim_string(r, "iss"));
	assert_null(attest_result_claim_json(r, "exp"));
	assert_null(attest_result_attester_claim_string(r, "nonce"));
	attest_result_free(r);
}

static void
verdicts_are_told_apart_by_every_habit(void **state)
{
	(void)state;
	/* rc == 0, !rc and rc < 0 are never a yes, and no two are the same. */
	assert_true(ATTEST_ACCEPTED > 1);
	assert_true(ATTEST_REFUSED < 0 && ATTEST_UNDECIDED < 0 && ATTEST_FAILED < 0);
	assert_true(ATTEST_REFUSED != ATTEST_UNDECIDED && ATTEST_UNDECIDED != ATTEST_FAILED &&
	    ATTEST_REFUSED != ATTEST_FAILED);
}

static void
unknown_key_is_undecided(void **state)
{
	struct attest_verifier *v = attest_verifier_new_with_jwks("{\"keys\":[]}", 11, NULL);
	struct attest_expectation *x = plain();
	char *token = test_issuer_token(&issuer, TEST_CLAIMS);

	(void)state;
	assert_int_equal(attest_verify_at(v, token, strlen(token), x, TEST_NOW, NULL, NULL),
	    ATTEST_UNDECIDED);
	free(token);
	attest_expectation_free(x);
	attest_verifier_free(v);
}

static void
token_of_the_past_is_refused_now(void **state)
{
	struct attest_expectation *x = plain();
	char *token = test_issuer_token(&issuer,
	    "\"exp\":1000,\"iss\":\"" TEST_ISSUER
	    "\",\"jti\":\"1\",\"x-ms-attestation-type\":\"sgx\",\"x-ms-sgx-is-debuggable\":false");
	struct attest_result *r = NULL;

	(void)state;
	assert_int_equal(attest_verify(verifier, token, strlen(token), x, &r, NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "token.expired");
	attest_result_free(r);
	assert_int_equal(attest_verify_at(verifier, token, strlen(token), x, 900, NULL, NULL),
	    ATTEST_ACCEPTED);
	free(token);
	attest_expectation_free(x);
}

static void
incomplete_expectation_verifies_nothing_and_says_what_is_missing(void **state)
{
	static const struct {
		int has;
		const char *says;
	} rows[] = { { 6, "issuer" }, { 5, "type" }, { 3, "freshness" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct attest_expectation *x = attest_expectation_new();
		struct attest_result *r = (struct attest_result *)1;
		struct attest_error *e = NULL;

		if ((rows[i].has & 1) != 0)
			attest_expectation_issuer(x, TEST_ISSUER);
		if ((rows[i].has & 2) != 0)
			attest_expectation_type(x, "sgx");
		if ((rows[i].has & 4) != 0)
			attest_expectation_max_age(x, 600);
		assert_int_equal(verify(TEST_CLAIMS, x, &r, &e), ATTEST_FAILED);
		assert_null(r);
		assert_int_equal(attest_error_code(e), ATTEST_ERROR_INCOMPLETE);
		assert_non_null(strstr(attest_error_message(e), rows[i].says));
		attest_error_free(e);
		attest_expectation_free(x);
	}
}

static void
expectation_that_was_changed_after_its_use_is_good_for_nothing(void **state)
{
	struct attest_expectation *x = plain();
	struct attest_error *e = NULL;

	(void)state;
	assert_int_equal(verify(TEST_CLAIMS, x, NULL, NULL), ATTEST_ACCEPTED);
	attest_expectation_allow_debug(x);
	assert_int_equal(verify(TEST_CLAIMS, x, NULL, &e), ATTEST_FAILED);
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_INVALID);
	attest_error_free(e);
	attest_expectation_free(x);
}

static void
arguments_that_are_missing_fail(void **state)
{
	struct attest_expectation *x = plain();
	struct attest_error *e = NULL;

	(void)state;
	assert_int_equal(attest_verify(NULL, "a.b.c", 5, x, NULL, &e), ATTEST_FAILED);
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_INVALID);
	attest_error_free(e);
	assert_int_equal(attest_verify(verifier, NULL, 0, x, NULL, NULL), ATTEST_FAILED);
	assert_int_equal(attest_verify(verifier, "a.b.c", 5, NULL, NULL, NULL), ATTEST_FAILED);
	assert_int_equal(attest_verify(verifier, "", 0, x, NULL, NULL), ATTEST_REFUSED);
	attest_expectation_free(x);
	attest_verifier_free(NULL);
	attest_expectation_free(NULL);
	attest_result_free(NULL);
	attest_error_free(NULL);
}

static void
keys_that_are_not_understood_make_no_verifier(void **state)
{
	static const char *const bad[] = { "", "{}", "{\"keys\":1}", "{\"keys\":[{}]}", "x" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct attest_error *e = NULL;

		assert_null(attest_verifier_new_with_jwks(bad[i], strlen(bad[i]), &e));
		assert_int_equal(attest_error_code(e), ATTEST_ERROR_MALFORMED);
		assert_true(attest_error_message(e)[0] != '\0');
		attest_error_free(e);
	}
	assert_null(attest_verifier_new_with_jwks(NULL, 0, NULL));
}

static void
dev_tokens_are_refused_unless_the_program_allows_them(void **state)
{
	static const char dev[] = "\"attest-dev\":true," TEST_CLAIMS;
	struct attest_verifier *v =
	    attest_verifier_new_with_jwks(issuer.jwks, strlen(issuer.jwks), NULL);
	struct attest_expectation *x = plain();
	struct attest_result *r = NULL;
	char *token = test_issuer_token(&issuer, dev);

	(void)state;
	assert_int_equal(attest_verify_at(v, token, strlen(token), x, TEST_NOW, &r, NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "token.dev");
	attest_result_free(r);
	attest_verifier_allow_dev_issuers(v);
	assert_int_equal(attest_verify_at(v, token, strlen(token), x, TEST_NOW, NULL, NULL),
	    ATTEST_ACCEPTED);
	free(token);
	attest_expectation_free(x);
	attest_verifier_free(v);
}

struct shared {
	struct attest_expectation *x;
	char *good, *bad;
	size_t wrong;
};

static void *
verify_many(void *user)
{
	struct shared *s = user;

	for (int i = 0; i < 200; i++) {
		struct attest_result *r = NULL;

		if (attest_verify_at(verifier, s->good, strlen(s->good), s->x, TEST_NOW, &r,
			NULL) != ATTEST_ACCEPTED ||
		    strcmp(attest_result_claim_string(r, "jti"), "0123") != 0)
			s->wrong++;
		attest_result_free(r);
		if (attest_verify_at(verifier, s->bad, strlen(s->bad), s->x, TEST_NOW, NULL,
			NULL) != ATTEST_REFUSED)
			s->wrong++;
	}
	return NULL;
}

static void
threads_share_verifier_and_expectation(void **state)
{
	struct shared s[4];
	pthread_t threads[4];
	struct attest_expectation *x = plain();
	char *good = test_issuer_token(&issuer, TEST_CLAIMS);
	char *bad = test_issuer_token(&issuer, TEST_CLAIMS ",\"x-ms-policy-result\":\"Updated\"");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(s); i++) {
		s[i] = (struct shared){ x, good, bad, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, verify_many, &s[i]), 0);
	}
	for (size_t i = 0; i < COUNT_OF(s); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(s[i].wrong, 0);
	}
	free(good);
	free(bad);
	attest_expectation_free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_token_is_accepted_with_all_its_checks),
		cmocka_unit_test(refusal_has_its_check_and_no_claims),
		cmocka_unit_test(verdicts_are_told_apart_by_every_habit),
		cmocka_unit_test(unknown_key_is_undecided),
		cmocka_unit_test(token_of_the_past_is_refused_now),
		cmocka_unit_test(incomplete_expectation_verifies_nothing_and_says_what_is_missing),
		cmocka_unit_test(expectation_that_was_changed_after_its_use_is_good_for_nothing),
		cmocka_unit_test(arguments_that_are_missing_fail),
		cmocka_unit_test(keys_that_are_not_understood_make_no_verifier),
		cmocka_unit_test(dev_tokens_are_refused_unless_the_program_allows_them),
		cmocka_unit_test(threads_share_verifier_and_expectation),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
