/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/bearer.h"

#include "jose/jwk.h"
#include "jose/jwt.h"

#include <stdlib.h>

struct issuer {
	struct bytes name, roles_claim;
	struct bytes audiences[MAX_AUTHN_AUDIENCES];
	size_t audience_count;
	unsigned algs;
	struct jwks keys;
};

struct authn {
	struct arena arena;
	int64_t leeway_s;
	size_t count;
	struct issuer *issuers;
};

/* product.md 4: who may also read. An operator sees health and metrics, no tenant's data. */
static const struct role_row {
	const char *name;
	unsigned roles;
} role_table[] = {
	{ "reader", ROLE_READER },
	{ "contributor", ROLE_CONTRIBUTOR | ROLE_READER },
	{ "signer", ROLE_SIGNER | ROLE_READER },
	{ "auditor", ROLE_AUDITOR | ROLE_READER },
	{ "operator", ROLE_OPERATOR },
};

unsigned
role_parse(struct bytes name)
{
	for (size_t i = 0; i < COUNT_OF(role_table); i++)
		if (bytes_is_str_nocase(name, role_table[i].name))
			return role_table[i].roles;
	return 0;
}

bool
caller_may(const struct caller *caller, enum role role)
{
	return (caller->roles & (unsigned)role) != 0;
}

/* arena_copy() that tells an empty view from no memory. */
static int
keep(struct arena *a, struct bytes from, struct bytes *out, struct err *e)
{
	*out = arena_copy(a, from);
	return out->p == NULL ? arena_fail(e, "bearer issuer") : 0;
}

static int
issuer_init(struct issuer *issuer, const struct authn_issuer_spec *spec, struct arena *a,
    struct err *e)
{
	struct bytes jwks;

	if (spec->issuer.size == 0)
		return err_set(e, ERR_INVALID, "bearer issuer: its name is empty");
	if (spec->audience_count == 0 || spec->audience_count > MAX_AUTHN_AUDIENCES)
		return err_set(e, ERR_INVALID, "bearer issuer %.*s: %zu audiences, want 1 to %d",
		    BYTES_FMT(spec->issuer), spec->audience_count, MAX_AUTHN_AUDIENCES);
	TRY(keep(a, spec->issuer, &issuer->name, e));
	TRY(keep(a, spec->roles_claim.size > 0 ? spec->roles_claim : BYTES("roles"),
	    &issuer->roles_claim, e));
	for (size_t i = 0; i < spec->audience_count; i++)
		TRY(keep(a, spec->audiences[i], &issuer->audiences[i], e));
	issuer->audience_count = spec->audience_count;
	issuer->algs = spec->algs != 0 ? spec->algs : AUTHN_ALGS_DEFAULT;
	TRY(keep(a, spec->jwks, &jwks, e));
	if (jwks_parse(jwks, a, &issuer->keys, e) < 0)
		return err_in(e, "bearer issuer %.*s", BYTES_FMT(spec->issuer));
	return 0;
}

int
authn_new(const struct authn_issuer_spec *issuers, size_t count, int64_t leeway_s,
    struct authn **out, struct err *e)
{
	DEFER(authn_freep) struct authn *authn = calloc(1, sizeof(*authn));

	if (authn == NULL)
		return arena_fail(e, "bearer issuers");
	if (count > MAX_AUTHN_ISSUERS)
		return err_set(e, ERR_LIMIT, "bearer issuers: %zu, at most %d", count,
		    MAX_AUTHN_ISSUERS);
	authn->leeway_s = leeway_s;
	arena_init(&authn->arena, (MAX_JWKS_SIZE + 65536) * (size_t)MAX_AUTHN_ISSUERS);
	authn->issuers = arena_array(&authn->arena, count, sizeof(*authn->issuers));
	if (authn->issuers == NULL)
		return arena_fail(e, "bearer issuers");
	for (size_t i = 0; i < count; i++) {
		TRY(issuer_init(&authn->issuers[i], &issuers[i], &authn->arena, e));
		authn->count++;
	}
	*out = TAKE(authn);
	return 0;
}

void
authn_free(struct authn *authn)
{
	if (authn == NULL)
		return;
	for (size_t i = 0; i < authn->count; i++)
		jwks_release(&authn->issuers[i].keys);
	arena_release(&authn->arena);
	free(authn);
}

void
authn_freep(struct authn **authn)
{
	authn_free(*authn);
}

static const struct issuer *
issuer_find(const struct authn *authn, struct bytes name)
{
	for (size_t i = 0; i < authn->count; i++)
		if (bytes_eq(authn->issuers[i].name, name))
			return &authn->issuers[i];
	return NULL;
}

static bool
audience_is(const struct issuer *issuer, struct bytes aud)
{
	for (size_t i = 0; i < issuer->audience_count; i++)
		if (aud.p != NULL && bytes_eq(issuer->audiences[i], aud))
			return true;
	return false;
}

/* RFC 7519 4.1.3: one string or an array of them. */
static bool
audience_fits(const struct issuer *issuer, const struct json *aud)
{
	if (aud == NULL)
		return false;
	if (aud->type != JSON_ARRAY)
		return audience_is(issuer, json_text(aud));
	for (const struct json *i = aud->first; i != NULL; i = i->next)
		if (audience_is(issuer, json_text(i)))
			return true;
	return false;
}

/* The role words of the issuer's claim; a string may hold several, separated by blanks (RFC 8693 4.2). */
static unsigned
roles_of_text(struct bytes text)
{
	unsigned roles = 0;
	size_t start = 0;

	for (size_t i = 0; i <= text.size; i++)
		if (i == text.size || text.p[i] == ' ') {
			roles |= role_parse(bytes_slice(text, start, i - start));
			start = i + 1;
		}
	return roles;
}

static unsigned
roles_of(const struct json *claim)
{
	unsigned roles = 0;

	if (claim == NULL)
		return 0;
	if (claim->type != JSON_ARRAY)
		return roles_of_text(json_text(claim));
	for (const struct json *i = claim->first; i != NULL; i = i->next)
		roles |= role_parse(json_text(i));
	return roles;
}

static const struct json *
member(const struct json *object, struct bytes name)
{
	for (const struct json *i = object->first; i != NULL; i = i->next)
		if (bytes_eq(i->name, name))
			return i;
	return NULL;
}

static int
signature_judge(const struct issuer *issuer, const struct jws *jws, struct err *why)
{
	const struct jwk *key = NULL;
	bool good = false;

	if (jws->kid.p != NULL)
		key = jwks_find(&issuer->keys, jws->kid);
	else if (issuer->keys.count == 1)
		key = &issuer->keys.keys[0];
	if (key == NULL)
		return err_set(why, ERR_MISSING, "bearer token: its kid is no key of its issuer");
	if ((issuer->algs & 1u << key->alg) == 0)
		return err_set(why, ERR_UNSUPPORTED,
		    "bearer token: %s is not pinned for its issuer", sig_alg_name(key->alg));
	TRY(jws_verify(jws, key->key, key->alg, &good, why));
	if (!good)
		return err_set(why, ERR_SIGNATURE, "bearer token: the signature does not verify");
	return 0;
}

static int
times_judge(const struct jwt_times *times, int64_t now_at, int64_t leeway_s, struct err *why)
{
	switch (jwt_judge_times(times, now_at, leeway_s)) {
	case JWT_TIME_OK:
		return 0;
	case JWT_EXPIRED:
		return err_set(why, ERR_STALE, "bearer token: expired");
	case JWT_NOT_YET_VALID:
		return err_set(why, ERR_STALE, "bearer token: not yet valid");
	case JWT_NO_EXP:
		break;
	}
	return err_set(why, ERR_INVALID, "bearer token: no exp");
}

static int
token_judge(const struct authn *authn, struct bytes token, int64_t now_at, struct arena *a,
    struct caller *caller, struct err *why)
{
	const struct issuer *issuer;
	const struct json *claims;
	struct jwt_times times;
	struct jws jws;

	if (token.size > MAX_BEARER_SIZE)
		return err_set(why, ERR_LIMIT, "bearer token: %zu bytes, at most %d", token.size,
		    MAX_BEARER_SIZE);
	TRY(jws_parse(token, a, &jws, why));
	TRY(jwt_parse_claims(&jws, a, &claims, &times, why));
	/* `iss` chooses whose keys must have signed; it is believed only once they have. */
	struct bytes iss = json_text(json_get(claims, "iss"));
	issuer = iss.p != NULL ? issuer_find(authn, iss) : NULL;
	if (issuer == NULL)
		return err_set(why, ERR_MISSING, "bearer token: its issuer is not configured");
	TRY(signature_judge(issuer, &jws, why));
	TRY(times_judge(&times, now_at, authn->leeway_s, why));
	if (!audience_fits(issuer, json_get(claims, "aud")))
		return err_set(why, ERR_DENIED, "bearer token: it is for another audience");
	struct bytes subject = json_text(json_get(claims, "sub"));
	if (subject.p == NULL)
		subject = json_text(json_get(claims, "oid"));
	*caller = (struct caller){ .roles = roles_of(member(claims, issuer->roles_claim)),
		.subject = subject,
		.issuer = issuer->name };
	return 0;
}

/* No token is so large that its parts do not fit into a request's memory. */
static bool
is_ours(const struct err *e)
{
	return e->code == ERR_INTERNAL || arena_failed(e);
}

enum authn_verdict
authn_judge(const struct authn *authn, struct bytes token, int64_t now_at, struct arena *a,
    struct caller *caller, struct err *why)
{
	struct err e = { 0 };

	if (token.p == NULL)
		return AUTHN_NONE;
	if (authn == NULL || token_judge(authn, token, now_at, a, caller, &e) < 0) {
		if (authn == NULL)
			err_set(&e, ERR_MISSING, "bearer token: no issuer is configured");
		if (why != NULL)
			*why = e;
		return is_ours(&e) ? AUTHN_FAILED : AUTHN_BAD;
	}
	return AUTHN_OK;
}
