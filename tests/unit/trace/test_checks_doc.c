/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/checks.md is held against the table in the code: one row per check, in the table's order, with its id, stage,
 * verdict, requirement, source and remedy, and a negative test named.
 *
 *	test_trace_checks_doc --emit		prints the rows, with the negative tests that the document has now
 */
#include "trace/check.h"

#include "../../support/test.h"

#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DOC_SIZE 262144
#define MAX_ROW_SIZE 2048

static char doc[MAX_DOC_SIZE];

static void
read_doc(void)
{
	const char *root = getenv("ATTEST_ROOT");
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/docs/checks.md", root != NULL ? root : ".");
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return;
	doc[fread(doc, 1, sizeof(doc) - 1, f)] = '\0';
	(void)fclose(f);
}

static const char *
verdict_of(enum check_on_fail on_fail)
{
	switch (on_fail) {
	case REFUSE:
		return "refused";
	case UNDECIDED_WAIT:
		return "undecided, waiting can help";
	case UNDECIDED:
		break;
	}
	return "undecided";
}

/* Everything but the last cell. */
static void
row_of(const struct check *c, char out[MAX_ROW_SIZE])
{
	(void)snprintf(out, MAX_ROW_SIZE, "| `%s` | %s | %s | %s | %s | %s | ", c->id, c->stage,
	    verdict_of(c->on_fail), c->wanted, c->source, c->remedy);
}

/* What stands in the last cell of the row of ID now; size 0: nothing. */
static struct bytes
test_of(const struct check *c)
{
	char start[256];

	(void)snprintf(start, sizeof(start), "\n| `%s` |", c->id);
	const char *row = strstr(doc, start);

	if (row == NULL)
		return BYTES("");
	const char *end = strchr(row + 1, '\n');
	const char *last = end != NULL ? end - 2 : NULL;

	if (last == NULL || strncmp(last, " |", 2) != 0)
		return BYTES("");
	const char *cell = last;

	while (cell > row && strncmp(cell - 2, "| ", 2) != 0)
		cell--;
	return bytes_of(cell, (size_t)(last - cell));
}

static void
every_check_has_its_row(void **state)
{
	char row[MAX_ROW_SIZE];
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		row_of(&check_table[i], row);
		if (strstr(doc, row) == NULL) {
			print_message("docs/checks.md lacks: %s\n", row);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void
every_row_names_a_negative_test(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		if (test_of(&check_table[i]).size < 2) {
			print_message("no negative test for %s\n", check_table[i].id);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void
no_row_is_of_a_check_that_is_gone(void **state)
{
	(void)state;
	for (const char *row = strstr(doc, "\n| `"); row != NULL; row = strstr(row + 1, "\n| `")) {
		char id[128] = "";

		(void)sscanf(row, "\n| `%127[^`]`", id);
		if (check_find(id) == CHECK_NONE)
			fail_msg("docs/checks.md has %s, the table has not", id);
	}
}

static int
emit(void)
{
	char row[MAX_ROW_SIZE];

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		struct bytes test = test_of(&check_table[i]);

		row_of(&check_table[i], row);
		(void)printf("%s%.*s |\n", row, BYTES_FMT(test.size > 0 ? test : BYTES("?")));
	}
	return 0;
}

int
main(int argc, char **argv)
{
	read_doc();
	if (argc > 1 && strcmp(argv[1], "--emit") == 0)
		return emit();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_check_has_its_row),
		cmocka_unit_test(every_row_names_a_negative_test),
		cmocka_unit_test(no_row_is_of_a_check_that_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
