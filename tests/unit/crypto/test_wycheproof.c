/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Project Wycheproof's signature suites, every test of every file: what is valid must be good, what is invalid must not
 * be, and what is otherwise stands in docs/suites.md. Files whose key, hash or salt none of our algorithms has are listed
 * there too; those that hold keys and tokens are run by jose/wycheproof_jose.
 */
#include "crypto/key.h"

#include "base/hex.h"
#include "codec/json.h"

#include "../../support/suite.h"
#include "../../support/vectors.h"

#include <dirent.h>

#define MAX_SUITE_SIZE (8 << 20)

static struct suite suite;

static const struct file {
	const char *file;
	enum sig_alg alg;
	enum sig_form form;
} files[] = {
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

static const char *
expectation(const struct json *test)
{
	if (json_is_str(json_get(test, "result"), "valid"))
		return "good";
	return json_is_str(json_get(test, "result"), "invalid") ? "not good" : "acceptable";
}

static void
run_group(const struct file *file, const struct json *group, struct arena *a)
{
	DEFER(key_unrefp) struct key *key = NULL;
	const struct json *tests = json_get(group, "tests");
	struct err e = { 0 };

	assert_int_equal(key_from_spki(hex_of(group, "publicKeyDer", a), &key, &e), 0);
	for (const struct json *t = tests->first; t != NULL; t = t->next) {
		struct bytes number = json_get(t, "tcId")->text;
		char id[160];
		bool good = true;

		(void)snprintf(id, sizeof(id), "%s#%.*s", file->file, BYTES_FMT(number));
		assert_int_equal(key_verify(key, file->alg, file->form, hex_of(t, "msg", a),
				     hex_of(t, "sig", a), &good, &e),
		    0);
		suite_case(&suite, id, expectation(t), good ? "good" : "not good");
	}
}

/* The groups of NAME, under ARENA. */
static const struct json *
groups_of(const char *name, struct arena *a)
{
	const struct json *all = NULL;
	struct err e = { 0 };
	struct bytes text;
	char path[160];

	snprintf(path, sizeof(path), "wycheproof/%s", name);
	assert_true(vector_read(path, a, &text));
	assert_int_equal(json_parse(text, MAX_SUITE_SIZE, a, &all, &e), 0);
	assert_non_null(json_get(all, "testGroups"));
	return json_get(all, "testGroups");
}

/* Does SAID, as in "SHA-256", name the digest of ALG? */
static bool
is_digest_of(const struct json *said, enum sig_alg alg)
{
	static const char *const
	    names[] = { [SIG_PS256] = "SHA-256", [SIG_PS384] = "SHA-384", [SIG_PS512] = "SHA-512" };

	return json_is_str(said, names[alg]);
}

/* One group per combination of two hashes and a salt; ours are three of them, and no key takes the others. */
static void
run_misc(struct arena *a)
{
	static const char name[] = "rsa_pss_misc_test.json";
	const struct json *groups = groups_of(name, a);

	for (const struct json *g = groups->first; g != NULL; g = g->next) {
		DEFER(key_unrefp) struct key *key = NULL;
		const struct json *t = json_get(g, "tests")->first;
		uint64_t salt = 0;
		bool any = false;

		assert_int_equal(key_from_spki(hex_of(g, "publicKeyDer", a), &key, NULL), 0);
		assert_true(json_uint(json_get(g, "sLen"), 64, &salt));
		for (int alg = SIG_PS256; alg <= SIG_PS512; alg++) {
			bool ours = is_digest_of(json_get(g, "sha"), (enum sig_alg)alg) &&
			    is_digest_of(json_get(g, "mgfSha"), (enum sig_alg)alg) &&
			    salt == 32 + 16 * (uint64_t)(alg - SIG_PS256);
			bool good = false;

			assert_int_equal(key_verify(key, (enum sig_alg)alg, SIG_RAW,
					     hex_of(t, "msg", a), hex_of(t, "sig", a), &good, NULL),
			    0);
			assert_int_equal(good, ours);
			any |= good;
		}
		suite_case(&suite, name, expectation(t), any ? "good" : "not good");
	}
}

static void
every_case_has_its_verdict(void **state)
{
	DEFER(arena_release) struct arena a;

	(void)state;
	arena_init(&a, 64 << 20);
	suite_open(&suite, "wycheproof");
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		for (const struct json *g = groups_of(files[i].file, &a)->first; g != NULL;
		     g = g->next)
			run_group(&files[i], g, &a);
		arena_reset(&a);
	}
	run_misc(&a);
	suite_close(&suite);
}

static bool
is_used(const char *name)
{
	static const char *const elsewhere[] = { "rsa_pss_misc_test.json",
		"json_web_signature_test.json", "json_web_key_test.json",
		"json_web_crypto_test.json" };
	bool used = false;

	for (size_t i = 0; i < COUNT_OF(files); i++)
		used |= strcmp(name, files[i].file) == 0;
	for (size_t i = 0; i < COUNT_OF(elsewhere); i++)
		used |= strcmp(name, elsewhere[i]) == 0;
	return used;
}

static void
every_file_is_used_or_listed(void **state)
{
	char path[MAX_VECTOR_PATH];
	struct dirent *entry;
	DIR *dir;

	(void)state;
	suite_open(&suite, "wycheproof-files");
	vector_path("wycheproof", path);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (strstr(entry->d_name, "_test.json") != NULL)
			suite_case(&suite, entry->d_name, "used",
			    is_used(entry->d_name) ? "used" : "not used");
	closedir(dir);
	suite_close(&suite);
}

int
main(void)
{
	NEED_VECTORS("wycheproof");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_has_its_verdict),
		cmocka_unit_test(every_file_is_used_or_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
