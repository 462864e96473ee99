/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk.h"

/*
 * ERR_UNSUPPORTED is the code for keys that are well formed and not for us: an unknown kty, crv or alg, a key for
 * encryption, an RSA key too small to be trusted. They are passed over, so that an issuer can publish them beside ours.
 */
static int
take_key(const struct json *v, struct arena *a, struct jwks *set, struct err *e)
{
	struct err why = { 0 };

	if (jwk_parse(v, a, &set->keys[set->count], &why) == 0) {
		set->count++;
		return 0;
	}
	if (why.code == ERR_UNSUPPORTED) {
		set->skipped++;
		return 0;
	}
	return err_set(e, why.code, "jwks: key %zu: %.200s", set->count + set->skipped, why.msg);
}

int
jwks_parse(struct bytes text, struct arena *a, struct jwks *out, struct err *e)
{
	const struct json *doc = NULL, *keys;
	DEFER(jwks_release) struct jwks set = { 0 };

	if (json_parse(text, MAX_JWKS_SIZE, a, &doc, e) < 0)
		return err_in(e, "jwks");
	keys = json_get(doc, "keys");
	if (keys == NULL || keys->type != JSON_ARRAY)
		return err_set(e, ERR_MALFORMED, "jwks: no array keys (RFC 7517 section 5)");
	if (keys->count > MAX_JWKS_KEYS)
		return err_set(e, ERR_LIMIT, "jwks: %zu keys, at most %d", keys->count,
		    MAX_JWKS_KEYS);
	for (const struct json *v = keys->first; v != NULL; v = v->next)
		TRY(take_key(v, a, &set, e));
	*out = set;
	set.count = 0;
	return 0;
}

void
jwks_release(struct jwks *set)
{
	for (size_t i = 0; i < set->count; i++)
		jwk_release(&set->keys[i]);
	set->count = 0;
}

const struct jwk *
jwks_find(const struct jwks *set, struct bytes kid)
{
	const struct jwk *found = NULL;

	if (kid.p == NULL)
		return NULL;
	for (size_t i = 0; i < set->count; i++) {
		if (set->keys[i].kid.p == NULL || !bytes_eq(set->keys[i].kid, kid))
			continue;
		if (found != NULL)
			return NULL;
		found = &set->keys[i];
	}
	return found;
}
