/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of queries, private to jmespath/: one word in hand, steps that grow behind each other. parse.c has operands,
 * operators and their powers, parse_brackets.c what stands in brackets, braces and calls.
 */
#pragma once

#include "jmespath/diag.h"
#include "jmespath/functions.h"
#include "jmespath/lex.h"

enum power {
	POWER_NONE = 0,
	POWER_PIPE = 1,
	POWER_OR = 2,
	POWER_AND = 3,
	POWER_COMPARE = 5,
	POWER_NOT_LAST = 6,
	POWER_FLATTEN = 9,
	POWER_EACH = 20,
	POWER_FILTER = 21,
	POWER_DOT = 40,
	POWER_NOT = 45,
	POWER_INDEX = 55,
};

struct reader {
	struct lexicon lx;
	struct word word; /* the one to be looked at */
	const struct jmespath_options *options;
	unsigned depth;
	struct jmespath_diag *diag;
	struct err *e;
};

/* A projection whose body grows. */
struct open {
	struct step *step;
	enum power power;
	struct open *outer;
};

/* An expression while it is read. */
struct draft {
	struct chain chain;
	struct open *open; /* the innermost */
	bool fresh;        /* it was opened by the word before this one */
};

/* These return -1 with the diagnosis. FAIL: at W; UNEXPECTED: at the word in hand; STARVED: memory or its limit. */
int reader_fail(struct reader *p, const struct word *w, enum jmespath_fault fault,
    const char *expected, const char *hint);
int reader_unexpected(struct reader *p, const char *expected, const char *hint);
int reader_starved(struct reader *p);

int reader_advance(struct reader *p) MUST_CHECK;
/* The word in hand is KIND, and is left behind. */
int reader_expect(struct reader *p, enum word_kind kind, const char *expected) MUST_CHECK;
/* Deeper by one bracket, call or `!`; whoever enters leaves by p->depth--. */
int reader_enter(struct reader *p) MUST_CHECK;

void chain_add(struct chain *c, struct step *first, struct step *last);
/* A step at the end of what was read, where the word AT stands. */
int draft_step(struct reader *p, struct draft *d, enum step_kind kind, const struct word *at,
    struct step **out) MUST_CHECK;
/* The same; what follows is its body while operators are of more POWER. */
int draft_projection(struct reader *p, struct draft *d, enum step_kind kind, enum power power,
    const struct word *at, struct step **out) MUST_CHECK;
int step_part(struct reader *p, struct step *s, struct part **out) MUST_CHECK;
/* A name or a name in quotes. */
struct bytes word_name(const struct word *w);

/* An expression whose operators are of more power than LIMIT. */
int reader_expression(struct reader *p, enum power limit, struct chain *out) MUST_CHECK;
/* At `[` where an expression begins; at `[` behind a value; at `[?`; behind `[` and at `a, b]`; at `{`. */
int reader_bracket_first(struct reader *p, struct draft *d) MUST_CHECK;
int reader_bracket_behind(struct reader *p, struct draft *d) MUST_CHECK;
int reader_filter(struct reader *p, struct draft *d) MUST_CHECK;
int reader_list(struct reader *p, struct draft *d, const struct word *at) MUST_CHECK;
int reader_hash(struct reader *p, struct draft *d) MUST_CHECK;
/* At `(`, behind a function's NAME. */
int reader_call(struct reader *p, struct draft *d, const struct word *name) MUST_CHECK;
