/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jose/jwk, jwks: a key that is taken, written again, is taken as the same key under the same thumbprint; no private
 * member is ever taken; a kid finds one key or none.
 */
#include "mutate.h"

#include "jose/jwk.h"

#include <stdlib.h>

static void
fuzz_one(const struct json *object, struct arena *a)
{
	static const char *const secrets[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
	struct jwk jwk = { 0 }, again = { 0 };
	uint8_t print[SHA256_SIZE], other[SHA256_SIZE];
	struct err e = { 0 };
	struct json *made;

	if (jwk_parse(object, a, &jwk, &e) < 0) {
		fuzz_refusal(&e);
		HOLDS(jwk.key == NULL);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(secrets); i++)
		HOLDS(json_get(object, secrets[i]) == NULL);
	HOLDS(key_fits(jwk.key, jwk.alg));
	made = jwk_emit(a, jwk.key, jwk.alg, jwk.kid, jwk.cert);
	HOLDS(made != NULL && jwk_parse(made, a, &again, &e) == 0);
	HOLDS(key_eq(jwk.key, again.key) && jwk.alg == again.alg && again.has_alg);
	/* A kid of no characters is not written. */
	HOLDS(jwk.kid.size == 0 || bytes_eq(jwk.kid, again.kid));
	jwk_thumbprint(jwk.key, print);
	jwk_thumbprint(again.key, other);
	HOLDS(bytes_eq(BYTES_OF(print), BYTES_OF(other)));
	jwk_release(&jwk);
	jwk_release(&again);
}

static void
fuzz_set(struct bytes text, struct arena *a)
{
	static struct jwks set;
	struct err e = { 0 };

	if (jwks_parse(text, a, &set, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(set.count <= MAX_JWKS_KEYS);
	for (size_t i = 0; i < set.count; i++) {
		size_t same = 0;

		for (size_t k = 0; k < set.count; k++)
			same +=
			    set.keys[k].kid.p != NULL && bytes_eq(set.keys[k].kid, set.keys[i].kid);
		if (set.keys[i].kid.p != NULL)
			HOLDS(
			    jwks_find(&set, set.keys[i].kid) == (same == 1 ? &set.keys[i] : NULL));
	}
	jwks_release(&set);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = fuzz_arena();
	struct bytes text = bytes_of(data, size);
	const struct json *doc, *keys;

	fuzz_set(text, a);
	if (json_parse(text, size, a, &doc, NULL) < 0)
		return 0;
	fuzz_one(doc, a);
	keys = json_get(doc, "keys");
	for (const struct json *k = keys == NULL ? NULL : keys->first; k != NULL; k = k->next)
		fuzz_one(k, a);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_json(data, size, max_size, seed);
}
