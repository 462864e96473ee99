/* SPDX-License-Identifier: Apache-2.0 */
/* The table of functions, and those of single values. Those of lists are in functions_list.c. */
#include "jmespath/functions.h"

#include "jmespath/functions_list.h"
#include "jmespath/number.h"

#include <string.h>

#define NUMBER   TAKES(JSON_NUMBER)
#define STRING   TAKES(JSON_STRING)
#define ARRAY    TAKES(JSON_ARRAY)
#define OBJECT   TAKES(JSON_OBJECT)
#define ANYTHING (TAKES(JSON_NULL) | TAKES(JSON_BOOL) | NUMBER | STRING | ARRAY | OBJECT)

static int
out_of_reach(struct run *r)
{
	return run_limit(r, "a number is too large, too small or too long to compute with");
}

static int
read_number(struct run *r, const struct json *v, struct number *out)
{
	TRY(run_spend(r, run_cost(v->text.size)));
	return number_of(v->text, out) ? 0 : out_of_reach(r);
}

/* A number of this spelling. */
static int
give_number(struct run *r, struct bytes text, const struct json **out)
{
	struct json *v = json_new(r->arena, JSON_NUMBER);

	if (v == NULL)
		return run_starved(r);
	v->text = arena_copy(r->arena, text);
	if (v->text.p == NULL)
		return run_starved(r);
	*out = v;
	return 0;
}

static int
give_total(struct run *r, const struct total *t, const struct json **out)
{
	char text[MAX_NUMBER_SIZE];

	return give_number(r, bytes_of(text, total_format(t, text)), out);
}

static int
fn_abs(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct bytes text = args[0]->text;

	(void)call;
	*out = args[0];
	if (!bytes_has_prefix(text, "-"))
		return 0;
	return give_number(r, bytes_slice(text, 1, text.size), out);
}

/* Down (-1) or up (1) to an integer. */
static int
round_number(struct run *r, const struct json *v, int direction, const struct json **out)
{
	struct total t = { 0 };
	struct number n;

	TRY(read_number(r, v, &n));
	if (n.zero)
		return run_int(r, 0, out);
	if (n.low >= 0 && n.top >= NUMBER_PLAIN) {
		*out = v; /* an integer that is spelt with an exponent, or long */
		return 0;
	}
	if (n.top < 0)
		return run_int(r, (direction < 0) == n.negative ? direction : 0, out);
	if (!total_add(&t, &n) || !total_settle(&t) || !total_round(&t, direction))
		return out_of_reach(r);
	return give_total(r, &t, out);
}

static int
fn_ceil(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	(void)call;
	return round_number(r, args[0], 1, out);
}

static int
fn_floor(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	(void)call;
	return round_number(r, args[0], -1, out);
}

static int
add_all(struct run *r, const struct json *list, struct total *t)
{
	struct number n;

	for (const struct json *v = list->first; v != NULL; v = v->next) {
		TRY(read_number(r, v, &n));
		if (!total_add(t, &n))
			return out_of_reach(r);
	}
	TRY(run_spend(r, NUMBER_COLUMNS / 64));
	return total_settle(t) ? 0 : out_of_reach(r);
}

static int
fn_sum(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct total t = { 0 };

	(void)call;
	TRY(add_all(r, args[0], &t));
	return give_total(r, &t, out);
}

static int
fn_avg(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct total t = { 0 };

	(void)call;
	*out = &jmespath_null;
	if (args[0]->count == 0)
		return 0;
	TRY(add_all(r, args[0], &t));
	total_divide(&t, args[0]->count);
	return give_total(r, &t, out);
}

static int
contains_element(struct run *r, const struct json *list, const struct json *wanted, bool *found)
{
	*found = false;
	for (const struct json *v = list->first; v != NULL && !*found; v = v->next)
		TRY(value_eq(r, v, wanted, found));
	return 0;
}

static int
fn_contains(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct bytes all = args[0]->text, part = args[1]->text;
	bool found;

	(void)call;
	if (args[0]->type == JSON_ARRAY) {
		TRY(contains_element(r, args[0], args[1], &found));
	} else {
		TRY(run_spend(r, run_cost(all.size + part.size)));
		found = args[1]->type == JSON_STRING &&
		    (part.size == 0 ||
			(all.size > 0 && memmem(all.p, all.size, part.p, part.size) != NULL));
	}
	*out = run_bool(found);
	return 0;
}

static int
fn_starts_with(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct bytes all = args[0]->text, part = args[1]->text;

	(void)call;
	TRY(run_spend(r, run_cost(part.size)));
	*out = run_bool(part.size <= all.size && bytes_eq(bytes_slice(all, 0, part.size), part));
	return 0;
}

static int
fn_ends_with(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct bytes all = args[0]->text, part = args[1]->text;

	(void)call;
	TRY(run_spend(r, run_cost(part.size)));
	*out = run_bool(part.size <= all.size &&
	    bytes_eq(bytes_slice(all, all.size - part.size, part.size), part));
	return 0;
}

static int
fn_equals_ignore_case(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct bytes a = args[0]->text, b = args[1]->text;

	(void)call;
	TRY(run_spend(r, run_cost(a.size)));
	*out = run_bool(
	    args[0]->type == JSON_STRING && args[1]->type == JSON_STRING && bytes_eq_nocase(a, b));
	return 0;
}

static int
count_characters(struct run *r, struct bytes text, int64_t *out)
{
	TRY(run_spend(r, run_cost(text.size)));
	*out = 0;
	for (size_t i = 0; i < text.size; i++)
		*out += (text.p[i] & 0xc0) != 0x80;
	return 0;
}

static int
fn_length(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	int64_t count = (int64_t)args[0]->count;

	(void)call;
	if (args[0]->type == JSON_STRING)
		TRY(count_characters(r, args[0]->text, &count));
	return run_int(r, count, out);
}

/* Character by character; TEXT is UTF-8. */
static int
reverse_string(struct run *r, struct bytes text, const struct json **out)
{
	size_t whole = text.size, at = text.size;
	uint8_t *to = run_alloc(r, text.size, 1);

	if (to == NULL)
		return -1;
	while (text.size > 0) {
		size_t size = 1;

		while (size < text.size && (text.p[size] & 0xc0) == 0x80)
			size++;
		at -= size;
		memcpy(to + at, text.p, size);
		text = bytes_slice(text, size, text.size);
	}
	return run_str(r, bytes_of(to, whole), out);
}

static int
fn_reverse(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	(void)call;
	if (args[0]->type == JSON_STRING)
		return reverse_string(r, args[0]->text, out);
	return list_reverse(r, args[0], out);
}

static int
fn_type(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",
		[JSON_BOOL] = "boolean",
		[JSON_NUMBER] = "number",
		[JSON_STRING] = "string",
		[JSON_ARRAY] = "array",
		[JSON_OBJECT] = "object",
	};

	(void)call;
	return run_str(r, bytes_of_str(names[args[0]->type]), out);
}

static int
fn_not_null(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	TRY(run_spend(r, call->part_count));
	*out = &jmespath_null;
	for (size_t i = 0; i < call->part_count && (*out)->type == JSON_NULL; i++)
		*out = args[i];
	return 0;
}

static int
fn_to_array(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct json *list;

	(void)call;
	*out = args[0];
	if (args[0]->type == JSON_ARRAY)
		return 0;
	TRY(run_list(r, JSON_ARRAY, &list));
	TRY(run_append(r, list, (struct bytes){ 0 }, args[0]));
	*out = list;
	return 0;
}

static int
fn_to_string(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct bytes text;

	(void)call;
	*out = args[0];
	if (args[0]->type == JSON_STRING)
		return 0;
	TRY(value_emit(r, args[0], &text));
	return run_str(r, text, out);
}

/* A string that is a number of JSON, from end to end. */
static int
parse_number(struct run *r, struct bytes text, const struct json **out)
{
	const struct json *v;
	struct err e = { 0 };

	TRY(run_spend(r, run_cost(text.size)));
	if (json_parse(text, text.size, r->arena, &v, &e) == 0) {
		if (v->type == JSON_NUMBER && v->span.size == text.size)
			*out = v;
		return 0;
	}
	return arena_failed(&e) ? run_starved(r) : 0;
}

static int
fn_to_number(struct run *r, const struct step *call, const struct json *const *args,
    const struct json **out)
{
	struct bytes text = args[0]->text;

	(void)call;
	*out = &jmespath_null;
	if (args[0]->type == JSON_NUMBER)
		*out = args[0];
	/* Only what begins like a number is worth a look. */
	if (args[0]->type == JSON_STRING && text.size > 0 &&
	    (text.p[0] == '-' || (text.p[0] >= '0' && text.p[0] <= '9')))
		return parse_number(r, text, out);
	return 0;
}

static const struct function function_table[] = {
	{ "abs", 1, 1, { { NUMBER, "a number" } }, fn_abs },
	{ "avg", 1, 1, { { TAKES_NUMBERS, "an array of numbers" } }, fn_avg },
	{ "ceil", 1, 1, { { NUMBER, "a number" } }, fn_ceil },
	{ "contains", 2, 2,
	    { { ARRAY | STRING, "an array or a string" }, { ANYTHING, "anything" } }, fn_contains },
	{ "ends_with", 2, 2, { { STRING, "a string" }, { STRING, "a string" } }, fn_ends_with },
	{ "equals_ignore_case", 2, 2, { { ANYTHING, "anything" }, { ANYTHING, "anything" } },
	    fn_equals_ignore_case },
	{ "floor", 1, 1, { { NUMBER, "a number" } }, fn_floor },
	{ "join", 2, 2, { { STRING, "a string" }, { TAKES_STRINGS, "an array of strings" } },
	    list_join },
	{ "keys", 1, 1, { { OBJECT, "an object" } }, list_keys },
	{ "length", 1, 1, { { STRING | ARRAY | OBJECT, "a string, an array or an object" } },
	    fn_length },
	{ "map", 2, 2, { { TAKES_EXPRESSION, "an expression" }, { ARRAY, "an array" } }, list_map },
	{ "max", 1, 1, { { TAKES_NUMBERS | TAKES_STRINGS, "an array of numbers, or of strings" } },
	    list_max },
	{ "max_by", 2, 2, { { ARRAY, "an array" }, { TAKES_EXPRESSION, "an expression" } },
	    list_max_by },
	{ "merge", 1, ANY_NUMBER_OF_ARGS, { { OBJECT, "an object" }, { OBJECT, "an object" } },
	    list_merge },
	{ "min", 1, 1, { { TAKES_NUMBERS | TAKES_STRINGS, "an array of numbers, or of strings" } },
	    list_min },
	{ "min_by", 2, 2, { { ARRAY, "an array" }, { TAKES_EXPRESSION, "an expression" } },
	    list_min_by },
	{ "not_null", 1, ANY_NUMBER_OF_ARGS, { { ANYTHING, "anything" }, { ANYTHING, "anything" } },
	    fn_not_null },
	{ "reverse", 1, 1, { { STRING | ARRAY, "a string or an array" } }, fn_reverse },
	{ "sort", 1, 1, { { TAKES_NUMBERS | TAKES_STRINGS, "an array of numbers, or of strings" } },
	    list_sort },
	{ "sort_by", 2, 2, { { ARRAY, "an array" }, { TAKES_EXPRESSION, "an expression" } },
	    list_sort_by },
	{ "starts_with", 2, 2, { { STRING, "a string" }, { STRING, "a string" } }, fn_starts_with },
	{ "sum", 1, 1, { { TAKES_NUMBERS, "an array of numbers" } }, fn_sum },
	{ "to_array", 1, 1, { { ANYTHING, "anything" } }, fn_to_array },
	{ "to_number", 1, 1, { { ANYTHING, "anything" } }, fn_to_number },
	{ "to_string", 1, 1, { { ANYTHING, "anything" } }, fn_to_string },
	{ "type", 1, 1, { { ANYTHING, "anything" } }, fn_type },
	{ "values", 1, 1, { { OBJECT, "an object" } }, list_values },
};

const struct function *
jmespath_function(struct bytes name, const struct jmespath_options *options)
{
	for (size_t i = 0; i < COUNT_OF(function_table); i++) {
		const struct function *fn = &function_table[i];

		if (bytes_is_str(name, fn->name))
			return fn->run == fn_equals_ignore_case && !options->equals_ignore_case
			    ? NULL
			    : fn;
	}
	return NULL;
}

const struct parameter *
jmespath_parameter(const struct function *fn, size_t index)
{
	return &fn->parameters[index < COUNT_OF(fn->parameters) ? index
								: COUNT_OF(fn->parameters) - 1];
}
