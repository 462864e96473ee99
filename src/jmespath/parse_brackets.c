/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in brackets, braces and calls: [0], [1:2], [*], [?a], [a, b], {a: b}, f(a). */
#include "jmespath/reader.h"

/* Behind `[`, at a number or a colon: [n], [from:to:stride]. */
static int
parse_index(struct reader *p, struct draft *d, const struct word *at)
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
			return reader_unexpected(p,
			    part == 0 ? "']' or ':'" : "an integer, ':' or ']'", "");
		}
		TRY(reader_advance(p));
	}
	if (part == 0) {
		TRY(draft_step(p, d, STEP_INDEX, at, &s));
		s->index = number[0];
		return reader_advance(p);
	}
	if (number[2] == 0)
		return reader_fail(p, &stride, JMESPATH_VALUE, "a step other than 0", "");
	TRY(draft_projection(p, d, STEP_SLICE, POWER_EACH, at, &s));
	s->index = number[0];
	s->stop = number[1];
	s->stride = number[2];
	s->has_start = has[0];
	s->has_stop = has[1];
	return reader_advance(p);
}

static bool
at_star_in_brackets(const struct reader *p)
{
	return p->word.kind == WORD_STAR && jmespath_word_is(&p->lx, ']');
}

/* At the star. */
static int
parse_each(struct reader *p, struct draft *d, const struct word *at)
{
	struct step *s;

	TRY(reader_advance(p));
	TRY(reader_advance(p));
	return draft_projection(p, d, STEP_EACH, POWER_EACH, at, &s);
}

int
reader_filter(struct reader *p, struct draft *d)
{
	struct word at = p->word;
	struct chain filter;
	struct step *s;

	TRY(reader_enter(p));
	TRY(reader_advance(p));
	TRY(reader_expression(p, POWER_NONE, &filter));
	TRY(reader_expect(p, WORD_CLOSE, "an operator or ']'"));
	p->depth--;
	TRY(draft_projection(p, d, STEP_EACH, POWER_FILTER, &at, &s));
	s->filter = filter;
	s->has_filter = true;
	return 0;
}

int
reader_list(struct reader *p, struct draft *d, const struct word *at)
{
	struct step *s;
	struct part *part;

	TRY(reader_enter(p));
	TRY(draft_step(p, d, STEP_LIST, at, &s));
	for (;;) {
		TRY(step_part(p, s, &part));
		TRY(reader_expression(p, POWER_NONE, &part->chain));
		if (p->word.kind != WORD_COMMA)
			break;
		TRY(reader_advance(p));
	}
	p->depth--;
	return reader_expect(p, WORD_CLOSE, "an operator, ',' or ']'");
}

/* The member of this name, which is new or replaces an older one. */
static int
add_member(struct reader *p, struct step *s, struct bytes name, struct part **out)
{
	for (struct part *m = s->parts; m != NULL; m = m->next)
		if (bytes_eq(m->name, name)) {
			m->chain = (struct chain){ 0 };
			*out = m;
			return 0;
		}
	if (s->part_count >= MAX_JMESPATH_MEMBERS)
		return reader_fail(p, &p->word, JMESPATH_LIMIT, "",
		    "more than 256 members in one {}");
	TRY(step_part(p, s, out));
	(*out)->name = name;
	return 0;
}

int
reader_hash(struct reader *p, struct draft *d)
{
	struct word at = p->word;
	struct step *s;
	struct part *part;

	TRY(reader_enter(p));
	TRY(draft_step(p, d, STEP_HASH, &at, &s));
	do {
		TRY(reader_advance(p));
		if (p->word.kind != WORD_NAME && p->word.kind != WORD_QUOTED)
			return reader_unexpected(p, "a name", "{new_name: expression, ...}");
		TRY(add_member(p, s, word_name(&p->word), &part));
		TRY(reader_advance(p));
		TRY(reader_expect(p, WORD_COLON, "':'"));
		TRY(reader_expression(p, POWER_NONE, &part->chain));
	} while (p->word.kind == WORD_COMMA);
	p->depth--;
	return reader_expect(p, WORD_BRACE_END, "an operator, ',' or '}'");
}

static int
check_call(struct reader *p, const struct step *s, const struct word *name)
{
	size_t i = 0;

	if (s->part_count < s->fn->min_args || s->part_count > s->fn->max_args)
		return reader_fail(p, name, JMESPATH_ARITY,
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
		return reader_fail(p, &at, JMESPATH_TYPE, want->words,
		    wants_expression ? "an expression is passed as &a" : s->fn->name);
	}
	return 0;
}

int
reader_call(struct reader *p, struct draft *d, const struct word *name)
{
	struct step *s;
	struct part *part;

	TRY(reader_enter(p));
	TRY(draft_step(p, d, STEP_CALL, name, &s));
	s->fn = jmespath_function(name->text, p->options);
	if (s->fn == NULL)
		return reader_fail(p, name, JMESPATH_UNKNOWN_FUNCTION, "a function", "");
	TRY(reader_advance(p));
	while (p->word.kind != WORD_PAREN_END) {
		TRY(step_part(p, s, &part));
		if (p->word.kind == WORD_EXPRESSION) {
			part->is_expression = true;
			TRY(reader_advance(p));
		}
		TRY(reader_expression(p, POWER_NONE, &part->chain));
		if (p->word.kind == WORD_PAREN_END)
			break;
		TRY(reader_expect(p, WORD_COMMA, "an operator, ',' or ')'"));
		if (p->word.kind == WORD_PAREN_END)
			return reader_unexpected(p, "an argument", "");
	}
	p->depth--;
	TRY(check_call(p, s, name));
	return reader_advance(p);
}

int
reader_bracket_first(struct reader *p, struct draft *d)
{
	struct word at = p->word;

	TRY(reader_advance(p));
	if (p->word.kind == WORD_NUMBER || p->word.kind == WORD_COLON)
		return parse_index(p, d, &at);
	if (at_star_in_brackets(p))
		return parse_each(p, d, &at);
	return reader_list(p, d, &at);
}

int
reader_bracket_behind(struct reader *p, struct draft *d)
{
	struct word at = p->word;

	TRY(reader_advance(p));
	if (p->word.kind == WORD_NUMBER || p->word.kind == WORD_COLON)
		return parse_index(p, d, &at);
	if (at_star_in_brackets(p))
		return parse_each(p, d, &at);
	return reader_unexpected(p, "an integer, ':' or '*]'",
	    "to select several things of a value write .[a, b]; to filter a list [?a]");
}
