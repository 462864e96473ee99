/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JMESPath (jmespath.org/specification.html): a query over JSON values; text in, an immutable program out; a value in, a
 * value out.
 *
 *	const struct jmespath *query;
 *	struct jmespath_budget budget = jmespath_budget_for(text.size);
 *	const struct json *found;
 *	TRY(jmespath_compile(BYTES("events[?seq > `3`].name"), &jmespath_maa, arena, &query, &diag, e));
 *	TRY(jmespath_eval(query, doc, arena, &budget, &found, &diag, e));
 *	TRY(jmespath_emit(found, arena, &budget, &text, &diag, e));
 *
 * Ownership: a program lives in the arena that it was compiled into, and points into its text; both must outlive it. It is
 * never written again, so threads may share it. A result lives in the evaluation's arena and shares members with the
 * document and the program. There is no other memory: the heap is not touched but through the arena.
 *
 * Total: whatever text, document and budget are, both functions end. The text is at most MAX_JMESPATH_SIZE, its brackets,
 * calls and `!` are nested MAX_JMESPATH_DEPTH deep, which bounds the recursion of parser and evaluator; chains such as
 * a.b.c, a[*][*], a || b || c, a | b are walked in a loop, however long. Evaluation pays a step for every value, member and
 * 64 bytes that it looks at, takes what it makes from the arena up to its budget, and never gives a result that is larger
 * or deeper than it may be: JSON that codec/json.h writes and reads again.
 *
 * Numbers are decimals, as JSON spells them. What is only handed on keeps its spelling. Comparison, equality, sorting, abs,
 * ceil, floor and sum are exact, whatever the number of digits; avg is exact up to 34 significant digits and rounded to
 * nearest, ties to even, beyond. A computed integer is written in plain digits. Numbers that are not handled are
 * JMESPATH_LIMIT: an exponent of more than nine digits, and for sum, avg, ceil, floor a digit further than 350 places from
 * the point.
 *
 * What the specification leaves open, and what is done here:
 * - An unknown function, a wrong number of arguments, `&` where no expression is wanted, and a slice's step of 0 are
 *   found when the text is compiled, even where they would never be reached.
 * - keys(), values(), `*`: in the document's order. Two equal names in one {…}: the first one's place, the last one's value.
 *   max(), min() and their kin: the first of equal ones. sort(), sort_by(): stable; strings by code point.
 * - contains() of a string and what is no string is false. to_string() writes compact JSON, UTF-8 unescaped.
 * - a[*].{b: c}.d and a[*].[b].d go on for each element, until `|`, an operator or `[]`; some implementations end the
 *   projection behind a multi-select. a[?b].x[?c] filters the list of all x, as the reference implementations do.
 * - Order comparisons are for numbers only; of anything else they are null.
 * - Literals between back-quotes are JSON; the bare words of JMESPath's early days are refused. A name in quotes may be empty
 *   and holds no NUL.
 */
#pragma once

#include "codec/json.h"

#define MAX_JMESPATH_SIZE    32768
#define MAX_JMESPATH_DEPTH   64
#define MAX_JMESPATH_MEMBERS 256 /* of one {…} */

/* Where Azure Attestation's profile (maa-policy.md 10) and the standard part ways. */
struct jmespath_options {
	/* The function equals_ignore_case(a, b): true if both are strings and equal but for the case of ASCII letters. */
	bool equals_ignore_case;
	/*
	 * maa-policy.md 10, detail 1: `!` binds looser than all that follows a value, so that !a.b is !(a.b). The standard's
	 * reference implementations read (!a).b, which is always null.
	 */
	bool not_last;
};
extern const struct jmespath_options jmespath_standard, jmespath_maa;

enum jmespath_fault {
	JMESPATH_FINE,
	JMESPATH_SYNTAX,           /* ERR_MALFORMED */
	JMESPATH_UNKNOWN_FUNCTION, /* ERR_UNSUPPORTED */
	JMESPATH_ARITY,            /* ERR_INVALID, and so the next two */
	JMESPATH_TYPE,             /* an argument is of a type that the function does not take */
	JMESPATH_VALUE,            /* a slice's step is 0 */
	JMESPATH_LIMIT, /* ERR_LIMIT: a ceiling of ours or the budget; the query is not wrong */
	JMESPATH_MEMORY, /* ERR_LIMIT, arena_failed(): there is no memory; nothing is said about the query */
};
/* "syntax", "unknown-function", "invalid-arity", "invalid-type", "invalid-value", "limit", "memory" */
const char *jmespath_fault_name(enum jmespath_fault fault);

/*
 * What is wrong, and where in the query's text. Printable ASCII, NUL-terminated. FOUND quotes the query: where parts of it
 * came from evidence, it may not be shown to everybody, nor may the error's message. The rest may.
 */
struct jmespath_diag {
	enum jmespath_fault fault;
	size_t offset;         /* in bytes */
	unsigned line, column; /* from 1; columns count characters */
	char found[48];        /* "]", "the end of the text"; of a value its type: "a string" */
	char expected[96];     /* "',' or ']'"; may be empty */
	char hint[128];        /* what to do, or which limit; may be empty */
};

/* What may be spent; what is left afterwards. */
struct jmespath_budget {
	uint64_t steps;
	size_t memory; /* bytes of the arena */
	size_t
	    result_size; /* bytes of a result as compact JSON, and of a string that a function makes; not consumed */
};
/*
 * For a document of SIZE bytes, and proportional to it up to 1 MiB: enough to sort all that it holds, once. 64 KiB get 2.3
 * million steps, which are some 20 ms.
 */
struct jmespath_budget jmespath_budget_for(size_t size);

struct jmespath;

/*
 * On failure DIAG (may be NULL) is filled. Takes time and memory by the size of TEXT: who counts steps counts its bytes, and
 * who bounds memory bounds the arena.
 */
int jmespath_compile(struct bytes text, const struct jmespath_options *options, struct arena *a,
    const struct jmespath **out, struct jmespath_diag *diag, struct err *e) MUST_CHECK;
/* *OUT is never NULL on success: nothing found is a JSON null. */
int jmespath_eval(const struct jmespath *query, const struct json *in, struct arena *a,
    struct jmespath_budget *budget, const struct json **out, struct jmespath_diag *diag,
    struct err *e) MUST_CHECK;
/*
 * V as compact JSON, UTF-8 unescaped, numbers as spelt, members in their order (maa-policy.md 9.1); lives in the arena.
 * Fails by the budget only. DIAG's place is the beginning.
 */
int jmespath_emit(const struct json *v, struct arena *a, struct jmespath_budget *budget,
    struct bytes *out, struct jmespath_diag *diag, struct err *e) MUST_CHECK;
