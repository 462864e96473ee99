/* SPDX-License-Identifier: Apache-2.0 */
#include "client/possession.h"

#include "base/b64.h"
#include "client/bound_keys.h"

#include <string.h>

#define DIGEST_TEXT_SIZE 43 /* base64url of SHA-256 */

static const enum check_id plan[] = {
	CHECK_POSSESSION_TOKEN,
	CHECK_POSSESSION_REPLAYED,
	CHECK_POSSESSION_FORMAT,
	CHECK_POSSESSION_TYP,
	CHECK_POSSESSION_HEADER,
	CHECK_POSSESSION_KEY,
	CHECK_POSSESSION_KEY_USE,
	CHECK_POSSESSION_ALGORITHM,
	CHECK_POSSESSION_SIGNATURE,
	CHECK_POSSESSION_CLAIMS,
	CHECK_POSSESSION_AUDIENCE,
	CHECK_POSSESSION_CONTEXT,
	CHECK_POSSESSION_TOKEN_HASH,
	CHECK_POSSESSION_NONCE,
	CHECK_POSSESSION_EXPIRED,
};

/* One judgement on its way. */
struct judging {
	const struct challenge *challenge;
	const struct possession_token *token;
	struct arena *a;
	struct trace *t;
	struct jws jws;
	struct jwk key;
};

/* A result is kept while its token grows old. */
static bool
judge_token(struct judging *j, int64_t now_at)
{
	bool is_accepted = j->token->verdict == VERDICT_ACCEPTED && j->token->seen->claims != NULL;
	int64_t exp = 0;

	if (!trace_judge(j->t, CHECK_POSSESSION_TOKEN, is_accepted,
		shown_str(verdict_name(j->token->verdict)), shown_str("accepted")) ||
	    j->token->seen->claims == NULL)
		return false;
	return trace_judge(j->t, CHECK_POSSESSION_TOKEN,
	    json_int(json_get(j->token->seen->claims, "exp"), &exp) &&
		exp > now_at - TOKEN_LEEWAY_S,
	    shown_time(exp), shown_time(now_at));
}

/* Exactly alg, kid and typ: jws_parse() has seen to it that each that is there is a string, and alg is. */
static bool
judge_header(struct judging *j)
{
	struct trace *t = j->t;

	return trace_judge(t, CHECK_POSSESSION_TYP,
		   j->jws.typ.p != NULL && bytes_is_str(j->jws.typ, POSSESSION_TYP),
		   shown_text_or_absent(j->jws.typ), shown_str(POSSESSION_TYP)) &&
	    trace_judge(t, CHECK_POSSESSION_HEADER,
		j->jws.header->count == 3 && j->jws.kid.p != NULL, shown_text(j->jws.header->span),
		shown_nothing());
}

/* The key of the token whose thumbprint is TP, as it stands there; NULL: there is none. */
static int
find_key(const struct json *claims, struct bytes tp, struct arena *a, const struct json **out,
    struct err *e)
{
	struct bound_keys keys = bound_keys_of(claims);

	*out = NULL;
	for (const struct json *jwk; *out == NULL && (jwk = bound_keys_take(&keys)) != NULL;) {
		char text[JWK_THUMBPRINT_SIZE];
		bool is_known;

		TRY(jwk_thumbprint_text(jwk, a, text, &is_known, e));
		if (is_known && bytes_eq(tp, bytes_of(text, sizeof(text))))
			*out = jwk;
	}
	return 0;
}

/* Which key, and which algorithm: the token says, and the answer is compared with it. */
static int
judge_key(struct judging *j, bool *good, struct err *e)
{
	const struct json *jwk;
	struct err why = { 0 };
	enum sig_alg alg;

	*good = false;
	TRY(find_key(j->token->seen->claims, j->jws.kid, j->a, &jwk, e));
	if (!trace_judge(j->t, CHECK_POSSESSION_KEY, jwk != NULL, shown_text(j->jws.kid),
		shown_nothing()) ||
	    jwk == NULL)
		return 0;
	if (jwk_parse(jwk, j->a, &j->key, &why) < 0)
		return trace_unread(j->t, CHECK_POSSESSION_KEY_USE, &why, e);
	trace_judge(j->t, CHECK_POSSESSION_KEY_USE, true, shown_nothing(), shown_nothing());
	*good = trace_judge(j->t, CHECK_POSSESSION_ALGORITHM,
	    sig_alg_parse(j->jws.alg, &alg) && alg == j->key.alg, shown_text(j->jws.alg),
	    shown_str(sig_alg_name(j->key.alg)));
	return 0;
}

/* Everything that must hold before the payload may be read. */
static int
judge_signature(struct judging *j, struct bytes text, bool *good, struct err *e)
{
	struct err why = { 0 };

	*good = false;
	if (text.size > MAX_POSSESSION_SIZE)
		(void)err_set(&why, ERR_LIMIT, "possession: %zu bytes, at most %d", text.size,
		    MAX_POSSESSION_SIZE);
	if (text.size > MAX_POSSESSION_SIZE || jws_parse(text, j->a, &j->jws, &why) < 0)
		return trace_unread(j->t, CHECK_POSSESSION_FORMAT, &why, e);
	trace_judge(j->t, CHECK_POSSESSION_FORMAT, true, shown_uint(text.size), shown_nothing());
	if (!judge_header(j))
		return 0;
	TRY(judge_key(j, good, e));
	if (!*good)
		return 0;
	TRY(jws_verify(&j->jws, j->key.key, j->key.alg, good, e));
	*good =
	    trace_judge(j->t, CHECK_POSSESSION_SIGNATURE, *good, shown_nothing(), shown_nothing());
	return 0;
}

/* RFC 9449 section 4.2: over the text; a token's parts have one spelling (jws.h), so it can be written again. */
static int
token_hash(const struct token_seen *token, char out[DIGEST_TEXT_SIZE], struct err *e)
{
	DEFER(buf_release) struct buf text = { 0 };
	uint8_t digest[SHA256_SIZE];

	buf_init(&text, MAX_JWS_SIZE);
	jws_emit_signing_input(&text, token->part[0], token->part[1]);
	jws_emit_signature(&text, token->part[2]);
	if (!buf_ok(&text))
		return arena_fail(e, "possession");
	sha256(buf_bytes(&text), digest);
	b64_encode(B64_URL, BYTES_OF(digest), out);
	return 0;
}

/* The context's digest as text; OUT p == NULL: there is none. */
static void
context_text(struct bytes context, char room[DIGEST_TEXT_SIZE], struct bytes *out)
{
	uint8_t digest[SHA256_SIZE];

	*out = (struct bytes){ 0 };
	if (context.p == NULL)
		return;
	challenge_context(context, digest);
	b64_encode(B64_URL, BYTES_OF(digest), room);
	*out = bytes_of(room, DIGEST_TEXT_SIZE);
}

static bool
judge_form(struct judging *j, const struct json *claims)
{
	const struct json *context = json_get(claims, "context");
	bool good = claims->type == JSON_OBJECT && json_text(json_get(claims, "ath")).p != NULL &&
	    json_text(json_get(claims, "aud")).p != NULL &&
	    json_text(json_get(claims, "nonce")).p != NULL &&
	    (context == NULL || json_text(context).p != NULL) &&
	    claims->count == (context == NULL ? 3 : 4);

	return trace_judge(j->t, CHECK_POSSESSION_CLAIMS, good, shown_nothing(), shown_nothing());
}

/* The challenge that was given out, or one that we sealed; and in its time. */
static void
judge_challenge(struct judging *j, struct bytes nonce, int64_t now_at)
{
	const struct challenge *c = j->challenge;
	int64_t made_at = c->made_at, expires_at = c->expires_at;
	bool is_sealed = c->text.p == NULL;
	bool good =
	    is_sealed ? challenge_unseal(c, nonce, &expires_at) : bytes_eq_secret(nonce, c->text);

	if (is_sealed)
		made_at = expires_at - MAX_CHALLENGE_SECONDS;
	if (!trace_judge(j->t, CHECK_POSSESSION_NONCE, good, shown_text(nonce),
		is_sealed ? shown_str("a challenge of this secret, audience and context")
			  : shown_text(c->text)))
		return;
	/* A clock that was set back makes a challenge no longer good, not good for longer. */
	trace_judge(j->t, CHECK_POSSESSION_EXPIRED,
	    now_at <= expires_at && now_at >= made_at - TOKEN_LEEWAY_S, shown_time(now_at),
	    shown_time(expires_at));
}

static int
judge_claims(struct judging *j, int64_t now_at, struct err *e)
{
	char *ath = arena_alloc(j->a, DIGEST_TEXT_SIZE),
	     *room = arena_alloc(j->a, DIGEST_TEXT_SIZE);
	struct bytes context, seen;
	const struct json *claims;
	struct err why = { 0 };

	if (ath == NULL || room == NULL)
		return arena_fail(e, "possession");
	if (json_parse(j->jws.payload, MAX_POSSESSION_SIZE, j->a, &claims, &why) < 0)
		return trace_unread(j->t, CHECK_POSSESSION_CLAIMS, &why, e);
	if (!judge_form(j, claims))
		return 0;
	TRY(token_hash(j->token->seen, ath, e));
	context_text(j->challenge->context, room, &context);
	seen = json_text(json_get(claims, "aud"));
	if (!trace_judge(j->t, CHECK_POSSESSION_AUDIENCE, bytes_eq(seen, j->challenge->audience),
		shown_text_or_absent(seen), shown_text(j->challenge->audience)))
		return 0;
	seen = json_text(json_get(claims, "context"));
	if (!trace_judge(j->t, CHECK_POSSESSION_CONTEXT,
		(seen.p == NULL) == (context.p == NULL) && bytes_eq(seen, context),
		shown_text_or_absent(seen), shown_text_or_absent(context)))
		return 0;
	seen = json_text(json_get(claims, "ath"));
	if (trace_judge(j->t, CHECK_POSSESSION_TOKEN_HASH,
		bytes_eq(seen, bytes_of(ath, DIGEST_TEXT_SIZE)), shown_text_or_absent(seen),
		shown_text(bytes_of(ath, DIGEST_TEXT_SIZE))))
		judge_challenge(j, json_text(json_get(claims, "nonce")), now_at);
	return 0;
}

static int
judge(struct judging *j, struct bytes text, int64_t now_at, struct possession_seen *seen,
    struct err *e)
{
	bool good = false;

	trace_expect(j->t, plan, COUNT_OF(plan));
	if (!judge_token(j, now_at))
		return 0;
	if (j->challenge->text.p == NULL)
		trace_na(j->t, CHECK_POSSESSION_REPLAYED,
		    "a sealed challenge: nobody remembers whether it was answered");
	else if (!trace_judge(j->t, CHECK_POSSESSION_REPLAYED, !j->challenge->is_spent,
		     shown_str(j->challenge->is_spent ? "answered before" : "new"),
		     shown_nothing()))
		return 0;
	TRY(judge_signature(j, text, &good, e));
	if (!good)
		return 0;
	seen->key = arena_copy(j->a, j->jws.kid);
	if (seen->key.p == NULL)
		return arena_fail(e, "possession");
	return judge_claims(j, now_at, e);
}

int
possession_judge(struct bytes text, const struct challenge *challenge,
    const struct possession_token *token, int64_t now_at, struct arena *a, struct trace *t,
    struct possession_seen *seen, struct err *e)
{
	struct judging j = { .challenge = challenge, .token = token, .a = a, .t = t };
	int rc = judge(&j, text, now_at, seen, e);

	jwk_release(&j.key);
	/* Whoever looks at the trace all the same finds no verdict there. */
	t->fault = t->fault || rc < 0;
	return rc;
}

static int
check_request(const struct possession_request *rq, struct err *e)
{
	TRY(challenge_check_audience(rq->audience, e));
	if (rq->challenge.size == 0 || rq->challenge.size > MAX_CHALLENGE_SIZE)
		return err_set(e, ERR_INVALID, "possession: a challenge has 1 to %d characters",
		    MAX_CHALLENGE_SIZE);
	for (size_t i = 0; i < rq->challenge.size; i++)
		if (rq->challenge.p[i] <= ' ' || rq->challenge.p[i] >= 0x7f)
			return err_set(e, ERR_INVALID,
			    "possession: the challenge is not printable ASCII without blanks");
	return 0;
}

/* The one key of the token that can sign, and its thumbprint. */
static int
find_only_key(const struct json *claims, struct arena *a, struct jwk *out, struct err *e)
{
	struct bound_keys keys = bound_keys_of(claims);

	for (const struct json *jwk; (jwk = bound_keys_take(&keys)) != NULL;) {
		DEFER(jwk_release) struct jwk key = { 0 };
		struct err why = { 0 };

		if (jwk_parse(jwk, a, &key, &why) < 0) {
			if (arena_failed(&why) || why.code == ERR_INTERNAL)
				return err_set(e, why.code, "%s", why.msg);
			continue;
		}
		if (out->key == NULL) {
			*out = key;
			key.key = NULL;
		} else if (!key_eq(out->key, key.key)) {
			return err_set(e, ERR_INVALID,
			    "possession: the token names several keys: say which");
		}
	}
	if (out->key == NULL)
		return err_set(e, ERR_MISSING,
		    "possession: the token names no key in cnf or x-ms-runtime that signs");
	return 0;
}

static int
find_own_key(const struct json *claims, struct bytes thumbprint, struct arena *a, struct jwk *out,
    struct err *e)
{
	const struct json *jwk;

	if (thumbprint.p == NULL)
		return find_only_key(claims, a, out, e);
	TRY(find_key(claims, thumbprint, a, &jwk, e));
	if (jwk == NULL)
		return err_set(e, ERR_MISSING,
		    "possession: the token does not name this key in cnf or x-ms-runtime");
	if (jwk_parse(jwk, a, out, e) < 0)
		return err_in(e, "possession: as the token names the key");
	return 0;
}

static void
emit_digest(struct buf *out, struct bytes of)
{
	uint8_t digest[SHA256_SIZE];

	sha256(of, digest);
	buf_b64(out, B64_URL, BYTES_OF(digest));
}

/* Members in the order of their names. */
static int
emit_draft(const struct possession_request *rq, struct possession_draft *d, struct err *e)
{
	DEFER(buf_release) struct buf header = { 0 }, payload = { 0 };
	uint8_t thumbprint[SHA256_SIZE];

	jwk_thumbprint(d->key.key, thumbprint);
	buf_init(&header, MAX_POSSESSION_SIZE);
	buf_fmt(&header, "{\"alg\":\"%s\",\"kid\":\"", sig_alg_name(d->key.alg));
	buf_b64(&header, B64_URL, BYTES_OF(thumbprint));
	buf_str(&header, "\",\"typ\":\"" POSSESSION_TYP "\"}");
	buf_init(&payload, MAX_POSSESSION_SIZE);
	buf_str(&payload, "{\"ath\":\"");
	emit_digest(&payload, rq->token);
	buf_str(&payload, "\",\"aud\":");
	json_emit_str(&payload, rq->audience);
	if (rq->context.p != NULL) {
		buf_str(&payload, ",\"context\":\"");
		emit_digest(&payload, rq->context);
		buf_char(&payload, '"');
	}
	buf_str(&payload, ",\"nonce\":");
	json_emit_str(&payload, rq->challenge);
	buf_char(&payload, '}');
	if (buf_ok(&header) && buf_ok(&payload))
		jws_emit_signing_input(&d->text, buf_bytes(&header), buf_bytes(&payload));
	if (!buf_ok(&header) || !buf_ok(&payload) || !buf_ok(&d->text))
		return arena_fail(e, "possession");
	return 0;
}

int
possession_begin(const struct possession_request *rq, struct bytes thumbprint, struct arena *a,
    struct possession_draft *out, struct err *e)
{
	const struct json *claims;
	struct jws jws;

	*out = (struct possession_draft){ 0 };
	buf_init(&out->text, MAX_POSSESSION_SIZE);
	TRY(check_request(rq, e));
	if (jws_parse(rq->token, a, &jws, e) < 0 ||
	    json_parse(jws.payload, MAX_JWS_SIZE, a, &claims, e) < 0)
		return err_in(e, "possession: token");
	TRY(find_own_key(claims, thumbprint, a, &out->key, e));
	return emit_draft(rq, out, e);
}

int
possession_finish(struct possession_draft *d, struct bytes signature, struct err *e)
{
	bool good = false;

	TRY(key_verify(d->key.key, d->key.alg, SIG_RAW, buf_bytes(&d->text), signature, &good, e));
	if (!good)
		return err_set(e, ERR_SIGNATURE,
		    "possession: not a signature (%s, ECDSA as r and s of fixed size) by the "
		    "token's "
		    "key",
		    sig_alg_name(d->key.alg));
	jws_emit_signature(&d->text, signature);
	return buf_ok(&d->text) ? 0 : arena_fail(e, "possession");
}

void
possession_draft_release(struct possession_draft *d)
{
	jwk_release(&d->key);
	buf_release(&d->text);
}
