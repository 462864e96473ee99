/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwt.h"

/* NumericDate may have a fraction (RFC 7519 section 2); no issuer that we know writes one, and it is refused. */
static int
take_time(const struct json *claims, const char *name, int64_t *at, bool *has, struct err *e)
{
	const struct json *v = json_get(claims, name);

	*has = v != NULL;
	if (v != NULL && !json_int(v, at))
		return err_set(e, ERR_MALFORMED, "jwt: %s is no integer (RFC 7519 section 4.1)",
		    name);
	return 0;
}

int
jwt_parse_claims(const struct jws *jws, struct arena *a, const struct json **claims,
    struct jwt_times *times, struct err *e)
{
	const struct json *doc = NULL;
	struct jwt_times t = { 0 };

	if (json_parse(jws->payload, MAX_JWS_SIZE, a, &doc, e) < 0)
		return err_in(e, "jwt: payload");
	if (doc->type != JSON_OBJECT)
		return err_set(e, ERR_MALFORMED,
		    "jwt: the payload is no object (RFC 7519 section 7.2)");
	if (json_has_nul(doc))
		return err_set(e, ERR_MALFORMED, "jwt: a NUL in a string of the payload");
	TRY(take_time(doc, "iat", &t.iat, &t.has_iat, e));
	TRY(take_time(doc, "nbf", &t.nbf, &t.has_nbf, e));
	TRY(take_time(doc, "exp", &t.exp, &t.has_exp, e));
	*claims = doc;
	*times = t;
	return 0;
}

/* A + B, held at the ends of the range: a hostile exp must not wrap into the past or the future. */
static int64_t
add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

enum jwt_time_verdict
jwt_judge_times(const struct jwt_times *t, int64_t now_at, int64_t leeway_s)
{
	if (!t->has_exp)
		return JWT_NO_EXP;
	if (add(t->exp, leeway_s) <= now_at)
		return JWT_EXPIRED;
	if (t->has_nbf && t->nbf > add(now_at, leeway_s))
		return JWT_NOT_YET_VALID;
	return JWT_TIME_OK;
}
