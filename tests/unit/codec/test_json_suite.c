/* SPDX-License-Identifier: Apache-2.0 */
/* nst/JSONTestSuite, file by file: what must parse, what must not, and what we decided where the suite leaves it open: docs/suites.md. */
#include "codec/json.h"

#include "../../support/suite.h"
#include "../../support/test.h"
#include "../../support/vectors.h"

#include <dirent.h>
#include <string.h>

#define SUITE "json/test_parsing"

static struct suite suite;

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

/* What we do with the file, after the suite's own letter: must parse, must not, open. */
static const char *
word_of(char letter)
{
	return letter == 'y' ? "accepted" : letter == 'n' ? "refused" : "open";
}

static void
judge_file(const char *name, struct arena *a)
{
	char path[600];
	struct bytes text = { 0 };
	const struct json *v = NULL;
	struct err e = { 0 };
	bool accepted;

	snprintf(path, sizeof(path), SUITE "/%s", name);
	assert_true(vector_read(path, a, &text));
	accepted = json_parse(text, 1 << 20, a, &v, &e) == 0;
	suite_case(&suite, name, word_of(name[0]), accepted ? "accepted" : "refused");
	if (accepted)
		expect_round_trip(v, a, name);
	else
		assert_true(e.code == ERR_MALFORMED || e.code == ERR_LIMIT);
}

static void
every_file_of_the_suite_has_its_verdict(void **state)
{
	char path[MAX_VECTOR_PATH];
	struct dirent *entry;
	struct arena a;
	DIR *dir;

	(void)state;
	suite_open(&suite, "json");
	vector_path(SUITE, path);
	dir = opendir(path);
	assert_non_null(dir);
	arena_init(&a, 32 << 20);
	while ((entry = readdir(dir)) != NULL) {
		if (strchr("yni", entry->d_name[0]) == NULL || entry->d_name[1] != '_')
			continue;
		judge_file(entry->d_name, &a);
		arena_reset(&a);
	}
	closedir(dir);
	arena_release(&a);
	suite_close(&suite);
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
