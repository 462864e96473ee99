/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include "policy/defaults.h"

#include "../../support/policy.h"

#include <stdio.h>
#include <string.h>

/* The heap, counted; the allocation numbered fail_at fails. */
static size_t heap_calls, fail_at = SIZE_MAX;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *
__wrap_malloc(size_t size)
{
	return heap_calls++ == fail_at ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return heap_calls++ == fail_at ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return heap_calls++ == fail_at ? NULL : __real_realloc(p, size);
}

static void
nothing_is_permitted_without_a_permit(void **state)
{
	(void)state;
	eval("version=1.0;authorizationrules{};");
	assert_false(out.permitted);
	assert_int_equal(out.reason, POLICY_REASON_NO_PERMIT);
	assert_string_equal(out.message,
	    "No Permit claim was issued in the authorizationrules section, authorization failed.");
	out = (struct policy_outcome){ 0 };
	eval("version=1.0;authorizationrules{[type==\"a\"]=>permit();};"
	     "issuancerules{=>issue(type=\"x\",value=1);};");
	assert_false(out.permitted);
	assert_int_equal(out.outgoing.count, 0);
}

static void
deny_wins_wherever_it_stands(void **state)
{
	(void)state;
	eval("version=1.0;authorizationrules{=>permit();=>deny();};");
	assert_false(out.permitted);
	assert_int_equal(out.reason, POLICY_REASON_DENY);
	assert_string_equal(out.message, "A Deny claim was issued, authorization failed.");
	assert_non_null(out.decisive);
	assert_int_equal(out.decisive->number, 2);
	out = (struct policy_outcome){ 0 };
	eval("version=1.0;authorizationrules{=>deny();=>permit();};");
	assert_false(out.permitted);
}

static void
message_for_the_wire_has_the_recorded_stem(void **state)
{
	char text[256];

	(void)state;
	eval("version=1.0;authorizationrules{=>deny();};");
	policy_outcome_message(&out, text, sizeof(text));
	assert_string_equal(text,
	    "Policy Evaluation Error has occurred    Msg:[Policy Engine Exception: A Deny claim "
	    "was "
	    "issued, authorization failed.]");
}

static void
equality_is_of_type_and_value(void **state)
{
	(void)state;
	put_text("s", "1");
	put_int("i", 1);
	eval_rules("[type==\"s\",value==1]=>issue(type=\"a\",value=1);"
		   "[type==\"s\",value!=1]=>issue(type=\"b\",value=1);"
		   "[type==\"i\",value==\"1\"]=>issue(type=\"c\",value=1);"
		   "[type==\"i\",value!=\"1\"]=>issue(type=\"d\",value=1);"
		   "[type==\"s\",value<2]=>issue(type=\"e\",value=1);"
		   "[type==\"i\",value<2]=>issue(type=\"f\",value=1);"
		   "[type==\"i\",value==true]=>issue(type=\"never\",value=1);");
	assert_issued("{\"b\":1,\"d\":1,\"f\":1}");
}

static void
integers_are_ordered_as_signed_64_bits(void **state)
{
	(void)state;
	put_int("least", INT64_MIN);
	put_int("most", INT64_MAX);
	eval_rules(
	    "[type==\"least\",value<0]=>issue(type=\"a\",value=1);"
	    "[type==\"most\",value>9223372036854775806]=>issue(type=\"b\",value=1);"
	    "[type==\"most\",value>=9223372036854775807]=>issue(type=\"c\",value=1);"
	    "[type==\"most\",value>9223372036854775807]=>issue(type=\"never\",value=1);"
	    "c:[type==\"least\"]&&[type==\"most\",value<=c.value]=>issue(type=\"never\",value=1);");
	assert_issued("{\"a\":1,\"b\":1,\"c\":1}");
}

static void
types_and_issuers_can_be_compared(void **state)
{
	struct claim custom = { .name = BYTES("x"),
		.type = CLAIM_INTEGER,
		.number = 5,
		.issuer = ISSUER_CUSTOM };

	(void)state;
	put_int("i", 1);
	assert_int_equal(claim_set_add(&incoming, &arena, &custom, NULL), 0);
	eval_rules(
	    "[type==\"x\",issuer==\"AttestationService\"]=>issue(type=\"never\",value=1);"
	    "[type==\"x\",issuer==\"CustomClaim\"]=>issue(type=\"a\",value=1);"
	    "c:[valueType==\"Integer\",type!=\"x\",type!=\"a\"]=>issue(type=c.type,value=c.issuer);"
	    "[type==\"i\",issuer==\"AttestationPolicy\"]=>issue(type=\"b\",value=2);");
	assert_issued("{\"a\":1,\"i\":\"AttestationService\",\"b\":2}");
}

static void
an_identifier_stands_for_all_its_claims(void **state)
{
	(void)state;
	put_int("v", 1);
	put_int("v", 2);
	put_int("w", 2);
	put_int("u", 3);
	eval_rules(
	    "c:[type==\"v\"]&&[type==\"w\",value==c.value]=>issue(type=\"any\",value=c.value);"
	    "c:[type==\"v\"]&&[type==\"u\",value!=c.value]=>issue(type=\"none\",value=1);"
	    "c:[type==\"v\"]&&[type==\"w\",value!=c.value]=>issue(type=\"never\",value=1);"
	    "c:[type==\"v\"]&&[type==\"u\",value>c.value]=>issue(type=\"more\",value=1);"
	    "c:[type==\"v\"]=>issue(claim=c);");
	assert_issued("{\"any\":[1,2],\"none\":1,\"more\":1,\"v\":[1,2]}");
}

static void
the_later_binding_wins(void **state)
{
	(void)state;
	put_int("a", 1);
	put_int("b", 2);
	eval_rules("c:[type==\"a\"]&&c:[type==\"b\"]=>issue(type=\"x\",value=c.value);");
	assert_issued("{\"x\":2}");
}

static void
values_that_differ_by_issuer_alone_are_one(void **state)
{
	(void)state;
	put_int("a", 1);
	eval_rules(
	    "=>issue(type=\"a\",value=1);c:[type==\"a\"]=>issue(claim=c);"
	    "c:[type==\"a\"]=>issue(type=c.type,value=NegateBool(ContainsOnlyValue(c.value,1)));");
	assert_issued("{\"a\":[1,false]}");
}

static void
issue_in_authorization_adds_and_issues_nothing(void **state)
{
	(void)state;
	eval("version=1.0;authorizationrules{=>issue(type=\"a\",value=1);[type==\"a\"]=>permit();};"
	     "issuancerules{[type==\"a\",issuer==\"AttestationPolicy\"]=>issue(type=\"b\",value=2);"
	     "};");
	assert_issued("{\"b\":2}");
}

static void
read_only_claims_are_tested_and_added_and_never_issued(void **state)
{
	struct claim pcrs = { .name = BYTES("pcrs"),
		.type = CLAIM_STRING,
		.text = BYTES("{}"),
		.read_only = true };

	(void)state;
	assert_int_equal(claim_set_add(&incoming, &arena, &pcrs, NULL), 0);
	eval_rules(
	    "c:[type==\"pcrs\"]=>add(type=\"copy\",value=c.value);"
	    "[type==\"copy\",value==\"{}\"]=>issue(type=\"ok\",value=true);"
	    "c:[type==\"copy\"]=>issue(type=\"same\",value=ContainsOnlyValue(c.value,\"{}\"));");
	assert_issued("{\"ok\":true,\"same\":true}");
	assert_error("c:[type==\"pcrs\"]=>issue(claim=c);",
	    "issuancerules rule 1, line 1: a read-only claim or value cannot be issued");
	assert_error("c:[type==\"copy\"]=>issue(type=\"x\",value=c.value);",
	    "issuancerules rule 1, line 1: a read-only claim or value cannot be issued");
	assert_error("c:[type==\"pcrs\"]=>issue(type=\"x\",value=AppendString(\"\",c.value));",
	    "issuancerules rule 1, line 1: a read-only claim or value cannot be issued");
	assert_error("c:[type==\"pcrs\"]=>issue(type=AppendString(\"x\",c.value),value=1);",
	    "issuancerules rule 1, line 1: a read-only claim or value cannot be issued");
	assert_error("c:[type==\"pcrs\"]=>issueproperty(claim=c);",
	    "issuancerules rule 1, line 1: a read-only claim or value cannot be issued");
}

static void
functions_that_cannot_be_evaluated_fail_the_attestation(void **state)
{
	(void)state;
	put_text("a", "x");
	put_text("a", "y");
	put_int("i", 1);
	put_text("secret", "hush");
	assert_error("=>issue(type=\"x\",value=AppendString(\"a\",1));",
	    "issuancerules rule 1, line 1: AppendString: an argument is not one string");
	assert_error("c:[type==\"a\"]=>issue(type=\"x\",value=AppendString(\"a\",c.value));",
	    "issuancerules rule 1, line 1: AppendString: an argument is not one string");
	assert_error("c:[type==\"secret\"]=>issue(type=\"x\",value=NegateBool(c.value));",
	    "issuancerules rule 1, line 1: NegateBool: the argument is not one boolean");
	assert_error("c:[type==\"a\"]=>issue(type=\"x\",value=ContainsOnlyValue(1,c.value));",
	    "issuancerules rule 1, line 1: ContainsOnlyValue: the second argument is not one "
	    "value");
	assert_error("c:[type==\"i\"]=>issue(type=\"x\",value=JsonToClaimValue(c.value));",
	    "issuancerules rule 1, line 1: JsonToClaimValue: the argument is not one string");
	assert_error("=>issue(type=\"x\",value=JsonToClaimValue(\"\"));",
	    "issuancerules rule 1, line 1: JsonToClaimValue: the empty string");
	assert_error("c:[type==\"a\"]=>issue(type=c.value,value=1);",
	    "issuancerules rule 1, line 1: type= is not one string that is not empty");
	assert_error("=>issue(type=AppendString(\"\",\"\"),value=1);",
	    "issuancerules rule 1, line 1: type= is not one string that is not empty");
	assert_error("c:[type==\"i\"]=>issue(type=c.value,value=1);",
	    "issuancerules rule 1, line 1: type= is not one string that is not empty");
}

static void
json_numbers_are_integers_when_they_are_whole(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: an error */
	} rows[] = {
		{ "0", "0" },
		{ "-0", "0" },
		{ "3.0", "3" },
		{ "1e3", "1000" },
		{ "-12.50e1", "-125" },
		{ "1200e-2", "12" },
		{ "100000000000000000000e-10", "10000000000" },
		{ "1.000000000000000000000000000000000", "1" },
		{ "0e999999999999", "0" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "9223372036854775808", NULL },
		{ "-9223372036854775809", NULL },
		{ "1e19", NULL },
		{ "1e999999999999", NULL },
		{ "0.5", NULL },
		{ "1e-1", NULL },
		{ "1e-999999999999", NULL },
		{ "1.00000000000000000000000000000000001", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char rule[256], want[64];

		snprintf(rule, sizeof(rule), "=>issue(type=\"x\",value=JsonToClaimValue(\"%s\"));",
		    rows[i].text);
		eval_rules(rule);
		if (rows[i].want == NULL) {
			assert_int_equal(out.reason, POLICY_REASON_ERROR);
			continue;
		}
		snprintf(want, sizeof(want), "{\"x\":%s}", rows[i].want);
		assert_issued(want);
	}
}

static void
empty_sets_issue_nothing_and_equal_nothing(void **state)
{
	(void)state;
	put_int("i", 1);
	eval_rules("=>issue(type=\"x\",value=JsonToClaimValue(\"[]\"));"
		   "=>issue(type=\"x\",value=JsonToClaimValue(\"null\"));"
		   "[type==\"i\",value==JsonToClaimValue(\"[]\")]=>issue(type=\"never\",value=1);"
		   "[type==\"i\",value!=JsonToClaimValue(\"[]\")]=>issue(type=\"differs\",value=1);"
		   "=>issue(type=\"only\",value=ContainsOnlyValue(JsonToClaimValue(\"[]\"),true));"
		   "=>issue(type=\"sub\",value=IsSubsetOf(JsonToClaimValue(\"[]\"),1));"
		   "=>issue(type=\"two\",value=JsonToClaimValue(\"[1,1,\\\"a\\\",null]\"));");
	assert_issued("{\"differs\":1,\"only\":false,\"sub\":true,\"two\":[1,\"a\"]}");
}

static void
the_last_property_of_a_name_counts(void **state)
{
	(void)state;
	eval("version=1.1;configurationrules{=>issueproperty(type=\"a\",value=1);"
	     "=>issueproperty(type=\"b\",value=2);=>issueproperty(type=\"a\",value=3);"
	     "=>issueproperty(type=\"a\",value=1);};authorizationrules{[type==\"a\",value==3]=>"
	     "permit();};"
	     "issuancerules{=>issueproperty(type=\"omit_x5c\",value=true);};");
	assert_true(out.permitted);
	assert_int_equal(out.config.count, 2);
	assert_int_equal(claim_set_find(&out.config, "a")->number, 1);
	assert_int_equal(out.properties.count, 1);
	assert_int_equal(out.outgoing.count, 0);
}

static void
what_is_only_added_is_no_property(void **state)
{
	(void)state;
	eval("version=1.1;authorizationrules{=>permit();};"
	     "issuancerules{=>add(type=\"omit_x5c\",value=true);};");
	assert_true(out.permitted);
	assert_int_equal(out.properties.count, 0);
	assert_int_equal(out.outgoing.count, 0);
}

/* 0, "" and false have nothing in common but what they are made of. */
static void
values_of_other_types_are_never_equal(void **state)
{
	(void)state;
	put_int("i", 0);
	put_text("s", "");
	eval_rules(
	    "=>add(type=\"b\",value=false);"
	    "c:[type==\"i\"] && d:[type==\"s\",value==c.value]=>issue(type=\"is\",value=1);"
	    "c:[type==\"s\"] && d:[type==\"i\",value==c.value]=>issue(type=\"si\",value=1);"
	    "c:[type==\"b\"] && d:[type==\"i\",value==c.value]=>issue(type=\"bi\",value=1);"
	    "c:[type==\"i\"] && d:[type==\"b\",value==c.value]=>issue(type=\"ib\",value=1);"
	    "c:[type==\"b\"] && d:[type==\"s\",value==c.value]=>issue(type=\"bs\",value=1);"
	    "c:[type==\"s\"] && d:[type==\"b\",value==c.value]=>issue(type=\"sb\",value=1);");
	assert_issued("{}");
}

static void
configuration_runs_before_the_evidence_is_judged(void **state)
{
	struct policy *p = known("version=1.1;configurationrules{"
				 "[type==\"late\"]=>issueproperty(type=\"a\",value=1);"
				 "=>issueproperty(type=\"b\",value=1);};"
				 "authorizationrules{[type==\"late\"]=>permit();};");

	(void)state;
	assert_int_equal(policy_configure(p, &incoming, &arena, &limits, &out, NULL), 0);
	assert_true(out.configured);
	assert_false(out.permitted);
	assert_int_equal(out.config.count, 1);
	put_int("late", 1);
	assert_int_equal(policy_eval(p, &incoming, &arena, &limits, &out, NULL), 0);
	assert_true(out.permitted);
	assert_int_equal(out.config.count, 1);
}

static void
configuration_claims_are_checked_when_they_are_computed(void **state)
{
	struct policy *p = known("version=1.1;configurationrules{c:[type==\"n\"]=>issueproperty("
				 "type=\"required_pcr_mask\",value=c.value);};"
				 "authorizationrules{=>permit();};");

	(void)state;
	put_text("n", "many");
	assert_int_equal(policy_configure(p, &incoming, &arena, &limits, &out, NULL), 0);
	assert_int_equal(out.reason, POLICY_REASON_ERROR);
	/* an outcome that is decided stays decided */
	assert_int_equal(policy_eval(p, &incoming, &arena, &limits, &out, NULL), -1);
	assert_false(out.permitted);
}

/* Names are compared too: 1024 bytes of each of thousands of claims are not one step. */
static void
long_names_are_paid_for(void **state)
{
	static const char head[] = "version=1.2;authorizationrules{=>add(type=\"",
			  middle[] = "\",value=JsonToClaimValue(\"[",
			  tail[] = "]\"));=>permit();};";
	struct buf text;

	(void)state;
	buf_init(&text, MAX_POLICY_SIZE);
	buf_str(&text, head);
	for (int i = 0; i < MAX_CLAIM_NAME_SIZE; i++)
		buf_char(&text, 'n');
	buf_str(&text, middle);
	for (int i = 0; i < 2000; i++)
		buf_fmt(&text, "%s%d", i == 0 ? "" : ",", i);
	buf_str(&text, tail);
	buf_u8(&text, 0);
	assert_true(buf_ok(&text));
	limits = policy_limits_draft;
	eval((const char *)text.p);
	buf_release(&text);
	assert_false(out.permitted);
	assert_true(out.exhausted);
}

static void
steps_run_out(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		put_int("n", i);
	limits.steps = 150;
	eval_rules(
	    "[type==\"a\"]=>issue(type=\"x\",value=1);[type==\"a\"]=>issue(type=\"x\",value=1);");
	assert_false(out.permitted);
	assert_true(out.exhausted);
	assert_int_equal(out.reason, POLICY_REASON_BUDGET);
	assert_string_equal(out.message,
	    "issuancerules rule 2, line 1: the number of steps is over the limit");
	limits.steps = 0;
	eval_rules("");
	assert_true(out.permitted);
}

static void
memory_runs_out(void **state)
{
	size_t ceiling = arena.ceiling;

	(void)state;
	put_text("s", "0123456789012345678901234567890123456789012345678901234567890123456789");
	limits.memory = 65536;
	eval_rules("c:[type==\"s\"]=>add(type=\"s2\",value=AppendString(c.value,c.value));"
		   "c:[type==\"s2\"]=>add(type=\"s3\",value=AppendString(c.value,c.value));"
		   "c:[type==\"s3\"]=>add(type=\"s4\",value=AppendString(c.value,c.value));"
		   "c:[type==\"s4\"]=>add(type=\"s5\",value=AppendString(c.value,c.value));"
		   "c:[type==\"s5\"]=>add(type=\"s6\",value=AppendString(c.value,c.value));"
		   "c:[type==\"s6\"]=>add(type=\"s7\",value=AppendString(c.value,c.value));"
		   "c:[type==\"s7\"]=>add(type=\"s8\",value=AppendString(c.value,c.value));"
		   "c:[type==\"s8\"]=>add(type=\"s9\",value=AppendString(c.value,c.value));"
		   "c:[type==\"s9\"]=>add(type=\"sa\",value=AppendString(c.value,c.value));"
		   "c:[type==\"sa\"]=>add(type=\"sb\",value=AppendString(c.value,c.value));");
	assert_true(out.exhausted);
	assert_true(out.memory <= limits.memory + 64);
	assert_int_equal(arena.ceiling, ceiling);
}

static void
issued_claims_that_no_token_could_hold_run_out(void **state)
{
	static char text[MAX_ISSUED_SIZE];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	put_text("s", text);
	eval_rules("c:[type==\"s\"]=>add(type=\"b\",value=c.value);");
	assert_true(out.permitted);
	eval_rules("c:[type==\"s\"]=>issue(type=\"b\",value=c.value);");
	assert_true(out.permitted);
	assert_int_equal(out.outgoing.claims[0].text.size + 1, MAX_ISSUED_SIZE);
	eval_rules("c:[type==\"s\"]=>issue(type=\"bb\",value=c.value);");
	assert_true(out.exhausted);
}

/* One long text under many names: comparing it with each is paid for. */
static void
insertions_of_long_texts_are_paid_for(void **state)
{
	DEFER(buf_release) struct buf rules;
	static char text[200000];

	(void)state;
	buf_init(&rules, 65536);
	memset(text, 'a', sizeof(text) - 1);
	put_text("s", text);
	buf_str(&rules, "version=1.0;authorizationrules{=>permit();");
	for (int i = 0; i < 300; i++)
		buf_fmt(&rules, "c:[type==\"s\"]=>add(type=\"n%d\",value=c.value);", i);
	buf_str(&rules, "};");
	buf_u8(&rules, 0);
	assert_true(buf_ok(&rules));
	eval((const char *)rules.p);
	assert_true(out.exhausted);
}

static void
an_outcome_is_of_one_policy(void **state)
{
	struct policy *a = known("version=1.0;authorizationrules{};");
	struct policy *b = known("version=1.0;authorizationrules{=>permit();};");
	struct err e = { 0 };

	(void)state;
	assert_int_equal(policy_configure(a, &incoming, &arena, &limits, &out, NULL), 0);
	assert_int_equal(policy_eval(b, &incoming, &arena, &limits, &out, &e), -1);
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_false(out.permitted);
}

static void
claims_run_out(void **state)
{
	(void)state;
	for (int i = 0; i < MAX_CLAIMS; i++)
		put_int("n", i);
	eval_rules("=>add(type=\"one\",value=1);");
	assert_true(out.exhausted);
	eval_rules("=>issue(type=\"n\",value=1);");
	assert_true(out.exhausted);
}

static void
rules_are_recorded_for_the_trace(void **state)
{
	DEFER(buf_release) struct buf b;
	struct policy *p =
	    known("version=1.0;\nauthorizationrules{\n=>permit();\n =>add(type=\"a\","
		  "value=1);\n};\nissuancerules{\n[type==\"b\"]=>issue(type=\"c\","
		  "value=1);\nc:[type==\"a\"]=>issue(claim=c);};");

	(void)state;
	assert_int_equal(policy_eval(p, &incoming, &arena, &limits, &out, NULL), 0);
	assert_int_equal(out.rule_count, 4);
	assert_int_equal(out.rules[1].column, 2);
	buf_init(&b, 4096);
	json_emit(&b, json_get(policy_trace_emit(p, &out, "set", &arena), "rules"), JSON_SORTED);
	buf_char(&b, '\0');
	assert_string_equal((const char *)b.p,
	    "[{\"added\":[],\"fired\":true,\"line\":3,\"section\":\"authorizationrules\"},"
	    "{\"added\":[\"a\"],\"fired\":true,\"line\":4,\"section\":\"authorizationrules\"},"
	    "{\"added\":[],\"fired\":false,\"line\":7,\"section\":\"issuancerules\"},"
	    "{\"added\":[\"a\"],\"fired\":true,\"line\":8,\"section\":\"issuancerules\"}]");
}

static void
a_program_is_shared_by_count(void **state)
{
	struct policy *p = NULL, *q;

	(void)state;
	assert_int_equal(policy_parse(BYTES("version=1.0;authorizationrules{=>permit();};"), &p,
			     NULL, NULL),
	    0);
	q = policy_ref(p);
	policy_unref(p);
	assert_int_equal(policy_eval(q, &incoming, &arena, &limits, &out, NULL), 0);
	assert_true(out.permitted);
	assert_int_equal(policy_version(q), 10);
	policy_unref(q);
	policy_unref(NULL);
}

static void
warm_evaluation_of_the_default_policy_leaves_the_heap_alone(void **state)
{
	DEFER(policy_unrefp) struct policy *p = NULL;

	(void)state;
	assert_int_equal(policy_parse(policy_default_text("SgxEnclave"), &p, NULL, NULL), 0);
	for (int round = 0; round < 2; round++) {
		size_t before = heap_calls;

		arena_reset(&arena);
		incoming = (struct claim_set){ 0 };
		out = (struct policy_outcome){ 0 };
		assert_int_equal(claim_set_bool(&incoming, &arena, "x-ms-sgx-is-debuggable", true,
				     NULL),
		    0);
		assert_int_equal(policy_eval(p, &incoming, &arena, &limits, &out, NULL), 0);
		assert_true(out.permitted);
		if (round > 0)
			assert_int_equal(heap_calls, before);
	}
	assert_issued("{\"is-debuggable\":true}");
}

static void
memory_that_fails_while_parsing_leaves_no_program(void **state)
{
	struct policy *p = NULL;
	struct policy_diag diag;
	struct err e;
	int failures = -1, rc;

	(void)state;
	do {
		err_clear(&e);
		heap_calls = 0;
		fail_at = (size_t)++failures;
		rc = policy_parse(policy_default_text("SgxEnclave"), &p, &diag, &e);
		fail_at = SIZE_MAX;
		if (rc < 0) {
			assert_int_equal(e.code, ERR_LIMIT);
			assert_int_equal(diag.line, 0);
			assert_null(p);
		}
	} while (rc < 0);
	assert_true(failures >= 3);
	policy_unref(p);
}

static void
memory_that_fails_while_evaluating_permits_nothing(void **state)
{
	struct policy *p = known("version=1.0;authorizationrules{=>permit();};");

	(void)state;
	arena_release(&arena);
	heap_calls = 0;
	fail_at = 0;
	assert_int_equal(policy_eval(p, &incoming, &arena, &limits, &out, NULL), 0);
	fail_at = SIZE_MAX;
	assert_false(out.permitted);
	assert_true(out.exhausted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST(nothing_is_permitted_without_a_permit),
		POLICY_TEST(deny_wins_wherever_it_stands),
		POLICY_TEST(message_for_the_wire_has_the_recorded_stem),
		POLICY_TEST(equality_is_of_type_and_value),
		POLICY_TEST(integers_are_ordered_as_signed_64_bits),
		POLICY_TEST(types_and_issuers_can_be_compared),
		POLICY_TEST(an_identifier_stands_for_all_its_claims),
		POLICY_TEST(the_later_binding_wins),
		POLICY_TEST(values_that_differ_by_issuer_alone_are_one),
		POLICY_TEST(issue_in_authorization_adds_and_issues_nothing),
		POLICY_TEST(read_only_claims_are_tested_and_added_and_never_issued),
		POLICY_TEST(functions_that_cannot_be_evaluated_fail_the_attestation),
		POLICY_TEST(json_numbers_are_integers_when_they_are_whole),
		POLICY_TEST(empty_sets_issue_nothing_and_equal_nothing),
		POLICY_TEST(the_last_property_of_a_name_counts),
		POLICY_TEST(what_is_only_added_is_no_property),
		POLICY_TEST(values_of_other_types_are_never_equal),
		POLICY_TEST(configuration_runs_before_the_evidence_is_judged),
		POLICY_TEST(configuration_claims_are_checked_when_they_are_computed),
		POLICY_TEST(long_names_are_paid_for),
		POLICY_TEST(steps_run_out),
		POLICY_TEST(memory_runs_out),
		POLICY_TEST(claims_run_out),
		POLICY_TEST(issued_claims_that_no_token_could_hold_run_out),
		POLICY_TEST(insertions_of_long_texts_are_paid_for),
		POLICY_TEST(an_outcome_is_of_one_policy),
		POLICY_TEST(rules_are_recorded_for_the_trace),
		POLICY_TEST(a_program_is_shared_by_count),
		POLICY_TEST(warm_evaluation_of_the_default_policy_leaves_the_heap_alone),
		POLICY_TEST(memory_that_fails_while_parsing_leaves_no_program),
		POLICY_TEST(memory_that_fails_while_evaluating_permits_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, policy_release_all);
}
