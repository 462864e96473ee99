/* SPDX-License-Identifier: Apache-2.0 */
/* Every function at its edges: types, empty things, characters, order, the names that two objects share. */
#include "../../support/query.h"

static void
absolute_values_keep_their_digits(void **state)
{
	(void)state;
	expect("{}", "abs(`-1.50`)", "1.50");
	expect("{}", "abs(`-0`)", "0");
	expect("{}", "abs(`7e2`)", "7e2");
	expect("{}", "abs(`-9223372036854775808`)", "9223372036854775808");
	expect_fault("{}", "abs('1')", JMESPATH_TYPE);
	expect_fault("{}", "abs(@)", JMESPATH_TYPE);
}

static void
rounding_gives_plain_integers(void **state)
{
	(void)state;
	expect("{}", "[ceil(`1.01`), ceil(`-1.01`), floor(`1.99`), floor(`-1.99`)]", "[2,-1,1,-2]");
	expect("{}", "[ceil(`-0.5`), floor(`0.5`), ceil(`0.5`), floor(`-0.5`)]", "[0,0,1,-1]");
	expect("{}", "[ceil(`1.0`), floor(`-2.00`), ceil(`15e-1`), floor(`1.5e1`), floor(`0e5`)]",
	    "[1,-2,2,15,0]");
	expect("{}", "[ceil(`9.9`), floor(`-99.9`), ceil(`9223372036854775807.5`)]",
	    "[10,-100,9223372036854775808]");
	expect("{}", "[ceil(`1e-999`), floor(`1e-999`), ceil(`-1e-999`), floor(`-1e-999`)]",
	    "[1,0,0,-1]");
	/* An integer already, however it is spelt: there is nothing to do, and no need to write it out. */
	expect("{}", "[ceil(`1e999`), floor(`-1e400`)]", "[1e999,-1e400]");
	expect_fault("{}", "ceil(`null`)", JMESPATH_TYPE);
	expect_fault("{}", "floor(`[]`)", JMESPATH_TYPE);
}

static void
sums_and_averages_are_exact(void **state)
{
	(void)state;
	expect("[0.1, 0.2]", "sum(@) == `0.3`", "true");
	expect("[9223372036854775807, 1]", "sum(@)", "9223372036854775808");
	expect("[1e20, -1]", "sum(@)", "99999999999999999999");
	expect("[-1, 0.5]", "sum(@)", "-0.5");
	expect("[1e-60, 1]", "sum(@)",
	    "1.000000000000000000000000000000000000000000000000000000000001");
	expect("[]", "[sum(@), avg(@)]", "[0,null]");
	expect("[1, 2]", "avg(@)", "1.5");
	expect("[1, 1, 0]", "avg(@)", "0.6666666666666666666666666666666667");
	expect("[-1, 0, 0]", "avg(@)", "-0.3333333333333333333333333333333333");
	expect("[9007199254740993, 9007199254740993]", "avg(@)", "9007199254740993");
	expect_fault("[1, \"2\"]", "sum(@)", JMESPATH_TYPE);
	expect_fault("[1, null]", "avg(@)", JMESPATH_TYPE);
	expect_fault("{}", "sum(@)", JMESPATH_TYPE);
	expect_fault("[1e351]", "sum(@)", JMESPATH_LIMIT);
	expect_fault("[1e-351]", "avg(@)", JMESPATH_LIMIT);
	expect_fault("[1e1234567890]", "sum(@)", JMESPATH_LIMIT);
}

static void
contains_looks_in_text_and_lists(void **state)
{
	(void)state;
	expect("[1.0, [2], {\"a\": 1}]", "contains(@, `1`)", "true");
	expect("[1.0, [2], {\"a\": 1}]", "contains(@, `[2.0]`)", "true");
	expect("[1.0, [2], {\"a\": 1}]", "contains(@, `2`)", "false");
	expect("[null]", "contains(@, `null`)", "true");
	expect("[]", "contains(@, `null`)", "false");
	expect("\"a1\"", "contains(@, '')", "true");
	expect("\"\"", "contains(@, '')", "true");
	expect("\"\"", "contains(@, 'a')", "false");
	expect("\"a1\"", "contains(@, `1`)", "false"); /* no string */
	expect_fault("{\"a\": 1}", "contains(@, 'a')", JMESPATH_TYPE);
}

static void
beginnings_and_ends_are_compared_as_text(void **state)
{
	(void)state;
	expect("\"\\u20acx\"", "[starts_with(@, '\xe2\x82\xac'), ends_with(@, 'x')]",
	    "[true,true]");
	expect("\"a\"",
	    "[starts_with(@, ''), ends_with(@, ''), starts_with(@, 'ab'), ends_with(@, 'ba')]",
	    "[true,true,false,false]");
	expect("\"\"", "[starts_with(@, ''), ends_with(@, '')]", "[true,true]");
	expect_fault("\"a\"", "starts_with(@, `1`)", JMESPATH_TYPE);
	expect_fault("[\"a\"]", "ends_with(@, 'a')", JMESPATH_TYPE);
}

static void
lengths_count_characters_elements_members(void **state)
{
	(void)state;
	expect("\"\\u00e9\\ud83d\\ude00x\"", "length(@)", "3");
	expect("\"e\\u0301\"", "length(@)", "2"); /* code points, not what is seen */
	expect("\"\"", "length(@)", "0");
	expect("[null, null]", "length(@)", "2");
	expect("{}", "length(@)", "0");
	expect_fault("null", "length(@)", JMESPATH_TYPE);
	expect_fault("1", "length(@)", JMESPATH_TYPE);
}

static void
reversing_keeps_characters_whole(void **state)
{
	(void)state;
	expect("\"a\\u00e9\\u20ac\\ud83d\\ude00\"",
	    "reverse(@) == `\"\\ud83d\\ude00\\u20ac\\u00e9a\"`", "true");
	expect("\"\"", "reverse(@)", "\"\"");
	expect("[1, null, [2, 3]]", "reverse(@)", "[[2,3],null,1]");
	expect("[]", "reverse(@)", "[]");
	expect_fault("{}", "reverse(@)", JMESPATH_TYPE);
}

static void
join_puts_glue_between(void **state)
{
	(void)state;
	expect("[\"a\", \"\", \"b\"]", "join('--', @)", "\"a----b\"");
	expect("[\"a\"]", "join('--', @)", "\"a\"");
	expect("[]", "join('--', @)", "\"\"");
	expect("[\"a\", \"b\"]", "join('', @)", "\"ab\"");
	expect_fault("[\"a\", null]", "join('', @)", JMESPATH_TYPE);
	expect_fault("[\"a\"]", "join(@, @)", JMESPATH_TYPE);
}

static void
keys_and_values_come_in_the_order_of_the_document(void **state)
{
	(void)state;
	expect("{\"b\": 1, \"a\": null, \"\": 2}", "[keys(@), values(@)]",
	    "[[\"b\",\"a\",\"\"],[1,null,2]]");
	expect("{}", "[keys(@), values(@)]", "[[],[]]");
	expect_fault("[]", "keys(@)", JMESPATH_TYPE);
	expect_fault("null", "values(@)", JMESPATH_TYPE);
}

static void
map_keeps_null(void **state)
{
	(void)state;
	expect("[{\"a\": 1}, {}, null, 7]", "map(&a, @)", "[1,null,null,null]");
	expect("[]", "map(&a, @)", "[]");
	expect("[[1, 2], [3]]", "map(&map(&[@], @), @)", "[[[1],[2]],[[3]]]");
	expect_fault("{}", "map(&a, @)", JMESPATH_TYPE);
	expect_fault("[]", "map(a, @)", JMESPATH_TYPE);
	expect_fault("[]", "map(@, &a)", JMESPATH_TYPE);
}

static void
the_first_of_equal_extremes_is_taken(void **state)
{
	(void)state;
	expect("[1, 1.0, 0.9, 9e-1]", "[max(@), min(@)]", "[1,0.9]");
	expect("[\"b\", \"\\ud83d\\ude00\", \"\\uffee\"]",
	    "[max(@) == `\"\\ud83d\\ude00\"`, min(@)]",
	    "[true,\"b\"]"); /* by code point: U+1F600 is above U+FFEE */
	expect("[]", "[max(@), min(@), max_by(@, &a), min_by(@, &a)]", "[null,null,null,null]");
	expect("[{\"k\": 2, \"n\": 1}, {\"k\": 2.0, \"n\": 2}]",
	    "[max_by(@, &k).n, min_by(@, &k).n]", "[1,1]");
	expect_fault("[1, \"a\"]", "max(@)", JMESPATH_TYPE);
	expect_fault("[true]", "min(@)", JMESPATH_TYPE);
	expect_fault("[[1]]", "max(@)", JMESPATH_TYPE);
	expect_fault("[{\"k\": 1}, {\"k\": \"a\"}]", "max_by(@, &k)", JMESPATH_TYPE);
	expect_fault("[{\"k\": 1}, {}]", "min_by(@, &k)", JMESPATH_TYPE);
	expect_fault("[1]", "max_by(@, @)", JMESPATH_TYPE);
}

static void
sorting_is_exact_and_stable(void **state)
{
	(void)state;
	expect("[9007199254740993, 9007199254740992, -1, 1e-9, 0]", "sort(@)",
	    "[-1,0,1e-9,9007199254740992,9007199254740993]");
	expect("[\"b\", \"\", \"ab\", \"a\", \"B\"]", "sort(@)", "[\"\",\"B\",\"a\",\"ab\",\"b\"]");
	expect("[1.0, 1, 1.00, 1e0]", "sort(@)", "[1.0,1,1.00,1e0]");
	expect("[]", "[sort(@), sort_by(@, &a)]", "[[],[]]");
	expect("[{\"k\": 2, \"n\": 1}, {\"k\": 1, \"n\": 2}, {\"k\": 2, \"n\": 3}, {\"k\": 1, "
	       "\"n\": 4}, "
	       "{\"k\": 1, \"n\": 5}]",
	    "sort_by(@, &k)[].n", "[2,4,5,1,3]");
	expect_fault("[1, \"a\"]", "sort(@)", JMESPATH_TYPE);
	expect_fault("[null]", "sort(@)", JMESPATH_TYPE);
	expect_fault("[{\"k\": true}]", "sort_by(@, &k)", JMESPATH_TYPE);
	expect_fault("{}", "sort_by(@, &k)", JMESPATH_TYPE);
}

static void
the_last_object_wins_and_the_first_says_where(void **state)
{
	(void)state;
	expect("[{\"a\": 1, \"b\": 2}, {\"c\": 3, \"a\": 4}, {\"b\": null}]",
	    "merge([0], [1], [2])", "{\"a\":4,\"b\":null,\"c\":3}");
	expect("{\"a\": 1}", "merge(@, @, {a: @})", "{\"a\":{\"a\":1}}");
	expect("{}", "merge(@)", "{}");
	expect_fault("{}", "merge(@, `null`)", JMESPATH_TYPE);
	expect_fault("{}", "merge()", JMESPATH_ARITY);
}

static void
not_null_takes_the_first_that_is_there(void **state)
{
	(void)state;
	expect("{\"a\": false}", "not_null(x, a, @)", "false");
	expect("{}", "not_null(x, y)", "null");
	/* All arguments are evaluated, as of any function. */
	expect_fault("{\"a\": 1}", "not_null(a, abs('x'))", JMESPATH_TYPE);
	expect_fault("{}", "not_null()", JMESPATH_ARITY);
}

static void
conversions_are_those_of_json(void **state)
{
	(void)state;
	expect("{}", "[to_array(`null`), to_array(`[]`), to_array('a')]", "[[null],[],[\"a\"]]");
	expect("{}", "[to_string(`null`), to_string('a'), to_string(`1.0`), to_string(`true`)]",
	    "[\"null\",\"a\",\"1.0\",\"true\"]");
	expect("{\"b\": [1, \"\\u20ac\\n\\u0001\\\"\"], \"a\": {}}",
	    "to_string(@) == "
	    "`\"{\\\"b\\\":[1,\\\"\\u20ac\\\\n\\\\u0001\\\\\\\"\\\"],\\\"a\\\":{}}\"`",
	    "true");
	expect("{}", "[to_number('1'), to_number('-0.50'), to_number('1E+3'), to_number(`2`)]",
	    "[1,-0.50,1E+3,2]");
	expect("{}",
	    "[to_number(' 1'), to_number('1 '), to_number('+1'), to_number('01'), "
	    "to_number('.5'), to_number('1.'), to_number('0x1'), to_number(''), "
	    "to_number('NaN'), to_number('-'), to_number('1e'), to_number('1,2'), "
	    "to_number('1[')]",
	    "[null,null,null,null,null,null,null,null,null,null,null,null,null]");
	expect("{}", "[to_number(`true`), to_number(`null`), to_number(`[1]`), to_number(`{}`)]",
	    "[null,null,null,null]");
}

static void
every_type_has_its_name(void **state)
{
	(void)state;
	expect("{}", "[type(`null`), type(`true`), type(`-1e9`), type(''), type(`[]`), type(`{}`)]",
	    "[\"null\",\"boolean\",\"number\",\"string\",\"array\",\"object\"]");
}

static void
equals_ignore_case_is_of_the_profile_alone(void **state)
{
	(void)state;
	expect_fault("{}", "equals_ignore_case('a', 'A')", JMESPATH_UNKNOWN_FUNCTION);
	query_options = &jmespath_maa;
	expect("{}", "equals_ignore_case('\\windows\\WdBoot.sys', '\\Windows\\wdboot.SYS')",
	    "true");
	expect("{}", "equals_ignore_case('a', 'ab')", "false");
	expect("{}", "equals_ignore_case('', '')", "true");
	/* ASCII only: U+00C9 and U+00E9, and the Kelvin sign. */
	expect("{}", "equals_ignore_case('\xc3\x89', '\xc3\xa9')", "false");
	expect("{}", "equals_ignore_case('k', '\xe2\x84\xaa')", "false");
	/* A missing field is null, and no string: false, not an error. */
	expect("{}",
	    "[equals_ignore_case(x, 'a'), equals_ignore_case('a', `1`), equals_ignore_case(x, x)]",
	    "[false,false,false]");
	expect_fault("{}", "equals_ignore_case('a')", JMESPATH_ARITY);
	query_options = &jmespath_standard;
}

static void
the_number_of_arguments_is_held(void **state)
{
	static const char *const one[] = { "abs", "avg", "ceil", "floor", "keys", "length", "max",
		"min", "reverse", "sort", "sum", "to_array", "to_number", "to_string", "type",
		"values" };
	static const char *const two[] = { "contains", "ends_with", "join", "starts_with" };
	char query[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(one); i++) {
		(void)snprintf(query, sizeof(query), "%s()", one[i]);
		expect_fault("{}", query, JMESPATH_ARITY);
		(void)snprintf(query, sizeof(query), "%s(@, @)", one[i]);
		expect_fault("{}", query, JMESPATH_ARITY);
		(void)snprintf(query, sizeof(query), "%s(&@)", one[i]);
		expect_fault("{}", query, JMESPATH_TYPE);
	}
	for (size_t i = 0; i < COUNT_OF(two); i++) {
		(void)snprintf(query, sizeof(query), "%s(@)", two[i]);
		expect_fault("{}", query, JMESPATH_ARITY);
		(void)snprintf(query, sizeof(query), "%s(@, @, @)", two[i]);
		expect_fault("{}", query, JMESPATH_ARITY);
	}
	expect_fault("{}", "map(&@)", JMESPATH_ARITY);
	expect_fault("{}", "sort_by(@)", JMESPATH_ARITY);
	expect_fault("{}", "Abs(`1`)", JMESPATH_UNKNOWN_FUNCTION);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absolute_values_keep_their_digits),
		cmocka_unit_test(rounding_gives_plain_integers),
		cmocka_unit_test(sums_and_averages_are_exact),
		cmocka_unit_test(contains_looks_in_text_and_lists),
		cmocka_unit_test(beginnings_and_ends_are_compared_as_text),
		cmocka_unit_test(lengths_count_characters_elements_members),
		cmocka_unit_test(reversing_keeps_characters_whole),
		cmocka_unit_test(join_puts_glue_between),
		cmocka_unit_test(keys_and_values_come_in_the_order_of_the_document),
		cmocka_unit_test(map_keeps_null),
		cmocka_unit_test(the_first_of_equal_extremes_is_taken),
		cmocka_unit_test(sorting_is_exact_and_stable),
		cmocka_unit_test(the_last_object_wins_and_the_first_says_where),
		cmocka_unit_test(not_null_takes_the_first_that_is_there),
		cmocka_unit_test(conversions_are_those_of_json),
		cmocka_unit_test(every_type_has_its_name),
		cmocka_unit_test(equals_ignore_case_is_of_the_profile_alone),
		cmocka_unit_test(the_number_of_arguments_is_held),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
