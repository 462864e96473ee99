/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/issuers.h"

#include <stdlib.h>
#include <string.h>

static void
set_times(struct key_cache_config *how, uint32_t max_stale_s)
{
	uint32_t half_ms = max_stale_s * 1000 / 2;

	how->max_stale_ms = max_stale_s * 1000;
	how->cooldown_ms = GATE_COOLDOWN_MS;
	/* A thread that waits serves nobody. */
	how->wait_ms = 0;
	if (how->refresh_max_ms > half_ms)
		how->refresh_max_ms = half_ms;
	if (how->refresh_min_ms > how->refresh_max_ms)
		how->refresh_min_ms = how->refresh_max_ms;
}

int
gate_issuers_find(struct gate_issuers *all, struct bytes issuer, uint32_t max_stale_s,
    struct key_cache **out, struct err *e)
{
	struct key_cache_config how = all->how;
	struct gate_issuer *i;

	for (size_t n = 0; n < all->count; n++)
		if (bytes_is_str(issuer, all->at[n].url) && all->at[n].max_stale_s == max_stale_s) {
			*out = all->at[n].cache;
			return 0;
		}
	if (all->count == MAX_GATE_ISSUERS)
		return err_set(e, ERR_LIMIT, "gate: more than %d issuers", MAX_GATE_ISSUERS);
	i = &all->at[all->count];
	*i = (struct gate_issuer){ .max_stale_s = max_stale_s };
	i->url = malloc(issuer.size + 1);
	if (i->url == NULL)
		return arena_fail(e, "gate");
	memcpy(i->url, issuer.p, issuer.size);
	i->url[issuer.size] = '\0';
	how.from.issuer = i->url;
	set_times(&how, max_stale_s);
	if (key_cache_new(&how, &i->cache, e) < 0) {
		free(i->url);
		return -1;
	}
	all->count++;
	*out = i->cache;
	return 0;
}

void
gate_issuers_keep(struct gate_issuers *all, const struct key_cache *cache)
{
	for (size_t n = 0; n < all->count; n++)
		all->at[n].is_kept = all->at[n].is_kept || all->at[n].cache == cache;
}

void
gate_issuers_sweep(struct gate_issuers *all)
{
	size_t left = 0;

	for (size_t n = 0; n < all->count; n++) {
		struct gate_issuer *i = &all->at[n];

		if (i->is_kept) {
			i->is_kept = false;
			all->at[left++] = *i;
		} else {
			key_cache_free(i->cache);
			free(i->url);
		}
	}
	all->count = left;
}
