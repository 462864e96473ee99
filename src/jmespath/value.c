/* SPDX-License-Identifier: Apache-2.0 */
/* What the evaluator asks of values: truth, order, equality, and their text. */
#include "jmespath/number.h"
#include "jmespath/run.h"

#include <string.h>

const struct json jmespath_null = { .type = JSON_NULL };
const struct json jmespath_true = { .type = JSON_BOOL, .truth = true };
const struct json jmespath_false = { .type = JSON_BOOL };

const struct json *
run_bool(bool truth)
{
	return truth ? &jmespath_true : &jmespath_false;
}

const char *
value_words(const struct json *v)
{
	switch (v->type) {
	case JSON_NULL:
		return "null";
	case JSON_BOOL:
		return "a boolean";
	case JSON_NUMBER:
		return "a number";
	case JSON_STRING:
		return "a string";
	case JSON_ARRAY:
		return "an array";
	case JSON_OBJECT:
		return "an object";
	}
	return "?";
}

bool
value_is_true(const struct json *v)
{
	switch (v->type) {
	case JSON_NULL:
		return false;
	case JSON_BOOL:
		return v->truth;
	case JSON_NUMBER:
		return true;
	case JSON_STRING:
		return v->text.size > 0;
	case JSON_ARRAY:
	case JSON_OBJECT:
		return v->count > 0;
	}
	return false;
}

static int
order_numbers(struct run *r, const struct json *a, const struct json *b, int *order)
{
	struct number x, y;

	if (!number_of(a->text, &x) || !number_of(b->text, &y))
		return run_limit(r, "a number has an exponent of more than nine digits");
	*order = number_order(&x, &y);
	return 0;
}

int
value_order(struct run *r, const struct json *a, const struct json *b, int *order)
{
	TRY(run_spend(r, run_cost(a->text.size + b->text.size)));
	if (a->type == JSON_NUMBER)
		return order_numbers(r, a, b, order);
	*order = bytes_cmp(a->text, b->text);
	*order = (*order > 0) - (*order < 0);
	return 0;
}

int
value_has_name(struct run *r, const struct json *m, struct bytes name, bool *out)
{
	/* Names of other lengths are told apart at once. */
	TRY(run_spend(r, m->name.size == name.size ? run_cost(name.size) : 1));
	*out = bytes_eq(m->name, name);
	return 0;
}

static int compare(struct run *r, const struct json *a, const struct json *b, unsigned depth,
    bool *out);

static int
compare_arrays(struct run *r, const struct json *a, const struct json *b, unsigned depth, bool *out)
{
	const struct json *y = b->first;

	for (const struct json *x = a->first; *out && x != NULL; x = x->next, y = y->next)
		TRY(compare(r, x, y, depth, out));
	return 0;
}

/* The member of OBJECT of this name, looked for from START on and around; NULL if there is none. */
static int
find_member(struct run *r, const struct json *object, const struct json *start, struct bytes name,
    const struct json **out)
{
	const struct json *m = start;
	bool found = false;

	*out = NULL;
	for (size_t i = 0; i < object->count; i++) {
		TRY(value_has_name(r, m, name, &found));
		if (found) {
			*out = m;
			return 0;
		}
		m = m->next != NULL ? m->next : object->first;
	}
	return 0;
}

/* Two of the same shape have their members in the same order as a rule, so that each is found at once. */
static int
compare_objects(struct run *r, const struct json *a, const struct json *b, unsigned depth,
    bool *out)
{
	const struct json *start = b->first, *y;

	for (const struct json *x = a->first; *out && x != NULL; x = x->next) {
		TRY(find_member(r, b, start, x->name, &y));
		if (y == NULL) {
			*out = false;
			return 0;
		}
		TRY(compare(r, x, y, depth, out));
		start = y->next != NULL ? y->next : b->first;
	}
	return 0;
}

static int
compare(struct run *r, const struct json *a, const struct json *b, unsigned depth, bool *out)
{
	int order = 0;

	TRY(run_spend(r, 1));
	*out = a->type == b->type && a->count == b->count;
	if (a == b || !*out)
		return 0;
	if (depth >= MAX_JSON_DEPTH && a->first != NULL)
		return run_limit(r, "a value is nested deeper than 32");
	switch (a->type) {
	case JSON_NULL:
		return 0;
	case JSON_BOOL:
		*out = a->truth == b->truth;
		return 0;
	case JSON_NUMBER:
	case JSON_STRING:
		*out = bytes_eq(a->text, b->text);
		if (*out || a->type == JSON_STRING)
			return run_spend(r, run_cost(a->text.size));
		TRY(value_order(r, a, b, &order));
		*out = order == 0;
		return 0;
	case JSON_ARRAY:
		return compare_arrays(r, a, b, depth + 1, out);
	case JSON_OBJECT:
		return compare_objects(r, a, b, depth + 1, out);
	}
	return 0;
}

int
value_eq(struct run *r, const struct json *a, const struct json *b, bool *out)
{
	return compare(r, a, b, 0, out);
}

/* Text that is counted, and written where there is room for it. */
struct writer {
	struct run *r;
	uint8_t *to; /* NULL: counted only */
	size_t size, ceiling;
	unsigned depth;
};

static int
put(struct writer *w, struct bytes part)
{
	if (part.size > w->ceiling - w->size)
		return run_limit(w->r, "the text is longer than a result may be");
	if (w->to != NULL && part.size > 0)
		memcpy(w->to + w->size, part.p, part.size);
	w->size += part.size;
	return 0;
}

/* How C stands in a string (RFC 8259 section 7); an empty text: as itself. */
static struct bytes
escape_of(uint8_t c, char room[6])
{
	static const char digits[] = "0123456789abcdef";
	char letter = json_short_escape(c);

	if (letter != 0) {
		room[0] = '\\';
		room[1] = letter;
		return bytes_of(room, 2);
	}
	if (c >= 0x20)
		return (struct bytes){ 0 };
	memcpy(room, "\\u00", 4);
	room[4] = digits[c >> 4];
	room[5] = digits[c & 15];
	return bytes_of(room, 6);
}

static int
put_str(struct writer *w, struct bytes text)
{
	size_t from = 0;

	TRY(run_spend(w->r, run_cost(text.size)));
	TRY(put(w, BYTES("\"")));
	for (size_t i = 0; i < text.size; i++) {
		char room[6];
		struct bytes escape = escape_of(text.p[i], room);

		if (escape.size == 0)
			continue;
		TRY(put(w, bytes_slice(text, from, i - from)));
		TRY(put(w, escape));
		from = i + 1;
	}
	TRY(put(w, bytes_slice(text, from, text.size)));
	return put(w, BYTES("\""));
}

static int put_value(struct writer *w, const struct json *v);

static int
put_list(struct writer *w, const struct json *list)
{
	bool is_object = list->type == JSON_OBJECT;

	if (w->depth >= MAX_JSON_DEPTH)
		return run_limit(w->r, "a value is nested deeper than 32");
	w->depth++;
	TRY(put(w, is_object ? BYTES("{") : BYTES("[")));
	for (const struct json *v = list->first; v != NULL; v = v->next) {
		if (v != list->first)
			TRY(put(w, BYTES(",")));
		if (is_object) {
			TRY(put_str(w, v->name));
			TRY(put(w, BYTES(":")));
		}
		TRY(put_value(w, v));
	}
	w->depth--;
	return put(w, is_object ? BYTES("}") : BYTES("]"));
}

static int
put_value(struct writer *w, const struct json *v)
{
	TRY(run_spend(w->r, 1));
	switch (v->type) {
	case JSON_NULL:
		return put(w, BYTES("null"));
	case JSON_BOOL:
		return put(w, v->truth ? BYTES("true") : BYTES("false"));
	case JSON_NUMBER:
		TRY(run_spend(w->r, run_cost(v->text.size)));
		return put(w, v->text);
	case JSON_STRING:
		return put_str(w, v->text);
	case JSON_ARRAY:
	case JSON_OBJECT:
		return put_list(w, v);
	}
	return 0;
}

int
value_measure(struct run *r, const struct json *v, size_t *size)
{
	struct writer w = { .r = r, .ceiling = r->budget->result_size };

	TRY(put_value(&w, v));
	*size = w.size;
	return 0;
}

int
value_emit(struct run *r, const struct json *v, struct bytes *out)
{
	struct writer w = { .r = r };

	TRY(value_measure(r, v, &w.ceiling));
	w.to = run_alloc(r, w.ceiling, 1);
	if (w.to == NULL)
		return -1;
	TRY(put_value(&w, v));
	*out = bytes_of(w.to, w.size);
	return 0;
}
