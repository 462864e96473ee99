/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy language's tokens (maa-policy.md 2). White space is space, tab, CR, LF; comments run from // to the end of
 * the line; longest match first. A text is checked to be UTF-8 without NULs before it is lexed.
 */
#pragma once

#include "policy/ast.h"

enum token_kind {
	TOK_END,
	TOK_BAD, /* no token: token.hint says why */
	TOK_IDENT,
	TOK_STRING,
	TOK_INTEGER,
	TOK_VERSION, /* digits "." digits */
	TOK_ARROW,   /* => */
	TOK_EQ,      /* == */
	TOK_NE,      /* != */
	TOK_LE,      /* <= */
	TOK_GE,      /* >= */
	TOK_AND,     /* && */
	TOK_ASSIGN,  /* = */
	TOK_LT,
	TOK_GT,
	TOK_NOT, /* ! */
	TOK_OPEN_BRACE,
	TOK_CLOSE_BRACE,
	TOK_OPEN_BRACKET,
	TOK_CLOSE_BRACKET,
	TOK_OPEN_PAREN,
	TOK_CLOSE_PAREN,
	TOK_SEMICOLON,
	TOK_COLON,
	TOK_COMMA,
	TOK_DOT,
};

struct token {
	enum token_kind kind;
	struct bytes text; /* as written; empty at the end */
	struct place place;
	struct bytes string; /* TOK_STRING: escapes resolved, unless the lexer has no arena */
	int64_t number;      /* TOK_INTEGER */
	const char *hint;    /* TOK_BAD */
	enum err_code code;  /* TOK_BAD: ERR_MALFORMED, or ERR_LIMIT */
};

struct lexer {
	struct bytes left;
	struct place place;
	struct arena
	    *arena;   /* for strings that hold escapes; NULL: they stay as written, at any size */
	bool starved; /* there was no memory for one: the token is bad for that */
};

/* Skips a byte order mark. */
void lexer_init(struct lexer *lx, struct bytes text, struct arena *a);
struct token lexer_next(struct lexer *lx);
/* Steps over SIZE bytes of text, whatever they are. */
void lexer_skip(struct lexer *lx, size_t size);
