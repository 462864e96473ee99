/* SPDX-License-Identifier: Apache-2.0 */
#include "client/bound_keys.h"

struct bound_keys
bound_keys_of(const struct json *claims)
{
	const struct json *runtime = json_get(claims, "x-ms-runtime");
	const struct json *list = json_get(runtime, "keys");

	return (struct bound_keys){
		.single = { json_get(json_get(claims, "cnf"), "jwk"), json_get(runtime, "jwk") },
		.listed = list != NULL && list->type == JSON_ARRAY ? list->first : NULL,
	};
}

const struct json *
bound_keys_take(struct bound_keys *keys)
{
	const struct json *jwk = NULL, *inner;

	for (size_t i = 0; i < COUNT_OF(keys->single) && jwk == NULL; i++) {
		jwk = keys->single[i];
		keys->single[i] = NULL;
	}
	if (jwk == NULL && keys->listed != NULL) {
		jwk = keys->listed;
		keys->listed = jwk->next;
	}
	/* Documentation and recordings differ (maa-api.md 2.1). */
	inner = json_get(jwk, "jwk");
	return inner != NULL ? inner : jwk;
}
