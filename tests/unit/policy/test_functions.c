/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of version 1.2, each by itself (maa-policy.md 9). */
#include "policy/policy.h"

#include "../../support/policy.h"

#define VALUE(expression) "=>issue(type=\"x\",value=" expression ");"

static void
assert_value(const char *expression, const char *want)
{
	char rules[2048], json[1024];

	snprintf(rules, sizeof(rules), VALUE("%s"), expression);
	snprintf(json, sizeof(json), "{\"x\":%s}", want);
	eval_rules(rules);
	assert_issued(json);
}

/* With c bound to the claims named "c". */
static void
assert_bound_value(const char *expression, const char *want)
{
	char rules[2048], json[1024];

	snprintf(rules, sizeof(rules), "c:[type==\"c\"]" VALUE("%s"), expression);
	snprintf(json, sizeof(json), "{\"x\":%s}", want);
	eval_rules(rules);
	assert_issued(json);
}

static void
assert_value_error(const char *expression, const char *why)
{
	char rules[2048], message[256];

	snprintf(rules, sizeof(rules), "c:[type==\"c\"]" VALUE("%s"), expression);
	snprintf(message, sizeof(message), "issuancerules rule 1, line 1: %s", why);
	assert_error(rules, message);
}

static void
strings_are_appended_byte_for_byte(void **state)
{
	(void)state;
	put_text("c", "\xc3\xa9");
	assert_value("AppendString(\"a\",\"b\")", "\"ab\"");
	assert_value("AppendString(\"\",\"b\")", "\"b\"");
	assert_value("AppendString(\"a\",\"\")", "\"a\"");
	assert_value("AppendString(\"\",\"\")", "\"\"");
	assert_value("AppendString(AppendString(\"a\",\"b\"),AppendString(\"c\",\"d\"))",
	    "\"abcd\"");
	assert_bound_value("AppendString(c.value,c.type)", "\"\\u00e9c\"");
	assert_bound_value("AppendString(c.issuer,c.valueType)", "\"AttestationServiceString\"");
}

static void
what_is_no_single_string_cannot_be_appended(void **state)
{
	static const char why[] = "AppendString: an argument is not one string";

	(void)state;
	put_text("c", "a");
	put_text("c", "b");
	assert_value_error("AppendString(1,\"a\")", why);
	assert_value_error("AppendString(\"a\",true)", why);
	assert_value_error("AppendString(\"a\",c.value)", why);
	assert_value_error("AppendString(c.value,\"a\")", why);
	assert_value_error("AppendString(JsonToClaimValue(\"null\"),\"a\")", why);
}

static void
booleans_are_negated(void **state)
{
	(void)state;
	put_bool("c", true);
	assert_value("NegateBool(true)", "false");
	assert_value("NegateBool(false)", "true");
	assert_value("NegateBool(NegateBool(true))", "true");
	assert_bound_value("NegateBool(c.value)", "false");
}

static void
what_is_no_single_boolean_cannot_be_negated(void **state)
{
	static const char why[] = "NegateBool: the argument is not one boolean";

	(void)state;
	put_bool("c", true);
	put_bool("c", false);
	assert_value_error("NegateBool(\"true\")", why);
	assert_value_error("NegateBool(1)", why);
	assert_value_error("NegateBool(c.value)", why);
	assert_value_error("NegateBool(JsonToClaimValue(\"[]\"))", why);
}

static void
a_subset_has_every_member_in_the_other(void **state)
{
	(void)state;
	put_int("c", 1);
	put_int("c", 2);
	put_text("c", "1");
	assert_value("IsSubsetOf(1,1)", "true");
	assert_value("IsSubsetOf(1,2)", "false");
	assert_bound_value("IsSubsetOf(1,c.value)", "true");
	assert_bound_value("IsSubsetOf(c.value,1)", "false");
	assert_bound_value("IsSubsetOf(c.value,c.value)", "true");
	assert_bound_value("IsSubsetOf(c.value,JsonToClaimValue(\"[2,\\\"1\\\",1]\"))", "true");
	assert_bound_value("IsSubsetOf(c.value,JsonToClaimValue(\"[2,\\\"1\\\"]\"))", "false");
	assert_bound_value("IsSubsetOf(JsonToClaimValue(\"[2,2,2,2]\"),c.value)", "true");
	/* members are equal by type and value */
	assert_bound_value("IsSubsetOf(true,c.value)", "false");
	assert_bound_value("IsSubsetOf(\"2\",c.value)", "false");
	/* the empty set */
	assert_value("IsSubsetOf(JsonToClaimValue(\"[]\"),JsonToClaimValue(\"[]\"))", "true");
	assert_value("IsSubsetOf(1,JsonToClaimValue(\"[]\"))", "false");
	assert_value("IsSubsetOf(JsonToClaimValue(\"null\"),1)", "true");
}

static void
a_set_contains_only_a_value_when_it_is_not_empty(void **state)
{
	(void)state;
	put_int("c", 100);
	put_int("c", 101);
	assert_bound_value("ContainsOnlyValue(c.value,100)", "false");
	assert_value("ContainsOnlyValue(100,100)", "true");
	assert_value("ContainsOnlyValue(\"100\",100)", "false");
	assert_value("ContainsOnlyValue(JsonToClaimValue(\"[100,100]\"),100)", "true");
	assert_value("ContainsOnlyValue(JsonToClaimValue(\"[]\"),true)", "false");
	assert_bound_value("ContainsOnlyValue(c.issuer,\"AttestationService\")", "true");
	assert_bound_value("ContainsOnlyValue(c.type,\"c\")", "true");
	assert_value_error("ContainsOnlyValue(1,c.value)",
	    "ContainsOnlyValue: the second argument is not one value");
	assert_value_error("ContainsOnlyValue(1,JsonToClaimValue(\"null\"))",
	    "ContainsOnlyValue: the second argument is not one value");
}

static void
json_scalars_keep_their_type(void **state)
{
	(void)state;
	assert_value("JsonToClaimValue(\"true\")", "true");
	assert_value("JsonToClaimValue(\"false\")", "false");
	assert_value("JsonToClaimValue(\" 12 \")", "12");
	assert_value("JsonToClaimValue(\"\\\"true\\\"\")", "\"true\"");
	assert_value("JsonToClaimValue(\"\\\"a\\\\nb\\\\u00e9\\\"\")", "\"a\\nb\\u00e9\"");
	assert_value("JsonToClaimValue(\"\\\"\\\"\")", "\"\"");
}

/* Zeros that a point or an exponent takes back are not counted against 64 bits. */
static void
json_number_is_an_integer_however_it_is_spelt(void **state)
{
	(void)state;
	assert_value("JsonToClaimValue(\"1e3\")", "1000");
	assert_value("JsonToClaimValue(\"3.0\")", "3");
	assert_value("JsonToClaimValue(\"-1.00000000000000000000000\")", "-1");
	assert_value("JsonToClaimValue(\"100000000000000000000000e-21\")", "100");
}

static void
text_that_is_no_json_stays_a_string(void **state)
{
	(void)state;
	assert_value("JsonToClaimValue(\"abc\")", "\"abc\"");
	assert_value("JsonToClaimValue(\"True\")", "\"True\"");
	assert_value("JsonToClaimValue(\"{\")", "\"{\"");
	assert_value("JsonToClaimValue(\"01\")", "\"01\"");
	assert_value("JsonToClaimValue(\" \")", "\" \"");
}

static void
json_arrays_are_sets_of_their_members(void **state)
{
	(void)state;
	assert_value("JsonToClaimValue(\"[1,\\\"1\\\",true,null,1]\")", "[1,\"1\",true]");
	assert_value("JsonToClaimValue(\"[100,100]\")", "100");
	assert_value("JsonToClaimValue(\"[null,7]\")", "7");
}

static void
json_that_is_no_value_fails(void **state)
{
	static const char nested[] =
	    "JsonToClaimValue: an object, or an array that holds an object or array";

	(void)state;
	put_int("c", 1);
	assert_value_error("JsonToClaimValue(\"{}\")", nested);
	assert_value_error("JsonToClaimValue(\"[[1]]\")", nested);
	assert_value_error("JsonToClaimValue(\"[1,{}]\")", nested);
	assert_value_error("JsonToClaimValue(\"[0.5]\")",
	    "JsonToClaimValue: a number with a fraction");
	assert_value_error("JsonToClaimValue(\"9223372036854775808\")",
	    "JsonToClaimValue: a number outside 64 bits");
	assert_value_error("JsonToClaimValue(\"\")", "JsonToClaimValue: the empty string");
	assert_value_error("JsonToClaimValue(c.value)",
	    "JsonToClaimValue: the argument is not one string");
	assert_value_error("JsonToClaimValue(JsonToClaimValue(\"[\\\"1\\\",\\\"2\\\"]\"))",
	    "JsonToClaimValue: the argument is not one string");
}

/* Depth and size are limits of ours, and no verdict. */
static void
json_beyond_our_limits_runs_out(void **state)
{
	char rules[256] = "=>issue(type=\"x\",value=JsonToClaimValue(\"";

	(void)state;
	memset(rules + strlen(rules), '[', 40);
	strcat(rules, "\"));");
	eval_rules(rules);
	assert_false(out.permitted);
	assert_int_equal(out.reason, POLICY_REASON_BUDGET);
	assert_string_equal(out.message,
	    "issuancerules rule 1, line 1: JsonToClaimValue: the JSON text is over the limit");
}

/* Arguments come from the left to the right, so the first fault is the one that is told. */
static void
arguments_are_evaluated_left_to_right(void **state)
{
	(void)state;
	put_int("c", 1);
	assert_value_error("AppendString(NegateBool(1),JsonToClaimValue(\"\"))",
	    "NegateBool: the argument is not one boolean");
	assert_value_error("AppendString(JsonToClaimValue(\"\"),NegateBool(1))",
	    "JsonToClaimValue: the empty string");
}

/* type= comes before value=, however they are written (maa-policy.md 8). */
static void
the_type_is_evaluated_before_the_value(void **state)
{
	(void)state;
	assert_error("=>issue(value=NegateBool(1),type=AppendString(1,\"\"));",
	    "issuancerules rule 1, line 1: AppendString: an argument is not one string");
}

/* The right side of a property condition is evaluated when a claim has passed those to its left, and not before. */
static void
right_sides_are_evaluated_when_they_are_needed(void **state)
{
	(void)state;
	put_int("c", 1);
	eval_rules("[type==\"none\",value==NegateBool(1)]=>issue(type=\"x\",value=1);");
	assert_issued("{}");
	assert_error("[type==\"c\",value==NegateBool(1)]=>issue(type=\"x\",value=1);",
	    "issuancerules rule 1, line 1: NegateBool: the argument is not one boolean");
}

static void
functions_stand_in_conditions_and_types(void **state)
{
	(void)state;
	put_text("c", "ab");
	eval_rules("c:[type==\"c\",value==AppendString(\"a\",\"b\")]=>issue(type=AppendString("
		   "c.type,c.value),value=1);");
	assert_issued("{\"cab\":1}");
}

/* The table of maa-policy.md 9.8, a row each; reading is allowed, issuing is not. */
static void
read_only_follows_the_value(void **state)
{
	static const struct {
		const char *expression;
		bool read_only;
	} rows[] = {
		{ "c.value", true },
		{ "c.type", true },
		{ "c.valueType", true },
		{ "c.issuer", true },
		{ "AppendString(c.value,\"a\")", true },
		{ "AppendString(\"a\",c.value)", true },
		{ "JsonToClaimValue(c.value)", true },
		{ "NegateBool(JsonToClaimValue(c.value))", true },
		{ "IsSubsetOf(c.value,c.value)", false },
		{ "ContainsOnlyValue(c.value,\"true\")", false },
		{ "NegateBool(ContainsOnlyValue(c.value,\"true\"))", false },
		{ "\"literal\"", false },
	};

	(void)state;
	put_read_only("c", "true");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char rules[512];

		snprintf(rules, sizeof(rules), "c:[type==\"c\"]=>add(type=\"y\",value=%s);",
		    rows[i].expression);
		eval_rules(rules);
		assert_true(out.permitted);
		snprintf(rules, sizeof(rules), "c:[type==\"c\"]" VALUE("%s"), rows[i].expression);
		eval_rules(rules);
		if (out.permitted == rows[i].read_only)
			fail_msg("%s: %s", rows[i].expression, out.message);
		assert_int_equal(out.reason,
		    rows[i].read_only ? POLICY_REASON_ERROR : POLICY_REASON_NONE);
	}
}

/* One read-only claim among those that an identifier stands for is enough. */
static void
one_read_only_claim_marks_its_identifier(void **state)
{
	(void)state;
	put_text("c", "a");
	eval_rules("c:[type==\"c\"]" VALUE("c.value"));
	assert_issued("{\"x\":\"a\"}");
	put_read_only("c", "b");
	assert_value_error("c.value", "a read-only claim or value cannot be issued");
	assert_error("c:[type==\"c\"]=>issueproperty(type=\"x\",value=c.value);",
	    "issuancerules rule 1, line 1: a read-only claim or value cannot be issued");
}

static void
claims_added_from_read_only_values_are_read_only(void **state)
{
	(void)state;
	put_read_only("c", "a");
	assert_error("c:[type==\"c\"]=>add(type=\"y\",value=c.value);"
		     "c:[type==\"y\"]=>issue(claim=c);",
	    "issuancerules rule 2, line 1: a read-only claim or value cannot be issued");
	eval_rules("[type==\"y\",value==\"a\"]=>issue(type=\"x\",value=true);");
	assert_issued("{\"x\":true}");
}

static void
results_of_functions_have_a_ceiling(void **state)
{
	(void)state;
	put_text("c", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	eval_rules(
	    "c:[type==\"c\"]=>add(type=\"d\",value=AppendString(c.value,AppendString(c.value,"
	    "AppendString(c.value,c.value))));"
	    "c:[type==\"d\"]=>add(type=\"e\",value=AppendString(c.value,AppendString(c.value,"
	    "AppendString(c.value,c.value))));"
	    "c:[type==\"e\"]=>add(type=\"f\",value=AppendString(c.value,AppendString(c.value,"
	    "AppendString(c.value,c.value))));"
	    "c:[type==\"f\"]=>add(type=\"g\",value=AppendString(c.value,AppendString(c.value,"
	    "AppendString(c.value,c.value))));"
	    "c:[type==\"g\"]=>add(type=\"h\",value=AppendString(c.value,AppendString(c.value,"
	    "AppendString(c.value,c.value))));"
	    "c:[type==\"h\"]=>add(type=\"i\",value=AppendString(c.value,AppendString(c.value,"
	    "AppendString(c.value,c.value))));"
	    "c:[type==\"i\"]=>add(type=\"j\",value=AppendString(c.value,AppendString(c.value,"
	    "AppendString(c.value,c.value))));"
	    "c:[type==\"j\"]=>add(type=\"k\",value=AppendString(c.value,AppendString(c.value,"
	    "AppendString(c.value,AppendString(c.value,c.value)))));");
	assert_true(out.exhausted);
	assert_string_equal(out.message,
	    "issuancerules rule 8, line 1: AppendString: the result is over the limit");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST(strings_are_appended_byte_for_byte),
		POLICY_TEST(what_is_no_single_string_cannot_be_appended),
		POLICY_TEST(booleans_are_negated),
		POLICY_TEST(what_is_no_single_boolean_cannot_be_negated),
		POLICY_TEST(a_subset_has_every_member_in_the_other),
		POLICY_TEST(a_set_contains_only_a_value_when_it_is_not_empty),
		POLICY_TEST(json_scalars_keep_their_type),
		POLICY_TEST(json_number_is_an_integer_however_it_is_spelt),
		POLICY_TEST(text_that_is_no_json_stays_a_string),
		POLICY_TEST(json_arrays_are_sets_of_their_members),
		POLICY_TEST(json_that_is_no_value_fails),
		POLICY_TEST(json_beyond_our_limits_runs_out),
		POLICY_TEST(arguments_are_evaluated_left_to_right),
		POLICY_TEST(the_type_is_evaluated_before_the_value),
		POLICY_TEST(right_sides_are_evaluated_when_they_are_needed),
		POLICY_TEST(functions_stand_in_conditions_and_types),
		POLICY_TEST(read_only_follows_the_value),
		POLICY_TEST(one_read_only_claim_marks_its_identifier),
		POLICY_TEST(claims_added_from_read_only_values_are_read_only),
		POLICY_TEST(results_of_functions_have_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, policy_release_all);
}
