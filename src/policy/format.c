/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the tokens of a text that is known to be a policy. Between two of them stands a gap: the comments of the
 * text, and the white space that the layout wants. How a rule is broken depends on its tokens and comments alone,
 * never on the white space that was there, so that a second pass decides the same.
 */
#include "policy/format.h"

#include "base/own.h"
#include "policy/lex.h"

#define INDENT    4
#define MAX_WIDTH 100

/* Empty lines in front of what stands on a line of its own. */
enum empty_lines { EMPTY_NONE, EMPTY_KEPT, EMPTY_ONE };

struct formatter {
	struct bytes text;
	struct lexer lexer;
	struct token now; /* in hand */
	struct bytes gap; /* what stands between the token before it and NOW */
	struct buf *out;
};

struct comment {
	struct bytes text;  /* from its // on, without white space at its end */
	size_t line_breaks; /* in front of it, since the token or comment before */
};

/* What stands between BEFORE, a part of the text, and T. */
static struct bytes
gap_between(struct bytes text, struct bytes before, const struct token *t)
{
	size_t from = (size_t)(before.p - text.p) + before.size;
	size_t to = t->kind == TOK_END ? text.size : (size_t)(t->text.p - text.p);

	return bytes_slice(text, from, to - from);
}

static void
next(struct formatter *f)
{
	struct bytes before = f->now.text;

	f->now = lexer_next(&f->lexer);
	f->gap = gap_between(f->text, before, &f->now);
}

/* Takes the line breaks off the front of GAP, up to a comment or its end. */
static size_t
take_line_breaks(struct bytes *gap)
{
	size_t count = 0, i = 0;

	for (; i < gap->size && gap->p[i] != '/'; i++)
		count += gap->p[i] == '\n' ? 1 : 0;
	*gap = bytes_slice(*gap, i, gap->size);
	return count;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Takes the next comment off GAP. False when there is none: then *C has the line breaks behind the last one. */
static bool
take_comment(struct bytes *gap, struct comment *c)
{
	size_t size = 0;

	c->line_breaks = take_line_breaks(gap);
	while (size < gap->size && gap->p[size] != '\n')
		size++;
	c->text = bytes_slice(*gap, 0, size);
	*gap = bytes_slice(*gap, size, gap->size);
	while (c->text.size > 0 && is_blank(c->text.p[c->text.size - 1]))
		c->text.size--;
	return size > 0;
}

static bool
has_comment(struct bytes gap)
{
	(void)take_line_breaks(&gap);
	return gap.size > 0;
}

/* A new line, and an empty one before it as EMPTY wants where LINE_BREAKS were; the text's first line begins at once. */
static void
put_line(struct formatter *f, size_t indent, enum empty_lines empty, size_t line_breaks)
{
	if (f->out->size > 0) {
		if (empty == EMPTY_ONE || (empty == EMPTY_KEPT && line_breaks > 1))
			buf_char(f->out, '\n');
		buf_char(f->out, '\n');
	}
	for (size_t i = 0; i < indent; i++)
		buf_char(f->out, ' ');
}

/*
 * The gap in front of what begins a line: its comments, at INDENT where they had a line of their own, and the new line.
 * FIRST is for what comes first on a line of its own. A '}' stands at the left, under nothing.
 */
static void
put_lines(struct formatter *f, size_t indent, enum empty_lines first)
{
	struct bytes gap = f->gap;
	struct comment c;

	while (take_comment(&gap, &c)) {
		if (c.line_breaks > 0 || f->out->size == 0) {
			put_line(f, indent, first, c.line_breaks);
			first = EMPTY_KEPT;
		} else {
			buf_char(f->out, ' ');
		}
		buf_add(f->out, c.text);
	}
	if (f->now.kind == TOK_END)
		buf_char(f->out, '\n');
	else if (f->now.kind == TOK_CLOSE_BRACE)
		put_line(f, 0, EMPTY_NONE, 0);
	else
		put_line(f, indent, first, c.line_breaks);
}

/* The gap within a statement, where no line is to begin: SPACE, or a line at INDENT when a comment ends the one. */
static void
put_space(struct formatter *f, const char *space, size_t indent)
{
	if (has_comment(f->gap))
		put_lines(f, indent, EMPTY_NONE);
	else
		buf_str(f->out, space);
}

/* The white space between two tokens of one line. */
static const char *
space_between(const struct token *before, const struct token *t)
{
	return before->kind == TOK_COMMA || before->kind == TOK_AND || before->kind == TOK_ARROW ||
		t->kind == TOK_AND || t->kind == TOK_ARROW
	    ? " "
	    : "";
}

/* Characters; more than any line has when there is a line break in it. */
static size_t
width_of(struct bytes text)
{
	size_t width = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.p[i] == '\n')
			return MAX_WIDTH + 1;
		width += (text.p[i] & 0xc0) != 0x80 ? 1 : 0;
	}
	return width;
}

/*
 * Does what begins with the token in hand fit on a line at INDENT? WHOLE: the rule, to its ';'. Else a part of it: a
 * condition with the && behind it or up to the =>, or the action with its ';'. What holds a comment does not.
 */
static bool
fits(const struct formatter *f, size_t indent, bool whole)
{
	struct lexer lexer = f->lexer;
	struct token before = f->now;
	size_t width = indent + width_of(before.text);

	while (before.kind != TOK_SEMICOLON && (whole || before.kind != TOK_AND) &&
	    width <= MAX_WIDTH) {
		struct token t = lexer_next(&lexer);

		if (!whole && t.kind == TOK_ARROW)
			break;
		if (has_comment(gap_between(f->text, before.text, &t)))
			return false;
		width += *space_between(&before, &t) == ' ' ? 1 : 0;
		width += width_of(t.text);
		before = t;
	}
	return width <= MAX_WIDTH;
}

/* The token in hand; the next one takes its place. */
static struct token
put_token(struct formatter *f)
{
	struct token t = f->now;

	buf_add(f->out, t.text);
	next(f);
	return t;
}

static int
depth_of(enum token_kind kind)
{
	if (kind == TOK_OPEN_BRACKET || kind == TOK_OPEN_PAREN)
		return 1;
	return kind == TOK_CLOSE_BRACKET || kind == TOK_CLOSE_PAREN ? -1 : 0;
}

/* A rule that is not on one line has each condition, and its action, on its own; what is still too long is broken at
 * the outermost commas. */
static void
put_rule(struct formatter *f)
{
	size_t indent = INDENT;
	bool flat = fits(f, indent, true), part_fits = flat || fits(f, indent, false);
	int depth = 0;

	for (;;) {
		struct token before = put_token(f);

		if (before.kind == TOK_SEMICOLON)
			return;
		depth += depth_of(before.kind);
		if (!flat && (before.kind == TOK_AND || f->now.kind == TOK_ARROW)) {
			indent = f->now.kind == TOK_ARROW ? 2 * INDENT : INDENT;
			put_lines(f, indent, EMPTY_NONE);
			part_fits = fits(f, indent, false);
		} else if (!part_fits && before.kind == TOK_COMMA && depth == 1) {
			put_lines(f, indent + INDENT, EMPTY_NONE);
		} else {
			put_space(f, space_between(&before, &f->now), indent + INDENT);
		}
	}
}

/* From the token in hand to the ';', all on one line. */
static void
put_statement(struct formatter *f)
{
	while (put_token(f).kind != TOK_SEMICOLON)
		put_space(f, "", INDENT);
}

static void
put_section(struct formatter *f)
{
	enum empty_lines first = EMPTY_NONE;

	(void)put_token(f); /* its name */
	put_lines(f, 0, EMPTY_NONE);
	(void)put_token(f); /* { */
	while (f->now.kind != TOK_CLOSE_BRACE) {
		put_lines(f, INDENT, first);
		put_rule(f);
		first = EMPTY_KEPT;
	}
	put_lines(f, INDENT, first); /* } */
	put_statement(f);
}

static void
put_policy(struct formatter *f)
{
	next(f);
	put_lines(f, 0, EMPTY_NONE);
	put_statement(f);
	while (f->now.kind != TOK_END) {
		put_lines(f, 0, EMPTY_ONE);
		put_section(f);
	}
	put_lines(f, 0, EMPTY_ONE);
}

int
policy_format(struct bytes text, struct buf *out, struct policy_diag *diag, struct err *e)
{
	DEFER(policy_unrefp) struct policy *p = NULL;
	DEFER(buf_release) struct buf formatted = { 0 };
	struct formatter f = { .text = text, .out = &formatted };

	TRY(policy_parse(text, &p, diag, e));
	buf_init(&formatted, MAX_POLICY_SIZE);
	lexer_init(&f.lexer, text, NULL);
	f.text = f.lexer.left;
	f.now.text = bytes_slice(f.text, 0, 0);
	put_policy(&f);
	if (!buf_ok(&formatted))
		return err_set(e, ERR_LIMIT, "policy: formatted it has no room in 122880 bytes");
	buf_add(out, buf_bytes(&formatted));
	return buf_ok(out) ? 0 : err_set(e, ERR_LIMIT, "policy: no room for the formatted text");
}
