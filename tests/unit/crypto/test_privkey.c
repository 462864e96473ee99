/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/privkey.h"

#include "../../support/test.h"

#include <string.h>

static struct privkey *
make(enum key_kind kind)
{
	struct privkey *k = NULL;
	struct err e = { 0 };

	assert_int_equal(privkey_generate(kind, &k, &e), 0);
	return k;
}

static void
every_kind_signs_what_its_public_half_verifies(void **state)
{
	(void)state;
	for (int kind = KEY_RSA; kind <= KEY_ED25519; kind++) {
		DEFER(privkey_freep) struct privkey *k = make((enum key_kind)kind);
		size_t fitting = 0;

		for (int alg = 0; alg < SIG_ALG_COUNT; alg++) {
			for (int form = SIG_RAW; form <= SIG_DER; form++) {
				uint8_t sig[MAX_SIG_SIZE];
				struct err e = { 0 };
				size_t size = 0;
				bool good = false;
				int got = privkey_sign(k, (enum sig_alg)alg, (enum sig_form)form,
				    BYTES("message"), sig, &size, &e);

				if (!key_fits(privkey_public(k), (enum sig_alg)alg)) {
					assert_int_equal(got, -1);
					assert_int_equal(e.code, ERR_INVALID);
					continue;
				}
				fitting++;
				assert_int_equal(got, 0);
				for (int round = 0; round < 3; round++) {
					assert_int_equal(key_verify(privkey_public(k),
							     (enum sig_alg)alg, (enum sig_form)form,
							     BYTES("message"), bytes_of(sig, size),
							     &good, &e),
					    0);
					assert_true(good);
				}
				assert_int_equal(key_verify(privkey_public(k), (enum sig_alg)alg,
						     (enum sig_form)form, BYTES("massage"),
						     bytes_of(sig, size), &good, &e),
				    0);
				assert_false(good);
				assert_int_equal(key_verify(privkey_public(k), (enum sig_alg)alg,
						     (enum sig_form)form, BYTES("message"),
						     bytes_of(sig, size - 1), &good, &e),
				    0);
				assert_false(good);
			}
		}
		assert_int_equal(fitting, kind == KEY_RSA ? 12 : 2);
	}
}

static void
a_key_survives_its_files(void **state)
{
	(void)state;
	for (int kind = KEY_RSA; kind <= KEY_ED25519; kind++) {
		DEFER(privkey_freep) struct privkey *k = make((enum key_kind)kind);
		DEFER(privkey_freep) struct privkey *from_der = NULL;
		DEFER(privkey_freep) struct privkey *from_pem = NULL;
		DEFER(secret_release) struct secret der = { 0 };
		DEFER(secret_release) struct secret pem = { 0 };
		struct err e = { 0 };

		assert_int_equal(privkey_to_der(k, &der, &e), 0);
		assert_int_equal(privkey_to_pem(k, &pem, &e), 0);
		assert_true(bytes_has_prefix(secret_bytes(&pem), "-----BEGIN PRIVATE KEY-----\n"));
		assert_int_equal(privkey_from_der(secret_bytes(&der), &from_der, &e), 0);
		assert_int_equal(privkey_from_pem(secret_bytes(&pem), &from_pem, &e), 0);
		assert_true(key_eq(privkey_public(k), privkey_public(from_der)));
		assert_true(key_eq(privkey_public(k), privkey_public(from_pem)));
	}
}

static void
a_key_with_a_byte_behind_it_is_refused(void **state)
{
	DEFER(privkey_freep) struct privkey *k = make(KEY_P256);
	DEFER(secret_release) struct secret der = { 0 };
	struct privkey *out = NULL;
	struct err e = { 0 };
	uint8_t longer[512];

	(void)state;
	assert_int_equal(privkey_to_der(k, &der, &e), 0);
	memcpy(longer, der.p, der.size);
	longer[der.size] = 0;
	assert_int_equal(privkey_from_der(bytes_of(longer, der.size + 1), &out, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	assert_null(out);
}

static void
halves_of_two_keys_are_refused(void **state)
{
	DEFER(privkey_freep) struct privkey *k = make(KEY_P256);
	DEFER(privkey_freep) struct privkey *other = make(KEY_P256);
	DEFER(secret_release) struct secret der = { 0 };
	struct bytes point = key_point(privkey_public(k));
	struct privkey *out = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(privkey_to_der(k, &der, &e), 0);
	/* The public point is the last thing in a PKCS#8 EC key. */
	assert_memory_equal(der.p + der.size - point.size, point.p, point.size);
	memcpy(der.p + der.size - point.size, key_point(privkey_public(other)).p, point.size);
	assert_int_equal(privkey_from_der(secret_bytes(&der), &out, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	assert_null(out);
}

static void
text_that_is_no_key_is_refused(void **state)
{
	static const char encrypted[] =
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw\n"
	    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAAAAAAAAAAAAAAAAAAAAAEQA==\n"
	    "-----END ENCRYPTED PRIVATE KEY-----\n";
	const struct bytes texts[] = { { 0 }, BYTES("hello"), BYTES(encrypted),
		BYTES("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n") };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct privkey *out = NULL;
		struct err e = { 0 };

		assert_int_equal(privkey_from_pem(texts[i], &out, &e), -1);
		assert_int_equal(e.code, ERR_MALFORMED);
		err_clear(&e);
		assert_int_equal(privkey_from_der(texts[i], &out, &e), -1);
		assert_int_equal(e.code, ERR_MALFORMED);
		assert_null(out);
	}
}

static void
a_file_beyond_the_ceiling_is_refused(void **state)
{
	static const uint8_t big[16385];
	struct privkey *out = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(privkey_from_pem(BYTES_OF(big), &out, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
}

static void
an_rsa_size_out_of_the_list_is_refused(void **state)
{
	struct privkey *out = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(privkey_generate_rsa(1024, &out, &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
}

static void
a_soft_signer_signs_in_raw_form(void **state)
{
	DEFER(signer_freep) struct signer *s = NULL;
	struct privkey *k = make(KEY_P256);
	uint8_t sig[MAX_SIG_SIZE];
	struct err e = { 0 };
	size_t size = 0;
	bool good = false;

	(void)state;
	assert_int_equal(signer_soft_new(k, SIG_RS256, &s, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	err_clear(&e);
	assert_int_equal(signer_soft_new(k, SIG_ES256, &s, &e), 0);
	assert_int_equal(signer_sign_now(s, BYTES("m"), sig, &size, &e), 0);
	assert_int_equal(size, 64);
	assert_int_equal(key_verify(s->key, s->alg, SIG_RAW, BYTES("m"), bytes_of(sig, size), &good,
			     &e),
	    0);
	assert_true(good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_signs_what_its_public_half_verifies),
		cmocka_unit_test(a_key_survives_its_files),
		cmocka_unit_test(a_key_with_a_byte_behind_it_is_refused),
		cmocka_unit_test(halves_of_two_keys_are_refused),
		cmocka_unit_test(text_that_is_no_key_is_refused),
		cmocka_unit_test(a_file_beyond_the_ceiling_is_refused),
		cmocka_unit_test(an_rsa_size_out_of_the_list_is_refused),
		cmocka_unit_test(a_soft_signer_signs_in_raw_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
