/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens judged: by a relying party (client/verify) and as a caller's bearer token (authn/bearer). The input is
 *
 *	u8 flags · u16 LE size of the header · header · payload	both JSON
 *
 * and is signed here, so that changes do not die at the signature. A token is believed only when all that is demanded of
 * it, read again from the text of its parts, is so; and never when it was not signed with the known key.
 */
#include "mutate.h"

#include "authn/bearer.h"
#include "client/verify.h"
#include "crypto/privkey.h"

#include <stdlib.h>
#include <string.h>

#define ISSUER   "https://localhost:8443"
#define AUDIENCE "https://attest.azure.net"
#define TYPE     "sgx"
#define NONCE    "20261"
#define NOW      INT64_C(1764000000)
#define MAX_AGE  600

enum { FLAG_UNSIGNED = 1, FLAG_STRANGER = 2, FLAG_FLIP = 4, FLAG_ALL = 7 };

static struct privkey *key, *stranger;
static struct jwks set;
static struct authn *authn;

static void
setup(void)
{
	static struct arena a;
	struct json *keys, *doc;
	DEFER(buf_release) struct buf text = { 0 };
	struct err e = { 0 };

	arena_init(&a, 1u << 20);
	HOLDS(privkey_generate(KEY_P256, &key, &e) == 0);
	HOLDS(privkey_generate(KEY_P256, &stranger, &e) == 0);
	doc = json_new(&a, JSON_OBJECT);
	keys = json_new(&a, JSON_ARRAY);
	HOLDS(json_append(keys,
	    jwk_emit(&a, privkey_public(key), SIG_ES256, BYTES("k1"), (struct bytes){ 0 })));
	HOLDS(json_put(doc, "keys", keys));
	buf_init(&text, 65536);
	json_emit(&text, doc, JSON_AS_IS);
	struct bytes kept = arena_copy(&a, buf_bytes(&text));

	HOLDS(jwks_parse(kept, &a, &set, &e) == 0);
	struct authn_issuer_spec issuer = { .issuer = BYTES(ISSUER),
		.jwks = kept,
		.audiences = { BYTES(AUDIENCE) },
		.audience_count = 1 };

	HOLDS(authn_new(&issuer, 1, 60, &authn, &e) == 0);
}

static void
sign(struct buf *out, uint8_t flags, struct bytes header, struct bytes payload)
{
	uint8_t sig[MAX_SIG_SIZE];
	struct err e = { 0 };
	size_t size = 0;

	jws_emit_signing_input(out, header, payload);
	if ((flags & FLAG_UNSIGNED) == 0)
		HOLDS(privkey_sign((flags & FLAG_STRANGER) != 0 ? stranger : key, SIG_ES256,
			  SIG_RAW, buf_bytes(out), sig, &size, &e) == 0);
	if ((flags & FLAG_FLIP) != 0 && size > 0)
		sig[size - 1] ^= 1;
	jws_emit_signature(out, bytes_of(sig, size));
	HOLDS(buf_ok(out));
}

/* What both demand. */
static const struct json *
claims_that_may_pass(uint8_t flags, struct bytes header, struct bytes payload, struct arena *a)
{
	const struct json *h, *c;
	int64_t exp = 0, nbf = 0;

	HOLDS((flags & FLAG_ALL) == 0);
	HOLDS(json_parse(header, header.size, a, &h, NULL) == 0);
	HOLDS(json_parse(payload, payload.size, a, &c, NULL) == 0);
	HOLDS(json_is_str(json_get(h, "alg"), "ES256") && json_get(h, "crit") == NULL);
	HOLDS(json_get(h, "kid") == NULL || json_is_str(json_get(h, "kid"), "k1"));
	HOLDS(json_is_str(json_get(c, "iss"), ISSUER));
	HOLDS(json_int(json_get(c, "exp"), &exp) && exp > NOW - 60);
	if (json_get(c, "nbf") != NULL)
		HOLDS(json_int(json_get(c, "nbf"), &nbf) && nbf <= NOW + 60);
	return c;
}

static void
fuzz_relying_party(struct bytes token, uint8_t flags, struct bytes header, struct bytes payload)
{
	struct token_expectation want = { .issuer = BYTES(ISSUER),
		.type = BYTES(TYPE),
		.nonce = BYTES(NONCE),
		.max_age_s = MAX_AGE };
	bool debuggable = false;
	struct arena *a = fuzz_arena();
	const struct json *c;
	struct token_seen seen = { 0 };
	struct trace t;
	struct err e = { 0 };
	int64_t iat = 0;

	trace_init(&t, a, "token", NOW);
	HOLDS(token_judge(token, &set, &want, NOW, a, &t, &seen, &e) == 0 && !t.fault);
	HOLDS((trace_verdict(&t) == VERDICT_ACCEPTED) == (t.failed == CHECK_NONE));
	HOLDS(trace_emit(&t, TRACE_VIEW_READER, a) != NULL);
	if (trace_verdict(&t) != VERDICT_ACCEPTED)
		return;
	c = claims_that_may_pass(flags, header, payload, fuzz_arena_other());
	HOLDS(json_get(seen.header, "kid") != NULL);
	HOLDS(json_is_str(json_get(c, "x-ms-attestation-type"), TYPE));
	HOLDS(json_is_str(json_get(c, "nonce"), NONCE));
	HOLDS(json_int(json_get(c, "iat"), &iat) && iat >= NOW - MAX_AGE - 60);
	HOLDS(!json_bool(json_get(c, "x-ms-sgx-is-debuggable"), &debuggable) || !debuggable);
	HOLDS(json_get(c, "attest-dev") == NULL);
}

static void
fuzz_caller(struct bytes token, uint8_t flags, struct bytes header, struct bytes payload)
{
	struct caller caller = { 0 };
	struct err why = { 0 };
	const struct json *c, *aud;
	bool mine = false;

	enum authn_verdict verdict = authn_judge(authn, token, NOW, fuzz_arena(), &caller, &why);

	HOLDS(verdict == AUTHN_OK || verdict == AUTHN_BAD);
	if (verdict != AUTHN_OK) {
		fuzz_refusal(&why);
		HOLDS(caller.roles == 0 && caller.subject.p == NULL);
		return;
	}
	c = claims_that_may_pass(flags, header, payload, fuzz_arena_other());
	aud = json_get(c, "aud");
	for (const struct json *i = aud->type == JSON_ARRAY ? aud->first : aud; i != NULL;
	     i = aud->type == JSON_ARRAY ? i->next : NULL)
		mine = mine || json_is_str(i, AUDIENCE);
	HOLDS(mine);
	HOLDS(caller.roles == 0 || json_get(c, "roles") != NULL);
	HOLDS(!caller_may(&caller, ROLE_CONTRIBUTOR) || caller_may(&caller, ROLE_READER));
}

/* An expectation as people write it: what is taken can judge, and a rule that is taken is judged by. */
static void
fuzz_expectation(struct bytes token, struct bytes text)
{
	struct arena *a = fuzz_arena();
	struct token_expectation want = TOKEN_EXPECTATION;
	struct token_seen seen;
	struct trace t;
	struct err e = { 0 };

	if (expectation_parse(&want, a, text, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	for (const struct expect_rule *r = want.rules; r != NULL; r = r->next)
		HOLDS(
		    r->kind < EXPECT_KINDS && (r->kind == EXPECT_MIN_SVN || r->values->count > 0));
	if (expectation_complete(&want, &e) < 0) {
		fuzz_refusal(&e);
		HOLDS(e.code == ERR_MISSING);
	}
	want.issuer = BYTES(ISSUER);
	trace_init(&t, a, "token", NOW);
	HOLDS(token_judge(token, &set, &want, NOW, a, &t, &seen, &e) == 0);
	HOLDS(trace_emit(&t, TRACE_VIEW_READER, a) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_from(bytes_of(data, size));
	uint8_t flags = rd_u8(&r);
	struct bytes header = rd_take(&r, rd_le16(&r)), payload = rd_rest(&r);
	DEFER(buf_release) struct buf token = { 0 };

	if (key == NULL)
		setup();
	if (!rd_ok(&r) || size > 65536)
		return 0;
	buf_init(&token, MAX_JWS_SIZE);
	sign(&token, flags, header, payload);
	fuzz_relying_party(buf_bytes(&token), flags, header, payload);
	fuzz_caller(buf_bytes(&token), flags, header, payload);
	fuzz_expectation(buf_bytes(&token), payload);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_pair(data, size, max_size, seed);
}
