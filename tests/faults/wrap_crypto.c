/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL as src/crypto calls it. Verifications fail with -1: 0 is their answer to a signature that is not good, and a
 * fault is none. What OpenSSL allocates inside comes through its own hooks.
 */
#include "wrap.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool
fails(void)
{
	enum fault_site how = fault_meets(FAULT_CRYPTO);

	if (how == FAULT_CRYPTO_MEMORY)
		ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
	return how != FAULT_NONE;
}

#define CRYPTO(bad, type, name, args, ...)                                                         \
	DECLARE(type, name, __VA_ARGS__);                                                          \
	type __wrap_##name(__VA_ARGS__)                                                            \
	{                                                                                          \
		return fails() ? bad : __real_##name args;                                         \
	}                                                                                          \
	_Static_assert(1, "")

CRYPTO(NULL, BIO *, BIO_new, (m), const BIO_METHOD *m);
CRYPTO(NULL, BIO *, BIO_new_mem_buf, (p, size), const void *p, int size);
CRYPTO(NULL, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (), void);
CRYPTO(0, int, EVP_CIPHER_CTX_ctrl, (c, type, n, p), EVP_CIPHER_CTX *c, int type, int n, void *p);
CRYPTO(0, int, EVP_CipherInit_ex2, (c, a, key, iv, enc, params), EVP_CIPHER_CTX *c,
    const EVP_CIPHER *a, const unsigned char *key, const unsigned char *iv, int enc,
    const OSSL_PARAM params[]);
CRYPTO(0, int, EVP_CipherUpdate, (c, out, n, in, size), EVP_CIPHER_CTX *c, unsigned char *out,
    int *n, const unsigned char *in, int size);
CRYPTO(0, int, EVP_DecryptUpdate, (c, out, n, in, size), EVP_CIPHER_CTX *c, unsigned char *out,
    int *n, const unsigned char *in, int size);
CRYPTO(0, int, EVP_EncryptUpdate, (c, out, n, in, size), EVP_CIPHER_CTX *c, unsigned char *out,
    int *n, const unsigned char *in, int size);
CRYPTO(0, int, EVP_EncryptFinal_ex, (c, out, n), EVP_CIPHER_CTX *c, unsigned char *out, int *n);
CRYPTO(NULL, EVP_KDF *, EVP_KDF_fetch, (ctx, name, props), OSSL_LIB_CTX *ctx, const char *name,
    const char *props);
CRYPTO(NULL, EVP_KDF_CTX *, EVP_KDF_CTX_new, (kdf), EVP_KDF *kdf);
CRYPTO(0, int, EVP_KDF_derive, (c, key, size, params), EVP_KDF_CTX *c, unsigned char *key,
    size_t size, const OSSL_PARAM params[]);
CRYPTO(NULL, EVP_MD_CTX *, EVP_MD_CTX_new, (), void);
CRYPTO(0, int, EVP_DigestSignInit_ex, (c, p, name, ctx, props, key, params), EVP_MD_CTX *c,
    EVP_PKEY_CTX **p, const char *name, OSSL_LIB_CTX *ctx, const char *props, EVP_PKEY *key,
    const OSSL_PARAM params[]);
CRYPTO(0, int, EVP_DigestSign, (c, sig, size, p, n), EVP_MD_CTX *c, unsigned char *sig,
    size_t *size, const unsigned char *p, size_t n);
CRYPTO(0, int, EVP_DigestVerifyInit_ex, (c, p, name, ctx, props, key, params), EVP_MD_CTX *c,
    EVP_PKEY_CTX **p, const char *name, OSSL_LIB_CTX *ctx, const char *props, EVP_PKEY *key,
    const OSSL_PARAM params[]);
CRYPTO(-1, int, EVP_DigestVerify, (c, sig, size, p, n), EVP_MD_CTX *c, const unsigned char *sig,
    size_t size, const unsigned char *p, size_t n);
CRYPTO(NULL, EVP_PKEY *, EVP_PKCS82PKEY, (info), const PKCS8_PRIV_KEY_INFO *info);
CRYPTO(NULL, EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_name, (ctx, name, props), OSSL_LIB_CTX *ctx,
    const char *name, const char *props);
CRYPTO(NULL, EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_pkey, (ctx, key, props), OSSL_LIB_CTX *ctx,
    EVP_PKEY *key, const char *props);
CRYPTO(0, int, EVP_PKEY_CTX_set_rsa_padding, (c, pad), EVP_PKEY_CTX *c, int pad);
CRYPTO(0, int, EVP_PKEY_CTX_set_rsa_pss_saltlen, (c, size), EVP_PKEY_CTX *c, int size);
CRYPTO(0, int, EVP_PKEY_CTX_set_signature_md, (c, md), EVP_PKEY_CTX *c, const EVP_MD *md);
CRYPTO(NULL, EVP_PKEY *, EVP_PKEY_dup, (key), EVP_PKEY *key);
CRYPTO(0, int, EVP_PKEY_fromdata, (c, key, what, params), EVP_PKEY_CTX *c, EVP_PKEY **key, int what,
    OSSL_PARAM params[]);
CRYPTO(0, int, EVP_PKEY_fromdata_init, (c), EVP_PKEY_CTX *c);
CRYPTO(0, int, EVP_PKEY_get_bn_param, (key, name, bn), const EVP_PKEY *key, const char *name,
    BIGNUM **bn);
CRYPTO(0, int, EVP_PKEY_get_raw_public_key, (key, out, size), const EVP_PKEY *key,
    unsigned char *out, size_t *size);
CRYPTO(0, int, EVP_PKEY_get_utf8_string_param, (key, name, out, room, size), const EVP_PKEY *key,
    const char *name, char *out, size_t room, size_t *size);
CRYPTO(0, int, EVP_PKEY_set1_encoded_public_key, (key, p, size), EVP_PKEY *key,
    const unsigned char *p, size_t size);
CRYPTO(0, int, EVP_PKEY_sign, (c, sig, size, p, n), EVP_PKEY_CTX *c, unsigned char *sig,
    size_t *size, const unsigned char *p, size_t n);
CRYPTO(0, int, EVP_PKEY_sign_init, (c), EVP_PKEY_CTX *c);
CRYPTO(-1, int, EVP_PKEY_verify, (c, sig, size, p, n), EVP_PKEY_CTX *c, const unsigned char *sig,
    size_t size, const unsigned char *p, size_t n);
CRYPTO(0, int, EVP_PKEY_verify_init, (c), EVP_PKEY_CTX *c);
CRYPTO(-1, int, BN_bn2binpad, (n, out, size), const BIGNUM *n, unsigned char *out, int size);
CRYPTO(NULL, EVP_PKEY *, PEM_read_bio_PrivateKey, (bio, key, ask, user), BIO *bio, EVP_PKEY **key,
    pem_password_cb *ask, void *user);
CRYPTO(0, int, PEM_write_bio_PKCS8PrivateKey, (bio, key, enc, p, n, ask, user), BIO *bio,
    const EVP_PKEY *key, const EVP_CIPHER *enc, const char *p, int n, pem_password_cb *ask,
    void *user);
CRYPTO(NULL, PKCS8_PRIV_KEY_INFO *, d2i_PKCS8_PRIV_KEY_INFO, (info, p, size),
    PKCS8_PRIV_KEY_INFO **info, const unsigned char **p, long size);
CRYPTO(0, int, i2d_PKCS8PrivateKey_bio, (bio, key, enc, p, n, ask, user), BIO *bio,
    const EVP_PKEY *key, const EVP_CIPHER *enc, const char *p, int n, pem_password_cb *ask,
    void *user);

/* Variadic in name only: RSA takes a size, EC a curve, Ed25519 nothing. */
DECLARE(EVP_PKEY *, EVP_PKEY_Q_keygen, OSSL_LIB_CTX *ctx, const char *props, const char *type, ...);

EVP_PKEY *
__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *ctx, const char *props, const char *type, ...)
{
	va_list args;
	EVP_PKEY *key = NULL;

	if (fails())
		return NULL;
	va_start(args, type);
	if (strcmp(type, "RSA") == 0)
		key = __real_EVP_PKEY_Q_keygen(ctx, props, type, va_arg(args, size_t));
	else if (strcmp(type, "EC") == 0)
		key = __real_EVP_PKEY_Q_keygen(ctx, props, type, va_arg(args, const char *));
	else
		key = __real_EVP_PKEY_Q_keygen(ctx, props, type);
	va_end(args);
	return key;
}

/* Inside of the library. */
void *__real_malloc(size_t size);
void *__real_realloc(void *p, size_t size);

/* As malloc() does. */
static void *
no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

static void *
heap_take(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fault_meets(FAULT_CRYPTO_HEAP) != FAULT_NONE ? no_memory() : __real_malloc(size);
}

static void *
heap_grow(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fault_meets(FAULT_CRYPTO_HEAP) != FAULT_NONE ? no_memory() : __real_realloc(p, size);
}

static void
heap_give(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

__attribute__((constructor)) static void
hook(void)
{
	if (CRYPTO_set_mem_functions(heap_take, heap_grow, heap_give) != 1)
		abort();
}
