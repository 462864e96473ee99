/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and comparing values, whether parsed or built. */
#include "codec/json.h"

#include "codec/json_order.h"

#include <stdlib.h>
#include <string.h>

static const struct json *
find(const struct json *object, struct bytes name)
{
	if (object == NULL || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *m = object->first; m != NULL; m = m->next)
		if (bytes_eq(m->name, name))
			return m;
	return NULL;
}

const struct json *
json_get(const struct json *object, const char *name)
{
	return find(object, bytes_of_str(name));
}

const struct json *
json_get_nocase(const struct json *object, const char *name)
{
	const struct json *found = NULL;

	if (object == NULL || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *m = object->first; m != NULL; m = m->next) {
		if (!bytes_is_str_nocase(m->name, name))
			continue;
		if (found != NULL)
			return NULL;
		found = m;
	}
	return found;
}

const struct json *
json_at(const struct json *object, const char *path)
{
	for (;;) {
		const char *dot = strchr(path, '.');

		if (dot == NULL)
			return json_get(object, path);
		object = find(object, bytes_of(path, (size_t)(dot - path)));
		path = dot + 1;
	}
}

const struct json *
json_item(const struct json *array, size_t index)
{
	const struct json *v;

	if (array == NULL || array->type != JSON_ARRAY || index >= array->count)
		return NULL;
	v = array->first;
	for (; v != NULL && index > 0; index--)
		v = v->next;
	return v;
}

/* The digits of a number without sign, fraction and exponent; false when they do not fit. */
static bool
parse_magnitude(struct bytes digits, uint64_t *out)
{
	uint64_t v = 0;

	if (digits.size == 0)
		return false;
	for (size_t i = 0; i < digits.size; i++) {
		uint8_t c = digits.p[i];

		if (c < '0' || c > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(c - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

bool
json_int(const struct json *v, int64_t *out)
{
	struct bytes digits;
	uint64_t magnitude;
	bool negative;

	if (v == NULL || v->type != JSON_NUMBER)
		return false;
	negative = bytes_has_prefix(v->text, "-");
	digits = bytes_slice(v->text, negative, v->text.size);
	if (!parse_magnitude(digits, &magnitude))
		return false;
	if (negative) {
		if (magnitude == 0 || magnitude > (uint64_t)INT64_MAX + 1)
			return false;
		*out = -(int64_t)(magnitude - 1) - 1;
		return true;
	}
	if (magnitude > INT64_MAX)
		return false;
	*out = (int64_t)magnitude;
	return true;
}

bool
json_uint(const struct json *v, uint64_t max, uint64_t *out)
{
	uint64_t magnitude;

	if (v == NULL || v->type != JSON_NUMBER || !parse_magnitude(v->text, &magnitude) ||
	    magnitude > max)
		return false;
	*out = magnitude;
	return true;
}

struct bytes
json_text(const struct json *v)
{
	if (v == NULL || v->type != JSON_STRING)
		return (struct bytes){ 0 };
	return v->text.p == NULL ? BYTES("") : v->text;
}

bool
json_is_str(const struct json *v, const char *s)
{
	return v != NULL && v->type == JSON_STRING && bytes_is_str(v->text, s);
}

bool
json_bool(const struct json *v, bool *out)
{
	if (v == NULL || v->type != JSON_BOOL)
		return false;
	*out = v->truth;
	return true;
}

static bool
arrays_eq(const struct json *a, const struct json *b)
{
	const struct json *x = a->first, *y = b->first;

	for (; x != NULL && y != NULL; x = x->next, y = y->next)
		if (!json_eq(x, y))
			return false;
	return x == NULL && y == NULL;
}

/* Side by side in the order of their names. Without memory for that we do not claim that they are equal. */
static bool
objects_eq(const struct json *a, const struct json *b)
{
	DEFER(freep)
	const struct json **both = calloc(2 * a->count + 1, sizeof(const struct json *));

	if (both == NULL)
		return false;
	json_members(a, both);
	json_members(b, both + a->count);
	json_order(both, a->count);
	json_order(both + a->count, a->count);
	for (size_t i = 0; i < a->count; i++)
		if (!bytes_eq(both[i]->name, both[a->count + i]->name) ||
		    !json_eq(both[i], both[a->count + i]))
			return false;
	return true;
}

bool
json_has_nul(const struct json *v)
{
	if (v->type == JSON_STRING && v->text.size > 0 &&
	    memchr(v->text.p, 0, v->text.size) != NULL)
		return true;
	for (const struct json *m = v->first; m != NULL; m = m->next)
		if (json_has_nul(m))
			return true;
	return false;
}

bool
json_eq(const struct json *a, const struct json *b)
{
	if (a == NULL || b == NULL || a->type != b->type || a->count != b->count)
		return false;
	switch (a->type) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return a->truth == b->truth;
	case JSON_NUMBER:
	case JSON_STRING:
		return bytes_eq(a->text, b->text);
	case JSON_ARRAY:
		return arrays_eq(a, b);
	case JSON_OBJECT:
		return objects_eq(a, b);
	}
	return false;
}
