/* SPDX-License-Identifier: Apache-2.0 */
#include "jmespath/reader.h"

int
reader_fail(struct reader *p, const struct word *w, enum jmespath_fault fault, const char *expected,
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

int
reader_unexpected(struct reader *p, const char *expected, const char *hint)
{
	return reader_fail(p, &p->word, JMESPATH_SYNTAX, expected, hint);
}

int
reader_starved(struct reader *p)
{
	bool memory = p->lx.arena->starved;

	(void)reader_fail(p, &p->word, memory ? JMESPATH_MEMORY : JMESPATH_LIMIT, "",
	    "the query takes more memory than it may");
	return -1;
}

int
reader_advance(struct reader *p)
{
	p->word = jmespath_word_next(&p->lx);
	if (p->word.kind == WORD_BAD)
		return reader_fail(p, &p->word, p->word.fault, "", p->word.hint);
	return 0;
}

int
reader_expect(struct reader *p, enum word_kind kind, const char *expected)
{
	if (p->word.kind != kind)
		return reader_unexpected(p, expected, "");
	return reader_advance(p);
}

int
reader_enter(struct reader *p)
{
	if (p->depth >= MAX_JMESPATH_DEPTH)
		return reader_fail(p, &p->word, JMESPATH_LIMIT, "", "nested deeper than 64");
	p->depth++;
	return 0;
}

void
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

int
draft_step(struct reader *p, struct draft *d, enum step_kind kind, const struct word *at,
    struct step **out)
{
	struct step *s = arena_alloc(p->lx.arena, sizeof(*s));

	if (s == NULL)
		return reader_starved(p);
	s->kind = kind;
	s->offset = at->offset;
	chain_add(draft_end(d), s, s);
	*out = s;
	return 0;
}

int
draft_projection(struct reader *p, struct draft *d, enum step_kind kind, enum power power,
    const struct word *at, struct step **out)
{
	struct open *o = arena_alloc(p->lx.arena, sizeof(*o));

	if (o == NULL)
		return reader_starved(p);
	TRY(draft_step(p, d, kind, at, &o->step));
	o->power = power;
	o->outer = d->open;
	d->open = o;
	d->fresh = true;
	*out = o->step;
	return 0;
}

int
step_part(struct reader *p, struct step *s, struct part **out)
{
	struct part *part = arena_alloc(p->lx.arena, sizeof(*part));

	if (part == NULL)
		return reader_starved(p);
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

struct bytes
word_name(const struct word *w)
{
	return w->kind == WORD_QUOTED ? json_text(w->value) : w->text;
}
