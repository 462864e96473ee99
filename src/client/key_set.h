/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fetched set of keys, shared and never changed, and the place where each thread keeps a reference to the set that it
 * last saw of each cache. Within client/key_cache.c's promises; not for others.
 */
#pragma once

#include "jose/jwk.h"

#include <stdatomic.h>

/* Says whether a cache still lives, to threads that may meet it no more. Counted: its cache and every set hold one. */
struct cache_life {
	atomic_uint refs;
	atomic_bool over;
};

struct key_set {
	atomic_uint refs;
	struct cache_life *life;
	struct arena arena;
	struct jwks jwks;
	uint64_t fetched_ms; /* when its fetch was begun */
	int64_t fetched_at;
	uint64_t generation; /* 1, 2, … within its cache */
};

struct cache_life *cache_life_new(void);
void cache_life_ref(struct cache_life *life);
void cache_life_unref(struct cache_life *life);

/* Of TEXT, which is copied. On success *OUT has one reference, the caller's. */
int key_set_new(struct bytes text, struct cache_life *life, struct key_set **out, struct err *e)
    MUST_CHECK;
struct key_set *key_set_ref(struct key_set *set);
void key_set_unref(struct key_set *set);

/* What this thread holds of that cache; *HELD is NULL when it holds nothing yet. NULL when memory ran out. */
struct key_set **key_set_held(struct cache_life *life) MUST_CHECK;
/* Gives up what this thread holds of that cache. */
void key_set_forget(const struct cache_life *life);
