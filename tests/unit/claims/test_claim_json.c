/* SPDX-License-Identifier: Apache-2.0 */
#include "claims/claim_json.h"

#include "../../support/arena.h"
#include "../../support/test.h"

static int
parse(const char *text, struct claim_set *set, struct err *e)
{
	const struct json *v;

	*set = (struct claim_set){ 0 };
	assert_int_equal(json_parse(bytes_of_str(text), 65536, &arena, &v, NULL), 0);
	return claims_array_parse(v, &arena, set, e);
}

static void
assert_emits(const char *claims, const char *want)
{
	DEFER(buf_release) struct buf b;
	struct claim_set set;

	buf_init(&b, 65536);
	assert_int_equal(parse(claims, &set, NULL), 0);
	json_emit(&b, claims_object_emit(&set, &arena), JSON_AS_IS);
	buf_char(&b, '\0');
	assert_string_equal((const char *)b.p, want);
}

static void
one_value_is_a_scalar_and_several_an_array(void **state)
{
	(void)state;
	assert_emits("[]", "{}");
	assert_emits("[{\"type\":\"b\",\"value\":1},{\"type\":\"a\",\"value\":true},"
		     "{\"type\":\"b\",\"value\":\"1\"},{\"type\":\"b\",\"value\":-"
		     "9223372036854775808}]",
	    "{\"b\":[1,\"1\",-9223372036854775808],\"a\":true}");
}

static void
values_that_differ_by_issuer_alone_are_one(void **state)
{
	(void)state;
	assert_emits("[{\"type\":\"b\",\"value\":1},{\"type\":\"b\",\"value\":1,\"issuer\":"
		     "\"AttestationPolicy\"}]",
	    "{\"b\":1}");
	assert_emits("[{\"type\":\"b\",\"value\":1},{\"type\":\"b\",\"value\":2},"
		     "{\"type\":\"b\",\"value\":1,\"issuer\":\"AttestationService\"}]",
	    "{\"b\":[1,2]}");
}

static void
claims_have_the_documented_defaults(void **state)
{
	struct claim_set set;

	(void)state;
	assert_int_equal(parse("[{\"type\":\"a\",\"value\":\"x\"},{\"type\":\"p\",\"value\":\"y\","
			       "\"issuer\":\"AttestationService\",\"readOnly\":true}]",
			     &set, NULL),
	    0);
	assert_int_equal(set.claims[0].issuer, ISSUER_CUSTOM);
	assert_int_equal(set.claims[0].type, CLAIM_STRING);
	assert_false(set.claims[0].read_only);
	assert_int_equal(set.claims[1].issuer, ISSUER_SERVICE);
	assert_true(set.claims[1].read_only);
}

static void
custom_claims_are_converted_by_their_type(void **state)
{
	struct claim_set set;

	(void)state;
	assert_int_equal(parse("[{\"type\":\"a\",\"value\":\"-7\",\"valueType\":\"Integer\"},"
			       "{\"type\":\"b\",\"value\":\"false\",\"valueType\":\"Boolean\"},"
			       "{\"type\":\"c\",\"value\":\"false\",\"valueType\":\"String\"}]",
			     &set, NULL),
	    0);
	assert_int_equal(set.claims[0].type, CLAIM_INTEGER);
	assert_int_equal(set.claims[0].number, -7);
	assert_int_equal(set.claims[1].type, CLAIM_BOOLEAN);
	assert_false(set.claims[1].truth);
	assert_int_equal(set.claims[2].type, CLAIM_STRING);
}

static void
what_is_no_claim_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} rows[] = {
		{ "{}", ERR_MALFORMED },
		{ "[1]", ERR_MALFORMED },
		{ "[{}]", ERR_MALFORMED },
		{ "[{\"type\":\"a\"}]", ERR_MALFORMED },
		{ "[{\"value\":1}]", ERR_MALFORMED },
		{ "[{\"type\":\"\",\"value\":1}]", ERR_MALFORMED },
		{ "[{\"type\":1,\"value\":1}]", ERR_MALFORMED },
		{ "[{\"type\":\"a\",\"value\":null}]", ERR_MALFORMED },
		{ "[{\"type\":\"a\",\"value\":1.5}]", ERR_MALFORMED },
		{ "[{\"type\":\"a\",\"value\":9223372036854775808}]", ERR_MALFORMED },
		{ "[{\"type\":\"a\",\"value\":[1]}]", ERR_MALFORMED },
		{ "[{\"type\":\"a\",\"value\":{}}]", ERR_MALFORMED },
		{ "[{\"type\":\"a\",\"value\":1,\"issuer\":\"Somebody\"}]", ERR_MALFORMED },
		{ "[{\"type\":\"a\",\"value\":1,\"readOnly\":1}]", ERR_MALFORMED },
		{ "[{\"type\":\"a\",\"value\":1,\"valueType\":\"String\"}]", ERR_INVALID },
		{ "[{\"type\":\"a\",\"value\":\"x\",\"valueType\":\"Integer\"}]", ERR_INVALID },
		{ "[{\"type\":\"a\",\"value\":\"1 \",\"valueType\":\"Integer\"}]", ERR_INVALID },
		{ "[{\"type\":\"a\",\"value\":\"\",\"valueType\":\"Integer\"}]", ERR_INVALID },
		{ "[{\"type\":\"a\",\"value\":\"True\",\"valueType\":\"Boolean\"}]", ERR_INVALID },
		{ "[{\"type\":\"a\",\"value\":\"1\",\"valueType\":\"Integer\","
		  "\"issuer\":\"AttestationService\"}]",
		    ERR_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err e = { 0 };
		struct claim_set set;

		if (parse(rows[i].text, &set, &e) == 0)
			fail_msg("accepted: %s", rows[i].text);
		assert_int_equal(e.code, rows[i].code);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_value_is_a_scalar_and_several_an_array),
		cmocka_unit_test(values_that_differ_by_issuer_alone_are_one),
		cmocka_unit_test(claims_have_the_documented_defaults),
		cmocka_unit_test(custom_claims_are_converted_by_their_type),
		cmocka_unit_test(what_is_no_claim_is_refused),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
