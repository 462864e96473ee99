/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/yaml.h"

#include "../../support/arena.h"
#include "../../support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
expect_json(const char *yaml, const char *want)
{
	const struct json *v = NULL;
	struct err e = { 0 };
	DEFER(buf_release) struct buf out;

	buf_init(&out, 65536);
	if (yaml_parse(bytes_of_str(yaml), 65536, &arena, &v, &e) < 0)
		fail_msg("%s", e.msg);
	json_emit(&out, v, JSON_AS_IS);
	assert_true(buf_ok(&out));
	if (!bytes_is_str(buf_bytes(&out), want))
		fail_msg("seen %.*s\nwanted %s", BYTES_FMT(buf_bytes(&out)), want);
}

static enum err_code
refusal(struct bytes yaml)
{
	const struct json *v = NULL;
	struct err e = { 0 };

	if (yaml_parse(yaml, 65536, &arena, &v, &e) == 0)
		return ERR_NONE;
	assert_null(v);
	return e.code;
}

static void
settings_become_a_tree(void **state)
{
	(void)state;
	expect_json("listen: 127.0.0.1:8443\n"
		    "workers: 4\n"
		    "dev: false\n"
		    "name: \"4\"\n"
		    "none:\n"
		    "null: null\n"
		    "list:\n  - a\n  - -7\n  - {x: [1, 'true']}\n"
		    "empty: {}\n"
		    "text: |\n  two\n  lines\n",
	    "{\"listen\":\"127.0.0.1:8443\",\"workers\":4,\"dev\":false,\"name\":\"4\",\"none\":"
	    "null,"
	    "\"null\":null,\"list\":[\"a\",-7,{\"x\":[1,\"true\"]}],\"empty\":{},"
	    "\"text\":\"two\\nlines\\n\"}");
	expect_json("--- # one document\na: 1\n...\n", "{\"a\":1}");
	expect_json("just text", "\"just text\"");
}

static void
only_one_spelling_is_not_a_string(void **state)
{
	(void)state;
	expect_json("[yes, on, True, TRUE, ~, Null, 007, +1, 0x10, 1_000, 1.5, 1e3, .inf, -, "
		    "12:30]",
	    "[\"yes\",\"on\",\"True\",\"TRUE\",\"~\",\"Null\",\"007\",\"+1\",\"0x10\",\"1_000\","
	    "\"1.5\","
	    "\"1e3\",\".inf\",\"-\",\"12:30\"]");
	expect_json("[0, -0, 10, -10, true, false, null]", "[0,-0,10,-10,true,false,null]");
	expect_json("true: 1\n1: 2\n", "{\"true\":1,\"1\":2}");
}

static void
what_makes_documents_expensive_or_ambiguous_is_refused(void **state)
{
	static const struct {
		const char *yaml;
		enum err_code want;
	} rows[] = {
		{ "a: &x 1\n", ERR_UNSUPPORTED },
		{ "a: &x [1]\n", ERR_UNSUPPORTED },
		{ "a: &x {b: 1}\n", ERR_UNSUPPORTED },
		{ "a: *x\n", ERR_UNSUPPORTED },
		{ "a: !!str 1\n", ERR_UNSUPPORTED },
		{ "a: !!seq [1]\n", ERR_UNSUPPORTED },
		{ "!<x> {a: 1}\n", ERR_UNSUPPORTED },
		{ "a: ! 1\n", ERR_UNSUPPORTED },
		{ "a: 1\n---\nb: 2\n", ERR_UNSUPPORTED },
		{ "a: 1\na: 2\n", ERR_MALFORMED },
		{ "a: 1\n\"a\": 2\n", ERR_MALFORMED },
		{ "a: {b: 1, c: 2, b: 3}\n", ERR_MALFORMED },
		{ "[1]: 2\n", ERR_MALFORMED },
		{ "{a: 1}: 2\n", ERR_MALFORMED },
		{ "a: [1\n", ERR_MALFORMED },
		{ "a: 'b\n", ERR_MALFORMED },
		{ "a:\n\t- b\n", ERR_MALFORMED },
		{ "a: \"\\0\"\n", ERR_MALFORMED },
		{ "a: \xff\n", ERR_MALFORMED },
		{ "", ERR_MALFORMED },
		{ "# nothing\n", ERR_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (refusal(bytes_of_str(rows[i].yaml)) != rows[i].want)
			fail_msg("%s", rows[i].yaml);
	assert_int_equal(refusal(BYTES("a: b\0c\n")), ERR_MALFORMED);
	/* UTF-16 is valid YAML and no text of ours. */
	assert_int_equal(refusal(BYTES("\xff\xfe"
				       "a\0:\0 \0"
				       "1\0")),
	    ERR_MALFORMED);
}

static void
ceilings_are_limits(void **state)
{
	char deep[2 * MAX_JSON_DEPTH + 3] = { 0 };
	struct err e = { 0 };
	struct arena small;
	const struct json *v;

	(void)state;
	memset(deep, '[', MAX_JSON_DEPTH);
	memset(deep + MAX_JSON_DEPTH, ']', MAX_JSON_DEPTH);
	assert_int_equal(refusal(bytes_of_str(deep)), ERR_NONE);
	memset(deep, '[', MAX_JSON_DEPTH + 1);
	memset(deep + MAX_JSON_DEPTH + 1, ']', MAX_JSON_DEPTH + 1);
	assert_int_equal(refusal(bytes_of_str(deep)), ERR_LIMIT);
	assert_int_equal(yaml_parse(BYTES("a: 1"), 3, &arena, &v, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	for (size_t ceiling = 0; ceiling < 300; ceiling += 8) {
		err_clear(&e);
		arena_init(&small, ceiling);
		if (yaml_parse(BYTES("a: [x, y]"), 100, &small, &v, &e) < 0)
			assert_int_equal(e.code, ERR_LIMIT);
		arena_release(&small);
	}
}

static void
error_names_line_and_column(void **state)
{
	const struct json *v;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(yaml_parse(BYTES("a: 1\nb: *x\n"), 100, &arena, &v, &e), -1);
	assert_non_null(strstr(e.msg, "line 2, column 4"));
}

static void
values_know_where_they_stand(void **state)
{
	static const char text[] = "# \xc3\xa9\na: 1\n\xc3\xa9\xe2\x82\xac: 'x y'\nc:\n  - z\n";
	struct bytes all = BYTES(text);
	const struct json *v;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(yaml_parse(all, 100, &arena, &v, &e), 0);
	assert_true(bytes_is_str(json_get(v, "a")->span, "1"));
	assert_true(bytes_is_str(json_get(v, "\xc3\xa9\xe2\x82\xac")->span, "'x y'"));
	assert_ptr_equal(json_get(v, "c")->span.p, strstr(text, "- z"));
	assert_int_equal(json_get(v, "c")->span.size, 0);
	assert_true(bytes_is_str(json_item(json_get(v, "c"), 0)->span, "z"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_become_a_tree),
		cmocka_unit_test(only_one_spelling_is_not_a_string),
		cmocka_unit_test(what_makes_documents_expensive_or_ambiguous_is_refused),
		cmocka_unit_test(ceilings_are_limits),
		cmocka_unit_test(error_names_line_and_column),
		cmocka_unit_test(values_know_where_they_stand),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
