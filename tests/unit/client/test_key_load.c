/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight threads verify while the issuer's keys rotate, others flood with unknown kids, and the service goes away.
 *
 * All times are measured, none is trusted: a machine that is busy elsewhere makes the run longer and not wrong. It takes
 * about four seconds; ATTEST_LONG_S=60 makes each of the two cases a minute long.
 */
#include "client/key_cache.h"

#include "../../support/issuer.h"
#include "../../support/test.h"

#include <stdatomic.h>
#include <stdlib.h>

#define THREADS   8
#define ROTATIONS 5

static struct fake_issuer is;
static struct key_cache *cache;
static struct buf tokens[FAKE_ISSUER_KEYS];
static struct key_cache_config how;

/* What the issuer signs with and what it publishes; a bit per key. */
static atomic_uint signing;
static _Atomic uint64_t withdrawn_ms[FAKE_ISSUER_KEYS];
static atomic_bool over, is_down;
static atomic_uint accepted, refused_rightly, stale_seen, flooded;
static atomic_uint false_refusals, late_acceptances;

static unsigned
span_ms(void)
{
	const char *s = getenv("ATTEST_LONG_S");

	return s == NULL ? 1800 : (unsigned)strtoul(s, NULL, 10) * 1000;
}

static uint64_t
last_good_ms(void)
{
	uint64_t ms;

	pthread_mutex_lock(&is.lock);
	ms = is.last_good_ms;
	pthread_mutex_unlock(&is.lock);
	return ms;
}

static bool
verify(size_t n, struct keys *keys)
{
	DEFER(arena_release) struct arena a;
	struct jws jws;
	const struct jwk *key;
	bool good = false;

	arena_init(&a, 1u << 20);
	if (jws_parse(buf_bytes(&tokens[n]), &a, &jws, NULL) < 0)
		abort();
	key_cache_find(cache, jws.kid, keys);
	key = keys->jwks == NULL ? NULL : jwks_find(keys->jwks, jws.kid);
	if (key != NULL && jws_verify(&jws, key->key, key->alg, &good, NULL) < 0)
		abort();
	return good;
}

/* A token of a key that the issuer signs with from before to after: refused only when the keys were rightly stale. */
static void
verify_signed(unsigned *chance)
{
	unsigned before = atomic_load(&signing), after;
	size_t n = (*chance = *chance * 1103515245 + 12345) >> 16;
	uint64_t begun_ms = clock_ms(), good_ms = last_good_ms();
	struct keys keys;

	n %= FAKE_ISSUER_KEYS;
	while ((before & (1u << n)) == 0)
		n = (n + 1) % FAKE_ISSUER_KEYS;
	bool good = verify(n, &keys);

	after = atomic_load(&signing);
	if (good) {
		atomic_fetch_add(&accepted, 1);
		good_ms = last_good_ms();
		if (begun_ms > good_ms && begun_ms - good_ms > how.max_stale_ms)
			atomic_fetch_add(&late_acceptances, 1);
		return;
	}
	if (keys.standing == KEYS_STALE && keys.last.code == ERR_UNAVAILABLE)
		atomic_fetch_add(&stale_seen, 1);
	/* A tenth is left for the moments between a fetch's begin and what is noted of it. */
	if ((after & (1u << n)) != 0 &&
	    clock_ms() - good_ms <= how.max_stale_ms - how.max_stale_ms / 10)
		atomic_fetch_add(&false_refusals, 1);
}

/* A token of a key that is no longer published: refused once what was fetched before its withdrawal is stale. */
static void
verify_withdrawn(void)
{
	for (size_t n = 0; n < FAKE_ISSUER_KEYS; n++) {
		uint64_t since_ms = atomic_load(&withdrawn_ms[n]), begun_ms = clock_ms();
		struct keys keys;

		if (since_ms == 0)
			continue;
		if (!verify(n, &keys))
			atomic_fetch_add(&refused_rightly, 1);
		else if (begun_ms > since_ms && begun_ms - since_ms > how.max_stale_ms)
			atomic_fetch_add(&late_acceptances, 1);
	}
}

static void
flood(void)
{
	struct keys keys;

	key_cache_find(cache, BYTES("unknown"), &keys);
	atomic_fetch_add(&flooded, 1);
}

static void *
good_thread(void *user)
{
	unsigned chance = (unsigned)(uintptr_t)user;

	while (!atomic_load(&over))
		verify_signed(&chance);
	return NULL;
}

static void *
hostile_thread(void *user)
{
	(void)user;
	while (!atomic_load(&over)) {
		flood();
		verify_withdrawn();
	}
	return NULL;
}

static void
publish(unsigned mask)
{
	fake_issuer_set(&is, mask, atomic_load(&is_down) ? FAKE_DOWN : FAKE_GOOD);
}

static void
withdraw(size_t n)
{
	atomic_fetch_and(&signing, ~(1u << n));
	publish(is.published & ~(1u << n));
	atomic_store(&withdrawn_ms[n], clock_ms());
}

static uint64_t
generation(void)
{
	struct key_cache_stats s;

	key_cache_stats(cache, &s);
	return s.generation;
}

static int
setup(void **state)
{
	unsigned period_ms = span_ms() / (ROTATIONS + 1);

	(void)state;
	if (fake_issuer_init(&is, FAKE_ISSUER_KEYS) < 0)
		return -1;
	is.clock_runs = true;
	for (size_t n = 0; n < FAKE_ISSUER_KEYS; n++) {
		buf_init(&tokens[n], 65536);
		atomic_store(&withdrawn_ms[n], 0);
		if (!fake_issuer_sign(&is, n, &tokens[n]))
			return -1;
	}
	atomic_store(&signing, 1);
	atomic_store(&over, false);
	atomic_store(&is_down, false);
	accepted = refused_rightly = stale_seen = flooded = false_refusals = late_acceptances = 0;
	how = (struct key_cache_config){ .refresh_min_ms = period_ms / 10,
		.refresh_max_ms = period_ms / 4,
		.max_stale_ms = period_ms,
		.cooldown_ms = period_ms / 8,
		.wait_ms = 10000,
		.retry_min_ms = 10,
		.retry_max_ms = 50,
		.look_ms = 1000,
		.world = &is.world };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	key_cache_freep(&cache);
	for (size_t n = 0; n < FAKE_ISSUER_KEYS; n++)
		buf_release(&tokens[n]);
	fake_issuer_release(&is);
	return 0;
}

static void
start_threads(pthread_t threads[THREADS], unsigned hostile)
{
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
				     i < hostile ? hostile_thread : good_thread,
				     (void *)(uintptr_t)(i + 1)),
		    0);
}

static void
join_threads(pthread_t threads[THREADS])
{
	atomic_store(&over, true);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(late_acceptances, 0);
	assert_int_equal(false_refusals, 0);
	assert_int_equal(is.most_at_once, 1);
	assert_true(accepted > 100);
}

/*
 * The hardest that an honest issuer does: a key is published and signed with in the same moment. Nothing else makes anybody
 * ask here, so the cooldown is never used up.
 */
static void
keys_that_change_at_once_are_never_refused(void **state)
{
	unsigned period_ms = span_ms() / (ROTATIONS + 1);
	pthread_t threads[THREADS];
	struct key_cache_stats s;

	(void)state;
	how.max_stale_ms = 3600u * 1000;
	assert_int_equal(key_cache_new(&how, &cache, NULL), 0);
	start_threads(threads, 0);
	for (size_t n = 1; n <= ROTATIONS; n++) {
		usleep(period_ms * 1000);
		publish(is.published | 1u << n);
		atomic_fetch_or(&signing, 1u << n);
	}
	usleep(period_ms * 1000);
	join_threads(threads);
	key_cache_stats(cache, &s);
	print_message("%u accepted, %llu fetches\n", accepted, (unsigned long long)s.fetches);
}

/* A new key is published until every cache has it, and only then signed with, as attestd does it. */
static void
rotate_with_care(size_t n, unsigned period_ms)
{
	uint64_t before = generation();

	publish(is.published | 1u << n);
	usleep(period_ms / 2 * 1000);
	/* One that was under way, and one that was not. */
	while (generation() < before + 2)
		usleep(1000);
	atomic_fetch_or(&signing, 1u << n);
	usleep(period_ms / 2 * 1000);
	withdraw(n - 1);
}

static void
flood_and_outage_make_no_false_answer(void **state)
{
	unsigned period_ms = span_ms() / (ROTATIONS + 1);
	pthread_t threads[THREADS];
	struct key_cache_stats s;
	uint64_t begun_ms = clock_ms();

	(void)state;
	assert_int_equal(key_cache_new(&how, &cache, NULL), 0);
	start_threads(threads, 3);
	for (size_t n = 1; n <= ROTATIONS; n++)
		rotate_with_care(n, period_ms);
	key_cache_stats(cache, &s);
	assert_true(s.asked <= (clock_ms() - begun_ms) / how.cooldown_ms + 1);
	atomic_store(&is_down, true);
	publish(is.published);
	/* Last good keys at first, and then none, however long it takes until each thread has seen it. */
	usleep(period_ms * 1000);
	while (stale_seen < 100)
		usleep(1000);
	unsigned before = accepted;

	atomic_store(&is_down, false);
	publish(is.published);
	while (accepted < before + 100 || flooded <= 100 || refused_rightly <= 100)
		usleep(1000);
	join_threads(threads);
	key_cache_stats(cache, &s);
	print_message("%u accepted, %u withdrawn refused, %u unknown, %u stale; %llu fetches, %llu "
		      "asked for\n",
	    accepted, refused_rightly, flooded, stale_seen, (unsigned long long)s.fetches,
	    (unsigned long long)s.asked);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_that_change_at_once_are_never_refused, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(flood_and_outage_make_no_false_answer, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
