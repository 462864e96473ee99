/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include "../../support/test.h"
#include "../../support/vectors.h"

#include <dirent.h>
#include <string.h>

#define RULES(version, rules)                                                                      \
	"version=" version ";authorizationrules{=>permit();};issuancerules{" rules "};"

static struct policy_diag diag;
static struct err err;

static int
parse(struct bytes text)
{
	DEFER(policy_unrefp) struct policy *p = NULL;

	memset(&diag, 0xff, sizeof(diag));
	err_clear(&err);
	return policy_parse(text, &p, &diag, &err);
}

static void
assert_accepted(const char *text)
{
	if (parse(bytes_of_str(text)) < 0)
		fail_msg("%s: %s", text, err.msg);
}

static void
assert_refused(const char *text, enum err_code code, unsigned line, unsigned column)
{
	if (parse(bytes_of_str(text)) == 0)
		fail_msg("accepted: %s", text);
	if (err.code != code || diag.line != line || diag.column != column)
		fail_msg("%s: %s %s", text, err_code_name(err.code), err.msg);
	assert_true(strncmp(err.msg, "Invalid policy was specified: ", 30) == 0);
}

static void
white_space_and_comments_may_stand_anywhere(void **state)
{
	(void)state;
	assert_accepted("version=1.0;authorizationrules{};");
	assert_accepted("\r\n// x\n version\t= 1.1 ; // y\nconfigurationrules { } ;\r\n"
			"authorizationrules\n{ => permit ( ) ; }\n; issuancerules { }; // end");
	assert_accepted("\xef\xbb\xbfversion=1.0;authorizationrules{=>deny();};");
	assert_accepted("version=1.0;authorizationrules{[value==true]=>permit();};");
	assert_accepted(RULES("1.1", "=>issueproperty(\ntype = \"a\"\n,value= -5 );"));
	assert_accepted(RULES("1.0", "=>issue(value=\"// no comment\",type=\"a\");"));
}

static void
a_missing_semicolon_is_refused_where_it_should_stand(void **state)
{
	(void)state;
	assert_refused("version=1.0\n[type==\"a\"]=>permit();", ERR_MALFORMED, 2, 1);
	assert_string_equal(diag.found, "[");
	assert_string_equal(diag.expected, "';'");
	assert_string_equal(diag.path, "policy > versionInfo");
	assert_string_equal(err.msg,
	    "Invalid policy was specified: line 2, column 1: unexpected '[', expected ';' (policy "
	    "> "
	    "versionInfo)");
	assert_refused("version=1.0;authorizationrules{=>permit()};", ERR_MALFORMED, 1, 42);
	assert_refused("version=1.0;authorizationrules{}", ERR_MALFORMED, 1, 33);
	assert_refused("version=1.0;authorizationrules{};;", ERR_MALFORMED, 1, 34);
}

static void
columns_count_characters(void **state)
{
	(void)state;
	assert_refused(RULES("1.0", "=>issue(type=\"\xc3\xa9\xe2\x82\xac\",value=?);"),
	    ERR_MALFORMED, 1, 83);
}

static void
what_other_languages_have_is_refused(void **state)
{
	static const char *const rules[] = {
		"[type==\"a\"]||[type==\"b\"]=>issue(type=\"x\",value=1);",
		"[type=\"a\"]=>issue(type=\"x\",value=1);",
		"[type=~\"a\"]=>issue(type=\"x\",value=1);",
		"EXISTS([type==\"a\"])=>issue(type=\"x\",value=1);",
		"NOT EXISTS([type==\"a\"])=>issue(type=\"x\",value=1);",
		"[]=>issue(type=\"x\",value=1);",
		"[type==\"a\",]=>issue(type=\"x\",value=1);",
		"[Type==\"a\"]=>issue(type=\"x\",value=1);",
		"[type==\"a\"],[type==\"b\"]=>issue(type=\"x\",value=1);",
		"=>issue(\"x\",value=1);",
		"=>issue(\"x\",1);",
		"=>issue(type==\"x\",value=1);",
		"=>issue(type=\"x\");",
		"=>issue(type=\"x\",value=1,issuer=\"y\");",
		"=>issue(type=\"x\",value=1,);",
		"=>issue(type=\"x\",type=\"y\");",
		"=>issue(type=\"x\",value=null);",
		"=>issue(type=\"x\",value=True);",
		"=>issue(type=\"x\",value=0xFF);",
		"=>issue(type=\"x\",value=1.5);",
		"=>issue(type=\"x\",value=+1);",
		"=>issue(type=\"x\",value=- 1);",
		"=>issue(type=\"x\",value=9223372036854775808);",
		"=>issue(type=\"x\",value=-9223372036854775809);",
		"=>issue(type=\"x\",value={1});",
		"=>issue(type=\"x\",value=\"a\"+\"b\");",
		"=>issue(type=\"x\",value='a');",
		"=>issue(type=\xe2\x80\x9cx\xe2\x80\x9d,value=1);",
		"=>issue(type=\"x\",value=\"open);",
		"=>issue(type=\"x\",value=1);#",
		"/* */=>issue(type=\"x\",value=1);",
		"\f=>issue(type=\"x\",value=1);",
		"\v=>issue(type=\"x\",value=1);",
		"permit:[type==\"a\"]=>issue(type=\"x\",value=1);",
		"claim:[type==\"a\"]=>issue(claim=claim);",
		"@RuleName=\"x\" =>issue(type=\"x\",value=1);",
		"=>Issue(type=\"x\",value=1);",
		"c:[type==\"a\"]=>issue(type=\"x\",value=c);",
		"c:[type==\"a\"]=>issue(type=\"x\",value=c.properties);",
		"=>issue();",
		"=>issue(type=\"x\",value=1)",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		char text[512];

		snprintf(text, sizeof(text),
		    "version=1.2;authorizationrules{=>permit();};issuancerules{%s};", rules[i]);
		if (parse(bytes_of_str(text)) == 0)
			fail_msg("accepted: %s", rules[i]);
		if (err.code != ERR_MALFORMED || diag.line != 1 || diag.column < 59)
			fail_msg("%s: %s", rules[i], err.msg);
	}
}

static void
frames_that_are_not_whole_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"version",
		"version=1;authorizationrules{};",
		"version=\"1.0\";authorizationrules{};",
		"Version=1.0;authorizationrules{};",
		"version==1.0;authorizationrules{};",
		"version=1.0;",
		"version=1.0;issuancerules{};",
		"version=1.0;issuancerules{};authorizationrules{};",
		"version=1.0;authorizationrules{};authorizationrules{};",
		"version=1.0;authorizationrules{};configurationrules{};",
		"version=1.1;configurationrules{};configurationrules{};authorizationrules{};",
		"version=1.1;configurationrules{};issuancerules{};",
		"version=1.0;authorizationrules={};",
		"version=1.0;authizationrules{};",
		"version=1.0;authorizationrules{};Issuancerules{};",
		"version=1.0;authorizationrules{};issuancerules{};x",
		"version=1.0;authorizationrules{=>permit(true);};",
		"version=1.0;authorizationrules{",
		"version=1.0;authorizationrules{=>",
		"version=1.0;authorizationrules{[",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (parse(bytes_of_str(texts[i])) == 0)
			fail_msg("accepted: %s", texts[i]);
		if (err.code != ERR_MALFORMED)
			fail_msg("%s: %s", texts[i], err.msg);
	}
}

static void
versions_allow_what_they_introduced(void **state)
{
	(void)state;
	assert_refused("version=1.3;authorizationrules{};", ERR_UNSUPPORTED, 1, 9);
	assert_refused("version=01.0;authorizationrules{};", ERR_UNSUPPORTED, 1, 9);
	assert_refused("version=2.0;authorizationrules{};", ERR_UNSUPPORTED, 1, 9);
	assert_refused("version=1.0;configurationrules{};authorizationrules{};", ERR_INVALID, 1,
	    13);
	assert_refused("version=1.1;authorizationrules{![type==\"a\"]=>permit();};", ERR_INVALID, 1,
	    32);
	assert_refused(RULES("1.1", "=>issue(type=\"x\",value=NegateBool(true));"), ERR_INVALID, 1,
	    82);
	assert_accepted("version=1.2;authorizationrules{![type==\"a\"]=>permit();};");
	assert_accepted(RULES("1.2", "=>issue(type=\"x\",value=NegateBool(true));"));
}

static void
grammar_is_told_before_the_rules_beyond_it(void **state)
{
	(void)state;
	assert_refused("version=1.7;authorizationrules{=>permit()};", ERR_MALFORMED, 1, 42);
}

static void
functions_are_known_and_have_their_arguments(void **state)
{
	(void)state;
	assert_refused(RULES("1.2", "=>issue(type=\"x\",value=ToString(1));"), ERR_INVALID, 1, 82);
	assert_refused(RULES("1.2", "=>issue(type=\"x\",value=NegateBool());"), ERR_INVALID, 1, 82);
	assert_refused(RULES("1.2", "=>issue(type=\"x\",value=AppendString(\"a\"));"), ERR_INVALID,
	    1, 82);
	assert_refused(RULES("1.2", "=>issue(type=\"x\",value=NegateBool(true,true));"),
	    ERR_INVALID, 1, 82);
	assert_refused(RULES("1.2", "=>issue(type=\"x\",value=NegateBool(true,));"), ERR_MALFORMED,
	    1, 98);
}

static void
actions_stand_in_their_sections_only(void **state)
{
	(void)state;
	assert_refused(RULES("1.0", "=>permit();"), ERR_INVALID, 1, 61);
	assert_refused(RULES("1.0", "=>deny();"), ERR_INVALID, 1, 61);
	assert_refused("version=1.0;authorizationrules{=>issueproperty(type=\"a\",value=1);};",
	    ERR_INVALID, 1, 34);
	assert_refused("version=1.1;configurationrules{=>issue(type=\"a\",value=1);};"
		       "authorizationrules{};",
	    ERR_INVALID, 1, 34);
	assert_refused("version=1.1;configurationrules{=>permit();};authorizationrules{};",
	    ERR_INVALID, 1, 34);
	assert_accepted("version=1.0;authorizationrules{=>issue(type=\"a\",value=1);=>permit();};");
}

static void
identifiers_must_be_bound_to_the_left(void **state)
{
	(void)state;
	assert_refused(RULES("1.0", "=>issue(claim=c);"), ERR_INVALID, 1, 73);
	assert_refused(RULES("1.0", "=>issue(type=\"x\",value=c.value);"), ERR_INVALID, 1, 82);
	assert_refused(RULES("1.0", "c:[value==c.value]=>issue(claim=c);"), ERR_INVALID, 1, 69);
	assert_refused(RULES("1.0", "[value==d.value]&&d:[type==\"a\"]=>issue(claim=d);"),
	    ERR_INVALID, 1, 67);
	assert_refused(RULES("1.2", "!c:[type==\"a\"]=>issue(type=\"x\",value=1);"), ERR_INVALID, 1,
	    59);
	assert_accepted(RULES("1.0", "c:[type==\"a\"]&&c:[type==\"b\"]=>issue(claim=c);"));
}

static void
only_integers_are_ordered(void **state)
{
	(void)state;
	assert_refused(RULES("1.0", "[type<\"a\"]=>issue(type=\"x\",value=1);"), ERR_INVALID, 1,
	    60);
	assert_refused(RULES("1.0", "[issuer>=\"a\"]=>issue(type=\"x\",value=1);"), ERR_INVALID, 1,
	    60);
	assert_refused(RULES("1.0", "[value<\"a\"]=>issue(type=\"x\",value=1);"), ERR_INVALID, 1,
	    66);
	assert_refused(RULES("1.0", "[value>true]=>issue(type=\"x\",value=1);"), ERR_INVALID, 1,
	    66);
	assert_accepted(RULES("1.0", "[value>=-9223372036854775808]=>issue(type=\"x\",value=1);"));
}

static void
claim_types_are_strings_that_are_not_empty(void **state)
{
	char text[2048], name[1026];

	(void)state;
	assert_refused(RULES("1.0", "=>issue(type=\"\",value=1);"), ERR_INVALID, 1, 72);
	assert_refused(RULES("1.0", "=>issue(type=1,value=1);"), ERR_INVALID, 1, 72);
	memset(name, 'a', sizeof(name));
	name[1025] = '\0';
	snprintf(text, sizeof(text), RULES("1.0", "=>issue(type=\"%s\",value=1);"), name);
	assert_refused(text, ERR_LIMIT, 1, 72);
	name[1024] = '\0';
	snprintf(text, sizeof(text), RULES("1.0", "=>issue(type=\"%s\",value=1);"), name);
	assert_accepted(text);
}

static void
configuration_claims_have_their_types(void **state)
{
	static const char *const bad[] = {
		"type=\"require_valid_aik_cert\",value=\"true\"",
		"type=\"required_pcr_mask\",value=true",
		"type=\"required_pcr_mask\",value=-1",
		"type=\"required_pcr_mask\",value=16777216",
		"type=\"x-ms-sgx-tcbidentifier\",value=11",
		"type=\"x-ms-sgx-tcbidentifier\",value=\"\"",
		"type=\"x-ms-sgx-tcbidentifier\",value=\"eleven\"",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char text[256];

		snprintf(text, sizeof(text),
		    "version=1.1;configurationrules{=>issueproperty(%s);};authorizationrules{};",
		    bad[i]);
		assert_int_equal(parse(bytes_of_str(text)), -1);
		assert_int_equal(err.code, ERR_INVALID);
	}
	assert_accepted("version=1.1;configurationrules{=>issueproperty(type=\"required_pcr_mask\","
			"value=16777215);=>issueproperty(type=\"unknown\",value=1);"
			"=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",value=\"11\");};"
			"authorizationrules{};");
}

static void
text_that_is_not_utf8_is_refused(void **state)
{
	(void)state;
	assert_refused("version=1.0;\nauthorizationrules{\xff};", ERR_MALFORMED, 2, 20);
	assert_refused("version=1.0;\nauthorizationrules{};//\xc0\x80", ERR_MALFORMED, 2, 24);
	assert_int_equal(parse(BYTES("version=1.0;authorizationrules{};\0")), -1);
	assert_int_equal(err.code, ERR_MALFORMED);
}

/* COUNT times PART between BEFORE and AFTER. */
static int
parse_repeated(const char *before, const char *part, size_t count, const char *after)
{
	DEFER(buf_release) struct buf b;

	buf_init(&b, 1 << 20);
	buf_str(&b, before);
	for (size_t i = 0; i < count; i++)
		buf_str(&b, part);
	buf_str(&b, after);
	assert_true(buf_ok(&b));
	return parse(buf_bytes(&b));
}

static void
limits_are_held(void **state)
{
	static const char head[] = "version=1.2;authorizationrules{";

	(void)state;
	assert_int_equal(parse_repeated(head, "=>permit();", 1024, "};"), 0);
	assert_int_equal(parse_repeated(head, "=>permit();", 1025, "};"), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(parse_repeated(head, "[value==1]&&", 31, "[value==1]=>permit();};"), 0);
	assert_int_equal(parse_repeated(head, "[value==1]&&", 32, "[value==1]=>permit();};"), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(parse_repeated("version=1.2;authorizationrules{[", "value==1,", 15,
			     "value==1]=>permit();};"),
	    0);
	assert_int_equal(parse_repeated("version=1.2;authorizationrules{[", "value==1,", 16,
			     "value==1]=>permit();};"),
	    -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(parse_repeated("version=1.2;authorizationrules{[value==", "NegateBool(",
			     17, "true"),
	    -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(parse_repeated("version=1.2;authorizationrules{[value==", "NegateBool(",
			     60000, "true"),
	    -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(parse_repeated("version=1.2;authorizationrules{[value==\"", "a", 32768,
			     "\"]=>permit();};"),
	    0);
	assert_int_equal(parse_repeated("version=1.2;authorizationrules{[value==\"", "a", 32769,
			     "\"]=>permit();};"),
	    -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(parse_repeated("version=1.0;authorizationrules{};//", "a", 122880, ""),
	    -1);
	assert_int_equal(err.code, ERR_LIMIT);
}

/* Whatever is cut off, nothing but a whole policy is one. */
static void
policy_cut_anywhere_is_refused(void **state)
{
	static const char text[] =
	    "version=1.2;configurationrules{=>issueproperty(type=\"a\",value=-1);};"
	    "authorizationrules{c:[type==\"\\\\\",value!=c1.value]&&![issuer==\"b\"]=>permit();};";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(parse(bytes_of(text, n)), -1);
}

/* Calls EACH for every file of FOLDER in the vectors whose name has SUFFIX. */
static unsigned
for_each_file(const char *folder, const char *suffix,
    void (*each)(const char *name, struct bytes text))
{
	char path[MAX_VECTOR_PATH];
	unsigned count = 0;
	struct dirent *d;
	DIR *dir;

	vector_path(folder, path);
	dir = opendir(path);
	if (dir == NULL)
		skip();
	while ((d = readdir(dir)) != NULL) {
		char name[512];
		struct arena arena;
		struct bytes text;

		if (strstr(d->d_name, suffix) == NULL)
			continue;
		arena_init(&arena, 1 << 20);
		snprintf(name, sizeof(name), "%s/%s", folder, d->d_name);
		assert_true(vector_read(name, &arena, &text));
		each(d->d_name, text);
		arena_release(&arena);
		count++;
	}
	closedir(dir);
	return count;
}

static void
accept_one(const char *name, struct bytes text)
{
	if (parse(text) < 0)
		fail_msg("%s: %s", name, err.msg);
}

static void
published_policies_are_accepted(void **state)
{
	unsigned count;

	(void)state;
	count = for_each_file("policies", ".policy", accept_one);
	print_message("%u policies\n", count);
	assert_int_equal(count, 47);
}

/* A version 1.2 policy around rules for its issuance. 65 lost a condition when it was printed: its second rule names a
 * claim that nothing binds (maa-policy.md 4). */
static void
accept_fragment(const char *name, struct bytes text)
{
	DEFER(buf_release) struct buf b;
	bool unbound = strncmp(name, "65-", 3) == 0;

	buf_init(&b, MAX_POLICY_SIZE);
	buf_str(&b, "version=1.2;authorizationrules{=>permit();};issuancerules{\n");
	buf_add(&b, text);
	buf_str(&b, "\n};");
	assert_true(buf_ok(&b));
	if ((parse(buf_bytes(&b)) < 0) != unbound)
		fail_msg("%s: %s", name, err.msg);
	if (unbound) {
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(diag.found, "c");
		assert_int_equal(diag.line, 3);
	}
}

static void
published_fragments_are_accepted(void **state)
{
	unsigned count;

	(void)state;
	count = for_each_file("policies/fragments", ".rules", accept_fragment);
	print_message("%u fragments\n", count);
	assert_int_equal(count, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(white_space_and_comments_may_stand_anywhere),
		cmocka_unit_test(a_missing_semicolon_is_refused_where_it_should_stand),
		cmocka_unit_test(columns_count_characters),
		cmocka_unit_test(what_other_languages_have_is_refused),
		cmocka_unit_test(frames_that_are_not_whole_are_refused),
		cmocka_unit_test(versions_allow_what_they_introduced),
		cmocka_unit_test(grammar_is_told_before_the_rules_beyond_it),
		cmocka_unit_test(functions_are_known_and_have_their_arguments),
		cmocka_unit_test(actions_stand_in_their_sections_only),
		cmocka_unit_test(identifiers_must_be_bound_to_the_left),
		cmocka_unit_test(only_integers_are_ordered),
		cmocka_unit_test(claim_types_are_strings_that_are_not_empty),
		cmocka_unit_test(configuration_claims_have_their_types),
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
		cmocka_unit_test(limits_are_held),
		cmocka_unit_test(policy_cut_anywhere_is_refused),
		cmocka_unit_test(published_policies_are_accepted),
		cmocka_unit_test(published_fragments_are_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
