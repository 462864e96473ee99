/* SPDX-License-Identifier: Apache-2.0 */
#include "client/key_set.h"

#include <pthread.h>
#include <stdlib.h>

/* The parsed text of MAX_JWKS_SIZE and its tree. */
#define KEY_SET_MEMORY (16u << 20)

struct cache_life *
cache_life_new(void)
{
	struct cache_life *life = calloc(1, sizeof(*life));

	if (life != NULL)
		atomic_init(&life->refs, 1);
	return life;
}

void
cache_life_ref(struct cache_life *life)
{
	atomic_fetch_add_explicit(&life->refs, 1, memory_order_relaxed);
}

void
cache_life_unref(struct cache_life *life)
{
	if (atomic_fetch_sub_explicit(&life->refs, 1, memory_order_acq_rel) == 1)
		free(life);
}

int
key_set_new(struct bytes text, struct cache_life *life, struct key_set **out, struct err *e)
{
	struct key_set *set = calloc(1, sizeof(*set));
	struct bytes kept;

	if (set == NULL)
		return err_set(e, ERR_LIMIT, "keys: out of memory");
	atomic_init(&set->refs, 1);
	cache_life_ref(life);
	set->life = life;
	arena_init(&set->arena, KEY_SET_MEMORY);
	kept = arena_copy(&set->arena, text);
	if (kept.p == NULL ? arena_fail(e, "keys") < 0
			   : jwks_parse(kept, &set->arena, &set->jwks, e) < 0) {
		key_set_unref(set);
		return -1;
	}
	*out = set;
	return 0;
}

struct key_set *
key_set_ref(struct key_set *set)
{
	atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
	return set;
}

void
key_set_unref(struct key_set *set)
{
	if (set == NULL || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) != 1)
		return;
	jwks_release(&set->jwks);
	arena_release(&set->arena);
	cache_life_unref(set->life);
	free(set);
}

/* A thread's own, so nothing here needs a lock. A life is held, or its address could come again. */
struct slot {
	struct cache_life *life;
	struct key_set *set;
};

struct slots {
	size_t count, room;
	struct slot *at;
};

static pthread_once_t slots_once = PTHREAD_ONCE_INIT;
static pthread_key_t slots_key;
static bool slots_ready;

static void
slot_drop(struct slots *s, size_t i)
{
	key_set_unref(s->at[i].set);
	cache_life_unref(s->at[i].life);
	s->at[i] = s->at[--s->count];
}

static void
slots_free(void *user)
{
	struct slots *s = user;

	while (s->count > 0)
		slot_drop(s, s->count - 1);
	free(s->at);
	free(s);
}

static void
slots_init(void)
{
	slots_ready = pthread_key_create(&slots_key, slots_free) == 0;
}

static struct slots *
slots_mine(void)
{
	struct slots *s;

	pthread_once(&slots_once, slots_init);
	if (!slots_ready)
		return NULL;
	s = pthread_getspecific(slots_key);
	if (s != NULL)
		return s;
	s = calloc(1, sizeof(*s));
	if (s != NULL && pthread_setspecific(slots_key, s) != 0) {
		free(s);
		return NULL;
	}
	return s;
}

static struct slot *
slot_add(struct slots *s, struct cache_life *life)
{
	/* The one moment to let go of caches that ended: a thread that meets no new one holds no more than it did. */
	for (size_t i = s->count; i-- > 0;)
		if (atomic_load(&s->at[i].life->over))
			slot_drop(s, i);
	if (s->count == s->room) {
		size_t room = s->room == 0 ? 4 : 2 * s->room;
		struct slot *more = realloc(s->at, room * sizeof(*more));

		if (more == NULL)
			return NULL;
		s->at = more;
		s->room = room;
	}
	cache_life_ref(life);
	s->at[s->count] = (struct slot){ .life = life };
	return &s->at[s->count++];
}

struct key_set **
key_set_held(struct cache_life *life)
{
	struct slots *s = slots_mine();
	struct slot *added;

	if (s == NULL)
		return NULL;
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].life == life)
			return &s->at[i].set;
	added = slot_add(s, life);
	return added == NULL ? NULL : &added->set;
}

void
key_set_forget(const struct cache_life *life)
{
	struct slots *s = slots_ready ? pthread_getspecific(slots_key) : NULL;

	for (size_t i = 0; s != NULL && i < s->count; i++)
		if (s->at[i].life == life) {
			slot_drop(s, i);
			return;
		}
}
