/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A public suite, run case by case and held against docs/suites.md.
 *
 * Whoever made the suite says what he expects of a case, we say what we do. Where both words are the same the case agrees;
 * every other case must stand on the page, by name and with a reason, and no row of the page may be left over:
 *
 *	| `json` | `i_number_huge_exp.json` | 1 | open | accepted | numbers keep their spelling |
 *
 * that is suite, id, number of cases under this id, their word, ours, why. The summary row must hold our counts:
 *
 *	| `json` | 318 | 280 | 38 | …
 *
 *	static struct suite suite;
 *	suite_open(&suite, "json");
 *	suite_case(&suite, name, "accepted", accepted ? "accepted" : "refused");
 *	suite_close(&suite);       prints one line, and fails the test when the page says something else
 *
 * Another library beside ours is a suite, too, its verdict their word: suite_open_classes(). The ids are classes then, the page is
 * docs/verdict-differences.md, and no counts are compared, since they are that library's and the dice's.
 */
#pragma once

#include "../support/test.h"
#include "base/arena.h"
#include "base/buf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SUITE_LISTED 512
#define MAX_SUITES_PAGE  (1 << 20)

struct suite_listed {
	struct bytes id, theirs, ours;
	size_t count;
};

struct suite {
	const char *name, *file;
	bool by_class;
	struct arena arena;
	struct bytes page;
	size_t cases, listed_cases, listed_count;
	struct suite_listed listed[MAX_SUITE_LISTED];
};

static inline void
suite_open_page(struct suite *s, const char *name, const char *file, bool by_class)
{
	const char *root = getenv("ATTEST_ROOT");
	char path[4096];
	size_t size = 0;

	*s = (struct suite){ .name = name, .file = file, .by_class = by_class };
	arena_init(&s->arena, 8 << 20);
	(void)snprintf(path, sizeof(path), "%s/%s", root == NULL ? "." : root, file);
	DEFER(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *text = arena_alloc(&s->arena, MAX_SUITES_PAGE);

	if (fd < 0 || text == NULL)
		fail_msg("%s: cannot be read", path);
	for (ssize_t n = 1; n > 0; size += (size_t)n) {
		n = read(fd, text + size, MAX_SUITES_PAGE - size);
		if (n < 0)
			fail_msg("%s: cannot be read", path);
	}
	s->page = bytes_of(text, size);
}

static inline void
suite_open(struct suite *s, const char *name)
{
	suite_open_page(s, name, "docs/suites.md", false);
}

static inline void
suite_open_classes(struct suite *s, const char *name)
{
	suite_open_page(s, name, "docs/verdict-differences.md", true);
}

static inline bool
suite_page_has(const struct suite *s, const char *row)
{
	return memmem(s->page.p, s->page.size, row, strlen(row)) != NULL;
}

/* One case. A word may be a sentence; ids, words and reasons hold no '|'. */
static inline void
suite_case(struct suite *s, const char *id, const char *theirs, const char *ours)
{
	struct suite_listed *l;

	s->cases++;
	if (strcmp(theirs, ours) == 0)
		return;
	s->listed_cases++;
	for (l = s->listed; l < s->listed + s->listed_count; l++)
		if (bytes_is_str(l->id, id) && bytes_is_str(l->theirs, theirs) &&
		    bytes_is_str(l->ours, ours)) {
			l->count++;
			return;
		}
	assert_true(s->listed_count < MAX_SUITE_LISTED);
	*l = (struct suite_listed){ arena_copy(&s->arena, bytes_of_str(id)),
		arena_copy(&s->arena, bytes_of_str(theirs)),
		arena_copy(&s->arena, bytes_of_str(ours)), 1 };
	s->listed_count++;
}

/* Rows of the page that list a case of this suite. */
static inline size_t
suite_rows(const struct suite *s)
{
	struct bytes left = s->page;
	size_t count = 0;
	char head[128];

	(void)snprintf(head, sizeof(head), "\n| `%s` | `", s->name);
	for (;;) {
		const uint8_t *at = memmem(left.p, left.size, head, strlen(head));

		if (at == NULL)
			return count;
		count++;
		left = bytes_slice(left, (size_t)(at - left.p) + 1, left.size);
	}
}

static inline void
suite_close(struct suite *s)
{
	char row[2048];
	size_t wrong = 0;

	for (const struct suite_listed *l = s->listed; l < s->listed + s->listed_count; l++) {
		char count[24] = "";

		if (!s->by_class)
			(void)snprintf(count, sizeof(count), "%zu | ", l->count);
		(void)snprintf(row, sizeof(row), "\n| `%s` | `%.*s` | %s%.*s | %.*s | ", s->name,
		    BYTES_FMT(l->id), count, BYTES_FMT(l->theirs), BYTES_FMT(l->ours));
		if (suite_page_has(s, row))
			continue;
		print_message("%s lacks:%s\n", s->file, row);
		wrong++;
	}
	if (suite_rows(s) != s->listed_count) {
		print_message("%s lists %zu ids of %s, %zu were seen\n", s->file, suite_rows(s),
		    s->name, s->listed_count);
		wrong++;
	}
	(void)snprintf(row, sizeof(row), "\n| `%s` | %zu | %zu | %zu | ", s->name, s->cases,
	    s->cases - s->listed_cases, s->listed_cases);
	if (!s->by_class && !suite_page_has(s, row)) {
		print_message("%s lacks:%s\n", s->file, row);
		wrong++;
	}
	print_message("suite %s: %zu cases, %zu agree, %zu listed\n", s->name, s->cases,
	    s->cases - s->listed_cases, s->listed_cases);
	arena_release(&s->arena);
	assert_int_equal(wrong, 0);
}
