/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From text to steps, by operator precedence (Pratt). Each operator has a power, as in the reference implementations; an
 * operator belongs to the nearest thing on its left whose limit is below its power. A projection is such a thing: `.b` and
 * `[0]` behind a[*] are for each element, `||`, `|` and `[]` end it.
 */
#include "jmespath/reader.h"

#include "base/utf8.h"

const struct jmespath_options jmespath_standard = { 0 };
const struct jmespath_options jmespath_maa = { .equals_ignore_case = true, .not_last = true };

/* A name, quoted or not: a field, or a call. */
static int
parse_name(struct reader *p, struct draft *d)
{
	struct word name = p->word;
	struct step *s;

	TRY(reader_advance(p));
	if (p->word.kind == WORD_PAREN && name.kind == WORD_QUOTED)
		return reader_fail(p, &name, JMESPATH_SYNTAX, "",
		    "a function's name stands without quotes");
	if (p->word.kind == WORD_PAREN)
		return reader_call(p, d, &name);
	TRY(draft_step(p, d, STEP_FIELD, &name, &s));
	s->name = word_name(&name);
	return 0;
}

static int
parse_values(struct reader *p, struct draft *d)
{
	struct step *s;

	TRY(draft_projection(p, d, STEP_VALUES, POWER_EACH, &p->word, &s));
	return reader_advance(p);
}

static int
parse_flatten(struct reader *p, struct draft *d)
{
	struct step *s;

	TRY(draft_projection(p, d, STEP_FLATTEN, POWER_FLATTEN, &p->word, &s));
	return reader_advance(p);
}

static int
parse_not(struct reader *p, struct draft *d)
{
	struct step *s;
	struct part *part;

	TRY(reader_enter(p));
	TRY(draft_step(p, d, STEP_NOT, &p->word, &s));
	TRY(reader_advance(p));
	TRY(step_part(p, s, &part));
	TRY(reader_expression(p, p->options->not_last ? POWER_NOT_LAST : POWER_NOT, &part->chain));
	p->depth--;
	return 0;
}

static int
parse_parentheses(struct reader *p, struct draft *d)
{
	TRY(reader_enter(p));
	TRY(reader_advance(p));
	TRY(reader_expression(p, POWER_NONE, &d->chain));
	p->depth--;
	return reader_expect(p, WORD_PAREN_END, "an operator or ')'");
}

static int
parse_literal(struct reader *p, struct draft *d)
{
	struct step *s;

	TRY(draft_step(p, d, STEP_LITERAL, &p->word, &s));
	s->literal = p->word.value;
	return reader_advance(p);
}

static int
parse_current(struct reader *p, struct draft *d)
{
	(void)d;
	return reader_advance(p);
}

/* What an expression begins with. */
static int (*const operand_table[WORD_KINDS])(struct reader *p, struct draft *d) = {
	[WORD_NAME] = parse_name,
	[WORD_QUOTED] = parse_name,
	[WORD_LITERAL] = parse_literal,
	[WORD_CURRENT] = parse_current,
	[WORD_STAR] = parse_values,
	[WORD_OPEN] = reader_bracket_first,
	[WORD_FILTER] = reader_filter,
	[WORD_FLATTEN] = parse_flatten,
	[WORD_BRACE] = reader_hash,
	[WORD_PAREN] = parse_parentheses,
	[WORD_NOT] = parse_not,
};

static int
parse_operand(struct reader *p, struct draft *d)
{
	const char *hint = "";

	if (operand_table[p->word.kind] != NULL)
		return operand_table[p->word.kind](p, d);
	if (p->word.kind == WORD_NUMBER)
		hint = "a number is written between back-quotes: `1`";
	if (p->word.kind == WORD_EXPRESSION)
		hint = "&a is for arguments of functions that take an expression";
	return reader_unexpected(p, "an expression", hint);
}

/* At `.`. */
static int
parse_dot(struct reader *p, struct draft *d)
{
	struct word at;

	TRY(reader_advance(p));
	at = p->word;
	if (at.kind == WORD_NAME || at.kind == WORD_QUOTED)
		return parse_name(p, d);
	if (at.kind == WORD_STAR)
		return parse_values(p, d);
	if (at.kind == WORD_BRACE)
		return reader_hash(p, d);
	if (at.kind == WORD_OPEN) {
		TRY(reader_advance(p));
		return reader_list(p, d, &at);
	}
	return reader_unexpected(p, "a name, a function, '*', '[a, b]' or '{a: b}'",
	    at.kind == WORD_FILTER || at.kind == WORD_FLATTEN ? "no '.' stands before this" : "");
}

/* All that was read becomes the first operand of a step of KIND, unless it is one already. */
static int
take_operand(struct reader *p, struct draft *d, enum step_kind kind, struct step **out)
{
	struct chain left = d->chain;
	struct part *part;

	if (left.first != NULL && left.first == left.last && left.first->kind == kind) {
		*out = left.first;
		return 0;
	}
	d->chain = (struct chain){ 0 };
	TRY(draft_step(p, d, kind, &p->word, out));
	TRY(step_part(p, *out, &part));
	part->chain = left;
	return 0;
}

/* At an operator between two operands; projections have ended. */
static int
parse_binary(struct reader *p, struct draft *d, enum step_kind kind, enum power power)
{
	enum word_kind operator= p->word.kind;
	struct step *s;
	struct part *part;

	TRY(take_operand(p, d, kind, &s));
	TRY(step_part(p, s, &part));
	if (kind == STEP_COMPARE)
		part->compare = (enum compare)(operator- WORD_EQ);
	TRY(reader_advance(p));
	return reader_expression(p, power, &part->chain);
}

static int
parse_pipe(struct reader *p, struct draft *d)
{
	struct chain right;

	TRY(reader_advance(p));
	TRY(reader_expression(p, POWER_PIPE, &right));
	if (right.first != NULL)
		chain_add(&d->chain, right.first, right.last);
	return 0;
}

static int
parse_or(struct reader *p, struct draft *d)
{
	return parse_binary(p, d, STEP_OR, POWER_OR);
}

static int
parse_and(struct reader *p, struct draft *d)
{
	return parse_binary(p, d, STEP_AND, POWER_AND);
}

static int
parse_compare(struct reader *p, struct draft *d)
{
	return parse_binary(p, d, STEP_COMPARE, POWER_COMPARE);
}

/* What stands behind a value and goes on with it. */
static const struct infix {
	enum power power;
	int (*parse)(struct reader *p, struct draft *d);
} infix_table[WORD_KINDS] = {
	[WORD_PIPE] = { POWER_PIPE, parse_pipe },
	[WORD_OR] = { POWER_OR, parse_or },
	[WORD_AND] = { POWER_AND, parse_and },
	[WORD_EQ] = { POWER_COMPARE, parse_compare },
	[WORD_NE] = { POWER_COMPARE, parse_compare },
	[WORD_LT] = { POWER_COMPARE, parse_compare },
	[WORD_LE] = { POWER_COMPARE, parse_compare },
	[WORD_GT] = { POWER_COMPARE, parse_compare },
	[WORD_GE] = { POWER_COMPARE, parse_compare },
	[WORD_FLATTEN] = { POWER_FLATTEN, parse_flatten },
	[WORD_FILTER] = { POWER_FILTER, reader_filter },
	[WORD_DOT] = { POWER_DOT, parse_dot },
	[WORD_OPEN] = { POWER_INDEX, reader_bracket_behind },
};

/* Ends the projections that an operator of this power is not for. */
static void
close_projections(struct draft *d, enum power power)
{
	/* a[?b][?c] filters within each element, a[?b].x[?c] the list of all x: as the reference implementations do. */
	if (d->fresh && power == POWER_FILTER)
		return;
	while (d->open != NULL && d->open->power >= power)
		d->open = d->open->outer;
}

/* Recursion is bounded by reader_enter(); between two brackets there are the powers, four at most. */
int
reader_expression(struct reader *p, enum power limit, struct chain *out)
{
	struct draft d = { 0 };

	TRY(parse_operand(p, &d));
	for (;;) {
		const struct infix *in = &infix_table[p->word.kind];

		close_projections(&d, in->power);
		if (in->parse == NULL || (d.open == NULL && in->power <= limit))
			break;
		d.fresh = false;
		TRY(in->parse(p, &d));
	}
	*out = d.chain;
	return 0;
}

/* Where TEXT is no UTF-8, or holds a NUL; its size if neither. */
static size_t
first_foreign(struct bytes text)
{
	struct bytes left = text;

	while (left.size > 0) {
		struct bytes rest = left;

		if (utf8_next(&rest) <= 0)
			break;
		left = rest;
	}
	return text.size - left.size;
}

static int
check_text(struct reader *p)
{
	struct bytes text = p->lx.text;
	size_t foreign;

	if (text.size > MAX_JMESPATH_SIZE)
		return reader_fail(p, &p->word, JMESPATH_LIMIT, "",
		    "a query has at most 32768 bytes");
	foreign = first_foreign(text);
	if (foreign < text.size) {
		struct word w = { .kind = WORD_BAD,
			.text = bytes_slice(text, foreign, 1),
			.offset = foreign };

		return reader_fail(p, &w, JMESPATH_SYNTAX, "", "this is not UTF-8, or NUL");
	}
	return 0;
}

int
jmespath_compile(struct bytes text, const struct jmespath_options *options, struct arena *a,
    const struct jmespath **out, struct jmespath_diag *diag, struct err *e)
{
	struct reader p = { .lx = { .text = text, .arena = a },
		.options = options,
		.diag = diag,
		.e = e };
	struct jmespath *query;

	TRY(check_text(&p));
	query = arena_alloc(a, sizeof(*query));
	if (query == NULL)
		return reader_starved(&p);
	query->text = text;
	TRY(reader_advance(&p));
	TRY(reader_expression(&p, POWER_NONE, &query->chain));
	if (p.word.kind != WORD_END)
		return reader_unexpected(&p, "an operator or the end", "");
	*out = query;
	return 0;
}
