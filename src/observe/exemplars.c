/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/exemplars.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024 /* a power of two */

enum share { SHARE_FIRST, SHARE_REPEATED, SHARE_ACCEPTED, SHARES };

struct entry {
	struct entry *older_hash; /* the same bucket */
	struct entry *newer;      /* the same share, by age */
	enum share share;
	int64_t added_at;
	uint32_t reason;
	uint8_t key_hash[EXEMPLAR_KEY_HASH_SIZE];
	size_t id_size, document_size;
	uint8_t bytes[]; /* id, document */
};

struct queue {
	struct entry *oldest, *newest;
	size_t bytes, ceiling, count;
};

struct exemplars {
	atomic_uint refs;
	atomic_uint accepted; /* acceptances seen */
	struct exemplars_limits limits;
	pthread_mutex_t lock;
	struct queue shares[SHARES];
	struct entry *buckets[BUCKETS];
};

struct exemplars *
exemplars_new(struct exemplars_limits limits)
{
	struct exemplars *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	if (pthread_mutex_init(&x->lock, NULL) != 0) {
		free(x);
		return NULL;
	}
	atomic_init(&x->refs, 1);
	x->limits = limits;
	x->shares[SHARE_FIRST].ceiling = limits.max_bytes / 2;
	x->shares[SHARE_REPEATED].ceiling = limits.max_bytes / 4;
	x->shares[SHARE_ACCEPTED].ceiling = limits.max_bytes / 4;
	return x;
}

struct exemplars *
exemplars_ref(struct exemplars *x)
{
	atomic_fetch_add(&x->refs, 1);
	return x;
}

void
exemplars_unref(struct exemplars *x)
{
	if (x == NULL || atomic_fetch_sub(&x->refs, 1) != 1)
		return;
	for (size_t s = 0; s < SHARES; s++)
		while (x->shares[s].oldest != NULL) {
			struct entry *entry = x->shares[s].oldest;

			x->shares[s].oldest = entry->newer;
			free(entry);
		}
	pthread_mutex_destroy(&x->lock);
	free(x);
}

bool
exemplars_wants_accepted(struct exemplars *x)
{
	unsigned every = x->limits.accepted_every;

	if (every == 0)
		return false;
	return atomic_fetch_add_explicit(&x->accepted, 1, memory_order_relaxed) % every == 0;
}

static struct bytes
entry_id(const struct entry *entry)
{
	return bytes_of(entry->bytes, entry->id_size);
}

static size_t
entry_cost(const struct entry *entry)
{
	return sizeof(*entry) + entry->id_size + entry->document_size;
}

/* Trace ids end in 80 random bits that we drew ourselves, so nobody can choose a bucket. */
static size_t
bucket_of(struct bytes id)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < id.size; i++)
		h = (h ^ id.p[i]) * 16777619u;
	return h & (BUCKETS - 1);
}

static void
hash_remove(struct exemplars *x, struct entry *entry)
{
	struct entry **at = &x->buckets[bucket_of(entry_id(entry))];

	while (*at != entry)
		at = &(*at)->older_hash;
	*at = entry->older_hash;
}

static void
drop_oldest(struct exemplars *x, struct queue *q)
{
	struct entry *entry = q->oldest;

	hash_remove(x, entry);
	q->oldest = entry->newer;
	if (q->oldest == NULL)
		q->newest = NULL;
	q->bytes -= entry_cost(entry);
	q->count--;
	free(entry);
}

static void
drop_expired(struct exemplars *x, int64_t now_at)
{
	for (size_t s = 0; s < SHARES; s++) {
		struct queue *q = &x->shares[s];

		while (q->oldest != NULL && now_at - q->oldest->added_at > x->limits.lifetime_s)
			drop_oldest(x, q);
	}
}

/* There are no more first refusals than types times checks, so walking them is bounded. */
static bool
is_known_reason(const struct exemplars *x, uint32_t reason)
{
	for (const struct entry *i = x->shares[SHARE_FIRST].oldest; i != NULL; i = i->newer)
		if (i->reason == reason)
			return true;
	return false;
}

static struct entry *
entry_new(const struct exemplar *in, int64_t now_at)
{
	struct entry *entry = malloc(sizeof(*entry) + in->id.size + in->document.size);

	if (entry == NULL)
		return NULL;
	*entry = (struct entry){ .added_at = now_at,
		.reason = in->reason,
		.id_size = in->id.size,
		.document_size = in->document.size };
	memcpy(entry->key_hash, in->key_hash, sizeof(entry->key_hash));
	memcpy(entry->bytes, in->id.p, in->id.size);
	memcpy(entry->bytes + in->id.size, in->document.p, in->document.size);
	return entry;
}

static void
entry_keep(struct exemplars *x, struct entry *entry)
{
	struct queue *q = &x->shares[entry->share];
	struct entry **bucket = &x->buckets[bucket_of(entry_id(entry))];

	while (q->oldest != NULL && q->bytes + entry_cost(entry) > q->ceiling)
		drop_oldest(x, q);
	entry->older_hash = *bucket;
	*bucket = entry;
	if (q->newest != NULL)
		q->newest->newer = entry;
	else
		q->oldest = entry;
	q->newest = entry;
	q->bytes += entry_cost(entry);
	q->count++;
}

void
exemplars_add(struct exemplars *x, const struct exemplar *in, int64_t now_at)
{
	struct entry *entry;

	if (in->id.size == 0 || in->document.size == 0 || in->document.size > MAX_EXEMPLAR_SIZE)
		return;
	entry = entry_new(in, now_at);
	if (entry == NULL)
		return;
	pthread_mutex_lock(&x->lock);
	drop_expired(x, now_at);
	if (in->accepted)
		entry->share = SHARE_ACCEPTED;
	else
		entry->share = is_known_reason(x, in->reason) ? SHARE_REPEATED : SHARE_FIRST;
	if (entry_cost(entry) <= x->shares[entry->share].ceiling) {
		entry_keep(x, entry);
		entry = NULL;
	}
	pthread_mutex_unlock(&x->lock);
	free(entry);
}

static const struct entry *
entry_find(const struct exemplars *x, struct bytes id)
{
	for (const struct entry *i = x->buckets[bucket_of(id)]; i != NULL; i = i->older_hash)
		if (bytes_eq(entry_id(i), id))
			return i;
	return NULL;
}

bool
exemplars_find(struct exemplars *x, struct bytes id, int64_t now_at, struct arena *a,
    struct exemplar *out)
{
	const struct entry *entry;
	bool found = false;

	pthread_mutex_lock(&x->lock);
	drop_expired(x, now_at);
	entry = entry_find(x, id);
	if (entry != NULL) {
		*out = (struct exemplar){ .accepted = entry->share == SHARE_ACCEPTED,
			.reason = entry->reason };
		memcpy(out->key_hash, entry->key_hash, sizeof(out->key_hash));
		out->id = arena_copy(a, entry_id(entry));
		out->document =
		    arena_copy(a, bytes_of(entry->bytes + entry->id_size, entry->document_size));
		found = out->id.p != NULL && out->document.p != NULL;
	}
	pthread_mutex_unlock(&x->lock);
	return found;
}

void
exemplars_amount(struct exemplars *x, size_t *count, size_t *bytes)
{
	*count = 0;
	*bytes = 0;
	pthread_mutex_lock(&x->lock);
	for (size_t s = 0; s < SHARES; s++) {
		*count += x->shares[s].count;
		*bytes += x->shares[s].bytes;
	}
	pthread_mutex_unlock(&x->lock);
}
