/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/functions.h"

#include "codec/json.h"
#include "policy/near.h"

#include <string.h>

static int
single_text(struct eval *ev, const char *why, const struct value_set *arg, struct bytes *out)
{
	if (arg->count != 1 || arg->one.type != CLAIM_STRING)
		return eval_error(ev, why);
	*out = arg->one.text;
	return 0;
}

static struct value_set
single(struct value v, bool read_only)
{
	return (struct value_set){ .count = 1, .one = v, .read_only = read_only };
}

static struct value_set
single_bool(bool truth, bool read_only)
{
	return single((struct value){ .type = CLAIM_BOOLEAN, .truth = truth }, read_only);
}

static int
has_member(struct eval *ev, const struct value_set *set, const struct value *v, bool *found)
{
	*found = false;
	for (size_t i = 0; i < set->count && !*found; i++) {
		const struct value *member = value_at(set, i);

		TRY(eval_spend(ev, value_cost(member, v)));
		*found = policy_value_eq(member, v);
	}
	return 0;
}

/* 9.3; the result is never read-only. */
static int
call_is_subset_of(struct eval *ev, const struct value_set *args, struct value_set *out)
{
	bool all = true;

	for (size_t i = 0; i < args[0].count && all; i++)
		TRY(has_member(ev, &args[1], value_at(&args[0], i), &all));
	*out = single_bool(all, false);
	return 0;
}

/* 9.4 */
static int
call_append_string(struct eval *ev, const struct value_set *args, struct value_set *out)
{
	static const char append_why[] = "AppendString: an argument is not one string";
	struct value v = { .type = CLAIM_STRING };
	struct bytes a = { 0 }, b = { 0 };
	uint8_t *p;

	TRY(single_text(ev, append_why, &args[0], &a));
	TRY(single_text(ev, append_why, &args[1], &b));
	if (a.size > MAX_FUNCTION_RESULT_SIZE || b.size > MAX_FUNCTION_RESULT_SIZE - a.size)
		return eval_budget(ev, "AppendString: the result");
	TRY(eval_spend(ev, 1 + (a.size + b.size) / 64));
	p = eval_alloc(ev, a.size + b.size, 1);
	if (p == NULL)
		return -1;
	if (a.size > 0)
		memcpy(p, a.p, a.size);
	if (b.size > 0)
		memcpy(p + a.size, b.p, b.size);
	v.text = bytes_of(p, a.size + b.size);
	*out = single(v, args[0].read_only || args[1].read_only);
	return 0;
}

/* 9.5 */
static int
call_negate_bool(struct eval *ev, const struct value_set *args, struct value_set *out)
{
	if (args[0].count != 1 || args[0].one.type != CLAIM_BOOLEAN)
		return eval_error(ev, "NegateBool: the argument is not one boolean");
	*out = single_bool(!args[0].one.truth, args[0].read_only);
	return 0;
}

/* 9.6; the result is never read-only. */
static int
call_contains_only_value(struct eval *ev, const struct value_set *args, struct value_set *out)
{
	bool all = args[0].count > 0;

	if (args[1].count != 1)
		return eval_error(ev, "ContainsOnlyValue: the second argument is not one value");
	for (size_t i = 0; i < args[0].count && all; i++) {
		const struct value *member = value_at(&args[0], i);

		TRY(eval_spend(ev, value_cost(member, &args[1].one)));
		all = policy_value_eq(member, &args[1].one);
	}
	*out = single_bool(all, false);
	return 0;
}

/*
 * A JSON number as an integer: 3.0 and 1e3 are integers, 0.5 is none (9.2). 0: done; 1: a fraction; 2: outside 64 bits.
 */
static int
number_to_int(struct bytes spelt, int64_t *out)
{
	struct rd r = rd_from(spelt);
	int64_t v = 0;
	long scale = 0, exponent = 0; /* digits behind the point; the power of ten */
	bool negative = false, point = false, in_exponent = false, exponent_negative = false;
	unsigned zeros = 0; /* digits 0 not yet multiplied in: 1.000…0 must not overflow */

	while (r.left.size > 0) {
		uint8_t c = rd_u8(&r);

		if (c == '-' && !in_exponent) {
			negative = true;
		} else if (c == '-' || c == '+') {
			exponent_negative = c == '-';
		} else if (c == '.') {
			point = true;
		} else if (c == 'e' || c == 'E') {
			in_exponent = true;
		} else if (in_exponent) {
			if (exponent < 100000)
				exponent = exponent * 10 + (c - '0');
		} else {
			scale += point ? 1 : 0;
			zeros++;
			if (c == '0')
				continue;
			for (; zeros > 0; zeros--) {
				if (__builtin_mul_overflow(v, (int64_t)10, &v))
					return point ? 1 : 2;
			}
			if (__builtin_sub_overflow(v, (int64_t)(c - '0'), &v))
				return point ? 1 : 2;
		}
	}
	exponent = (exponent_negative ? -exponent : exponent) - scale + (long)zeros;
	for (; v != 0 && exponent > 0; exponent--) {
		if (__builtin_mul_overflow(v, (int64_t)10, &v))
			return 2;
	}
	for (; v != 0 && exponent < 0; exponent++) {
		if (v % 10 != 0)
			return 1;
		v /= 10;
	}
	if (!negative && __builtin_sub_overflow((int64_t)0, v, &v))
		return 2;
	*out = v;
	return 0;
}

/* One JSON primitive; the caller has dealt with null. */
static int
json_to_value(struct eval *ev, const struct json *v, struct value *out)
{
	*out = (struct value){ .type = CLAIM_STRING, .text = v->text };
	switch (v->type) {
	case JSON_STRING:
		return 0;
	case JSON_BOOL:
		*out = (struct value){ .type = CLAIM_BOOLEAN, .truth = v->truth };
		return 0;
	case JSON_NUMBER:
		*out = (struct value){ .type = CLAIM_INTEGER };
		switch (number_to_int(v->text, &out->number)) {
		case 0:
			return 0;
		case 1:
			return eval_error(ev, "JsonToClaimValue: a number with a fraction");
		default:
			return eval_error(ev, "JsonToClaimValue: a number outside 64 bits");
		}
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return eval_error(ev,
	    "JsonToClaimValue: an object, or an array that holds an object or array");
}

/* null members vanish; the empty array is the empty set. */
static int
array_to_set(struct eval *ev, const struct json *array, struct value_set *out)
{
	struct value *many;

	many = eval_alloc(ev, array->count + 1, sizeof(*many));
	if (many == NULL)
		return -1;
	out->many = many;
	for (const struct json *v = array->first; v != NULL; v = v->next) {
		if (v->type == JSON_NULL)
			continue;
		TRY(json_to_value(ev, v, &many[out->count]));
		out->count++;
	}
	if (out->count == 1)
		out->one = many[0];
	return 0;
}

/* 9.2. Text that is no JSON stays what it is, a string: it can become neither a boolean nor an integer. */
static int
call_json_to_claim_value(struct eval *ev, const struct value_set *args, struct value_set *out)
{
	struct err parse_error = { 0 };
	const struct json *v;
	struct bytes text = { 0 };

	TRY(single_text(ev, "JsonToClaimValue: the argument is not one string", &args[0], &text));
	if (text.size == 0)
		return eval_error(ev, "JsonToClaimValue: the empty string");
	*out = (struct value_set){ .read_only = args[0].read_only };
	TRY(eval_spend(ev, 1 + text.size / 16));
	if (json_parse(text, MAX_FUNCTION_RESULT_SIZE, ev->arena, &v, &parse_error) < 0) {
		if (parse_error.code != ERR_MALFORMED)
			return eval_budget(ev, "JsonToClaimValue: the JSON text");
		*out = single(args[0].one, args[0].read_only);
		return 0;
	}
	if (v->type == JSON_NULL)
		return 0;
	if (v->type == JSON_ARRAY)
		return array_to_set(ev, v, out);
	out->count = 1;
	return json_to_value(ev, v, &out->one);
}

static const struct function function_table[] = {
	{ "JmesPath", 2, function_jmespath },
	{ "JsonToClaimValue", 1, call_json_to_claim_value },
	{ "IsSubsetOf", 2, call_is_subset_of },
	{ "AppendString", 2, call_append_string },
	{ "NegateBool", 1, call_negate_bool },
	{ "ContainsOnlyValue", 2, call_contains_only_value },
};

const struct function *
function_find(struct bytes name)
{
	for (size_t i = 0; i < COUNT_OF(function_table); i++) {
		if (bytes_is_str(name, function_table[i].name))
			return &function_table[i];
	}
	return NULL;
}

const char *
function_near(struct bytes name)
{
	const char *names[COUNT_OF(function_table)];

	for (size_t i = 0; i < COUNT_OF(names); i++)
		names[i] = function_table[i].name;
	return near_word(name, names, COUNT_OF(names));
}
