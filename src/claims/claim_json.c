/* SPDX-License-Identifier: Apache-2.0 */
#include "claims/claim_json.h"

static struct json *
value_emit(const struct claim *c, struct arena *a)
{
	switch (c->type) {
	case CLAIM_BOOLEAN:
		return json_new_bool(a, c->truth);
	case CLAIM_INTEGER:
		return json_new_int(a, c->number);
	case CLAIM_STRING:
		break;
	}
	return json_new_str(a, c->text);
}

static bool
value_eq(const struct claim *a, const struct claim *b)
{
	struct claim other = *b;

	other.issuer = a->issuer;
	return claim_eq(a, &other);
}

/* Has a claim before INDEX the same name; with VALUE, the same value too? */
static bool
seen_before(const struct claim_set *set, size_t index, bool value)
{
	const struct claim *c = &set->claims[index];

	for (size_t i = 0; i < index; i++) {
		const struct claim *other = &set->claims[i];

		if (value ? value_eq(c, other) : bytes_eq(c->name, other->name))
			return true;
	}
	return false;
}

/* The values of the name at INDEX, from there on; claims that differ by issuer alone are one value. */
static struct json *
values_emit(const struct claim_set *set, size_t index, struct arena *a)
{
	struct json *first = value_emit(&set->claims[index], a), *array = NULL;

	for (size_t i = index + 1; i < set->count; i++) {
		if (!bytes_eq(set->claims[i].name, set->claims[index].name) ||
		    seen_before(set, i, true))
			continue;
		if (array == NULL) {
			array = json_new(a, JSON_ARRAY);
			if (array == NULL || !json_append(array, first))
				return NULL;
		}
		if (!json_append(array, value_emit(&set->claims[i], a)))
			return NULL;
	}
	return array != NULL ? array : first;
}

struct json *
claims_object_emit(const struct claim_set *set, struct arena *a)
{
	struct json *object = json_new(a, JSON_OBJECT);

	if (object == NULL)
		return NULL;
	for (size_t i = 0; i < set->count; i++) {
		if (seen_before(set, i, false))
			continue;
		if (!json_add(object, set->claims[i].name, values_emit(set, i, a)))
			return NULL;
	}
	return object;
}

static int
issuer_parse(const struct json *v, enum claim_issuer *issuer, struct err *e)
{
	*issuer = ISSUER_CUSTOM;
	if (v == NULL)
		return 0;
	for (int i = ISSUER_SERVICE; i <= ISSUER_CUSTOM; i++) {
		if (json_is_str(v, claim_issuer_name((enum claim_issuer)i))) {
			*issuer = (enum claim_issuer)i;
			return 0;
		}
	}
	return err_set(e, ERR_MALFORMED,
	    "claim: issuer must be AttestationService, AttestationPolicy or CustomClaim");
}

/* "12", "-3": the decimal digits of a 64-bit integer and nothing else. */
static bool
int_from_text(struct bytes text, int64_t *out)
{
	struct json number = { .type = JSON_NUMBER, .text = text };

	return text.size > 0 && json_int(&number, out);
}

/* A custom claim sends its value as a string and says what it means (maa-policy.md 13.5). */
static bool
custom_convert(struct claim *c, const struct json *value_type)
{
	if (c->issuer != ISSUER_CUSTOM || c->type != CLAIM_STRING)
		return false;
	if (json_is_str(value_type, "Integer")) {
		c->type = CLAIM_INTEGER;
		return int_from_text(c->text, &c->number);
	}
	if (json_is_str(value_type, "Boolean")) {
		c->type = CLAIM_BOOLEAN;
		c->truth = bytes_is_str(c->text, "true");
		return c->truth || bytes_is_str(c->text, "false");
	}
	return false;
}

static int
claim_parse(const struct json *v, struct claim *c, struct err *e)
{
	const struct json *value = json_get(v, "value"), *value_type = json_get(v, "valueType");
	const struct json *read_only = json_get(v, "readOnly");

	*c = (struct claim){ .name = json_text(json_get(v, "type")) };
	if (c->name.size == 0)
		return err_set(e, ERR_MALFORMED,
		    "claim: want a `type`, a string that is not empty");
	TRY(issuer_parse(json_get(v, "issuer"), &c->issuer, e));
	if (read_only != NULL && !json_bool(read_only, &c->read_only))
		return err_set(e, ERR_MALFORMED, "claim: `readOnly` must be a boolean");
	if (json_bool(value, &c->truth))
		c->type = CLAIM_BOOLEAN;
	else if (json_int(value, &c->number))
		c->type = CLAIM_INTEGER;
	else if (value != NULL && value->type == JSON_STRING) {
		c->type = CLAIM_STRING;
		c->text = json_text(value);
	} else
		return err_set(e, ERR_MALFORMED,
		    "claim: `value` must be a boolean, a 64-bit integer or a string");
	if (value_type != NULL && !json_is_str(value_type, claim_type_name(c->type)) &&
	    !custom_convert(c, value_type))
		return err_set(e, ERR_INVALID, "claim: `valueType` does not fit its value");
	return 0;
}

int
claims_array_parse(const struct json *array, struct arena *a, struct claim_set *set, struct err *e)
{
	size_t index = 0;

	if (array == NULL || array->type != JSON_ARRAY)
		return err_set(e, ERR_MALFORMED, "claims: want an array of {type, value, issuer}");
	for (const struct json *v = array->first; v != NULL; v = v->next, index++) {
		struct claim c;

		if (claim_parse(v, &c, e) < 0 || claim_set_add(set, a, &c, e) < 0)
			return err_in(e, "claim %zu", index);
	}
	return 0;
}
