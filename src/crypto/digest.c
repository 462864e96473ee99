/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

/* For the functions that need no memory, below. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/lib.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * One context per thread and algorithm, initialised again for each use, so that nothing is fetched and the context itself
 * is not allocated; OpenSSL 3.0 still allocates its state at each initialisation. The key's destructor frees them with the
 * thread.
 */
struct digest_ctxs {
	EVP_MD_CTX *ctx[4];
};

static _Thread_local struct digest_ctxs mine;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;

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
	has_key = pthread_key_create(&key, ctxs_free) == 0;
}

/* NULL when there is no memory for it. */
static EVP_MD_CTX *
ctx_of(enum digest_alg alg)
{
	if (mine.ctx[alg] != NULL)
		return mine.ctx[alg];
	pthread_once(&key_once, key_make);
	if (!has_key || pthread_setspecific(key, &mine) != 0)
		return NULL;
	return mine.ctx[alg] = EVP_MD_CTX_new();
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

static bool
digest_with_library(enum digest_alg alg, const struct bytes *parts, size_t count, uint8_t *out)
{
	EVP_MD_CTX *ctx = ctx_of(alg);
	const EVP_MD *md = lib_md(alg);

	if (ctx == NULL || md == NULL || EVP_DigestInit_ex2(ctx, md, NULL) <= 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (parts[i].size > 0 && EVP_DigestUpdate(ctx, parts[i].p, parts[i].size) <= 0)
			return false;
	return EVP_DigestFinal_ex(ctx, out, NULL) > 0;
}

/*
 * When memory has run out: the older functions of the library, whose state is the caller's. So a digest cannot fail, and
 * neither can what is built on one (docs/adr/0016).
 */
#define DIGEST_ON_STACK(name, type)                                                                \
	static bool on_stack_##name(const struct bytes *parts, size_t count, uint8_t *out)         \
	{                                                                                          \
		type ctx;                                                                          \
		bool good = name##_Init(&ctx) == 1;                                                \
                                                                                                   \
		for (size_t i = 0; i < count && good; i++)                                         \
			if (parts[i].size > 0)                                                     \
				good = name##_Update(&ctx, parts[i].p, parts[i].size) == 1;        \
		return good && name##_Final(out, &ctx) == 1;                                       \
	}                                                                                          \
	_Static_assert(1, "")

DIGEST_ON_STACK(SHA1, SHA_CTX);
DIGEST_ON_STACK(SHA256, SHA256_CTX);
DIGEST_ON_STACK(SHA384, SHA512_CTX);
DIGEST_ON_STACK(SHA512, SHA512_CTX);

static bool (*const on_stack[])(const struct bytes *parts, size_t count, uint8_t *out) = {
	[DIGEST_SHA1] = on_stack_SHA1,
	[DIGEST_SHA256] = on_stack_SHA256,
	[DIGEST_SHA384] = on_stack_SHA384,
	[DIGEST_SHA512] = on_stack_SHA512,
};

void
digest_of_parts(enum digest_alg alg, const struct bytes *parts, size_t count, uint8_t *out)
{
	if (digest_with_library(alg, parts, count, out))
		return;
	(void)lib_drain();
	if (!on_stack[alg](parts, count, out))
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
