/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include "../../support/test.h"
#include "base/hex.h"
#include "crypto/privkey.h"

#include <pthread.h>
#include <string.h>

struct signed_thing {
	struct privkey *private;
	uint8_t sig[MAX_SIG_SIZE];
	size_t size;
};

static struct signed_thing
signed_with(enum key_kind kind, enum sig_alg alg)
{
	struct signed_thing t = { 0 };
	struct err e = { 0 };

	assert_int_equal(privkey_generate(kind, &t.private, &e), 0);
	assert_int_equal(privkey_sign(t.private, alg, SIG_RAW, BYTES("m"), t.sig, &t.size, &e), 0);
	return t;
}

static bool
verifies(const struct key *key, enum sig_alg alg, enum sig_form form, struct bytes sig)
{
	struct err e = { 0 };
	bool good = true;

	assert_int_equal(key_verify(key, alg, form, BYTES("m"), sig, &good, &e), 0);
	return good;
}

static const char p256_order[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

static void
r_and_s_out_of_range_are_not_good(void **state)
{
	struct signed_thing t = signed_with(KEY_P256, SIG_ES256);
	const struct key *key = privkey_public(t.private);

	(void)state;
	assert_true(verifies(key, SIG_ES256, SIG_RAW, bytes_of(t.sig, 64)));
	for (size_t half = 0; half < 64; half += 32) {
		uint8_t sig[64];

		memcpy(sig, t.sig, 64);
		memset(sig + half, 0, 32);
		assert_false(verifies(key, SIG_ES256, SIG_RAW, BYTES_OF(sig)));
		memset(sig + half, 0xff, 32);
		assert_false(verifies(key, SIG_ES256, SIG_RAW, BYTES_OF(sig)));
		assert_true(hex_decode(bytes_of_str(p256_order), sig + half, 32));
		assert_false(verifies(key, SIG_ES256, SIG_RAW, BYTES_OF(sig)));
	}
	privkey_free(t.private);
}

static void
flipped_bits_are_not_good(void **state)
{
	struct signed_thing t = signed_with(KEY_P256, SIG_ES256);

	(void)state;
	for (size_t bit = 0; bit < 512; bit += 7) {
		t.sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(
		    verifies(privkey_public(t.private), SIG_ES256, SIG_RAW, bytes_of(t.sig, 64)));
		t.sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(verifies(privkey_public(t.private), SIG_ES256, SIG_RAW, bytes_of(t.sig, 64)));
	privkey_free(t.private);
}

static void
der_signatures_that_are_not_minimal_are_not_good(void **state)
{
	struct signed_thing t = signed_with(KEY_P256, SIG_ES256);
	const struct key *key = privkey_public(t.private);
	struct err e = { 0 };
	uint8_t der[MAX_SIG_SIZE], bad[MAX_SIG_SIZE];
	size_t size = 0;

	(void)state;
	assert_int_equal(privkey_sign(t.private, SIG_ES256, SIG_DER, BYTES("m"), der, &size, &e),
	    0);
	assert_true(verifies(key, SIG_ES256, SIG_DER, bytes_of(der, size)));
	/* A byte behind. */
	memcpy(bad, der, size);
	bad[size] = 0;
	assert_false(verifies(key, SIG_ES256, SIG_DER, bytes_of(bad, size + 1)));
	/* The length in the long form. */
	bad[0] = der[0];
	bad[1] = 0x81;
	memcpy(bad + 2, der + 1, size - 1);
	assert_false(verifies(key, SIG_ES256, SIG_DER, bytes_of(bad, size + 1)));
	/* A zero in front of r. */
	memcpy(bad + 4, der + 3, size - 3);
	bad[1] = (uint8_t)(der[1] + 1);
	bad[2] = 0x02;
	bad[3] = (uint8_t)(der[3] + 1);
	memmove(bad + 5, der + 4, size - 4);
	bad[4] = 0;
	assert_false(verifies(key, SIG_ES256, SIG_DER, bytes_of(bad, size + 1)));
	/* The raw form. */
	assert_false(verifies(key, SIG_ES256, SIG_DER, bytes_of(t.sig, 64)));
	assert_false(verifies(key, SIG_ES256, SIG_DER, (struct bytes){ 0 }));
	privkey_free(t.private);
}

static void
an_algorithm_of_another_kind_is_not_good(void **state)
{
	struct signed_thing t = signed_with(KEY_P384, SIG_ES384);

	(void)state;
	for (int alg = 0; alg < SIG_ALG_COUNT; alg++)
		assert_int_equal(verifies(privkey_public(t.private), (enum sig_alg)alg, SIG_RAW,
				     bytes_of(t.sig, t.size)),
		    alg == SIG_ES384);
	privkey_free(t.private);
}

static void
points_off_the_curve_are_refused(void **state)
{
	static const enum key_kind curves[] = { KEY_P256, KEY_P384, KEY_P521 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(curves); i++) {
		DEFER(privkey_freep) struct privkey *k = NULL;
		struct key *out = NULL;
		struct err e = { 0 };
		uint8_t xy[132];

		assert_int_equal(privkey_generate(curves[i], &k, &e), 0);
		struct bytes point = key_point(privkey_public(k));

		memcpy(xy, point.p, point.size);
		xy[point.size - 1] ^= 1;
		assert_int_equal(key_from_point(curves[i], bytes_of(xy, point.size), &out, &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		err_clear(&e);
		memset(xy, 0, sizeof(xy));
		assert_int_equal(key_from_point(curves[i], bytes_of(xy, point.size), &out, &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		err_clear(&e);
		memset(xy, 0xff, sizeof(xy));
		assert_int_equal(key_from_point(curves[i], bytes_of(xy, point.size), &out, &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		err_clear(&e);
		assert_int_equal(key_from_point(curves[i], bytes_of(point.p, point.size - 1), &out,
				     &e),
		    -1);
		assert_int_equal(e.code, ERR_INVALID);
		assert_null(out);
	}
}

static void
every_kind_survives_its_spki(void **state)
{
	(void)state;
	for (int kind = KEY_RSA; kind <= KEY_ED25519; kind++) {
		DEFER(privkey_freep) struct privkey *k = NULL;
		DEFER(key_unrefp) struct key *again = NULL;
		struct err e = { 0 };

		assert_int_equal(privkey_generate((enum key_kind)kind, &k, &e), 0);
		struct bytes spki = key_spki(privkey_public(k));

		assert_int_equal(key_from_spki(spki, &again, &e), 0);
		assert_true(key_eq(again, privkey_public(k)));
		assert_int_equal(key_kind_of(again), kind);
		assert_int_equal(key_bits(again), key_bits(privkey_public(k)));
		assert_true(bytes_eq(key_point(again), key_point(privkey_public(k))));
		assert_true(bytes_eq(key_rsa_n(again), key_rsa_n(privkey_public(k))));
		assert_true(bytes_eq(key_rsa_e(again), key_rsa_e(privkey_public(k))));
	}
}

static void
an_spki_cut_or_lengthened_is_refused(void **state)
{
	(void)state;
	for (int kind = KEY_RSA; kind <= KEY_ED25519; kind++) {
		DEFER(privkey_freep) struct privkey *k = NULL;
		struct err e = { 0 };
		uint8_t spki[1024] = { 0 };

		assert_int_equal(privkey_generate((enum key_kind)kind, &k, &e), 0);
		struct bytes whole = key_spki(privkey_public(k));

		memcpy(spki, whole.p, whole.size);
		for (size_t size = 0; size <= whole.size + 1; size++) {
			struct key *out = NULL;

			if (size == whole.size)
				continue;
			assert_int_equal(key_from_spki(bytes_of(spki, size), &out, &e), -1);
			assert_null(out);
		}
	}
}

static void
a_compressed_point_is_unsupported(void **state)
{
	static const char hex[] =
	    "3039301306072a8648ce3d020106082a8648ce3d030107032200"
	    "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
	uint8_t spki[(sizeof(hex) - 1) / 2];
	struct key *out = NULL;
	struct err e = { 0 };

	(void)state;
	assert_true(hex_decode(bytes_of_str(hex), spki, sizeof(spki)));
	assert_int_equal(key_from_spki(BYTES_OF(spki), &out, &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
}

static void
weak_rsa_numbers_are_refused(void **state)
{
	static const struct {
		size_t n_size;
		uint8_t first, last;
		const char *exponent;
		enum err_code code;
	} cases[] = {
		{ 128, 0x80, 0x01, "010001", ERR_UNSUPPORTED },  /* 1024 bits */
		{ 256, 0x40, 0x01, "010001", ERR_UNSUPPORTED },  /* 2047 bits */
		{ 256, 0x80, 0x02, "010001", ERR_INVALID },      /* even */
		{ 256, 0x00, 0x01, "010001", ERR_INVALID },      /* zero in front */
		{ 1025, 0x80, 0x01, "010001", ERR_UNSUPPORTED }, /* too long */
		{ 256, 0x80, 0x01, "01", ERR_INVALID },
		{ 256, 0x80, 0x01, "010000", ERR_INVALID },
		{ 256, 0x80, 0x01, "00010001", ERR_INVALID },
		{ 256, 0x80, 0x01, "0200000001", ERR_INVALID }, /* above 2^33 */
		{ 256, 0x80, 0x01, "010000000001", ERR_INVALID },
		{ 256, 0x80, 0x01, "", ERR_INVALID },
		{ 0, 0, 0, "010001", ERR_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t n[1025], exponent[8];
		size_t e_size = strlen(cases[i].exponent) / 2;
		struct key *out = NULL;
		struct err e = { 0 };

		memset(n, 0xaa, sizeof(n));
		if (cases[i].n_size > 0) {
			n[0] = cases[i].first;
			n[cases[i].n_size - 1] = cases[i].last;
		}
		assert_true(hex_decode(bytes_of_str(cases[i].exponent), exponent, e_size));
		assert_int_equal(key_from_rsa(bytes_of(n, cases[i].n_size),
				     bytes_of(exponent, e_size), &out, &e),
		    -1);
		assert_int_equal(e.code, cases[i].code);
		assert_null(out);
	}
}

static void
rsa_signatures_of_another_size_are_not_good(void **state)
{
	struct signed_thing t = signed_with(KEY_RSA, SIG_PS256);
	const struct key *key = privkey_public(t.private);
	uint8_t longer[257] = { 0 };

	(void)state;
	assert_true(verifies(key, SIG_PS256, SIG_RAW, bytes_of(t.sig, t.size)));
	memcpy(longer + 1, t.sig, 256);
	assert_false(verifies(key, SIG_PS256, SIG_RAW, BYTES_OF(longer)));
	assert_false(verifies(key, SIG_RS256, SIG_RAW, bytes_of(t.sig, t.size)));
	assert_false(verifies(key, SIG_PS384, SIG_RAW, bytes_of(t.sig, t.size)));
	memset(t.sig, 0xff, 256);
	assert_false(verifies(key, SIG_PS256, SIG_RAW, bytes_of(t.sig, 256)));
	privkey_free(t.private);
}

static void
names_that_are_not_in_the_table_are_refused(void **state)
{
	static const char *const names[] = { "none", "HS256", "es256", "ES256 ", "", "RS1",
		"ES256K" };
	enum sig_alg alg;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_false(sig_alg_parse(bytes_of_str(names[i]), &alg));
	for (int i = 0; i < SIG_ALG_COUNT; i++) {
		assert_true(sig_alg_parse(bytes_of_str(sig_alg_name((enum sig_alg)i)), &alg));
		assert_int_equal(alg, i);
	}
}

static void *
verify_often(void *arg)
{
	const struct signed_thing *t = arg;
	size_t bad = 0;

	for (int i = 0; i < 200; i++) {
		const struct key *shared = privkey_public(t->private);
		DEFER(key_unrefp) struct key *mine = NULL;
		struct err e = { 0 };
		bool good = false;

		if (key_from_spki(key_spki(shared), &mine, &e) < 0)
			return arg;
		if (key_verify(i % 2 == 0 ? shared : mine, SIG_ES256, SIG_RAW, BYTES("m"),
			bytes_of(t->sig, t->size), &good, &e) < 0 ||
		    !good)
			bad++;
	}
	return bad == 0 ? NULL : arg;
}

static void
one_key_serves_many_threads(void **state)
{
	struct signed_thing t = signed_with(KEY_P256, SIG_ES256);
	pthread_t threads[12];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, verify_often, &t), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		void *bad = NULL;

		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
	privkey_free(t.private);
}

static void
a_reference_keeps_the_key(void **state)
{
	struct signed_thing t = signed_with(KEY_P256, SIG_ES256);
	DEFER(key_unrefp) struct key *mine = key_ref(privkey_public(t.private));

	(void)state;
	privkey_free(t.private);
	assert_true(verifies(mine, SIG_ES256, SIG_RAW, bytes_of(t.sig, t.size)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r_and_s_out_of_range_are_not_good),
		cmocka_unit_test(flipped_bits_are_not_good),
		cmocka_unit_test(der_signatures_that_are_not_minimal_are_not_good),
		cmocka_unit_test(an_algorithm_of_another_kind_is_not_good),
		cmocka_unit_test(points_off_the_curve_are_refused),
		cmocka_unit_test(every_kind_survives_its_spki),
		cmocka_unit_test(an_spki_cut_or_lengthened_is_refused),
		cmocka_unit_test(a_compressed_point_is_unsupported),
		cmocka_unit_test(weak_rsa_numbers_are_refused),
		cmocka_unit_test(rsa_signatures_of_another_size_are_not_good),
		cmocka_unit_test(names_that_are_not_in_the_table_are_refused),
		cmocka_unit_test(one_key_serves_many_threads),
		cmocka_unit_test(a_reference_keeps_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
