/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled query, private to jmespath/: built by parse.c, then immutable.
 *
 * An expression is a chain of steps, each of which takes the current value and gives the next: a.b[0] is three steps, and
 * so is a | b[0], since all that `|` does is to end projections. A projection is one step that holds a chain of its own, its
 * body, and runs it for each element. So there is no recursion over a chain's length, only into parts: operands, arguments,
 * members, filters, whose nesting the parser has bounded.
 */
#pragma once

#include "jmespath/jmespath.h"

enum step_kind {
	STEP_FIELD,
	STEP_INDEX,
	STEP_LITERAL,
	STEP_LIST, /* [a, b] */
	STEP_HASH, /* {a: b} */
	STEP_CALL,
	STEP_OR,
	STEP_AND,
	STEP_COMPARE, /* a == b, and a == b == c from the left */
	STEP_NOT,
	/* Projections: over the elements of what the step takes, */
	STEP_EACH,    /* [*], or those that pass a filter, [? ] */
	STEP_VALUES,  /* .* */
	STEP_SLICE,   /* [1:2:3] */
	STEP_FLATTEN, /* [] */
};

enum compare { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };

struct step;

struct chain {
	struct step *first, *last;
};

/* An operand, argument or member. */
struct part {
	struct chain chain;
	size_t offset;
	struct bytes name; /* of a member */
	enum compare
	    compare; /* of an operand but the first: how it is compared with what stands before it */
	bool is_expression; /* &a */
	struct part *next;
};

struct function;

struct step {
	enum step_kind kind;
	size_t offset; /* where it stands in the text */
	struct step *next;
	struct bytes name;          /* STEP_FIELD */
	int64_t index;              /* STEP_INDEX; STEP_SLICE: the start */
	int64_t stop, stride;       /* STEP_SLICE */
	bool has_start, has_stop;   /* STEP_SLICE */
	const struct json *literal; /* STEP_LITERAL */
	const struct function *fn;  /* STEP_CALL */
	struct part *parts, *last;  /* linked by next */
	size_t part_count;
	struct chain body, filter; /* projections */
	bool has_filter;
};

struct jmespath {
	struct bytes text;
	struct chain chain;
};
