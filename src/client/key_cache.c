/* SPDX-License-Identifier: Apache-2.0 */
#include "client/key_cache.h"

#include "base/clock.h"
#include "base/rand.h"
#include "client/key_set.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OWN_MEMORY (1u << 20)

struct key_cache {
	struct key_cache_config how;
	struct key_cache_world world;
	struct arena own; /* the strings of `how` */
	struct cache_life *life;
	struct http_client *http; /* the thread's */
	pid_t maker;
	pthread_t thread;
	bool has_thread;

	/* Of the set in force, 0 before the first. Written under the lock; all that a reader looks at. */
	_Atomic uint64_t generation;

	pthread_mutex_t lock; /* all below */
	pthread_cond_t wake;  /* the thread: there is something to do */
	pthread_cond_t done;  /* the others: a fetch is over */
	struct key_set *set;
	bool stop;
	bool wanted;    /* a fetch now, not when it is due */
	bool fetching;  /* one is under way */
	uint64_t ended; /* fetches that are over */
	bool has_asked;
	uint64_t asked_ms; /* when somebody last made it fetch */
	uint64_t due_ms;
	uint32_t retry_ms;
	struct err last;
	struct key_cache_stats stats;
};

/* The real world. */

static int
real_fetch(void *user, struct buf *jwks, struct discovery_fresh *fresh, struct err *e)
{
	struct key_cache *c = user;

	return discovery_fetch(&c->how.from, c->http, jwks, fresh, e);
}

static uint64_t
real_now_ms(void *user)
{
	(void)user;
	return clock_boot_ms();
}

static int64_t
real_now_at(void *user)
{
	(void)user;
	return clock_now_at();
}

static uint64_t
now_ms(const struct key_cache *c)
{
	return c->world.now_ms(c->world.user);
}

/* The thread that fetches. */

/* MS less up to 1/PARTS of it. */
static uint64_t
jitter(uint64_t ms, uint64_t parts)
{
	uint32_t chance;

	rand_bytes(&chance, sizeof(chance));
	return ms - (ms / parts) * chance / UINT32_MAX;
}

static uint64_t
lifetime_ms(const struct key_cache_config *how, const struct discovery_fresh *fresh)
{
	uint64_t ms = fresh->is_said ? (uint64_t)fresh->max_age_s * 1000 : how->refresh_max_ms;

	if (ms > how->refresh_max_ms)
		ms = how->refresh_max_ms;
	return ms < how->refresh_min_ms ? how->refresh_min_ms : ms;
}

/* Under the lock. Gives the set that is no longer in force, to be let go of outside. */
static struct key_set *
take_over(struct key_cache *c, struct key_set *set, const struct discovery_fresh *fresh)
{
	struct key_set *before = c->set;

	set->generation = ++c->stats.generation;
	c->set = set;
	c->due_ms = set->fetched_ms + jitter(lifetime_ms(&c->how, fresh), 5);
	c->retry_ms = 0;
	err_clear(&c->last);
	atomic_store_explicit(&c->generation, set->generation, memory_order_release);
	return before;
}

/* Under the lock. */
static void
note_failure(struct key_cache *c, const struct err *why)
{
	c->stats.failures++;
	c->last = *why;
	c->retry_ms = c->retry_ms == 0 ? c->how.retry_min_ms : 2 * c->retry_ms;
	if (c->retry_ms > c->how.retry_max_ms)
		c->retry_ms = c->how.retry_max_ms;
	c->due_ms = now_ms(c) + jitter(c->retry_ms, 2);
}

static int
fetch_set(struct key_cache *c, struct key_set **out, struct discovery_fresh *fresh, struct err *e)
{
	DEFER(buf_release) struct buf text = { 0 };
	uint64_t begun_ms = now_ms(c);
	int64_t begun_at = c->world.now_at(c->world.user);

	buf_init(&text, MAX_JWKS_SIZE);
	TRY(c->world.fetch(c->world.user, &text, fresh, e));
	TRY(key_set_new(buf_bytes(&text), c->life, out, e));
	(*out)->fetched_ms = begun_ms;
	(*out)->fetched_at = begun_at;
	return 0;
}

/* Under the lock, which it gives up for the time of the fetch. */
static void
fetch_once(struct key_cache *c)
{
	struct key_set *set = NULL, *before = NULL;
	struct discovery_fresh fresh = { 0 };
	struct err why = { 0 };
	int got;

	c->wanted = false;
	c->fetching = true;
	c->stats.fetches++;
	pthread_mutex_unlock(&c->lock);
	got = fetch_set(c, &set, &fresh, &why);
	pthread_mutex_lock(&c->lock);
	if (got == 0)
		before = take_over(c, set, &fresh);
	else
		note_failure(c, &why);
	c->fetching = false;
	c->ended++;
	pthread_cond_broadcast(&c->done);
	pthread_mutex_unlock(&c->lock);
	key_set_unref(before);
	pthread_mutex_lock(&c->lock);
}

/* MS from now, as the conditions count time (the system's monotonic clock, whatever the world says). */
static struct timespec
real_after(uint64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static void *
run(void *user)
{
	struct key_cache *c = user;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		uint64_t now = now_ms(c);

		if (c->wanted || now >= c->due_ms) {
			fetch_once(c);
			continue;
		}
		uint64_t left = c->due_ms - now;
		struct timespec until = real_after(left < c->how.look_ms ? left : c->how.look_ms);

		pthread_cond_timedwait(&c->wake, &c->lock, &until);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* A thread of ours in somebody's process takes none of its signals. */
static int
start_thread(struct key_cache *c, struct err *e)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	for (size_t i = 0; i < COUNT_OF(own); i++)
		sigdelset(&all, own[i]);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0)
		return err_set(e, ERR_LIMIT, "keys: no thread: %s", strerror(failed));
	c->has_thread = true;
	return 0;
}

/* Making and ending. */

static int
copy_str(struct arena *a, const char **text, struct err *e)
{
	struct bytes copy;

	if (*text == NULL)
		return 0;
	copy = arena_copy(a, bytes_of_str(*text));
	*text = (const char *)copy.p;
	return copy.p == NULL ? arena_fail(e, "keys") : 0;
}

static int
copy_strings(struct key_cache *c, struct err *e)
{
	struct discovery_config *from = &c->how.from;
	size_t count = 0;
	const char **origins;

	TRY(copy_str(&c->own, &from->issuer, e));
	TRY(copy_str(&c->own, &from->jwks_url, e));
	TRY(copy_str(&c->own, &from->ca_file, e));
	if (from->jwks_origins == NULL)
		return 0;
	while (from->jwks_origins[count] != NULL)
		count++;
	origins = arena_array(&c->own, count + 1, sizeof(*origins));
	if (origins == NULL)
		return arena_fail(e, "keys");
	for (size_t i = 0; i < count; i++) {
		origins[i] = from->jwks_origins[i];
		TRY(copy_str(&c->own, &origins[i], e));
	}
	from->jwks_origins = origins;
	return 0;
}

static int
check_times(const struct key_cache_config *how, struct err *e)
{
	if (how->refresh_min_ms == 0 || how->retry_min_ms == 0 || how->look_ms == 0)
		return err_set(e, ERR_INVALID, "keys: a time between fetches is zero");
	if (how->refresh_min_ms > how->refresh_max_ms || how->retry_min_ms > how->retry_max_ms)
		return err_set(e, ERR_INVALID, "keys: a least time above its most");
	if (how->refresh_max_ms >= how->max_stale_ms)
		return err_set(e, ERR_INVALID,
		    "keys: they would be stale before they are fetched anew");
	return 0;
}

static int
init_locks(struct key_cache *c, struct err *e)
{
	pthread_condattr_t monotonic;

	if (pthread_condattr_init(&monotonic) != 0)
		return err_set(e, ERR_LIMIT, "keys: out of memory");
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, &monotonic);
	pthread_cond_init(&c->done, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return 0;
}

int
key_cache_new(const struct key_cache_config *how, struct key_cache **out, struct err *e)
{
	TRY(check_times(how, e));
	if (how->world == NULL)
		TRY(discovery_config_check(&how->from, e));
	struct key_cache *made = calloc(1, sizeof(*made));

	if (made == NULL || init_locks(made, e) < 0) {
		free(made);
		return err_set(e, ERR_LIMIT, "keys: out of memory");
	}
	DEFER(key_cache_freep) struct key_cache *c = made;

	c->how = *how;
	c->world = how->world != NULL
	    ? *how->world
	    : (struct key_cache_world){ real_fetch, real_now_ms, real_now_at, c };
	c->maker = getpid();
	c->wanted = true;
	arena_init(&c->own, OWN_MEMORY);
	TRY(copy_strings(c, e));
	c->life = cache_life_new();
	if (c->life == NULL)
		return err_set(e, ERR_LIMIT, "keys: out of memory");
	if (how->world == NULL && (c->http = http_client_new(e)) == NULL)
		return -1;
	TRY(start_thread(c, e));
	*out = TAKE(c);
	return 0;
}

void
key_cache_free(struct key_cache *c)
{
	if (c == NULL)
		return;
	if (c->life != NULL)
		key_set_forget(c->life);
	/* Another process's: its lock may be held for ever, and its connection is not ours to end. */
	if (c->maker != getpid())
		return;
	if (c->has_thread) {
		pthread_mutex_lock(&c->lock);
		c->stop = true;
		pthread_cond_broadcast(&c->wake);
		pthread_cond_broadcast(&c->done);
		pthread_mutex_unlock(&c->lock);
		pthread_join(c->thread, NULL);
	}
	key_set_unref(c->set);
	if (c->life != NULL) {
		atomic_store(&c->life->over, true);
		cache_life_unref(c->life);
	}
	http_client_free(c->http);
	arena_release(&c->own);
	pthread_cond_destroy(&c->done);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void
key_cache_freep(struct key_cache **c)
{
	key_cache_free(*c);
	*c = NULL;
}

/* Reading. */

/* Why the last fetch failed, and whether another is under way or about to begin. */
static void
last_fetch(struct key_cache *c, struct err *why, bool *is_fetching)
{
	*is_fetching = false;
	if (c->maker != getpid()) {
		err_set(why, ERR_CONFLICT, "the keys were fetched by the parent of a fork");
		return;
	}
	pthread_mutex_lock(&c->lock);
	*why = c->last;
	*is_fetching = c->fetching || c->wanted;
	pthread_mutex_unlock(&c->lock);
}

/* This thread's set, the one in force unless this is a child of a fork. NULL: none yet, or WHY is set. */
static struct key_set *
current(struct key_cache *c, struct err *why)
{
	uint64_t generation = atomic_load_explicit(&c->generation, memory_order_acquire);
	struct key_set **held, *before;

	if (generation == 0)
		return NULL;
	held = key_set_held(c->life);
	if (held == NULL) {
		err_set(why, ERR_LIMIT, "keys: out of memory");
		return NULL;
	}
	if (*held != NULL && (*held)->generation == generation)
		return *held;
	if (c->maker != getpid())
		return *held;
	before = *held;
	pthread_mutex_lock(&c->lock);
	*held = key_set_ref(c->set);
	pthread_mutex_unlock(&c->lock);
	key_set_unref(before);
	return *held;
}

void
key_cache_read(struct key_cache *c, struct keys *out)
{
	struct err why = { 0 };
	const struct key_set *set = current(c, &why);
	uint64_t now = now_ms(c);
	bool is_fetching;

	out->last.code = ERR_NONE;
	out->last.msg[0] = '\0';
	out->is_fetching = false;
	out->standing = KEYS_NONE;
	out->jwks = NULL;
	out->fetched_at = set == NULL ? 0 : set->fetched_at;
	out->age_ms = set == NULL || now < set->fetched_ms ? 0 : now - set->fetched_ms;
	if (set != NULL)
		out->standing = out->age_ms > c->how.max_stale_ms ? KEYS_STALE : KEYS_GOOD;
	if (out->standing == KEYS_GOOD)
		out->jwks = &set->jwks;
	else if (why.code != ERR_NONE)
		out->last = why;
	else
		last_fetch(c, &out->last, &is_fetching);
}

/* Under the lock: may somebody make the thread fetch now? */
static bool
may_ask(const struct key_cache *c)
{
	return !c->has_asked || now_ms(c) - c->asked_ms >= c->how.cooldown_ms;
}

/* Joins the fetch under way, or causes one; false when neither may be, or it was not over by UNTIL. */
static bool
await_fetch(struct key_cache *c, const struct timespec *until)
{
	uint64_t target;
	bool is_over;

	if (c->maker != getpid())
		return false;
	pthread_mutex_lock(&c->lock);
	if (!c->fetching && !c->wanted) {
		if (c->stop || !may_ask(c)) {
			pthread_mutex_unlock(&c->lock);
			return false;
		}
		c->wanted = true;
		c->has_asked = true;
		c->asked_ms = now_ms(c);
		c->stats.asked++;
		pthread_cond_signal(&c->wake);
	}
	target = c->ended + 1;
	while (
	    c->ended < target && !c->stop && pthread_cond_timedwait(&c->done, &c->lock, until) == 0)
		continue;
	is_over = c->ended >= target;
	pthread_mutex_unlock(&c->lock);
	return is_over;
}

static bool
has_kid(const struct keys *keys, struct bytes kid)
{
	return keys->jwks != NULL && jwks_find(keys->jwks, kid) != NULL;
}

void
key_cache_find(struct key_cache *c, struct bytes kid, struct keys *out)
{
	struct timespec until;
	struct err why = { 0 };
	bool is_fetching;

	key_cache_read(c, out);
	if (kid.p == NULL || has_kid(out, kid))
		return;
	until = real_after(c->how.wait_ms);
	/* A fetch that was under way before the issuer published this key may be over without it: hence again. */
	for (int round = 0; round < 2 && await_fetch(c, &until); round++) {
		key_cache_read(c, out);
		if (has_kid(out, kid))
			return;
	}
	/* In this order: what a fetch brings that ends in between is seen. */
	last_fetch(c, &why, &is_fetching);
	key_cache_read(c, out);
	if (out->last.code == ERR_NONE)
		out->last = why;
	out->is_fetching = is_fetching;
}

void
key_cache_find_for_token(void *cache, struct bytes kid, struct token_keys *out)
{
	struct keys keys;

	key_cache_find(cache, kid, &keys);
	*out = (struct token_keys){ .set = keys.jwks,
		.is_stale = keys.standing != KEYS_GOOD,
		.fetched_at = keys.fetched_at,
		.last = keys.last };
}

void
key_cache_stats(struct key_cache *c, struct key_cache_stats *out)
{
	pthread_mutex_lock(&c->lock);
	*out = c->stats;
	pthread_mutex_unlock(&c->lock);
}
