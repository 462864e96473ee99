/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bad tokens of bad_tokens.def, and the good one beside each. A row is one thing away from a token that is accepted, and
 * names the check that refuses it. Whoever judges tokens judges these.
 *
 *	cmocka_run_group_tests(tests, bad_tokens_setup, bad_tokens_teardown)
 *	bad_token_jwks                          the issuer's keys
 *	for each of bad_tokens:
 *		bad_token_make(row, is_bad, &token, &expectation)
 *		…                               at BAD_TOKEN_NOW; the expectation is JSON text
 *		arena_reset(&a)
 */
#pragma once

#include "test.h"
#include "text.h"

#include "base/b64.h"
#include "crypto/cert.h"
#include "crypto/privkey.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/thumbprint.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define BAD_TOKEN_NOW  1790000000
#define MAX_TEST_TOKEN 400000

static const char good_header[] =
    "{\"alg\":\"ES256\",\"jku\":\"https://i.example/certs\",\"kid\":\"ec\",\"typ\":\"JWT\"}";
static const char times[] =
    "\"exp\":1790028800,\"iat\":1790000000,\"iss\":\"https://i.example\",\"nbf\":1790000000";
static const char good_payload[] =
    "{\"attest-appraisal-hash\":\"settings-2\",\"attester_tcb_status\":\"UpToDate\","
    "\"cnf\":{\"jwk\":@KEY@},\"exp\":1790028800,\"iat\":1790000000,\"iss\":\"https://i.example\","
    "\"jti\":\"0123\",\"nbf\":1790000000,\"nonce\":\"n-20261\",\"product\":9,"
    "\"x-ms-attestation-type\":\"sgx\",\"x-ms-policy\":{\"product-id\":1},"
    "\"x-ms-policy-hash\":\"policy-2\",\"x-ms-policy-signer\":@SIGNER@,"
    "\"x-ms-sgx-is-debuggable\":false,\"x-ms-sgx-mrenclave\":\"00aa11\",\"x-ms-sgx-svn\":7,"
    "\"x-ms-ver\":\"1.0\"}";
static const char good_expectation[] =
    "{\"issuer\":\"https://i.example\",\"type\":\"SgxEnclave\",\"nonce\":\"n-20261\","
    "\"max_age\":600,\"measurements\":{\"x-ms-sgx-mrenclave\":\"00aa11\"},"
    "\"min_svn\":{\"x-ms-sgx-svn\":7},\"tcb_status\":\"UpToDate\",\"policy_hash\":\"policy-2\","
    "\"appraisal_hash\":\"settings-2\",\"policy_signer\":\"@SIGNERTP@\",\"key\":@KEY@,"
    "\"claims\":{\"product\":9}}";

enum part { PART_HEADER, PART_PAYLOAD, PART_EXPECT, PART_SIGNED, PART_TEXT };
enum signing {
	SIGN_EC,
	SIGN_OTHER,
	SIGN_RSA,
	SIGN_RSA_PS256,
	SIGN_RSA_RS512,
	SIGN_HMAC_RSA,
	SIGN_HMAC_EC,
	SIGN_NOTHING
};

struct bad_token {
	const char *name, *check;
	enum part part;
	const char *from, *good, *bad; /* GOOD NULL: FROM itself */
	enum signing signing;
	struct bytes (*spoil)(struct bytes good);
};

static struct privkey *ec, *ec2, *other, *signer, *bound, *rsa;
static struct bytes bad_token_jwks; /* what the issuer publishes */
static struct arena kept, a;        /* for the run; for a row */

static struct {
	const char *name;
	struct bytes text;
} places[16];
static size_t place_count;

static void
place(const char *name, struct bytes text)
{
	assert_true(place_count < COUNT_OF(places));
	places[place_count].name = name;
	places[place_count++].text = arena_copy(&kept, text);
}

/* TEXT with each FROM, exactly one unless it is a placeholder, as TO. */
static struct bytes
replace(struct bytes text, const char *from, struct bytes to, bool must)
{
	size_t found = 0;

	text = text_replace(&a, text, from, to, &found);
	if (must && found != 1)
		fail_msg("%s stands there %zu times", from, found);
	return text;
}

static struct bytes
filled(struct bytes text)
{
	for (size_t i = 0; i < place_count; i++)
		text = replace(text, places[i].name, places[i].text, false);
	return text;
}

static struct bytes
hmac(const struct privkey *key, struct bytes message)
{
	struct bytes secret = key_spki(privkey_public(key));
	uint8_t *out = arena_alloc(&a, 64);
	unsigned size = 0;

	assert_non_null(
	    HMAC(EVP_sha256(), secret.p, (int)secret.size, message.p, message.size, out, &size));
	return bytes_of(out, size);
}

static struct bytes
signature(enum signing how, enum sig_form form, struct bytes message)
{
	static const enum sig_alg algs[] = { SIG_ES256, SIG_ES256, SIG_RS256, SIG_PS256,
		SIG_RS512 };
	const struct privkey *const by[] = { ec, other, rsa, rsa, rsa };
	uint8_t *out = arena_alloc(&a, MAX_SIG_SIZE);
	size_t size = 0;

	if (how == SIGN_NOTHING)
		return (struct bytes){ 0 };
	if (how == SIGN_HMAC_RSA || how == SIGN_HMAC_EC)
		return hmac(how == SIGN_HMAC_RSA ? rsa : ec, message);
	assert_int_equal(privkey_sign(by[how], algs[how], form, message, out, &size, NULL), 0);
	return bytes_of(out, size);
}

static struct bytes
token(struct bytes header, struct bytes payload, enum signing how)
{
	struct buf out;

	buf_init(&out, MAX_TEST_TOKEN);
	jws_emit_signing_input(&out, header, payload);
	jws_emit_signature(&out, signature(how, SIG_RAW, buf_bytes(&out)));
	return text_take(&a, &out);
}

#include "bad_tokens_spoil.h"

#define HEADER(name, check, from, bad) { name, check, PART_HEADER, from, NULL, bad, SIGN_EC, NULL },
#define HEADER_EDGE(name, check, from, good, bad)                                                  \
	{ name, check, PART_HEADER, from, good, bad, SIGN_EC, NULL },
#define PAYLOAD(name, check, from, bad)                                                            \
	{ name, check, PART_PAYLOAD, from, NULL, bad, SIGN_EC, NULL },
#define PAYLOAD_EDGE(name, check, from, good, bad)                                                 \
	{ name, check, PART_PAYLOAD, from, good, bad, SIGN_EC, NULL },
#define EXPECT(name, check, from, bad) { name, check, PART_EXPECT, from, NULL, bad, SIGN_EC, NULL },
#define EXPECT_EDGE(name, check, from, good, bad)                                                  \
	{ name, check, PART_EXPECT, from, good, bad, SIGN_EC, NULL },
#define SIGNED(name, check, key, header)                                                           \
	{ name, check, PART_SIGNED, NULL, NULL, header, SIGN_##key, NULL },
#define SPOILT(name, check, function)                                                              \
	{ name, check, PART_TEXT, NULL, NULL, NULL, SIGN_EC, function },
static const struct bad_token bad_tokens[] = {
#include "bad_tokens.def"
};

/* The token and the expectation of ROW, as it is good or bad. They last until the arena `a` is reset. */
static void
bad_token_make(const struct bad_token *row, bool is_bad, struct bytes *text,
    struct bytes *expectation)
{
	struct bytes part[] = { filled(bytes_of_str(good_header)),
		filled(bytes_of_str(good_payload)), filled(bytes_of_str(good_expectation)) };
	const char *to = is_bad ? row->bad : row->good;
	enum signing how = is_bad ? row->signing : SIGN_EC;

	if (row->from != NULL && to != NULL) {
		const char *from = (const char *)filled(bytes_of_str(row->from)).p;

		part[row->part] = replace(part[row->part], from, filled(bytes_of_str(to)), true);
	}
	if (row->part == PART_SIGNED && is_bad)
		part[PART_HEADER] = filled(bytes_of_str(row->bad));
	*text = token(part[PART_HEADER], part[PART_PAYLOAD], how);
	if (row->part == PART_TEXT && is_bad)
		*text = row->spoil(*text);
	*expectation = part[PART_EXPECT];
}

static struct bytes
jwk_text(const struct privkey *key, enum sig_alg alg, const char *kid)
{
	struct buf out;

	buf_init(&out, 8192);
	json_emit(&out, jwk_emit(&a, privkey_public(key), alg, bytes_of_str(kid), nothing),
	    JSON_SORTED);
	return text_take(&a, &out);
}

static struct bytes
cert_text(const struct privkey *key)
{
	struct cert_spec spec = { .subject_cn = "i.example",
		.not_before_at = BAD_TOKEN_NOW - 1000,
		.not_after_at = BAD_TOKEN_NOW + 1000,
		.path_len = -1 };
	struct buf der, out;

	buf_init(&der, 8192);
	buf_init(&out, 8192);
	assert_int_equal(cert_emit(&spec, privkey_public(key), privkey_public(key), key, &der,
			     NULL),
	    0);
	buf_b64(&out, B64_STD, buf_bytes(&der));
	buf_release(&der);
	return text_take(&a, &out);
}

static struct bytes
thumbprint(struct bytes jwk)
{
	char *out = arena_alloc(&a, JWK_THUMBPRINT_SIZE);
	const struct json *v = NULL;
	bool is_known = false;

	assert_int_equal(json_parse(jwk, 8192, &a, &v, NULL), 0);
	assert_int_equal(jwk_thumbprint_text(v, &a, out, &is_known, NULL), 0);
	assert_true(is_known);
	return bytes_of(out, JWK_THUMBPRINT_SIZE);
}

static void
make_keys(void)
{
	struct buf set;
	const struct {
		const struct privkey *key;
		enum sig_alg alg;
		const char *kid;
	} published[] = {
		{ ec, SIG_ES256, "ec" },
		{ ec2, SIG_ES256, "ec2" },
		{ rsa, SIG_RS256, "rsa" },
		{ ec, SIG_ES256, "twice" },
		{ ec2, SIG_ES256, "twice" },
	};

	buf_init(&set, 65536);
	buf_str(&set, "{\"keys\":[");
	for (size_t i = 0; i < COUNT_OF(published); i++) {
		buf_str(&set, i == 0 ? "" : ",");
		buf_add(&set, jwk_text(published[i].key, published[i].alg, published[i].kid));
	}
	buf_str(&set, "]}");
	bad_token_jwks = text_take(&kept, &set);
	assert_non_null(bad_token_jwks.p);
}

static void
make_places(void)
{
	struct buf deep;

	buf_init(&deep, 1024);
	for (int i = 0; i < MAX_JSON_DEPTH + 1; i++)
		buf_char(&deep, '[');
	for (int i = 0; i < MAX_JSON_DEPTH + 1; i++)
		buf_char(&deep, ']');
	place("@DEEP@", text_take(&a, &deep));
	place("@EC@", jwk_text(ec, SIG_ES256, "ec"));
	place("@OTHER@", jwk_text(other, SIG_ES256, "ec"));
	place("@KEY@", jwk_text(bound, SIG_ES256, "bound"));
	place("@KEYTP@", thumbprint(jwk_text(bound, SIG_ES256, "bound")));
	place("@SIGNER@", jwk_text(signer, SIG_ES256, "signer"));
	place("@SIGNERTP@", thumbprint(jwk_text(signer, SIG_ES256, "signer")));
	place("@CERT@", cert_text(ec));
	place("@OTHERCERT@", cert_text(other));
	place("@SIGNERCERT@", cert_text(signer));
	place("@TIMES@", bytes_of_str(times));
	place("@HEADER@", bytes_of_str(good_header));
	place("@PAYLOAD@", filled(bytes_of_str(good_payload)));
}

static int
bad_tokens_setup(void **state)
{
	struct privkey **const each[] = { &ec, &ec2, &other, &signer, &bound };

	(void)state;
	arena_init(&kept, 4u << 20);
	arena_init(&a, 64u << 20);
	for (size_t i = 0; i < COUNT_OF(each); i++)
		if (privkey_generate(KEY_P256, each[i], NULL) < 0)
			return -1;
	if (privkey_generate_rsa(2048, &rsa, NULL) < 0)
		return -1;
	make_keys();
	make_places();
	arena_reset(&a);
	return 0;
}

static int
bad_tokens_teardown(void **state)
{
	struct privkey *const each[] = { ec, ec2, other, signer, bound, rsa };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(each); i++)
		privkey_free(each[i]);
	arena_release(&a);
	arena_release(&kept);
	return 0;
}
