/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must outlive us: the log, the store, keys at rest. After a fault and a restart everything that was answered is
 * there, nothing is torn, and the place goes on as if nothing had been.
 */
#include "../support/fault.h"
#include "../unit/authority/ledger_help.h"

#include "keys/master.h"
#include "keys/sealed.h"
#include "store/store.h"

#include <stdio.h>
#include <sys/stat.h>

#define RECORDS 3

/* What was answered in this run. */
struct answered {
	uint8_t leaf[RECORDS][TLOG_HASH_SIZE];
	size_t count;
};

/* Each run on a log of its own, or on one that holds OLD records. */
struct log_subject {
	size_t old;
};

static int
append_all(struct ledger_help *h, struct answered *a, struct err *e)
{
	for (size_t i = 0; i < RECORDS; i++) {
		struct tlog_record r = help_record("a");
		DEFER(buf_release) struct buf raw = { 0 };
		uint64_t index;

		fault_pause();
		buf_init(&raw, MAX_TLOG_RECORD_SIZE);
		tlog_record_emit(&raw, &r);
		tlog_leaf_hash(buf_bytes(&raw), a->leaf[a->count]);
		fault_resume();
		TRY(ledger_append_now(h->l, &r, &index, e));
		a->count++;
	}
	return 0;
}

static void
assert_all_there(struct ledger_help *h, const struct answered *old, const struct answered *a)
{
	struct err e = { 0 };

	if (help_open(h, &e) < 0)
		fail_msg("the log does not open again: %s", e.msg);
	for (size_t i = 0; i < old->count; i++)
		assert_true(help_proves(h, "a", old->leaf[i]));
	for (size_t i = 0; i < a->count; i++)
		assert_true(help_proves(h, "a", a->leaf[i]));
	help_append(h, "a", 1, NULL);
}

static int
run_ledger(void *ctx, struct err *e)
{
	const struct log_subject *s = ctx;
	struct answered old = { 0 }, new = { 0 };
	struct ledger_help h;
	int got;

	fault_pause();
	help_begin(&h);
	if (s->old > 0) {
		assert_int_equal(help_open(&h, NULL), 0);
		assert_int_equal(append_all(&h, &old, e), 0);
		help_append(&h, "a", s->old, NULL);
		ledger_closep(&h.l);
	}
	fault_resume();
	got = help_open(&h, e);
	if (got == 0)
		got = append_all(&h, &new, e);
	ledger_closep(&h.l);
	fault_disarm();
	assert_all_there(&h, &old, &new);
	help_end(&h);
	return got;
}

static const enum fault_site ledger_sites[] = { FAULT_MEMORY, FAULT_CRYPTO, FAULT_CRYPTO_HEAP,
	FAULT_FILE, FAULT_FILE_SHORT, FAULT_FILE_BROKEN, FAULT_THREAD, FAULT_NONE };

static void
a_log_holds_what_was_answered(void **state)
{
	struct log_subject fresh = { 0 }, old = { 260 };

	(void)state;
	fault_sweep("log made", run_ledger, &fresh, ledger_sites);
	fault_sweep("log opened again", run_ledger, &old, ledger_sites);
}

struct store_subject {
	bool old;
};

static int
begin_store(struct store *s, struct err *e)
{
	struct store_instance one = { .id = BYTES("one"), .issuer = BYTES("https://h") };

	return store_instance_put(s, &one, e);
}

static int
fill(struct store *s, int64_t *done, struct err *e)
{
	for (int64_t version = 1; version <= 3; version++) {
		struct store_policy p = { .instance = BYTES("one"),
			.type = BYTES("SgxEnclave"),
			.version = *done + 1,
			.jws = BYTES("a.b.c"),
			.text = BYTES("version= 1.0;"),
			.actor = BYTES("me"),
			.reason = BYTES("why"),
			.set_at = 1 };

		TRY(store_begin(s, e));
		if (store_policy_add(s, &p, e) < 0 ||
		    store_meta_put(s, "last", BYTES("x"), e) < 0 || store_commit(s, e) < 0) {
			store_rollback(s);
			return -1;
		}
		(*done)++;
	}
	return 0;
}

static int
run_store(void *ctx, struct err *e)
{
	const struct store_subject *subject = ctx;
	DEFER(store_closep) struct store *s = NULL;
	struct store_policy p;
	struct tmpdir dir;
	struct arena a;
	const char *path;
	int64_t done = 0;
	int got;

	fault_pause();
	arena_init(&a, 1 << 20);
	dir = tmpdir_new();
	path = tmpdir_at(&dir, "store.db");
	if (subject->old) {
		assert_int_equal(store_open(path, &s, NULL), 0);
		assert_int_equal(begin_store(s, NULL), 0);
		assert_int_equal(fill(s, &done, NULL), 0);
		store_closep(&s);
	}
	fault_resume();
	got = store_open(path, &s, e);
	if (got == 0)
		got = begin_store(s, e);
	if (got == 0)
		got = fill(s, &done, e);
	if (got == 0)
		got = store_policy_get(s, BYTES("one"), BYTES("SgxEnclave"), 0, &a, &p, e) < 0 ? -1
											       : 0;
	store_closep(&s);
	fault_disarm();
	if (store_open(path, &s, e) < 0)
		fail_msg("the store does not open again: %s", e->msg);
	/* What a commit said is there; one whose answer was lost may be. */
	got = got < 0 ? -1 : 0;
	if (done > 0) {
		assert_int_equal(store_policy_get(s, BYTES("one"), BYTES("SgxEnclave"), done, &a,
				     &p, NULL),
		    1);
		assert_true(bytes_eq(p.jws, BYTES("a.b.c")));
	}
	arena_release(&a);
	store_closep(&s);
	tmpdir_drop(&dir);
	return got;
}

static const enum fault_site store_sites[] = { FAULT_MEMORY, FAULT_FILE, FAULT_STORE,
	FAULT_STORE_HEAP, FAULT_STORE_DISK, FAULT_NONE };

static void
a_store_holds_what_was_committed(void **state)
{
	struct store_subject fresh = { false }, old = { true };

	(void)state;
	fault_sweep("store made", run_store, &fresh, store_sites);
	fault_sweep("store opened again", run_store, &old, store_sites);
}

static const enum fault_site key_sites[] = { FAULT_MEMORY, FAULT_CRYPTO, FAULT_CRYPTO_HEAP,
	FAULT_FILE, FAULT_FILE_SHORT, FAULT_FILE_BROKEN, FAULT_NONE };

static int
run_master(void *ctx, struct err *e)
{
	DEFER(secret_release) struct secret first = { 0 }, again = { 0 };
	struct tmpdir dir;
	const char *path;
	struct stat st;
	int got;

	(void)ctx;
	fault_pause();
	dir = tmpdir_new();
	path = tmpdir_at(&dir, "master.key");
	fault_resume();
	got = master_key_load(path, true, &first, e);
	fault_disarm();
	if (got == 0) {
		assert_int_equal(master_key_load(path, false, &again, NULL), 0);
		assert_true(bytes_eq(secret_bytes(&first), secret_bytes(&again)));
	} else if (stat(path, &st) == 0) {
		/* A key that is there is whole: half a key would lock everything away. */
		assert_int_equal(master_key_load(path, false, &again, NULL), 0);
	}
	tmpdir_drop(&dir);
	return got;
}

static struct secret master;
static struct privkey *token_key;

static int
run_sealed(void *ctx, struct err *e)
{
	DEFER(buf_release) struct buf sealed = { 0 };
	DEFER(privkey_freep) struct privkey *opened = NULL;
	int got;

	(void)ctx;
	buf_init(&sealed, MAX_SEALED_KEY_SIZE);
	got = sealed_key_emit(&master, BYTES("name"), token_key, &sealed, e);
	if (got == 0)
		got = sealed_key_open(&master, BYTES("name"), buf_bytes(&sealed), &opened, e);
	fault_disarm();
	if (got == 0)
		assert_true(key_eq(privkey_public(opened), privkey_public(token_key)));
	return got;
}

static void
keys_at_rest_are_whole_or_absent(void **state)
{
	(void)state;
	fault_sweep("master key made", run_master, NULL, key_sites);
	assert_true(secret_init(&master, SEAL_MASTER_SIZE));
	memset(master.p, 7, master.size);
	assert_int_equal(privkey_generate(KEY_P256, &token_key, NULL), 0);
	fault_sweep("key sealed and opened", run_sealed, NULL, key_sites);
	privkey_free(token_key);
	secret_release(&master);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_holds_what_was_answered),
		cmocka_unit_test(a_store_holds_what_was_committed),
		cmocka_unit_test(keys_at_rest_are_whole_or_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
