/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lex.h"

#include "base/utf8.h"

#include <string.h>

void
lexer_init(struct lexer *lx, struct bytes text, struct arena *a)
{
	*lx = (struct lexer){ .left = text, .place = { 1, 1 }, .arena = a };
	if (bytes_has_prefix(text, "\xef\xbb\xbf"))
		lx->left = bytes_slice(text, 3, text.size);
}

/* The byte at OFFSET of what is left, 0 beyond the end (the text holds no NUL). */
static uint8_t
peek(const struct lexer *lx, size_t offset)
{
	return offset < lx->left.size ? lx->left.p[offset] : 0;
}

/* Steps over SIZE bytes, counting lines (LF) and columns (characters). */
static struct bytes
advance(struct lexer *lx, size_t size)
{
	struct bytes taken = bytes_slice(lx->left, 0, size);

	for (size_t i = 0; i < taken.size; i++) {
		uint8_t c = taken.p[i];

		if (c == '\n') {
			lx->place.line++;
			lx->place.column = 1;
		} else if ((c & 0xc0) != 0x80) {
			lx->place.column++;
		}
	}
	lx->left = bytes_slice(lx->left, taken.size, lx->left.size);
	return taken;
}

void
lexer_skip(struct lexer *lx, size_t size)
{
	(void)advance(lx, size);
}

static void
skip_blank(struct lexer *lx)
{
	for (;;) {
		size_t n = 0;
		uint8_t c = peek(lx, 0);

		if (c == '/' && peek(lx, 1) == '/') {
			while (n < lx->left.size && lx->left.p[n] != '\n')
				n++;
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			n = 1;
		} else {
			return;
		}
		(void)advance(lx, n);
	}
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_ident(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static struct token
bad(struct token t, enum err_code code, const char *hint)
{
	t.kind = TOK_BAD;
	t.code = code;
	t.hint = hint;
	return t;
}

/* \" and \\ are escapes; before any other character the backslash stands for itself. */
static bool
unescape(struct lexer *lx, struct bytes raw, struct bytes *out)
{
	uint8_t *p;
	size_t n = 0;

	*out = raw;
	if (lx->arena == NULL || raw.size == 0 || memchr(raw.p, '\\', raw.size) == NULL)
		return true;
	p = arena_alloc(lx->arena, raw.size);
	if (p == NULL)
		return false;
	for (size_t i = 0; i < raw.size; i++) {
		if (raw.p[i] == '\\' && i + 1 < raw.size &&
		    (raw.p[i + 1] == '"' || raw.p[i + 1] == '\\'))
			i++;
		p[n++] = raw.p[i];
	}
	*out = bytes_of(p, n);
	return true;
}

static struct token
lex_string(struct lexer *lx, struct token t)
{
	size_t n = 1;

	while (n < lx->left.size && lx->left.p[n] != '"') {
		/* the character behind a backslash cannot end the string */
		n += lx->left.p[n] == '\\' ? 2 : 1;
	}
	if (n >= lx->left.size) {
		t.text = advance(lx, lx->left.size);
		return bad(t, ERR_MALFORMED,
		    "the string is not closed; strings stand between ASCII quotation marks");
	}
	t.text = advance(lx, n + 1);
	t.kind = TOK_STRING;
	if (!unescape(lx, bytes_slice(t.text, 1, n - 1), &t.string)) {
		lx->starved = true;
		return bad(t, ERR_LIMIT, "out of memory");
	}
	if (lx->arena != NULL && t.string.size > MAX_POLICY_STRING_SIZE)
		return bad(t, ERR_LIMIT, "a string may hold at most 32768 bytes");
	return t;
}

/* Decimal, signed 64 bits. */
static bool
parse_int(struct bytes text, int64_t *out)
{
	bool negative = text.p[0] == '-';
	int64_t v = 0;

	for (size_t i = negative ? 1 : 0; i < text.size; i++) {
		int digit = text.p[i] - '0';

		/* built below zero, where there is one value more */
		if (__builtin_mul_overflow(v, (int64_t)10, &v) ||
		    __builtin_sub_overflow(v, (int64_t)digit, &v))
			return false;
	}
	if (negative)
		*out = v;
	else if (__builtin_sub_overflow((int64_t)0, v, out))
		return false;
	return true;
}

static struct token
lex_number(struct lexer *lx, struct token t)
{
	size_t n = peek(lx, 0) == '-' ? 1 : 0;

	while (is_digit(peek(lx, n)))
		n++;
	if (peek(lx, n) == '.' && is_digit(peek(lx, n + 1))) {
		t.kind = TOK_VERSION;
		n++;
		while (is_digit(peek(lx, n)))
			n++;
	} else {
		t.kind = TOK_INTEGER;
	}
	if (is_ident(peek(lx, n))) {
		while (is_ident(peek(lx, n)))
			n++;
		t.text = advance(lx, n);
		return bad(t, ERR_MALFORMED, "numbers are written in decimal digits");
	}
	t.text = advance(lx, n);
	if (t.kind == TOK_INTEGER && !parse_int(t.text, &t.number))
		return bad(t, ERR_MALFORMED, "integers have at most 64 bits");
	return t;
}

static const struct punctuation {
	char text[3];
	enum token_kind kind;
} punctuation_table[] = {
	/* the longer first */
	{ "=>", TOK_ARROW },
	{ "==", TOK_EQ },
	{ "!=", TOK_NE },
	{ "<=", TOK_LE },
	{ ">=", TOK_GE },
	{ "&&", TOK_AND },
	{ "=", TOK_ASSIGN },
	{ "<", TOK_LT },
	{ ">", TOK_GT },
	{ "!", TOK_NOT },
	{ "{", TOK_OPEN_BRACE },
	{ "}", TOK_CLOSE_BRACE },
	{ "[", TOK_OPEN_BRACKET },
	{ "]", TOK_CLOSE_BRACKET },
	{ "(", TOK_OPEN_PAREN },
	{ ")", TOK_CLOSE_PAREN },
	{ ";", TOK_SEMICOLON },
	{ ":", TOK_COLON },
	{ ",", TOK_COMMA },
	{ ".", TOK_DOT },
};

/* What people write who come from another language (maa-policy.md 18) or another editor. */
static const struct foreign {
	const char *text, *hint;
} foreign_table[] = {
	{ "||", "there is no '||': write two rules" },
	{ "=~", "there are no regular expressions; compare with ==" },
	{ "!~", "there are no regular expressions; compare with !=" },
	{ "/*", "comments are written //, to the end of the line" },
	{ "#", "comments are written //, to the end of the line" },
	{ "\xe2\x80\x9c", "use the ASCII quotation mark \" (U+0022)" },
	{ "\xe2\x80\x9d", "use the ASCII quotation mark \" (U+0022)" },
	{ "\xe2\x80\x98", "use the ASCII quotation mark \" (U+0022)" },
	{ "\xe2\x80\x99", "use the ASCII quotation mark \" (U+0022)" },
	{ "'", "strings stand between ASCII quotation marks \"" },
	{ "+", "there are no operators on values" },
	{ "&", "conditions are joined by &&" },
};

static struct token
lex_other(struct lexer *lx, struct token t)
{
	struct bytes rest = lx->left;

	for (size_t i = 0; i < COUNT_OF(foreign_table); i++) {
		if (bytes_has_prefix(lx->left, foreign_table[i].text) &&
		    !bytes_has_prefix(lx->left, "&&")) {
			t.text = advance(lx, strlen(foreign_table[i].text));
			return bad(t, ERR_MALFORMED, foreign_table[i].hint);
		}
	}
	for (size_t i = 0; i < COUNT_OF(punctuation_table); i++) {
		if (bytes_has_prefix(lx->left, punctuation_table[i].text)) {
			t.text = advance(lx, strlen(punctuation_table[i].text));
			t.kind = punctuation_table[i].kind;
			return t;
		}
	}
	(void)utf8_next(&rest);
	t.text = advance(lx, lx->left.size - rest.size);
	return bad(t, ERR_MALFORMED, "this character has no meaning outside a string");
}

struct token
lexer_next(struct lexer *lx)
{
	struct token t = { .kind = TOK_END };
	uint8_t c;

	skip_blank(lx);
	t.place = lx->place;
	c = peek(lx, 0);
	if (lx->left.size == 0)
		return t;
	if (c == '"')
		return lex_string(lx, t);
	if (is_digit(c) || (c == '-' && is_digit(peek(lx, 1))))
		return lex_number(lx, t);
	if (is_ident(c)) {
		size_t n = 1;

		while (is_ident(peek(lx, n)))
			n++;
		t.kind = TOK_IDENT;
		t.text = advance(lx, n);
		return t;
	}
	return lex_other(lx, t);
}
