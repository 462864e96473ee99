/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lib.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct {
	pthread_once_t once;
	EVP_MD *md[4];
	EVP_CIPHER *aes_256_gcm;
	EVP_PKEY *curves[KEY_ED25519 + 1];
} lib = { .once = PTHREAD_ONCE_INIT };

static EVP_PKEY *
curve_new(const char *name)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *curve = NULL;
	char group[8] = "";

	memcpy(group, name, strlen(name));
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_end(),
	};

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &curve, EVP_PKEY_KEY_PARAMETERS, params) <= 0)
		abort();
	EVP_PKEY_CTX_free(ctx);
	return curve;
}

static void
lib_fetch(void)
{
	static const char *const names[] = {
		[DIGEST_SHA1] = "SHA1",
		[DIGEST_SHA256] = "SHA256",
		[DIGEST_SHA384] = "SHA384",
		[DIGEST_SHA512] = "SHA512",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if ((lib.md[i] = EVP_MD_fetch(NULL, names[i], NULL)) == NULL)
			abort();
	if ((lib.aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL)) == NULL)
		abort();
	lib.curves[KEY_P256] = curve_new("P-256");
	lib.curves[KEY_P384] = curve_new("P-384");
	lib.curves[KEY_P521] = curve_new("P-521");
}

const EVP_MD *
lib_md(enum digest_alg alg)
{
	pthread_once(&lib.once, lib_fetch);
	return lib.md[alg];
}

const EVP_CIPHER *
lib_aes_256_gcm(void)
{
	pthread_once(&lib.once, lib_fetch);
	return lib.aes_256_gcm;
}

EVP_PKEY *
lib_curve_copy(enum key_kind kind)
{
	pthread_once(&lib.once, lib_fetch);
	return EVP_PKEY_dup(lib.curves[kind]);
}

bool
lib_drain(void)
{
	unsigned long code;
	bool memory = false;

	while ((code = ERR_get_error()) != 0)
		memory = memory || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
	return memory;
}

int
lib_fail(struct err *e, enum err_code code, const char *what)
{
	if (lib_drain())
		return err_set(e, ERR_LIMIT, "%s: out of memory", what);
	return err_set(e, code, "%s", what);
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
	bool pss = alg >= SIG_PS256;

	return EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) >
	    0 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, lib_md(sig_alg_digest(alg))) > 0 &&
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
