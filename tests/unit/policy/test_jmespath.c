/* SPDX-License-Identifier: Apache-2.0 */
/* JmesPath() in policies (maa-policy.md 9.1, 10); the query language itself has tests of its own. */
#include "policy/policy.h"

#include "../../support/policy.h"

/* x is what QUERY finds in the claim "doc". */
#define FIND(query) "c:[type==\"doc\"]=>issue(type=\"x\",value=JmesPath(c.value,\"" query "\"));"

static void
assert_found(const char *rules, const char *want)
{
	eval_rules(rules);
	if (!out.permitted)
		fail_msg("%s: %s", rules, out.message);
	assert_int_equal(out.outgoing.count, 1);
	assert_int_equal(out.outgoing.claims[0].type, CLAIM_STRING);
	if (!bytes_is_str(out.outgoing.claims[0].text, want))
		fail_msg("%s: %.*s", rules, BYTES_FMT(out.outgoing.claims[0].text));
}

static void
results_are_json_text(void **state)
{
	(void)state;
	put_text("doc",
	    "{\"values\":[0,1,2,3,4],\"o\":{\"b\": 1,\"a\":[true, "
	    "null]},\"big\":9223372036854775807}");
	assert_found(FIND("values[2]"), "2");
	assert_found(FIND("values[1:3]"), "[1,2]");
	assert_found(FIND("o"), "{\"b\":1,\"a\":[true,null]}");
	assert_found(FIND("o.a[0]"), "true");
	assert_found(FIND("big"), "9223372036854775807");
	assert_found(FIND("length(values) == `5`"), "true");
}

static void
a_string_keeps_its_quotation_marks(void **state)
{
	(void)state;
	put_text("doc", "{\"foo\":\"bar\",\"t\":\"true\",\"e\":\"\xc3\xa9\\n\"}");
	assert_found(FIND("foo"), "\"bar\"");
	assert_found(FIND("e"), "\"\xc3\xa9\\n\"");
	/* so that text of the evidence never becomes a boolean */
	eval_rules("c:[type==\"doc\"]=>issue(type=\"x\",value=JsonToClaimValue(JmesPath(c.value,"
		   "\"t\")));");
	assert_issued("{\"x\":\"true\"}");
}

static void
nothing_found_is_the_text_null(void **state)
{
	(void)state;
	put_text("doc", "{}");
	assert_found(FIND("missing"), "null");
	eval_rules("c:[type==\"doc\"]=>add(type=\"f\",value=JmesPath(c.value,\"missing\"));"
		   "[type==\"f\",value==\"null\"]=>issue(type=\"x\",value=true);"
		   "c:[type==\"f\"]=>issue(type=\"y\",value=JsonToClaimValue(c.value));");
	assert_issued("{\"x\":true}");
}

static void
the_vendors_extension_is_there(void **state)
{
	(void)state;
	put_text("doc", "[{\"n\":\"\\\\windows\\\\x.sys\"},{\"m\":1}]");
	assert_found(FIND("[?equals_ignore_case(n,'\\\\WINDOWS\\\\X.SYS')] | length(@)"), "1");
}

/* \\ in a policy's string is one backslash, and one before a quotation mark is none. */
static void
queries_are_policy_strings(void **state)
{
	(void)state;
	put_text("doc", "{\"a b\":1,\"c\":\"\\\\d\"}");
	assert_found(FIND("\\\"a b\\\""), "1");
	assert_found(FIND("c == '\\\\d'"), "true");
}

static void
arguments_are_single_strings_that_are_not_empty(void **state)
{
	static const char why[] = "issuancerules rule 1, line 1: JmesPath: an argument is not one "
				  "string that is not empty";

	(void)state;
	put_text("doc", "1");
	put_text("doc", "2");
	put_int("n", 1);
	assert_error("=>issue(type=\"x\",value=JmesPath(\"\",\"a\"));", why);
	assert_error("=>issue(type=\"x\",value=JmesPath(\"{}\",\"\"));", why);
	assert_error("=>issue(type=\"x\",value=JmesPath(1,\"a\"));", why);
	assert_error("=>issue(type=\"x\",value=JmesPath(\"{}\",true));", why);
	assert_error("c:[type==\"doc\"]=>issue(type=\"x\",value=JmesPath(c.value,\"a\"));", why);
	assert_error("c:[type==\"doc\"]=>issue(type=\"x\",value=JmesPath(\"1\",c.value));", why);
	assert_error("c:[type==\"n\"]=>issue(type=\"x\",value=JmesPath(c.value,\"a\"));", why);
	assert_error("=>issue(type=\"x\",value=JmesPath(JsonToClaimValue(\"null\"),\"a\"));", why);
}

static void
a_document_that_is_no_json_fails(void **state)
{
	(void)state;
	assert_error("=>issue(type=\"x\",value=JmesPath(\"abc\",\"a\"));",
	    "issuancerules rule 1, line 1: JmesPath: the first argument is not JSON");
	assert_error("=>issue(type=\"x\",value=JmesPath(\"{\\\"a\\\":1,\\\"a\\\":2}\",\"a\"));",
	    "issuancerules rule 1, line 1: JmesPath: the first argument is not JSON");
}

/* maa-policy.md 14, row 25: published policies hold queries that are none. What is told of one quotes nothing of it. */
static void
a_query_is_read_when_it_is_evaluated(void **state)
{
	(void)state;
	put_text("hush", "secret");
	eval_rules(
	    "[type==\"none\"]=>issue(type=\"x\",value=JmesPath(\"{}\",\"PcrIndex == 20\"));");
	assert_issued("{}");
	assert_error("=>issue(type=\"x\",value=JmesPath(\"{}\",\"PcrIndex == 20\"));",
	    "issuancerules rule 1, line 1: JmesPath: syntax at line 1, column 13 of the query");
	assert_error("c:[type==\"hush\"]=>issue(type=\"x\",value=JmesPath(\"{}\",AppendString(\"["
		     "\",c.value)));",
	    "issuancerules rule 1, line 1: JmesPath: syntax at line 1, column 8 of the query");
}

static void
a_query_that_cannot_be_run_fails(void **state)
{
	(void)state;
	assert_error("=>issue(type=\"x\",value=JmesPath(\"{}\",\"length(a)\"));",
	    "issuancerules rule 1, line 1: JmesPath: invalid-type at line 1, column 8 of the "
	    "query");
	assert_error("=>issue(type=\"x\",value=JmesPath(\"{}\",\"nosuch(a)\"));",
	    "issuancerules rule 1, line 1: JmesPath: unknown-function at line 1, column 1 of the "
	    "query");
	assert_error("=>issue(type=\"x\",value=JmesPath(\"{}\",\"length(a,b)\"));",
	    "issuancerules rule 1, line 1: JmesPath: invalid-arity at line 1, column 1 of the "
	    "query");
}

static void
either_argument_makes_the_result_read_only(void **state)
{
	static const char why[] =
	    "issuancerules rule 1, line 1: a read-only claim or value cannot be issued";

	(void)state;
	put_read_only("pcrs", "{\"PCRs\":[{\"Index\":0}]}");
	put_read_only("query", "a");
	assert_error("c:[type==\"pcrs\"]=>issue(type=\"x\",value=JmesPath(c.value,\"PCRs\"));",
	    why);
	assert_error("c:[type==\"query\"]=>issue(type=\"x\",value=JmesPath(\"{}\",c.value));", why);
	assert_error("c:[type==\"pcrs\"]=>issue(type=\"x\",value=NegateBool(JsonToClaimValue("
		     "JmesPath(c.value,\"PCRs[0].Index == `0`\"))));",
	    why);
	eval_rules("[type==\"pcrs\"]&&c:[type==\"pcrs\"]=>add(type=\"ok\",value=JmesPath(c.value,"
		   "\"PCRs[0].Index == "
		   "`0`\"));[type==\"ok\",value==\"true\"]=>issue(type=\"x\",value=1);");
	assert_issued("{\"x\":1}");
}

/* Ten texts of one size, each asked twice, one after the other and again: no answer is another's. */
static void
every_text_is_a_document_of_its_own(void **state)
{
	DEFER(buf_release) struct buf rules;
	char name[8], text[16];

	(void)state;
	buf_init(&rules, 16384);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		snprintf(text, sizeof(text), "{\"v\":%d}", i);
		put_text((const char *)arena_copy(&arena, bytes_of_str(name)).p,
		    (const char *)arena_copy(&arena, bytes_of_str(text)).p);
	}
	for (int i = 0; i < 20; i++)
		buf_fmt(&rules,
		    "c:[type==\"d%d\"]=>issue(type=\"x\",value=AppendString(JmesPath(c.value,\"v\")"
		    ","
		    "JmesPath(c.value,\"v\")));",
		    i % 10);
	buf_u8(&rules, 0);
	assert_true(buf_ok(&rules));
	eval_rules((const char *)rules.p);
	assert_issued(
	    "{\"x\":[\"00\",\"11\",\"22\",\"33\",\"44\",\"55\",\"66\",\"77\",\"88\",\"99\"]}");
}

/* COUNT elements as JSON text in the arena. */
static const char *
long_array(int n)
{
	DEFER(buf_release) struct buf b;

	buf_init(&b, 1 << 20);
	buf_char(&b, '[');
	for (int i = 0; i < n; i++)
		buf_fmt(&b, "%s%d", i == 0 ? "" : ",", i);
	buf_char(&b, ']');
	assert_true(buf_ok(&b));
	return (const char *)arena_copy(&arena, buf_bytes(&b)).p;
}

static void
assert_exhausted(const char *rules, const char *why)
{
	eval_rules(rules);
	assert_false(out.permitted);
	assert_true(out.exhausted);
	assert_int_equal(out.reason, POLICY_REASON_BUDGET);
	assert_string_equal(out.message, why);
	assert_int_equal(out.outgoing.count, 0);
	assert_true(out.steps <= limits.steps);
}

static void
queries_pay_from_the_steps_of_the_evaluation(void **state)
{
	(void)state;
	put_text("doc", long_array(2000));
	limits.steps = 3000;
	assert_exhausted(FIND("[?@ == `1`]"),
	    "issuancerules rule 1, line 1: JmesPath: the query is over the limit");
	/* and a second one from what the first one left */
	limits.steps = 40000;
	eval_rules(FIND("[?@ == `1`]"));
	assert_true(out.permitted);
	assert_true(out.steps > 4000);
	limits.steps = out.steps + out.steps / 2;
	eval_rules(FIND("[?@ == `1`]"));
	assert_true(out.permitted);
	eval_rules(FIND("[?@ == `1`]") FIND("[?@ == `2`]"));
	assert_true(out.exhausted);
	assert_int_equal(out.decisive->number, 2);
}

static void
queries_take_from_the_memory_of_the_evaluation(void **state)
{
	(void)state;
	put_text("doc", long_array(2000));
	limits.memory = 400000;
	eval_rules(FIND("length(@)"));
	assert_true(out.permitted);
	assert_exhausted(FIND("[*].[@,@,@,@,@,@,@,@,@,@]"),
	    "issuancerules rule 1, line 1: JmesPath: the query is over the limit");
	assert_true(out.memory <= limits.memory);
}

static void
queries_that_are_too_long_or_deep_run_out(void **state)
{
	char rules[512] = "=>issue(type=\"x\",value=JmesPath(\"{}\",\"";

	(void)state;
	memset(rules + strlen(rules), '(', 65);
	strcat(rules, "a\"));");
	assert_exhausted(rules,
	    "issuancerules rule 1, line 1: JmesPath: the query is over the limit");
	put_text("long", long_array(10000));
	assert_exhausted("c:[type==\"long\"]=>issue(type=\"x\",value=JmesPath(\"{}\",c.value));",
	    "issuancerules rule 1, line 1: JmesPath: the query is over the limit");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST(results_are_json_text),
		POLICY_TEST(a_string_keeps_its_quotation_marks),
		POLICY_TEST(nothing_found_is_the_text_null),
		POLICY_TEST(the_vendors_extension_is_there),
		POLICY_TEST(queries_are_policy_strings),
		POLICY_TEST(arguments_are_single_strings_that_are_not_empty),
		POLICY_TEST(a_document_that_is_no_json_fails),
		POLICY_TEST(a_query_is_read_when_it_is_evaluated),
		POLICY_TEST(a_query_that_cannot_be_run_fails),
		POLICY_TEST(either_argument_makes_the_result_read_only),
		POLICY_TEST(every_text_is_a_document_of_its_own),
		POLICY_TEST(queries_pay_from_the_steps_of_the_evaluation),
		POLICY_TEST(queries_take_from_the_memory_of_the_evaluation),
		POLICY_TEST(queries_that_are_too_long_or_deep_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, policy_release_all);
}
