/* SPDX-License-Identifier: Apache-2.0 */
/* What a query means where precedence and projections decide, and what is said of one that means nothing. */
#include "../../support/query.h"

static void
operators_bind_from_pipe_to_comparison(void **state)
{
	(void)state;
	expect("{\"a\": false, \"b\": 1}", "b || a && a", "1");
	expect("{\"a\": false, \"b\": 1}", "(b || a) && a", "false");
	expect("{\"a\": {\"b\": 1}}", "x || a | b", "1");
	expect("{\"a\": 1, \"b\": 2}", "a == `1` && b == `2`", "true");
	expect("{\"a\": 1, \"b\": 2}", "a == b == `false`", "true"); /* from the left */
	expect("{\"a\": 1, \"b\": 2}", "a == (b == `false`)", "false");
	expect("{\"a\": 1, \"b\": 2}", "a < b == `true`", "true");
	expect("{\"a\": {\"c\": null}, \"d\": 1}", "(a || b).c || d", "1");
}

static void
logic_gives_operands_and_stops_early(void **state)
{
	(void)state;
	expect("{\"a\": [1], \"b\": \"\"}", "[a && b, b && a, a || b, b || a, b || x]",
	    "[\"\",\"\",[1],[1],null]");
	expect("{}", "[`0` || 'x', `[]` || 'x', `{}` || 'x', `false` || 'x']",
	    "[0,\"x\",\"x\",\"x\"]");
	/* What is not reached is not evaluated. */
	expect("{\"a\": 1}", "[a || abs('x'), x && abs('x')]", "[1,null]");
	expect_fault("{}", "x || abs('x')", JMESPATH_TYPE);
}

static void
projections_end_at_pipe_operator_and_flatten(void **state)
{
	static const char doc[] = "{\"a\": [{\"b\": [1, 2]}, {\"b\": [3]}, {}]}";

	(void)state;
	expect(doc, "a[*].b[0]", "[1,3]");
	expect(doc, "a[*].b | [0]", "[1,2]");
	expect(doc, "(a[*].b)[0]", "[1,2]");
	expect(doc, "a[*].b[]", "[1,2,3]");
	expect(doc, "a[*].b[] | [-1]", "3");
	expect(doc, "a[].b[?@ > `1`]", "[[2],[3]]");
	expect(doc, "a[].b[?@ > `1`][]", "[2,3]");
	expect(doc, "a[*].b == `[[1,2],[3]]`", "true");
	expect(doc, "a[1:].b[0]", "[3]");
	expect(doc, "a[*].{c: b}.c[0]", "[1,3]");
	expect(doc, "a[*].[b][0]", "[[1,2],[3]]");
}

static void
a_second_filter_is_for_elements_or_for_the_list(void **state)
{
	static const char doc[] =
	    "{\"a\": [{\"on\": true, \"x\": {\"on\": true, \"v\": 1}}, "
	    "{\"on\": true, \"x\": {\"on\": false, \"v\": 2}}, {\"on\": false}]}";

	(void)state;
	/* Behind another one: within each element, which is no list here. */
	expect(doc, "a[?on][?on]", "[]");
	/* Behind what the first one selected: of the list of all of these. */
	expect(doc, "a[?on].x[?on].v", "[1]");
	expect(doc, "a[?on].x | [?on].v", "[1]");
	/* But within an ordinary projection it is for each element. */
	expect("{\"a\": [{\"x\": [1, 2]}, {\"x\": [2, 3]}]}", "a[*].x[?@ > `1`]", "[[2],[2,3]]");
}

static void
not_binds_as_the_mode_says(void **state)
{
	static const char doc[] = "{\"a\": {\"b\": false, \"c\": [true]}}";

	(void)state;
	expect(doc, "!a.b", "null"); /* (!a).b */
	expect(doc, "!(a.b)", "true");
	expect(doc, "!x == `true`", "true");
	query_options = &jmespath_maa;
	expect(doc, "!a.b", "true");
	expect(doc, "!a.c[0]", "false");
	expect(doc, "!a.c[?@]", "false");
	expect(doc, "!a.c[]", "false");
	expect(doc, "!x == `false`", "false"); /* still tighter than comparisons */
	expect(doc, "!x && a.b", "false");
	expect(doc, "!!a.c", "true");
	query_options = &jmespath_standard;
}

static void
slices_take_every_stride(void **state)
{
	static const char doc[] = "[0, 1, 2, 3, 4]";

	(void)state;
	expect(doc, "[1:3]", "[1,2]");
	expect(doc, "[:]", "[0,1,2,3,4]");
	expect(doc, "[::-1]", "[4,3,2,1,0]");
	expect(doc, "[-2:]", "[3,4]");
	expect(doc, "[:-9]", "[]");
	expect(doc, "[-9:2]", "[0,1]");
	expect(doc, "[9::-2]", "[4,2,0]");
	expect(doc, "[3:0:-1]", "[3,2,1]");
	expect(doc, "[::9223372036854775807]", "[0]");
	expect(doc, "[4::-9223372036854775807]", "[4]");
	expect(doc, "[99999999999999999999]", "null");
	expect(doc, "[-99999999999999999999:99999999999999999999]", "[0,1,2,3,4]");
	expect(doc, "[ 1 : 3 : 1 ]", "[1,2]");
	expect("[null, 1]", "[0:2]", "[1]");
	expect("\"abc\"", "[0:2]", "null");
	expect_fault(doc, "[::0]", JMESPATH_VALUE);
	expect_fault("{}", "a || b[1:2:0]", JMESPATH_VALUE);
}

static void
selecting_from_null_is_null_and_of_false_is_not(void **state)
{
	(void)state;
	expect("null", "[@.{a: b}, @.[a]]", "null");
	expect("{\"f\": false}", "[f.{a: b}, f.[a], x.{a: b}, x.[a]]",
	    "[{\"a\":null},[null],null,null]");
	expect("{\"a\": 1}", "{x: a, y: a, x: `2`}", "{\"x\":2,\"y\":1}");
	expect("{\"a\": 1}", "{\"\": a, \"x y\": a}", "{\"\":1,\"x y\":1}");
}

static void
equality_is_deep_and_by_value(void **state)
{
	(void)state;
	expect("{}", "`1` == `1.0` && `1e2` == `100` && `-0` == `0` && `0.10` == `1E-1`", "true");
	expect("{}", "`1` == '1' || `0` == `false` || `null` == `[]` || '' == `null`", "false");
	expect("{}",
	    "`{\"a\": [1, {\"b\": 2}], \"c\": 3}` == `{\"c\": 3.0, \"a\": [1, {\"b\": 20e-1}]}`",
	    "true");
	expect("{}", "`{\"a\": 1, \"b\": 1}` == `{\"a\": 1, \"c\": 1}`", "false");
	expect("{}", "`[1, 2]` != `[2, 1]`", "true");
	expect("{}", "`9007199254740993` == `9007199254740992`", "false");
	expect("{}", "[`18446744073709551616` > `18446744073709551615`, `1e400` > `1e399`]",
	    "[true,true]");
	expect("{}", "['b' > 'a', `true` < `1`, `null` >= `null`]", "[null,null,null]");
}

static void
names_and_strings_are_read_as_written(void **state)
{
	(void)state;
	expect("{\"a b\": 1, \"a\\nb\": 2, \"\\u20ac\": 3, \"\": 4}",
	    "[\"a b\", \"a\\nb\", \"\\u20ac\", \"\xe2\x82\xac\", \"\"]", "[1,2,3,3,4]");
	expect("{}", "'a\\'b\\\\c\\d\"'", "\"a'b\\\\\\\\c\\\\d\\\"\"");
	expect("{}", "'\\\\windows'", "\"\\\\\\\\windows\"");
	expect("{}", "`\"\\`\"`", "\"`\"");
	expect("{}", "` [1, {\"a\": null}] `", "[1,{\"a\":null}]");
	expect("{}", "''", "\"\"");
	expect("{\"null\": 1, \"true\": 2}", "[null, true]", "[1,2]"); /* bare words are names */
	expect("{\"a\": 1}", " \t\r\na\n", "1");
}

/* What stands at OFFSET is refused; FOUND and EXPECTED are parts of what is said. */
static void
refused(const char *query, enum jmespath_fault fault, size_t offset, const char *found,
    const char *expected, const char *hint)
{
	struct query_got got = expect_fault("{}", query, fault);

	if (got.diag.offset != offset || strcmp(got.diag.found, found) != 0 ||
	    strstr(got.diag.expected, expected) == NULL || strstr(got.diag.hint, hint) == NULL)
		fail_msg("%s: at %zu '%s', want '%s', hint '%s'", query, got.diag.offset,
		    got.diag.found, got.diag.expected, got.diag.hint);
	assert_int_equal(got.e.code,
	    fault == JMESPATH_SYNTAX                 ? ERR_MALFORMED
		: fault == JMESPATH_UNKNOWN_FUNCTION ? ERR_UNSUPPORTED
		: fault == JMESPATH_LIMIT            ? ERR_LIMIT
						     : ERR_INVALID);
}

static void
a_refusal_says_what_stands_where_and_what_could(void **state)
{
	(void)state;
	refused("", JMESPATH_SYNTAX, 0, "the end of the text", "an expression", "");
	refused("a.", JMESPATH_SYNTAX, 2, "the end of the text", "a name", "");
	refused("a b", JMESPATH_SYNTAX, 2, "b", "an operator or the end", "");
	refused("a ]", JMESPATH_SYNTAX, 2, "]", "an operator or the end", "");
	refused("(a", JMESPATH_SYNTAX, 2, "the end of the text", "')'", "");
	refused("[a, b", JMESPATH_SYNTAX, 5, "the end of the text", "',' or ']'", "");
	refused("[a,]", JMESPATH_SYNTAX, 3, "]", "an expression", "");
	refused("{a}", JMESPATH_SYNTAX, 2, "}", "':'", "");
	refused("{}", JMESPATH_SYNTAX, 1, "}", "a name", "new_name");
	refused("{a: b c}", JMESPATH_SYNTAX, 6, "c", "',' or '}'", "");
	refused("a[1 2]", JMESPATH_SYNTAX, 4, "2", "']' or ':'", "");
	refused("a[1:2:3:4]", JMESPATH_SYNTAX, 7, ":", "']'", "");
	refused("a[b]", JMESPATH_SYNTAX, 2, "b", "an integer", ".[a, b]");
	refused("a[*][b]", JMESPATH_SYNTAX, 5, "b", "an integer", ".[a, b]");
	refused("a.[?b]", JMESPATH_SYNTAX, 2, "[?", "a name", "no '.'");
	refused("a[?b", JMESPATH_SYNTAX, 4, "the end of the text", "']'", "");
	refused("abs(`1`", JMESPATH_SYNTAX, 7, "the end of the text", "')'", "");
	refused("abs(`1`,)", JMESPATH_SYNTAX, 8, ")", "an argument", "");
	refused("\"abs\"(`1`)", JMESPATH_SYNTAX, 0, "\"abs\"", "", "without quotes");
	refused("@(a)", JMESPATH_SYNTAX, 1, "(", "an operator", "");
	refused("a || nope(b)", JMESPATH_UNKNOWN_FUNCTION, 5, "nope", "a function", "");
	refused("a.abs()", JMESPATH_ARITY, 2, "abs", "one argument", "");
	refused("join('')", JMESPATH_ARITY, 0, "join", "two arguments", "");
	refused("merge()", JMESPATH_ARITY, 0, "merge", "one argument or more", "");
	refused("[abs(`1`), abs('x')]", JMESPATH_TYPE, 15, "a string", "a number", "abs");
	refused("sort_by(`[]`, a)", JMESPATH_TYPE, 14, "a value", "an expression", "&a");
	refused("length(&a)", JMESPATH_TYPE, 7, "an expression", "a string, an array or an object",
	    "length");
	refused("sort_by(`[1, \"a\"]`, &@)", JMESPATH_TYPE, 20, "a string", "a number", "same");
}

static void
a_refusal_knows_what_was_meant(void **state)
{
	(void)state;
	refused("a == 20", JMESPATH_SYNTAX, 5, "20", "an expression", "back-quotes");
	refused("a == 1.5", JMESPATH_SYNTAX, 5, "1.5", "", "back-quotes");
	refused("a = b", JMESPATH_SYNTAX, 2, "=", "", "==");
	refused("a - b", JMESPATH_SYNTAX, 2, "-", "", "arithmetic");
	refused("$.a", JMESPATH_SYNTAX, 0, "$", "", "@");
	refused("a # b", JMESPATH_SYNTAX, 2, "#", "", "comments");
	refused("'a", JMESPATH_SYNTAX, 0, "'a", "", "not closed");
	refused("'a\\'", JMESPATH_SYNTAX, 0, "'a\\'", "", "not closed");
	refused("`1", JMESPATH_SYNTAX, 0, "`1", "", "not closed");
	refused("\"a", JMESPATH_SYNTAX, 0, "\"a", "", "not closed");
	refused("`foo`", JMESPATH_SYNTAX, 0, "`foo`", "", "JSON");
	refused("``", JMESPATH_SYNTAX, 0, "``", "", "JSON");
	refused("`{\"a\": 1, \"a\": 2}`", JMESPATH_SYNTAX, 0, "`{\"a\": 1, \"a\": 2}`", "", "JSON");
	refused("\"\\x\"", JMESPATH_SYNTAX, 0, "\"\\x\"", "", "JSON string");
	refused("\"a\\u0000\"", JMESPATH_SYNTAX, 0, "\"a\\u0000\"", "", "NUL");
	refused("a == \xe2\x80\x98x\xe2\x80\x99", JMESPATH_SYNTAX, 5, "U+2018", "", "U+0027");
	refused("\xc3\xa9", JMESPATH_SYNTAX, 0, "U+00E9", "", "quotes");
	refused("'\xff'", JMESPATH_SYNTAX, 1, "?", "", "UTF-8");
	refused("&a", JMESPATH_SYNTAX, 0, "&", "an expression", "arguments");
	refused("[&a]", JMESPATH_SYNTAX, 1, "&", "an expression", "arguments");
}

static void
a_place_is_a_line_and_a_column_of_characters(void **state)
{
	struct query_got got;

	(void)state;
	got = expect_fault("{}", "'\xe2\x82\xac' == a\n|| '\xc3\xa9' ]", JMESPATH_SYNTAX);
	assert_int_equal(got.diag.line, 2);
	assert_int_equal(got.diag.column, 8);
	assert_string_equal(got.e.msg,
	    "jmespath: line 2, column 8: unexpected ], want an operator or the end");
}

static void
a_raw_nul_is_refused(void **state)
{
	struct query_got got;

	(void)state;
	got = query_run(query_document("null"), BYTES("'a\0b'"), jmespath_budget_for(0));
	assert_null(got.text);
	assert_int_equal(got.diag.fault, JMESPATH_SYNTAX);
	assert_int_equal(got.diag.offset, 2);
}

/* OPEN n times, MIDDLE, CLOSE n times. */
static struct bytes
nest(const char *open, const char *middle, const char *close, size_t n)
{
	DEFER(buf_release) struct buf b;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < n; i++)
		buf_str(&b, open);
	buf_str(&b, middle);
	for (size_t i = 0; i < n; i++)
		buf_str(&b, close);
	return arena_copy(&arena, buf_bytes(&b));
}

static void
what_nests_has_a_depth(void **state)
{
	static const struct {
		const char *open, *middle, *close;
	} shapes[] = {
		{ "(", "@", ")" },
		{ "!", "@", "" },
		{ "[?", "@", "]" },
		{ "@.[", "@", "]" },
		{ "@.{a: ", "@", "}" },
		{ "to_array(", "@", ")" },
		{ "map(&", "@", ", @)" },
	};
	struct jmespath_budget budget = { 1000000, 16u << 20, 1u << 20 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		const struct jmespath *q = NULL;
		struct jmespath_diag diag = { 0 };
		struct err e = { 0 };
		struct bytes text;

		arena_reset(&arena);
		text = nest(shapes[i].open, shapes[i].middle, shapes[i].close, MAX_JMESPATH_DEPTH);
		assert_int_equal(jmespath_compile(text, &jmespath_standard, &arena, &q, &diag, &e),
		    0);
		(void)query_run(query_document("[[[[1]]]]"), text, budget);
		text =
		    nest(shapes[i].open, shapes[i].middle, shapes[i].close, MAX_JMESPATH_DEPTH + 1);
		assert_int_equal(jmespath_compile(text, &jmespath_standard, &arena, &q, &diag, &e),
		    -1);
		assert_int_equal(diag.fault, JMESPATH_LIMIT);
		assert_int_equal(e.code, ERR_LIMIT);
	}
}

static void
what_does_not_nest_may_be_as_long_as_the_text(void **state)
{
	static const struct {
		const char *link, *first;
	} chains[] = {
		{ ".a", "a" },
		{ "[0]", "a" },
		{ "[*]", "a" },
		{ "[]", "a" },
		{ "[?@]", "a" },
		{ "[:]", "a" },
		{ ".*", "a" },
		{ "||a", "a" },
		{ "&&a", "a" },
		{ "==a", "a" },
		{ "|a", "a" },
		{ ",a", "[a" },
	};
	struct jmespath_budget budget = { 1000000, 16u << 20, 1u << 20 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(chains); i++) {
		size_t n = (MAX_JMESPATH_SIZE - 8) / strlen(chains[i].link);
		DEFER(buf_release) struct buf b;
		struct query_got got;

		arena_reset(&arena);
		buf_init(&b, MAX_JMESPATH_SIZE);
		buf_str(&b, chains[i].first);
		for (size_t k = 0; k < n; k++)
			buf_str(&b, chains[i].link);
		if (chains[i].first[0] == '[')
			buf_char(&b, ']');
		got = query_run(query_document("{\"a\": [[{\"a\": 1}]]}"), buf_bytes(&b), budget);
		if (got.text == NULL)
			fail_msg("%s: %s", chains[i].link, got.e.msg);
	}
}

static void
a_text_over_its_size_is_refused(void **state)
{
	struct query_got got;
	struct bytes text;

	(void)state;
	arena_reset(&arena);
	text = nest(" ", "a", "", MAX_JMESPATH_SIZE - 1);
	got = query_run(query_document("{\"a\": 1}"), text, jmespath_budget_for(0));
	assert_string_equal(got.text, "1");
	text = nest(" ", "a", "", MAX_JMESPATH_SIZE);
	got = query_run(query_document("{\"a\": 1}"), text, jmespath_budget_for(0));
	assert_null(got.text);
	assert_int_equal(got.diag.fault, JMESPATH_LIMIT);
}

static void
a_hash_has_at_most_its_members(void **state)
{
	struct query_got got;

	(void)state;
	for (size_t n = MAX_JMESPATH_MEMBERS; n <= MAX_JMESPATH_MEMBERS + 1; n++) {
		DEFER(buf_release) struct buf b;

		arena_reset(&arena);
		buf_init(&b, MAX_JMESPATH_SIZE);
		for (size_t i = 0; i < n; i++)
			buf_fmt(&b, "%sa%zu:@", i == 0 ? "{" : ",", i);
		buf_char(&b, '}');
		got = query_run(query_document("1"), buf_bytes(&b), jmespath_budget_for(0));
		assert_int_equal(got.text == NULL, n > MAX_JMESPATH_MEMBERS);
	}
	assert_int_equal(got.diag.fault, JMESPATH_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_bind_from_pipe_to_comparison),
		cmocka_unit_test(logic_gives_operands_and_stops_early),
		cmocka_unit_test(projections_end_at_pipe_operator_and_flatten),
		cmocka_unit_test(a_second_filter_is_for_elements_or_for_the_list),
		cmocka_unit_test(not_binds_as_the_mode_says),
		cmocka_unit_test(slices_take_every_stride),
		cmocka_unit_test(selecting_from_null_is_null_and_of_false_is_not),
		cmocka_unit_test(equality_is_deep_and_by_value),
		cmocka_unit_test(names_and_strings_are_read_as_written),
		cmocka_unit_test(a_refusal_says_what_stands_where_and_what_could),
		cmocka_unit_test(a_refusal_knows_what_was_meant),
		cmocka_unit_test(a_place_is_a_line_and_a_column_of_characters),
		cmocka_unit_test(a_raw_nul_is_refused),
		cmocka_unit_test(what_nests_has_a_depth),
		cmocka_unit_test(what_does_not_nest_may_be_as_long_as_the_text),
		cmocka_unit_test(a_text_over_its_size_is_refused),
		cmocka_unit_test(a_hash_has_at_most_its_members),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
