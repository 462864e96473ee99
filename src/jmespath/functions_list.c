/* SPDX-License-Identifier: Apache-2.0 */
#include "jmespath/functions_list.h"

#include <string.h>

/* An element, what it is ordered by, and where it stood. */
struct item {
	const struct json *value, *key;
	size_t place;
};

static int
items_new(struct run *r, size_t count, struct item **out)
{
	TRY(run_spend(r, count));
	*out = run_alloc(r, count, sizeof(**out));
	return *out == NULL ? -1 : 0;
}

/* The elements, each its own key. */
static int
items_of(struct run *r, const struct json *list, struct item **out)
{
	size_t i = 0;

	TRY(items_new(r, list->count, out));
	for (const struct json *v = list->first; v != NULL; v = v->next, i++)
		(*out)[i] = (struct item){ .value = v, .key = v, .place = i };
	return 0;
}

/* The elements by what the expression says of each: numbers only, or strings only. */
static int
items_by(struct run *r, const struct json *list, const struct part *by, struct item **out)
{
	size_t i = 0;

	TRY(items_new(r, list->count, out));
	for (const struct json *v = list->first; v != NULL; v = v->next, i++) {
		struct item item = { .value = v, .place = i };

		TRY(run_chain(r, &by->chain, v, &item.key));
		if (item.key->type != JSON_NUMBER && item.key->type != JSON_STRING)
			return run_fault(r, JMESPATH_TYPE, by->offset, value_words(item.key),
			    "a number or a string", "for each element");
		if (i > 0 && item.key->type != (*out)[0].key->type)
			return run_fault(r, JMESPATH_TYPE, by->offset, value_words(item.key),
			    value_words((*out)[0].key), "the same for each element");
		(*out)[i] = item;
	}
	return 0;
}

typedef int order_fn(struct run *r, const struct item *a, const struct item *b, int *order);

static int
order_by_key(struct run *r, const struct item *a, const struct item *b, int *order)
{
	return value_order(r, a->key, b->key, order);
}

static int
order_by_name(struct run *r, const struct item *a, const struct item *b, int *order)
{
	TRY(run_spend(r, run_cost(a->value->name.size + b->value->name.size)));
	*order = bytes_cmp(a->value->name, b->value->name);
	return 0;
}

/* FROM[a..b) and FROM[b..c), each in order, to TO[a..c): of equal items the left one first. */
static int
merge_runs(struct run *r, const struct item *from, struct item *to, size_t a, size_t b, size_t c,
    order_fn *by)
{
	size_t x = a, y = b;

	for (size_t i = a; i < c; i++) {
		int order = x < b ? -1 : 1;

		if (x < b && y < c)
			TRY(by(r, &from[x], &from[y], &order));
		to[i] = order <= 0 ? from[x++] : from[y++];
	}
	return 0;
}

/* Merge sort from the bottom up: stable, without recursion, COUNT log COUNT whatever the keys are. */
static int
items_sort(struct run *r, struct item *items, size_t count, order_fn *by, struct item **out)
{
	struct item *other;

	TRY(items_new(r, count, &other));
	for (size_t width = 1; width < count; width *= 2) {
		struct item *was = items;

		TRY(run_spend(r, count));
		for (size_t a = 0; a < count; a += 2 * width) {
			size_t b = a + width < count ? a + width : count;
			size_t c = a + 2 * width < count ? a + 2 * width : count;

			TRY(merge_runs(r, items, other, a, b, c, by));
		}
		items = other;
		other = was;
	}
	*out = items;
	return 0;
}

static int
give_items(struct run *r, const struct item *items, size_t count, const struct json **out)
{
	struct json *list;

	TRY(run_list(r, JSON_ARRAY, &list));
	for (size_t i = 0; i < count; i++)
		TRY(run_append(r, list, (struct bytes){ 0 }, items[i].value));
	*out = list;
	return 0;
}

/* The first of the largest (1) or smallest (-1). */
static int
give_extreme(struct run *r, const struct item *items, size_t count, int direction,
    const struct json **out)
{
	const struct item *best = items;

	*out = &jmespath_null;
	if (count == 0)
		return 0;
	for (size_t i = 1; i < count; i++) {
		int order;

		TRY(value_order(r, items[i].key, best->key, &order));
		if (order == direction)
			best = &items[i];
	}
	*out = best->value;
	return 0;
}

int
list_sort(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct item *items;

	(void)call;
	TRY(items_of(r, args[0], &items));
	TRY(items_sort(r, items, args[0]->count, order_by_key, &items));
	return give_items(r, items, args[0]->count, out);
}

int
list_sort_by(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct item *items;

	TRY(items_by(r, args[0], call->parts->next, &items));
	TRY(items_sort(r, items, args[0]->count, order_by_key, &items));
	return give_items(r, items, args[0]->count, out);
}

int
list_max(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct item *items;

	(void)call;
	TRY(items_of(r, args[0], &items));
	return give_extreme(r, items, args[0]->count, 1, out);
}

int
list_min(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct item *items;

	(void)call;
	TRY(items_of(r, args[0], &items));
	return give_extreme(r, items, args[0]->count, -1, out);
}

int
list_max_by(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct item *items;

	TRY(items_by(r, args[0], call->parts->next, &items));
	return give_extreme(r, items, args[0]->count, 1, out);
}

int
list_min_by(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct item *items;

	TRY(items_by(r, args[0], call->parts->next, &items));
	return give_extreme(r, items, args[0]->count, -1, out);
}

int
list_map(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct json *list;

	TRY(run_list(r, JSON_ARRAY, &list));
	for (const struct json *v = args[1]->first; v != NULL; v = v->next) {
		const struct json *x;

		TRY(run_spend(r, 1));
		TRY(run_chain(r, &call->parts->chain, v, &x));
		TRY(run_append(r, list, (struct bytes){ 0 }, x));
	}
	*out = list;
	return 0;
}

int
list_keys(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct json *list;

	(void)call;
	TRY(run_spend(r, args[0]->count));
	TRY(run_list(r, JSON_ARRAY, &list));
	for (const struct json *m = args[0]->first; m != NULL; m = m->next) {
		struct json name = { .type = JSON_STRING, .text = m->name };

		TRY(run_append(r, list, (struct bytes){ 0 }, &name));
	}
	*out = list;
	return 0;
}

int
list_values(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct json *list;

	(void)call;
	TRY(run_spend(r, args[0]->count));
	TRY(run_list(r, JSON_ARRAY, &list));
	for (const struct json *m = args[0]->first; m != NULL; m = m->next)
		TRY(run_append(r, list, (struct bytes){ 0 }, m));
	*out = list;
	return 0;
}

int
list_reverse(struct run *r, const struct json *list, const struct json **out)
{
	struct item *items;
	size_t count = list->count;

	TRY(items_of(r, list, &items));
	for (size_t i = 0; i < count / 2; i++) {
		struct item was = items[i];

		items[i] = items[count - 1 - i];
		items[count - 1 - i] = was;
	}
	return give_items(r, items, count, out);
}

/* How long the joined text is, with a glue of GLUE_SIZE. */
static int
joined_size(struct run *r, const struct json *list, size_t glue_size, size_t *out)
{
	size_t size = 0;

	TRY(run_spend(r, list->count));
	for (const struct json *v = list->first; v != NULL; v = v->next) {
		size_t part = v->text.size + (v == list->first ? 0 : glue_size);

		if (part > r->budget->result_size - size)
			return run_limit(r, "the text is longer than a result may be");
		size += part;
	}
	*out = size;
	return 0;
}

static uint8_t *
put(uint8_t *to, struct bytes part)
{
	if (part.size > 0)
		memcpy(to, part.p, part.size);
	return to + part.size;
}

int
list_join(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	uint8_t *text, *to;
	size_t size = 0;

	(void)call;
	TRY(joined_size(r, args[1], args[0]->text.size, &size));
	text = to = run_alloc(r, size, 1);
	if (text == NULL)
		return -1;
	for (const struct json *v = args[1]->first; v != NULL; v = v->next) {
		if (v != args[1]->first)
			to = put(to, args[0]->text);
		to = put(to, v->text);
	}
	return run_str(r, bytes_of(text, size), out);
}

/* All members of all objects. */
static int
members_of(struct run *r, const struct json *const *objects, size_t object_count, struct item **out,
    size_t *count)
{
	size_t i = 0;

	*count = 0;
	TRY(run_spend(r, object_count));
	for (size_t k = 0; k < object_count; k++)
		*count += objects[k]->count;
	TRY(items_new(r, *count, out));
	for (size_t k = 0; k < object_count; k++)
		for (const struct json *m = objects[k]->first; m != NULL; m = m->next, i++)
			(*out)[i] = (struct item){ .value = m, .place = i };
	return 0;
}

/*
 * Of members with the same name the last one's value, at the first one's place. Sorted by name, with equal names as they
 * stood, both are the ends of a run.
 */
int
list_merge(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	const struct json **winners;
	struct json *object;
	struct item *items;
	size_t count;

	TRY(members_of(r, args, call->part_count, &items, &count));
	winners = run_alloc(r, count, sizeof(*winners));
	if (winners == NULL)
		return -1;
	TRY(items_sort(r, items, count, order_by_name, &items));
	for (size_t i = 0, first = 0; i < count; i++) {
		if (!bytes_eq(items[i].value->name, items[first].value->name))
			first = i;
		winners[items[first].place] = items[i].value;
	}
	TRY(run_list(r, JSON_OBJECT, &object));
	for (size_t i = 0; i < count; i++)
		if (winners[i] != NULL)
			TRY(run_append(r, object, winners[i]->name, winners[i]));
	*out = object;
	return 0;
}
