/* SPDX-License-Identifier: Apache-2.0 */
/* Runtime and init data given as JSON (maa-api.md 4.2). */
#include "claims/sgx.h"

/* The claim stands in a member of the token's payload, which is parsed again by others of our parts. */
#define MAX_DATA_DEPTH (MAX_JSON_DEPTH - 4)

static bool
is_left_behind(uint8_t c)
{
	return c == '\0' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_deeper(const struct json *v, unsigned left)
{
	if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
		return false;
	if (left == 0)
		return true;
	for (const struct json *child = v->first; child != NULL; child = child->next) {
		if (is_deeper(child, left - 1))
			return true;
	}
	return false;
}

int
claims_data_parse(struct bytes data, struct arena *a, const struct json **out, struct err *e)
{
	const struct json *v;

	while (data.size > 0 && is_left_behind(data.p[data.size - 1]))
		data.size--;
	TRY(json_parse(data, MAX_RUNTIME_JSON_SIZE, a, &v, e));
	if (v->type != JSON_OBJECT)
		return err_set(e, ERR_MALFORMED, "data of type JSON: want an object");
	if (is_deeper(v, MAX_DATA_DEPTH))
		return err_set(e, ERR_LIMIT, "data of type JSON: nested more than %d deep",
		    MAX_DATA_DEPTH);
	*out = v;
	return 0;
}
