/* SPDX-License-Identifier: Apache-2.0 */
#include "appraise/cache.h"

#include "appraise/cache_entry.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS    16
#define BUCKETS   256
#define NAME_SIZE 64   /* SHA-256 of the chain and id of the collateral, or the point of a key */
#define KEY_COST  6144 /* a public key with contexts ready to verify, roughly */

enum node_kind { NODE_PCK, NODE_KEY };

struct node {
	struct node *chained;       /* in its bucket */
	struct node *newer, *older; /* by last use */
	enum node_kind kind;
	uint8_t name[NAME_SIZE];
	size_t cost;
	union {
		struct pck_entry *pck;
		struct key *key;
	} of;
};

struct shard {
	pthread_mutex_t lock;
	struct node *buckets[BUCKETS];
	struct node *newest, *oldest;
	size_t bytes, entries;
	uint64_t hits, misses, evictions;
};

struct endorsement_cache {
	size_t shard_ceiling;
	struct shard shards[SHARDS];
};

struct endorsement_cache *
endorsement_cache_new(size_t max_bytes)
{
	struct endorsement_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->shard_ceiling = max_bytes / SHARDS;
	for (size_t i = 0; i < SHARDS; i++)
		(void)pthread_mutex_init(&c->shards[i].lock, NULL);
	return c;
}

static struct node **
bucket_of(struct shard *s, const uint8_t name[NAME_SIZE])
{
	return &s->buckets[name[1] % BUCKETS];
}

static void
unlink_age(struct shard *s, struct node *n)
{
	if (n->newer != NULL)
		n->newer->older = n->older;
	else
		s->newest = n->older;
	if (n->older != NULL)
		n->older->newer = n->newer;
	else
		s->oldest = n->newer;
	n->newer = n->older = NULL;
}

static void
link_newest(struct shard *s, struct node *n)
{
	n->older = s->newest;
	if (s->newest != NULL)
		s->newest->newer = n;
	else
		s->oldest = n;
	s->newest = n;
}

static void
drop(struct shard *s, struct node *n)
{
	struct node **at = bucket_of(s, n->name);

	while (*at != n)
		at = &(*at)->chained;
	*at = n->chained;
	unlink_age(s, n);
	s->bytes -= n->cost;
	s->entries--;
	if (n->kind == NODE_PCK)
		pck_entry_unref(n->of.pck);
	else
		key_unref(n->of.key);
	free(n);
}

static struct node *
find(struct shard *s, enum node_kind kind, const uint8_t name[NAME_SIZE])
{
	for (struct node *n = *bucket_of(s, name); n != NULL; n = n->chained)
		if (n->kind == kind && memcmp(n->name, name, NAME_SIZE) == 0)
			return n;
	return NULL;
}

static struct shard *
shard_of(struct endorsement_cache *c, const uint8_t name[NAME_SIZE])
{
	return &c->shards[name[0] % SHARDS];
}

/* With the shard locked: the node, moved to the front. */
static struct node *
use(struct shard *s, enum node_kind kind, const uint8_t name[NAME_SIZE])
{
	struct node *n = find(s, kind, name);

	if (n == NULL) {
		s->misses++;
		return NULL;
	}
	s->hits++;
	unlink_age(s, n);
	link_newest(s, n);
	return n;
}

/* Takes over NODE. */
static void
put(struct endorsement_cache *c, struct node *n)
{
	struct shard *s = shard_of(c, n->name);

	(void)pthread_mutex_lock(&s->lock);
	struct node *old = find(s, n->kind, n->name);

	if (old != NULL)
		drop(s, old);
	struct node **bucket = bucket_of(s, n->name);

	n->chained = *bucket;
	*bucket = n;
	link_newest(s, n);
	s->bytes += n->cost;
	s->entries++;
	while (s->bytes > c->shard_ceiling && s->oldest != NULL) {
		drop(s, s->oldest);
		s->evictions++;
	}
	(void)pthread_mutex_unlock(&s->lock);
}

static void
pck_name(uint8_t name[NAME_SIZE], const uint8_t chain_sha256[SHA256_SIZE],
    struct bytes collateral_id)
{
	memcpy(name, chain_sha256, SHA256_SIZE);
	memset(name + SHA256_SIZE, 0, SHA256_SIZE);
	if (collateral_id.size == SHA256_SIZE)
		memcpy(name + SHA256_SIZE, collateral_id.p, SHA256_SIZE);
}

struct pck_entry *
cache_get_pck(struct endorsement_cache *c, const uint8_t chain_sha256[SHA256_SIZE],
    struct bytes collateral_id)
{
	uint8_t name[NAME_SIZE];
	struct pck_entry *found = NULL;

	if (c == NULL)
		return NULL;
	pck_name(name, chain_sha256, collateral_id);
	struct shard *s = shard_of(c, name);

	(void)pthread_mutex_lock(&s->lock);
	struct node *n = use(s, NODE_PCK, name);

	if (n != NULL) {
		found = n->of.pck;
		atomic_fetch_add_explicit(&found->refs, 1, memory_order_relaxed);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return found;
}

void
cache_put_pck(struct endorsement_cache *c, struct pck_entry *entry)
{
	if (c == NULL || entry == NULL)
		return;
	struct node *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return;
	n->kind = NODE_PCK;
	pck_name(n->name, entry->chain_sha256, BYTES_OF(entry->collateral_id));
	n->cost = sizeof(*n) + sizeof(*entry) + entry->arena.used + KEY_COST;
	n->of.pck = entry;
	atomic_fetch_add_explicit(&entry->refs, 1, memory_order_relaxed);
	put(c, n);
}

struct key *
cache_get_key(struct endorsement_cache *c, struct bytes point)
{
	struct key *found = NULL;

	if (c == NULL || point.size != NAME_SIZE)
		return NULL;
	struct shard *s = shard_of(c, point.p);

	(void)pthread_mutex_lock(&s->lock);
	struct node *n = use(s, NODE_KEY, point.p);

	if (n != NULL)
		found = key_ref(n->of.key);
	(void)pthread_mutex_unlock(&s->lock);
	return found;
}

void
cache_put_key(struct endorsement_cache *c, const struct key *key)
{
	struct bytes point = key_point(key);

	if (c == NULL || point.size != NAME_SIZE)
		return;
	struct node *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return;
	n->kind = NODE_KEY;
	memcpy(n->name, point.p, NAME_SIZE);
	n->cost = sizeof(*n) + KEY_COST;
	n->of.key = key_ref(key);
	put(c, n);
}

void
endorsement_cache_clear(struct endorsement_cache *c)
{
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &c->shards[i];

		(void)pthread_mutex_lock(&s->lock);
		while (s->oldest != NULL)
			drop(s, s->oldest);
		(void)pthread_mutex_unlock(&s->lock);
	}
}

void
endorsement_cache_free(struct endorsement_cache *c)
{
	if (c == NULL)
		return;
	endorsement_cache_clear(c);
	for (size_t i = 0; i < SHARDS; i++)
		(void)pthread_mutex_destroy(&c->shards[i].lock);
	free(c);
}

void
endorsement_cache_freep(struct endorsement_cache **c)
{
	endorsement_cache_free(*c);
	*c = NULL;
}

void
endorsement_cache_stats(struct endorsement_cache *c, struct endorsement_cache_stats *out)
{
	*out = (struct endorsement_cache_stats){ 0 };
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &c->shards[i];

		(void)pthread_mutex_lock(&s->lock);
		out->hits += s->hits;
		out->misses += s->misses;
		out->evictions += s->evictions;
		out->bytes += s->bytes;
		out->entries += s->entries;
		(void)pthread_mutex_unlock(&s->lock);
	}
}
