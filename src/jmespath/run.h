/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One evaluation, private to jmespath/. All that costs goes through run_spend() and run_alloc(). Whatever returns int here
 * gives -1 when the evaluation is over, and diagnosis and error are filled.
 */
#pragma once

#include "jmespath/program.h"

struct run {
	struct bytes text; /* the query's, for places */
	struct arena *arena;
	struct jmespath_budget *budget;
	struct jmespath_diag *diag;
	struct err *e;
	size_t offset; /* of the step at work */
};

extern const struct json jmespath_null, jmespath_true, jmespath_false;

/* Gives a value that is alone: the caller may not change it. */
const struct json *run_bool(bool truth);

int run_spend(struct run *r, uint64_t steps) MUST_CHECK;
/* The steps that looking at SIZE bytes is worth. */
uint64_t run_cost(size_t size);
/* COUNT elements of SIZE bytes, zeroed; NULL when the evaluation is over. */
void *run_alloc(struct run *r, size_t count, size_t size) MUST_CHECK;
/* -1: over by the budget or a ceiling. */
int run_limit(struct run *r, const char *which);
/* -1: over by the query's fault, which lies in what it found at OFFSET. */
int run_fault(struct run *r, enum jmespath_fault fault, size_t offset, const char *found,
    const char *expected, const char *hint);
/* -1: over by what the arena said. */
int run_starved(struct run *r);

int run_chain(struct run *r, const struct chain *c, const struct json *v, const struct json **out)
    MUST_CHECK;

/* Building: an empty list or object, and V as its last element or member (a copy that shares what V holds). */
int run_list(struct run *r, enum json_type type, struct json **out) MUST_CHECK;
int run_append(struct run *r, struct json *list, struct bytes name, const struct json *v)
    MUST_CHECK;
int run_str(struct run *r, struct bytes text, const struct json **out) MUST_CHECK;
int run_int(struct run *r, int64_t number, const struct json **out) MUST_CHECK;
/* The elements of a list as an array, so that they can be ordered or taken from the end. */
int run_elements(struct run *r, const struct json *list, const struct json ***out) MUST_CHECK;

/* Equal, at any depth: numbers by value, objects without order. */
int value_eq(struct run *r, const struct json *a, const struct json *b, bool *out) MUST_CHECK;
/* -1, 0, 1 in *ORDER, of two numbers, or two strings by code point. */
int value_order(struct run *r, const struct json *a, const struct json *b, int *order) MUST_CHECK;
/* Is NAME the name of this member? */
int value_has_name(struct run *r, const struct json *m, struct bytes name, bool *out) MUST_CHECK;
bool value_is_true(const struct json *v);
/* "a string" */
const char *value_words(const struct json *v);
/* V as compact JSON; at most budget->result_size bytes, nested as deeply as codec/json.h goes. */
int value_measure(struct run *r, const struct json *v, size_t *size) MUST_CHECK;
int value_emit(struct run *r, const struct json *v, struct bytes *out) MUST_CHECK;
