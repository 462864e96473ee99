/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a query, one at a time; private to jmespath/. */
#pragma once

#include "jmespath/jmespath.h"

enum word_kind {
	WORD_END,
	WORD_BAD,     /* HINT says why */
	WORD_NAME,    /* foo */
	WORD_QUOTED,  /* "foo"; VALUE is the name */
	WORD_NUMBER,  /* -12, for indices; cut to what fits */
	WORD_LITERAL, /* `…` or '…'; VALUE */
	WORD_DOT,
	WORD_STAR,
	WORD_OPEN,      /* [ */
	WORD_FLATTEN,   /* [] */
	WORD_FILTER,    /* [? */
	WORD_CLOSE,     /* ] */
	WORD_BRACE,     /* { */
	WORD_BRACE_END, /* } */
	WORD_PAREN,     /* ( */
	WORD_PAREN_END, /* ) */
	WORD_COMMA,
	WORD_COLON,
	WORD_CURRENT,    /* @ */
	WORD_EXPRESSION, /* & */
	WORD_AND,
	WORD_OR,
	WORD_PIPE,
	WORD_NOT,
	WORD_EQ,
	WORD_NE,
	WORD_LT,
	WORD_LE,
	WORD_GT,
	WORD_GE,
	WORD_KINDS,
};

struct word {
	enum word_kind kind;
	struct bytes text; /* as written */
	size_t offset;
	int64_t number;            /* WORD_NUMBER */
	const struct json *value;  /* WORD_LITERAL, WORD_QUOTED */
	enum jmespath_fault fault; /* WORD_BAD */
	const char *hint;          /* WORD_BAD */
};

struct lexicon {
	struct bytes text;
	size_t at; /* <= text.size */
	struct arena *arena;
};

/* After WORD_END and WORD_BAD it is not called again. */
struct word jmespath_word_next(struct lexicon *lx);
/* Looks without taking: is the next word, behind white space, of one byte, C? */
bool jmespath_word_is(const struct lexicon *lx, char c);
