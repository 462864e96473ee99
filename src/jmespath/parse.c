/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From text to steps, by operator precedence (Pratt). Each operator has a power, as in the reference implementations; an
 * operator belongs to the nearest thing on its left whose limit is below its power. A projection is such a thing: `.b` and
 * `[0]` behind a[*] are for each element, `||`, `|` and `[]` end it.
 */
#include "jmespath/diag.h"
#include "jmespath/functions.h"
#include "jmespath/lex.h"

#include "base/utf8.h"

#include <string.h>

const struct jmespath_options jmespath_standard = { 0 };
const struct jmespath_options jmespath_maa = { .equals_ignore_case = true, .not_last = true };

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

struct parser {
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

static int parse_expression(struct parser *p, enum power limit, struct chain *out);

static int
fail(struct parser *p, const struct word *w, enum jmespath_fault fault, const char *expected,
    const char *hint)
{
	struct trouble t = { .fault = fault,
		.offset = w->offset,
		.found = w->kind == WORD_END ? BYTES("the end of the text") : w->text,
		.expected = expected,
		.hint = hint };

	(void)jmespath_fail(p->lx.text, &t, p->diag, p->e);
	return -1;
}

static int
unexpected(struct parser *p, const char *expected, const char *hint)
{
	return fail(p, &p->word, JMESPATH_SYNTAX, expected, hint);
}

static int
starved(struct parser *p)
{
	bool memory = p->lx.arena->starved;

	(void)fail(p, &p->word, memory ? JMESPATH_MEMORY : JMESPATH_LIMIT, "",
	    "the query takes more memory than it may");
	return -1;
}

static int
advance(struct parser *p)
{
	p->word = jmespath_word_next(&p->lx);
	if (p->word.kind == WORD_BAD)
		return fail(p, &p->word, p->word.fault, "", p->word.hint);
	return 0;
}

static int
expect(struct parser *p, enum word_kind kind, const char *expected)
{
	if (p->word.kind != kind)
		return unexpected(p, expected, "");
	return advance(p);
}

/* Deeper by one bracket, call or `!`; whoever enters leaves by p->depth--. */
static int
enter(struct parser *p)
{
	if (p->depth >= MAX_JMESPATH_DEPTH)
		return fail(p, &p->word, JMESPATH_LIMIT, "", "nested deeper than 64");
	p->depth++;
	return 0;
}

static void
chain_add(struct chain *c, struct step *first, struct step *last)
{
	if (c->last == NULL)
		c->first = first;
	else
		c->last->next = first;
	c->last = last;
}

static struct chain *
draft_end(struct draft *d)
{
	return d->open != NULL ? &d->open->step->body : &d->chain;
}

/* A step at the end of what was read, where WORD stands. */
static int
add_step(struct parser *p, struct draft *d, enum step_kind kind, const struct word *at,
    struct step **out)
{
	struct step *s = arena_alloc(p->lx.arena, sizeof(*s));

	if (s == NULL)
		return starved(p);
	s->kind = kind;
	s->offset = at->offset;
	chain_add(draft_end(d), s, s);
	*out = s;
	return 0;
}

static int
add_projection(struct parser *p, struct draft *d, enum step_kind kind, enum power power,
    const struct word *at, struct step **out)
{
	struct open *o = arena_alloc(p->lx.arena, sizeof(*o));

	if (o == NULL)
		return starved(p);
	TRY(add_step(p, d, kind, at, &o->step));
	o->power = power;
	o->outer = d->open;
	d->open = o;
	d->fresh = true;
	*out = o->step;
	return 0;
}

static int
add_part(struct parser *p, struct step *s, struct part **out)
{
	struct part *part = arena_alloc(p->lx.arena, sizeof(*part));

	if (part == NULL)
		return starved(p);
	part->offset = p->word.offset;
	if (s->last == NULL)
		s->parts = part;
	else
		s->last->next = part;
	s->last = part;
	s->part_count++;
	*out = part;
	return 0;
}

/* Behind `[`, at a number or a colon: [n], [from:to:stride]. */
static int
parse_index(struct parser *p, struct draft *d, const struct word *at)
{
	int64_t number[3] = { 0, 0, 1 };
	bool has[3] = { false, false, false };
	struct word stride = p->word;
	unsigned part = 0;
	struct step *s;

	while (p->word.kind != WORD_CLOSE) {
		if (p->word.kind == WORD_NUMBER && !has[part]) {
			stride = p->word;
			number[part] = p->word.number;
			has[part] = true;
		} else if (p->word.kind == WORD_COLON && part < 2) {
			part++;
		} else {
			return unexpected(p, part == 0 ? "']' or ':'" : "an integer, ':' or ']'",
			    "");
		}
		TRY(advance(p));
	}
	if (part == 0) {
		TRY(add_step(p, d, STEP_INDEX, at, &s));
		s->index = number[0];
		return advance(p);
	}
	if (number[2] == 0)
		return fail(p, &stride, JMESPATH_VALUE, "a step other than 0", "");
	TRY(add_projection(p, d, STEP_SLICE, POWER_EACH, at, &s));
	s->index = number[0];
	s->stop = number[1];
	s->stride = number[2];
	s->has_start = has[0];
	s->has_stop = has[1];
	return advance(p);
}

static bool
at_star_in_brackets(const struct parser *p)
{
	return p->word.kind == WORD_STAR && jmespath_word_is(&p->lx, ']');
}

/* At the star. */
static int
parse_each(struct parser *p, struct draft *d, const struct word *at)
{
	struct step *s;

	TRY(advance(p));
	TRY(advance(p));
	return add_projection(p, d, STEP_EACH, POWER_EACH, at, &s);
}

/* At `[?`. */
static int
parse_filter(struct parser *p, struct draft *d)
{
	struct word at = p->word;
	struct chain filter;
	struct step *s;

	TRY(enter(p));
	TRY(advance(p));
	TRY(parse_expression(p, POWER_NONE, &filter));
	TRY(expect(p, WORD_CLOSE, "an operator or ']'"));
	p->depth--;
	TRY(add_projection(p, d, STEP_EACH, POWER_FILTER, &at, &s));
	s->filter = filter;
	s->has_filter = true;
	return 0;
}

/* Behind `[`: a, b]. */
static int
parse_list(struct parser *p, struct draft *d, const struct word *at)
{
	struct step *s;
	struct part *part;

	TRY(enter(p));
	TRY(add_step(p, d, STEP_LIST, at, &s));
	for (;;) {
		TRY(add_part(p, s, &part));
		TRY(parse_expression(p, POWER_NONE, &part->chain));
		if (p->word.kind != WORD_COMMA)
			break;
		TRY(advance(p));
	}
	p->depth--;
	return expect(p, WORD_CLOSE, "an operator, ',' or ']'");
}

/* The member of this name, which is new or replaces an older one. */
static int
add_member(struct parser *p, struct step *s, struct bytes name, struct part **out)
{
	for (struct part *m = s->parts; m != NULL; m = m->next)
		if (bytes_eq(m->name, name)) {
			m->chain = (struct chain){ 0 };
			*out = m;
			return 0;
		}
	if (s->part_count >= MAX_JMESPATH_MEMBERS)
		return fail(p, &p->word, JMESPATH_LIMIT, "", "more than 256 members in one {}");
	TRY(add_part(p, s, out));
	(*out)->name = name;
	return 0;
}

/* A name or a name in quotes. */
static struct bytes
word_name(const struct word *w)
{
	return w->kind == WORD_QUOTED ? json_text(w->value) : w->text;
}

/* At `{`. */
static int
parse_hash(struct parser *p, struct draft *d)
{
	struct word at = p->word;
	struct step *s;
	struct part *part;

	TRY(enter(p));
	TRY(add_step(p, d, STEP_HASH, &at, &s));
	do {
		TRY(advance(p));
		if (p->word.kind != WORD_NAME && p->word.kind != WORD_QUOTED)
			return unexpected(p, "a name", "{new_name: expression, ...}");
		TRY(add_member(p, s, word_name(&p->word), &part));
		TRY(advance(p));
		TRY(expect(p, WORD_COLON, "':'"));
		TRY(parse_expression(p, POWER_NONE, &part->chain));
	} while (p->word.kind == WORD_COMMA);
	p->depth--;
	return expect(p, WORD_BRACE_END, "an operator, ',' or '}'");
}

static int
check_call(struct parser *p, const struct step *s, const struct word *name)
{
	size_t i = 0;

	if (s->part_count < s->fn->min_args || s->part_count > s->fn->max_args)
		return fail(p, name, JMESPATH_ARITY,
		    s->fn->max_args == ANY_NUMBER_OF_ARGS ? "one argument or more"
			: s->fn->min_args == 1            ? "one argument"
							  : "two arguments",
		    "");
	for (const struct part *a = s->parts; a != NULL; a = a->next, i++) {
		const struct parameter *want = jmespath_parameter(s->fn, i);
		struct word at = { .kind = WORD_NAME, .offset = a->offset };
		bool wants_expression = (want->takes & TAKES_EXPRESSION) != 0;

		if (a->is_expression == wants_expression)
			continue;
		at.text = a->is_expression ? BYTES("an expression") : BYTES("a value");
		return fail(p, &at, JMESPATH_TYPE, want->words,
		    wants_expression ? "an expression is passed as &a" : s->fn->name);
	}
	return 0;
}

/* At `(`, behind a function's NAME. */
static int
parse_call(struct parser *p, struct draft *d, const struct word *name)
{
	struct step *s;
	struct part *part;

	TRY(enter(p));
	TRY(add_step(p, d, STEP_CALL, name, &s));
	s->fn = jmespath_function(name->text, p->options);
	if (s->fn == NULL)
		return fail(p, name, JMESPATH_UNKNOWN_FUNCTION, "a function", "");
	TRY(advance(p));
	while (p->word.kind != WORD_PAREN_END) {
		TRY(add_part(p, s, &part));
		if (p->word.kind == WORD_EXPRESSION) {
			part->is_expression = true;
			TRY(advance(p));
		}
		TRY(parse_expression(p, POWER_NONE, &part->chain));
		if (p->word.kind == WORD_PAREN_END)
			break;
		TRY(expect(p, WORD_COMMA, "an operator, ',' or ')'"));
		if (p->word.kind == WORD_PAREN_END)
			return unexpected(p, "an argument", "");
	}
	p->depth--;
	TRY(check_call(p, s, name));
	return advance(p);
}

/* A name, quoted or not: a field, or a call. */
static int
parse_name(struct parser *p, struct draft *d)
{
	struct word name = p->word;
	struct step *s;

	TRY(advance(p));
	if (p->word.kind == WORD_PAREN && name.kind == WORD_QUOTED)
		return fail(p, &name, JMESPATH_SYNTAX, "",
		    "a function's name stands without quotes");
	if (p->word.kind == WORD_PAREN)
		return parse_call(p, d, &name);
	TRY(add_step(p, d, STEP_FIELD, &name, &s));
	s->name = word_name(&name);
	return 0;
}

static int
parse_values(struct parser *p, struct draft *d)
{
	struct step *s;

	TRY(add_projection(p, d, STEP_VALUES, POWER_EACH, &p->word, &s));
	return advance(p);
}

static int
parse_flatten(struct parser *p, struct draft *d)
{
	struct step *s;

	TRY(add_projection(p, d, STEP_FLATTEN, POWER_FLATTEN, &p->word, &s));
	return advance(p);
}

static int
parse_not(struct parser *p, struct draft *d)
{
	struct step *s;
	struct part *part;

	TRY(enter(p));
	TRY(add_step(p, d, STEP_NOT, &p->word, &s));
	TRY(advance(p));
	TRY(add_part(p, s, &part));
	TRY(parse_expression(p, p->options->not_last ? POWER_NOT_LAST : POWER_NOT, &part->chain));
	p->depth--;
	return 0;
}

static int
parse_parentheses(struct parser *p, struct draft *d)
{
	TRY(enter(p));
	TRY(advance(p));
	TRY(parse_expression(p, POWER_NONE, &d->chain));
	p->depth--;
	return expect(p, WORD_PAREN_END, "an operator or ')'");
}

/* `[` where an expression begins. */
static int
parse_open(struct parser *p, struct draft *d)
{
	struct word at = p->word;

	TRY(advance(p));
	if (p->word.kind == WORD_NUMBER || p->word.kind == WORD_COLON)
		return parse_index(p, d, &at);
	if (at_star_in_brackets(p))
		return parse_each(p, d, &at);
	return parse_list(p, d, &at);
}

static int
parse_literal(struct parser *p, struct draft *d)
{
	struct step *s;

	TRY(add_step(p, d, STEP_LITERAL, &p->word, &s));
	s->literal = p->word.value;
	return advance(p);
}

static int
parse_current(struct parser *p, struct draft *d)
{
	(void)d;
	return advance(p);
}

/* What an expression begins with. */
static int (*const operand_table[WORD_KINDS])(struct parser *p, struct draft *d) = {
	[WORD_NAME] = parse_name,
	[WORD_QUOTED] = parse_name,
	[WORD_LITERAL] = parse_literal,
	[WORD_CURRENT] = parse_current,
	[WORD_STAR] = parse_values,
	[WORD_OPEN] = parse_open,
	[WORD_FILTER] = parse_filter,
	[WORD_FLATTEN] = parse_flatten,
	[WORD_BRACE] = parse_hash,
	[WORD_PAREN] = parse_parentheses,
	[WORD_NOT] = parse_not,
};

static int
parse_operand(struct parser *p, struct draft *d)
{
	const char *hint = "";

	if (operand_table[p->word.kind] != NULL)
		return operand_table[p->word.kind](p, d);
	if (p->word.kind == WORD_NUMBER)
		hint = "a number is written between back-quotes: `1`";
	if (p->word.kind == WORD_EXPRESSION)
		hint = "&a is for arguments of functions that take an expression";
	return unexpected(p, "an expression", hint);
}

/* At `.`. */
static int
parse_dot(struct parser *p, struct draft *d)
{
	struct word at;

	TRY(advance(p));
	at = p->word;
	if (at.kind == WORD_NAME || at.kind == WORD_QUOTED)
		return parse_name(p, d);
	if (at.kind == WORD_STAR)
		return parse_values(p, d);
	if (at.kind == WORD_BRACE)
		return parse_hash(p, d);
	if (at.kind == WORD_OPEN) {
		TRY(advance(p));
		return parse_list(p, d, &at);
	}
	return unexpected(p, "a name, a function, '*', '[a, b]' or '{a: b}'",
	    at.kind == WORD_FILTER || at.kind == WORD_FLATTEN ? "no '.' stands before this" : "");
}

/* `[` behind a value. */
static int
parse_brackets(struct parser *p, struct draft *d)
{
	struct word at = p->word;

	TRY(advance(p));
	if (p->word.kind == WORD_NUMBER || p->word.kind == WORD_COLON)
		return parse_index(p, d, &at);
	if (at_star_in_brackets(p))
		return parse_each(p, d, &at);
	return unexpected(p, "an integer, ':' or '*]'",
	    "to select several things of a value write .[a, b]; to filter a list [?a]");
}

/* All that was read becomes the first operand of a step of KIND, unless it is one already. */
static int
take_operand(struct parser *p, struct draft *d, enum step_kind kind, struct step **out)
{
	struct chain left = d->chain;
	struct part *part;

	if (left.first != NULL && left.first == left.last && left.first->kind == kind) {
		*out = left.first;
		return 0;
	}
	d->chain = (struct chain){ 0 };
	TRY(add_step(p, d, kind, &p->word, out));
	TRY(add_part(p, *out, &part));
	part->chain = left;
	return 0;
}

/* At an operator between two operands; projections have ended. */
static int
parse_binary(struct parser *p, struct draft *d, enum step_kind kind, enum power power)
{
	enum word_kind operator= p->word.kind;
	struct step *s;
	struct part *part;

	TRY(take_operand(p, d, kind, &s));
	TRY(add_part(p, s, &part));
	if (kind == STEP_COMPARE)
		part->compare = (enum compare)(operator- WORD_EQ);
	TRY(advance(p));
	return parse_expression(p, power, &part->chain);
}

static int
parse_pipe(struct parser *p, struct draft *d)
{
	struct chain right;

	TRY(advance(p));
	TRY(parse_expression(p, POWER_PIPE, &right));
	if (right.first != NULL)
		chain_add(&d->chain, right.first, right.last);
	return 0;
}

static int
parse_or(struct parser *p, struct draft *d)
{
	return parse_binary(p, d, STEP_OR, POWER_OR);
}

static int
parse_and(struct parser *p, struct draft *d)
{
	return parse_binary(p, d, STEP_AND, POWER_AND);
}

static int
parse_compare(struct parser *p, struct draft *d)
{
	return parse_binary(p, d, STEP_COMPARE, POWER_COMPARE);
}

/* What stands behind a value and goes on with it. */
static const struct infix {
	enum power power;
	int (*parse)(struct parser *p, struct draft *d);
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
	[WORD_FILTER] = { POWER_FILTER, parse_filter },
	[WORD_DOT] = { POWER_DOT, parse_dot },
	[WORD_OPEN] = { POWER_INDEX, parse_brackets },
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

/* Recursion is bounded by enter(); between two brackets there are the powers, four at most. */
static int
parse_expression(struct parser *p, enum power limit, struct chain *out)
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
check_text(struct parser *p)
{
	struct bytes text = p->lx.text;
	size_t foreign;

	if (text.size > MAX_JMESPATH_SIZE)
		return fail(p, &p->word, JMESPATH_LIMIT, "", "a query has at most 32768 bytes");
	foreign = first_foreign(text);
	if (foreign < text.size) {
		struct word w = { .kind = WORD_BAD,
			.text = bytes_slice(text, foreign, 1),
			.offset = foreign };

		return fail(p, &w, JMESPATH_SYNTAX, "", "this is not UTF-8, or NUL");
	}
	return 0;
}

int
jmespath_compile(struct bytes text, const struct jmespath_options *options, struct arena *a,
    const struct jmespath **out, struct jmespath_diag *diag, struct err *e)
{
	struct parser p = { .lx = { .text = text, .arena = a },
		.options = options,
		.diag = diag,
		.e = e };
	struct jmespath *query;

	TRY(check_text(&p));
	query = arena_alloc(a, sizeof(*query));
	if (query == NULL)
		return starved(&p);
	query->text = text;
	TRY(advance(&p));
	TRY(parse_expression(&p, POWER_NONE, &query->chain));
	if (p.word.kind != WORD_END)
		return unexpected(&p, "an operator or the end", "");
	*out = query;
	return 0;
}
