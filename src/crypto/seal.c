/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/seal.h"

#include "base/rand.h"
#include "crypto/lib.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#define MAGIC      BYTES("AS1")
#define NONCE_SIZE 12
#define TAG_SIZE   16
#define KEY_SIZE   32
/* The cipher counts in int; nothing that is sealed comes near. */
#define MAX_SEAL_SIZE (1 << 24)

static void
cipher_freep(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

/* HKDF-SHA256 (RFC 5869): salt the nonce, info the context with a label of ours in front. */
static int
derive(const struct secret *master, struct bytes nonce, struct bytes context, uint8_t key[KEY_SIZE],
    struct err *e)
{
	static const char label[] = "attestd seal 1\0";
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	DEFER(buf_release) struct buf info;
	DEFER(buf_release) struct buf salt;
	DEFER(secret_release) struct secret ikm = { 0 };
	char digest[] = "SHA256";
	bool good = false;

	buf_init(&info, sizeof(label) + MAX_SEAL_SIZE);
	buf_init(&salt, NONCE_SIZE);
	buf_add(&info, bytes_of(label, sizeof(label) - 1));
	buf_add(&info, context);
	buf_add(&salt, nonce);
	if (buf_ok(&info) && buf_ok(&salt) && secret_init(&ikm, master->size)) {
		memcpy(ikm.p, master->p, master->size);
		OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm.p, ikm.size),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.p, salt.size),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.p, info.size),
			OSSL_PARAM_construct_end(),
		};

		good = ctx != NULL && EVP_KDF_derive(ctx, key, KEY_SIZE, params) > 0;
	}
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return good ? 0 : lib_fail(e, ERR_INTERNAL, "seal: no key could be derived");
}

static int
check_master(const struct secret *master, struct bytes context, struct err *e)
{
	if (master->size != SEAL_MASTER_SIZE)
		return err_set(e, ERR_INVALID, "seal: a master key of %zu bytes, want %d",
		    master->size, SEAL_MASTER_SIZE);
	if (context.size > MAX_SEAL_SIZE)
		return err_set(e, ERR_LIMIT, "seal: a context of %zu bytes", context.size);
	return 0;
}

/* The cipher ready for data, the layout's name authenticated. */
static EVP_CIPHER_CTX *
cipher_new(const uint8_t key[KEY_SIZE], struct bytes nonce, bool encrypts)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	if (ctx == NULL ||
	    EVP_CipherInit_ex2(ctx, lib_aes_256_gcm(), key, nonce.p, encrypts, NULL) <= 0 ||
	    EVP_CipherUpdate(ctx, NULL, &n, MAGIC.p, (int)MAGIC.size) <= 0) {
		EVP_CIPHER_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

int
seal_emit(const struct secret *master, struct bytes context, struct bytes plain, struct buf *out,
    struct err *e)
{
	uint8_t key[KEY_SIZE], nonce[NONCE_SIZE];

	TRY(check_master(master, context, e));
	if (plain.size > MAX_SEAL_SIZE)
		return err_set(e, ERR_LIMIT, "seal: %zu bytes, at most %d", plain.size,
		    MAX_SEAL_SIZE);
	rand_bytes(nonce, sizeof(nonce));
	TRY(derive(master, BYTES_OF(nonce), context, key, e));
	DEFER(cipher_freep) EVP_CIPHER_CTX *ctx = cipher_new(key, BYTES_OF(nonce), true);

	secret_wipe(key, sizeof(key));
	buf_add(out, MAGIC);
	buf_add(out, BYTES_OF(nonce));
	uint8_t *to = buf_grow(out, plain.size + TAG_SIZE);
	int n = 0;

	if (to == NULL)
		return err_set(e, ERR_LIMIT, "seal: out of memory");
	if (ctx == NULL ||
	    (plain.size > 0 && EVP_EncryptUpdate(ctx, to, &n, plain.p, (int)plain.size) <= 0) ||
	    EVP_EncryptFinal_ex(ctx, to + plain.size, &n) <= 0 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, to + plain.size) <= 0)
		return lib_fail(e, ERR_INTERNAL, "seal: encryption failed");
	return 0;
}

int
seal_open(const struct secret *master, struct bytes context, struct bytes sealed,
    struct secret *plain, struct err *e)
{
	struct rd r = rd_from(sealed);
	struct bytes magic = rd_take(&r, MAGIC.size);
	struct bytes nonce = rd_take(&r, NONCE_SIZE);
	size_t size = r.left.size < TAG_SIZE ? 0 : r.left.size - TAG_SIZE;
	struct bytes body = rd_take(&r, size);
	uint8_t key[KEY_SIZE], tag[TAG_SIZE];
	struct secret out = { 0 };
	int n = 0;

	rd_copy(&r, tag, sizeof(tag));
	TRY(check_master(master, context, e));
	if (!rd_done(&r) || !bytes_eq(magic, MAGIC))
		return err_set(e, ERR_MALFORMED, "seal: not AS1, nonce, ciphertext and tag");
	if (size > MAX_SEAL_SIZE)
		return err_set(e, ERR_LIMIT, "seal: %zu bytes, at most %d", size, MAX_SEAL_SIZE);
	TRY(derive(master, nonce, context, key, e));
	DEFER(cipher_freep) EVP_CIPHER_CTX *ctx = cipher_new(key, nonce, false);

	secret_wipe(key, sizeof(key));
	if (ctx == NULL)
		return lib_fail(e, ERR_INTERNAL, "seal: the cipher could not be made ready");
	if (!secret_init(&out, size))
		return err_set(e, ERR_LIMIT, "seal: out of memory");
	if ((size > 0 && EVP_DecryptUpdate(ctx, out.p, &n, body.p, (int)size) <= 0) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) <= 0) {
		secret_release(&out);
		return lib_fail(e, ERR_INTERNAL, "seal: decryption failed");
	}
	/* Only the tag is left to disagree, and of that the library says nothing. */
	if (EVP_DecryptFinal_ex(ctx, out.p + size, &n) <= 0) {
		secret_release(&out);
		(void)lib_drain();
		return err_set(e, ERR_SIGNATURE,
		    "seal: sealed under another key or for another use, or changed since");
	}
	*plain = out;
	return 0;
}
