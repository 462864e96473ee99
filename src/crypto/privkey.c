/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/privkey.h"

#include "crypto/lib.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

struct privkey {
	struct key *public;
	struct ctx_pool *pool; /* holds the private key; a const privkey leads to it */
};

#define MAX_PRIVKEY_FILE 16384

static void
pkey_freep(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static void
bn_freep(BIGNUM **bn)
{
	BN_free(*bn);
}

static void
bio_freep(BIO **bio)
{
	BIO_free(*bio);
}

static int
public_of_rsa(EVP_PKEY *pkey, struct key **out, struct err *e)
{
	DEFER(bn_freep) BIGNUM *n = NULL;
	DEFER(bn_freep) BIGNUM *exponent = NULL;
	uint8_t n_bytes[MAX_RSA_BITS / 8], e_bytes[8];

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) <= 0 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) <= 0)
		return lib_fail(e, ERR_INVALID, "private key: its public numbers are missing");
	if (BN_num_bytes(n) > (int)sizeof(n_bytes) || BN_num_bytes(exponent) > (int)sizeof(e_bytes))
		return err_set(e, ERR_UNSUPPORTED, "private key: RSA numbers beyond %d bits",
		    MAX_RSA_BITS);
	struct bytes n_view = bytes_of(n_bytes, (size_t)BN_bn2bin(n, n_bytes));
	struct bytes e_view = bytes_of(e_bytes, (size_t)BN_bn2bin(exponent, e_bytes));

	return key_from_rsa(n_view, e_view, out, e);
}

static int
public_of_ec(EVP_PKEY *pkey, struct key **out, struct err *e)
{
	static const struct {
		const char *name;
		enum key_kind kind;
	} groups[] = {
		{ "prime256v1", KEY_P256 },
		{ "secp384r1", KEY_P384 },
		{ "secp521r1", KEY_P521 },
	};
	DEFER(bn_freep) BIGNUM *x = NULL;
	DEFER(bn_freep) BIGNUM *y = NULL;
	uint8_t xy[MAX_ECDSA_RAW_SIZE];
	char group[32];

	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
		NULL) <= 0 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) <= 0 ||
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) <= 0)
		return lib_fail(e, ERR_UNSUPPORTED,
		    "private key: no named curve or no public point");
	for (size_t i = 0; i < COUNT_OF(groups); i++) {
		int half = (int)key_coordinate_size(groups[i].kind);

		if (strcmp(group, groups[i].name) != 0)
			continue;
		if (BN_bn2binpad(x, xy, half) != half || BN_bn2binpad(y, xy + half, half) != half)
			return lib_fail(e, ERR_INVALID,
			    "private key: its point is not on the curve");
		return key_from_point(groups[i].kind, bytes_of(xy, 2 * (size_t)half), out, e);
	}
	return err_set(e, ERR_UNSUPPORTED, "private key: curve %s, want P-256, P-384 or P-521",
	    group);
}

static int
public_of(EVP_PKEY *pkey, struct key **out, struct err *e)
{
	uint8_t x[32];
	size_t size = sizeof(x);

	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		return public_of_rsa(pkey, out, e);
	case EVP_PKEY_EC:
		return public_of_ec(pkey, out, e);
	case EVP_PKEY_ED25519:
		if (EVP_PKEY_get_raw_public_key(pkey, x, &size) <= 0)
			return lib_fail(e, ERR_INVALID, "private key: no public half");
		return key_from_ed25519(bytes_of(x, size), out, e);
	default:
		return err_set(e, ERR_UNSUPPORTED,
		    "private key: want RSA, P-256, P-384, P-521 or Ed25519");
	}
}

/* A key whose halves do not belong together would be noticed by others only. */
static int
check_halves(const struct privkey *key, struct err *e)
{
	static const enum sig_alg algs[] = {
		[KEY_RSA] = SIG_RS256,
		[KEY_P256] = SIG_ES256,
		[KEY_P384] = SIG_ES384,
		[KEY_P521] = SIG_ES512,
		[KEY_ED25519] = SIG_EDDSA,
	};
	enum sig_alg alg = algs[key_kind_of(key->public)];
	uint8_t sig[MAX_SIG_SIZE];
	size_t size;
	bool good;

	TRY(privkey_sign(key, alg, SIG_RAW, BYTES("private key"), sig, &size, e));
	TRY(key_verify(key->public, alg, SIG_RAW, BYTES("private key"), bytes_of(sig, size), &good,
	    e));
	if (!good)
		return err_set(e, ERR_INVALID,
		    "private key: its two halves do not belong together");
	return 0;
}

/* Takes PKEY over when it succeeds. */
static int
privkey_of(EVP_PKEY **pkey, struct privkey **out, struct err *e)
{
	DEFER(privkey_freep) struct privkey *k = calloc(1, sizeof(*k));

	if (k == NULL || (k->pool = calloc(1, sizeof(*k->pool))) == NULL)
		return err_set(e, ERR_LIMIT, "private key: out of memory");
	TRY(public_of(*pkey, &k->public, e));
	k->pool->signs = true;
	k->pool->pkey = TAKE(*pkey);
	TRY(check_halves(k, e));
	*out = TAKE(k);
	return 0;
}

int
privkey_generate_rsa(unsigned bits, struct privkey **out, struct err *e)
{
	if (bits != 2048 && bits != 3072 && bits != 4096)
		return err_set(e, ERR_UNSUPPORTED,
		    "private key: RSA with %u bits, want 2048, 3072 or 4096", bits);
	DEFER(pkey_freep) EVP_PKEY *pkey = EVP_RSA_gen(bits);

	if (pkey == NULL)
		return lib_fail(e, ERR_INTERNAL, "private key: generation failed");
	return privkey_of(&pkey, out, e);
}

static EVP_PKEY *
generate(enum key_kind kind)
{
	switch (kind) {
	case KEY_RSA:
		return EVP_RSA_gen(2048);
	case KEY_P256:
		return EVP_EC_gen("P-256");
	case KEY_P384:
		return EVP_EC_gen("P-384");
	case KEY_P521:
		return EVP_EC_gen("P-521");
	case KEY_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

int
privkey_generate(enum key_kind kind, struct privkey **out, struct err *e)
{
	DEFER(pkey_freep) EVP_PKEY *pkey = generate(kind);

	if (pkey == NULL)
		return lib_fail(e, ERR_INTERNAL, "private key: generation failed");
	return privkey_of(&pkey, out, e);
}

static int
check_file_size(struct bytes file, struct err *e)
{
	if (file.size > MAX_PRIVKEY_FILE)
		return err_set(e, ERR_LIMIT, "private key: %zu bytes, at most %d", file.size,
		    MAX_PRIVKEY_FILE);
	return 0;
}

int
privkey_from_der(struct bytes pkcs8, struct privkey **out, struct err *e)
{
	const uint8_t *p = pkcs8.p;

	TRY(check_file_size(pkcs8, e));
	lib_begin();
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)pkcs8.size);
	DEFER(pkey_freep) EVP_PKEY *pkey = info == NULL ? NULL : EVP_PKCS82PKEY(info);

	PKCS8_PRIV_KEY_INFO_free(info);
	if (pkey != NULL && p != pkcs8.p + pkcs8.size)
		return err_set(e, ERR_MALFORMED,
		    "private key: bytes behind its PKCS#8 PrivateKeyInfo (RFC 5958)");
	if (pkey == NULL)
		return lib_fail(e, ERR_MALFORMED,
		    "private key: not a PKCS#8 PrivateKeyInfo (RFC 5958)");
	return privkey_of(&pkey, out, e);
}

/* An encrypted key is refused: without this the library would ask on the terminal. */
static int
no_password(char *out, int size, int writing, void *user)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)user;
	return -1;
}

int
privkey_from_pem(struct bytes pem, struct privkey **out, struct err *e)
{
	TRY(check_file_size(pem, e));
	lib_begin();
	DEFER(bio_freep)
	BIO *bio = BIO_new_mem_buf(pem.size > 0 ? (const void *)pem.p : "", (int)pem.size);
	DEFER(pkey_freep)
	EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

	if (pkey == NULL)
		return lib_fail(e, ERR_MALFORMED, "private key: no unencrypted PEM private key");
	/* Marks left by the attempts that did not fit. */
	lib_begin();
	return privkey_of(&pkey, out, e);
}

/* Hands the bytes of BIO over as a secret; the BIO's own copy is wiped. */
static int
secret_of_bio(BIO *bio, struct secret *out, struct err *e)
{
	char *p = NULL;
	long size = BIO_get_mem_data(bio, &p);
	struct secret s;

	if (size <= 0 || !secret_init(&s, (size_t)size))
		return err_set(e, ERR_LIMIT, "private key: out of memory");
	memcpy(s.p, p, (size_t)size);
	secret_wipe(p, (size_t)size);
	*out = s;
	return 0;
}

int
privkey_to_der(const struct privkey *key, struct secret *out, struct err *e)
{
	DEFER(bio_freep) BIO *bio = BIO_new(BIO_s_secmem());

	if (bio == NULL ||
	    i2d_PKCS8PrivateKey_bio(bio, key->pool->pkey, NULL, NULL, 0, NULL, NULL) <= 0)
		return lib_fail(e, ERR_INTERNAL, "private key: could not be written");
	return secret_of_bio(bio, out, e);
}

int
privkey_to_pem(const struct privkey *key, struct secret *out, struct err *e)
{
	DEFER(bio_freep) BIO *bio = BIO_new(BIO_s_secmem());

	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(bio, key->pool->pkey, NULL, NULL, 0, NULL, NULL) <= 0)
		return lib_fail(e, ERR_INTERNAL, "private key: could not be written");
	return secret_of_bio(bio, out, e);
}

void
privkey_free(struct privkey *key)
{
	if (key == NULL)
		return;
	if (key->pool != NULL)
		ctx_pool_release(key->pool);
	free(key->pool);
	key_unref(key->public);
	free(key);
}

void
privkey_freep(struct privkey **key)
{
	privkey_free(*key);
}

const struct key *
privkey_public(const struct privkey *key)
{
	return key->public;
}

static int
sign_ed25519(const struct privkey *key, struct bytes message, uint8_t *sig, size_t *sig_size,
    struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = MAX_SIG_SIZE;
	bool good = ctx != NULL &&
	    EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key->pool->pkey, NULL) > 0 &&
	    EVP_DigestSign(ctx, sig, &size, message.p, message.size) > 0;

	EVP_MD_CTX_free(ctx);
	if (!good)
		return lib_fail(e, ERR_INTERNAL, "private key: signing failed");
	*sig_size = size;
	return 0;
}

/* The library's signature over HASH: PKCS#1, PSS, or DER of r and s. */
static int
sign_hash(EVP_PKEY_CTX *ctx, struct bytes hash, uint8_t *sig, size_t *size, struct err *e)
{
	*size = MAX_SIG_SIZE;
	return EVP_PKEY_sign(ctx, sig, size, hash.p, hash.size) > 0
	    ? 0
	    : lib_fail(e, ERR_INTERNAL, "private key: signing failed");
}

/*
 * Nothing leaves that does not verify. RSA keeps a blinding factor and its inverse with the key; when memory runs out
 * between the two, OpenSSL 3.0 goes on with a pair that does not match, and the next signatures of that key, until the
 * factor is renewed, are wrong without a word. A copy of the key begins with a factor of its own.
 */
static int
check_rsa_sig(const struct privkey *key, enum sig_alg alg, struct bytes message, struct bytes hash,
    uint8_t *sig, size_t *size, struct err *e)
{
	bool good;

	TRY(key_verify(key->public, alg, SIG_RAW, message, bytes_of(sig, *size), &good, e));
	if (good)
		return 0;
	struct ctx_pool fresh = { .pkey = EVP_PKEY_dup(key->pool->pkey), .signs = true };
	EVP_PKEY_CTX *ctx = fresh.pkey == NULL ? NULL : ctx_pool_take(&fresh, alg);
	int got = ctx == NULL ? lib_fail(e, ERR_LIMIT, "private key: no context to sign with")
			      : sign_hash(ctx, hash, sig, size, e);

	if (got == 0)
		got =
		    key_verify(key->public, alg, SIG_RAW, message, bytes_of(sig, *size), &good, e);
	EVP_PKEY_CTX_free(ctx);
	ctx_pool_release(&fresh);
	TRY(got);
	return good ? 0 : err_set(e, ERR_INTERNAL, "private key: its signature does not verify");
}

int
privkey_sign(const struct privkey *key, enum sig_alg alg, enum sig_form form, struct bytes message,
    uint8_t sig[MAX_SIG_SIZE], size_t *sig_size, struct err *e)
{
	enum key_kind kind = key_kind_of(key->public);
	enum digest_alg digest = sig_alg_digest(alg);
	uint8_t hash[MAX_DIGEST_SIZE], raw[MAX_ECDSA_RAW_SIZE];
	struct bytes hashed = bytes_of(hash, digest_size(digest));
	size_t size;

	if (!key_fits(key->public, alg))
		return err_set(e, ERR_INVALID, "private key: not one for %s", sig_alg_name(alg));
	if (kind == KEY_ED25519)
		return sign_ed25519(key, message, sig, sig_size, e);
	EVP_PKEY_CTX *ctx = ctx_pool_take(key->pool, alg);

	if (ctx == NULL)
		return lib_fail(e, ERR_LIMIT, "private key: no context to sign with");
	digest_of(digest, message, hash);
	int got = sign_hash(ctx, hashed, sig, &size, e);

	ctx_pool_put(key->pool, alg, ctx);
	TRY(got);
	if (kind == KEY_RSA)
		TRY(check_rsa_sig(key, alg, message, hashed, sig, &size, e));
	if (kind != KEY_RSA && form == SIG_RAW) {
		if (!ecdsa_raw_from_der(kind, bytes_of(sig, size), raw))
			return err_set(e, ERR_INTERNAL,
			    "private key: the library's signature is odd");
		size = 2 * key_coordinate_size(kind);
		memcpy(sig, raw, size);
	}
	*sig_size = size;
	return 0;
}
