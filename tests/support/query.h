/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries of JMESPath in one line: query over document, text of the result expected.
 *
 *	expect("{\"a\": [1, 2]}", "a[-1]", "2");
 *	expect_fault("null", "abs('x')", JMESPATH_TYPE);
 *
 * Documents and results are JSON; arena_setup() and arena_teardown() of arena.h go with it.
 */
#pragma once

#include "../support/arena.h"
#include "../support/test.h"

#include "jmespath/jmespath.h"

#include <stdio.h>
#include <string.h>

static const struct jmespath_options *query_options = &jmespath_standard;

struct query_got {
	const char *text; /* NULL: it failed */
	struct jmespath_diag diag;
	struct err e;
	struct jmespath_budget left;
};

static inline const struct json *
query_document(const char *text)
{
	const struct json *doc = NULL;
	struct err e = { 0 };

	if (json_parse(bytes_of_str(text), 64u << 20, &arena, &doc, &e) < 0)
		fail_msg("the test's document: %s: %s", text, e.msg);
	return doc;
}

static inline struct query_got
query_run(const struct json *doc, struct bytes query, struct jmespath_budget budget)
{
	struct jmespath_budget ample = { UINT64_MAX, 32u << 20, 8u << 20 };
	struct query_got got = { .left = budget };
	const struct jmespath *q = NULL;
	const struct json *found = NULL;
	struct bytes text;

	if (jmespath_compile(query, query_options, &arena, &q, &got.diag, &got.e) < 0) {
		assert_null(q);
		return got;
	}
	if (jmespath_eval(q, doc, &arena, &got.left, &found, &got.diag, &got.e) < 0) {
		assert_null(found);
		return got;
	}
	assert_int_equal(jmespath_emit(found, &arena, &ample, &text, NULL, NULL), 0);
	got.text = (const char *)arena_copy(&arena, text).p;
	assert_non_null(got.text);
	return got;
}

static inline struct query_got
query_get(const char *document, const char *query)
{
	arena_reset(&arena);
	return query_run(query_document(document), bytes_of_str(query),
	    jmespath_budget_for(1 << 20));
}

static inline void
expect(const char *document, const char *query, const char *result)
{
	struct query_got got = query_get(document, query);

	if (got.text == NULL)
		fail_msg("%s over %s: %s", query, document, got.e.msg);
	if (strcmp(got.text, result) != 0)
		fail_msg("%s over %s: %s, not %s", query, document, got.text, result);
}

static inline struct query_got
expect_fault(const char *document, const char *query, enum jmespath_fault fault)
{
	struct query_got got = query_get(document, query);

	if (got.text != NULL)
		fail_msg("%s over %s: %s, not %s", query, document, got.text,
		    jmespath_fault_name(fault));
	if (got.diag.fault != fault)
		fail_msg("%s over %s: %s, not %s", query, document, got.e.msg,
		    jmespath_fault_name(fault));
	return got;
}
