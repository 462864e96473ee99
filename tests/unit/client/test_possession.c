/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each row is one thing away from an answer that is accepted, and is refused by the check that it names. Answers are made
 * by hand here, as somebody would who means harm; what possession_begin() makes is the good one.
 */
#include "client/possession.h"

#include "../../support/text.h"
#include "../../support/verdict.h"
#include "base/b64.h"
#include "crypto/privkey.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define NOW     1790000000
#define MAX_ANY 65536

static const char header_form[] =
    "{\"alg\":\"ES256\",\"kid\":\"@TP@\",\"typ\":\"attest-possession+jwt\"}";
static const char payload_form[] =
    "{\"ath\":\"@ATH@\",\"aud\":\"https://rp.example\",\"context\":\"@CONTEXT@\","
    "\"nonce\":\"@NONCE@\"}";

static struct arena kept, a; /* for the run; for a row */
static struct privkey *issuer, *attested, *other, *rsa, *ed, *enc;
static struct jwks keys;
static struct bytes token, other_token, payload_of_token;
static const uint8_t secret[32] = "a secret of the relying party's", random32[32] = "r";

enum signing { BY_ATTESTED, BY_OTHER, BY_ENC, BY_RSA, BY_ED, BY_HMAC, BY_NOBODY };

struct row {
	const char *name;
	enum check_id check;
	const char *from, *to; /* in header and payload */
	enum signing signing;
	struct challenge (*ask)(void);
	struct bytes (*spoil)(struct bytes good);
	enum verdict token;
	int64_t later_s;
};

static struct bytes
b64(struct arena *into, struct bytes raw)
{
	struct buf out;

	buf_init(&out, MAX_ANY);
	buf_b64(&out, B64_URL, raw);
	return text_take(into, &out);
}

static struct bytes
digest64(struct bytes of)
{
	uint8_t digest[SHA256_SIZE];

	sha256(of, digest);
	return b64(&a, BYTES_OF(digest));
}

static struct bytes
thumbprint(const struct privkey *key)
{
	uint8_t digest[SHA256_SIZE];

	jwk_thumbprint(privkey_public(key), digest);
	return b64(&a, BYTES_OF(digest));
}

static struct bytes
signature(enum signing how, struct bytes message)
{
	const struct privkey *const by[] = { attested, other, enc, rsa, ed };
	static const enum sig_alg algs[] = { SIG_ES256, SIG_ES256, SIG_ES256, SIG_RS256,
		SIG_EDDSA };
	uint8_t *out = arena_alloc(&a, MAX_SIG_SIZE);
	size_t size = 0;
	unsigned mac = 0;

	if (how == BY_NOBODY)
		return (struct bytes){ 0 };
	if (how == BY_HMAC) {
		struct bytes spki = key_spki(privkey_public(attested));

		assert_non_null(
		    HMAC(EVP_sha256(), spki.p, (int)spki.size, message.p, message.size, out, &mac));
		return bytes_of(out, mac);
	}
	assert_int_equal(privkey_sign(by[how], algs[how], SIG_RAW, message, out, &size, NULL), 0);
	return bytes_of(out, size);
}

static struct bytes
jws_of(struct bytes header, struct bytes payload, enum signing how)
{
	struct buf out;

	buf_init(&out, MAX_ANY);
	jws_emit_signing_input(&out, header, payload);
	jws_emit_signature(&out, signature(how, buf_bytes(&out)));
	return text_take(&a, &out);
}

/* Challenges. */

static struct challenge
remembered(void)
{
	static char text[CHALLENGE_TEXT_SIZE];

	challenge_make(text, random32);
	return (struct challenge){ .audience = BYTES("https://rp.example"),
		.context = BYTES("session 7"),
		.text = bytes_of_str(text),
		.made_at = NOW - 10,
		.expires_at = NOW + 50 };
}

static struct challenge
spent(void)
{
	struct challenge c = remembered();

	c.is_spent = true;
	return c;
}

static struct challenge
without_context(void)
{
	struct challenge c = remembered();

	c.context = (struct bytes){ 0 };
	return c;
}

static struct challenge
of_another_session(void)
{
	struct challenge c = remembered();

	c.context = BYTES("session 8");
	return c;
}

static struct challenge
of_another_audience(void)
{
	struct challenge c = remembered();

	c.audience = BYTES("https://rp.example/");
	return c;
}

static struct challenge
from_tomorrow(void)
{
	struct challenge c = remembered();

	c.made_at = NOW + 86400;
	c.expires_at = NOW + 86460;
	return c;
}

static struct challenge
sealed(void)
{
	return (struct challenge){ .audience = BYTES("https://rp.example"),
		.context = BYTES("session 7"),
		.secret = BYTES_OF(secret) };
}

static struct challenge
sealed_by_another(void)
{
	static const uint8_t others[32] = "another secret";
	struct challenge c = sealed();

	c.secret = BYTES_OF(others);
	return c;
}

/* Ways to spoil the text. */

static struct bytes
behind(struct bytes t)
{
	struct buf out;

	buf_init(&out, MAX_ANY);
	buf_add(&out, t);
	buf_char(&out, '\n');
	return text_take(&a, &out);
}

static struct bytes
flip_last(struct bytes t)
{
	struct bytes out = arena_copy(&a, t);
	uint8_t *p = (uint8_t *)(uintptr_t)out.p + t.size - 20;

	*p = *p == 'A' ? 'B' : 'A';
	return out;
}

static struct bytes
cut(struct bytes t)
{
	return bytes_slice(t, 0, t.size - 1);
}

static struct bytes
too_long(struct bytes t)
{
	uint8_t *p = arena_alloc(&a, MAX_POSSESSION_SIZE + 1);

	(void)t;
	memset(p, 'A', MAX_POSSESSION_SIZE + 1);
	return bytes_of(p, MAX_POSSESSION_SIZE + 1);
}

static struct bytes
nothing_at_all(struct bytes t)
{
	return bytes_slice(t, 0, 0);
}

/* The token itself: signed by the issuer, not by the key. */
static struct bytes
the_token(struct bytes t)
{
	(void)t;
	return token;
}

#define EDIT(name, check, from, to)                                                                \
	{                                                                                          \
		name, CHECK_POSSESSION_##check, from, to, BY_ATTESTED, remembered, NULL,           \
		    VERDICT_ACCEPTED, 0                                                            \
	}
#define SIGNED(name, check, from, to, by)                                                          \
	{                                                                                          \
		name, CHECK_POSSESSION_##check, from, to, by, remembered, NULL, VERDICT_ACCEPTED,  \
		    0                                                                              \
	}
#define SPOILT(name, check, way)                                                                   \
	{                                                                                          \
		name, CHECK_POSSESSION_##check, NULL, NULL, BY_ATTESTED, remembered, way,          \
		    VERDICT_ACCEPTED, 0                                                            \
	}
#define ASKED(name, check, challenge, later)                                                       \
	{                                                                                          \
		name, CHECK_POSSESSION_##check, NULL, NULL, BY_ATTESTED, challenge, NULL,          \
		    VERDICT_ACCEPTED, later                                                        \
	}
static const struct row rows[] = {
	{ "token refused", CHECK_POSSESSION_TOKEN, NULL, NULL, BY_ATTESTED, remembered, NULL,
	    VERDICT_REFUSED, 0 },
	{ "token undecided", CHECK_POSSESSION_TOKEN, NULL, NULL, BY_ATTESTED, remembered, NULL,
	    VERDICT_UNDECIDED, 0 },
	ASKED("token expired since", TOKEN, remembered, 1000000),
	ASKED("answered before", REPLAYED, spent, 0),
	SPOILT("an end of line behind it", FORMAT, behind),
	SPOILT("a letter missing", FORMAT, cut),
	SPOILT("too long", FORMAT, too_long),
	SPOILT("nothing", FORMAT, nothing_at_all),
	EDIT("an extension that must be understood", FORMAT, "\"typ\"", "\"crit\":[\"x\"],\"typ\""),
	EDIT("a member twice", FORMAT, "\"typ\"", "\"alg\":\"ES256\",\"typ\""),
	EDIT("typ of a token", TYP, "attest-possession+jwt", "JWT"),
	EDIT("typ of DPoP", TYP, "attest-possession+jwt", "dpop+jwt"),
	EDIT("typ in capitals", TYP, "attest-possession+jwt", "Attest-Possession+JWT"),
	EDIT("no typ", TYP, ",\"typ\":\"attest-possession+jwt\"", ""),
	SPOILT("the token itself", TYP, the_token),
	EDIT("a key in the header", HEADER, "\"typ\"", "\"jwk\":@OTHERJWK@,\"typ\""),
	EDIT("a URL of keys in the header", HEADER, "\"typ\"",
	    "\"jku\":\"https://i.example/certs\",\"typ\""),
	EDIT("another member in the header", HEADER, "\"typ\"", "\"x\":1,\"typ\""),
	EDIT("a member in the place of kid", HEADER, "\"kid\"", "\"x\""),
	SIGNED("a key that is not in the token", KEY, "@TP@", "@OTHERTP@", BY_OTHER),
	EDIT("the thumbprint in another spelling", KEY, "@TP@", "@TP@="),
	EDIT("kid empty", KEY, "@TP@", ""),
	SIGNED("a key for encryption", KEY_USE, "@TP@", "@ENCTP@", BY_ENC),
	SIGNED("alg none", ALGORITHM, "ES256", "none", BY_NOBODY),
	SIGNED("HMAC by the public key", ALGORITHM, "ES256", "HS256", BY_HMAC),
	SIGNED("another algorithm", ALGORITHM, "ES256", "ES384", BY_ATTESTED),
	SIGNED("an RSA key by its other algorithm", ALGORITHM,
	    "{\"alg\":\"ES256\",\"kid\":\"@TP@\"", "{\"alg\":\"PS256\",\"kid\":\"@RSATP@\"",
	    BY_RSA),
	SIGNED("signed by another key", SIGNATURE, NULL, NULL, BY_OTHER),
	SIGNED("signed by another key of the token", SIGNATURE,
	    "{\"alg\":\"ES256\",\"kid\":\"@TP@\"", "{\"alg\":\"EdDSA\",\"kid\":\"@EDTP@\"",
	    BY_ATTESTED),
	SIGNED("HMAC under the right name", SIGNATURE, NULL, NULL, BY_HMAC),
	SIGNED("no signature", SIGNATURE, NULL, NULL, BY_NOBODY),
	SPOILT("a bit of the signature", SIGNATURE, flip_last),
	EDIT("no claims set", CLAIMS, payload_form, "[]"),
	EDIT("no JSON", CLAIMS, payload_form, "x"),
	EDIT("a member more", CLAIMS, "\"nonce\"", "\"iat\":1,\"nonce\""),
	EDIT("a claim twice", CLAIMS, "\"nonce\"", "\"aud\":\"https://rp.example\",\"nonce\""),
	EDIT("no aud", CLAIMS, "\"aud\":\"https://rp.example\",", ""),
	EDIT("a list of audiences", CLAIMS, "\"https://rp.example\"", "[\"https://rp.example\"]"),
	EDIT("nonce a number", CLAIMS, "\"@NONCE@\"", "7"),
	EDIT("context null", CLAIMS, "\"@CONTEXT@\"", "null"),
	EDIT("another audience", AUDIENCE, "https://rp.example", "https://evil.example"),
	EDIT("audience with more behind it", AUDIENCE, "https://rp.example",
	    "https://rp.example.evil"),
	EDIT("audience with a NUL behind it", AUDIENCE, "https://rp.example",
	    "https://rp.example\\u0000"),
	ASKED("made for another audience", AUDIENCE, of_another_audience, 0),
	ASKED("of another session", CONTEXT, of_another_session, 0),
	ASKED("with a context that was not asked for", CONTEXT, without_context, 0),
	EDIT("without the context that was asked for", CONTEXT, "\"context\":\"@CONTEXT@\",", ""),
	EDIT("with an empty context", CONTEXT, "@CONTEXT@", ""),
	EDIT("made for another token", TOKEN_HASH, "@ATH@", "@OTHERATH@"),
	EDIT("another challenge", NONCE, "@NONCE@", "@OTHERNONCE@"),
	EDIT("an empty challenge", NONCE, "@NONCE@", ""),
	ASKED("a challenge of ours in the other mode", NONCE, sealed, 0),
	ASKED("too late", EXPIRED, remembered, 51),
	ASKED("before it was made", EXPIRED, from_tomorrow, 0),
};

static struct bytes
jwk_text(const struct privkey *key, enum sig_alg alg)
{
	struct buf out;

	buf_init(&out, MAX_ANY);
	json_emit(&out, jwk_emit(&a, privkey_public(key), alg, BYTES("k"), (struct bytes){ 0 }),
	    JSON_SORTED);
	return text_take(&a, &out);
}

static struct bytes
filled(struct bytes text, const struct challenge *c)
{
	uint8_t context[SHA256_SIZE], random[32] = "other";
	char other_nonce[CHALLENGE_TEXT_SIZE], nonce[CHALLENGE_TEXT_SIZE];
	size_t found = 0;

	challenge_context(BYTES("session 7"), context);
	challenge_make(other_nonce, random);
	if (c->text.p == NULL)
		challenge_make(nonce, random32);
	text = text_replace(&a, text, "@TP@", thumbprint(attested), &found);
	text = text_replace(&a, text, "@OTHERTP@", thumbprint(other), &found);
	text = text_replace(&a, text, "@ENCTP@", thumbprint(enc), &found);
	text = text_replace(&a, text, "@EDTP@", thumbprint(ed), &found);
	text = text_replace(&a, text, "@RSATP@", thumbprint(rsa), &found);
	text = text_replace(&a, text, "@OTHERJWK@", jwk_text(other, SIG_ES256), &found);
	text = text_replace(&a, text, "@ATH@", digest64(token), &found);
	text = text_replace(&a, text, "@OTHERATH@", digest64(other_token), &found);
	text = text_replace(&a, text, "@CONTEXT@", b64(&a, BYTES_OF(context)), &found);
	text = text_replace(&a, text, "@OTHERNONCE@", bytes_of_str(other_nonce), &found);
	return text_replace(&a, text, "@NONCE@", c->text.p == NULL ? bytes_of_str(nonce) : c->text,
	    &found);
}

static struct bytes
answer(const struct row *row, const struct challenge *c)
{
	struct bytes header = bytes_of_str(header_form), payload = bytes_of_str(payload_form), out;
	size_t found = 0;

	if (row->from != NULL) {
		header = text_replace(&a, header, row->from, bytes_of_str(row->to), &found);
		payload = text_replace(&a, payload, row->from, bytes_of_str(row->to), &found);
		if (!found)
			fail_msg("%s: %s is not there", row->name, row->from);
	}
	out = jws_of(filled(header, c), filled(payload, c), row->signing);
	return row->spoil == NULL ? out : row->spoil(out);
}

static void
see_token(struct bytes text, struct token_seen *seen)
{
	struct token_expectation want = TOKEN_EXPECTATION;
	struct trace t;

	want.issuer = BYTES("https://i.example");
	want.any_age = true;
	trace_init(&t, &a, "token", NOW);
	assert_int_equal(token_judge(text, &keys, &want, NOW, &a, &t, seen, NULL), 0);
	assert_ended_at(&t, CHECK_NONE);
}

static void
judge(struct bytes text, const struct challenge *c, enum verdict verdict, int64_t at,
    struct trace *t, struct possession_seen *seen)
{
	struct token_seen of = { 0 };
	struct possession_token judged = { verdict, &of };

	see_token(token, &of);
	trace_init(t, &a, "possession", at);
	assert_int_equal(possession_judge(text, c, &judged, at, &a, t, seen, NULL), 0);
	assert_false(t->fault);
}

static void
each_bad_answer_is_refused_by_its_own_check(void **state)
{
	static const struct row good = { .signing = BY_ATTESTED };
	struct possession_seen seen;
	size_t wrong = 0;
	struct trace t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct challenge c = rows[i].ask();

		judge(answer(&rows[i], &c), &c, rows[i].token, NOW + rows[i].later_s, &t, &seen);
		if (!has_ended_at(&t, rows[i].check)) {
			print_message("# %s\n", rows[i].name);
			wrong++;
		}
		c = remembered();
		judge(answer(&good, &c), &c, VERDICT_ACCEPTED, NOW, &t, &seen);
		if (!has_ended_at(&t, CHECK_NONE))
			wrong++;
		arena_reset(&a);
	}
	assert_int_equal(wrong, 0);
}

static struct bytes
made(const struct challenge *c, struct bytes nonce, const struct privkey *by, enum sig_alg alg)
{
	struct possession_request rq = { .token = token,
		.audience = c->audience,
		.challenge = nonce,
		.context = c->context };
	struct possession_draft d;
	struct err e = { 0 };
	uint8_t sig[MAX_SIG_SIZE];
	struct bytes out;
	size_t size;

	if (possession_begin(&rq, thumbprint(by), &a, &d, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(d.key.alg, alg);
	assert_int_equal(privkey_sign(by, alg, SIG_RAW, buf_bytes(&d.text), sig, &size, NULL), 0);
	assert_int_equal(possession_finish(&d, bytes_of(sig, size), NULL), 0);
	out = arena_copy(&a, buf_bytes(&d.text));
	possession_draft_release(&d);
	return out;
}

static void
what_is_made_is_accepted_with_each_key_of_the_token(void **state)
{
	const struct {
		const struct privkey *key;
		enum sig_alg alg;
	} by[] = { { attested, SIG_ES256 }, { rsa, SIG_RS256 }, { ed, SIG_EDDSA } };
	struct possession_seen seen;
	struct trace t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(by); i++) {
		struct challenge c = remembered();

		judge(made(&c, c.text, by[i].key, by[i].alg), &c, VERDICT_ACCEPTED, NOW, &t, &seen);
		assert_ended_at(&t, CHECK_NONE);
		assert_true(bytes_eq(seen.key, thumbprint(by[i].key)));
		c = without_context();
		judge(made(&c, c.text, by[i].key, by[i].alg), &c, VERDICT_ACCEPTED, NOW, &t, &seen);
		assert_ended_at(&t, CHECK_NONE);
	}
	arena_reset(&a);
}

static void
sealed_challenge_is_taken_back_from_whoever_it_was_given_to(void **state)
{
	struct challenge c = sealed(), wrong[3] = { sealed_by_another(), sealed(), sealed() };
	char text[CHALLENGE_TEXT_SIZE];
	struct possession_seen seen;
	struct bytes good;
	struct trace t;

	(void)state;
	challenge_seal(&c, NOW + 60, random32, text);
	good = made(&c, bytes_of_str(text), attested, SIG_ES256);
	judge(good, &c, VERDICT_ACCEPTED, NOW, &t, &seen);
	assert_ended_at(&t, CHECK_NONE);
	judge(good, &c, VERDICT_ACCEPTED, NOW + 60, &t, &seen);
	assert_ended_at(&t, CHECK_NONE);
	judge(good, &c, VERDICT_ACCEPTED, NOW + 61, &t, &seen);
	assert_ended_at(&t, CHECK_POSSESSION_EXPIRED);
	judge(good, &wrong[0], VERDICT_ACCEPTED, NOW, &t, &seen);
	assert_ended_at(&t, CHECK_POSSESSION_NONCE);
	/* The seal holds audience and context, too: an answer that names others is no way around. */
	for (size_t i = 1; i < 3; i++) {
		if (i == 1)
			wrong[i].context = BYTES("session 8");
		else
			wrong[i].audience = BYTES("https://other.example");
		judge(made(&wrong[i], bytes_of_str(text), attested, SIG_ES256), &wrong[i],
		    VERDICT_ACCEPTED, NOW, &t, &seen);
		assert_ended_at(&t, CHECK_POSSESSION_NONCE);
	}
	arena_reset(&a);
}

static void
seal_opens_only_as_it_was_made(void **state)
{
	struct challenge c = sealed();
	char text[CHALLENGE_TEXT_SIZE];
	int64_t at = 0;

	(void)state;
	challenge_seal(&c, NOW, random32, text);
	assert_int_equal(strlen(text), CHALLENGE_TEXT_SIZE - 1);
	assert_true(challenge_unseal(&c, bytes_of_str(text), &at));
	assert_int_equal(at, NOW);
	for (size_t i = 0; i < strlen(text); i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		assert_false(challenge_unseal(&c, bytes_of_str(text), &at));
		text[i] = was;
		assert_false(challenge_unseal(&c, bytes_of(text, i), &at));
	}
	c.context = (struct bytes){ 0 };
	assert_false(challenge_unseal(&c, bytes_of_str(text), &at));
}

static void
attester_is_told_what_he_cannot_sign(void **state)
{
	struct possession_request rq = { .token = token,
		.audience = BYTES("https://rp.example"),
		.challenge = BYTES("n") };
	static uint8_t long_text[MAX_CHALLENGE_SIZE + 1];
	uint8_t sig[64] = { 1 };
	struct possession_draft d;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(possession_begin(&rq, thumbprint(other), &a, &d, &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
	possession_draft_release(&d);
	err_clear(&e);
	/* There are several that could. */
	assert_int_equal(possession_begin(&rq, (struct bytes){ 0 }, &a, &d, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	possession_draft_release(&d);
	rq.challenge = BYTES("with blank");
	assert_int_equal(possession_begin(&rq, thumbprint(attested), &a, &d, NULL), -1);
	possession_draft_release(&d);
	err_clear(&e);
	rq.challenge = (struct bytes){ 0 };
	assert_int_equal(possession_begin(&rq, thumbprint(attested), &a, &d, &e), -1);
	assert_non_null(strstr(e.msg, "a challenge has"));
	possession_draft_release(&d);
	err_clear(&e);
	memset(long_text, 'n', sizeof(long_text));
	rq.challenge = BYTES_OF(long_text);
	assert_int_equal(possession_begin(&rq, thumbprint(attested), &a, &d, &e), -1);
	assert_non_null(strstr(e.msg, "a challenge has"));
	possession_draft_release(&d);
	rq.challenge = BYTES("n");
	rq.audience = BYTES("");
	assert_int_equal(possession_begin(&rq, thumbprint(attested), &a, &d, NULL), -1);
	possession_draft_release(&d);
	rq.audience = BYTES("https://rp.example");
	err_clear(&e);
	assert_int_equal(possession_begin(&rq, thumbprint(attested), &a, &d, NULL), 0);
	assert_int_equal(possession_finish(&d, BYTES_OF(sig), &e), -1);
	assert_int_equal(e.code, ERR_SIGNATURE);
	possession_draft_release(&d);
	arena_reset(&a);
}

static void
make_token(struct bytes payload, struct bytes *out)
{
	uint8_t sig[MAX_SIG_SIZE];
	struct buf text;
	size_t size;

	buf_init(&text, MAX_ANY);
	jws_emit_signing_input(&text, BYTES("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}"),
	    payload);
	assert_int_equal(privkey_sign(issuer, SIG_ES256, SIG_RAW, buf_bytes(&text), sig, &size,
			     NULL),
	    0);
	jws_emit_signature(&text, bytes_of(sig, size));
	*out = text_take(&kept, &text);
}

/* Why a token is of no use to the attester, each in its own words. */
static void
attester_is_told_what_his_token_lacks(void **state)
{
	struct possession_request rq = { .token = BYTES("no.token"),
		.audience = BYTES("https://rp.example"),
		.challenge = BYTES("n") };
	struct possession_draft d;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(possession_begin(&rq, thumbprint(attested), &a, &d, &e), -1);
	assert_non_null(strstr(e.msg, "possession: token"));
	possession_draft_release(&d);
	err_clear(&e);
	make_token(BYTES("{\"exp\":1790000600}"), &rq.token);
	assert_int_equal(possession_begin(&rq, (struct bytes){ 0 }, &a, &d, &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
	possession_draft_release(&d);
	err_clear(&e);
	/* It is named there for encryption. */
	rq.token = token;
	assert_int_equal(possession_begin(&rq, thumbprint(enc), &a, &d, &e), -1);
	assert_non_null(strstr(e.msg, "as the token names the key"));
	possession_draft_release(&d);
	arena_reset(&a);
}

/* One key in cnf, the others in the runtime data, one of them for encryption. */
static void
make_tokens(void)
{
	struct buf out;
	size_t found = 0;
	struct bytes use;

	buf_init(&out, MAX_ANY);
	buf_str(&out, "{\"cnf\":{\"jwk\":");
	buf_add(&out, jwk_text(attested, SIG_ES256));
	buf_str(&out,
	    "},\"exp\":1790000600,\"iss\":\"https://i.example\",\"jti\":\"1\","
	    "\"x-ms-attestation-type\":\"sgx\",\"x-ms-runtime\":{\"keys\":[");
	use = jwk_text(enc, SIG_ES256);
	buf_add(&out, text_replace(&a, use, "\"use\":\"sig\"", BYTES("\"use\":\"enc\""), &found));
	assert_true(found > 0);
	buf_char(&out, ',');
	buf_add(&out, jwk_text(rsa, SIG_RS256));
	buf_char(&out, ',');
	buf_add(&out, jwk_text(ed, SIG_EDDSA));
	buf_str(&out, "]},\"x-ms-sgx-is-debuggable\":false}");
	payload_of_token = text_take(&kept, &out);
	make_token(payload_of_token, &token);
	make_token(text_replace(&a, payload_of_token, "\"jti\":\"1\"", BYTES("\"jti\":\"2\""),
		       &found),
	    &other_token);
}

static int
setup(void **state)
{
	struct privkey **const each[] = { &issuer, &attested, &other, &enc };
	struct buf set;

	(void)state;
	arena_init(&kept, 4u << 20);
	arena_init(&a, 64u << 20);
	for (size_t i = 0; i < COUNT_OF(each); i++)
		if (privkey_generate(KEY_P256, each[i], NULL) < 0)
			return -1;
	if (privkey_generate_rsa(2048, &rsa, NULL) < 0 ||
	    privkey_generate(KEY_ED25519, &ed, NULL) < 0)
		return -1;
	buf_init(&set, MAX_ANY);
	buf_str(&set, "{\"keys\":[");
	buf_add(&set, jwk_text(issuer, SIG_ES256));
	buf_str(&set, "]}");
	assert_int_equal(jwks_parse(text_take(&kept, &set), &kept, &keys, NULL), 0);
	make_tokens();
	arena_reset(&a);
	return 0;
}

static int
teardown(void **state)
{
	struct privkey *const each[] = { issuer, attested, other, enc, rsa, ed };

	(void)state;
	jwks_release(&keys);
	for (size_t i = 0; i < COUNT_OF(each); i++)
		privkey_free(each[i]);
	arena_release(&a);
	arena_release(&kept);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bad_answer_is_refused_by_its_own_check),
		cmocka_unit_test(what_is_made_is_accepted_with_each_key_of_the_token),
		cmocka_unit_test(sealed_challenge_is_taken_back_from_whoever_it_was_given_to),
		cmocka_unit_test(seal_opens_only_as_it_was_made),
		cmocka_unit_test(attester_is_told_what_he_cannot_sign),
		cmocka_unit_test(attester_is_told_what_his_token_lacks),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
