/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vectors of RFC 8785 (JSON Canonicalization Scheme) beside our sorted writer, which is another canonical form: ASCII
 * only, numbers as they were spelt. Two cases per file: are the bytes the same, and is it the same document with members in
 * the same order? docs/suites.md says where not, and why.
 */
#include "codec/json.h"

#include "base/hex.h"

#include "../../support/suite.h"
#include "../../support/vectors.h"

static struct suite suite;

static const struct json *
read_json(const char *folder, const char *name, struct arena *a, struct bytes *text)
{
	const struct json *v = NULL;
	char path[256];

	(void)snprintf(path, sizeof(path), "jcs/%s/%s.json", folder, name);
	assert_true(vector_read(path, a, text));
	assert_int_equal(json_parse(*text, 1 << 20, a, &v, NULL), 0);
	return v;
}

/* outhex/ holds the same bytes as output/, as hex with white space between. */
static void
expect_same_in_hex(const char *name, struct bytes want, struct arena *a)
{
	char path[256];
	struct bytes hex = { 0 };
	uint8_t *digits, *raw;
	size_t count = 0;

	(void)snprintf(path, sizeof(path), "jcs/outhex/%s.txt", name);
	assert_true(vector_read(path, a, &hex));
	digits = arena_alloc(a, hex.size);
	raw = arena_alloc(a, hex.size);
	assert_non_null(digits);
	assert_non_null(raw);
	for (size_t i = 0; i < hex.size; i++)
		if (hex.p[i] > ' ')
			digits[count++] = hex.p[i];
	assert_true(hex_decode(bytes_of(digits, count), raw, count / 2));
	assert_true(bytes_eq(bytes_of(raw, count / 2), want));
}

/* Equal with members in the same order; numbers by their spelling. */
static bool
is_same_in_order(const struct json *a, const struct json *b)
{
	const struct json *x = a->first, *y = b->first;

	if (a->type != b->type || a->count != b->count || !bytes_eq(a->name, b->name))
		return false;
	if (a->count == 0)
		return json_eq(a, b);
	for (; x != NULL && y != NULL; x = x->next, y = y->next)
		if (!is_same_in_order(x, y))
			return false;
	return x == NULL && y == NULL;
}

static void
judge_file(const char *name)
{
	DEFER(arena_release) struct arena a;
	DEFER(buf_release) struct buf out;
	struct bytes text = { 0 }, want = { 0 };
	const struct json *input, *output, *again = NULL;
	char id[128];

	arena_init(&a, 8 << 20);
	buf_init(&out, 1 << 20);
	input = read_json("input", name, &a, &text);
	output = read_json("output", name, &a, &want);
	expect_same_in_hex(name, want, &a);
	json_emit(&out, input, JSON_SORTED);
	assert_int_equal(json_parse(buf_bytes(&out), 1 << 20, &a, &again, NULL), 0);
	(void)snprintf(id, sizeof(id), "%s bytes", name);
	suite_case(&suite, id, "same", bytes_eq(buf_bytes(&out), want) ? "same" : "other");
	(void)snprintf(id, sizeof(id), "%s document", name);
	suite_case(&suite, id, "same", is_same_in_order(again, output) ? "same" : "other");
}

static void
every_file_is_compared(void **state)
{
	static const char *const names[] = { "arrays", "french", "structures", "unicode", "values",
		"weird" };

	(void)state;
	suite_open(&suite, "jcs");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		judge_file(names[i]);
	suite_close(&suite);
}

int
main(void)
{
	NEED_VECTORS("jcs/input");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_is_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
