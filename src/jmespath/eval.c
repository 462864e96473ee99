/* SPDX-License-Identifier: Apache-2.0 */
#include "jmespath/diag.h"
#include "jmespath/functions.h"

#include <string.h>

/* What is larger gets no more to spend. */
#define MAX_DOCUMENT_SIZE (1u << 20)

int
run_fault(struct run *r, enum jmespath_fault fault, size_t offset, const char *found,
    const char *expected, const char *hint)
{
	struct trouble t = { .fault = fault,
		.offset = offset,
		.found = bytes_of_str(found),
		.expected = expected,
		.hint = hint };

	return jmespath_fail(r->text, &t, r->diag, r->e);
}

int
run_limit(struct run *r, const char *which)
{
	return run_fault(r, JMESPATH_LIMIT, r->offset, "", "", which);
}

int
run_starved(struct run *r)
{
	if (r->arena->starved)
		return run_fault(r, JMESPATH_MEMORY, r->offset, "", "", "");
	return run_limit(r, "the evaluation takes more memory than it may");
}

int
run_spend(struct run *r, uint64_t steps)
{
	if (steps > r->budget->steps) {
		r->budget->steps = 0;
		return run_limit(r, "the evaluation takes more steps than it may");
	}
	r->budget->steps -= steps;
	return 0;
}

uint64_t
run_cost(size_t size)
{
	return 1 + size / 64;
}

void *
run_alloc(struct run *r, size_t count, size_t size)
{
	void *p;

	/* What is zeroed costs time. */
	if (run_spend(r, count > SIZE_MAX / 64 ? 1 : run_cost(count * size) - 1) < 0)
		return NULL;
	p = arena_array(r->arena, count, size);
	if (p == NULL)
		(void)run_starved(r);
	return p;
}

int
run_list(struct run *r, enum json_type type, struct json **out)
{
	*out = run_alloc(r, 1, sizeof(**out));
	if (*out == NULL)
		return -1;
	(*out)->type = type;
	return 0;
}

int
run_append(struct run *r, struct json *list, struct bytes name, const struct json *v)
{
	struct json *copy;

	if (list->count >= MAX_JSON_MEMBERS)
		return run_limit(r, "more than 16384 values in one list");
	copy = json_copy(r->arena, v);
	if (copy == NULL)
		return run_starved(r);
	copy->name = name;
	if (list->last == NULL)
		list->first = copy;
	else
		list->last->next = copy;
	list->last = copy;
	list->count++;
	return 0;
}

int
run_str(struct run *r, struct bytes text, const struct json **out)
{
	*out = json_new_str(r->arena, text);
	return *out == NULL ? run_starved(r) : 0;
}

int
run_int(struct run *r, int64_t number, const struct json **out)
{
	*out = json_new_int(r->arena, number);
	return *out == NULL ? run_starved(r) : 0;
}

int
run_elements(struct run *r, const struct json *list, const struct json ***out)
{
	size_t i = 0;

	TRY(run_spend(r, list->count));
	*out = run_alloc(r, list->count, sizeof(**out));
	if (*out == NULL)
		return -1;
	for (const struct json *v = list->first; v != NULL; v = v->next)
		(*out)[i++] = v;
	return 0;
}

/* A projection at work: the elements that are still to come, and what its body made of those before. */
struct frame {
	const struct step *step;
	const struct json *next;   /* linked, or */
	const struct json **items; /* in an array */
	size_t left;
	struct json *made;
	struct frame *outer;
};

static int
run_field(struct run *r, const struct step *s, const struct json *v, const struct json **out)
{
	bool found = false;

	*out = &jmespath_null;
	if (v->type != JSON_OBJECT)
		return 0;
	for (const struct json *m = v->first; m != NULL && !found; m = m->next) {
		TRY(value_has_name(r, m, s->name, &found));
		if (found)
			*out = m;
	}
	return 0;
}

static int
run_index(struct run *r, const struct step *s, const struct json *v, const struct json **out)
{
	int64_t index = s->index, count = (int64_t)v->count;

	*out = &jmespath_null;
	if (v->type != JSON_ARRAY)
		return 0;
	if (index < 0)
		index += count;
	if (index < 0 || index >= count)
		return 0;
	TRY(run_spend(r, (uint64_t)index));
	*out = json_item(v, (size_t)index);
	return 0;
}

static int
run_list_of_parts(struct run *r, const struct step *s, const struct json *v,
    const struct json **out)
{
	struct json *made;

	*out = &jmespath_null;
	if (v->type == JSON_NULL)
		return 0;
	TRY(run_list(r, s->kind == STEP_HASH ? JSON_OBJECT : JSON_ARRAY, &made));
	for (const struct part *p = s->parts; p != NULL; p = p->next) {
		const struct json *x;

		TRY(run_chain(r, &p->chain, v, &x));
		TRY(run_append(r, made, p->name, x));
	}
	*out = made;
	return 0;
}

/* The first operand that decides, or the last one. */
static int
run_logic(struct run *r, const struct step *s, const struct json *v, const struct json **out)
{
	bool decides = s->kind == STEP_OR;

	for (const struct part *p = s->parts; p != NULL; p = p->next) {
		TRY(run_chain(r, &p->chain, v, out));
		if (value_is_true(*out) == decides)
			break;
	}
	return 0;
}

/* Order is for numbers; of anything else it is null. */
static int
compare_order(struct run *r, enum compare compare, const struct json *a, const struct json *b,
    const struct json **out)
{
	int order;

	*out = &jmespath_null;
	if (a->type != JSON_NUMBER || b->type != JSON_NUMBER)
		return 0;
	TRY(value_order(r, a, b, &order));
	*out = run_bool(compare == COMPARE_LT ? order < 0
		: compare == COMPARE_LE       ? order <= 0
		: compare == COMPARE_GT       ? order > 0
					      : order >= 0);
	return 0;
}

static int
run_compare(struct run *r, const struct step *s, const struct json *v, const struct json **out)
{
	const struct part *p = s->parts;
	const struct json *left, *right;
	bool equal;

	TRY(run_chain(r, &p->chain, v, &left));
	for (p = p->next; p != NULL; p = p->next) {
		TRY(run_chain(r, &p->chain, v, &right));
		if (p->compare == COMPARE_EQ || p->compare == COMPARE_NE) {
			TRY(value_eq(r, left, right, &equal));
			left = run_bool(equal == (p->compare == COMPARE_EQ));
		} else {
			TRY(compare_order(r, p->compare, left, right, &left));
		}
	}
	*out = left;
	return 0;
}

static int
all_are(struct run *r, const struct json *list, enum json_type type, bool *out)
{
	*out = list->type == JSON_ARRAY;
	if (*out)
		TRY(run_spend(r, list->count));
	for (const struct json *v = list->first; *out && v != NULL; v = v->next)
		*out = v->type == type;
	return 0;
}

static int
check_argument(struct run *r, const struct step *s, const struct part *p, size_t index,
    const struct json *v)
{
	const struct parameter *want = jmespath_parameter(s->fn, index);
	bool fits = (want->takes & TAKES(v->type)) != 0;

	if (!fits && (want->takes & TAKES_NUMBERS) != 0)
		TRY(all_are(r, v, JSON_NUMBER, &fits));
	if (!fits && (want->takes & TAKES_STRINGS) != 0)
		TRY(all_are(r, v, JSON_STRING, &fits));
	if (fits)
		return 0;
	return run_fault(r, JMESPATH_TYPE, p->offset, value_words(v), want->words, s->fn->name);
}

static int
run_call(struct run *r, const struct step *s, const struct json *v, const struct json **out)
{
	const struct json *few[2], **args = few;
	size_t i = 0;

	if (s->part_count > COUNT_OF(few)) {
		args = run_alloc(r, s->part_count, sizeof(*args));
		if (args == NULL)
			return -1;
	}
	for (const struct part *p = s->parts; p != NULL; p = p->next, i++) {
		args[i] = NULL;
		if (p->is_expression)
			continue;
		TRY(run_chain(r, &p->chain, v, &args[i]));
		TRY(check_argument(r, s, p, i, args[i]));
	}
	r->offset = s->offset;
	return s->fn->run(r, s, args, out);
}

static int
run_not(struct run *r, const struct step *s, const struct json *v, const struct json **out)
{
	TRY(run_chain(r, &s->parts->chain, v, out));
	*out = run_bool(!value_is_true(*out));
	return 0;
}

/* A step that is no projection. */
static int
run_step(struct run *r, const struct step *s, const struct json *v, const struct json **out)
{
	switch (s->kind) {
	case STEP_FIELD:
		return run_field(r, s, v, out);
	case STEP_INDEX:
		return run_index(r, s, v, out);
	case STEP_LITERAL:
		*out = s->literal;
		return 0;
	case STEP_LIST:
	case STEP_HASH:
		return run_list_of_parts(r, s, v, out);
	case STEP_CALL:
		return run_call(r, s, v, out);
	case STEP_OR:
	case STEP_AND:
		return run_logic(r, s, v, out);
	case STEP_COMPARE:
		return run_compare(r, s, v, out);
	case STEP_NOT:
		return run_not(r, s, v, out);
	case STEP_EACH:
	case STEP_VALUES:
	case STEP_SLICE:
	case STEP_FLATTEN:
		break;
	}
	return run_limit(r, "no such step");
}

/* Where in a list of COUNT a slice's bound lies; -1 and COUNT are before and behind it. */
static int64_t
slice_bound(int64_t bound, int64_t count, bool backwards)
{
	if (bound < 0)
		bound += count;
	if (bound < 0)
		return backwards ? -1 : 0;
	if (bound >= count)
		return backwards ? count - 1 : count;
	return bound;
}

static int
open_slice(struct run *r, const struct step *s, const struct json *v, struct frame *f)
{
	int64_t count = (int64_t)v->count, from, to;
	bool backwards = s->stride < 0;
	const struct json **all;

	from = s->has_start ? slice_bound(s->index, count, backwards) : backwards ? count - 1 : 0;
	to = s->has_stop ? slice_bound(s->stop, count, backwards) : backwards ? -1 : count;
	TRY(run_elements(r, v, &all));
	f->items = run_alloc(r, v->count, sizeof(*f->items));
	if (f->items == NULL)
		return -1;
	while (backwards ? from > to : from < to) {
		f->items[f->left++] = all[from];
		if (__builtin_add_overflow(from, s->stride, &from))
			break;
	}
	return 0;
}

static int
open_flatten(struct run *r, const struct json *v, struct frame *f)
{
	size_t count = 0, i = 0;

	TRY(run_spend(r, v->count));
	for (const struct json *x = v->first; x != NULL; x = x->next)
		count += x->type == JSON_ARRAY ? x->count : 1;
	if (count > MAX_JSON_MEMBERS)
		return run_limit(r, "more than 16384 values in one list");
	TRY(run_spend(r, count));
	f->items = run_alloc(r, count, sizeof(*f->items));
	if (f->items == NULL)
		return -1;
	for (const struct json *x = v->first; x != NULL; x = x->next) {
		if (x->type != JSON_ARRAY)
			f->items[i++] = x;
		else
			for (const struct json *y = x->first; y != NULL; y = y->next)
				f->items[i++] = y;
	}
	f->left = count;
	return 0;
}

static bool
is_projection(const struct step *s)
{
	return s->kind == STEP_EACH || s->kind == STEP_VALUES || s->kind == STEP_SLICE ||
	    s->kind == STEP_FLATTEN;
}

/* A frame of this step over V, with TOP around it; *OUT is NULL if V is nothing to project over. */
static int
open_projection(struct run *r, const struct step *s, const struct json *v, struct frame *top,
    struct frame **out)
{
	struct frame *f;

	*out = NULL;
	if (v->type != (s->kind == STEP_VALUES ? JSON_OBJECT : JSON_ARRAY))
		return 0;
	f = run_alloc(r, 1, sizeof(*f));
	if (f == NULL)
		return -1;
	*f = (struct frame){ .step = s, .outer = top };
	TRY(run_list(r, JSON_ARRAY, &f->made));
	if (s->kind == STEP_SLICE)
		TRY(open_slice(r, s, v, f));
	else if (s->kind == STEP_FLATTEN)
		TRY(open_flatten(r, v, f));
	else
		f->next = v->first;
	*out = f;
	return 0;
}

/* The next element that passes the filter; NULL when there is none. */
static int
next_element(struct run *r, struct frame *f, const struct json **out)
{
	for (;;) {
		const struct json *passes;

		if (f->items != NULL) {
			*out = f->left > 0 ? *f->items++ : NULL;
			f->left -= *out != NULL;
		} else {
			*out = f->next;
			if (*out != NULL)
				f->next = (*out)->next;
		}
		if (*out == NULL)
			return 0;
		TRY(run_spend(r, 1));
		if (!f->step->has_filter)
			return 0;
		TRY(run_chain(r, &f->step->filter, *out, &passes));
		if (value_is_true(passes))
			return 0;
	}
}

/*
 * Bodies end: what they made of *V is kept unless it is null, and the next element is *V, at the body's first step *S. When
 * there is none the projection has ended, and *V is the list.
 */
static int
end_body(struct run *r, struct frame **top, const struct step **s, const struct json **v)
{
	struct frame *f = *top;

	if (*v != NULL && (*v)->type != JSON_NULL)
		TRY(run_append(r, f->made, (struct bytes){ 0 }, *v));
	TRY(next_element(r, f, v));
	*s = f->step->body.first;
	if (*v != NULL)
		return 0;
	*v = f->made;
	*s = f->step->next;
	*top = f->outer;
	return 0;
}

/* Recursion is bounded by the nesting of parts, which the parser has bounded. */
int
run_chain(struct run *r, const struct chain *c, const struct json *v, const struct json **out)
{
	const struct step *s = c->first;
	struct frame *top = NULL, *opened;

	TRY(run_spend(r, 1)); /* an empty chain is work, too */
	while (s != NULL || top != NULL) {
		if (s == NULL) {
			TRY(end_body(r, &top, &s, &v));
			continue;
		}
		TRY(run_spend(r, 1));
		r->offset = s->offset;
		if (!is_projection(s)) {
			TRY(run_step(r, s, v, &v));
			s = s->next;
			continue;
		}
		TRY(open_projection(r, s, v, top, &opened));
		if (opened == NULL) {
			v = &jmespath_null;
			s = s->next;
			continue;
		}
		top = opened;
		v = NULL;
		s = NULL;
	}
	*out = v;
	return 0;
}

struct jmespath_budget
jmespath_budget_for(size_t size)
{
	/* Sorting as many values as fit into a document takes some 20 steps a byte, keeping them apart some 100 bytes. */
	size_t most = size < MAX_DOCUMENT_SIZE ? size : MAX_DOCUMENT_SIZE;

	return (struct jmespath_budget){ .steps = 250000 + 32 * (uint64_t)most,
		.memory = (8u << 20) + 128 * most,
		.result_size = 4u << 20 };
}

/* Lowers the arena's ceiling to the budget while BODY runs. */
static size_t
enter_budget(struct arena *a, const struct jmespath_budget *budget)
{
	size_t was = a->ceiling;

	if (a->used <= was && budget->memory < was - a->used)
		a->ceiling = a->used + budget->memory;
	return was;
}

static void
leave_budget(struct arena *a, struct jmespath_budget *budget, size_t ceiling, size_t used)
{
	a->ceiling = ceiling;
	budget->memory -= a->used - used < budget->memory ? a->used - used : budget->memory;
}

int
jmespath_eval(const struct jmespath *query, const struct json *in, struct arena *a,
    struct jmespath_budget *budget, const struct json **out, struct jmespath_diag *diag,
    struct err *e)
{
	struct run r = { .text = query->text, .arena = a, .budget = budget, .diag = diag, .e = e };
	size_t used = a->used, ceiling = enter_budget(a, budget), size;
	const struct json *found = NULL;
	int got = run_chain(&r, &query->chain, in, &found);

	if (got == 0)
		got = value_measure(&r, found, &size);
	leave_budget(a, budget, ceiling, used);
	if (got == 0)
		*out = found;
	return got;
}

int
jmespath_emit(const struct json *v, struct arena *a, struct jmespath_budget *budget,
    struct bytes *out, struct jmespath_diag *diag, struct err *e)
{
	struct run r = { .arena = a, .budget = budget, .diag = diag, .e = e };
	size_t used = a->used, ceiling = enter_budget(a, budget);
	int got = value_emit(&r, v, out);

	leave_budget(a, budget, ceiling, used);
	return got;
}
