/* SPDX-License-Identifier: Apache-2.0 */
#include "token/keyring.h"

#include "base/b64.h"
#include "jose/jwk.h"

#include "../../support/test.h"
#include "../../support/vectors.h"

#include <string.h>

static struct arena arena;
static struct buf out;
static struct privkey *key;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 16 << 20);
	buf_init(&out, 1 << 20);
	return privkey_generate_rsa(2048, &key, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	privkey_free(key);
	buf_release(&out);
	arena_release(&arena);
	return 0;
}

/* The key that the region had in 2022, and the name it was listed under. */
static void
kid_is_that_of_the_recorded_key(void **state)
{
	char kid[KEYRING_KID_SIZE];
	struct bytes file, der;
	const struct json *doc, *first;
	struct key *recorded = NULL;
	struct cert cert;

	(void)state;
	if (!vector_exists("maa/certs/recorded-certs-2022-11.json"))
		skip();
	assert_true(vector_read("maa/certs/recorded-certs-2022-11.json", &arena, &file));
	assert_int_equal(json_parse(file, file.size, &arena, &doc, NULL), 0);
	first = json_item(json_get(doc, "keys"), 0);
	assert_int_equal(b64_decode_arena(B64_STD, json_text(json_item(json_get(first, "x5c"), 0)),
			     &arena, &der, NULL),
	    0);
	assert_int_equal(cert_parse(der, &cert, NULL), 0);
	assert_int_equal(key_from_spki(cert.spki, &recorded, NULL), 0);
	assert_int_equal(keyring_kid(recorded, kid, NULL), 0);
	key_unref(recorded);
	assert_true(json_is_str(json_get(first, "kid"), kid));
}

static void
certificate_names_the_instance_and_signs_itself(void **state)
{
	struct cert cert;
	bool good = false;

	(void)state;
	buf_clear(&out);
	assert_int_equal(keyring_cert_emit("https://host:8443", key, 1556668800, 2556143999, &out,
			     NULL),
	    0);
	assert_int_equal(cert_parse(buf_bytes(&out), &cert, NULL), 0);
	assert_true(bytes_is_str(cert_name_cn(cert.subject), "https://host:8443"));
	assert_true(bytes_eq(cert.subject, cert.issuer));
	assert_int_equal(cert.not_before_at, 1556668800);
	assert_int_equal(cert.not_after_at, 2556143999);
	assert_true(cert.has_basic_constraints);
	assert_false(cert.is_ca);
	assert_true(cert.ski.size > 0);
	assert_true(bytes_eq(cert.ski, cert.aki));
	assert_int_equal(cert.serial.size, 1);
	assert_int_equal(cert.serial.p[0], 1);
	assert_int_equal(cert_verify(&cert, privkey_public(key), &good, NULL), 0);
	assert_true(good);
}

static void
key_document_lists_x5c_kid_kty_first_and_can_be_read(void **state)
{
	DEFER(buf_release) struct buf cert;
	const struct json *doc, *entry;
	char kid[KEYRING_KID_SIZE];
	struct jwks set;

	(void)state;
	buf_init(&cert, 65536);
	buf_clear(&out);
	assert_int_equal(keyring_cert_emit("https://host", key, 1, 2, &cert, NULL), 0);
	assert_int_equal(keyring_kid(privkey_public(key), kid, NULL), 0);
	struct keyring_entry entries[] = { { .key = privkey_public(key),
	    .alg = SIG_RS256,
	    .kid = bytes_of_str(kid),
	    .cert = buf_bytes(&cert) } };

	assert_int_equal(keyring_jwks_emit(entries, 1, &out, NULL), 0);
	assert_int_equal(json_parse(buf_bytes(&out), 65536, &arena, &doc, NULL), 0);
	entry = json_item(json_get(doc, "keys"), 0);
	assert_true(bytes_is_str(entry->first->name, "x5c"));
	assert_true(bytes_is_str(entry->first->next->name, "kid"));
	assert_true(bytes_is_str(entry->first->next->next->name, "kty"));
	assert_true(json_is_str(json_get(entry, "use"), "sig"));
	assert_true(json_is_str(json_get(entry, "alg"), "RS256"));
	assert_non_null(json_get(entry, "n"));
	assert_non_null(json_get(entry, "e"));
	assert_int_equal(jwks_parse(buf_bytes(&out), &arena, &set, NULL), 0);
	assert_int_equal(set.count, 1);
	assert_non_null(jwks_find(&set, bytes_of_str(kid)));
	assert_true(key_eq(set.keys[0].key, privkey_public(key)));
	jwks_release(&set);
}

static void
key_document_may_be_empty_and_has_a_ceiling(void **state)
{
	struct keyring_entry many[MAX_KEYRING_KEYS + 1] = { { 0 } };
	struct err e = { 0 };

	(void)state;
	buf_clear(&out);
	assert_int_equal(keyring_jwks_emit(NULL, 0, &out, NULL), 0);
	assert_true(bytes_is_str(buf_bytes(&out), "{\"keys\":[]}"));
	assert_int_equal(keyring_jwks_emit(many, COUNT_OF(many), &out, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
}

static void
key_without_certificate_is_not_listed(void **state)
{
	struct keyring_entry entry = { .key = privkey_public(key),
		.alg = SIG_RS256,
		.kid = BYTES("k") };
	struct err e = { 0 };

	(void)state;
	buf_clear(&out);
	assert_int_equal(keyring_jwks_emit(&entry, 1, &out, &e), -1);
	assert_int_equal(e.code, ERR_INTERNAL);
}

static void
discovery_document_is_the_recorded_one(void **state)
{
	static const enum sig_alg algs[] = { SIG_RS256 };
	struct bytes file;
	const struct json *doc, *mine;

	(void)state;
	buf_clear(&out);
	assert_int_equal(keyring_discovery_emit(BYTES("https://host"), algs, 1, &out, NULL), 0);
	assert_int_equal(json_parse(buf_bytes(&out), 65536, &arena, &mine, NULL), 0);
	assert_true(json_is_str(json_get(mine, "issuer"), "https://host"));
	assert_true(json_is_str(json_get(mine, "jwks_uri"), "https://host/certs"));
	if (!vector_exists("maa/certs/recorded-openid-configuration-2022-11.json"))
		skip();
	assert_true(
	    vector_read("maa/certs/recorded-openid-configuration-2022-11.json", &arena, &file));
	assert_int_equal(json_parse(file, file.size, &arena, &doc, NULL), 0);
	assert_int_equal(doc->count, mine->count);
	for (const struct json *a = doc->first, *b = mine->first; a != NULL;
	     a = a->next, b = b->next) {
		assert_true(bytes_eq(a->name, b->name));
		if (a->type == JSON_ARRAY)
			assert_true(json_eq(a, b));
	}
}

static void
documents_that_do_not_fit_are_refused(void **state)
{
	static const enum sig_alg algs[] = { SIG_RS256, SIG_ES256 };
	DEFER(buf_release) struct buf small;
	struct err e = { 0 };

	(void)state;
	buf_init(&small, 16);
	assert_int_equal(keyring_discovery_emit(BYTES("https://host"), algs, 2, &small, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	err_clear(&e);
	assert_int_equal(keyring_jwks_emit(NULL, 0, &small, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kid_is_that_of_the_recorded_key),
		cmocka_unit_test(certificate_names_the_instance_and_signs_itself),
		cmocka_unit_test(key_document_lists_x5c_kid_kty_first_and_can_be_read),
		cmocka_unit_test(key_document_may_be_empty_and_has_a_ceiling),
		cmocka_unit_test(key_without_certificate_is_not_listed),
		cmocka_unit_test(discovery_document_is_the_recorded_one),
		cmocka_unit_test(documents_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
