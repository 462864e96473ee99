/* SPDX-License-Identifier: Apache-2.0 */
#include "client/verify.h"

#include "jose/jwt.h"

static const enum check_id plan[] = {
	CHECK_TOKEN_FORMAT,
	CHECK_TOKEN_SIGNED,
	CHECK_TOKEN_ALGORITHM,
	CHECK_TOKEN_KEY,
	CHECK_TOKEN_SIGNATURE,
	CHECK_TOKEN_CLAIMS,
	CHECK_TOKEN_ISSUER,
	CHECK_TOKEN_EXPIRED,
	CHECK_TOKEN_NOT_YET_VALID,
	CHECK_TOKEN_AGE,
	CHECK_TOKEN_TYPE,
	CHECK_TOKEN_NONCE,
	CHECK_TOKEN_EXPECTED,
};

static struct shown
shown_or_nothing(struct bytes text)
{
	return text.p == NULL ? shown_str("absent") : shown_text(text);
}

int
token_expectation_check(const struct json *expect, struct err *e)
{
	const struct json *claims = json_get(expect, "claims");

	if (expect->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "expectation: not a mapping");
	for (const struct json *m = expect->first; m != NULL; m = m->next)
		if (!bytes_is_str(m->name, "type") && !bytes_is_str(m->name, "policy_hash") &&
		    !bytes_is_str(m->name, "claims"))
			return err_set(e, ERR_INVALID, "expectation: unknown key '%.*s'",
			    BYTES_FMT(m->name));
	for (const char *const *name = (const char *const[]){ "type", "policy_hash", NULL };
	     *name != NULL; name++)
		if (json_get(expect, *name) != NULL && json_text(json_get(expect, *name)).p == NULL)
			return err_set(e, ERR_INVALID, "expectation: %s is not a string", *name);
	if (claims != NULL && claims->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "expectation: claims is not a mapping");
	for (const struct json *m = claims == NULL ? NULL : claims->first; m != NULL; m = m->next)
		if (m->type == JSON_OBJECT || m->type == JSON_NULL ||
		    (m->type == JSON_ARRAY && m->count == 0))
			return err_set(e, ERR_INVALID,
			    "expectation: claim '%.*s' wants a value or a list of values",
			    BYTES_FMT(m->name));
	return 0;
}

/* The names of a type that people use, against the one in the token (maa-api.md 2.1). */
static bool
type_matches(struct bytes wanted, struct bytes seen)
{
	static const struct {
		const char *name, *claim;
	} names[] = {
		{ "SgxEnclave", "sgx" },
		{ "OpenEnclave", "sgx" },
		{ "SevSnpVm", "sevsnpvm" },
		{ "TdxVm", "tdxvm" },
		{ "AzureGuest", "azurevm" },
	};

	if (bytes_eq(wanted, seen))
		return true;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_is_str_nocase(wanted, names[i].name) &&
		    bytes_is_str(seen, names[i].claim))
			return true;
	return false;
}

static bool
judge_key(const struct jws *jws, const struct jwks *keys, struct trace *t, const struct jwk **out)
{
	const struct jwk *key =
	    keys == NULL || jws->kid.p == NULL ? NULL : jwks_find(keys, jws->kid);

	if (!trace_judge(t, CHECK_TOKEN_KEY, key != NULL, shown_or_nothing(jws->kid),
		shown_nothing()))
		return false;
	*out = key;
	return key != NULL;
}

/* Everything that must hold before a claim may be read. */
static int
judge_signature(struct bytes compact, const struct jwks *keys, struct arena *a, struct trace *t,
    struct jws *jws, bool *convinced, struct err *e)
{
	const struct jwk *key = NULL;
	struct err why = { 0 };
	enum sig_alg alg;
	bool known, good = false;

	*convinced = false;
	if (jws_parse(compact, a, jws, &why) < 0) {
		if (why.code == ERR_LIMIT && compact.size <= MAX_JWS_SIZE)
			return err_set(e, why.code, "%s", why.msg);
		trace_judge(t, CHECK_TOKEN_FORMAT, false, shown_nothing(), shown_nothing());
		trace_note(t, CHECK_TOKEN_FORMAT, "%s", why.msg);
		return 0;
	}
	trace_judge(t, CHECK_TOKEN_FORMAT, true, shown_uint(compact.size), shown_nothing());
	if (!trace_judge(t, CHECK_TOKEN_SIGNED, !jws_is_unsigned(jws), shown_text(jws->alg),
		shown_nothing()))
		return 0;
	known = sig_alg_parse(jws->alg, &alg);
	if (!trace_judge(t, CHECK_TOKEN_ALGORITHM, known, shown_text(jws->alg), shown_nothing()) ||
	    !known)
		return 0;
	if (!judge_key(jws, keys, t, &key))
		return 0;
	if (!trace_judge(t, CHECK_TOKEN_ALGORITHM, alg == key->alg && key_fits(key->key, alg),
		shown_text(jws->alg), shown_str(sig_alg_name(key->alg))))
		return 0;
	TRY(jws_verify(jws, key->key, key->alg, &good, e));
	*convinced = trace_judge(t, CHECK_TOKEN_SIGNATURE, good, shown_nothing(), shown_nothing());
	return 0;
}

/* An age that does not fit into a number is over every maximum: IAT is whatever an issuer wrote. */
static bool
is_young(int64_t iat, int64_t now_at, int64_t max_age_s)
{
	int64_t age_s;

	return iat <= now_at + TOKEN_LEEWAY_S && !__builtin_sub_overflow(now_at, iat, &age_s) &&
	    age_s <= max_age_s;
}

static void
judge_times(const struct jwt_times *times, const struct token_expectation *want, int64_t now_at,
    struct trace *t)
{
	enum jwt_time_verdict v = jwt_judge_times(times, now_at, TOKEN_LEEWAY_S);

	trace_judge(t, CHECK_TOKEN_EXPIRED, v != JWT_EXPIRED && v != JWT_NO_EXP,
	    times->has_exp ? shown_time(times->exp) : shown_str("absent"), shown_time(now_at));
	trace_judge(t, CHECK_TOKEN_NOT_YET_VALID, v != JWT_NOT_YET_VALID,
	    times->has_nbf ? shown_time(times->nbf) : shown_str("absent"), shown_time(now_at));
	if (want->max_age_s < 0) {
		trace_na(t, CHECK_TOKEN_AGE, "no maximum age was asked for");
		return;
	}
	trace_judge(t, CHECK_TOKEN_AGE,
	    times->has_iat && is_young(times->iat, now_at, want->max_age_s),
	    times->has_iat ? shown_time(times->iat) : shown_str("absent"),
	    shown_uint((uint64_t)want->max_age_s));
}

static void
judge_text(struct trace *t, enum check_id id, struct bytes wanted, struct bytes seen,
    const char *not_asked)
{
	if (wanted.p == NULL)
		trace_na(t, id, not_asked);
	else
		trace_judge(t, id, seen.p != NULL && bytes_eq(wanted, seen), shown_or_nothing(seen),
		    shown_text(wanted));
}

/* A value or a list of values; a list in the token must not hold anything else. */
static bool
value_expected(const struct json *wanted, const struct json *seen)
{
	if (seen == NULL)
		return false;
	if (wanted->type != JSON_ARRAY)
		return json_eq(wanted, seen);
	for (const struct json *w = wanted->first; w != NULL; w = w->next)
		if (json_eq(w, seen))
			return true;
	return json_eq(wanted, seen);
}

/* The name of the first claim that is not as the file wants it; p == NULL when all are. */
static struct bytes
first_unexpected(const struct json *expect, const struct json *claims)
{
	const struct json *type = json_get(expect, "type"), *hash = json_get(expect, "policy_hash");
	const struct json *wanted = json_get(expect, "claims");

	if (type != NULL &&
	    !type_matches(json_text(type), json_text(json_get(claims, "x-ms-attestation-type"))))
		return BYTES("x-ms-attestation-type");
	if (hash != NULL && !json_eq(hash, json_get(claims, "x-ms-policy-hash")))
		return BYTES("x-ms-policy-hash");
	for (const struct json *m = wanted == NULL ? NULL : wanted->first; m != NULL; m = m->next) {
		const struct json *seen = NULL;

		for (const struct json *c = claims->first; c != NULL && seen == NULL; c = c->next)
			if (bytes_eq(c->name, m->name))
				seen = c;
		if (!value_expected(m, seen))
			return m->name;
	}
	return (struct bytes){ 0 };
}

static void
judge_claims(const struct json *claims, const struct jwt_times *times,
    const struct token_expectation *want, int64_t now_at, struct trace *t)
{
	struct bytes type = json_text(json_get(claims, "x-ms-attestation-type"));

	judge_text(t, CHECK_TOKEN_ISSUER, want->issuer, json_text(json_get(claims, "iss")), "");
	judge_times(times, want, now_at, t);
	if (want->type.p == NULL)
		trace_na(t, CHECK_TOKEN_TYPE, "no type was asked for");
	else
		trace_judge(t, CHECK_TOKEN_TYPE, type.p != NULL && type_matches(want->type, type),
		    shown_or_nothing(type), shown_text(want->type));
	judge_text(t, CHECK_TOKEN_NONCE, want->nonce, json_text(json_get(claims, "nonce")),
	    "no nonce was asked for");
	if (want->expect == NULL) {
		trace_na(t, CHECK_TOKEN_EXPECTED, "no expectation was given");
	} else {
		struct bytes name = first_unexpected(want->expect, claims);

		trace_judge(t, CHECK_TOKEN_EXPECTED, name.p == NULL, shown_or_nothing(name),
		    shown_nothing());
	}
}

int
token_judge(struct bytes compact, const struct jwks *keys, const struct token_expectation *want,
    int64_t now_at, struct arena *a, struct trace *t, struct token_seen *seen, struct err *e)
{
	struct jwt_times times = { 0 };
	struct jws jws = { 0 };
	bool convinced;
	struct err why = { 0 };

	trace_expect(t, plan, COUNT_OF(plan));
	TRY(judge_signature(compact, keys, a, t, &jws, &convinced, e));
	seen->header = jws.header;
	if (jws.header != NULL && jwt_parse_claims(&jws, a, &seen->claims, &times, &why) < 0) {
		if (convinced) {
			trace_judge(t, CHECK_TOKEN_CLAIMS, false, shown_nothing(), shown_nothing());
			trace_note(t, CHECK_TOKEN_CLAIMS, "%s", why.msg);
		}
		seen->claims = NULL;
		return 0;
	}
	if (!convinced)
		return 0;
	trace_judge(t, CHECK_TOKEN_CLAIMS, true, shown_nothing(), shown_nothing());
	judge_claims(seen->claims, &times, want, now_at, t);
	return 0;
}
