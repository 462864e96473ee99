/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/key_verify and the two forms of an ECDSA signature, beside OpenSSL. The input says which algorithm and form, how a
 * genuine signature is changed, and the message; so most of them are nearly right. What we call good, OpenSSL calls good
 * in strict DER; what it calls good in strict DER, so do we.
 */
#include "mutate.h"

#include "crypto/lib.h"
#include "crypto/privkey.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define KINDS 5

static struct privkey *keys[KINDS];
static EVP_PKEY *theirs[KINDS];

static void
make_keys(void)
{
	struct err e = { 0 };

	for (size_t i = 0; i < KINDS; i++) {
		enum key_kind kind = (enum key_kind)i;

		if (kind == KEY_RSA)
			HOLDS(privkey_generate_rsa(2048, &keys[i], &e) == 0);
		else
			HOLDS(privkey_generate(kind, &keys[i], &e) == 0);
		struct bytes spki = key_spki(privkey_public(keys[i]));
		const unsigned char *at = spki.p;

		theirs[i] = d2i_PUBKEY(NULL, &at, (long)spki.size);
		HOLDS(theirs[i] != NULL);
	}
}

static size_t
kind_of(enum sig_alg alg)
{
	return alg == SIG_ES256 ? KEY_P256
	    : alg == SIG_ES384  ? KEY_P384
	    : alg == SIG_ES512  ? KEY_P521
	    : alg == SIG_EDDSA  ? KEY_ED25519
				: KEY_RSA;
}

static bool
openssl_verifies(enum sig_alg alg, struct bytes message, struct bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	const EVP_MD *md = alg == SIG_EDDSA ? NULL : lib_md(sig_alg_digest(alg));
	bool good;

	HOLDS(ctx != NULL && EVP_DigestVerifyInit(ctx, &pctx, md, NULL, theirs[kind_of(alg)]) == 1);
	if (alg == SIG_PS256 || alg == SIG_PS384 || alg == SIG_PS512) {
		HOLDS(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1);
		HOLDS(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1);
	}
	good = EVP_DigestVerify(ctx, sig.p, sig.size, message.p, message.size) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

/* SIG as OpenSSL writes it, in OUT; false when it is not ECDSA-Sig-Value in strict DER, or not of the fixed size. */
static bool
strict_der(enum sig_alg alg, enum sig_form form, struct bytes sig, struct buf *out)
{
	size_t half = key_coordinate_size((enum key_kind)kind_of(alg));
	const unsigned char *at = sig.p;
	unsigned char *der = NULL;
	ECDSA_SIG *s;
	int size;

	if (form == SIG_RAW) {
		if (sig.size != 2 * half)
			return false;
		s = ECDSA_SIG_new();
		HOLDS(s != NULL &&
		    ECDSA_SIG_set0(s, BN_bin2bn(sig.p, (int)half, NULL),
			BN_bin2bn(sig.p + half, (int)half, NULL)) == 1);
	} else {
		s = d2i_ECDSA_SIG(NULL, &at, (long)sig.size);
		if (s == NULL)
			return false;
	}
	size = i2d_ECDSA_SIG(s, &der);
	HOLDS(size > 0);
	buf_add(out, bytes_of(der, (size_t)size));
	OPENSSL_free(der);
	ECDSA_SIG_free(s);
	return form == SIG_RAW || bytes_eq(sig, buf_bytes(out));
}

static void
fuzz_verify(enum sig_alg alg, enum sig_form form, struct bytes message, struct bytes sig)
{
	DEFER(buf_release) struct buf der = { 0 };
	size_t kind = kind_of(alg);
	struct err e = { 0 };
	bool good = false, also;

	buf_init(&der, 4096);
	HOLDS(key_verify(privkey_public(keys[kind]), alg, form, message, sig, &good, &e) == 0);
	if (kind == KEY_RSA || kind == KEY_ED25519)
		also = openssl_verifies(alg, message, sig);
	else
		also = strict_der(alg, form, sig, &der) &&
		    openssl_verifies(alg, message, buf_bytes(&der));
	ERR_clear_error();
	HOLDS(good == also);
	if (kind == KEY_RSA || kind == KEY_ED25519 || form == SIG_RAW)
		return;
	/* One form from the other, and back. */
	uint8_t raw[MAX_ECDSA_RAW_SIZE], again[MAX_ECDSA_DER_SIZE];
	size_t size = 0;

	if (ecdsa_raw_from_der((enum key_kind)kind, sig, raw)) {
		HOLDS(ecdsa_der_from_raw((enum key_kind)kind,
		    bytes_of(raw, 2 * key_coordinate_size((enum key_kind)kind)), again, &size));
		HOLDS(bytes_eq(sig, bytes_of(again, size)));
	} else {
		HOLDS(!good);
	}
}

/* Changes SIG as the instructions say. */
static size_t
changed(struct rd *r, uint8_t sig[MAX_SIG_SIZE], size_t size)
{
	for (size_t n = fuzz_below(r, 5); n > 0; n--) {
		size_t at = fuzz_below(r, size);

		switch (fuzz_below(r, 6)) {
		case 0:
			sig[at] ^= fuzz_u8(r);
			break;
		case 1:
			memset(sig, fuzz_u8(r), size / 2);
			break;
		case 2:
			memset(sig + size / 2, fuzz_u8(r), size - size / 2);
			break;
		case 3:
			size -= fuzz_below(r, size);
			break;
		case 4:
			if (size < MAX_SIG_SIZE)
				sig[size++] = fuzz_u8(r);
			break;
		default:
			if (size < MAX_SIG_SIZE) {
				memmove(sig + at + 1, sig + at, size - at);
				sig[at] = fuzz_u8(r);
				size++;
			}
			break;
		}
		if (size == 0)
			break;
	}
	return size;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_from(bytes_of(data, size));
	enum sig_alg alg = (enum sig_alg)(fuzz_u8(&r) % SIG_ALG_COUNT);
	uint8_t flags = fuzz_u8(&r), sig[MAX_SIG_SIZE];
	enum sig_form form = (flags & 1) != 0 ? SIG_DER : SIG_RAW;
	struct bytes message = BYTES("a message");
	DEFER(freep) uint8_t *exact = NULL;
	struct err e = { 0 };
	size_t sig_size = 0;

	if (keys[0] == NULL)
		make_keys();
	if ((flags & 2) != 0) { /* a signature of the input's own */
		fuzz_verify(alg, form, message, r.left);
		return 0;
	}
	HOLDS(privkey_sign(keys[kind_of(alg)], alg, form, message, sig, &sig_size, &e) == 0);
	fuzz_verify(alg, form, message, bytes_of(sig, sig_size));
	sig_size = changed(&r, sig, sig_size);
	exact = fuzz_heap_copy(bytes_of(sig, sig_size));
	fuzz_verify(alg, form, message, bytes_of(exact, sig_size));
	return 0;
}

/* Behind the two bytes of choice, a signature in DER is changed as DER. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	if (size > 4 && (data[1] & 3) == 3 && seed % 4 != 0)
		return 2 + mutate_der(data + 2, size - 2, max_size - 2, seed);
	return LLVMFuzzerMutate(data, size, max_size);
}
