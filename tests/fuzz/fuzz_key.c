/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/key, privkey, x509 (AlgorithmIdentifier, key identifiers): a public key that is taken writes itself as the same
 * key; a private key that is taken signs so that its public half verifies.
 */
#include "mutate.h"

#include "crypto/privkey.h"
#include "crypto/x509.h"

static void
fuzz_public(struct bytes der)
{
	struct key *key = NULL, *again = NULL;
	struct err e = { 0 };

	if (key_from_spki(der, &key, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(key_from_spki(key_spki(key), &again, &e) == 0 && key_eq(key, again));
	HOLDS(bytes_eq(key_spki(key), key_spki(again)));
	HOLDS(bytes_eq(key_spki(key), der));
	if (key_kind_of(key) == KEY_RSA)
		HOLDS(key_bits(key) >= MIN_RSA_BITS && key_bits(key) <= MAX_RSA_BITS);
	key_unref(key);
	key_unref(again);
}

static void
fuzz_parts(struct bytes raw)
{
	static const enum key_kind curves[] = { KEY_P256, KEY_P384, KEY_P521 };
	struct key *key = NULL, *again = NULL;
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT_OF(curves); i++)
		if (key_from_point(curves[i], raw, &key, &e) == 0) {
			HOLDS(bytes_eq(key_point(key), raw));
			HOLDS(key_from_spki(key_spki(key), &again, &e) == 0 && key_eq(key, again));
			key_unref(again);
			key_unref(key);
		}
	if (key_from_ed25519(raw, &key, &e) == 0) {
		HOLDS(raw.size == 32 && bytes_eq(key_point(key), raw));
		key_unref(key);
	}
	/* n, and e behind it: its size is the last byte's. */
	if (raw.size > 8 &&
	    key_from_rsa(bytes_slice(raw, 0, raw.size - raw.p[raw.size - 1] % 8),
		bytes_slice(raw, raw.size - raw.p[raw.size - 1] % 8, 8), &key, &e) == 0) {
		HOLDS(key_from_spki(key_spki(key), &again, &e) == 0 && key_eq(key, again));
		key_unref(again);
		key_unref(key);
	}
}

static void
fuzz_private(struct privkey *key)
{
	static const enum sig_alg algs[] = { SIG_RS256, SIG_ES256, SIG_ES384, SIG_ES512,
		SIG_EDDSA };
	const struct key *public = privkey_public(key);
	struct err e = { 0 };
	uint8_t sig[MAX_SIG_SIZE];
	size_t size;
	bool good = false;

	/* A slow key is looked at, and not used. */
	for (size_t i = 0; i < COUNT_OF(algs); i++)
		if (key_fits(public, algs[i]) && key_bits(public) <= 2048 &&
		    privkey_sign(key, algs[i], SIG_RAW, BYTES("message"), sig, &size, &e) == 0)
			HOLDS(key_verify(public, algs[i], SIG_RAW, BYTES("message"),
				  bytes_of(sig, size), &good, &e) == 0);
	privkey_free(key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), key_id;
	DEFER(buf_release) struct buf out = { 0 };
	struct privkey *key = NULL;
	struct err e = { 0 };
	enum sig_alg alg;

	fuzz_public(in);
	fuzz_parts(in);
	if (privkey_from_der(in, &key, &e) == 0)
		fuzz_private(key);
	else
		fuzz_refusal(&e);
	err_clear(&e);
	if (privkey_from_pem(in, &key, &e) == 0)
		fuzz_private(key);
	else
		fuzz_refusal(&e);
	err_clear(&e);
	buf_init(&out, 1024);
	if (alg_id_parse(in, &alg, &e) == 0) {
		alg_id_emit(alg, &out);
		HOLDS(buf_ok(&out) && bytes_eq(in, buf_bytes(&out)));
	} else {
		fuzz_refusal(&e);
	}
	if (aki_parse(in, &key_id))
		HOLDS(key_id.size <= size);
	if (sig_alg_parse(in, &alg))
		HOLDS(bytes_is_str(in, sig_alg_name(alg)));
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_der(data, size, max_size, seed);
}
