/* SPDX-License-Identifier: Apache-2.0 */
#include "client/verify.h"

#include "base/b64.h"
#include "client/rules.h"
#include "jose/jwt.h"

static const enum check_id plan[] = {
	CHECK_TOKEN_FORMAT,
	CHECK_TOKEN_SIGNED,
	CHECK_TOKEN_ALGORITHM,
	CHECK_TOKEN_TYP,
	CHECK_TOKEN_HEADER,
	CHECK_TOKEN_KEYS_STALE,
	CHECK_TOKEN_KEY,
	CHECK_TOKEN_SIGNATURE,
	CHECK_TOKEN_CLAIMS,
	CHECK_TOKEN_ISSUER,
	CHECK_TOKEN_EXPIRED,
	CHECK_TOKEN_NOT_YET_VALID,
	CHECK_TOKEN_AGE,
	CHECK_TOKEN_KIND,
	/* From here on a genuine token meets the expectation, or does not. */
	CHECK_TOKEN_TYPE,
	CHECK_TOKEN_NONCE,
	CHECK_TOKEN_DEV,
	CHECK_TOKEN_DEBUG,
	CHECK_TOKEN_MEASUREMENT,
	CHECK_TOKEN_SVN,
	CHECK_TOKEN_TCB,
	CHECK_TOKEN_POLICY_HASH,
	CHECK_TOKEN_APPRAISAL_HASH,
	CHECK_TOKEN_SIGNER,
	CHECK_TOKEN_BINDING,
	CHECK_TOKEN_EXPECTED,
};

bool
token_check_is_of_expectation(enum check_id id)
{
	size_t i = 0;

	while (plan[i] != CHECK_TOKEN_TYPE)
		i++;
	for (; i < COUNT_OF(plan); i++)
		if (plan[i] == id)
			return true;
	return false;
}

/* One judgement on its way. */
struct judging {
	const struct token_expectation *want;
	struct arena *a;
	struct trace *t;
	struct jws jws;
	const struct jwk *key;
	bool is_signed; /* the signature verified */
};

/*
 * Members that name or hold a key, or change what the payload is (RFC 7516 4.1.3, RFC 8725 3.5). x5c may repeat the
 * issuer's certificate, as tokens of TPM evidence do; which key it holds is asked when the key is known.
 */
static bool
judge_header(struct judging *j)
{
	static const char *const bad[] = { "jwk", "x5u", "zip", "enc" };
	const char *found = NULL;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (json_get(j->jws.header, bad[i]) != NULL)
			found = bad[i];
	return trace_judge(j->t, CHECK_TOKEN_HEADER, found == NULL, shown_str(found),
	    shown_nothing());
}

/* The first certificate's key must be the issuer's own. */
static int
judge_header_key(struct judging *j, bool *good, struct err *e)
{
	const struct json *x5c = json_get(j->jws.header, "x5c");
	DEFER(key_unrefp) struct key *key = NULL;
	struct err why = { 0 };
	struct bytes der;
	struct cert *cert;

	*good = true;
	if (x5c == NULL)
		return 0;
	cert = arena_alloc(j->a, sizeof(*cert));
	if (cert == NULL)
		return arena_fail(e, "token");
	if (b64_decode_arena(B64_STD, json_text(json_item(x5c, 0)), j->a, &der, &why) < 0 ||
	    cert_parse(der, cert, &why) < 0 || key_from_spki(cert->spki, &key, &why) < 0) {
		if (arena_failed(&why) || why.code == ERR_INTERNAL)
			return err_set(e, why.code, "%s", why.msg);
		*good = false;
	} else {
		*good = key_eq(key, j->key->key);
	}
	*good = trace_judge(j->t, CHECK_TOKEN_HEADER, *good, shown_str("x5c"), shown_nothing());
	return 0;
}

static bool
judge_key(struct judging *j, const struct token_keys *keys)
{
	const struct jwk *key =
	    keys->set == NULL || j->jws.kid.p == NULL ? NULL : jwks_find(keys->set, j->jws.kid);

	if (keys->last.code != ERR_NONE && key == NULL)
		trace_note(j->t, keys->is_stale ? CHECK_TOKEN_KEYS_STALE : CHECK_TOKEN_KEY,
		    "the last fetch of keys failed: %s", keys->last.msg);
	if (keys->fetched_at == 0 && !keys->is_stale)
		trace_na(j->t, CHECK_TOKEN_KEYS_STALE,
		    keys->set == NULL ? "there are no keys" : "keys that were given do not age");
	else if (!trace_judge(j->t, CHECK_TOKEN_KEYS_STALE, !keys->is_stale,
		     keys->fetched_at == 0 ? shown_str("none so far")
					   : shown_time(keys->fetched_at),
		     shown_nothing()))
		return false;
	j->key = key;
	return trace_judge(j->t, CHECK_TOKEN_KEY, key != NULL, shown_text_or_absent(j->jws.kid),
		   shown_nothing()) &&
	    key != NULL;
}

/* What can be refused without a key. */
static bool
judge_form(struct judging *j, enum sig_alg *alg)
{
	struct trace *t = j->t;
	bool known = sig_alg_parse(j->jws.alg, alg);

	return trace_judge(t, CHECK_TOKEN_SIGNED, !jws_is_unsigned(&j->jws), shown_text(j->jws.alg),
		   shown_nothing()) &&
	    trace_judge(t, CHECK_TOKEN_ALGORITHM, known, shown_text(j->jws.alg), shown_nothing()) &&
	    known &&
	    trace_judge(t, CHECK_TOKEN_TYP, j->jws.typ.p != NULL && bytes_is_str(j->jws.typ, "JWT"),
		shown_text_or_absent(j->jws.typ), shown_nothing()) &&
	    judge_header(j);
}

/* Everything that must hold before the payload may be read. */
static int
judge_signature(struct judging *j, struct bytes compact, const struct token_key_source *source,
    struct err *e)
{
	struct token_keys keys = { 0 };
	struct err why = { 0 };
	enum sig_alg alg;
	bool good = false;

	if (jws_parse(compact, j->a, &j->jws, &why) < 0)
		return trace_unread(j->t, CHECK_TOKEN_FORMAT, &why, e);
	trace_judge(j->t, CHECK_TOKEN_FORMAT, true, shown_uint(compact.size), shown_nothing());
	if (!judge_form(j, &alg))
		return 0;
	source->find(source->user, j->jws.kid, &keys);
	if (!judge_key(j, &keys))
		return 0;
	if (!trace_judge(j->t, CHECK_TOKEN_ALGORITHM,
		alg == j->key->alg && key_fits(j->key->key, alg), shown_text(j->jws.alg),
		shown_str(sig_alg_name(j->key->alg))))
		return 0;
	TRY(judge_header_key(j, &good, e));
	if (!good)
		return 0;
	TRY(jws_verify(&j->jws, j->key->key, j->key->alg, &good, e));
	j->is_signed =
	    trace_judge(j->t, CHECK_TOKEN_SIGNATURE, good, shown_nothing(), shown_nothing());
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

/* `jku` is never followed; one that does not belong to the token's own issuer is somebody's attempt to have it be. */
static void
judge_jku(struct judging *j, struct bytes iss)
{
	const struct json *jku = json_get(j->jws.header, "jku");
	struct bytes url = json_text(jku);
	bool good = url.size > iss.size && bytes_eq(bytes_slice(url, 0, iss.size), iss) &&
	    url.p[iss.size] == '/';

	if (jku != NULL)
		trace_judge(j->t, CHECK_TOKEN_HEADER, good, shown_text_or_absent(url),
		    shown_nothing());
}

static int
judge_claims(struct judging *j, const struct json *claims, const struct jwt_times *times,
    int64_t now_at, struct err *e)
{
	struct token_facts_seen facts;
	struct bytes iss;

	token_facts_find(claims, &facts);
	iss = json_text(facts.iss);
	trace_judge(j->t, CHECK_TOKEN_ISSUER, iss.p != NULL && bytes_eq(j->want->issuer, iss),
	    shown_text_or_absent(iss), shown_text(j->want->issuer));
	judge_jku(j, iss);
	judge_times(times, j->want, now_at, j->t);
	return token_rules_judge(claims, &facts, j->want, j->t, e);
}

static int
judge_token(struct bytes compact, const struct token_key_source *keys,
    const struct token_expectation *want, int64_t now_at, struct arena *a, struct trace *t,
    struct token_seen *seen, struct err *e)
{
	struct judging j = { .want = want, .a = a, .t = t };
	struct jwt_times times = { 0 };
	struct err why = { 0 };

	trace_expect(t, plan, COUNT_OF(plan));
	TRY(judge_signature(&j, compact, keys, e));
	seen->header = j.jws.header;
	if (!j.is_signed)
		return 0;
	seen->part[0] = j.jws.header_text;
	seen->part[1] = j.jws.payload;
	seen->part[2] = j.jws.signature;
	if (jwt_parse_claims(&j.jws, a, &seen->claims, &times, &why) < 0) {
		seen->claims = NULL;
		return trace_unread(t, CHECK_TOKEN_CLAIMS, &why, e);
	}
	trace_judge(t, CHECK_TOKEN_CLAIMS, true, shown_nothing(), shown_nothing());
	return judge_claims(&j, seen->claims, &times, now_at, e);
}

int
token_judge_by(struct bytes compact, const struct token_key_source *keys,
    const struct token_expectation *want, int64_t now_at, struct arena *a, struct trace *t,
    struct token_seen *seen, struct err *e)
{
	if (judge_token(compact, keys, want, now_at, a, t, seen, e) == 0)
		return 0;
	/* Whoever looks at the trace all the same finds no verdict there. */
	t->fault = true;
	seen->claims = NULL;
	return -1;
}

static void
find_given(void *user, struct bytes kid, struct token_keys *out)
{
	(void)kid;
	out->set = user;
}

int
token_judge(struct bytes compact, const struct jwks *keys, const struct token_expectation *want,
    int64_t now_at, struct arena *a, struct trace *t, struct token_seen *seen, struct err *e)
{
	const struct token_key_source source = { find_given, (void *)(uintptr_t)keys };

	return token_judge_by(compact, &source, want, now_at, a, t, seen, e);
}
