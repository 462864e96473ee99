/* SPDX-License-Identifier: Apache-2.0 */
#define ATTEST_BUILD_ALLOWS_DEV_ISSUERS
#include "lib/lib.h"

#include "base/clock.h"

#include <stdlib.h>

#define MAX_KEYS_MEMORY (4U << 20)

struct attest_verifier {
	struct arena arena; /* of the keys, or the issuer */
	struct jwks keys;
	struct key_cache *cache; /* NULL: the keys were given */
	struct bytes issuer;     /* whose keys the cache holds */
	bool allow_dev;
};

const char *
attest_version(void)
{
	return ATTEST_VERSION;
}

static void
verifier_freep(struct attest_verifier **v)
{
	attest_verifier_free(*v);
}

static int
verifier_make(const char *jwks, size_t size, struct attest_verifier **out, struct err *e)
{
	DEFER(verifier_freep) struct attest_verifier *v = calloc(1, sizeof(*v));
	struct bytes kept;

	if (v == NULL)
		return arena_fail(e, "verifier");
	arena_init(&v->arena, MAX_KEYS_MEMORY);
	if (jwks == NULL)
		return err_set(e, ERR_INVALID, "verifier: there are no keys");
	if (size > MAX_JWKS_SIZE)
		return err_set(e, ERR_LIMIT, "verifier: %zu bytes of keys, at most %d", size,
		    MAX_JWKS_SIZE);
	kept = arena_copy(&v->arena, bytes_of(jwks, size));
	if (kept.p == NULL)
		return arena_fail(e, "verifier");
	TRY(jwks_parse(kept, &v->arena, &v->keys, e));
	*out = TAKE(v);
	return 0;
}

static int
verifier_make_cached(const struct attest_verifier_config *config, struct attest_verifier **out,
    struct err *e)
{
	DEFER(verifier_freep) struct attest_verifier *v = NULL;
	const struct key_cache_config *how;

	TRY(verifier_config_use(config, &how, e));
	v = calloc(1, sizeof(*v));
	if (v == NULL)
		return arena_fail(e, "verifier");
	arena_init(&v->arena, MAX_KEYS_MEMORY);
	v->issuer = arena_copy(&v->arena, bytes_of_str(how->from.issuer));
	if (v->issuer.p == NULL)
		return arena_fail(e, "verifier");
	TRY(key_cache_new(how, &v->cache, e));
	*out = TAKE(v);
	return 0;
}

struct attest_verifier *
attest_verifier_new(const struct attest_verifier_config *config, struct attest_error **error)
{
	struct attest_verifier *v = NULL;
	struct err e = { 0 };

	if (verifier_make_cached(config, &v, &e) < 0)
		(void)error_give(error, &e);
	return v;
}

struct attest_verifier *
attest_verifier_new_with_jwks(const char *jwks, size_t size, struct attest_error **error)
{
	struct attest_verifier *v = NULL;
	struct err e = { 0 };

	if (verifier_make(jwks, size, &v, &e) < 0)
		(void)error_give(error, &e);
	return v;
}

void
attest_verifier_free(struct attest_verifier *v)
{
	if (v == NULL)
		return;
	key_cache_free(v->cache);
	jwks_release(&v->keys);
	arena_release(&v->arena);
	free(v);
}

void
attest_verifier_allow_dev_issuers(struct attest_verifier *v)
{
	if (v != NULL)
		v->allow_dev = true;
}

static void
find_given(void *user, struct bytes kid, struct token_keys *out)
{
	(void)kid;
	*out = (struct token_keys){ .set = user };
}

/* One issuer's keys must not speak for another: what A signs in B's name would be accepted as B's. */
static int
check_issuer(const struct attest_verifier *v, const struct attest_expectation *x, struct err *e)
{
	if (v->issuer.p != NULL && !bytes_eq(v->issuer, x->want.issuer))
		return err_set(e, ERR_INVALID,
		    "the expectation is of another issuer than the verifier's keys");
	return 0;
}

static int
judge(struct attest_verifier *v, struct bytes token, struct attest_expectation *x, int64_t at,
    struct attest_result *r, struct err *e)
{
	struct token_expectation want = x->want;
	struct token_key_source source = { find_given, &v->keys };

	want.allow_dev = v->allow_dev;
	trace_init(&r->trace, &r->arena, "token", at);
	if (v->cache != NULL)
		source = (struct token_key_source){ key_cache_find_for_token, v->cache };
	TRY(token_judge_by(token, &source, &want, at, &r->arena, &r->trace, &r->seen, e));
	return result_conclude(r, e);
}

/* NULL when the library failed. */
static struct attest_result *
verify_at(struct attest_verifier *v, const char *token, size_t size, struct attest_expectation *x,
    int64_t at, struct err *e)
{
	DEFER(result_freep) struct attest_result *r = NULL;

	if (v == NULL || token == NULL) {
		(void)err_set(e, ERR_INVALID, "no %s was given", v == NULL ? "verifier" : "token");
		return NULL;
	}
	if (expectation_seal(x, e) < 0 || check_issuer(v, x, e) < 0)
		return NULL;
	r = result_new();
	if (r == NULL)
		(void)arena_fail(e, "result");
	else if (judge(v, bytes_of(token, size), x, at, r, e) == 0)
		return TAKE(r);
	return NULL;
}

enum attest_verdict
attest_verify_at(struct attest_verifier *v, const char *token, size_t size,
    struct attest_expectation *expectation, int64_t at, struct attest_result **result,
    struct attest_error **error)
{
	struct err e = { 0 };
	struct attest_result *r = verify_at(v, token, size, expectation, at, &e);

	return result_give(r, &e, result, error);
}

enum attest_verdict
attest_verify(struct attest_verifier *v, const char *token, size_t size,
    struct attest_expectation *expectation, struct attest_result **result,
    struct attest_error **error)
{
	return attest_verify_at(v, token, size, expectation, clock_now_at(), result, error);
}
