/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jws.h"

#include "../../support/arena.h"
#include "../../support/test.h"
#include "crypto/privkey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* HEADER and PAYLOAD as text, SIGNATURE as it is; the compact form lives in the arena. */
static struct bytes
compact(const char *header, struct bytes payload, struct bytes signature)
{
	DEFER(buf_release) struct buf out;
	struct bytes copy;

	buf_init(&out, 1 << 20);
	jws_emit_signing_input(&out, bytes_of_str(header), payload);
	jws_emit_signature(&out, signature);
	assert_true(buf_ok(&out));
	copy = arena_copy(&arena, buf_bytes(&out));
	assert_non_null(copy.p);
	return copy;
}

static struct bytes
signed_with(const struct privkey *key, enum sig_alg alg, const char *header, struct bytes payload)
{
	DEFER(buf_release) struct buf input;
	uint8_t sig[MAX_SIG_SIZE];
	size_t size = 0;

	buf_init(&input, 1 << 20);
	jws_emit_signing_input(&input, bytes_of_str(header), payload);
	assert_int_equal(privkey_sign(key, alg, SIG_RAW, buf_bytes(&input), sig, &size, NULL), 0);
	return compact(header, payload, bytes_of(sig, size));
}

static enum err_code
refusal(struct bytes text)
{
	struct jws jws = { 0 };
	struct err e = { 0 };

	if (jws_parse(text, &arena, &jws, &e) == 0)
		return ERR_NONE;
	assert_null(jws.header);
	return e.code;
}

static void
parts_are_decoded_and_the_input_kept_as_received(void **state)
{
	struct bytes text = compact("{ \"alg\" : \"ES256\", \"kid\":\"k\", \"typ\":\"JWT\" }",
	    BYTES("\0\xff"), BYTES("sig"));
	struct jws jws = { 0 };

	(void)state;
	assert_int_equal(jws_parse(text, &arena, &jws, NULL), 0);
	assert_true(bytes_is_str(jws.alg, "ES256"));
	assert_true(bytes_is_str(jws.kid, "k"));
	assert_true(bytes_is_str(jws.typ, "JWT"));
	assert_true(bytes_eq(jws.payload, BYTES("\0\xff")));
	assert_true(bytes_is_str(jws.signature, "sig"));
	assert_ptr_equal(jws.signing_input.p, text.p);
	assert_int_equal(jws.signing_input.size, text.size - 1 - 4);
	assert_false(jws_is_unsigned(&jws));
}

static void
absent_members_are_absent_and_payload_may_be_empty(void **state)
{
	struct jws jws = { 0 };

	(void)state;
	assert_int_equal(jws_parse(compact("{\"alg\":\"x\"}", BYTES(""), BYTES("")), &arena, &jws,
			     NULL),
	    0);
	assert_null(jws.kid.p);
	assert_null(jws.typ.p);
	assert_int_equal(jws.payload.size, 0);
}

static void
malformed_text_is_refused(void **state)
{
	/* eyJhbGciOiJFUzI1NiJ9 is {"alg":"ES256"} */
	static const char *const bad[] = { "", ".", "..", "...", "eyJhbGciOiJFUzI1NiJ9",
		"eyJhbGciOiJFUzI1NiJ9.", "eyJhbGciOiJFUzI1NiJ9.YQ", ".YQ.YQ",
		"eyJhbGciOiJFUzI1NiJ9.YQ.YQ.", "eyJhbGciOiJFUzI1NiJ9.YQ.YQ.YQ",
		"eyJhbGciOiJFUzI1NiJ9.YQ.YQ.YQ.YQ", "eyJhbGciOiJFUzI1NiJ9.YQ==.YQ",
		"eyJhbGciOiJFUzI1NiJ9.YR.YQ", "eyJhbGciOiJFUzI1NiJ9.YQ.YR",
		"eyJhbGciOiJFUzI1NiJ9.Y Q.YQ", "eyJhbGciOiJFUzI1NiJ9.+/+/.YQ",
		" eyJhbGciOiJFUzI1NiJ9.YQ.YQ", "eyJhbGciOiJFUzI1NiJ9.YQ.YQ\n",
		"eyJhbGciOiJFUzI1NiJ.YQ.YQ", "W10.YQ.YQ", "MQ.YQ.YQ", "e30.YQ.YQ",
		"eyJhbGciOiJFUzI1NiJ9.Y.YQ" };
	static const char *const headers[] = { "[]", "null", "\"ES256\"", "{}", "{\"alg\":1}",
		"{\"alg\":null}", "{\"Alg\":\"ES256\"}", "{\"alg\":\"ES256\",\"kid\":1}",
		"{\"alg\":\"ES256\",\"typ\":[]}", "{\"alg\":\"ES256\",\"alg\":\"none\"}",
		"{\"alg\":\"ES256\",\"kid\":\"a\\u0000b\"}",
		"{\"alg\":\"ES256\",\"x\":[{\"a\\u0000\":1}]}", "{\"alg\":\"ES256\"}x",
		"{\"alg\":\"ES256\",}", "{\"alg\":\"\xff\"}", "\xef\xbb\xbf{\"alg\":\"ES256\"}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (refusal(bytes_of_str(bad[i])) != ERR_MALFORMED)
			fail_msg("accepted: %s", bad[i]);
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		if (refusal(compact(headers[i], BYTES("{}"), BYTES("s"))) != ERR_MALFORMED)
			fail_msg("accepted: %s", headers[i]);
	assert_int_equal(refusal(BYTES("eyJhbGciOiJFUzI1NiJ9.Y\0.YQ")), ERR_MALFORMED);
}

static void
every_extension_is_refused(void **state)
{
	static const char *const headers[] = { "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}",
		"{\"alg\":\"ES256\",\"crit\":[]}", "{\"alg\":\"ES256\",\"crit\":null}",
		"{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}",
		"{\"alg\":\"ES256\",\"b64\":true}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		assert_int_equal(refusal(compact(headers[i], BYTES("{}"), BYTES("s"))),
		    ERR_UNSUPPORTED);
}

static void
ceilings_and_memory_are_limits(void **state)
{
	char *large = malloc(MAX_JWS_SIZE + 1);
	struct bytes text = compact("{\"alg\":\"ES256\"}", BYTES("abc"), BYTES("s"));
	DEFER(freep) char *header = malloc(MAX_JWS_HEADER + 100);

	(void)state;
	memset(large, 'A', MAX_JWS_SIZE + 1);
	assert_int_equal(refusal(bytes_of(large, MAX_JWS_SIZE + 1)), ERR_LIMIT);
	free(large);
	memset(header, ' ', MAX_JWS_HEADER + 99);
	memcpy(header, "{\"alg\":\"ES256\"}", 15);
	header[MAX_JWS_HEADER] = '\0';
	assert_int_equal(refusal(compact(header, BYTES("{}"), BYTES("s"))), ERR_NONE);
	header[MAX_JWS_HEADER] = ' ';
	header[MAX_JWS_HEADER + 1] = '\0';
	assert_int_equal(refusal(compact(header, BYTES("{}"), BYTES("s"))), ERR_LIMIT);
	for (size_t ceiling = 0; ceiling < 150; ceiling += 4) {
		struct jws jws = { 0 };
		struct err e = { 0 };
		struct arena small;

		arena_init(&small, ceiling);
		assert_int_equal(jws_parse(text, &small, &jws, &e), -1);
		assert_int_equal(e.code, ERR_LIMIT);
		arena_release(&small);
	}
}

static const struct {
	enum key_kind kind;
	enum sig_alg alg;
} algs[] = {
	{ KEY_RSA, SIG_RS256 },
	{ KEY_RSA, SIG_RS384 },
	{ KEY_RSA, SIG_RS512 },
	{ KEY_RSA, SIG_PS256 },
	{ KEY_RSA, SIG_PS384 },
	{ KEY_RSA, SIG_PS512 },
	{ KEY_P256, SIG_ES256 },
	{ KEY_P384, SIG_ES384 },
	{ KEY_P521, SIG_ES512 },
	{ KEY_ED25519, SIG_EDDSA },
};

/* What TEXT is to KEY used with ALG: refused or not good is false. */
static bool
verifies(struct bytes text, const struct key *key, enum sig_alg alg)
{
	struct jws jws = { 0 };
	bool good = true;

	if (jws_parse(text, &arena, &jws, NULL) < 0)
		return false;
	assert_int_equal(jws_verify(&jws, key, alg, &good, NULL), 0);
	return good;
}

static void
signature_is_good_for_its_key_and_algorithm_alone(void **state)
{
	struct privkey *keys[KEY_ED25519 + 1] = { 0 };

	(void)state;
	for (int kind = 0; kind <= KEY_ED25519; kind++)
		assert_int_equal(privkey_generate((enum key_kind)kind, &keys[kind], NULL), 0);
	for (size_t i = 0; i < COUNT_OF(algs); i++) {
		char header[40];
		struct bytes text;

		snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", sig_alg_name(algs[i].alg));
		text = signed_with(keys[algs[i].kind], algs[i].alg, header, BYTES("{\"a\":1}"));
		for (size_t k = 0; k < COUNT_OF(algs); k++)
			assert_int_equal(verifies(text, privkey_public(keys[algs[k].kind]),
					     algs[k].alg),
			    i == k);
		arena_reset(&arena);
	}
	for (int kind = 0; kind <= KEY_ED25519; kind++)
		privkey_free(keys[kind]);
}

static void
header_that_names_another_algorithm_is_not_good(void **state)
{
	DEFER(privkey_freep) struct privkey *key = NULL;
	static const char *const headers[] = { "{\"alg\":\"none\"}", "{\"alg\":\"None\"}",
		"{\"alg\":\"\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"ES256K\"}",
		"{\"alg\":\"es256\"}", "{\"alg\":\"ES384\"}", "{\"alg\":\"RS256\"}",
		"{\"alg\":\"ES256 \"}" };

	(void)state;
	assert_int_equal(privkey_generate(KEY_P256, &key, NULL), 0);
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		struct bytes text = signed_with(key, SIG_ES256, headers[i], BYTES("{}"));

		for (int alg = 0; alg < SIG_ALG_COUNT; alg++)
			assert_false(verifies(text, privkey_public(key), (enum sig_alg)alg));
	}
}

static void
unsigned_text_never_verifies(void **state)
{
	DEFER(privkey_freep) struct privkey *key = NULL;
	struct bytes text = compact("{\"alg\":\"none\"}", BYTES("{}"), BYTES(""));
	struct jws jws = { 0 };

	(void)state;
	assert_int_equal(privkey_generate(KEY_P256, &key, NULL), 0);
	assert_int_equal(jws_parse(text, &arena, &jws, NULL), 0);
	assert_true(jws_is_unsigned(&jws));
	for (int alg = 0; alg < SIG_ALG_COUNT; alg++)
		assert_false(verifies(text, privkey_public(key), (enum sig_alg)alg));
	assert_int_equal(refusal(compact("{\"alg\":\"none\"}", BYTES("{}"), BYTES("s"))),
	    ERR_INVALID);
	assert_false(verifies(compact("{\"alg\":\"ES256\"}", BYTES("{}"), BYTES("")),
	    privkey_public(key), SIG_ES256));
}

static void
every_changed_character_is_noticed(void **state)
{
	DEFER(privkey_freep) struct privkey *key = NULL;
	uint8_t copy[400];
	struct bytes text;

	(void)state;
	assert_int_equal(privkey_generate(KEY_P256, &key, NULL), 0);
	text = signed_with(key, SIG_ES256, "{\"alg\":\"ES256\",\"kid\":\"k\"}",
	    BYTES("{\"sub\":\"me\"}"));
	assert_true(verifies(text, privkey_public(key), SIG_ES256));
	assert_true(text.size < sizeof(copy));
	for (size_t i = 0; i < text.size; i++)
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			memcpy(copy, text.p, text.size);
			copy[i] ^= (uint8_t)bit;
			assert_false(
			    verifies(bytes_of(copy, text.size), privkey_public(key), SIG_ES256));
		}
	for (size_t size = 0; size < text.size; size++)
		assert_false(verifies(bytes_of(text.p, size), privkey_public(key), SIG_ES256));
}

static void
der_signature_is_not_good(void **state)
{
	DEFER(privkey_freep) struct privkey *key = NULL;
	static const char header[] = "{\"alg\":\"ES256\"}";
	DEFER(buf_release) struct buf input;
	uint8_t sig[MAX_SIG_SIZE];
	size_t size = 0;

	(void)state;
	assert_int_equal(privkey_generate(KEY_P256, &key, NULL), 0);
	buf_init(&input, 1000);
	jws_emit_signing_input(&input, bytes_of_str(header), BYTES("{}"));
	assert_int_equal(privkey_sign(key, SIG_ES256, SIG_DER, buf_bytes(&input), sig, &size, NULL),
	    0);
	assert_false(verifies(compact(header, BYTES("{}"), bytes_of(sig, size)),
	    privkey_public(key), SIG_ES256));
}

static void
key_in_the_header_is_not_used(void **state)
{
	DEFER(privkey_freep) struct privkey *mallory = NULL;
	DEFER(privkey_freep) struct privkey *ours = NULL;
	struct bytes text;

	(void)state;
	assert_int_equal(privkey_generate(KEY_P256, &mallory, NULL), 0);
	assert_int_equal(privkey_generate(KEY_P256, &ours, NULL), 0);
	text = signed_with(mallory, SIG_ES256,
	    "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"},\"jku\":\"https://x\",\"x5c\":[\"\"]}",
	    BYTES("{}"));
	assert_false(verifies(text, privkey_public(ours), SIG_ES256));
	assert_true(verifies(text, privkey_public(mallory), SIG_ES256));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_decoded_and_the_input_kept_as_received),
		cmocka_unit_test(absent_members_are_absent_and_payload_may_be_empty),
		cmocka_unit_test(malformed_text_is_refused),
		cmocka_unit_test(every_extension_is_refused),
		cmocka_unit_test(ceilings_and_memory_are_limits),
		cmocka_unit_test(signature_is_good_for_its_key_and_algorithm_alone),
		cmocka_unit_test(header_that_names_another_algorithm_is_not_good),
		cmocka_unit_test(unsigned_text_never_verifies),
		cmocka_unit_test(every_changed_character_is_noticed),
		cmocka_unit_test(der_signature_is_not_good),
		cmocka_unit_test(key_in_the_header_is_not_used),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
