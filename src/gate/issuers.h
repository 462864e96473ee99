/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of every issuer that a gate's rules name: one cache (client/key_cache.h) per issuer, however many rules name
 * it, kept over a change of the rules as long as one of them still does.
 *
 * The table belongs to one thread, which makes rules and lets go of them; others reach a cache through rules alone.
 */
#pragma once

#include "client/key_cache.h"

#define MAX_GATE_ISSUERS 64
/* For kids that are not known, keys are fetched anew once in this time, however many there come. */
#define GATE_COOLDOWN_MS 30000

struct gate_issuers {
	struct key_cache_config how; /* of each; from.issuer and what concerns time are set here */
	struct gate_issuer {
		char *url;
		uint32_t max_stale_s;
		struct key_cache *cache;
		bool is_kept;
	} at[MAX_GATE_ISSUERS];
	size_t count;
};

/*
 * The cache for that issuer and staleness, made when there is none: it is fetched anew at half of MAX_STALE_S at the
 * latest. Lives until gate_issuers_sweep() finds it not kept.
 */
int gate_issuers_find(struct gate_issuers *all, struct bytes issuer, uint32_t max_stale_s,
    struct key_cache **out, struct err *e) MUST_CHECK;
/* Marks CACHE to stay when it is next swept. */
void gate_issuers_keep(struct gate_issuers *all, const struct key_cache *cache);
/* Ends what was not marked since the last time; waits for their fetches (client/key_cache.h). */
void gate_issuers_sweep(struct gate_issuers *all);
