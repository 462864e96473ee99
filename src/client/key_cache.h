/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of one issuer, at hand: fetched by a thread of the cache's own, before they expire, and read without locks.
 *
 *	struct key_cache_config how = KEY_CACHE_CONFIG;
 *	how.from.issuer = "https://contoso.eus.attest.azure.net";
 *	DEFER(key_cache_freep) struct key_cache *c = NULL;
 *	TRY(key_cache_new(&how, &c, e));
 *	...
 *	struct token_key_source keys = { key_cache_find_for_token, c };
 *	TRY(token_judge_by(token, &keys, ...));    on any thread; undecided when there are no keys, or none with its kid
 *
 * What is promised:
 *
 * - A fetched set is good until `max_stale_ms` after its fetch was begun, and not a moment longer: from then on there are
 *   no keys (KEYS_STALE), and the last error says why. The time is measured by a clock that nobody sets and that goes
 *   on while the machine sleeps.
 * - It is fetched anew when its Cache-Control says, but not before `refresh_min_ms` and not after `refresh_max_ms`, some
 *   of which is taken off by chance so that many relying parties do not ask at once. After a failure again, at
 *   `retry_min_ms` and doubling up to `retry_max_ms`; the last good keys stay meanwhile.
 * - A set that the issuer serves replaces the one before wholly: a key that is gone from it is gone. One that is not
 *   understood is a failed fetch.
 * - One fetch at a time. A kid that is not in the set makes the cache ask again, at most once in `cooldown_ms` however
 *   many such tokens come; those who find a fetch under way wait for it, for `wait_ms` at most.
 * - URLs come from the configuration or the issuer's discovery document (client/discovery.h), never from a token.
 *
 * Each thread holds a reference of its own to the set it last saw and compares one number to know whether that is
 * still the one in force; only when it is not does it take a lock, to fetch the new one. What a thread holds is given
 * up when it next looks, or ends. Keys keep contexts that are ready to verify (crypto/key.h): a thread takes an idle one,
 * and makes one only when there is none.
 *
 * Whoever sends tokens with made-up kids can make a verification wait, but only while a fetch is under way: for
 * `wait_ms` at most, once per cooldown. A server with few threads sets it low, or to 0.
 *
 * Fork: the fetching thread is not in the child. There the cache answers from what the forking thread already held,
 * until that is stale, and otherwise says that it was made before a fork; make a new one in the child.
 */
#pragma once

#include "client/discovery.h"
#include "client/verify.h"
#include "jose/jwk.h"

struct key_cache;

/* The outside world as the cache sees it, to be replaced in tests. */
struct key_cache_world {
	/* As discovery_fetch(). Called by the cache's thread only. */
	int (*fetch)(void *user, struct buf *jwks, struct discovery_fresh *fresh, struct err *e);
	uint64_t (*now_ms)(void *user); /* never goes back */
	int64_t (*now_at)(void *user);
	void *user;
};

struct key_cache_config {
	struct discovery_config from; /* copied */
	uint32_t refresh_min_ms, refresh_max_ms;
	uint32_t max_stale_ms;
	uint32_t cooldown_ms;
	uint32_t wait_ms; /* 0: nobody ever waits */
	uint32_t retry_min_ms, retry_max_ms;
	/* The thread looks at its clock at least this often: a sleeping machine stops waits, not keys. */
	uint32_t look_ms;
	const struct key_cache_world *world; /* borrowed; NULL: the real one */
};
#define KEY_CACHE_CONFIG                                                                           \
	{                                                                                          \
		.refresh_min_ms = 60u * 1000, .refresh_max_ms = 3600u * 1000,                      \
		.max_stale_ms = 24u * 3600 * 1000, .cooldown_ms = 30u * 1000, .wait_ms = 3000,     \
		.retry_min_ms = 1000, .retry_max_ms = 60u * 1000, .look_ms = 30u * 1000,           \
	}

enum key_standing {
	KEYS_NONE,  /* never fetched so far */
	KEYS_STALE, /* fetched too long ago */
	KEYS_GOOD,
};

/* What a thread sees. */
struct keys {
	enum key_standing standing;
	/* NULL unless good. Valid until the same thread asks this cache again, or ends. */
	const struct jwks *jwks;
	int64_t fetched_at; /* unix seconds; 0: never */
	uint64_t age_ms;
	/* Why the last fetch failed; code ERR_NONE when it did not, or when the keys are good. */
	struct err last;
	/* key_cache_find() did not find its kid, and a fetch is under way, or about to begin, that may bring it. */
	bool is_fetching;
};

struct key_cache_stats {
	uint64_t fetches, failures; /* begun; ended badly */
	uint64_t asked;             /* fetches that an unknown kid or missing keys caused */
	uint64_t generation;        /* sets taken over so far */
};

/* Checks the configuration, starts the thread and its first fetch, and does not wait for it. */
int key_cache_new(const struct key_cache_config *how, struct key_cache **out, struct err *e)
    MUST_CHECK;
/* No thread may be within a call of this cache. Waits for a fetch under way: no longer than its timeout. */
void key_cache_free(struct key_cache *c);
void key_cache_freep(struct key_cache **c);

/* What is at hand. Never waits. */
void key_cache_read(struct key_cache *c, struct keys *out);
/*
 * What is at hand if KID is in it; otherwise after the fetch that this may cause, or that is under way. Without KID in it
 * `last` says why the last fetch failed even when the keys are good.
 */
void key_cache_find(struct key_cache *c, struct bytes kid, struct keys *out);
/* key_cache_find() as a token_key_source wants it (client/verify.h); CACHE is a struct key_cache. */
void key_cache_find_for_token(void *cache, struct bytes kid, struct token_keys *out);
void key_cache_stats(struct key_cache *c, struct key_cache_stats *out);
