/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Project Wycheproof's signature suites, file by file: what is valid must be good, what is invalid must not be. Files
 * listed are those whose key, hash and salt one of our algorithms has.
 */
#include "../../support/test.h"
#include "../../support/vectors.h"
#include "base/hex.h"
#include "codec/json.h"
#include "crypto/key.h"

#define MAX_SUITE_SIZE (8 << 20)

static const struct suite {
	const char *file;
	enum sig_alg alg;
	enum sig_form form;
} suites[] = {
	{ "ecdsa_secp256r1_sha256_test.json", SIG_ES256, SIG_DER },
	{ "ecdsa_secp256r1_sha256_p1363_test.json", SIG_ES256, SIG_RAW },
	{ "ecdsa_secp384r1_sha384_test.json", SIG_ES384, SIG_DER },
	{ "ecdsa_secp384r1_sha384_p1363_test.json", SIG_ES384, SIG_RAW },
	{ "ecdsa_secp521r1_sha512_test.json", SIG_ES512, SIG_DER },
	{ "ecdsa_secp521r1_sha512_p1363_test.json", SIG_ES512, SIG_RAW },
	{ "ed25519_test.json", SIG_EDDSA, SIG_RAW },
	{ "rsa_pss_2048_sha256_mgf1_32_test.json", SIG_PS256, SIG_RAW },
	{ "rsa_pss_2048_sha384_mgf1_48_test.json", SIG_PS384, SIG_RAW },
	{ "rsa_pss_3072_sha256_mgf1_32_test.json", SIG_PS256, SIG_RAW },
	{ "rsa_pss_4096_sha256_mgf1_32_test.json", SIG_PS256, SIG_RAW },
	{ "rsa_pss_4096_sha384_mgf1_48_test.json", SIG_PS384, SIG_RAW },
	{ "rsa_pss_4096_sha512_mgf1_64_test.json", SIG_PS512, SIG_RAW },
	{ "rsa_signature_2048_sha256_test.json", SIG_RS256, SIG_RAW },
	{ "rsa_signature_2048_sha384_test.json", SIG_RS384, SIG_RAW },
	{ "rsa_signature_2048_sha512_test.json", SIG_RS512, SIG_RAW },
	{ "rsa_signature_3072_sha256_test.json", SIG_RS256, SIG_RAW },
	{ "rsa_signature_3072_sha384_test.json", SIG_RS384, SIG_RAW },
	{ "rsa_signature_4096_sha256_test.json", SIG_RS256, SIG_RAW },
	{ "rsa_signature_4096_sha384_test.json", SIG_RS384, SIG_RAW },
};

static struct bytes
hex_of(const struct json *object, const char *name, struct arena *a)
{
	struct bytes text = json_text(json_get(object, name));
	uint8_t *p = arena_alloc(a, text.size / 2 + 1);

	assert_non_null(p);
	assert_non_null(text.p);
	assert_true(hex_decode(text, p, text.size / 2));
	return bytes_of(p, text.size / 2);
}

static size_t
run_group(const struct suite *suite, const struct json *group, struct arena *a)
{
	DEFER(key_unrefp) struct key *key = NULL;
	const struct json *tests = json_get(group, "tests");
	struct err e = { 0 };
	size_t wrong = 0;

	assert_int_equal(key_from_spki(hex_of(group, "publicKeyDer", a), &key, &e), 0);
	for (const struct json *t = tests->first; t != NULL; t = t->next) {
		bool valid = json_is_str(json_get(t, "result"), "valid");
		bool invalid = json_is_str(json_get(t, "result"), "invalid");
		bool good = false;

		assert_int_equal(key_verify(key, suite->alg, suite->form, hex_of(t, "msg", a),
				     hex_of(t, "sig", a), &good, &e),
		    0);
		if ((valid && !good) || (invalid && good)) {
			struct bytes comment = json_text(json_get(t, "comment"));

			print_message("%s: %.*s: %s\n", suite->file, BYTES_FMT(comment),
			    good ? "good" : "not good");
			wrong++;
		}
	}
	return wrong;
}

static void
every_case_has_its_verdict(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(suites); i++) {
		DEFER(arena_release) struct arena a;
		const struct json *all = NULL;
		struct err e = { 0 };
		struct bytes text;
		char name[128];

		arena_init(&a, 64 << 20);
		snprintf(name, sizeof(name), "wycheproof/%s", suites[i].file);
		assert_true(vector_read(name, &a, &text));
		assert_int_equal(json_parse(text, MAX_SUITE_SIZE, &a, &all, &e), 0);
		const struct json *groups = json_get(all, "testGroups");

		assert_non_null(groups);
		for (const struct json *g = groups->first; g != NULL; g = g->next)
			wrong += run_group(&suites[i], g, &a);
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	NEED_VECTORS("wycheproof");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_has_its_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
