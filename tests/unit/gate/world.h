/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gate without a network: rules from text, one issuer whose keys a cache fetches from memory, and tokens of that issuer.
 * The clock of the cache stands still until it is moved; judgements are made at TEST_NOW.
 */
#pragma once

#include "gate/rules.h"

#include "../../support/test.h"
#include "../../support/token.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct gate_world {
	struct test_issuer issuer;
	struct key_cache_world world;
	struct gate_issuers issuers;
	struct gate_reader files;
	_Atomic uint64_t clock_ms;
	atomic_bool is_down;
	atomic_bool hangs;       /* a fetch does not end */
	const char *expectation; /* what every file holds */
};

static inline int
gate_world_fetch(void *user, struct buf *jwks, struct discovery_fresh *fresh, struct err *e)
{
	struct gate_world *w = user;

	*fresh = (struct discovery_fresh){ 0 };
	while (atomic_load(&w->hangs))
		usleep(1000);
	if (atomic_load(&w->is_down))
		return err_set(e, ERR_UNAVAILABLE, "nobody is there");
	buf_str(jwks, w->issuer.jwks);
	return 0;
}

static inline uint64_t
gate_world_now_ms(void *user)
{
	return atomic_load(&((struct gate_world *)user)->clock_ms);
}

static inline int64_t
gate_world_now_at(void *user)
{
	(void)user;
	return TEST_NOW;
}

static inline int
gate_world_read(void *user, struct bytes path, struct arena *a, struct bytes *out, struct err *e)
{
	struct gate_world *w = user;

	if (bytes_is_str(path, "absent.yaml"))
		return err_set(e, ERR_MISSING, "absent.yaml: there is no such file");
	*out = arena_copy(a, bytes_of_str(w->expectation));
	return out->p == NULL ? arena_fail(e, "file") : 0;
}

#define GATE_EXPECTATION "issuer: " TEST_ISSUER "\ntype: SgxEnclave\nmax_age: 600\n"
#define GATE_RULES       "gates: {payments: {expect: payments.yaml}}"

static inline void
gate_world_init(struct gate_world *w)
{
	memset(w, 0, sizeof(*w));
	test_issuer_make(&w->issuer, KEY_P256);
	atomic_init(&w->clock_ms, 1000);
	w->world =
	    (struct key_cache_world){ gate_world_fetch, gate_world_now_ms, gate_world_now_at, w };
	w->issuers.how = (struct key_cache_config)KEY_CACHE_CONFIG;
	w->issuers.how.look_ms = 1;
	w->issuers.how.world = &w->world;
	w->files = (struct gate_reader){ gate_world_read, w };
	w->expectation = GATE_EXPECTATION;
}

static inline void
gate_world_release(struct gate_world *w)
{
	gate_issuers_sweep(&w->issuers);
	test_issuer_release(&w->issuer);
}

static inline struct gate_rules *
gate_world_rules(struct gate_world *w, const char *text)
{
	struct gate_rules *rules = NULL;
	struct err e = { 0 };

	if (gate_rules_parse(bytes_of_str(text), false, &w->files, &w->issuers, &rules, &e) < 0)
		fail_msg("%s", e.msg);
	return rules;
}

/* Until the fetches that are due have ended: COUNT of them so far. */
static inline void
gate_world_await(struct key_cache *cache, uint64_t count)
{
	struct key_cache_stats s = { 0 };

	for (int i = 0; i < 5000 && s.generation + s.failures < count; i++) {
		key_cache_stats(cache, &s);
		usleep(1000);
	}
	assert_true(s.generation + s.failures >= count);
}
