/* SPDX-License-Identifier: Apache-2.0 */
#include "claims/claim_set.h"

#include "../../support/test.h"

#include <string.h>

static struct arena arena;
static struct claim_set set;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 4 << 20);
	set = (struct claim_set){ 0 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void
equal_claims_are_one(void **state)
{
	char name[] = "a", text[] = "x";

	(void)state;
	assert_int_equal(claim_set_text(&set, &arena, "a", BYTES("x"), NULL), 0);
	assert_int_equal(claim_set_text(&set, &arena, name, bytes_of_str(text), NULL), 0);
	assert_int_equal(claim_set_bool(&set, &arena, "a", true, NULL), 0);
	assert_int_equal(claim_set_bool(&set, &arena, "a", true, NULL), 0);
	assert_int_equal(claim_set_int(&set, &arena, "a", 1, NULL), 0);
	assert_int_equal(claim_set_int(&set, &arena, "a", 1, NULL), 0);
	assert_int_equal(set.count, 3);
}

/* An equal claim that is not read-only does not make one that is fit for the token. */
static void
what_is_read_only_once_stays_so(void **state)
{
	struct claim c = { .name = BYTES("a"), .type = CLAIM_INTEGER, .number = 1 };

	(void)state;
	assert_int_equal(claim_set_add(&set, &arena, &c, NULL), 0);
	assert_false(set.claims[0].read_only);
	c.read_only = true;
	assert_int_equal(claim_set_add(&set, &arena, &c, NULL), 0);
	assert_true(set.claims[0].read_only);
	c.read_only = false;
	assert_int_equal(claim_set_add(&set, &arena, &c, NULL), 0);
	assert_true(set.claims[0].read_only);
	assert_int_equal(set.count, 1);
}

static void
claims_that_differ_in_one_property_are_two(void **state)
{
	struct claim c = { .name = BYTES("a"), .type = CLAIM_INTEGER, .number = 1 };

	(void)state;
	assert_int_equal(claim_set_add(&set, &arena, &c, NULL), 0);
	c.issuer = ISSUER_POLICY;
	assert_int_equal(claim_set_add(&set, &arena, &c, NULL), 0);
	c.name = BYTES("b");
	assert_int_equal(claim_set_add(&set, &arena, &c, NULL), 0);
	c.number = 0;
	assert_int_equal(claim_set_add(&set, &arena, &c, NULL), 0);
	c.type = CLAIM_BOOLEAN;
	assert_int_equal(claim_set_add(&set, &arena, &c, NULL), 0);
	c.type = CLAIM_STRING;
	assert_int_equal(claim_set_add(&set, &arena, &c, NULL), 0);
	assert_int_equal(set.count, 6);
}

static void
claims_keep_their_order_and_are_found_by_name(void **state)
{
	(void)state;
	assert_int_equal(claim_set_int(&set, &arena, "b", 1, NULL), 0);
	assert_int_equal(claim_set_int(&set, &arena, "a", 2, NULL), 0);
	assert_int_equal(claim_set_int(&set, &arena, "b", 3, NULL), 0);
	assert_int_equal(claim_set_find(&set, "b")->number, 1);
	assert_int_equal(set.claims[2].number, 3);
	assert_null(claim_set_find(&set, "c"));
	assert_null(claim_set_find(&set, ""));
}

static void
a_set_has_a_ceiling(void **state)
{
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < MAX_CLAIMS; i++)
		assert_int_equal(claim_set_int(&set, &arena, "n", i, NULL), 0);
	assert_int_equal(claim_set_int(&set, &arena, "n", 7, NULL), 0);
	assert_int_equal(claim_set_int(&set, &arena, "n", MAX_CLAIMS, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_int_equal(set.count, MAX_CLAIMS);
}

static void
names_that_are_empty_or_too_long_are_refused(void **state)
{
	char name[MAX_CLAIM_NAME_SIZE + 2];
	struct err e = { 0 };

	(void)state;
	memset(name, 'n', sizeof(name));
	name[MAX_CLAIM_NAME_SIZE + 1] = '\0';
	assert_int_equal(claim_set_bool(&set, &arena, name, true, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	name[MAX_CLAIM_NAME_SIZE] = '\0';
	assert_int_equal(claim_set_bool(&set, &arena, name, true, NULL), 0);
	assert_int_equal(claim_set_bool(&set, &arena, "", true, NULL), -1);
}

static void
memory_that_runs_out_is_told(void **state)
{
	struct arena small;
	struct err e = { 0 };

	(void)state;
	arena_init(&small, 64);
	assert_int_equal(claim_set_bool(&set, &small, "a", true, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_int_equal(set.count, 0);
	arena_release(&small);
}

static void
types_and_issuers_have_the_documented_names(void **state)
{
	(void)state;
	assert_string_equal(claim_type_name(CLAIM_BOOLEAN), "Boolean");
	assert_string_equal(claim_type_name(CLAIM_INTEGER), "Integer");
	assert_string_equal(claim_type_name(CLAIM_STRING), "String");
	assert_string_equal(claim_issuer_name(ISSUER_SERVICE), "AttestationService");
	assert_string_equal(claim_issuer_name(ISSUER_POLICY), "AttestationPolicy");
	assert_string_equal(claim_issuer_name(ISSUER_CUSTOM), "CustomClaim");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_claims_are_one),
		TEST(what_is_read_only_once_stays_so),
		TEST(claims_that_differ_in_one_property_are_two),
		TEST(claims_keep_their_order_and_are_found_by_name),
		TEST(a_set_has_a_ceiling),
		TEST(names_that_are_empty_or_too_long_are_refused),
		TEST(memory_that_runs_out_is_told),
		TEST(types_and_issuers_have_the_documented_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
