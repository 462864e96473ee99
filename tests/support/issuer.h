/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An issuer without a network, for tests of the key cache: a world (client/key_cache.h) whose fetches it answers, and
 * whose clock stands still until it is moved, or runs with the system's.
 *
 *	struct fake_issuer is;
 *	fake_issuer_init(&is, 3);            three keys, k0 … k2; k0 is published
 *	is.published = 1u << 0 | 1u << 1;    fake_issuer_set() does it under the lock
 *	fake_issuer_world(&is)               for key_cache_config.world
 */
#pragma once

#include "base/clock.h"
#include "client/key_cache.h"
#include "crypto/privkey.h"
#include "jose/jws.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FAKE_ISSUER_KEYS 16

enum fake_mode { FAKE_GOOD, FAKE_DOWN, FAKE_GARBAGE, FAKE_OVERSIZED, FAKE_BROKEN_KEY, FAKE_HANGS };

struct fake_issuer {
	pthread_mutex_t lock;
	pthread_cond_t let_go; /* of FAKE_HANGS */
	struct privkey *keys[FAKE_ISSUER_KEYS];
	size_t key_count;
	unsigned published; /* a bit per key */
	enum fake_mode mode;
	struct discovery_fresh fresh;
	unsigned slow_ms;
	unsigned hits, at_once, most_at_once;
	bool clock_runs;
	uint64_t clock_ms;
	uint64_t last_good_ms; /* when the last fetch that went well was begun */
	struct key_cache_world world;
};

static inline uint64_t
fake_issuer_now_ms(void *user)
{
	struct fake_issuer *is = user;
	uint64_t now;

	if (is->clock_runs)
		return clock_ms();
	pthread_mutex_lock(&is->lock);
	now = is->clock_ms;
	pthread_mutex_unlock(&is->lock);
	return now;
}

static inline int64_t
fake_issuer_now_at(void *user)
{
	return 1790000000 + (int64_t)(fake_issuer_now_ms(user) / 1000);
}

static inline void
fake_issuer_emit(struct fake_issuer *is, unsigned published, struct buf *out)
{
	struct arena a;
	char kid[24];
	bool any = false;

	arena_init(&a, 1u << 20);
	buf_str(out, "{\"keys\":[");
	for (size_t i = 0; i < is->key_count; i++) {
		if ((published & (1u << i)) == 0)
			continue;
		snprintf(kid, sizeof(kid), "k%zu", i);
		if (any)
			buf_char(out, ',');
		any = true;
		json_emit(out,
		    jwk_emit(&a, privkey_public(is->keys[i]), SIG_ES256, bytes_of_str(kid),
			(struct bytes){ 0 }),
		    JSON_SORTED);
	}
	buf_str(out, "]}");
	arena_release(&a);
}

static inline int
fake_issuer_answer(struct fake_issuer *is, enum fake_mode mode, unsigned published, struct buf *out,
    struct err *e)
{
	switch (mode) {
	case FAKE_HANGS:
	case FAKE_GOOD:
		fake_issuer_emit(is, published, out);
		return 0;
	case FAKE_DOWN:
		return err_set(e, ERR_UNAVAILABLE, "https://issuer: nobody is there");
	case FAKE_GARBAGE:
		buf_str(out, "<html>\xff</html>");
		return 0;
	case FAKE_OVERSIZED:
		while (buf_ok(out))
			buf_str(out, "                                ");
		return err_set(e, ERR_LIMIT, "https://issuer: the answer is larger than allowed");
	case FAKE_BROKEN_KEY:
		buf_str(out,
		    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}");
		return 0;
	}
	return -1;
}

static inline int
fake_issuer_fetch(void *user, struct buf *out, struct discovery_fresh *fresh, struct err *e)
{
	struct fake_issuer *is = user;
	enum fake_mode mode;
	unsigned published, slow_ms;
	uint64_t begun_ms = fake_issuer_now_ms(is);

	pthread_mutex_lock(&is->lock);
	is->hits++;
	is->at_once++;
	if (is->at_once > is->most_at_once)
		is->most_at_once = is->at_once;
	mode = is->mode;
	published = is->published;
	slow_ms = is->slow_ms;
	*fresh = is->fresh;
	while (is->mode == FAKE_HANGS)
		pthread_cond_wait(&is->let_go, &is->lock);
	pthread_mutex_unlock(&is->lock);
	usleep(slow_ms * 1000);
	int got = fake_issuer_answer(is, mode, published, out, e);

	pthread_mutex_lock(&is->lock);
	is->at_once--;
	if (got == 0)
		is->last_good_ms = begun_ms;
	pthread_mutex_unlock(&is->lock);
	return got;
}

static inline int
fake_issuer_init(struct fake_issuer *is, size_t key_count)
{
	memset(is, 0, sizeof(*is));
	pthread_mutex_init(&is->lock, NULL);
	pthread_cond_init(&is->let_go, NULL);
	is->key_count = key_count;
	is->published = 1;
	is->clock_ms = 1000;
	is->world = (struct key_cache_world){ fake_issuer_fetch, fake_issuer_now_ms,
		fake_issuer_now_at, is };
	for (size_t i = 0; i < key_count; i++)
		if (privkey_generate(KEY_P256, &is->keys[i], NULL) < 0)
			return -1;
	return 0;
}

static inline void
fake_issuer_set(struct fake_issuer *is, unsigned published, enum fake_mode mode)
{
	pthread_mutex_lock(&is->lock);
	is->published = published;
	is->mode = mode;
	pthread_cond_broadcast(&is->let_go);
	pthread_mutex_unlock(&is->lock);
}

static inline void
fake_issuer_pass(struct fake_issuer *is, uint64_t ms)
{
	pthread_mutex_lock(&is->lock);
	is->clock_ms += ms;
	pthread_mutex_unlock(&is->lock);
}

static inline unsigned
fake_issuer_hits(struct fake_issuer *is)
{
	unsigned hits;

	pthread_mutex_lock(&is->lock);
	hits = is->hits;
	pthread_mutex_unlock(&is->lock);
	return hits;
}

/* Compact JWS of "{}" by key N under its kid. */
static inline bool
fake_issuer_sign(struct fake_issuer *is, size_t n, struct buf *out)
{
	uint8_t sig[MAX_SIG_SIZE];
	char header[64];
	size_t size = 0;

	snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"k%zu\"}", n);
	jws_emit_signing_input(out, bytes_of_str(header), BYTES("{}"));
	if (privkey_sign(is->keys[n], SIG_ES256, SIG_RAW, buf_bytes(out), sig, &size, NULL) < 0)
		return false;
	jws_emit_signature(out, bytes_of(sig, size));
	return buf_ok(out);
}

static inline void
fake_issuer_release(struct fake_issuer *is)
{
	for (size_t i = 0; i < is->key_count; i++)
		privkey_free(is->keys[i]);
	pthread_mutex_destroy(&is->lock);
	pthread_cond_destroy(&is->let_go);
}
