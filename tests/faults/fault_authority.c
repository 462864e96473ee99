/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authority and a worker's client over the real socket pair, from opening the state to the answer. A token comes only
 * with its record in the log, and what fails is said to whoever waits: nobody waits for ever.
 */
#include "../support/fault.h"
#include "../unit/authority/authority_help.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LEAVES 8192
/* Of one exchange that goes on to its end: longer than any of its patiences. */
#define HANG_S 60

static struct authority_help help;
static uint8_t leaves[MAX_LEAVES][32];
static size_t leaf_count;
static char policy_hash[64], appraisal_hash[64];

/* What the worker hears. */
struct worker {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct snapshot *snapshot;
	bool ended, answered;
	struct err why, answer;
	uint8_t leaf[32];
};

static void
on_snapshot(struct snapshot *s, void *user)
{
	struct worker *w = user;

	pthread_mutex_lock(&w->lock);
	snapshot_unref(w->snapshot);
	w->snapshot = s;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

static void
on_end(const struct err *why, void *user)
{
	struct worker *w = user;

	pthread_mutex_lock(&w->lock);
	w->ended = true;
	w->why = *why;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

static void
on_issued(const struct issue_reply *reply, void *user)
{
	struct worker *w = user;

	pthread_mutex_lock(&w->lock);
	assert_false(w->answered);
	w->answered = true;
	w->answer = reply->err;
	memcpy(w->leaf, reply->leaf_hash, 32);
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

/* Until *A or the end. */
static void
wait_for(struct worker *w, const bool *a, struct snapshot *const *s)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += HANG_S;
	pthread_mutex_lock(&w->lock);
	while (!w->ended && !(a != NULL && *a) && !(s != NULL && *s != NULL))
		if (pthread_cond_timedwait(&w->wake, &w->lock, &until) != 0)
			fail_msg("somebody waits for ever");
	pthread_mutex_unlock(&w->lock);
}

static int
ask(struct worker *w, struct authority_client *c, struct err *e)
{
	struct payload_spec p = { .issuer = "https://localhost:8443",
		.type = "sgx",
		.policy_hash = policy_hash,
		.appraisal_hash = appraisal_hash };
	struct issue_request q = { .instance = BYTES("one"),
		.type = BYTES("SgxEnclave"),
		.trace_id = BYTES("01J") };
	DEFER(buf_release) struct buf payload = { 0 };
	int got;

	fault_pause();
	p.iat = p.nbf = clock_now_at();
	p.exp = p.iat + 28800;
	buf_init(&payload, 65536);
	help_payload(&payload, &p);
	q.payload = buf_bytes(&payload);
	fault_resume();
	got = authority_issue(c, &q, on_issued, w, e);
	if (got < 0)
		return -1;
	wait_for(w, &w->answered, NULL);
	/* The end fails what is pending before it is told: an answer is there either way. */
	assert_true(w->answered);
	if (w->answer.code != ERR_NONE) {
		*e = w->answer;
		return -1;
	}
	assert_true(leaf_count < MAX_LEAVES);
	memcpy(leaves[leaf_count++], w->leaf, 32);
	return 0;
}

static int
exchange(struct worker *w, struct err *e)
{
	struct authority_client *c = NULL;
	int got = authority_client_new(help.fd, on_snapshot, on_end, w, &c, e);

	/* The client's in any case. */
	help.fd = -1;
	if (got == 0)
		wait_for(w, NULL, &w->snapshot);
	if (got == 0 && w->snapshot == NULL)
		got = err_set(e, ERR_UNAVAILABLE, "no snapshot: %s", w->why.msg);
	if (got == 0)
		got = ask(w, c, e);
	authority_client_free(c);
	return got;
}

static int
run_exchange(void *ctx, struct err *e)
{
	struct worker w = { 0 };
	int fds[2] = { -1, -1 };
	int got;

	(void)ctx;
	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.wake, NULL);
	fault_pause();
	assert_int_equal(ipc_pair(fds, NULL), 0);
	help.given = fds[0];
	help.fd = fds[1];
	err_clear(&help.err);
	assert_int_equal(pthread_create(&help.thread, NULL, help_thread, &help), 0);
	fault_resume();
	got = exchange(&w, e);
	pthread_join(help.thread, NULL);
	fault_disarm();
	/* What ends the authority is said too, and in our name. */
	if (help.result < 0 && help.err.code != ERR_LIMIT && help.err.code != ERR_IO &&
	    help.err.code != ERR_INTERNAL && help.err.code != ERR_UNAVAILABLE &&
	    help.err.code != ERR_BUSY && strstr(help.err.msg, "inside a frame") == NULL)
		fail_msg("the authority ends with %s: %s", err_code_name(help.err.code),
		    help.err.msg);
	snapshot_unref(w.snapshot);
	pthread_cond_destroy(&w.wake);
	pthread_mutex_destroy(&w.lock);
	return got;
}

/* Every token that was given out has its record, asked of an authority that opens the log anew. */
static void
assert_all_recorded(void)
{
	struct ipc_reader in;
	struct ipc_frame f;
	DEFER(buf_release) struct buf body = { 0 };

	help_run(&help);
	ipc_reader_init(&in, help.fd, authority_rules_from_authority);
	assert_int_equal(ipc_recv(&in, &f, NULL), 1);
	buf_init(&body, 4096);
	for (size_t i = 0; i < leaf_count; i++) {
		struct authority_query q = { .instance = BYTES("one") };

		memcpy(q.leaf_hash, leaves[i], 32);
		buf_clear(&body);
		authority_query_emit(&body, &q);
		assert_int_equal(ipc_send(help.fd, AUTHORITY_LOG_PROOF, i, buf_bytes(&body), NULL),
		    0);
		assert_int_equal(ipc_recv(&in, &f, NULL), 1);
		assert_int_equal(f.type, AUTHORITY_ANSWER);
	}
	ipc_reader_release(&in);
	assert_int_equal(help_join(&help), 0);
}

static int
setup(void **state)
{
	struct ipc_reader in;
	struct ipc_frame f;
	struct snapshot *s = NULL;
	const struct snapshot_instance *one;

	(void)state;
	log_setup(LOG_ERROR, false, "test");
	help_config(&help);
	help.config.frame_ms = 5000;
	help.config.signer_threads = 1;
	/* Keys and certificates are made here, so that all runs do the same. */
	help_run(&help);
	ipc_reader_init(&in, help.fd, authority_rules_from_authority);
	assert_int_equal(ipc_recv(&in, &f, NULL), 1);
	assert_int_equal(snapshot_parse(f.body, &s, NULL), 0);
	one = snapshot_find_id(s, BYTES("one"));
	help_text(one->types[0].policy_hash_text, policy_hash, sizeof(policy_hash));
	help_text(one->types[0].settings_hash_text, appraisal_hash, sizeof(appraisal_hash));
	snapshot_unref(s);
	ipc_reader_release(&in);
	return help_join(&help);
}

static int
teardown(void **state)
{
	(void)state;
	help_drop(&help);
	return 0;
}

static void
nothing_is_answered_that_is_not_recorded(void **state)
{
	static const enum fault_site sites[] = { FAULT_MEMORY, FAULT_CRYPTO, FAULT_CRYPTO_HEAP,
		FAULT_FILE, FAULT_FILE_SHORT, FAULT_FILE_BROKEN, FAULT_IPC, FAULT_IPC_SHORT,
		FAULT_IPC_BROKEN, FAULT_IPC_CLOSED, FAULT_THREAD, FAULT_STORE, FAULT_STORE_HEAP,
		FAULT_STORE_DISK, FAULT_NONE };

	(void)state;
	fault_sample(10);
	fault_sweep("authority and client", run_exchange, NULL, sites);
	assert_true(leaf_count > 0);
	assert_all_recorded();
	print_message("# fault | %zu tokens came through, each has its record\n", leaf_count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_answered_that_is_not_recorded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
