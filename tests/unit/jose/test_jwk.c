/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk.h"

#include "../../support/arena.h"
#include "../../support/test.h"
#include "base/b64.h"
#include "crypto/privkey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 7638 section 3.1 (the key of RFC 7517 A.1) and RFC 8037 A.2. */
#define RSA_N                                                                                      \
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"  \
	"BJECP"                                                                                    \
	"ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"      \
	"FDW2Qvzq"                                                                                 \
	"Y368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"                \
	"bFTWhAI4vMQFh6WeZu"                                                                       \
	"0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
#define EC_X "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
#define EC_Y "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define A32  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define RSA  "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\""
#define EC   "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\""
#define ED   "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\""

static int
parse(const char *text, struct jwk *jwk, struct err *e)
{
	const struct json *object = NULL;

	assert_int_equal(json_parse(bytes_of_str(text), 1 << 20, &arena, &object, NULL), 0);
	return jwk_parse(object, &arena, jwk, e);
}

static enum err_code
refusal(const char *text)
{
	struct jwk jwk = { 0 };
	struct err e = { 0 };

	if (parse(text, &jwk, &e) == 0) {
		jwk_release(&jwk);
		return ERR_NONE;
	}
	assert_null(jwk.key);
	return e.code;
}

static void
expect_thumbprint(const char *text, const char *want)
{
	DEFER(jwk_release) struct jwk jwk = { 0 };
	uint8_t print[SHA256_SIZE];
	char seen[43];

	assert_int_equal(parse(text, &jwk, NULL), 0);
	jwk_thumbprint(jwk.key, print);
	b64_encode(B64_URL, BYTES_OF(print), seen);
	assert_memory_equal(seen, want, sizeof(seen));
}

static void
thumbprints_are_those_of_the_standards(void **state)
{
	(void)state;
	expect_thumbprint("{" RSA ",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}",
	    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	expect_thumbprint("{" ED ",\"use\":\"sig\"}",
	    "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
	/* SHA-256 of {"crv":"P-256","kty":"EC","x":…,"y":…}, computed apart from this code. */
	expect_thumbprint("{" EC "}", "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
}

static void
key_carries_its_algorithm(void **state)
{
	static const struct {
		const char *text;
		enum sig_alg alg;
		bool has_alg;
	} rows[] = {
		{ "{" RSA "}", SIG_RS256, false },
		{ "{" RSA ",\"alg\":\"PS512\",\"use\":\"sig\",\"key_ops\":[\"sign\",\"verify\"]}",
		    SIG_PS512, true },
		{ "{" EC "}", SIG_ES256, false },
		{ "{" EC ",\"alg\":\"ES256\"}", SIG_ES256, true },
		{ "{" ED "}", SIG_EDDSA, false },
		{ "{" ED ",\"alg\":\"EdDSA\"}", SIG_EDDSA, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct jwk jwk = { 0 };

		assert_int_equal(parse(rows[i].text, &jwk, NULL), 0);
		assert_int_equal(jwk.alg, rows[i].alg);
		assert_int_equal(jwk.has_alg, rows[i].has_alg);
		assert_null(jwk.kid.p);
		assert_null(jwk.cert.p);
		jwk_release(&jwk);
		assert_null(jwk.key);
	}
}

static void
keys_that_are_not_for_us_are_unsupported(void **state)
{
	static const char *const rows[] = {
		"{\"kty\":\"oct\",\"k\":\"AAAA\"}",
		"{\"kty\":\"rsa\"}",
		"{\"kty\":\"AKP\"}",
		"{\"kty\":\"\"}",
		"{" RSA ",\"use\":\"enc\"}",
		"{" RSA ",\"use\":\"\"}",
		"{" RSA ",\"alg\":\"RSA-OAEP\"}",
		"{" RSA ",\"alg\":\"none\"}",
		"{" RSA ",\"alg\":\"HS256\"}",
		"{" RSA ",\"key_ops\":[]}",
		"{" RSA ",\"key_ops\":[\"encrypt\",1]}",
		"{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}",
		"{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}",
		"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED_X "\"}",
		"{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}",
		/* 1008 bits */
		"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"gAAA" A32 A32 A32 A32 A32 "AAAB\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (refusal(rows[i]) != ERR_UNSUPPORTED)
			fail_msg("%d: %s", (int)refusal(rows[i]), rows[i]);
}

static void
broken_keys_are_refused(void **state)
{
	static const struct {
		const char *text;
		enum err_code want;
	} rows[] = {
		{ "{}", ERR_MALFORMED },
		{ "[]", ERR_MALFORMED },
		{ "{\"kty\":1}", ERR_MALFORMED },
		{ "{\"kty\":\"RSA\"}", ERR_MALFORMED },
		{ "{\"kty\":\"EC\"}", ERR_MALFORMED },
		{ "{\"kty\":\"OKP\"}", ERR_MALFORMED },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}", ERR_MALFORMED },
		{ "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", ERR_MALFORMED },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "=\",\"e\":\"AQAB\"}", ERR_MALFORMED },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":65537}", ERR_MALFORMED },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AAEAAQ\"}", ERR_INVALID },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"\"}", ERR_INVALID },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQ\"}", ERR_INVALID },
		{ "{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}", ERR_INVALID },
		{ "{\"kty\":\"EC\",\"crv\":1,\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}",
		    ERR_MALFORMED },
		{ "{\"kty\":\"EC\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}", ERR_MALFORMED },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"}", ERR_MALFORMED },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"" EC_Y "\"}", ERR_MALFORMED },
		{ "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}",
		    ERR_MALFORMED },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "AAAA\",\"y\":\"" EC_Y "\"}",
		    ERR_MALFORMED },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_Y "\",\"y\":\"" EC_X "\"}",
		    ERR_INVALID },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}", ERR_MALFORMED },
		{ "{" RSA ",\"kid\":1}", ERR_MALFORMED },
		{ "{" RSA ",\"use\":1}", ERR_MALFORMED },
		{ "{" RSA ",\"use\":[\"sig\"]}", ERR_MALFORMED },
		{ "{" RSA ",\"key_ops\":\"verify\"}", ERR_MALFORMED },
		{ "{" RSA ",\"alg\":1}", ERR_MALFORMED },
		{ "{" RSA ",\"alg\":\"ES256\"}", ERR_INVALID },
		{ "{" EC ",\"alg\":\"ES384\"}", ERR_INVALID },
		{ "{" EC ",\"alg\":\"RS256\"}", ERR_INVALID },
		{ "{" ED ",\"alg\":\"ES256\"}", ERR_INVALID },
		{ "{" RSA ",\"d\":\"AAAA\"}", ERR_INVALID },
		{ "{" RSA ",\"qi\":null}", ERR_INVALID },
		{ "{" RSA ",\"oth\":[]}", ERR_INVALID },
		{ "{" EC ",\"d\":\"AAAA\"}", ERR_INVALID },
		{ "{" ED ",\"d\":\"AAAA\"}", ERR_INVALID },
		{ "{" ED ",\"k\":\"AAAA\"}", ERR_INVALID },
		{ "{" RSA ",\"x5c\":[]}", ERR_MALFORMED },
		{ "{" RSA ",\"x5c\":\"AAAA\"}", ERR_MALFORMED },
		{ "{" RSA ",\"x5c\":[1]}", ERR_MALFORMED },
		{ "{" RSA ",\"x5c\":[\"AAAA\"]}", ERR_MALFORMED },
		{ "{" RSA ",\"x5c\":[\"A-_A\"]}", ERR_MALFORMED },
		{ "{" RSA ",\"x5c\":[\"\"]}", ERR_MALFORMED },
		{ "{" RSA ",\"x5c\":[\"A\",\"A\",\"A\",\"A\",\"A\",\"A\",\"A\",\"A\",\"A\"]}",
		    ERR_MALFORMED },
		{ "{\"kty\":\"RSA\",\"x5c\":null}", ERR_MALFORMED },
	};

	(void)state;
	assert_int_equal(jwk_parse(NULL, &arena, NULL, NULL), -1);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (refusal(rows[i].text) != rows[i].want)
			fail_msg("%d: %s", (int)refusal(rows[i].text), rows[i].text);
}

/* A key with a self-signed certificate, DER in the arena. */
static struct bytes
make(enum key_kind kind, struct privkey **key)
{
	struct cert_spec spec = { .subject_cn = "test",
		.not_before_at = 0,
		.not_after_at = 2000000000,
		.path_len = -1 };
	DEFER(buf_release) struct buf out;
	struct err e = { 0 };
	struct bytes copy;

	buf_init(&out, MAX_CERT_SIZE);
	assert_int_equal(privkey_generate(kind, key, NULL), 0);
	if (cert_emit(&spec, privkey_public(*key), privkey_public(*key), *key, &out, &e) < 0)
		fail_msg("%s", e.msg);
	copy = arena_copy(&arena, buf_bytes(&out));
	assert_non_null(copy.p);
	return copy;
}

/* The text of a built key. */
static const char *
text_of(const struct json *v)
{
	DEFER(buf_release) struct buf out;
	struct bytes copy;

	buf_init(&out, 1 << 20);
	json_emit(&out, v, JSON_AS_IS);
	assert_true(buf_ok(&out));
	copy = arena_copy(&arena, buf_bytes(&out));
	assert_non_null(copy.p);
	return (const char *)copy.p;
}

static void
what_is_written_is_read_again(void **state)
{
	static const char *const names[] = {
		[KEY_RSA] = "alg e kid kty n use x5c",
		[KEY_P256] = "alg crv kid kty use x x5c y",
		[KEY_P384] = "alg crv kid kty use x x5c y",
		[KEY_P521] = "alg crv kid kty use x x5c y",
		[KEY_ED25519] = "alg crv kid kty use x x5c",
	};
	static const enum sig_alg algs[] = { SIG_PS256, SIG_ES256, SIG_ES384, SIG_ES512,
		SIG_EDDSA };

	(void)state;
	for (int kind = 0; kind <= KEY_ED25519; kind++) {
		DEFER(privkey_freep) struct privkey *key = NULL;
		struct bytes cert = make((enum key_kind)kind, &key);
		struct json *v =
		    jwk_emit(&arena, privkey_public(key), algs[kind], BYTES("k+/="), cert);
		struct jwk jwk = { 0 };
		struct err e = { 0 };
		char seen[64] = "";

		assert_non_null(v);
		for (const struct json *m = v == NULL ? NULL : v->first; m != NULL; m = m->next) {
			strncat(seen, (const char *)m->name.p, m->name.size);
			strcat(seen, m->next == NULL ? "" : " ");
		}
		assert_string_equal(seen, names[kind]);
		if (parse(text_of(v), &jwk, &e) < 0)
			fail_msg("%s", e.msg);
		assert_true(key_eq(jwk.key, privkey_public(key)));
		assert_int_equal(jwk.alg, algs[kind]);
		assert_true(bytes_is_str(jwk.kid, "k+/="));
		assert_true(bytes_eq(jwk.cert, cert));
		jwk_release(&jwk);
	}
}

static const char *
with_x5c(const char *members, struct bytes cert)
{
	DEFER(buf_release) struct buf out;
	struct bytes copy;

	buf_init(&out, 1 << 20);
	buf_str(&out, "{");
	buf_str(&out, members);
	buf_str(&out, ",\"x5c\":[\"");
	buf_b64(&out, B64_STD, cert);
	buf_str(&out, "\"]}");
	assert_true(buf_ok(&out));
	copy = arena_copy(&arena, buf_bytes(&out));
	assert_non_null(copy.p);
	return (const char *)copy.p;
}

static void
certificate_alone_is_enough_and_must_agree_with_members(void **state)
{
	DEFER(privkey_freep) struct privkey *rsa = NULL;
	DEFER(privkey_freep) struct privkey *ec = NULL;
	struct bytes rsa_cert = make(KEY_RSA, &rsa), ec_cert = make(KEY_P256, &ec);
	DEFER(jwk_release) struct jwk jwk = { 0 };

	(void)state;
	assert_int_equal(parse(with_x5c("\"kty\":\"RSA\",\"kid\":\"k\"", rsa_cert), &jwk, NULL), 0);
	assert_true(key_eq(jwk.key, privkey_public(rsa)));
	assert_int_equal(jwk.alg, SIG_RS256);
	assert_int_equal(refusal(with_x5c("\"kty\":\"EC\"", ec_cert)), ERR_NONE);
	assert_int_equal(refusal(with_x5c("\"kty\":\"EC\"", rsa_cert)), ERR_INVALID);
	assert_int_equal(refusal(with_x5c("\"kty\":\"RSA\"", ec_cert)), ERR_INVALID);
	assert_int_equal(refusal(with_x5c("\"kty\":\"OKP\"", ec_cert)), ERR_INVALID);
	assert_int_equal(refusal(with_x5c(RSA, rsa_cert)), ERR_INVALID);
	assert_int_equal(refusal(with_x5c(EC, ec_cert)), ERR_INVALID);
	assert_int_equal(refusal(with_x5c("\"kty\":\"EC\",\"crv\":\"P-256\"", ec_cert)),
	    ERR_MALFORMED);
	assert_int_equal(refusal(with_x5c("\"kty\":\"RSA\"",
			     bytes_slice(rsa_cert, 0, rsa_cert.size - 1))),
	    ERR_MALFORMED);
}

static void
set_skips_what_is_not_for_us_and_refuses_what_is_broken(void **state)
{
	DEFER(jwks_release) struct jwks set = { 0 }, none = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(jwks_parse(BYTES("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"},{" RSA
					  ",\"kid\":\"a\"},{" EC ",\"kid\":\"b\"},{" ED
					  ",\"kid\":\"b\"},{" RSA
					  ",\"use\":\"enc\",\"kid\":\"c\"},{" ED "}]}"),
			     &arena, &set, &e),
	    0);
	assert_int_equal(set.count, 4);
	assert_int_equal(set.skipped, 2);
	assert_ptr_equal(jwks_find(&set, BYTES("a")), &set.keys[0]);
	assert_null(jwks_find(&set, BYTES("b"))); /* two have it */
	assert_null(jwks_find(&set, BYTES("c")));
	assert_null(jwks_find(&set, BYTES("")));
	assert_null(jwks_find(&set, (struct bytes){ 0 }));

	assert_int_equal(jwks_parse(BYTES("{\"keys\":[{" RSA "},{\"kty\":\"RSA\"}]}"), &arena,
			     &none, &e),
	    -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	assert_non_null(strstr(e.msg, "key 1"));
	assert_int_equal(none.count, 0);
	assert_int_equal(jwks_parse(BYTES("{\"keys\":[]}"), &arena, &none, NULL), 0);
	assert_int_equal(none.count, 0);
}

static void
keys_outlive_the_text_they_came_in(void **state)
{
	DEFER(jwks_release) struct jwks set = { 0 };
	char text[] = "{\"keys\":[{" ED ",\"kid\":\"plain\"}]}";

	(void)state;
	assert_int_equal(jwks_parse(bytes_of_str(text), &arena, &set, NULL), 0);
	memset(text, 'x', sizeof(text) - 1);
	assert_non_null(jwks_find(&set, BYTES("plain")));
}

static enum err_code
set_refusal(struct bytes text)
{
	DEFER(jwks_release) struct jwks set = { 0 };
	struct err e = { 0 };

	return jwks_parse(text, &arena, &set, &e) == 0 ? ERR_NONE : e.code;
}

static void
malformed_or_large_sets_are_refused(void **state)
{
	static const char *const bad[] = { "", "[]", "{}", "{\"keys\":{}}", "{\"keys\":null}",
		"{\"keys\":[1]}", "{\"keys\":[[]]}", "{\"keys\":[],\"keys\":[]}", "{\"keys\":[]}x",
		"{\"Keys\":[]}" };
	DEFER(buf_release) struct buf many;
	DEFER(freep) char *large = malloc(MAX_JWKS_SIZE + 1);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (set_refusal(bytes_of_str(bad[i])) != ERR_MALFORMED)
			fail_msg("accepted: %s", bad[i]);
	buf_init(&many, 1 << 20);
	buf_str(&many, "{\"keys\":[{" ED "}");
	for (int i = 1; i < MAX_JWKS_KEYS; i++)
		buf_str(&many, ",{" ED "}");
	buf_str(&many, "]}");
	assert_int_equal(set_refusal(buf_bytes(&many)), ERR_NONE);
	many.size -= 2;
	buf_str(&many, ",{\"kty\":\"oct\"}]}");
	assert_int_equal(set_refusal(buf_bytes(&many)), ERR_LIMIT);
	memset(large, ' ', MAX_JWKS_SIZE + 1);
	assert_int_equal(set_refusal(bytes_of(large, MAX_JWKS_SIZE + 1)), ERR_LIMIT);
}

static void
memory_running_out_is_a_limit(void **state)
{
	DEFER(privkey_freep) struct privkey *key = NULL;
	struct bytes cert = make(KEY_P256, &key);
	struct bytes text = bytes_of_str(
	    text_of(jwk_emit(&arena, privkey_public(key), SIG_ES256, BYTES("k"), cert)));
	size_t ceiling = 0;

	(void)state;
	for (;; ceiling += 64) {
		const struct json *object = NULL;
		struct jwk jwk = { 0 };
		struct err e = { 0 };
		struct arena small;
		int got;

		arena_init(&small, ceiling);
		got = json_parse(text, 1 << 20, &small, &object, &e);
		if (got == 0)
			got = jwk_parse(object, &small, &jwk, &e);
		if (got < 0)
			assert_int_equal(e.code, ERR_LIMIT);
		jwk_release(&jwk);
		arena_release(&small);
		if (got == 0)
			break;
	}
	assert_true(ceiling > 1000);
	for (ceiling = 0; ceiling < 1000; ceiling += 16) {
		struct arena small;

		arena_init(&small, ceiling);
		assert_null(jwk_emit(&small, privkey_public(key), SIG_ES256, BYTES("k"), cert));
		arena_release(&small);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thumbprints_are_those_of_the_standards),
		cmocka_unit_test(key_carries_its_algorithm),
		cmocka_unit_test(keys_that_are_not_for_us_are_unsupported),
		cmocka_unit_test(broken_keys_are_refused),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(certificate_alone_is_enough_and_must_agree_with_members),
		cmocka_unit_test(set_skips_what_is_not_for_us_and_refuses_what_is_broken),
		cmocka_unit_test(keys_outlive_the_text_they_came_in),
		cmocka_unit_test(malformed_or_large_sets_are_refused),
		cmocka_unit_test(memory_running_out_is_a_limit),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
