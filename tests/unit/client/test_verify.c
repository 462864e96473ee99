/* SPDX-License-Identifier: Apache-2.0 */
/* Each check of a token (docs/checks.md, stage TOKEN) refuses what it is for, and nothing else does. */
#include "client/verify.h"

#include "../../support/verdict.h"
#include "crypto/privkey.h"

#include <stdio.h>
#include <string.h>

#define NOW    1790000000
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}"
#define PAYLOAD                                                                                    \
	"{\"exp\":1790028800,\"iat\":1790000000,\"iss\":\"https://i\",\"nbf\":1790000000,"         \
	"\"nonce\":\"n\",\"x-ms-policy-hash\":\"h\"," KIND "}"
/* What makes a payload one of an attestation token. */
#define KIND "\"jti\":\"j\",\"x-ms-attestation-type\":\"sgx\",\"x-ms-sgx-is-debuggable\":false"

static struct privkey *key;
static struct jwks keys;
static struct arena a;
static const struct token_expectation plain = { .issuer = { (const uint8_t *)"https://i", 9 },
	.max_age_s = -1 };

static int
setup(void **state)
{
	struct buf text;
	struct bytes kept;
	(void)state;

	arena_init(&a, 16777216);
	buf_init(&text, 65536);
	if (privkey_generate(KEY_P256, &key, NULL) < 0)
		return -1;
	buf_str(&text, "{\"keys\":[");
	json_emit(&text,
	    jwk_emit(&a, privkey_public(key), SIG_ES256, BYTES("k1"), (struct bytes){ 0 }),
	    JSON_SORTED);
	buf_str(&text, "]}");
	kept = arena_copy(&a, buf_bytes(&text));
	buf_release(&text);
	return jwks_parse(kept, &a, &keys, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	jwks_release(&keys);
	privkey_free(key);
	arena_release(&a);
	return 0;
}

/* The token; IS_SIGNED false leaves the signature empty. */
static struct bytes
make(const char *header, const char *payload, bool is_signed)
{
	uint8_t sig[MAX_SIG_SIZE];
	size_t size = 0;
	struct buf out;
	struct bytes kept;

	buf_init(&out, 65536);
	jws_emit_signing_input(&out, bytes_of_str(header), bytes_of_str(payload));
	if (is_signed)
		assert_int_equal(privkey_sign(key, SIG_ES256, SIG_RAW, buf_bytes(&out), sig, &size,
				     NULL),
		    0);
	jws_emit_signature(&out, bytes_of(sig, size));
	kept = arena_copy(&a, buf_bytes(&out));
	buf_release(&out);
	assert_non_null(kept.p);
	return kept;
}

static void
assert_judged_with(struct bytes token, const struct jwks *with,
    const struct token_expectation *want, enum check_id failed)
{
	struct token_seen seen = { 0 };
	struct trace *t = arena_alloc(&a, sizeof(*t));

	assert_non_null(t);
	trace_init(t, &a, "token", NOW);
	assert_int_equal(token_judge(token, with, want, NOW, &a, t, &seen, NULL), 0);
	assert_ended_at(t, failed);
}

/* FAILED "": the token is accepted. */
static void
assert_judged(struct bytes token, const struct token_expectation *want, const char *failed)
{
	assert_judged_with(token, &keys, want, check_find(failed));
}

static void
a_good_token_is_accepted(void **state)
{
	struct token_expectation want = plain;
	(void)state;

	assert_judged(make(HEADER, PAYLOAD, true), &plain, "");
	want.type = BYTES("SgxEnclave");
	want.nonce = BYTES("n");
	want.max_age_s = 60;
	assert_judged(make(HEADER, PAYLOAD, true), &want, "");
}

static void
text_that_is_no_jws_is_refused(void **state)
{
	(void)state;
	assert_judged(BYTES(""), &plain, "token.format");
	assert_judged(BYTES("a.b"), &plain, "token.format");
	assert_judged(make("[]", PAYLOAD, true), &plain, "token.format");
	assert_judged(make("{\"alg\":\"ES256\",\"crit\":[\"x\"],\"kid\":\"k1\"}", PAYLOAD, true),
	    &plain, "token.format");
}

static void
unsigned_token_is_refused(void **state)
{
	(void)state;
	assert_judged(make("{\"alg\":\"none\",\"kid\":\"k1\"}", PAYLOAD, false), &plain,
	    "token.signed");
}

static void
another_algorithm_is_refused(void **state)
{
	(void)state;
	assert_judged(make("{\"alg\":\"HS256\",\"kid\":\"k1\"}", PAYLOAD, true), &plain,
	    "token.algorithm");
	assert_judged(make("{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}", PAYLOAD, true),
	    &plain, "token.algorithm");
	assert_judged(make("{\"alg\":\"None\",\"kid\":\"k1\"}", PAYLOAD, false), &plain,
	    "token.algorithm");
}

static void
unknown_key_is_undecided(void **state)
{
	(void)state;
	assert_judged(make("{\"alg\":\"ES256\",\"kid\":\"k2\",\"typ\":\"JWT\"}", PAYLOAD, true),
	    &plain, "token.key");
	assert_judged(make("{\"alg\":\"ES256\",\"typ\":\"JWT\"}", PAYLOAD, true), &plain,
	    "token.key");
	assert_judged_with(make(HEADER, PAYLOAD, true), NULL, &plain, CHECK_TOKEN_KEY);
	assert_int_equal(verdict_of_failed(CHECK_TOKEN_KEY), VERDICT_UNDECIDED);
}

static void
changed_payload_or_missing_signature_is_refused(void **state)
{
	struct bytes good = make(HEADER, PAYLOAD, true);
	struct bytes other = make(HEADER, "{\"iss\":\"https://i\"}", true);
	struct buf mixed;
	size_t dot = 0, last = 0;
	(void)state;

	assert_judged(make(HEADER, PAYLOAD, false), &plain, "token.signature");
	/* Header and payload of the one, signature of the other. */
	for (size_t i = 0; i < good.size; i++)
		dot = good.p[i] == '.' ? i : dot;
	for (size_t i = 0; i < other.size; i++)
		last = other.p[i] == '.' ? i : last;
	buf_init(&mixed, 65536);
	buf_add(&mixed, bytes_slice(good, 0, dot));
	buf_add(&mixed, bytes_slice(other, last, other.size));
	assert_judged(buf_bytes(&mixed), &plain, "token.signature");
	buf_release(&mixed);
}

static void
signed_text_that_is_no_claims_set_is_refused(void **state)
{
	(void)state;
	assert_judged(make(HEADER, "[]", true), &plain, "token.claims");
	assert_judged(make(HEADER, "{\"exp\":1.5,\"iss\":\"https://i\"}", true), &plain,
	    "token.claims");
	assert_judged(make(HEADER, "{\"exp\":1,\"exp\":2}", true), &plain, "token.claims");
}

static void
another_issuer_is_refused(void **state)
{
	struct token_expectation want = plain;
	(void)state;

	want.issuer = BYTES("https://i/");
	assert_judged(make(HEADER, PAYLOAD, true), &want, "token.issuer");
	assert_judged(make(HEADER, "{\"exp\":1790028800}", true), &plain, "token.issuer");
}

static void
token_outside_its_time_is_refused(void **state)
{
	(void)state;
	assert_judged(make(HEADER, "{\"exp\":1789999940,\"iss\":\"https://i\"," KIND "}", true),
	    &plain, "token.expired");
	assert_judged(make(HEADER, "{\"exp\":1789999941,\"iss\":\"https://i\"," KIND "}", true),
	    &plain, "");
	assert_judged(make(HEADER, "{\"iss\":\"https://i\"," KIND "}", true), &plain,
	    "token.expired");
	assert_judged(make(HEADER,
			  "{\"exp\":1790028800,\"iss\":\"https://i\",\"nbf\":1790000061," KIND "}",
			  true),
	    &plain, "token.not_yet_valid");
}

static void
token_over_the_maximum_age_is_refused(void **state)
{
	struct token_expectation want = plain;
	(void)state;

	want.max_age_s = 60;
	assert_judged(make(HEADER,
			  "{\"exp\":1790028800,\"iat\":1789999939,\"iss\":\"https://i\"," KIND "}",
			  true),
	    &want, "token.age");
	assert_judged(make(HEADER,
			  "{\"exp\":1790028800,\"iat\":1790000061,\"iss\":\"https://i\"," KIND "}",
			  true),
	    &want, "token.age");
	assert_judged(make(HEADER, "{\"exp\":1790028800,\"iss\":\"https://i\"," KIND "}", true),
	    &want, "token.age");
	/* The least time there is: its age does not fit into a number. */
	assert_judged(make(HEADER,
			  "{\"exp\":1790028800,\"iat\":-9223372036854775808,\"iss\":\"https://"
			  "i\"," KIND "}",
			  true),
	    &want, "token.age");
}

static void
another_type_or_nonce_is_refused(void **state)
{
	struct token_expectation want = plain;
	(void)state;

	want.type = BYTES("TdxVm");
	assert_judged(make(HEADER, PAYLOAD, true), &want, "token.type");
	assert_judged(make(HEADER, "{\"exp\":1790028800,\"iss\":\"https://i\"}", true), &want,
	    "token.kind");
	want = plain;
	want.nonce = BYTES("m");
	assert_judged(make(HEADER, PAYLOAD, true), &want, "token.nonce");
	assert_judged(make(HEADER, "{\"exp\":1790028800,\"iss\":\"https://i\"," KIND "}", true),
	    &want, "token.nonce");
}

/* TEXT read into WANT. */
static void
expect(struct token_expectation *want, const char *text)
{
	*want = plain;
	assert_int_equal(expectation_parse(want, &a, bytes_of_str(text), NULL), 0);
}

static void
what_was_not_expected_is_refused(void **state)
{
	static const struct {
		const char *text, *check;
	} bad[] = {
		{ "{\"type\":\"tdxvm\"}", "token.type" },
		{ "{\"policy_hash\":\"other\"}", "token.policy_hash" },
		{ "{\"appraisal_hash\":\"other\"}", "token.appraisal_hash" },
		{ "{\"claims\":{\"nonce\":\"m\"}}", "token.expected" },
		{ "{\"claims\":{\"nonce\":[\"m\",\"o\"]}}", "token.expected" },
		{ "{\"claims\":{\"absent\":true}}", "token.expected" },
	};
	struct token_expectation want;
	(void)state;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		expect(&want, bad[i].text);
		assert_judged(make(HEADER, PAYLOAD, true), &want, bad[i].check);
	}
	expect(&want, "{\"claims\":{\"nonce\":[\"m\",\"n\"]}}");
	assert_judged(make(HEADER, PAYLOAD, true), &want, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_token_is_accepted),
		cmocka_unit_test(text_that_is_no_jws_is_refused),
		cmocka_unit_test(unsigned_token_is_refused),
		cmocka_unit_test(another_algorithm_is_refused),
		cmocka_unit_test(unknown_key_is_undecided),
		cmocka_unit_test(changed_payload_or_missing_signature_is_refused),
		cmocka_unit_test(signed_text_that_is_no_claims_set_is_refused),
		cmocka_unit_test(another_issuer_is_refused),
		cmocka_unit_test(token_outside_its_time_is_refused),
		cmocka_unit_test(token_over_the_maximum_age_is_refused),
		cmocka_unit_test(another_type_or_nonce_is_refused),
		cmocka_unit_test(what_was_not_expected_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
