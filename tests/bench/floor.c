/* SPDX-License-Identifier: Apache-2.0 */
#include "floor.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#define MAX_HASHED 65536

struct floor_key {
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *verify, *sign;
	EVP_MD *md;
	EVP_MD_CTX *hashing;
	uint8_t hash[32], sig[512];
	size_t sig_size;
};

static EVP_PKEY_CTX *
ctx_new(struct floor_key *k, EVP_MD *md, bool signs)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);

	HOLDS(ctx != NULL);
	HOLDS((signs ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) > 0);
	if (EVP_PKEY_get_base_id(k->pkey) == EVP_PKEY_RSA)
		HOLDS(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0);
	HOLDS(EVP_PKEY_CTX_set_signature_md(ctx, md) > 0);
	return ctx;
}

struct floor_key *
floor_key_new(enum key_kind kind)
{
	struct floor_key *k = calloc(1, sizeof(*k));

	HOLDS(k != NULL);
	k->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	k->hashing = EVP_MD_CTX_new();
	HOLDS(k->md != NULL && k->hashing != NULL);
	k->pkey = kind == KEY_RSA ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	HOLDS(k->pkey != NULL);
	k->verify = ctx_new(k, k->md, false);
	k->sign = ctx_new(k, k->md, true);
	memset(k->hash, 0x5a, sizeof(k->hash));
	k->sig_size = sizeof(k->sig);
	HOLDS(EVP_PKEY_sign(k->sign, k->sig, &k->sig_size, k->hash, sizeof(k->hash)) > 0);
	return k;
}

void
floor_key_free(struct floor_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_CTX_free(k->verify);
	EVP_PKEY_CTX_free(k->sign);
	EVP_PKEY_free(k->pkey);
	EVP_MD_CTX_free(k->hashing);
	EVP_MD_free(k->md);
	free(k);
}

static void
hash_all(const struct floor *f)
{
	static const uint8_t zeros[MAX_HASHED];
	EVP_MD_CTX *ctx = f->verify->hashing;
	uint8_t out[32];

	for (size_t i = 0; i < f->hash_count; i++) {
		HOLDS(f->hashes[i] <= sizeof(zeros));
		HOLDS(EVP_DigestInit_ex2(ctx, f->verify->md, NULL) > 0 &&
		    EVP_DigestUpdate(ctx, zeros, f->hashes[i]) > 0 &&
		    EVP_DigestFinal_ex(ctx, out, NULL) > 0);
	}
}

void
floor_run(void *floor)
{
	struct floor *f = floor;
	struct floor_key *v = f->verify;
	uint8_t sig[512];
	size_t size = sizeof(sig);

	hash_all(f);
	for (unsigned i = 0; i < f->verify_count; i++)
		HOLDS(
		    EVP_PKEY_verify(v->verify, v->sig, v->sig_size, v->hash, sizeof(v->hash)) == 1);
	if (f->sign != NULL)
		HOLDS(EVP_PKEY_sign(f->sign->sign, sig, &size, f->sign->hash,
			  sizeof(f->sign->hash)) > 0);
}
