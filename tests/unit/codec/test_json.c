/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include "../../support/arena.h"
#include "../../support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct json *
parse(const char *text)
{
	const struct json *v = NULL;

	if (json_parse(bytes_of_str(text), 1 << 20, &arena, &v, NULL) < 0)
		return NULL;
	return v;
}

/* For texts that are known to be good. */
static const struct json *
known(const char *text)
{
	const struct json *v = parse(text);

	if (v == NULL)
		abort();
	return v;
}

static struct json *new (enum json_type type)
{
	struct json *v = json_new(&arena, type);

	if (v == NULL)
		abort();
	return v;
}

static void
expect_text(const struct buf *out, const char *want)
{
	assert_true(buf_ok(out));
	if (!bytes_is_str(buf_bytes(out), want))
		fail_msg("seen %.*s\nwanted %s", BYTES_FMT(buf_bytes(out)), want);
}

static enum err_code
refusal(struct bytes text)
{
	const struct json *v = NULL;
	struct err e = { 0 };

	if (json_parse(text, 8 << 20, &arena, &v, &e) == 0)
		return ERR_NONE;
	assert_null(v);
	assert_true(e.msg[0] != '\0');
	return e.code;
}

/* TEXT parsed and written again. */
static void
expect_emitted(const char *text, enum json_order order, const char *want)
{
	DEFER(buf_release) struct buf out;

	buf_init(&out, 1 << 20);
	json_emit(&out, parse(text), order);
	expect_text(&out, want);
}

static void
values_keep_their_spelling_and_their_span(void **state)
{
	static const char text[] =
	    " {\"a\" : [1.50e+2, true ,null], \"b\":{\"c\":\"x\\u00e9\\n\"} } ";
	const struct json *doc = known(text), *v;

	(void)state;
	assert_non_null(doc);
	assert_int_equal(doc->count, 2);
	v = json_item(json_get(doc, "a"), 0);
	assert_true(bytes_is_str(v->text, "1.50e+2"));
	assert_true(bytes_is_str(json_get(doc, "a")->span, "[1.50e+2, true ,null]"));
	assert_true(bytes_is_str(json_at(doc, "b.c")->span, "\"x\\u00e9\\n\""));
	assert_true(bytes_is_str(json_text(json_at(doc, "b.c")), "x\xc3\xa9\n"));
	assert_true(bytes_is_str(doc->span,
	    "{\"a\" : [1.50e+2, true ,null], \"b\":{\"c\":\"x\\u00e9\\n\"} }"));
	assert_null(json_at(doc, "b.d.c"));
	assert_null(json_at(NULL, "b"));
	assert_null(json_item(json_get(doc, "a"), 3));
}

static void
malformed_text_is_refused(void **state)
{
	static const char *const bad[] = { "", " ", "{", "}", "[", "[1", "[1,", "[1,]", "[,1]",
		"{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "01", "-", "-01", "1.", ".5",
		"1e", "1e+", "+1", "0x1", "NaN", "tru", "truE", "nulll", "\"", "\"\\", "\"\\\"",
		"\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800x\"",
		"\"\\ud800\\n\"", "\"\\ud800\\ud800\"", "\"\\udc00\"", "{\"a\\u0000\":1}",
		"{\"\\u0000\":1}", "\"\n\"", "\"\t\"", "\"\x1f\"", "\"\xff\"", "\"\xc0\x80\"",
		"\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xc3\"", "\"\\\xc3\xa9\"", "1 2",
		"[] x", "\xef\xbb\xbf{}", "'a'", "[1 2]", "{\"a\":1 \"b\":2}", "{\"a\" 1}", "/**/1",
		"1//", "\v1", "[\f]" };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (refusal(bytes_of_str(bad[i])) != ERR_MALFORMED)
			fail_msg("accepted: %s", bad[i]);
}

static void
raw_nul_is_refused_everywhere(void **state)
{
	(void)state;
	assert_int_equal(refusal(BYTES("\0")), ERR_MALFORMED);
	assert_int_equal(refusal(BYTES("1\0")), ERR_MALFORMED);
	assert_int_equal(refusal(BYTES("\"a\0b\"")), ERR_MALFORMED);
	assert_int_equal(refusal(BYTES("\"a\\\0b\"")), ERR_MALFORMED);
	assert_int_equal(refusal(BYTES("[1,\0 2]")), ERR_MALFORMED);
	assert_int_equal(refusal(BYTES("{\"a\0\":1}")), ERR_MALFORMED);
}

static void
escaped_nul_in_a_string_is_kept(void **state)
{
	const struct json *doc = parse("{\"a\":\"x\\u0000y\"}");
	DEFER(buf_release) struct buf out;

	(void)state;
	buf_init(&out, 100);
	assert_true(bytes_eq(json_text(json_get(doc, "a")), BYTES("x\0y")));
	assert_false(json_is_str(json_get(doc, "a"), "x"));
	json_emit(&out, doc, JSON_AS_IS);
	assert_true(bytes_is_str(buf_bytes(&out), "{\"a\":\"x\\u0000y\"}"));
}

static void
error_names_line_and_column(void **state)
{
	const struct json *v;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(json_parse(BYTES("{\n \"a\": 1,\n \"a\": 2}"), 100, &arena, &v, &e), -1);
	assert_non_null(strstr(e.msg, "line 3, column 7"));
	err_clear(&e);
	assert_int_equal(json_parse(BYTES("[1,\n  x]"), 100, &arena, &v, &e), -1);
	assert_non_null(strstr(e.msg, "line 2, column 3"));
}

static void
duplicate_name_is_refused_after_escapes(void **state)
{
	(void)state;
	assert_int_equal(refusal(BYTES("{\"a\":1,\"a\":1}")), ERR_MALFORMED);
	assert_int_equal(refusal(BYTES("{\"a\":1,\"\\u0061\":2}")), ERR_MALFORMED);
	assert_int_equal(refusal(BYTES("{\"\":1,\"\":2}")), ERR_MALFORMED);
	assert_int_equal(refusal(BYTES("{\"x\":[{\"a\":1,\"b\":2,\"a\":1}]}")), ERR_MALFORMED);
	assert_non_null(parse("{\"a\":1,\"A\":{\"a\":1}}"));
}

static void
names_that_look_alike_are_not_duplicates(void **state)
{
	(void)state;
	assert_non_null(parse(
	    "{\"abcdefgh-1-ABCDEFGH\":1,\"abcdefgh-2-ABCDEFGH\":2,\"abcdefgh---ABCDEFGH\":3}"));
	assert_int_equal(refusal(BYTES("{\"abcdefgh-1-ABCDEFGH\":1,\"abcdefgh-2-ABCDEFGH\":2,"
				       "\"abcdefgh-1-ABCDEFGH\":3}")),
	    ERR_MALFORMED);
}

/* {"5":0,"1":0,…}: COUNT members out of order, named by the numbers below it, and TWIN once more at the end if it is not negative. */
static char *
many_members(int count, int twin)
{
	char *text = malloc((size_t)count * 16 + 64);
	int at = sprintf(text, "{");

	for (int i = 0; i < count; i++)
		at += sprintf(text + at, "%s\"%d\":0", i == 0 ? "" : ",", (i * 7919 + 5) % count);
	if (twin >= 0)
		at += sprintf(text + at, ",\"%d\":0", twin);
	sprintf(text + at, "}");
	return text;
}

static void
duplicate_among_many_members_is_refused(void **state)
{
	static const int counts[] = { 1, 2, 3, 15, 31, 32, 33, 34, 1000, 16383 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		static const int where[] = { 0, 1, 2 };

		for (size_t k = 0; k < COUNT_OF(where); k++) {
			int twin = where[k] * (counts[i] - 1) / 2;
			DEFER(freep) char *good = many_members(counts[i], -1);
			DEFER(freep) char *bad = many_members(counts[i], twin);

			assert_int_equal(refusal(bytes_of_str(good)), ERR_NONE);
			assert_int_equal(refusal(bytes_of_str(bad)), ERR_MALFORMED);
		}
		arena_reset(&arena);
	}
}

static void
ceilings_are_limits(void **state)
{
	DEFER(freep) char *most = many_members(MAX_JSON_MEMBERS, -1);
	DEFER(freep) char *more = many_members(MAX_JSON_MEMBERS + 1, -1);
	const struct json *v;
	struct err e = { 0 };
	struct arena small;
	char deep[2 * MAX_JSON_DEPTH + 3] = { 0 };

	(void)state;
	assert_int_equal(refusal(bytes_of_str(most)), ERR_NONE);
	assert_int_equal(refusal(bytes_of_str(more)), ERR_LIMIT);

	memset(deep, '[', MAX_JSON_DEPTH);
	memset(deep + MAX_JSON_DEPTH, ']', MAX_JSON_DEPTH);
	assert_non_null(parse(deep));
	memset(deep, '[', MAX_JSON_DEPTH + 1);
	memset(deep + MAX_JSON_DEPTH + 1, ']', MAX_JSON_DEPTH + 1);
	assert_int_equal(refusal(bytes_of_str(deep)), ERR_LIMIT);

	assert_int_equal(json_parse(BYTES("[1,2]"), 4, &arena, &v, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);

	/* Memory running out at any point is an error and nothing else. */
	for (size_t ceiling = 0; ceiling < 1200; ceiling += 16) {
		err_clear(&e);
		arena_init(&small, ceiling);
		int done =
		    json_parse(BYTES("{\"a\\n\":[1,2,{\"b\":\"\\u00e9\"}],\"c\":{\"d\":[]}}"), 100,
			&small, &v, &e);

		assert_int_equal(e.code, done == 0 ? ERR_NONE : ERR_LIMIT);
		/* Eight values and two strings that had escapes. */
		if (ceiling < 8 * sizeof(*v) + 9)
			assert_int_equal(done, -1);
		if (ceiling >= 8 * sizeof(*v) + 160)
			assert_int_equal(done, 0);
		arena_release(&small);
	}
}

static void
siblings_may_be_as_deep_as_each_other(void **state)
{
	(void)state;
	assert_non_null(parse("[[[[]]],[[[]]],{\"a\":[[]]},{\"b\":[[]]}]"));
}

static void
integers_are_exact_or_refused(void **state)
{
	static const char *const no[] = { "1.0", "1e2", "-0", "9223372036854775808",
		"-9223372036854775809", "\"1\"", "true", "99999999999999999999999", "0.5", "-0.0" };
	int64_t i = 7;
	uint64_t u = 7;

	(void)state;
	for (size_t k = 0; k < COUNT_OF(no); k++) {
		assert_non_null(parse(no[k]));
		assert_false(json_int(parse(no[k]), &i));
	}
	assert_false(json_int(NULL, &i));
	assert_int_equal(i, 7);
	assert_true(json_int(parse("9223372036854775807"), &i));
	assert_true(i == INT64_MAX);
	assert_true(json_int(parse("-9223372036854775808"), &i));
	assert_true(i == INT64_MIN);
	assert_true(json_int(parse("-1"), &i));
	assert_true(i == -1);
	assert_true(json_int(parse("0"), &i));
	assert_true(i == 0);
	assert_false(json_uint(parse("-1"), UINT64_MAX, &u));
	assert_false(json_uint(parse("256"), 255, &u));
	assert_false(json_uint(parse("18446744073709551616"), UINT64_MAX, &u));
	assert_int_equal(u, 7);
	assert_true(json_uint(parse("18446744073709551615"), UINT64_MAX, &u));
	assert_true(u == UINT64_MAX);
	assert_true(json_uint(parse("255"), 255, &u));
}

static void
wrong_types_read_as_nothing(void **state)
{
	bool b;

	(void)state;
	assert_null(json_text(NULL).p);
	assert_null(json_text(parse("1")).p);
	assert_non_null(json_text(parse("\"\"")).p);
	assert_int_equal(json_text(parse("\"\"")).size, 0);
	assert_false(json_bool(parse("null"), &b));
	assert_true(json_bool(parse("true"), &b) && b);
	assert_true(json_bool(parse("false"), &b) && !b);
	assert_null(json_get(parse("[1]"), "0"));
	assert_null(json_item(parse("{\"a\":1}"), 0));
	assert_true(json_is_str(parse("\"ab\""), "ab"));
	assert_false(json_is_str(parse("\"ab\""), "a"));
	assert_false(json_is_str(parse("1"), "1"));
}

static void
names_without_case_must_be_alone(void **state)
{
	(void)state;
	assert_non_null(json_get_nocase(parse("{\"Quote\":1}"), "quote"));
	assert_null(json_get_nocase(parse("{\"Quote\":1,\"quote\":1}"), "quote"));
	assert_null(json_get_nocase(parse("{\"Quote\":1}"), "quot"));
	assert_null(json_get_nocase(NULL, "quote"));
}

static void
equality_ignores_member_order_and_nothing_else(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "{\"a\":1,\"b\":[1,2]}", "{\"b\":[1,2],\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":1,\"b\":1}", false },
		{ "{\"a\":1,\"c\":1}", "{\"a\":1,\"b\":1}", false },
		{ "[1,2]", "[2,1]", false },
		{ "[1,2]", "[1,2,3]", false },
		{ "1", "1.0", false },
		{ "1", "\"1\"", false },
		{ "\"\\u0061\"", "\"a\"", true },
		{ "true", "false", false },
		{ "null", "false", false },
		{ "null", "null", true },
		{ "[]", "{}", false },
		{ "{}", "{}", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(json_eq(parse(rows[i].a), parse(rows[i].b)), rows[i].same);
		assert_int_equal(json_eq(parse(rows[i].b), parse(rows[i].a)), rows[i].same);
	}
	assert_false(json_eq(NULL, NULL));
}

static void
writing_is_compact_ascii(void **state)
{
	(void)state;
	expect_emitted(" { \"b\" : 1.50 , \"a\" : [ ] } ", JSON_AS_IS, "{\"b\":1.50,\"a\":[]}");
	expect_emitted("{\"b\":{\"z\":1,\"y\":2},\"aa\":1,\"a\":[{\"d\":1,\"c\":2}],\"B\":0}",
	    JSON_SORTED, "{\"B\":0,\"a\":[{\"c\":2,\"d\":1}],\"aa\":1,\"b\":{\"y\":2,\"z\":1}}");
	expect_emitted("\"\\u00e9\\ud83d\\ude00\\/\\\\\\\"\\b\\f\\n\\r\\t\\u0001\x7f\"", JSON_AS_IS,
	    "\"\\u00e9\\ud83d\\ude00/\\\\\\\"\\b\\f\\n\\r\\t\\u0001\x7f\"");
	expect_emitted("{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}", JSON_AS_IS,
	    "{\"\\u00e9\":\"\\ud83d\\ude00\"}");
}

static void
assert_written_in_order(int count)
{
	DEFER(freep) char *text = many_members(count, -1);
	DEFER(buf_release) struct buf out;
	const struct json *again = NULL;

	buf_init(&out, 1 << 20);
	json_emit(&out, parse(text), JSON_SORTED);
	assert_int_equal(json_parse(buf_bytes(&out), 1 << 20, &arena, &again, NULL), 0);
	assert_int_equal(again->count, count);
	for (const struct json *m = again->first, *n = m->next; n != NULL; m = n, n = n->next)
		assert_true(bytes_cmp(m->name, n->name) < 0);
	assert_true(json_eq(parse(text), again));
}

/* Few and many are brought into order in different ways. */
static void
any_number_of_members_is_written_in_order(void **state)
{
	(void)state;
	for (int count = 1; count <= 70; count++)
		assert_written_in_order(count);
	assert_written_in_order(1000);
}

static void
what_a_person_sees_cannot_move_the_terminal(void **state)
{
	DEFER(buf_release) struct buf out;

	(void)state;
	buf_init(&out, 1000);
	json_print(&out,
	    parse("{\"a\":[\"\xc3\xa9\\u001b[2J\xc2\x9b\xe2\x80\xae\x7f\",{}],\"b\":[]}"));
	expect_text(&out,
	    "{\n  \"a\": [\n    \"\xc3\xa9\\u001b[2J\\u009b\\u202e\\u007f\",\n    {}\n  ],\n  "
	    "\"b\": []\n}\n");
}

static void
text_that_is_not_utf8_is_never_written(void **state)
{
	DEFER(buf_release) struct buf out;

	(void)state;
	buf_init(&out, 1000);
	json_emit(&out, json_new_str(&arena, BYTES("a\xff")), JSON_AS_IS);
	assert_false(buf_ok(&out));
	buf_clear(&out);
	json_emit(&out, NULL, JSON_AS_IS);
	assert_false(buf_ok(&out));
}

static void
built_values_come_out_as_given(void **state)
{
	struct json *doc = new (JSON_OBJECT), *list = new (JSON_ARRAY);
	DEFER(buf_release) struct buf out;

	(void)state;
	assert_true(json_append(list, json_new_int(&arena, INT64_MIN)));
	assert_true(json_append(list, json_new_bool(&arena, true)));
	assert_true(json_append(list, json_new(&arena, JSON_NULL)));
	assert_true(json_append(list, json_new_hex(&arena, BYTES("\x01\xab"))));
	assert_true(json_append(list, json_new_b64url(&arena, BYTES("\xff\xff"))));
	assert_true(json_append(list, json_new_cstr(&arena, "")));
	assert_true(json_put(doc, "l", list));
	assert_true(json_put(doc, "c", json_copy(&arena, parse("{\"k\":[1.0]}"))));
	assert_false(json_put(doc, "c", json_new_int(&arena, 1)));
	assert_false(json_put(doc, "n", NULL));
	assert_false(json_put(NULL, "n", json_new_int(&arena, 1)));
	assert_false(json_put(list, "n", json_new_int(&arena, 1)));
	assert_false(json_append(doc, json_new_int(&arena, 1)));
	buf_init(&out, 1000);
	json_emit(&out, doc, JSON_AS_IS);
	expect_text(&out,
	    "{\"l\":[-9223372036854775808,true,null,\"01ab\",\"__8\",\"\"],\"c\":{\"k\":[1.0]}}");
}

static void
copy_does_not_lend_its_members(void **state)
{
	const struct json *doc = known("{\"a\":1}");
	struct json *copy = json_copy(&arena, doc);

	(void)state;
	assert_false(json_put(copy, "b", json_new_int(&arena, 2)));
	assert_int_equal(doc->count, 1);
	assert_null(doc->first->next);
	assert_true(json_put(json_copy(&arena, parse("{}")), "b", json_new_int(&arena, 2)));
}

static void
building_beyond_the_depth_is_not_written(void **state)
{
	struct json *v = new (JSON_ARRAY);
	DEFER(buf_release) struct buf out;

	(void)state;
	for (int i = 0; i < MAX_JSON_DEPTH; i++) {
		struct json *outer = new (JSON_ARRAY);

		assert_true(json_append(outer, v));
		v = outer;
	}
	buf_init(&out, 1000);
	json_emit(&out, v, JSON_AS_IS);
	assert_false(buf_ok(&out));
	buf_clear(&out);
	json_emit(&out, v->first, JSON_AS_IS);
	assert_true(buf_ok(&out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_keep_their_spelling_and_their_span),
		cmocka_unit_test(malformed_text_is_refused),
		cmocka_unit_test(raw_nul_is_refused_everywhere),
		cmocka_unit_test(escaped_nul_in_a_string_is_kept),
		cmocka_unit_test(error_names_line_and_column),
		cmocka_unit_test(duplicate_name_is_refused_after_escapes),
		cmocka_unit_test(names_that_look_alike_are_not_duplicates),
		cmocka_unit_test(duplicate_among_many_members_is_refused),
		cmocka_unit_test(ceilings_are_limits),
		cmocka_unit_test(siblings_may_be_as_deep_as_each_other),
		cmocka_unit_test(integers_are_exact_or_refused),
		cmocka_unit_test(wrong_types_read_as_nothing),
		cmocka_unit_test(names_without_case_must_be_alone),
		cmocka_unit_test(equality_ignores_member_order_and_nothing_else),
		cmocka_unit_test(writing_is_compact_ascii),
		cmocka_unit_test(any_number_of_members_is_written_in_order),
		cmocka_unit_test(what_a_person_sees_cannot_move_the_terminal),
		cmocka_unit_test(text_that_is_not_utf8_is_never_written),
		cmocka_unit_test(built_values_come_out_as_given),
		cmocka_unit_test(copy_does_not_lend_its_members),
		cmocka_unit_test(building_beyond_the_depth_is_not_written),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
