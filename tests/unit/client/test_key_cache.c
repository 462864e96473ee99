/* SPDX-License-Identifier: Apache-2.0 */
/* The promises of client/key_cache.h, one by one, by a clock that only moves when it is told to. */
#include "client/key_cache.h"

#include "../../support/issuer.h"
#include "../../support/test.h"

#include <sys/wait.h>

#define MINUTE 60000u
#define HOUR   (60 * MINUTE)

static struct fake_issuer is;
static struct key_cache *cache;

static struct key_cache_config
config(void)
{
	struct key_cache_config how = KEY_CACHE_CONFIG;

	how.look_ms = 1;
	how.world = &is.world;
	return how;
}

static void
start_with(struct key_cache_config how)
{
	struct err e = { 0 };

	assert_int_equal(key_cache_new(&how, &cache, &e), 0);
}

static int
setup(void **state)
{
	(void)state;
	return fake_issuer_init(&is, 4);
}

static int
teardown(void **state)
{
	(void)state;
	fake_issuer_set(&is, is.published, FAKE_GOOD);
	key_cache_freep(&cache);
	fake_issuer_release(&is);
	return 0;
}

static enum key_standing
standing_of(const char *kid, bool *has)
{
	struct keys keys;

	key_cache_find(cache, bytes_of_str(kid), &keys);
	*has = keys.jwks != NULL && jwks_find(keys.jwks, bytes_of_str(kid)) != NULL;
	assert_true((keys.jwks != NULL) == (keys.standing == KEYS_GOOD));
	return keys.standing;
}

static bool
knows(const char *kid)
{
	bool has;

	standing_of(kid, &has);
	return has;
}

/* Until the thread has done COUNT fetches; false after half a minute, which is long for valgrind, too. */
static bool
fetched(uint64_t count)
{
	struct key_cache_stats s;

	for (int i = 0; i < 30000; i++) {
		struct keys keys;

		key_cache_stats(cache, &s);
		key_cache_read(cache, &keys);
		if (s.generation + s.failures >= count)
			return true;
		usleep(1000);
	}
	return false;
}

/* The thread looks at its clock every millisecond; in this time it would have fetched. */
static bool
stays_at(uint64_t count)
{
	struct key_cache_stats s;

	usleep(30000);
	key_cache_stats(cache, &s);
	return s.fetches == count;
}

static void
first_keys_are_waited_for_and_then_at_hand(void **state)
{
	struct keys keys;

	(void)state;
	is.slow_ms = 20;
	start_with(config());
	key_cache_find(cache, BYTES("k0"), &keys);
	assert_int_equal(keys.standing, KEYS_GOOD);
	assert_non_null(jwks_find(keys.jwks, BYTES("k0")));
	assert_int_equal(keys.fetched_at, 1790000001);
	assert_int_equal(keys.age_ms, 0);
	assert_int_equal(keys.last.code, ERR_NONE);
	for (int i = 0; i < 100; i++)
		assert_true(knows("k0"));
	assert_int_equal(fake_issuer_hits(&is), 1);
}

static void
reading_never_waits(void **state)
{
	struct keys keys;

	(void)state;
	fake_issuer_set(&is, 1, FAKE_HANGS);
	start_with(config());
	uint64_t before = clock_ms();

	key_cache_read(cache, &keys);
	assert_true(clock_ms() - before < 1000);
	assert_int_equal(keys.standing, KEYS_NONE);
	assert_null(keys.jwks);
	assert_int_equal(keys.fetched_at, 0);
}

static void
keys_are_fetched_anew_before_they_expire(void **state)
{
	(void)state;
	is.fresh = (struct discovery_fresh){ true, 600 };
	start_with(config());
	assert_true(knows("k0"));
	fake_issuer_pass(&is, 8 * MINUTE - 1000);
	assert_true(stays_at(1));
	fake_issuer_set(&is, 2, FAKE_GOOD);
	fake_issuer_pass(&is, 2 * MINUTE + 1000);
	assert_true(fetched(2));
	assert_true(knows("k1"));
}

static void
what_an_answer_says_of_its_age_is_bounded(void **state)
{
	(void)state;
	is.fresh = (struct discovery_fresh){ true, 0 };
	start_with(config());
	assert_true(knows("k0"));
	fake_issuer_pass(&is, MINUTE * 4 / 5 - 1);
	assert_true(stays_at(1));
	is.fresh = (struct discovery_fresh){ true, 365 * 24 * 3600 };
	fake_issuer_pass(&is, MINUTE);
	assert_true(fetched(2));
	fake_issuer_pass(&is, HOUR * 4 / 5 - 1);
	assert_true(stays_at(2));
	is.fresh = (struct discovery_fresh){ false, 0 };
	fake_issuer_pass(&is, HOUR);
	assert_true(fetched(3));
	fake_issuer_pass(&is, HOUR * 4 / 5 - 1);
	assert_true(stays_at(3));
	fake_issuer_pass(&is, HOUR / 5 + 1);
	assert_true(fetched(4));
}

static void
new_kid_is_found_by_asking(void **state)
{
	(void)state;
	start_with(config());
	assert_true(knows("k0"));
	fake_issuer_set(&is, 3, FAKE_GOOD);
	assert_true(knows("k1"));
	assert_int_equal(fake_issuer_hits(&is), 2);
}

static void
age_counts_from_the_beginning_of_the_fetch(void **state)
{
	struct keys keys;

	(void)state;
	fake_issuer_set(&is, 1, FAKE_HANGS);
	start_with(config());
	while (fake_issuer_hits(&is) < 1)
		usleep(1000);
	fake_issuer_pass(&is, 10 * MINUTE);
	fake_issuer_set(&is, 1, FAKE_GOOD);
	key_cache_find(cache, BYTES("k0"), &keys);
	assert_int_equal(keys.standing, KEYS_GOOD);
	assert_int_equal(keys.age_ms, 10 * MINUTE);
	assert_int_equal(keys.fetched_at, 1790000001);
}

static void *
find_k1(void *user)
{
	(void)user;
	return knows("k1") ? &cache : NULL;
}

static void
key_that_was_published_during_a_fetch_is_found_by_the_next(void **state)
{
	pthread_t thread;
	void *good;

	(void)state;
	start_with(config());
	assert_true(knows("k0"));
	/* Due, and answered as the issuer was when it was asked. */
	fake_issuer_set(&is, 1, FAKE_HANGS);
	fake_issuer_pass(&is, HOUR);
	while (fake_issuer_hits(&is) < 2)
		usleep(1000);
	assert_int_equal(pthread_create(&thread, NULL, find_k1, NULL), 0);
	usleep(30000);
	fake_issuer_set(&is, 3, FAKE_GOOD);
	pthread_join(thread, &good);
	assert_non_null(good);
	assert_int_equal(fake_issuer_hits(&is), 3);
}

struct flood {
	pthread_t thread;
	unsigned first;
};

static void *
flood_run(void *user)
{
	const struct flood *f = user;
	char kid[32];

	for (unsigned i = 0; i < 500; i++) {
		struct keys keys;

		snprintf(kid, sizeof(kid), "no-%u", f->first + i);
		key_cache_find(cache, bytes_of_str(kid), &keys);
		if (keys.jwks == NULL || jwks_find(keys.jwks, bytes_of_str(kid)) != NULL)
			return NULL;
	}
	return user;
}

static void
flood(void)
{
	struct flood f[8];
	void *good;

	for (unsigned i = 0; i < COUNT_OF(f); i++) {
		f[i].first = i * 1000;
		assert_int_equal(pthread_create(&f[i].thread, NULL, flood_run, &f[i]), 0);
	}
	for (unsigned i = 0; i < COUNT_OF(f); i++) {
		pthread_join(f[i].thread, &good);
		assert_non_null(good);
	}
}

static void
flood_of_unknown_kids_makes_one_fetch_per_cooldown(void **state)
{
	(void)state;
	start_with(config());
	assert_true(knows("k0"));
	for (unsigned round = 1; round <= 3; round++) {
		flood();
		assert_int_equal(fake_issuer_hits(&is), 1 + round);
		fake_issuer_pass(&is, 29999);
		flood();
		assert_int_equal(fake_issuer_hits(&is), 1 + round);
		fake_issuer_pass(&is, 1);
	}
	assert_int_equal(is.most_at_once, 1);
}

static void
flood_while_a_fetch_hangs_is_one_fetch(void **state)
{
	struct key_cache_config how = config();

	(void)state;
	how.wait_ms = 1;
	start_with(how);
	while (!knows("k0"))
		usleep(1000);
	unsigned before = fake_issuer_hits(&is);

	fake_issuer_set(&is, 1, FAKE_HANGS);
	flood();
	assert_true(fake_issuer_hits(&is) <= before + 1);
	assert_int_equal(is.most_at_once, 1);
	assert_true(knows("k0"));
}

static void
nobody_waits_longer_than_was_said(void **state)
{
	struct key_cache_config how = config();
	bool has;

	(void)state;
	how.wait_ms = 50;
	fake_issuer_set(&is, 1, FAKE_HANGS);
	start_with(how);
	uint64_t before = clock_ms();

	assert_int_equal(standing_of("k0", &has), KEYS_NONE);
	assert_true(clock_ms() - before >= 50);
	assert_true(clock_ms() - before < 2000);
}

static void
key_that_the_issuer_withdraws_is_gone(void **state)
{
	bool has;

	(void)state;
	fake_issuer_set(&is, 3, FAKE_GOOD);
	start_with(config());
	assert_true(knows("k0"));
	fake_issuer_set(&is, 2, FAKE_GOOD);
	fake_issuer_pass(&is, HOUR);
	assert_true(fetched(2));
	assert_false(knows("k0"));
	assert_true(knows("k1"));
	/* All of them: an issuer that says that it has none is believed. */
	fake_issuer_set(&is, 0, FAKE_GOOD);
	fake_issuer_pass(&is, HOUR);
	assert_true(fetched(4));
	assert_int_equal(standing_of("k1", &has), KEYS_GOOD);
	assert_false(has);
}

/* A fetch that fails in this way changes no key until the last good ones are too old, and then says why. */
static void
last_good_keys_stay_until_stale(enum fake_mode mode, enum err_code code)
{
	struct keys keys;

	start_with(config());
	assert_true(knows("k0"));
	fake_issuer_set(&is, 1, mode);
	fake_issuer_pass(&is, HOUR);
	assert_true(fetched(2));
	assert_true(knows("k0"));
	fake_issuer_pass(&is, 23 * HOUR);
	key_cache_read(cache, &keys);
	assert_int_equal(keys.standing, KEYS_GOOD);
	assert_int_equal(keys.age_ms, 24 * HOUR);
	fake_issuer_pass(&is, 1);
	key_cache_find(cache, BYTES("k0"), &keys);
	assert_int_equal(keys.standing, KEYS_STALE);
	assert_null(keys.jwks);
	assert_int_equal(keys.fetched_at, 1790000001);
	assert_int_equal(keys.last.code, code);
	assert_int_not_equal(keys.last.msg[0], '\0');
	fake_issuer_set(&is, 1, FAKE_GOOD);
	fake_issuer_pass(&is, HOUR);
	assert_true(knows("k0"));
	key_cache_freep(&cache);
}

static void
service_that_is_down_leaves_the_last_good_keys_until_stale(void **state)
{
	(void)state;
	last_good_keys_stay_until_stale(FAKE_DOWN, ERR_UNAVAILABLE);
}

static void
answers_that_are_no_keys_leave_the_last_good_ones_until_stale(void **state)
{
	(void)state;
	last_good_keys_stay_until_stale(FAKE_GARBAGE, ERR_MALFORMED);
	is.clock_ms = 1000;
	last_good_keys_stay_until_stale(FAKE_OVERSIZED, ERR_LIMIT);
	is.clock_ms = 1000;
	last_good_keys_stay_until_stale(FAKE_BROKEN_KEY, ERR_MALFORMED);
}

static void
unknown_kid_hears_why_the_last_fetch_failed(void **state)
{
	struct keys keys;

	(void)state;
	start_with(config());
	assert_true(knows("k0"));
	fake_issuer_set(&is, 1, FAKE_DOWN);
	key_cache_find(cache, BYTES("k1"), &keys);
	assert_int_equal(keys.standing, KEYS_GOOD);
	assert_int_equal(keys.last.code, ERR_UNAVAILABLE);
}

static void
unknown_kid_hears_whether_a_fetch_may_bring_it(void **state)
{
	struct key_cache_config how = config();
	struct keys keys;

	(void)state;
	how.wait_ms = 0;
	start_with(how);
	assert_true(fetched(1));
	fake_issuer_set(&is, 3, FAKE_HANGS);
	for (int i = 0; i < 3; i++) {
		key_cache_find(cache, BYTES("k1"), &keys);
		assert_int_equal(keys.standing, KEYS_GOOD);
		assert_true(keys.is_fetching);
	}
	key_cache_find(cache, BYTES("k0"), &keys);
	assert_false(keys.is_fetching);
	fake_issuer_set(&is, 3, FAKE_GOOD);
	assert_true(fetched(2));
	key_cache_find(cache, BYTES("k9"), &keys);
	assert_false(keys.is_fetching);
	assert_true(knows("k1"));
}

static void
failures_are_repeated_at_growing_distances(void **state)
{
	struct key_cache_stats s;

	(void)state;
	fake_issuer_set(&is, 1, FAKE_DOWN);
	start_with(config());
	assert_true(fetched(1));
	for (unsigned i = 1; i <= 9; i++) {
		unsigned wait_ms = i <= 6 ? 1000u << (i - 1) : MINUTE;

		fake_issuer_pass(&is, wait_ms / 2 - 1);
		assert_true(stays_at(i));
		fake_issuer_pass(&is, wait_ms / 2 + 2);
		assert_true(fetched(i + 1));
	}
	fake_issuer_set(&is, 1, FAKE_GOOD);
	fake_issuer_pass(&is, MINUTE);
	assert_true(fetched(11));
	key_cache_stats(cache, &s);
	assert_int_equal(s.generation, 1);
	assert_int_equal(s.failures, 10);
	assert_int_equal(s.asked, 0);
}

static void
keys_that_could_never_be_had_are_asked_for_once_per_cooldown(void **state)
{
	struct key_cache_config how = config();
	bool has;

	(void)state;
	how.retry_min_ms = how.retry_max_ms = 12 * HOUR;
	fake_issuer_set(&is, 1, FAKE_DOWN);
	start_with(how);
	assert_true(fetched(1));
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(standing_of("k0", &has), KEYS_NONE);
	assert_int_equal(fake_issuer_hits(&is), 2);
	fake_issuer_pass(&is, 30000);
	assert_int_equal(standing_of("k0", &has), KEYS_NONE);
	assert_int_equal(fake_issuer_hits(&is), 3);
}

static void
token_without_kid_asks_for_nothing(void **state)
{
	struct keys keys;

	(void)state;
	start_with(config());
	assert_true(knows("k0"));
	key_cache_find(cache, (struct bytes){ 0 }, &keys);
	assert_int_equal(keys.standing, KEYS_GOOD);
	assert_int_equal(fake_issuer_hits(&is), 1);
}

static void *
read_once(void *user)
{
	struct keys keys;

	(void)user;
	key_cache_find(cache, BYTES("k0"), &keys);
	return keys.standing == KEYS_GOOD ? &cache : NULL;
}

static void
threads_that_end_give_back_what_they_held(void **state)
{
	pthread_t thread;
	void *good;

	(void)state;
	start_with(config());
	for (int i = 0; i < 20; i++) {
		assert_int_equal(pthread_create(&thread, NULL, read_once, NULL), 0);
		pthread_join(thread, &good);
		assert_non_null(good);
	}
}

static void
what_a_thread_holds_outlives_the_set_and_not_the_next_look(void **state)
{
	struct keys old, new;

	(void)state;
	start_with(config());
	assert_true(knows("k0"));
	key_cache_read(cache, &old);
	fake_issuer_set(&is, 2, FAKE_GOOD);
	fake_issuer_pass(&is, HOUR);
	/* The thread has let go of the set; this one has not looked since. */
	for (struct key_cache_stats s = { 0 }; s.generation < 2; key_cache_stats(cache, &s))
		usleep(1000);
	assert_non_null(jwks_find(old.jwks, BYTES("k0")));
	key_cache_read(cache, &new);
	assert_null(jwks_find(new.jwks, BYTES("k0")));
}

static void
caches_one_after_the_other_and_side_by_side_are_told_apart(void **state)
{
	struct key_cache_config how = config();
	struct key_cache *many[20];
	struct keys keys;

	(void)state;
	for (size_t round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT_OF(many); i++) {
			fake_issuer_set(&is, 1u << (i % 4), FAKE_GOOD);
			assert_int_equal(key_cache_new(&how, &many[i], NULL), 0);
			char kid[3] = { 'k', (char)('0' + i % 4), '\0' };

			key_cache_find(many[i], bytes_of_str(kid), &keys);
			assert_non_null(jwks_find(keys.jwks, bytes_of_str(kid)));
		}
		for (size_t i = 0; i < COUNT_OF(many); i++) {
			char kid[3] = { 'k', (char)('0' + i % 4), '\0' };

			key_cache_read(many[i], &keys);
			assert_non_null(jwks_find(keys.jwks, bytes_of_str(kid)));
		}
		for (size_t i = 0; i < COUNT_OF(many); i++)
			key_cache_free(many[i]);
	}
}

/* What a child of a fork may do: exit status of _exit() as it sees it. */
static int
child(bool held)
{
	struct keys keys;

	key_cache_find(cache, BYTES("k0"), &keys);
	if (held && (keys.standing != KEYS_GOOD || jwks_find(keys.jwks, BYTES("k0")) == NULL))
		return 1;
	key_cache_find(cache, BYTES("k1"), &keys);
	if (keys.last.code != ERR_CONFLICT)
		return 2;
	is.clock_ms += 25 * HOUR;
	key_cache_find(cache, BYTES("k0"), &keys);
	if (keys.jwks != NULL || keys.last.code != ERR_CONFLICT)
		return 3;
	key_cache_free(cache);
	return 0;
}

static void
child_of_a_fork_has_what_was_held_and_fetches_nothing(void **state)
{
	(void)state;
	start_with(config());
	assert_true(knows("k0"));
	/* The lock of the fake would be copied as it is. */
	usleep(20000);
	int said[2];
	char how = '?';

	assert_int_equal(pipe(said), 0);
	pthread_mutex_lock(&is.lock);
	pid_t pid = fork();

	pthread_mutex_unlock(&is.lock);
	if (pid == 0) {
		how = (char)('0' + child(true));
		/* By word and not by status: that is valgrind's, who finds in the child what is the parent's. */
		_exit(write(said[1], &how, 1) == 1 ? 0 : 9);
	}
	close(said[1]);
	assert_int_equal(read(said[0], &how, 1), 1);
	close(said[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(how, '0');
	assert_int_equal(fake_issuer_hits(&is), 1);
}

static void
configuration_that_contradicts_itself_is_refused(void **state)
{
	static const char *const bad[] = { "http://issuer", "https://", "https://a@issuer",
		"https://issuer/?x=1", "https://issuer#x", "issuer", "https://[fe80::1%25eth0]" };
	struct key_cache_config how[] = { config(), config(), config(), config(), config(),
		config() };
	struct err e = { 0 };

	(void)state;
	how[0].refresh_min_ms = 0;
	how[1].refresh_min_ms = how[1].refresh_max_ms + 1;
	how[2].max_stale_ms = how[2].refresh_max_ms;
	how[3].retry_max_ms = how[3].retry_min_ms - 1;
	how[4].world = NULL;
	how[5].look_ms = 0;
	for (size_t i = 0; i < COUNT_OF(how); i++) {
		assert_int_equal(key_cache_new(&how[i], &cache, &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		err_clear(&e);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		how[4].from.issuer = bad[i];
		assert_int_equal(key_cache_new(&how[4], &cache, &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		err_clear(&e);
	}
	assert_null(cache);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(first_keys_are_waited_for_and_then_at_hand),
		CASE(reading_never_waits),
		CASE(keys_are_fetched_anew_before_they_expire),
		CASE(what_an_answer_says_of_its_age_is_bounded),
		CASE(new_kid_is_found_by_asking),
		CASE(age_counts_from_the_beginning_of_the_fetch),
		CASE(key_that_was_published_during_a_fetch_is_found_by_the_next),
		CASE(flood_of_unknown_kids_makes_one_fetch_per_cooldown),
		CASE(flood_while_a_fetch_hangs_is_one_fetch),
		CASE(nobody_waits_longer_than_was_said),
		CASE(key_that_the_issuer_withdraws_is_gone),
		CASE(service_that_is_down_leaves_the_last_good_keys_until_stale),
		CASE(answers_that_are_no_keys_leave_the_last_good_ones_until_stale),
		CASE(unknown_kid_hears_why_the_last_fetch_failed),
		CASE(unknown_kid_hears_whether_a_fetch_may_bring_it),
		CASE(failures_are_repeated_at_growing_distances),
		CASE(keys_that_could_never_be_had_are_asked_for_once_per_cooldown),
		CASE(token_without_kid_asks_for_nothing),
		CASE(threads_that_end_give_back_what_they_held),
		CASE(what_a_thread_holds_outlives_the_set_and_not_the_next_look),
		CASE(caches_one_after_the_other_and_side_by_side_are_told_apart),
		CASE(child_of_a_fork_has_what_was_held_and_fetches_nothing),
		CASE(configuration_that_contradicts_itself_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
