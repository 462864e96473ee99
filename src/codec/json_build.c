/* SPDX-License-Identifier: Apache-2.0 */
/* Building values in an arena. */
#include "codec/json.h"

#include "base/b64.h"
#include "base/decimal.h"
#include "base/hex.h"

#include <string.h>

struct json *
json_new(struct arena *a, enum json_type type)
{
	struct json *v = arena_alloc(a, sizeof(*v));

	if (v != NULL)
		v->type = type;
	return v;
}

struct json *
json_new_str(struct arena *a, struct bytes text)
{
	struct json *v = json_new(a, JSON_STRING);

	if (v != NULL)
		v->text = text.size == 0 ? BYTES("") : text;
	return v;
}

struct json *
json_new_cstr(struct arena *a, const char *text)
{
	return text == NULL ? NULL : json_new_str(a, bytes_of_str(text));
}

struct json *
json_new_int(struct arena *a, int64_t number)
{
	char digits[MAX_DECIMAL_SIZE];
	size_t size = decimal_format(number, digits);
	struct json *v = json_new(a, JSON_NUMBER);

	if (v == NULL)
		return NULL;
	v->text = arena_copy(a, bytes_of(digits, size));
	return v->text.p == NULL ? NULL : v;
}

struct json *
json_new_bool(struct arena *a, bool truth)
{
	struct json *v = json_new(a, JSON_BOOL);

	if (v != NULL)
		v->truth = truth;
	return v;
}

struct json *
json_new_hex(struct arena *a, struct bytes raw)
{
	char *text = arena_array(a, raw.size, 2);

	if (text == NULL)
		return NULL;
	hex_encode(raw, text);
	return json_new_str(a, bytes_of(text, raw.size * 2));
}

struct json *
json_new_b64url(struct arena *a, struct bytes raw)
{
	size_t size = b64_encoded_size(B64_URL, raw.size);
	char *text = arena_alloc(a, size);

	if (text == NULL)
		return NULL;
	b64_encode(B64_URL, raw, text);
	return json_new_str(a, bytes_of(text, size));
}

struct json *
json_copy(struct arena *a, const struct json *v)
{
	struct json *copy;

	if (v == NULL)
		return NULL;
	copy = json_new(a, v->type);
	if (copy == NULL)
		return NULL;
	*copy = *v;
	copy->next = NULL;
	copy->last = NULL;
	copy->name = (struct bytes){ 0 };
	return copy;
}

/* A list that was parsed or copied has members and no `last`: they are not ours to link on. */
static bool
link_last(struct json *list, struct json *value)
{
	if (list->last == NULL && list->first != NULL)
		return false;
	value->next = NULL;
	if (list->last == NULL)
		list->first = value;
	else
		list->last->next = value;
	list->last = value;
	list->count++;
	return true;
}

bool
json_add(struct json *object, struct bytes name, struct json *value)
{
	if (object == NULL || value == NULL || object->type != JSON_OBJECT)
		return false;
	for (const struct json *m = object->first; m != NULL; m = m->next)
		if (bytes_eq(m->name, name))
			return false;
	value->name = name;
	return link_last(object, value);
}

bool
json_put(struct json *object, const char *name, struct json *value)
{
	return json_add(object, bytes_of_str(name), value);
}

bool
json_append(struct json *array, struct json *value)
{
	if (array == NULL || value == NULL || array->type != JSON_ARRAY)
		return false;
	return link_last(array, value);
}
