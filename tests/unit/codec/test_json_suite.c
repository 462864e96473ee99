/* SPDX-License-Identifier: Apache-2.0 */
/* nst/JSONTestSuite, file by file: what must parse, what must not, and what we decided where the suite leaves it open. */
#include "codec/json.h"

#include "../../support/test.h"
#include "../../support/vectors.h"

#include <dirent.h>
#include <string.h>

#define SUITE "json/test_parsing"

/* Files that the suite accepts and this reader refuses on purpose. */
static const struct {
	const char *name, *why;
} stricter[] = {
	{ "y_object_duplicated_key.json", "duplicate names: two readers may see two documents" },
	{ "y_object_duplicated_key_and_value.json", "duplicate names" },
	{ "y_object_escaped_null_in_key.json", "NUL in a name: C strings would end there" },
	{ "y_string_null_escape.json", "NUL in a string: C strings would end there" },
};

static bool
is_stricter(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(stricter); i++)
		if (strcmp(name, stricter[i].name) == 0)
			return true;
	return false;
}

/* i_: numbers keep their spelling, so none is too large; text that is not UTF-8 or is too deep is refused. */
static bool
want_accepted(const char *name)
{
	if (name[0] == 'i')
		return strncmp(name, "i_number_", 9) == 0;
	return name[0] == 'y' && !is_stricter(name);
}

/* What was accepted comes out again, and is the same value when read again. */
static void
expect_round_trip(const struct json *v, struct arena *a, const char *name)
{
	const struct json *again = NULL;
	DEFER(buf_release) struct buf out;

	buf_init(&out, 1 << 20);
	json_emit(&out, v, JSON_AS_IS);
	if (!buf_ok(&out) || json_parse(buf_bytes(&out), 1 << 20, a, &again, NULL) < 0 ||
	    !json_eq(v, again))
		fail_msg("%s: does not survive being written", name);
}

static void
judge_file(const char *name, struct arena *a, size_t *stricter_seen)
{
	char path[600];
	struct bytes text = { 0 };
	const struct json *v = NULL;
	struct err e = { 0 };
	bool accepted;

	snprintf(path, sizeof(path), SUITE "/%s", name);
	assert_true(vector_read(path, a, &text));
	accepted = json_parse(text, 1 << 20, a, &v, &e) == 0;
	if (accepted != want_accepted(name))
		fail_msg("%s: %s", name, accepted ? "accepted" : e.msg);
	if (accepted)
		expect_round_trip(v, a, name);
	else
		assert_true(e.code == ERR_MALFORMED || e.code == ERR_LIMIT);
	*stricter_seen += is_stricter(name);
}

static void
every_file_of_the_suite_has_its_verdict(void **state)
{
	char path[MAX_VECTOR_PATH];
	size_t count = 0, stricter_seen = 0;
	struct dirent *entry;
	struct arena a;
	DIR *dir;

	(void)state;
	vector_path(SUITE, path);
	dir = opendir(path);
	assert_non_null(dir);
	arena_init(&a, 32 << 20);
	while ((entry = readdir(dir)) != NULL) {
		if (strchr("yni", entry->d_name[0]) == NULL || entry->d_name[1] != '_')
			continue;
		judge_file(entry->d_name, &a, &stricter_seen);
		arena_reset(&a);
		count++;
	}
	closedir(dir);
	arena_release(&a);
	assert_true(count >= 318);
	assert_int_equal(stricter_seen, COUNT_OF(stricter));
}

int
main(void)
{
	NEED_VECTORS(SUITE);

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_of_the_suite_has_its_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
