/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lib.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

/* What was fetched stays; what could not be is asked for again. */
static struct {
	_Atomic(EVP_MD *) md[4];
	_Atomic(EVP_CIPHER *) aes_256_gcm;
	_Atomic(EVP_PKEY *) curves[KEY_ED25519 + 1];
} lib;

const EVP_MD *
lib_md(enum digest_alg alg)
{
	static const char *const names[] = {
		[DIGEST_SHA1] = "SHA1",
		[DIGEST_SHA256] = "SHA256",
		[DIGEST_SHA384] = "SHA384",
		[DIGEST_SHA512] = "SHA512",
	};
	EVP_MD *md = atomic_load(&lib.md[alg]), *fetched;

	if (md != NULL)
		return md;
	fetched = EVP_MD_fetch(NULL, names[alg], NULL);
	if (fetched == NULL || atomic_compare_exchange_strong(&lib.md[alg], &md, fetched))
		return fetched;
	EVP_MD_free(fetched);
	return md;
}

const EVP_CIPHER *
lib_aes_256_gcm(void)
{
	EVP_CIPHER *cipher = atomic_load(&lib.aes_256_gcm), *fetched;

	if (cipher != NULL)
		return cipher;
	fetched = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (fetched == NULL || atomic_compare_exchange_strong(&lib.aes_256_gcm, &cipher, fetched))
		return fetched;
	EVP_CIPHER_free(fetched);
	return cipher;
}

static EVP_PKEY *
curve_new(enum key_kind kind)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *curve = NULL;
	char p256[] = "P-256", p384[] = "P-384", p521[] = "P-521";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    kind == KEY_P256       ? p256
			: kind == KEY_P384 ? p384
					   : p521,
		    0),
		OSSL_PARAM_construct_end(),
	};

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &curve, EVP_PKEY_KEY_PARAMETERS, params) <= 0)
		curve = NULL;
	EVP_PKEY_CTX_free(ctx);
	return curve;
}

static EVP_PKEY *
lib_curve(enum key_kind kind)
{
	EVP_PKEY *curve = atomic_load(&lib.curves[kind]), *made;

	if (curve != NULL)
		return curve;
	made = curve_new(kind);
	if (made == NULL || atomic_compare_exchange_strong(&lib.curves[kind], &curve, made))
		return made;
	EVP_PKEY_free(made);
	return curve;
}

EVP_PKEY *
lib_curve_copy(enum key_kind kind)
{
	EVP_PKEY *curve = lib_curve(kind);

	return curve == NULL ? NULL : EVP_PKEY_dup(curve);
}

void
lib_begin(void)
{
	ERR_clear_error();
	errno = 0;
}

enum lib_cause
lib_drain(void)
{
	enum lib_cause cause = errno == ENOMEM ? LIB_MEMORY : LIB_SILENT;
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
			cause = LIB_MEMORY;
		else if (cause == LIB_SILENT)
			cause = LIB_SAID;
		if (ERR_GET_LIB(code) == ERR_LIB_EC &&
		    ERR_GET_REASON(code) == EC_R_POINT_AT_INFINITY && cause != LIB_MEMORY)
			cause = LIB_INFINITY;
	}
	return cause;
}

int
lib_fail(struct err *e, enum err_code code, const char *what)
{
	switch (lib_drain()) {
	case LIB_MEMORY:
		return err_set(e, ERR_LIMIT, "%s: out of memory", what);
	case LIB_SILENT:
		return err_set(e, ERR_INTERNAL, "%s: the library does not say why", what);
	case LIB_SAID:
	case LIB_INFINITY:
		break;
	}
	return err_set(e, code, "%s", what);
}

int
lib_refused(int got, struct err *e)
{
	switch (lib_drain()) {
	case LIB_MEMORY:
		return err_set(e, ERR_LIMIT, "key: out of memory");
	case LIB_INFINITY:
		return 0;
	case LIB_SILENT:
	case LIB_SAID:
		break;
	}
	return got < 0 ? err_set(e, ERR_INTERNAL, "key: the library could not verify") : 0;
}

enum digest_alg
sig_alg_digest(enum sig_alg alg)
{
	switch (alg) {
	case SIG_RS256:
	case SIG_PS256:
	case SIG_ES256:
		return DIGEST_SHA256;
	case SIG_RS384:
	case SIG_PS384:
	case SIG_ES384:
		return DIGEST_SHA384;
	case SIG_RS512:
	case SIG_PS512:
	case SIG_ES512:
	case SIG_EDDSA:
		break;
	}
	return DIGEST_SHA512;
}

static size_t
pool_row(enum sig_alg alg)
{
	return alg <= SIG_PS512 ? (size_t)alg : 0;
}

/* RSA: PKCS#1 v1.5, or PSS with MGF1 over the same hash and a salt of its size (RFC 7518 3.3, 3.5). */
static bool
ctx_init(EVP_PKEY_CTX *ctx, enum sig_alg alg, bool signs)
{
	if ((signs ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) <= 0)
		return false;
	if (alg > SIG_PS512)
		return true;
	const EVP_MD *md = lib_md(sig_alg_digest(alg));
	bool pss = alg >= SIG_PS256;

	return md != NULL &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) >
	    0 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, md) > 0 &&
	    (!pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0);
}

EVP_PKEY_CTX *
ctx_pool_take(struct ctx_pool *pool, enum sig_alg alg)
{
	_Atomic(EVP_PKEY_CTX *) *row = pool->idle[pool_row(alg)];
	EVP_PKEY_CTX *ctx;

	for (size_t i = 0; i < CTX_POOL_SLOTS; i++)
		if (atomic_load_explicit(&row[i], memory_order_relaxed) != NULL &&
		    (ctx = atomic_exchange(&row[i], NULL)) != NULL)
			return ctx;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pool->pkey, NULL);
	if (ctx != NULL && !ctx_init(ctx, alg, pool->signs)) {
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

void
ctx_pool_put(struct ctx_pool *pool, enum sig_alg alg, EVP_PKEY_CTX *ctx)
{
	_Atomic(EVP_PKEY_CTX *) *row = pool->idle[pool_row(alg)];

	for (size_t i = 0; i < CTX_POOL_SLOTS; i++) {
		EVP_PKEY_CTX *none = NULL;

		if (atomic_compare_exchange_strong(&row[i], &none, ctx))
			return;
	}
	EVP_PKEY_CTX_free(ctx);
}

void
ctx_pool_release(struct ctx_pool *pool)
{
	for (size_t row = 0; row < CTX_POOL_ROWS; row++)
		for (size_t i = 0; i < CTX_POOL_SLOTS; i++)
			EVP_PKEY_CTX_free(atomic_exchange(&pool->idle[row][i], NULL));
	EVP_PKEY_free(pool->pkey);
	pool->pkey = NULL;
}
