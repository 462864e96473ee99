/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's client against an authority that the test plays by hand. */
#include "authority/client.h"

#include "../../support/test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct seen {
	unsigned issued, failed, answered, snapshots, ended;
	enum err_code code;
	char token[32];
};

static void
on_snapshot(struct snapshot *s, void *user)
{
	struct seen *seen = user;

	__atomic_add_fetch(&seen->snapshots, 1, __ATOMIC_RELEASE);
	snapshot_unref(s);
}

static void
on_end(const struct err *why, void *user)
{
	struct seen *seen = user;

	(void)why;
	__atomic_add_fetch(&seen->ended, 1, __ATOMIC_RELEASE);
}

static void
on_issued(const struct issue_reply *reply, void *user)
{
	struct seen *seen = user;

	if (reply->err.code != ERR_NONE) {
		seen->code = reply->err.code;
		__atomic_add_fetch(&seen->failed, 1, __ATOMIC_RELEASE);
		return;
	}
	snprintf(seen->token, sizeof(seen->token), "%.*s", BYTES_FMT(reply->token));
	__atomic_add_fetch(&seen->issued, 1, __ATOMIC_RELEASE);
}

static void
on_answer(const struct authority_answer *answer, void *user)
{
	struct seen *seen = user;

	if (answer->err.code != ERR_NONE) {
		seen->code = answer->err.code;
		__atomic_add_fetch(&seen->failed, 1, __ATOMIC_RELEASE);
	} else {
		__atomic_add_fetch(&seen->answered, 1, __ATOMIC_RELEASE);
	}
}

static void
wait_for(unsigned *what, unsigned value)
{
	const struct timespec pause = { 0, 1000000 };

	for (int i = 0; i < 10000 && __atomic_load_n(what, __ATOMIC_ACQUIRE) < value; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(__atomic_load_n(what, __ATOMIC_ACQUIRE), value);
}

struct fixture {
	int fd;
	struct seen seen;
	struct ipc_reader in;
	struct authority_client *c;
};

static void
setup(struct fixture *f)
{
	int fds[2];

	memset(f, 0, sizeof(*f));
	assert_int_equal(ipc_pair(fds, NULL), 0);
	f->fd = fds[0];
	ipc_reader_init(&f->in, f->fd, authority_rules_from_worker);
	assert_int_equal(authority_client_new(fds[1], on_snapshot, on_end, &f->seen, &f->c, NULL),
	    0);
}

static void
teardown(struct fixture *f)
{
	ipc_reader_release(&f->in);
	if (f->fd >= 0)
		close(f->fd);
	authority_client_freep(&f->c);
}

static const struct issue_request request = { .instance = { (const uint8_t *)"i", 1 },
	.payload = { (const uint8_t *)"{}", 2 } };

static void
answers_find_their_questions_in_any_order(void **state)
{
	struct fixture f;
	struct ipc_frame a, b;
	uint64_t first;
	struct issue_reply reply = { .token = BYTES("t.o.k") };
	struct buf body;
	(void)state;

	setup(&f);
	buf_init(&body, 65536);
	assert_int_equal(authority_issue(f.c, &request, on_issued, &f.seen, NULL), 0);
	assert_int_equal(authority_health(f.c, on_answer, &f.seen, NULL), 0);
	assert_int_equal(ipc_recv(&f.in, &a, NULL), 1);
	assert_int_equal(a.type, AUTHORITY_ISSUE);
	first = a.id;
	assert_int_equal(ipc_recv(&f.in, &b, NULL), 1);
	assert_int_equal(b.type, AUTHORITY_HEALTH);
	assert_int_equal(authority_client_pending(f.c), 2);
	assert_int_equal(ipc_send(f.fd, AUTHORITY_ANSWER, b.id, BYTES("{}"), NULL), 0);
	wait_for(&f.seen.answered, 1);
	issue_reply_emit(&body, &reply);
	assert_int_equal(ipc_send(f.fd, AUTHORITY_ISSUED, first, buf_bytes(&body), NULL), 0);
	wait_for(&f.seen.issued, 1);
	assert_string_equal(f.seen.token, "t.o.k");
	assert_int_equal(authority_client_pending(f.c), 0);
	buf_release(&body);
	teardown(&f);
}

static void
failures_carry_their_code(void **state)
{
	struct fixture f;
	struct ipc_frame a;
	struct err why = { .code = ERR_CONFLICT, .msg = "policy" };
	struct buf body;
	(void)state;

	setup(&f);
	buf_init(&body, 65536);
	authority_failed_emit(&body, &why);
	assert_int_equal(authority_issue(f.c, &request, on_issued, &f.seen, NULL), 0);
	assert_int_equal(ipc_recv(&f.in, &a, NULL), 1);
	assert_int_equal(ipc_send(f.fd, AUTHORITY_FAILED, a.id, buf_bytes(&body), NULL), 0);
	wait_for(&f.seen.failed, 1);
	assert_int_equal(f.seen.code, ERR_CONFLICT);
	buf_release(&body);
	teardown(&f);
}

static void
end_of_the_connection_fails_all_that_wait_and_all_that_come(void **state)
{
	struct fixture f;
	struct err e = { 0 };
	(void)state;

	setup(&f);
	for (int i = 0; i < 5; i++)
		assert_int_equal(authority_issue(f.c, &request, on_issued, &f.seen, NULL), 0);
	close(f.fd);
	f.fd = -1;
	wait_for(&f.seen.failed, 5);
	wait_for(&f.seen.ended, 1);
	assert_int_equal(f.seen.code, ERR_UNAVAILABLE);
	assert_int_equal(authority_issue(f.c, &request, on_issued, &f.seen, &e), -1);
	assert_int_equal(e.code, ERR_UNAVAILABLE);
	authority_refused(f.c, &(struct refused_note){ .instance = BYTES("i") });
	teardown(&f);
	assert_int_equal(f.seen.failed, 5);
}

static void
an_answer_that_does_not_fit_ends_the_connection(void **state)
{
	static const uint16_t wrong[] = { AUTHORITY_TOKEN, AUTHORITY_ANSWER, AUTHORITY_ISSUE, 99 };
	(void)state;

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct fixture f;
		struct ipc_frame a;

		setup(&f);
		assert_int_equal(authority_issue(f.c, &request, on_issued, &f.seen, NULL), 0);
		assert_int_equal(ipc_recv(&f.in, &a, NULL), 1);
		assert_int_equal(ipc_send(f.fd, wrong[i], a.id, BYTES("x"), NULL), 0);
		wait_for(&f.seen.ended, 1);
		assert_int_equal(f.seen.failed, 1);
		teardown(&f);
	}
}

static void
an_answer_to_nothing_or_a_broken_one_ends_the_connection(void **state)
{
	struct fixture f;
	struct ipc_frame a;
	(void)state;

	setup(&f);
	assert_int_equal(ipc_send(f.fd, AUTHORITY_ANSWER, 77, BYTES("x"), NULL), 0);
	wait_for(&f.seen.ended, 1);
	teardown(&f);
	setup(&f);
	assert_int_equal(authority_issue(f.c, &request, on_issued, &f.seen, NULL), 0);
	assert_int_equal(ipc_recv(&f.in, &a, NULL), 1);
	assert_int_equal(ipc_send(f.fd, AUTHORITY_ISSUED, a.id, BYTES("x"), NULL), 0);
	wait_for(&f.seen.ended, 1);
	assert_int_equal(f.seen.failed, 1);
	teardown(&f);
	setup(&f);
	assert_int_equal(ipc_send(f.fd, AUTHORITY_SNAPSHOT, 0, BYTES("x"), NULL), 0);
	wait_for(&f.seen.ended, 1);
	assert_int_equal(f.seen.snapshots, 0);
	teardown(&f);
}

static void
an_empty_token_ends_the_connection(void **state)
{
	const struct issue_reply reply = { .token = BYTES("") };
	struct fixture f;
	struct ipc_frame a;
	struct buf body;
	(void)state;

	setup(&f);
	buf_init(&body, 65536);
	issue_reply_emit(&body, &reply);
	assert_int_equal(authority_issue(f.c, &request, on_issued, &f.seen, NULL), 0);
	assert_int_equal(ipc_recv(&f.in, &a, NULL), 1);
	assert_int_equal(ipc_send(f.fd, AUTHORITY_ISSUED, a.id, buf_bytes(&body), NULL), 0);
	wait_for(&f.seen.ended, 1);
	assert_int_equal(f.seen.failed, 1);
	buf_release(&body);
	teardown(&f);
	setup(&f);
	assert_int_equal(authority_policy_token(f.c, BYTES("i"), BYTES("t"), on_answer, &f.seen,
			     NULL),
	    0);
	assert_int_equal(ipc_recv(&f.in, &a, NULL), 1);
	assert_int_equal(ipc_send(f.fd, AUTHORITY_TOKEN, a.id, BYTES(""), NULL), 0);
	wait_for(&f.seen.ended, 1);
	assert_int_equal(f.seen.failed, 1);
	teardown(&f);
}

static void
snapshots_come_unasked(void **state)
{
	struct fixture f;
	struct snapshot s = { .revision = 1 };
	struct buf body;
	(void)state;

	setup(&f);
	buf_init(&body, 65536);
	snapshot_emit(&body, &s);
	assert_int_equal(ipc_send(f.fd, AUTHORITY_SNAPSHOT, 0, buf_bytes(&body), NULL), 0);
	assert_int_equal(ipc_send(f.fd, AUTHORITY_SNAPSHOT, 0, buf_bytes(&body), NULL), 0);
	wait_for(&f.seen.snapshots, 2);
	buf_release(&body);
	teardown(&f);
}

static void
too_many_or_too_large_requests_are_refused_at_once(void **state)
{
	static uint8_t payload[MAX_PAYLOAD_SIZE + 8192];
	struct fixture f;
	struct err e = { 0 };
	struct issue_request large = request;
	struct ipc_frame a;
	(void)state;

	setup(&f);
	large.payload = BYTES_OF(payload);
	assert_int_equal(authority_issue(f.c, &large, on_issued, &f.seen, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	for (int i = 0; i < MAX_AUTHORITY_PENDING; i++) {
		assert_int_equal(authority_health(f.c, on_answer, &f.seen, NULL), 0);
		assert_int_equal(ipc_recv(&f.in, &a, NULL), 1);
	}
	err_clear(&e);
	assert_int_equal(authority_health(f.c, on_answer, &f.seen, &e), -1);
	assert_int_equal(e.code, ERR_BUSY);
	teardown(&f);
	assert_int_equal(f.seen.failed, MAX_AUTHORITY_PENDING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_find_their_questions_in_any_order),
		cmocka_unit_test(failures_carry_their_code),
		cmocka_unit_test(end_of_the_connection_fails_all_that_wait_and_all_that_come),
		cmocka_unit_test(an_answer_that_does_not_fit_ends_the_connection),
		cmocka_unit_test(an_answer_to_nothing_or_a_broken_one_ends_the_connection),
		cmocka_unit_test(an_empty_token_ends_the_connection),
		cmocka_unit_test(snapshots_come_unasked),
		cmocka_unit_test(too_many_or_too_large_requests_are_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
