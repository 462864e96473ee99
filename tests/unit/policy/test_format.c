/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layout: what it looks like, and over every policy and fragment of the vectors, and with a comment in every gap
 * between two tokens, that it is reached in one step, keeps tokens and comments in their order, and is the same program.
 */
#include "policy/format.h"
#include "policy/lex.h"

#include "../../support/test.h"
#include "../../support/vectors.h"

#include <dirent.h>
#include <string.h>

#define MAX_TEXT 1048576

static struct buf once, twice;

static int
init(void **state)
{
	(void)state;
	buf_init(&once, MAX_TEXT);
	buf_init(&twice, MAX_TEXT);
	return 0;
}

static int
release(void **state)
{
	(void)state;
	buf_release(&once);
	buf_release(&twice);
	return 0;
}

static struct bytes
format(struct bytes text, struct buf *into)
{
	struct policy_diag diag = { 0 };
	struct err e = { 0 };

	buf_clear(into);
	if (policy_format(text, into, &diag, &e) < 0)
		fail_msg("%.*s\n%s", BYTES_FMT(text), e.msg);
	return buf_bytes(into);
}

/* The next token or comment of a text. A comment begins with //; the end is empty. */
static struct bytes
next_piece(struct lexer *lx)
{
	for (;;) {
		struct bytes left = lx->left;
		size_t size = 0;

		if (left.size == 0)
			return left;
		if (bytes_has_prefix(left, "//")) {
			while (size < left.size && left.p[size] != '\n')
				size++;
			lexer_skip(lx, size);
			while (strchr(" \t\r", left.p[size - 1]) != NULL)
				size--;
			return bytes_slice(left, 0, size);
		}
		if (strchr(" \t\r\n", left.p[0]) == NULL)
			return lexer_next(lx).text;
		lexer_skip(lx, 1);
	}
}

/* The same tokens and comments in the same order, byte for byte: so the same program. */
static void
assert_same_pieces(struct bytes a, struct bytes b)
{
	struct lexer la, lb;
	struct bytes pa, pb;

	lexer_init(&la, a, NULL);
	lexer_init(&lb, b, NULL);
	do {
		pa = next_piece(&la);
		pb = next_piece(&lb);
		if (!bytes_eq(pa, pb))
			fail_msg("%.*s\nbecomes\n%.*s\n'%.*s' is '%.*s'", BYTES_FMT(a),
			    BYTES_FMT(b), BYTES_FMT(pa), BYTES_FMT(pb));
	} while (pa.size > 0);
}

static void
assert_canonical(struct bytes text)
{
	struct bytes formatted = format(text, &once), again = format(formatted, &twice);

	assert_same_pieces(text, formatted);
	if (!bytes_eq(formatted, again))
		fail_msg("%.*s\nand again\n%.*s", BYTES_FMT(formatted), BYTES_FMT(again));
}

static void
assert_format(const char *text, const char *want)
{
	struct bytes got = format(bytes_of_str(text), &once);

	if (!bytes_is_str(got, want))
		fail_msg("%s\nbecomes\n%.*s\nwanted\n%s", text, BYTES_FMT(got), want);
	assert_canonical(bytes_of_str(text));
}

static void
one_line_becomes_the_layout(void **state)
{
	(void)state;
	assert_format("version = 1.2 "
		      ";configurationrules{};authorizationrules{[type==\"a\",value>=-3]"
		      "&&!  [ type == \"b\" ]=>permit( );=>deny();};issuancerules{c:[type==\"a\"]=>"
		      "issue(value = AppendString(c . value,\"x\"),type=\"b\");};",
	    "version=1.2;\n"
	    "\n"
	    "configurationrules\n"
	    "{\n"
	    "};\n"
	    "\n"
	    "authorizationrules\n"
	    "{\n"
	    "    [type==\"a\", value>=-3] && ![type==\"b\"] => permit();\n"
	    "    => deny();\n"
	    "};\n"
	    "\n"
	    "issuancerules\n"
	    "{\n"
	    "    c:[type==\"a\"] => issue(value=AppendString(c.value, \"x\"), type=\"b\");\n"
	    "};\n");
}

#define NAME64 "0123456789012345678901234567890123456789012345678901234567890123"

static void
a_rule_longer_than_a_line_is_broken(void **state)
{
	(void)state;
	assert_format("version=1.2;authorizationrules{c:[type==\"a\"]&&[type==\"" NAME64
		      "\",value==\"b\"]=>add(claim=c);"
		      "[type==\"" NAME64 "\",value==\"" NAME64 "\"]=>permit();"
		      "=>add(type=\"" NAME64 "\",value=AppendString(\"" NAME64 "\",\"b\"));};",
	    "version=1.2;\n"
	    "\n"
	    "authorizationrules\n"
	    "{\n"
	    "    c:[type==\"a\"] &&\n"
	    "    [type==\"" NAME64 "\", value==\"b\"]\n"
	    "        => add(claim=c);\n"
	    "    [type==\"" NAME64 "\",\n"
	    "        value==\"" NAME64 "\"]\n"
	    "        => permit();\n"
	    "    => add(type=\"" NAME64 "\",\n"
	    "        value=AppendString(\"" NAME64 "\", \"b\"));\n"
	    "};\n");
}

static void
a_line_has_at_most_100_columns(void **state)
{
	/* 100 columns, and 101; what has two bytes is one character */
	static const char name[] = "\xc3\xbc" NAME64 "0123456789";
	char text[512], want[512];

	(void)state;
	for (int more = 0; more < 2; more++) {
		snprintf(text, sizeof(text),
		    "version=1.0;authorizationrules{[type==\"%s%s\"]=>deny();};", name,
		    more == 0 ? "" : "x");
		snprintf(want, sizeof(want),
		    "version=1.0;\n\nauthorizationrules\n{\n    [type==\"%s%s\"]%s=> deny();\n};\n",
		    name, more == 0 ? "" : "x", more == 0 ? " " : "\n        ");
		assert_format(text, want);
	}
}

static void
comments_stay_where_they_stood(void **state)
{
	(void)state;
	assert_format("// first   \n"
		      "\n"
		      "\n"
		      "  // second\n"
		      "version=1.0; // version\n"
		      "// of the section\n"
		      "authorizationrules // name\r\n"
		      "{ // open\n"
		      "\n"
		      "// rule\n"
		      "=>permit();//end\n"
		      "\n"
		      " \t\n"
		      "[type==\"a\"]&& // why\n"
		      "// and\n"
		      "[type==\"b\", // inside\n"
		      "value==true]\n"
		      "// arrow\n"
		      "=>deny();\n"
		      "\n"
		      "// last of the section\n"
		      "\n"
		      "}; // close\n"
		      "// end",
	    "// first\n"
	    "\n"
	    "// second\n"
	    "version=1.0; // version\n"
	    "\n"
	    "// of the section\n"
	    "authorizationrules // name\n"
	    "{ // open\n"
	    "    // rule\n"
	    "    => permit(); //end\n"
	    "\n"
	    "    [type==\"a\"] && // why\n"
	    "    // and\n"
	    "    [type==\"b\", // inside\n"
	    "        value==true]\n"
	    "        // arrow\n"
	    "        => deny();\n"
	    "\n"
	    "    // last of the section\n"
	    "}; // close\n"
	    "\n"
	    "// end\n");
}

static void
strings_stay_byte_for_byte(void **state)
{
	(void)state;
	assert_format("version=1.0;authorizationrules{[type==\"a\r\n\t // \xe2\x80\x9c\\\" "
		      "\\\\\\x\"]=>permit();};",
	    "version=1.0;\n\nauthorizationrules\n{\n"
	    "    [type==\"a\r\n\t // \xe2\x80\x9c\\\" \\\\\\x\"]\n        => permit();\n};\n");
}

static void
a_byte_order_mark_and_other_line_ends_go(void **state)
{
	(void)state;
	assert_format("\xef\xbb\xbfversion=1.0;\r\nauthorizationrules\r\n{\r\n};\r\n",
	    "version=1.0;\n\nauthorizationrules\n{\n};\n");
	assert_format("\xef\xbb\xbf// a\rb\nversion=1.0;\rauthorizationrules{};\r",
	    "// a\rb\nversion=1.0;\n\nauthorizationrules\n{\n};\n");
}

static void
a_text_that_is_no_policy_is_refused(void **state)
{
	struct policy_diag diag = { 0 };
	struct err e = { 0 };

	(void)state;
	buf_clear(&once);
	buf_str(&once, "before");
	assert_int_equal(policy_format(BYTES("version=1.0;\nauthorizationrules{=>permit()};"),
			     &once, &diag, &e),
	    -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	assert_int_equal(diag.line, 2);
	assert_string_equal(diag.expected, "';'");
	assert_true(bytes_is_str(buf_bytes(&once), "before"));
	assert_int_equal(policy_format(BYTES("version=1.0;authorizationrules{};"), &once, NULL, &e),
	    0);
	assert_true(bytes_has_prefix(buf_bytes(&once), "beforeversion=1.0;\n"));
}

static void
a_text_that_would_grow_over_the_limit_is_refused(void **state)
{
	static uint8_t text[MAX_POLICY_SIZE];
	static const char begin[] = "version=1.0;authorizationrules{", end[] = "};",
			  comment[] = "//\n";
	struct err e = { 0 };
	size_t size = sizeof(begin) - 1;

	(void)state;
	memcpy(text, begin, size);
	while (size + sizeof(comment) + sizeof(end) <= sizeof(text)) {
		memcpy(text + size, comment, sizeof(comment) - 1);
		size += sizeof(comment) - 1;
	}
	memcpy(text + size, end, sizeof(end) - 1);
	buf_clear(&once);
	assert_int_equal(policy_format(bytes_of(text, size + 2), &once, NULL, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_int_equal(once.size, 0);
	/* and what the caller has no room for */
	DEFER(buf_release) struct buf little = { 0 };

	buf_init(&little, 30);
	err_clear(&e);
	assert_int_equal(policy_format(BYTES("version=1.0;authorizationrules{};"), &little, NULL,
			     &e),
	    -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_int_equal(little.size, 0);
}

/* TEXT with a comment in front of its token number AT; on its own line when ALONE. False: it has fewer tokens. */
static bool
with_comment(struct bytes text, size_t at, bool alone, struct buf *into)
{
	struct lexer lx;
	struct token t;
	size_t offset;

	lexer_init(&lx, text, NULL);
	t = lexer_next(&lx);
	for (; at > 0 && t.kind != TOK_END; at--)
		t = lexer_next(&lx);
	if (at > 0)
		return false;
	offset = t.kind == TOK_END ? text.size : (size_t)(t.text.p - text.p);
	buf_clear(into);
	buf_add(into, bytes_slice(text, 0, offset));
	buf_fmt(into, "%s// %zu\xc2\xa0here \t\n", alone ? "\n" : "", offset);
	buf_add(into, bytes_slice(text, offset, text.size));
	assert_true(buf_ok(into));
	return true;
}

/* TEXT with a comment in front of every token, alone on a line or not by turns. */
static void
with_comments(struct bytes text, unsigned turn, struct buf *into)
{
	struct lexer lx;
	struct token t;
	size_t from = 0;

	buf_clear(into);
	lexer_init(&lx, text, NULL);
	do {
		size_t offset;

		t = lexer_next(&lx);
		offset = t.kind == TOK_END ? text.size : (size_t)(t.text.p - text.p);
		buf_add(into, bytes_slice(text, from, offset - from));
		buf_fmt(into, "%s// %zu\n%s", turn % 3 == 0 ? "\n" : "", offset,
		    turn % 5 == 0 ? "\n\n" : "");
		from = offset;
		turn++;
	} while (t.kind != TOK_END);
	assert_true(buf_ok(into));
}

static void
assert_comments_survive(struct bytes text)
{
	DEFER(buf_release) struct buf commented = { 0 };

	buf_init(&commented, MAX_TEXT);
	for (size_t at = 0; with_comment(text, at, at % 2 == 0, &commented); at++)
		assert_canonical(buf_bytes(&commented));
	for (size_t at = 0; with_comment(text, at, at % 2 == 1, &commented); at++)
		assert_canonical(buf_bytes(&commented));
	for (unsigned turn = 0; turn < 15; turn++) {
		with_comments(text, turn, &commented);
		assert_canonical(buf_bytes(&commented));
	}
}

static void
a_comment_in_any_gap_survives(void **state)
{
	(void)state;
	assert_comments_survive(BYTES(
	    "version=1.2;configurationrules{=>issueproperty(type=\"a\",value=1);};"
	    "authorizationrules{c1:[type==\"a\",value!=false]&&![issuer==\"b\"]&&c:[valueType=="
	    "\"c\"]"
	    "=>add(claim=c1);=>permit();};issuancerules{c:[type==\"" NAME64 "\"]=>issue(value="
	    "JmesPath(AppendString(c.value,\"a // b\nc\"),\"e\"),type=\"" NAME64 "\");};"));
}

/* Each file of the vectors' folder DIR; fragments get a frame. */
static size_t
each_file(const char *dir, const char *ending, const char *frame, const char *frame_end,
    void (*visit)(const char *name, struct bytes text))
{
	char path[MAX_VECTOR_PATH], name[512];
	size_t visited = 0;
	const struct dirent *d;

	vector_path(dir, path);
	DIR *open = opendir(path);

	assert_non_null(open);
	while ((d = readdir(open)) != NULL) {
		DEFER(buf_release) struct buf framed = { 0 };
		DEFER(arena_release) struct arena a;
		struct bytes text;

		if (strstr(d->d_name, ending) == NULL)
			continue;
		arena_init(&a, MAX_TEXT);
		snprintf(name, sizeof(name), "%s/%.200s", dir, d->d_name);
		assert_true(vector_read(name, &a, &text));
		buf_init(&framed, MAX_TEXT);
		buf_str(&framed, frame);
		buf_add(&framed, text);
		buf_str(&framed, frame_end);
		visit(d->d_name, buf_bytes(&framed));
		visited++;
	}
	closedir(open);
	return visited;
}

static size_t formatted_count;

/* Those that parse. */
static void
check_file(const char *name, struct bytes text)
{
	struct policy *p = NULL;

	(void)name;
	if (policy_parse(text, &p, NULL, NULL) < 0)
		return;
	policy_unref(p);
	formatted_count++;
	assert_canonical(text);
	if (text.size < 2500)
		assert_comments_survive(text);
}

static void
vectors_keep_their_tokens_and_comments(void **state)
{
	(void)state;
	if (!vector_exists("policies/MANIFEST.json")) {
		skip();
		return;
	}
	formatted_count = 0;
	assert_int_equal(each_file("policies", ".policy", "", "", check_file), 47);
	assert_int_equal(formatted_count, 47);
	assert_int_equal(each_file("policies/fragments", ".rules",
			     "version=1.2;authorizationrules{\n=>permit();\n};issuancerules{\n",
			     "\n};", check_file),
	    16);
	print_message("%zu texts formatted\n", formatted_count);
	assert_int_equal(formatted_count, 62);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_becomes_the_layout),
		cmocka_unit_test(a_rule_longer_than_a_line_is_broken),
		cmocka_unit_test(a_line_has_at_most_100_columns),
		cmocka_unit_test(comments_stay_where_they_stood),
		cmocka_unit_test(strings_stay_byte_for_byte),
		cmocka_unit_test(a_byte_order_mark_and_other_line_ends_go),
		cmocka_unit_test(a_text_that_is_no_policy_is_refused),
		cmocka_unit_test(a_text_that_would_grow_over_the_limit_is_refused),
		cmocka_unit_test(a_comment_in_any_gap_survives),
		cmocka_unit_test(vectors_keep_their_tokens_and_comments),
	};

	return cmocka_run_group_tests(tests, init, release);
}
