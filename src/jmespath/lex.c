/* SPDX-License-Identifier: Apache-2.0 */
#include "jmespath/lex.h"

#include "base/utf8.h"

#include <string.h>

/* The byte at OFFSET from where we stand, 0 beyond the end (the text holds no NUL). */
static uint8_t
peek(const struct lexicon *lx, size_t offset)
{
	return offset < lx->text.size - lx->at ? lx->text.p[lx->at + offset] : 0;
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static struct word
take(struct lexicon *lx, enum word_kind kind, size_t size)
{
	struct word w = { .kind = kind, .offset = lx->at };

	w.text = bytes_slice(lx->text, lx->at, size);
	lx->at += w.text.size;
	return w;
}

static struct word
bad(struct word w, enum jmespath_fault fault, const char *hint)
{
	w.kind = WORD_BAD;
	w.fault = fault;
	w.hint = hint;
	return w;
}

static struct word
starved(const struct lexicon *lx, struct word w)
{
	return lx->arena->starved
	    ? bad(w, JMESPATH_MEMORY, "")
	    : bad(w, JMESPATH_LIMIT, "the query takes more memory than it may");
}

/*
 * What stands between two QUOTEs, with the backslash in front of an inner QUOTE taken away; every other backslash stays
 * (and the character behind it cannot end the text). NULL p when memory ran out.
 */
static struct bytes
unquote(struct lexicon *lx, struct bytes raw, char quote)
{
	uint8_t *to;
	size_t n = 0;

	if (raw.size == 0)
		return BYTES("");
	if (memchr(raw.p, '\\', raw.size) == NULL)
		return raw;
	to = arena_alloc(lx->arena, raw.size);
	for (size_t i = 0; to != NULL && i < raw.size; i++) {
		if (raw.p[i] == '\\' && i + 1 < raw.size) {
			if (raw.p[i + 1] != (uint8_t)quote)
				to[n++] = raw.p[i];
			i++;
		}
		to[n++] = raw.p[i];
	}
	return bytes_of(to, n);
}

/* From one QUOTE to the next; *INSIDE is what stands between them. */
static struct word
take_quoted(struct lexicon *lx, char quote, const char *unclosed, struct bytes *inside)
{
	size_t n = 1;
	struct word w;

	while (n < lx->text.size - lx->at && peek(lx, n) != (uint8_t)quote)
		n += peek(lx, n) == '\\' ? 2 : 1;
	if (n >= lx->text.size - lx->at)
		return bad(take(lx, WORD_BAD, lx->text.size - lx->at), JMESPATH_SYNTAX, unclosed);
	w = take(lx, WORD_LITERAL, n + 1);
	*inside = bytes_slice(w.text, 1, n - 1);
	return w;
}

static struct word
lex_raw_string(struct lexicon *lx)
{
	struct bytes inside, text;
	struct word w = take_quoted(lx, '\'', "the string is not closed by '", &inside);

	if (w.kind == WORD_BAD)
		return w;
	text = unquote(lx, inside, '\'');
	w.value = text.p == NULL ? NULL : json_new_str(lx->arena, text);
	return w.value == NULL ? starved(lx, w) : w;
}

/* JSON text becomes W's value. */
static struct word
lex_json(struct lexicon *lx, struct word w, struct bytes text, const char *hint)
{
	struct err e = { 0 };

	if (json_parse(text, MAX_JMESPATH_SIZE, lx->arena, &w.value, &e) == 0)
		return w;
	if (arena_failed(&e))
		return starved(lx, w);
	return e.code == ERR_LIMIT
	    ? bad(w, JMESPATH_LIMIT, "the JSON is nested too deeply, or too long")
	    : bad(w, JMESPATH_SYNTAX, hint);
}

static struct word
lex_literal(struct lexicon *lx)
{
	struct bytes inside, text;
	struct word w = take_quoted(lx, '`', "the literal is not closed by `", &inside);

	if (w.kind == WORD_BAD)
		return w;
	text = unquote(lx, inside, '`');
	if (text.p == NULL)
		return starved(lx, w);
	return lex_json(lx, w, text,
	    "between back-quotes stands JSON; strings are written 'x' or `\"x\"`");
}

static struct word
lex_quoted_name(struct lexicon *lx)
{
	struct bytes inside;
	struct word w = take_quoted(lx, '"', "the name is not closed by \"", &inside);

	if (w.kind == WORD_BAD)
		return w;
	w = lex_json(lx, w, w.text, "a name in quotes is written as a JSON string");
	if (w.kind == WORD_BAD)
		return w;
	if (json_has_nul(w.value))
		return bad(w, JMESPATH_SYNTAX, "a name holds no NUL");
	w.kind = WORD_QUOTED;
	return w;
}

/* No list is as long as what does not fit. */
static struct word
lex_number(struct lexicon *lx)
{
	bool negative = peek(lx, 0) == '-';
	size_t n = negative ? 1 : 0;
	int64_t v = 0;
	struct word w;

	for (; is_digit(peek(lx, n)); n++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, peek(lx, n) - '0', &v))
			v = INT64_MAX;
	if (is_name(peek(lx, n)) || (peek(lx, n) == '.' && is_digit(peek(lx, n + 1)))) {
		while (is_name(peek(lx, n)) || peek(lx, n) == '.')
			n++;
		return bad(take(lx, WORD_BAD, n), JMESPATH_SYNTAX,
		    "an index is a decimal integer; other numbers stand between back-quotes");
	}
	w = take(lx, WORD_NUMBER, n);
	w.number = negative ? -v : v;
	return w;
}

static const struct sign {
	char text[3];
	enum word_kind kind;
} sign_table[] = {
	/* the longer first */
	{ "[]", WORD_FLATTEN },
	{ "[?", WORD_FILTER },
	{ "&&", WORD_AND },
	{ "||", WORD_OR },
	{ "!=", WORD_NE },
	{ "==", WORD_EQ },
	{ "<=", WORD_LE },
	{ ">=", WORD_GE },
	{ "[", WORD_OPEN },
	{ "]", WORD_CLOSE },
	{ "{", WORD_BRACE },
	{ "}", WORD_BRACE_END },
	{ "(", WORD_PAREN },
	{ ")", WORD_PAREN_END },
	{ ".", WORD_DOT },
	{ "*", WORD_STAR },
	{ ",", WORD_COMMA },
	{ ":", WORD_COLON },
	{ "@", WORD_CURRENT },
	{ "&", WORD_EXPRESSION },
	{ "|", WORD_PIPE },
	{ "!", WORD_NOT },
	{ "<", WORD_LT },
	{ ">", WORD_GT },
};

/* What people write who come from another language or another editor. */
static const struct foreign {
	const char *text, *hint;
} foreign_table[] = {
	{ "=", "equality is written ==" },
	{ "$", "the value itself is written @" },
	{ "+", "there is no arithmetic but sum() and avg()" },
	{ "-", "there is no arithmetic; a negative number is written `-1`" },
	{ "/", "there is no arithmetic, and no comment" },
	{ "#", "there are no comments" },
	{ "\xe2\x80\x98", "use the ASCII apostrophe ' (U+0027)" },
	{ "\xe2\x80\x99", "use the ASCII apostrophe ' (U+0027)" },
	{ "\xe2\x80\x9c", "use the ASCII apostrophe ' (U+0027)" },
	{ "\xe2\x80\x9d", "use the ASCII apostrophe ' (U+0027)" },
};

static bool
begins(const struct lexicon *lx, const char *text)
{
	return bytes_has_prefix(bytes_slice(lx->text, lx->at, lx->text.size), text);
}

static struct word
lex_sign(struct lexicon *lx)
{
	struct bytes rest = bytes_slice(lx->text, lx->at, lx->text.size);
	size_t size = rest.size;

	for (size_t i = 0; i < COUNT_OF(sign_table); i++)
		if (begins(lx, sign_table[i].text))
			return take(lx, sign_table[i].kind, strlen(sign_table[i].text));
	for (size_t i = 0; i < COUNT_OF(foreign_table); i++)
		if (begins(lx, foreign_table[i].text))
			return bad(take(lx, WORD_BAD, strlen(foreign_table[i].text)),
			    JMESPATH_SYNTAX, foreign_table[i].hint);
	if (utf8_next(&rest) < 0)
		return bad(take(lx, WORD_BAD, 1), JMESPATH_SYNTAX, "this is not UTF-8");
	return bad(take(lx, WORD_BAD, size - rest.size), JMESPATH_SYNTAX,
	    "names with other characters than A-Z a-z 0-9 _ stand in quotes: \"x-y\"");
}

static void
skip_space(struct lexicon *lx)
{
	while (is_space(peek(lx, 0)))
		lx->at++;
}

bool
jmespath_word_is(const struct lexicon *lx, char c)
{
	struct lexicon ahead = *lx;

	skip_space(&ahead);
	return peek(&ahead, 0) == (uint8_t)c;
}

struct word
jmespath_word_next(struct lexicon *lx)
{
	uint8_t c;

	skip_space(lx);
	c = peek(lx, 0);
	if (lx->at == lx->text.size)
		return take(lx, WORD_END, 0);
	if (c == '\'')
		return lex_raw_string(lx);
	if (c == '`')
		return lex_literal(lx);
	if (c == '"')
		return lex_quoted_name(lx);
	if (is_digit(c) || (c == '-' && is_digit(peek(lx, 1))))
		return lex_number(lx);
	if (is_name(c)) {
		size_t n = 1;

		while (is_name(peek(lx, n)))
			n++;
		return take(lx, WORD_NAME, n);
	}
	return lex_sign(lx);
}
