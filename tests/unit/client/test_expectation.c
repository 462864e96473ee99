/* SPDX-License-Identifier: Apache-2.0 */
/* What an expectation may say and must say, before any token is seen. */
#include "client/expectation.h"

#include "../../support/test.h"

#include <string.h>

static struct arena a;

static int
setup(void **state)
{
	(void)state;
	arena_init(&a, 1u << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

/* Issuer, type and freshness, each left out in turn. */
static void
expectation_that_leaves_something_open_is_incomplete(void **state)
{
	static const struct {
		bool issuer, type, age;
		const char *says; /* NULL: complete */
	} rows[] = {
		{ true, true, true, NULL },
		{ false, true, true, "issuer" },
		{ true, false, true, "type" },
		{ true, true, false, "freshness" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct token_expectation x = TOKEN_EXPECTATION;
		struct err e = { 0 };

		if (rows[i].issuer)
			x.issuer = BYTES("https://a.example");
		if (rows[i].type)
			x.type = BYTES("sgx");
		if (rows[i].age)
			x.max_age_s = 60;
		assert_int_equal(expectation_complete(&x, &e), rows[i].says == NULL ? 0 : -1);
		if (rows[i].says != NULL) {
			assert_int_equal(e.code, ERR_MISSING);
			assert_non_null(strstr(e.msg, rows[i].says));
		}
	}
}

static void
each_way_to_say_how_fresh_is_enough(void **state)
{
	struct token_expectation age = TOKEN_EXPECTATION, nonce = TOKEN_EXPECTATION,
				 any = TOKEN_EXPECTATION;
	struct token_expectation *all[] = { &age, &nonce, &any };

	(void)state;
	age.max_age_s = 0;
	nonce.nonce = BYTES("n");
	any.any_age = true;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		all[i]->issuer = BYTES("https://a.example");
		all[i]->type = BYTES("sgx");
		assert_int_equal(expectation_complete(all[i], NULL), 0);
	}
}

static void
second_nonce_is_a_mistake_and_the_same_again_is_not(void **state)
{
	struct token_expectation x = TOKEN_EXPECTATION;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(expectation_nonce(&x, &a, BYTES("one"), &e), 0);
	assert_int_equal(expectation_nonce(&x, &a, BYTES("one"), &e), 0);
	assert_int_equal(expectation_nonce(&x, &a, BYTES("two"), &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	assert_true(bytes_is_str(x.nonce, "one"));
}

static void
name_of_a_claim_has_a_length(void **state)
{
	static uint8_t name[MAX_EXPECT_CLAIM_SIZE + 1];
	struct json *yes = json_new_bool(&a, true);

	(void)state;
	memset(name, 'n', sizeof(name));
	for (size_t size = 0; size <= sizeof(name); size += MAX_EXPECT_CLAIM_SIZE / 2) {
		struct token_expectation x = TOKEN_EXPECTATION;

		assert_int_equal(expectation_claim(&x, &a, bytes_of(name, size), yes, NULL),
		    size == 0 ? -1 : 0);
	}
	struct token_expectation x = TOKEN_EXPECTATION;
	struct err e = { 0 };

	assert_int_equal(expectation_claim(&x, &a, BYTES_OF(name), yes, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	assert_null(x.rules);
}

static void
of_several_minimums_the_highest_holds(void **state)
{
	static const int64_t said[] = { 5, 3, 7, 7, 6 }, hold[] = { 5, 5, 7, 7, 7 };
	struct token_expectation x = TOKEN_EXPECTATION;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(said); i++) {
		int64_t shown = 0;

		assert_int_equal(expectation_min_svn(&x, &a, BYTES("x-ms-sgx-svn"), said[i], NULL),
		    0);
		assert_non_null(x.rules);
		assert_null(x.rules->next);
		assert_int_equal(x.rules->min, hold[i]);
		assert_int_equal(x.rules->values->count, 1);
		assert_true(json_int(x.rules->values->first, &shown) && shown == hold[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expectation_that_leaves_something_open_is_incomplete),
		cmocka_unit_test(each_way_to_say_how_fresh_is_enough),
		cmocka_unit_test(second_nonce_is_a_mistake_and_the_same_again_is_not),
		cmocka_unit_test(name_of_a_claim_has_a_length),
		cmocka_unit_test(of_several_minimums_the_highest_holds),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
