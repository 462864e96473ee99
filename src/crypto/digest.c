/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include "crypto/lib.h"

#include <pthread.h>
#include <stdlib.h>

/*
 * One context per thread and algorithm, initialised again for each use: nothing is allocated and nothing is fetched.
 * The key's destructor frees them with the thread.
 */
struct digest_ctxs {
	EVP_MD_CTX *ctx[4];
};

static _Thread_local struct digest_ctxs mine;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void
ctxs_free(void *p)
{
	struct digest_ctxs *ctxs = p;

	for (size_t i = 0; i < COUNT_OF(ctxs->ctx); i++) {
		EVP_MD_CTX_free(ctxs->ctx[i]);
		ctxs->ctx[i] = NULL;
	}
}

static void
key_make(void)
{
	if (pthread_key_create(&key, ctxs_free) != 0)
		abort();
}

static EVP_MD_CTX *
ctx_of(enum digest_alg alg)
{
	if (mine.ctx[alg] == NULL) {
		pthread_once(&key_once, key_make);
		mine.ctx[alg] = EVP_MD_CTX_new();
		if (mine.ctx[alg] == NULL || pthread_setspecific(key, &mine) != 0)
			abort();
	}
	return mine.ctx[alg];
}

size_t
digest_size(enum digest_alg alg)
{
	static const uint8_t sizes[] = {
		[DIGEST_SHA1] = SHA1_SIZE,
		[DIGEST_SHA256] = SHA256_SIZE,
		[DIGEST_SHA384] = SHA384_SIZE,
		[DIGEST_SHA512] = SHA512_SIZE,
	};

	return sizes[alg];
}

void
digest_of_parts(enum digest_alg alg, const struct bytes *parts, size_t count, uint8_t *out)
{
	EVP_MD_CTX *ctx = ctx_of(alg);

	if (EVP_DigestInit_ex2(ctx, lib_md(alg), NULL) <= 0)
		abort();
	for (size_t i = 0; i < count; i++)
		if (parts[i].size > 0 && EVP_DigestUpdate(ctx, parts[i].p, parts[i].size) <= 0)
			abort();
	if (EVP_DigestFinal_ex(ctx, out, NULL) <= 0)
		abort();
}

void
digest_of(enum digest_alg alg, struct bytes in, uint8_t *out)
{
	digest_of_parts(alg, &in, 1, out);
}

void
sha256(struct bytes in, uint8_t out[SHA256_SIZE])
{
	digest_of_parts(DIGEST_SHA256, &in, 1, out);
}
