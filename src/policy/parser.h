/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of policies, private to policy/: recursive descent with one token in hand, each function a production of
 * maa-policy.md 3 that leaves the first token behind it in p->now. parse.c has the frame and the way on behind a fault,
 * parse_rule.c what stands in a rule.
 */
#pragma once

#include "policy/diag.h"
#include "policy/lex.h"

#define MAX_PATH_PARTS 4

struct parser {
	struct policy *policy;
	struct lexer lexer;
	struct token now;
	struct token string;              /* the token before it, if that was a string */
	const char *path[MAX_PATH_PARTS]; /* productions being read, "policy" outermost */
	size_t path_count;
	struct rule **tail;
	bool rewinds; /* a fault's rest begins at REWIND, in a string that swallowed too much */
	struct lexer rewind;
	struct diag_sink *to;
};

void parser_next(struct parser *p);
void parser_enter(struct parser *p, const char *production);
void parser_leave(struct parser *p);

/* Reports the token in hand. 0 when the sink wants more: who knows what was meant may go on with that. */
int parser_report(struct parser *p, const char *expected, const char *hint) MUST_CHECK;
/* The same; -1, whoever wants more: what is being read ends here. */
int parser_refuse(struct parser *p, const char *expected, const char *hint) MUST_CHECK;
int parser_limit(struct parser *p, struct place at, const char *hint) MUST_CHECK;

/* These return -1 when the token is another one. */
int parser_take(struct parser *p, enum token_kind kind, const char *expected, const char *hint)
    MUST_CHECK;
int parser_take_word(struct parser *p, const char *word) MUST_CHECK;

bool parser_is_word(const struct parser *p, const char *word);
/* The one of WORDS that the word in hand was meant to be: it differs by case or a few slips. COUNT: none. */
size_t parser_meant(const struct parser *p, const char *const *words, size_t count);
#define MAX_WORD_HINT 64
/* What to say of that: "keywords are written in lower case", "did you mean 'permit'?"; OTHERWISE when WORD is NULL. */
const char *parser_word_hint(const struct parser *p, const char *word, const char *otherwise,
    char out[MAX_WORD_HINT]);
bool parser_is_keyword(struct bytes name);

/* The rule without its ';'. */
int parser_rule_body(struct parser *p, struct rule *r) MUST_CHECK;
