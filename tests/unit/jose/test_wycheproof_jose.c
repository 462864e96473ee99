/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Project Wycheproof's files of tokens and keys. A token is good when its key is one that we take, of this kid in its set,
 * and the signature verifies by the algorithm the key is for. Differences stand in docs/suites.md, by file and algorithm.
 */
#include "jose/jwk.h"
#include "jose/jws.h"

#include "../../support/suite.h"
#include "../../support/vectors.h"

#define MAX_SUITE_SIZE (8 << 20)

static struct suite suite;
static struct arena arena;

static const struct json *
groups_of(const char *name)
{
	const struct json *all = NULL;
	struct bytes text;
	char path[160];

	snprintf(path, sizeof(path), "wycheproof/%s", name);
	assert_true(vector_read(path, &arena, &text));
	assert_int_equal(json_parse(text, MAX_SUITE_SIZE, &arena, &all, NULL), 0);
	return json_get(all, "testGroups");
}

/* What a verifier holds: the public half, or the symmetric key of a group that has no other. */
static const struct json *
key_of(const struct json *group)
{
	const struct json *key = json_get(group, "public");

	return key != NULL ? key : json_get(group, "private");
}

static bool
is_good(const struct jwk *jwk, const struct jws *jws)
{
	bool good = false;

	assert_int_equal(jws_verify(jws, jwk->key, jwk->alg, &good, NULL), 0);
	return good;
}

static bool
good_by_key(const struct json *key, struct bytes token)
{
	DEFER(jwk_release) struct jwk jwk = { 0 };
	struct jws jws = { 0 };

	return jwk_parse(key, &arena, &jwk, NULL) == 0 &&
	    jws_parse(token, &arena, &jws, NULL) == 0 && is_good(&jwk, &jws);
}

static bool
good_by_set(const struct json *set, struct bytes token)
{
	DEFER(jwks_release) struct jwks keys = { 0 };
	const struct jwk *jwk;
	struct jws jws = { 0 };

	if (jwks_parse(set->span, &arena, &keys, NULL) < 0 ||
	    jws_parse(token, &arena, &jws, NULL) < 0)
		return false;
	jwk = jwks_find(&keys, jws.kid);
	return jwk != NULL && is_good(jwk, &jws);
}

static const char *
said_alg(const struct json *key)
{
	const struct json *set = json_get(key, "keys");
	struct bytes alg = json_text(json_get(set == NULL ? key : json_item(set, 0), "alg"));
	struct bytes copy = arena_copy(&arena, alg.p == NULL ? BYTES("without alg") : alg);

	assert_non_null(copy.p);
	return (const char *)copy.p;
}

/* A compact JWS; or a JWE or a JSON serialisation, which nothing of ours reads. */
static struct bytes
token_of(const struct json *test)
{
	const struct json *said = json_get(test, "jws");

	if (said == NULL)
		said = json_get(test, "jwe");
	assert_non_null(said);
	return said->type == JSON_STRING ? said->text : said->span;
}

static void
run_group(const char *file, const struct json *group)
{
	const struct json *key = key_of(group), *tests = json_get(group, "tests");
	bool is_set = json_get(key, "keys") != NULL;
	char id[160];

	(void)snprintf(id, sizeof(id), "%s %s", file, said_alg(key));
	for (const struct json *t = tests->first; t != NULL; t = t->next) {
		struct bytes token = token_of(t);
		bool valid = json_is_str(json_get(t, "result"), "valid");

		suite_case(&suite, id, valid ? "good" : "not good",
		    (is_set ? good_by_set(key, token) : good_by_key(key, token)) ? "good"
										 : "not good");
	}
}

static void
every_token_has_its_verdict(void **state)
{
	static const char *const files[] = { "json_web_signature_test.json",
		"json_web_key_test.json", "json_web_crypto_test.json" };

	(void)state;
	suite_open(&suite, "wycheproof-jose");
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		arena_init(&arena, 64 << 20);
		for (const struct json *g = groups_of(files[i])->first; g != NULL; g = g->next)
			run_group(files[i], g);
		arena_release(&arena);
	}
	suite_close(&suite);
}

int
main(void)
{
	NEED_VECTORS("wycheproof");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_token_has_its_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
