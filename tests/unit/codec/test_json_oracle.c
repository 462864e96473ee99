/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two readers, one document: what we accept jansson accepts with the same value, and what we refuse it refuses, but for
 * the ceilings (ours on depth and members, jansson's on the size of numbers). Over the public suite, documents made at random, and
 * seeded damage to both.
 */
#include "codec/json.h"

#include "../../support/test.h"
#include "../../support/vectors.h"

#include <dirent.h>
#include <string.h>

/* Both readers have these names; jansson's are not used here. */
#define json_type   jansson_type
#define json_copy   jansson_copy
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY  JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_NULL   JANSSON_NULL
#include <jansson.h>
#undef json_type
#undef json_copy
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_NULL

#define SUITE         "json/test_parsing"
#define MAX_TEXT_SIZE 4096
#define DAMAGES       60
#define MADE          300

static struct arena arena;
static size_t accepted, refused;

/* NULL with *LIMIT when jansson's own numbers were too small for the text. */
static json_t *
oracle(struct bytes text, bool *limit)
{
	json_error_t why = { 0 };
	json_t *v = json_loadb((const char *)text.p, text.size,
	    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);

	*limit = v == NULL && json_error_code(&why) == json_error_numeric_overflow;
	return v;
}

static void
complain(const char *name, struct bytes text, const char *what)
{
	for (size_t i = 0; i < text.size; i++)
		print_message("%02x", text.p[i]);
	fail_msg("%s: %s", name, what);
}

static void
compare_values(const char *name, struct bytes text, const struct json *ours, const json_t *theirs)
{
	DEFER(buf_release) struct buf out;
	bool limit;
	json_t *again;

	buf_init(&out, 1 << 20);
	json_emit(&out, ours, JSON_SORTED);
	assert_true(buf_ok(&out));
	again = oracle(buf_bytes(&out), &limit);
	if (again == NULL || json_equal(theirs, again) != 1)
		complain(name, text, "jansson reads another value in what we wrote");
	json_decref(again);
}

static void
judge(const char *name, struct bytes text)
{
	const struct json *ours = NULL;
	struct err e = { 0 };
	bool limit = false;
	int got = json_parse(text, 1 << 20, &arena, &ours, &e);
	json_t *theirs = text.size == 0 ? NULL : oracle(text, &limit);

	if (got == 0 && theirs == NULL && !limit)
		complain(name, text, "we accept, jansson refuses");
	/* jansson takes a NUL behind the value for the end of the text. */
	if (got < 0 && theirs != NULL && e.code != ERR_LIMIT &&
	    memchr(text.p, 0, text.size) == NULL)
		complain(name, text, e.msg);
	if (got == 0 && theirs != NULL)
		compare_values(name, text, ours, theirs);
	json_decref(theirs);
	*(got == 0 ? &accepted : &refused) += 1;
	arena_reset(&arena);
}

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Changes, drops, doubles or inserts one byte; SIZE is at least 1 and the copy has room for one more. */
static size_t
damage(uint8_t *copy, size_t size, uint32_t *seed)
{
	static const char likely[] = "{}[]\",:\\u0dce-+.tfn \n\x01\x80\xc3";
	size_t at = next(seed) % size;
	uint8_t c = (uint8_t)likely[next(seed) % (sizeof(likely) - 1)];

	switch (next(seed) % 4) {
	case 0:
		copy[at] = c;
		return size;
	case 1:
		copy[at] ^= (uint8_t)(1u << next(seed) % 8);
		return size;
	case 2:
		memmove(copy + at, copy + at + 1, size - at - 1);
		return size - 1;
	default:
		memmove(copy + at + 1, copy + at, size - at);
		copy[at] = c;
		return size + 1;
	}
}

static void
judge_damaged(const char *name, struct bytes text, uint32_t *seed)
{
	static uint8_t copy[MAX_TEXT_SIZE + 8];

	judge(name, text);
	for (int i = 0; i < DAMAGES && text.size > 0; i++) {
		size_t size = text.size;

		memcpy(copy, text.p, size);
		for (uint32_t more = next(seed) % 3 + 1; more > 0 && size > 0; more--)
			size = damage(copy, size, seed);
		judge(name, bytes_of(copy, size));
	}
}

static void
judge_file(const char *name, uint32_t *seed)
{
	static uint8_t whole[MAX_TEXT_SIZE];
	char path[600];
	struct bytes text = { 0 };

	snprintf(path, sizeof(path), SUITE "/%s", name);
	assert_true(vector_read(path, &arena, &text));
	if (text.size > MAX_TEXT_SIZE) {
		arena_reset(&arena);
		return;
	}
	if (text.size > 0)
		memcpy(whole, text.p, text.size);
	text.p = whole;
	judge_damaged(name, text, seed);
}

/* White space, or none. */
static void
make_space(struct buf *out, uint32_t *seed)
{
	static const char *const spaces[] = { "", "", "", "", " ", "\n", "\t\r" };

	buf_str(out, spaces[next(seed) % COUNT_OF(spaces)]);
}

/* A string of up to seven parts; two names may well be the same. */
static void
make_string(struct buf *out, uint32_t *seed)
{
	static const char *const parts[] = { "a", "b", "/", "\\/", "\\\"", "\\\\", "\\b", "\\u0041",
		"\\u00e9", "\xc3\xa9", "\xe2\x82\xac", "\\ud83d\\ude00", "\xf0\x9f\x98\x80",
		"\\u0000", "\\uD83D", "\xed\xa0\x80", "\x7f", "\t" };
	/* The last five are refused in names, or everywhere, and kept rare. */
	size_t kinds = next(seed) % 16 == 0 ? COUNT_OF(parts) : COUNT_OF(parts) - 5;

	buf_char(out, '"');
	for (uint32_t count = next(seed) % 8; count > 0; count--)
		buf_str(out, parts[next(seed) % kinds]);
	buf_char(out, '"');
}

static void
make_value(struct buf *out, unsigned depth, uint32_t *seed)
{
	static const char *const plain[] = { "null", "true", "false", "0", "-0", "1", "-17", "2.50",
		"1e3", "1E-7", "0.1e+2", "9223372036854775807", "9223372036854775808", "1e400" };
	uint32_t kind = next(seed) % (depth > 5 ? 4 : 8);
	bool object = kind >= 6;

	if (kind < 3) {
		buf_str(out, plain[next(seed) % COUNT_OF(plain)]);
		return;
	}
	if (kind == 3) {
		make_string(out, seed);
		return;
	}
	buf_char(out, object ? '{' : '[');
	for (uint32_t count = next(seed) % 5; count > 0; count--) {
		make_space(out, seed);
		if (object) {
			make_string(out, seed);
			buf_char(out, ':');
		}
		make_space(out, seed);
		make_value(out, depth + 1, seed);
		if (count > 1)
			buf_char(out, ',');
	}
	make_space(out, seed);
	buf_char(out, object ? '}' : ']');
}

static void
two_readers_agree_on_documents_made_at_random(void **state)
{
	uint32_t seed = 8259;
	size_t made = 0;

	(void)state;
	arena_init(&arena, 32 << 20);
	accepted = refused = 0;
	while (made < MADE) {
		DEFER(buf_release) struct buf out;

		buf_init(&out, MAX_TEXT_SIZE);
		make_value(&out, 0, &seed);
		if (!buf_ok(&out))
			continue;
		judge_damaged("made", buf_bytes(&out), &seed);
		made++;
	}
	arena_release(&arena);
	print_message("jansson beside ours, made and damaged: %zu accepted, %zu refused\n",
	    accepted, refused);
	assert_true(accepted > 2000);
	assert_true(refused > 5000);
}

static void
two_readers_agree(void **state)
{
	char path[MAX_VECTOR_PATH];
	uint32_t seed = 20261124;
	struct dirent *entry;
	DIR *dir;

	(void)state;
	if (!vector_exists(SUITE))
		skip();
	vector_path(SUITE, path);
	dir = opendir(path);
	assert_non_null(dir);
	arena_init(&arena, 32 << 20);
	while ((entry = readdir(dir)) != NULL)
		if (strchr("yni", entry->d_name[0]) != NULL && entry->d_name[1] == '_')
			judge_file(entry->d_name, &seed);
	closedir(dir);
	arena_release(&arena);
	print_message("jansson beside ours, suite and damaged: %zu accepted, %zu refused\n",
	    accepted, refused);
	assert_true(accepted > 1000);
	assert_true(refused > 5000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_readers_agree),
		cmocka_unit_test(two_readers_agree_on_documents_made_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
