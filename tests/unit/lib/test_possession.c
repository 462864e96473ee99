/* SPDX-License-Identifier: Apache-2.0 */
/* Proof of possession through the shared library, both sides. What is refused by which check: client/possession. */
#include "attest/attest.h"

#include "../../support/test.h"
#include "../../support/token.h"
#include "base/clock.h"
#include "base/own.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define AUDIENCE "https://rp.example"

static struct test_issuer issuer;
static struct attest_verifier *verifier;
static struct attest_expectation *expectation;
static struct privkey *attested, *other;
static char *attested_pem, *other_pem, *attested_jwk, *token;
static struct attest_result *accepted;
static const uint8_t secret[32] = { 7 };

static char *
pem_of(const struct privkey *key)
{
	struct secret pem;
	struct buf out;

	if (privkey_to_pem(key, &pem, NULL) < 0)
		abort();
	buf_init(&out, 8192);
	buf_add(&out, secret_bytes(&pem));
	secret_release(&pem);
	return test_issuer_text(&out);
}

static char *
jwk_of(const struct privkey *key)
{
	struct arena a;
	struct buf out;

	arena_init(&a, 65536);
	buf_init(&out, 8192);
	json_emit(&out,
	    jwk_emit(&a, privkey_public(key), SIG_ES256, BYTES("k"), (struct bytes){ 0 }),
	    JSON_SORTED);
	arena_release(&a);
	return test_issuer_text(&out);
}

static int
setup(void **state)
{
	char members[2048];

	(void)state;
	test_issuer_make(&issuer, KEY_P256);
	verifier = attest_verifier_new_with_jwks(issuer.jwks, strlen(issuer.jwks), NULL);
	expectation = attest_expectation_new();
	attest_expectation_issuer(expectation, TEST_ISSUER);
	attest_expectation_type(expectation, "sgx");
	attest_expectation_any_age(expectation);
	if (privkey_generate(KEY_P256, &attested, NULL) < 0 ||
	    privkey_generate(KEY_P256, &other, NULL) < 0)
		return -1;
	attested_pem = pem_of(attested);
	other_pem = pem_of(other);
	attested_jwk = jwk_of(attested);
	snprintf(members, sizeof(members),
	    "\"exp\":%lld,\"iss\":\"" TEST_ISSUER
	    "\",\"jti\":\"1\",\"x-ms-attestation-type\":\"sgx\",\"x-ms-runtime\":{\"keys\":[%s]},"
	    "\"x-ms-sgx-is-debuggable\":false",
	    (long long)clock_now_at() + 3600, attested_jwk);
	token = test_issuer_token(&issuer, members);
	return attest_verify(verifier, token, strlen(token), expectation, &accepted, NULL) !=
	    ATTEST_ACCEPTED;
}

static int
teardown(void **state)
{
	(void)state;
	attest_result_free(accepted);
	attest_verifier_free(verifier);
	attest_expectation_free(expectation);
	test_issuer_release(&issuer);
	privkey_free(attested);
	privkey_free(other);
	free(attested_pem);
	free(other_pem);
	free(attested_jwk);
	free(token);
	return 0;
}

/* An answer, the caller's to free. */
static char *
answer(const char *audience, const char *challenge, const char *context)
{
	struct attest_possession *p = attest_possession_new(token, strlen(token), audience,
	    challenge, context, context == NULL ? 0 : strlen(context), NULL);
	char *out;

	assert_non_null(p);
	assert_null(attest_possession_text(p));
	assert_int_equal(attest_possession_sign(p, attested_pem, NULL), 0);
	out = strdup(attest_possession_text(p));
	attest_possession_free(p);
	return out;
}

static struct attest_challenge *
challenge(const char *context)
{
	struct attest_challenge *c = attest_challenge_new(AUDIENCE, context,
	    context == NULL ? 0 : strlen(context), 60, NULL);

	assert_non_null(c);
	assert_int_equal(strlen(attest_challenge_text(c)), 43);
	return c;
}

static void
holder_of_the_key_is_believed_once(void **state)
{
	struct attest_challenge *c = challenge("session");
	char *text = answer(AUDIENCE, attest_challenge_text(c), "session");
	struct attest_result *r = NULL;

	(void)state;
	assert_int_equal(attest_challenge_verify(c, accepted, text, strlen(text), &r, NULL),
	    ATTEST_ACCEPTED);
	assert_int_equal(strlen(attest_possession_key(r)), 43);
	assert_null(attest_result_claim_string(r, "iss"));
	assert_null(attest_proof_checkpoint(r));
	attest_result_free(r);
	assert_int_equal(attest_challenge_verify(c, accepted, text, strlen(text), &r, NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "possession.replayed");
	assert_null(attest_possession_key(r));
	attest_result_free(r);
	attest_challenge_free(c);
	free(text);
}

static void
answer_that_was_refused_spends_the_challenge_too(void **state)
{
	struct attest_challenge *c = challenge(NULL);
	char *text = answer(AUDIENCE, attest_challenge_text(c), NULL);
	struct attest_result *r = NULL;

	(void)state;
	assert_int_equal(attest_challenge_verify(c, accepted, "a.b.c", 5, &r, NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "possession.format");
	attest_result_free(r);
	assert_int_equal(attest_challenge_verify(c, accepted, text, strlen(text), NULL, NULL),
	    ATTEST_REFUSED);
	attest_challenge_free(c);
	free(text);
}

static void
each_refusal_has_its_check_and_stands_alone(void **state)
{
	const struct {
		const char *audience, *context, *check;
	} rows[] = { { "https://evil.example", "session", "possession.audience" },
		{ AUDIENCE, "another", "possession.context" },
		{ AUDIENCE, NULL, "possession.context" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct attest_challenge *c = challenge("session");
		char *text = answer(rows[i].audience, attest_challenge_text(c), rows[i].context);
		struct attest_result *r = NULL;

		assert_int_equal(attest_challenge_verify(c, accepted, text, strlen(text), &r, NULL),
		    ATTEST_REFUSED);
		attest_challenge_free(c);
		free(text);
		assert_string_equal(attest_result_failed_check(r), rows[i].check);
		for (size_t k = 0; k < attest_result_check_count(r); k++)
			if (strcmp(attest_result_check_id(r, k), "possession.audience") == 0)
				assert_string_equal(attest_result_check_wanted(r, k), AUDIENCE);
		attest_result_free(r);
	}
}

static void
token_that_was_not_accepted_names_no_key(void **state)
{
	struct attest_challenge *c = challenge(NULL);
	char *text = answer(AUDIENCE, attest_challenge_text(c), NULL);
	struct attest_result *refused = NULL, *r = NULL;

	(void)state;
	assert_int_equal(attest_verify_at(verifier, token, strlen(token), expectation,
			     clock_now_at() + 10000, &refused, NULL),
	    ATTEST_REFUSED);
	assert_int_equal(attest_challenge_verify(c, refused, text, strlen(text), &r, NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "possession.token");
	attest_result_free(r);
	attest_result_free(refused);
	attest_challenge_free(c);
	free(text);
}

static void
sealed_challenge_needs_no_memory_and_keeps_its_session(void **state)
{
	struct attest_challenger *one = attest_challenger_new(AUDIENCE, secret, sizeof(secret), 60,
				     NULL),
				 *two = attest_challenger_new(AUDIENCE, secret, sizeof(secret), 60,
				     NULL);
	char text[ATTEST_CHALLENGE_SIZE], *said;
	struct attest_result *r = NULL;

	(void)state;
	assert_int_equal(attest_challenger_make(one, "s", 1, text, sizeof(text), NULL), 0);
	said = answer(AUDIENCE, text, "s");
	attest_challenger_free(one);
	/* Another process would do; and again, which is what it cannot stop. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(attest_challenger_verify(two, "s", 1, accepted, said, strlen(said),
				     NULL, NULL),
		    ATTEST_ACCEPTED);
	assert_int_equal(attest_challenger_verify(two, "t", 1, accepted, said, strlen(said), &r,
			     NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "possession.context");
	attest_result_free(r);
	free(said);
	said = answer(AUDIENCE, text, "t");
	assert_int_equal(attest_challenger_verify(two, "t", 1, accepted, said, strlen(said), &r,
			     NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "possession.nonce");
	attest_result_free(r);
	free(said);
	attest_challenger_free(two);
}

static void
challenge_grows_old(void **state)
{
	struct attest_challenge *c = challenge(NULL);
	char *text = answer(AUDIENCE, attest_challenge_text(c), NULL);
	struct attest_challenger *sealer =
	    attest_challenger_new(AUDIENCE, secret, sizeof(secret), 1, NULL);
	char sealed[ATTEST_CHALLENGE_SIZE], *said;
	struct attest_result *r = NULL;

	(void)state;
	assert_int_equal(attest_challenger_make(sealer, NULL, 0, sealed, sizeof(sealed), NULL), 0);
	said = answer(AUDIENCE, sealed, NULL);
	assert_int_equal(usleep(2100000), 0);
	assert_int_equal(attest_challenger_verify(sealer, NULL, 0, accepted, said, strlen(said), &r,
			     NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "possession.expired");
	attest_result_free(r);
	assert_int_equal(attest_challenge_verify(c, accepted, text, strlen(text), NULL, NULL),
	    ATTEST_ACCEPTED);
	attest_challenge_free(c);
	attest_challenger_free(sealer);
	free(text);
	free(said);
}

/* A key that stays where it is. */
static int
sign_elsewhere(void *user, const char *alg, const void *message, size_t size,
    struct attest_signature *out)
{
	uint8_t sig[MAX_SIG_SIZE];
	size_t sig_size;

	assert_string_equal(alg, "ES256");
	if (privkey_sign(user, SIG_ES256, SIG_RAW, bytes_of(message, size), sig, &sig_size, NULL) <
	    0)
		return -1;
	attest_signature_set(out, sig, sig_size);
	return 0;
}

static int
sign_not_at_all(void *user, const char *alg, const void *message, size_t size,
    struct attest_signature *out)
{
	(void)alg;
	(void)message;
	(void)size;
	attest_signature_set(out, NULL, 7);
	attest_signature_set(out, "x", 1000000);
	attest_signature_set(NULL, "x", 1);
	return user == NULL ? 0 : 1;
}

static void
key_may_stay_where_it_is(void **state)
{
	const char *const keys[] = { NULL, attested_jwk };
	struct attest_error *e = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct attest_challenge *c = challenge(NULL);
		struct attest_possession *p = attest_possession_new(token, strlen(token), AUDIENCE,
		    attest_challenge_text(c), NULL, 0, NULL);
		const char *text;

		assert_int_equal(attest_possession_sign_by(p, keys[i], sign_elsewhere, other, &e),
		    -1);
		assert_int_equal(attest_error_code(e), ATTEST_ERROR_INVALID);
		attest_error_free(e);
		assert_int_equal(attest_possession_sign_by(p, keys[i], sign_not_at_all, NULL, NULL),
		    -1);
		assert_int_equal(attest_possession_sign_by(p, keys[i], sign_not_at_all, c, &e), -1);
		assert_int_equal(attest_error_code(e), ATTEST_ERROR_UNAVAILABLE);
		attest_error_free(e);
		assert_null(attest_possession_text(p));
		assert_int_equal(attest_possession_sign_by(p, keys[i], sign_elsewhere, attested,
				     NULL),
		    0);
		text = attest_possession_text(p);
		assert_int_equal(attest_challenge_verify(c, accepted, text, strlen(text), NULL,
				     NULL),
		    ATTEST_ACCEPTED);
		attest_possession_free(p);
		attest_challenge_free(c);
	}
}

static void
attester_with_another_key_is_told(void **state)
{
	struct attest_possession *p =
	    attest_possession_new(token, strlen(token), AUDIENCE, "n", NULL, 0, NULL);
	struct attest_error *e = NULL;

	(void)state;
	assert_int_equal(attest_possession_sign(p, other_pem, &e), -1);
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_INCOMPLETE);
	attest_error_free(e);
	assert_int_equal(attest_possession_sign(p, "no key", NULL), -1);
	assert_int_equal(attest_possession_sign(p, NULL, NULL), -1);
	assert_int_equal(attest_possession_sign(NULL, attested_pem, NULL), -1);
	assert_int_equal(attest_possession_sign_by(p, "{}", sign_elsewhere, attested, NULL), -1);
	assert_int_equal(attest_possession_sign_by(p, "nobody", sign_elsewhere, attested, NULL),
	    -1);
	assert_int_equal(attest_possession_sign_by(p, NULL, NULL, NULL, NULL), -1);
	assert_null(attest_possession_text(p));
	attest_possession_free(p);
}

static int
never_asked(void *user, const char *alg, const void *message, size_t size,
    struct attest_signature *out)
{
	(void)user;
	(void)alg;
	(void)message;
	(void)size;
	(void)out;
	fail();
	return -1;
}

static void
arguments_that_make_no_sense_fail(void **state)
{
	struct attest_challenge *c = challenge(NULL);
	struct attest_challenger *s =
	    attest_challenger_new(AUDIENCE, secret, sizeof(secret), 60, NULL);
	struct attest_result *r = (struct attest_result *)1;
	struct attest_error *e = NULL;
	static const char large[2097152];
	char room[ATTEST_CHALLENGE_SIZE];
	struct attest_possession *p;

	(void)state;
	assert_null(attest_challenge_new(NULL, NULL, 0, 60, &e));
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_INVALID);
	assert_non_null(strstr(attest_error_message(e), "no audience was given"));
	attest_error_free(e);
	assert_null(attest_challenge_new(AUDIENCE, large, sizeof(large), 60, &e));
	assert_non_null(strstr(attest_error_message(e), "a context of"));
	attest_error_free(e);
	assert_null(attest_challenge_new("", NULL, 0, 60, NULL));
	assert_null(attest_challenge_new("a b", NULL, 0, 60, NULL));
	assert_null(attest_challenge_new(AUDIENCE, NULL, 3, 60, NULL));
	assert_null(attest_challenge_new(AUDIENCE, NULL, 0, 0, NULL));
	assert_null(attest_challenge_new(AUDIENCE, NULL, 0, 3601, NULL));
	assert_null(attest_challenger_new(AUDIENCE, secret, 31, 60, NULL));
	assert_null(attest_challenger_new(AUDIENCE, NULL, 32, 60, NULL));
	assert_int_equal(attest_challenger_make(s, NULL, 0, room, 20, NULL), -1);
	assert_int_equal(attest_challenger_make(s, NULL, 0, NULL, 128, NULL), -1);
	assert_int_equal(attest_challenger_make(NULL, NULL, 0, room, sizeof(room), NULL), -1);
	assert_null(attest_possession_new(large, sizeof(large), AUDIENCE, "n", NULL, 0, &e));
	assert_non_null(strstr(attest_error_message(e), "a token of"));
	attest_error_free(e);
	p = attest_possession_new(token, strlen(token), AUDIENCE, "n", NULL, 0, NULL);
	assert_int_equal(attest_possession_sign_by(p, "{\"kty\":\"oct\",\"k\":\"AA\"}", never_asked,
			     NULL, &e),
	    -1);
	assert_non_null(strstr(attest_error_message(e), "not a JWK of kty"));
	attest_error_free(e);
	attest_possession_free(p);
	assert_null(attest_possession_new(NULL, 0, AUDIENCE, "n", NULL, 0, NULL));
	assert_null(attest_possession_new(token, strlen(token), NULL, "n", NULL, 0, NULL));
	assert_null(attest_possession_new(token, strlen(token), AUDIENCE, NULL, NULL, 0, NULL));
	assert_null(attest_possession_new(token, strlen(token), AUDIENCE, "n", NULL, 1, NULL));
	assert_int_equal(attest_challenge_verify(NULL, accepted, "x", 1, &r, &e), ATTEST_FAILED);
	assert_null(r);
	attest_error_free(e);
	assert_int_equal(attest_challenge_verify(c, NULL, "x", 1, NULL, NULL), ATTEST_FAILED);
	assert_int_equal(attest_challenge_verify(c, accepted, NULL, 0, NULL, NULL), ATTEST_FAILED);
	assert_int_equal(attest_challenger_verify(s, NULL, 1, accepted, "x", 1, NULL, NULL),
	    ATTEST_FAILED);
	assert_string_equal(attest_challenge_text(NULL), "");
	assert_null(attest_possession_text(NULL));
	assert_null(attest_possession_key(NULL));
	attest_challenge_free(NULL);
	attest_challenger_free(NULL);
	attest_possession_free(NULL);
	attest_challenge_free(c);
	attest_challenger_free(s);
}

struct race {
	struct attest_challenge *c;
	const char *text;
	atomic_int *yes;
};

static void *
answer_at_once(void *user)
{
	struct race *race = user;
	struct attest_result *mine = NULL;

	if (attest_verify(verifier, token, strlen(token), expectation, &mine, NULL) ==
		ATTEST_ACCEPTED &&
	    attest_challenge_verify(race->c, mine, race->text, strlen(race->text), NULL, NULL) ==
		ATTEST_ACCEPTED)
		atomic_fetch_add(race->yes, 1);
	attest_result_free(mine);
	return NULL;
}

static void
of_many_threads_with_the_same_answer_one_is_believed(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct attest_challenge *c = challenge(NULL);
		char *text = answer(AUDIENCE, attest_challenge_text(c), NULL);
		atomic_int yes = 0;
		struct race race = { c, text, &yes };
		pthread_t threads[4];

		for (size_t i = 0; i < COUNT_OF(threads); i++)
			assert_int_equal(pthread_create(&threads[i], NULL, answer_at_once, &race),
			    0);
		for (size_t i = 0; i < COUNT_OF(threads); i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(atomic_load(&yes), 1);
		attest_challenge_free(c);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holder_of_the_key_is_believed_once),
		cmocka_unit_test(answer_that_was_refused_spends_the_challenge_too),
		cmocka_unit_test(each_refusal_has_its_check_and_stands_alone),
		cmocka_unit_test(token_that_was_not_accepted_names_no_key),
		cmocka_unit_test(sealed_challenge_needs_no_memory_and_keeps_its_session),
		cmocka_unit_test(challenge_grows_old),
		cmocka_unit_test(key_may_stay_where_it_is),
		cmocka_unit_test(attester_with_another_key_is_told),
		cmocka_unit_test(arguments_that_make_no_sense_fail),
		cmocka_unit_test(of_many_threads_with_the_same_answer_one_is_believed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
