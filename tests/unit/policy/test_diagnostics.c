/* SPDX-License-Identifier: Apache-2.0 */
/* All that is wrong with a text in one pass; the published slips, with the place and the reason of each. */
#include "policy/policy.h"

#include "../../support/test.h"
#include "../../support/vectors.h"

#include <string.h>

static struct policy_diag list[MAX_POLICY_DIAGS];
static size_t count;

static void
check(const char *text)
{
	struct err e = { 0 };

	if (policy_check(bytes_of_str(text), list, COUNT_OF(list), &count, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
}

/* "1:2 3:4 " */
static void
assert_places(const char *text, const char *want)
{
	char got[1024] = "";
	size_t used = 0;

	check(text);
	for (size_t i = 0; i < count && used < sizeof(got) - 16; i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%u:%u ", list[i].line,
		    list[i].column);
	if (strcmp(got, want) != 0)
		fail_msg("%s\n%s, want %s", text, got, want);
}

static void
a_policy_has_no_diagnostics(void **state)
{
	(void)state;
	assert_places("version=1.0;authorizationrules{=>permit();};", "");
}

static void
every_rule_with_a_fault_is_named(void **state)
{
	(void)state;
	assert_places("version=1.0;\nauthorizationrules{\n[type]=>permit();\n=>permit();\n=>x();\n}"
		      ";\n"
		      "issuancerules{\n=>issue(type=\"a\");\n=>issue(type=\"a\",value=);\n};",
	    "3:6 5:3 8:17 9:24 ");
}

static void
a_single_equals_is_taken_for_what_was_meant(void **state)
{
	(void)state;
	assert_places(
	    "version=1.0;\nauthorizationrules{\n[type=\"a\",value=1]&&[type=\"b\"]=>permit();\n"
	    "c:[type==\"a\"]=>add(type==\"x\",value==1);\n[type=\"a\"]=>add(claim==c);\n};",
	    "3:6 3:16 3:26 4:24 4:35 5:6 5:22 5:24 ");
	assert_string_equal(list[0].hint, "a comparison is written ==");
	assert_string_equal(list[3].hint, "an argument is given with one =");
	/* and the rule beyond the grammar is held all the same: c is another rule's */
	assert_string_equal(list[7].found, "c");
	assert_int_equal(list[7].code, ERR_INVALID);
}

static void
a_missing_semicolon_hides_nothing(void **state)
{
	(void)state;
	assert_places("version=1.0\nauthorizationrules{\n=>permit()\n=>deny()\n[type==1,]=>permit()"
		      ";\n}\n"
		      "issuancerules{\n=>issue(type=\"a\",value=1)\n}",
	    "2:1 4:1 5:1 5:10 7:1 9:1 9:2 ");
}

static void
words_of_another_case_or_with_a_slip_are_understood(void **state)
{
	(void)state;
	assert_places(
	    "Version=1.2;\nauthorisationrules{\n[Type==\"a\",valuetype==\"b\"]=>Permit();\n"
	    "=>issueproprety(type=\"a\",value=1);\n=>add(type=\"a\",value=NegatBool(true));\n};\n"
	    "isuancerules{=>\n};",
	    "1:1 2:1 3:2 3:12 3:29 4:3 5:22 7:1 8:1 ");
	assert_string_equal(list[0].hint, "keywords are written in lower case");
	assert_string_equal(list[1].hint, "did you mean 'authorizationrules'?");
	assert_string_equal(list[5].hint, "did you mean 'issueproperty'?");
	assert_string_equal(list[6].hint, "there is no such function; did you mean NegateBool?");
	assert_string_equal(list[7].hint, "did you mean 'issuancerules'?");
	/* what was meant is not allowed there either, but one fault at a place is enough */
	assert_int_equal(list[5].code, ERR_MALFORMED);
}

static void
words_that_mean_nothing_get_no_guess(void **state)
{
	(void)state;
	assert_places("version=1.0;authorizationrules{=>grant();};", "1:34 ");
	assert_string_equal(list[0].hint, "");
	assert_places("version=1.2;authorizationrules{[value==ToString(1)]=>permit();};", "1:40 ");
	assert_non_null(strstr(list[0].hint, "JmesPath, JsonToClaimValue"));
}

static void
rules_beyond_the_grammar_are_all_held(void **state)
{
	(void)state;
	assert_places("version=1.1;configurationrules{\n=>issueproperty(type=\"required_pcr_mask\","
		      "value=-1);\n"
		      "=>permit();};authorizationrules{\n![type==\"a\"]=>permit();\n"
		      "[value<\"a\",type<\"b\"]=>add(type=d.type,value=e.value);\n};",
	    "2:48 3:3 4:1 5:8 5:12 5:32 5:45 ");
	for (size_t i = 0; i < count; i++)
		assert_int_equal(list[i].code, ERR_INVALID);
}

static void
a_string_that_ends_too_late_is_found_where_it_begins(void **state)
{
	(void)state;
	assert_places("version=1.0;authorizationrules{\n[type==\"a]=>permit();\n[type==\"b\"]=>"
		      "deny();\n"
		      "=>permt();\n};",
	    "3:9 4:3 ");
	assert_string_equal(list[0].hint,
	    "the string that begins at line 2, column 8 ends here: was its end forgotten?");
	assert_places("version=1.0;authorizationrules{\n[type==\"a\xe2\x80\x9d]=>permit();\n"
		      "[type==\"b\"]=>deny();\n=>permt();\n};",
	    "2:10 4:3 ");
	assert_string_equal(list[0].found, "U+201D");
	assert_places("version=1.0;authorizationrules{\n=>permt();[type==\"a]=>permit();\n};",
	    "2:3 2:18 ");
	assert_non_null(strstr(list[1].hint, "the string is not closed"));
	/* lines are allowed in strings, and such a string is blamed for nothing */
	assert_places("version=1.0;authorizationrules{\n[type==\"a\nb\" value==1]=>permit();\n};",
	    "3:4 ");
	assert_string_equal(list[0].hint, "");
}

static void
placeholders_are_known_as_such(void **state)
{
	(void)state;
	assert_places("version=1.0;authorizationrules{\n[type==\"a\",value==<number>]=>permit();\n}"
		      ";",
	    "2:19 ");
	assert_string_equal(list[0].hint, "if this is a placeholder, put the value in its place");
}

static void
the_width_is_that_of_the_symbol(void **state)
{
	(void)state;
	assert_places("version=1.0;authorizationrules{=>permit();};issuancerules{\n"
		      "[type==\"a\" \"\xc3\xa9\xc3\xa9\"]=>issue(type=\"a\",value=1);\n"
		      "=>issue(type=\"\",value=1);};garbage",
	    "2:12 3:14 3:28 ");
	assert_int_equal(list[0].width, 4);
	assert_int_equal(list[1].width, 2);
	assert_int_equal(list[2].width, 7);
	assert_places("version=1.0;authorizationrules{=>permit();", "1:43 ");
	assert_int_equal(list[0].width, 1);
}

static void
a_text_that_is_no_policy_at_all_gets_one_diagnostic(void **state)
{
	(void)state;
	assert_places("", "1:1 ");
	assert_places("{\"a\":[1,2,{}]}", "1:1 ");
	assert_places("a b c d e f g", "1:1 ");
	assert_places("version=1.0;authorizationrules{\xff};", "1:32 ");
	assert_places("version=1.0;", "1:13 ");
}

/* Sections that stand in another order, or twice, are read and named. */
static void
sections_out_of_order_are_read(void **state)
{
	(void)state;
	assert_places("version=1.1;\nissuancerules{\n=>isue(type=\"a\",value=1);\n};\n"
		      "authorizationrules{\n=>permt();\n};\nauthorizationrules{};",
	    "2:1 3:3 5:1 6:3 8:1 ");
}

static void
room_is_never_exceeded(void **state)
{
	DEFER(buf_release) struct buf b;
	struct policy_diag few[3];
	struct err e = { 0 };

	(void)state;
	buf_init(&b, MAX_POLICY_SIZE);
	buf_str(&b, "version=1.0;authorizationrules{\n");
	for (int i = 0; i < 2000; i++)
		buf_str(&b, "=>permt();\n");
	buf_str(&b, "};");
	assert_int_equal(policy_check(buf_bytes(&b), few, 3, &count, &e), 0);
	assert_int_equal(count, 3);
	assert_int_equal(few[2].line, 4);
	assert_int_equal(policy_check(buf_bytes(&b), list, COUNT_OF(list), &count, &e), 0);
	assert_int_equal(count, MAX_POLICY_DIAGS);
	assert_int_equal(policy_check(buf_bytes(&b), few, 0, &count, &e), -1);
	assert_int_equal(e.code, ERR_INTERNAL);
}

static void
a_message_is_one_line(void **state)
{
	char text[256];

	(void)state;
	check("version=1.0;authorizationrules{=>permit()};");
	policy_diag_message(&list[0], text, sizeof(text));
	assert_string_equal(text,
	    "line 1, column 42: unexpected '}', expected ';' (policy > authorizationrules > "
	    "authRule)");
}

static void
lenient_versions_allow_what_later_ones_introduced(void **state)
{
	static const char *const later[] = {
		"version=1.0;configurationrules{};authorizationrules{};",
		"version=1.0;authorizationrules{![type==\"a\"]=>permit();};",
		"version=1.1;authorizationrules{[value==NegateBool(true)]=>permit();};",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(later); i++) {
		struct policy *p = NULL;
		struct err e = { 0 };

		assert_int_equal(policy_parse(bytes_of_str(later[i]), &p, NULL, &e), -1);
		err_clear(&e);
		if (policy_parse_as(bytes_of_str(later[i]), POLICY_VERSIONS_LENIENT, &p, NULL, &e) <
		    0)
			fail_msg("%s: %s", later[i], e.msg);
		policy_unref(p);
	}
}

/* What is wrong with each of the published slips: the first fault that an author is told, and where. */
static const struct slip {
	const char *file;
	const char *places; /* of all diagnostics but those about JmesPath */
	const char *found;  /* the first one */
	const char *why;
} slips[] = {
	{ "04-author-overview-sample", "4:12 5:1 9:12 10:5 10:12 11:1 ", "=",
	    "a condition compares with ==; three rules lack their ';'" },
	{ "05-functions-secureboot-single-equals", "13:38 ", "=", "issuer= in a condition" },
	{ "08-v12-positional-issue-argument", "23:51 ", "\"PlatformAttested\"",
	    "issue(\"…\", value=…) names no type" },
	{ "09-sgx-custom-template-placeholders", "5:50 ", "<",
	    "a placeholder stands for a number" },
	{ "15-tcb-curly-quote", "5:45 13:1 ", "U+201D",
	    "the string is closed by a typographic quotation mark" },
	{ "28-sgx-default-curly-quotes", "1:1 4:11 8:11 9:11 10:11 11:11 12:11 13:11 ", "Version",
	    "keywords are lower case; typographic quotation marks" },
	{ "29-author-equals-before-brace", "1:1 3:19 7:14 ", "Version",
	    "keywords are lower case; '=' before '{'" },
	{ "30-author-missing-semicolon-after-issue", "1:1 3:19 7:14 9:1 ", "Version",
	    "keywords are lower case; '=' before '{'; a rule without ';'" },
	{ "31-author-misspelled-section", "2:1 4:11 5:1 9:10 10:3 10:10 11:1 ", "authizationrules",
	    "no such section; '=' for '=='; rules without ';'" },
	{ "32-tpm-concepts-no-final-semicolon", "13:1 ", "end of text",
	    "the last section lacks its ';'" },
	{ "33-version-without-semicolon", "2:1 ", "[", "the version line lacks its ';'" },
	{ "56-legacy-json-policy", "1:1 ", "{", "JSON, of a preview API" },
};

static void
slip_has_its_place(const struct slip *slip)
{
	DEFER(arena_release) struct arena a;
	struct policy *p = NULL;
	struct policy_diag first = { 0 };
	struct bytes text;
	struct err e = { 0 };
	char name[256], got[256] = "";
	size_t used = 0;

	arena_init(&a, 1 << 20);
	snprintf(name, sizeof(name), "policies/invalid/%s.policy", slip->file);
	assert_true(vector_read(name, &a, &text));
	assert_int_equal(policy_parse(text, &p, &first, &e), -1);
	assert_int_equal(policy_check(text, list, COUNT_OF(list), &count, NULL), 0);
	for (size_t i = 0; i < count && used < sizeof(got) - 16; i++) {
		if (strcmp(list[i].found, "JmesPath") != 0)
			used += (size_t)snprintf(got + used, sizeof(got) - used, "%u:%u ",
			    list[i].line, list[i].column);
	}
	if (strcmp(got, slip->places) != 0 || strcmp(first.found, slip->found) != 0)
		fail_msg("%s (%s): %s'%s'", slip->file, slip->why, got, first.found);
	/* the answer of the wire is the first of them */
	snprintf(got, sizeof(got), "%u:%u ", first.line, first.column);
	assert_int_equal(strncmp(got, slip->places, strlen(got)), 0);
}

static void
published_slips_are_refused_at_their_places(void **state)
{
	(void)state;
	if (!vector_exists("policies/invalid"))
		skip();
	for (size_t i = 0; i < COUNT_OF(slips); i++)
		slip_has_its_place(&slips[i]);
	print_message("%zu invalid policies\n", COUNT_OF(slips));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_has_no_diagnostics),
		cmocka_unit_test(every_rule_with_a_fault_is_named),
		cmocka_unit_test(a_single_equals_is_taken_for_what_was_meant),
		cmocka_unit_test(a_missing_semicolon_hides_nothing),
		cmocka_unit_test(words_of_another_case_or_with_a_slip_are_understood),
		cmocka_unit_test(words_that_mean_nothing_get_no_guess),
		cmocka_unit_test(rules_beyond_the_grammar_are_all_held),
		cmocka_unit_test(a_string_that_ends_too_late_is_found_where_it_begins),
		cmocka_unit_test(placeholders_are_known_as_such),
		cmocka_unit_test(the_width_is_that_of_the_symbol),
		cmocka_unit_test(a_text_that_is_no_policy_at_all_gets_one_diagnostic),
		cmocka_unit_test(sections_out_of_order_are_read),
		cmocka_unit_test(room_is_never_exceeded),
		cmocka_unit_test(a_message_is_one_line),
		cmocka_unit_test(lenient_versions_allow_what_later_ones_introduced),
		cmocka_unit_test(published_slips_are_refused_at_their_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
