/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JOSE cookbook (RFC 7520, RFC 8037, RFC 7797): compact signatures with RSA, PSS, ECDSA and Ed25519 verify and public
 * keys are read; every other file of it is refused, with the reason that docs/suites.md names.
 */
#include "jose/jwk.h"
#include "jose/jws.h"

#include "../../support/arena.h"
#include "../../support/suite.h"
#include "../../support/test.h"
#include "../../support/vectors.h"

#include <dirent.h>
#include <string.h>

#define COOKBOOK "jose-cookbook/"

static const struct json *
read_file(const char *name)
{
	const struct json *doc = NULL;
	struct bytes text = { 0 };

	if (!vector_read(name, &arena, &text) || json_parse(text, 1 << 20, &arena, &doc, NULL) < 0)
		fail_msg("%s: cannot be read", name);
	return doc;
}

/* The public half of a published test key. */
static const struct json *
public_half(const struct json *key)
{
	static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi" };
	struct json *out = json_new(&arena, JSON_OBJECT);

	for (const struct json *m = key == NULL ? NULL : key->first; m != NULL; m = m->next) {
		bool private = false;

		for (size_t i = 0; i < COUNT_OF(private_members); i++)
		private |= bytes_is_str(m->name, private_members[i]);
		if (!private)
			assert_true(json_add(out, m->name, json_copy(&arena, m)));
	}
	return out;
}

static void
compact_signatures_verify(void **state)
{
	static const struct {
		const char *name;
		enum sig_alg alg;
	} files[] = {
		{ COOKBOOK "jws/4_1.rsa_v15_signature.json", SIG_RS256 },
		{ COOKBOOK "jws/4_2.rsa-pss_signature.json", SIG_PS384 },
		{ COOKBOOK "jws/4_3.ecdsa_signature.json", SIG_ES512 },
		{ COOKBOOK "curve25519/jws.json", SIG_EDDSA },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		const struct json *doc = read_file(files[i].name);
		DEFER(jwk_release) struct jwk jwk = { 0 };
		struct jws jws = { 0 };
		struct err e = { 0 };
		bool good = false;

		assert_int_equal(jwk_parse(json_at(doc, "input.key"), &arena, &jwk, &e), -1);
		assert_int_equal(e.code, ERR_INVALID); /* it is the private key */
		assert_int_equal(jwk_parse(public_half(json_at(doc, "input.key")), &arena, &jwk,
				     NULL),
		    0);
		assert_int_equal(jws_parse(json_text(json_at(doc, "output.compact")), &arena, &jws,
				     NULL),
		    0);
		assert_true(
		    bytes_eq(jws.signing_input, json_text(json_at(doc, "signing.sig-input"))));
		assert_true(bytes_eq(jws.payload, json_text(json_at(doc, "input.payload"))));
		for (int alg = 0; alg < SIG_ALG_COUNT; alg++) {
			assert_int_equal(jws_verify(&jws, jwk.key, (enum sig_alg)alg, &good, NULL),
			    0);
			assert_int_equal(good, alg == (int)files[i].alg);
		}
	}
}

static void
public_keys_are_read(void **state)
{
	static const char *const names[] = { COOKBOOK "jwk/3_1.ec_public_key.json",
		COOKBOOK "jwk/3_3.rsa_public_key.json" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		DEFER(jwk_release) struct jwk jwk = { 0 };

		assert_int_equal(jwk_parse(read_file(names[i]), &arena, &jwk, NULL), 0);
		assert_true(bytes_is_str(jwk.kid, "bilbo.baggins@hobbiton.example"));
	}
}

static void
private_and_symmetric_keys_are_refused(void **state)
{
	static const struct {
		const char *name;
		enum err_code code;
	} files[] = {
		{ COOKBOOK "jwk/3_2.ec_private_key.json", ERR_INVALID },
		{ COOKBOOK "jwk/3_4.rsa_private_key.json", ERR_INVALID },
		{ COOKBOOK "jwk/3_5.symmetric_key_mac_computation.json", ERR_UNSUPPORTED },
		{ COOKBOOK "jwk/3_6.symmetric_key_encryption.json", ERR_UNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct jwk jwk = { 0 };
		struct err e = { 0 };

		assert_int_equal(jwk_parse(read_file(files[i].name), &arena, &jwk, &e), -1);
		assert_int_equal(e.code, files[i].code);
		assert_null(jwk.key);
	}
}

static void
hmac_is_parsed_and_never_good(void **state)
{
	const struct json *doc = read_file(COOKBOOK "jws/4_4.hmac-sha2_integrity_protection.json");
	const struct json *rsa = read_file(COOKBOOK "jwk/3_3.rsa_public_key.json");
	DEFER(jwk_release) struct jwk jwk = { 0 };
	struct jws jws = { 0 };
	bool good = true;

	(void)state;
	assert_int_equal(jwk_parse(rsa, &arena, &jwk, NULL), 0);
	assert_int_equal(jws_parse(json_text(json_at(doc, "output.compact")), &arena, &jws, NULL),
	    0);
	for (int alg = 0; alg < SIG_ALG_COUNT; alg++) {
		assert_int_equal(jws_verify(&jws, jwk.key, (enum sig_alg)alg, &good, NULL), 0);
		assert_false(good);
	}
}

static void
unencoded_payload_is_refused(void **state)
{
	const struct json *doc = read_file(COOKBOOK "rfc7797/hmac-sha2_b64_false.json");
	const struct json *first = json_item(json_at(doc, "output.json.signatures"), 0);
	DEFER(buf_release) struct buf out;
	struct jws jws = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(jws_parse(json_text(json_at(doc, "output.compact")), &arena, &jws, &e),
	    -1);
	/* The same header over an encoded payload still names an extension. */
	buf_init(&out, 1000);
	buf_add(&out, json_text(json_get(first, "protected")));
	assert_true(out.size > 0);
	buf_str(&out, ".YQ.YQ");
	err_clear(&e);
	assert_int_equal(jws_parse(buf_bytes(&out), &arena, &jws, &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
}

/* Which signature or message a file is about; NULL for a file that is a key. */
static struct bytes
message_of(const struct json *doc)
{
	const struct json *output = json_get(doc, "output");

	if (json_get(doc, "encrypt") != NULL) /* signed, then encrypted */
		output = json_at(doc, "encrypt.output");
	if (json_get(output, "compact") != NULL)
		return json_text(json_get(output, "compact"));
	return json_get(output, "json") == NULL ? (struct bytes){ 0 }
						: json_get(output, "json")->span;
}

/* "accepted", or what stands in the way. */
static const char *
word_for(const struct json *doc, struct err *e)
{
	DEFER(jwk_release) struct jwk jwk = { 0 };
	struct bytes message = message_of(doc);
	struct jws jws = { 0 };
	enum sig_alg alg;
	bool good = false;

	err_clear(e);
	if (message.p == NULL)
		return jwk_parse(doc, &arena, &jwk, e) < 0 ? e->msg : "accepted";
	if (jws_parse(message, &arena, &jws, e) < 0 ||
	    jwk_parse(public_half(json_at(doc, "input.key")), &arena, &jwk, e) < 0)
		return e->msg;
	/* The cookbook's keys name no algorithm; each example is for its own. */
	if (!sig_alg_parse(jws.alg, &alg) || jws_verify(&jws, jwk.key, alg, &good, e) < 0)
		return "an algorithm that is unknown";
	return good ? "accepted" : "a signature that does not verify";
}

static void
judge_folder(struct suite *suite, const char *folder)
{
	char path[MAX_VECTOR_PATH], name[700];
	struct dirent *entry;
	struct err e = { 0 };
	DIR *dir;

	(void)snprintf(name, sizeof(name), COOKBOOK "%s", folder);
	vector_path(name, path);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		(void)snprintf(name, sizeof(name), COOKBOOK "%s%s", folder, entry->d_name);
		suite_case(suite, name + strlen(COOKBOOK), "accepted",
		    word_for(read_file(name), &e));
	}
	closedir(dir);
}

static void
every_file_has_its_verdict(void **state)
{
	static const char *const folders[] = { "", "curve25519/", "jwe/", "jwk/", "jws/",
		"rfc7797/" };
	static struct suite suite;

	(void)state;
	suite_open(&suite, "jose-cookbook");
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		judge_folder(&suite, folders[i]);
	suite_close(&suite);
}

int
main(void)
{
	NEED_VECTORS(COOKBOOK);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compact_signatures_verify),
		cmocka_unit_test(public_keys_are_read),
		cmocka_unit_test(private_and_symmetric_keys_are_refused),
		cmocka_unit_test(hmac_is_parsed_and_never_good),
		cmocka_unit_test(unencoded_payload_is_refused),
		cmocka_unit_test(every_file_has_its_verdict),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
