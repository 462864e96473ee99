/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process appends under load and tells, through a pipe, which records it was told are durable; it is killed (SIGKILL) at
 * random moments. Whatever was told must be provable when the log is opened again, and nothing may be torn.
 */
#include "authority/ledger.h"

#include "ledger_help.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define ROUNDS 20

struct told {
	struct ledger_entry entry;
	int fd;
};

static void append_next(struct ledger *l, int fd);
static struct ledger *volatile child_ledger;

static void
tell(struct ledger_entry *entry, uint64_t index, const struct err *why)
{
	struct told *t = (struct told *)entry;
	int fd = t->fd;

	(void)index;
	/* A pipe takes 32 bytes whole or not at all. */
	if (why == NULL && write(fd, entry->leaf_hash, TLOG_HASH_SIZE) != TLOG_HASH_SIZE)
		_exit(3);
	buf_release(&entry->record);
	free(t);
	append_next(child_ledger, fd);
}

static void
append_next(struct ledger *l, int fd)
{
	struct told *t = calloc(1, sizeof(*t));
	struct tlog_record r = help_record("a");

	if (t == NULL)
		_exit(4);
	t->fd = fd;
	t->entry.done = tell;
	buf_init(&t->entry.record, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&t->entry.record, &r);
	if (ledger_append(l, &t->entry, NULL) < 0)
		_exit(5);
}

static void
child(struct ledger_help *h, int fd)
{
	if (help_open(h, NULL) < 0)
		_exit(2);
	child_ledger = h->l;
	for (int i = 0; i < 100; i++)
		append_next(h->l, fd);
	for (;;)
		pause();
}

struct list {
	uint8_t (*hashes)[TLOG_HASH_SIZE];
	size_t count, room;
};

/* Kills the child after WAIT_MS, then reads all that it was told. */
static void
collect(struct list *told, int fd, pid_t pid, unsigned wait_ms)
{
	const struct timespec pause = { 0, (long)wait_ms * 1000000 };
	uint8_t hash[TLOG_HASH_SIZE];
	int status;

	nanosleep(&pause, NULL);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (read(fd, hash, sizeof(hash)) == (ssize_t)sizeof(hash)) {
		if (told->count == told->room) {
			told->room = told->room * 2 + 1024;
			told->hashes = realloc(told->hashes, told->room * sizeof(hash));
			assert_non_null(told->hashes);
		}
		memcpy(told->hashes[told->count++], hash, sizeof(hash));
	}
}

static void
every_answered_record_survives_a_kill(void **state)
{
	struct ledger_help h;
	struct list told = { 0 };
	(void)state;

	help_begin(&h);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint16_t random;
		int fds[2];
		pid_t pid;

		rand_bytes(&random, sizeof(random));
		assert_int_equal(pipe(fds), 0);
		/* More than a child can tell in its life. */
		(void)fcntl(fds[1], F_SETPIPE_SZ, 1048576);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(fds[0]);
			child(&h, fds[1]);
		}
		close(fds[1]);
		collect(&told, fds[0], pid, 5 + random % 120);
		close(fds[0]);

		assert_int_equal(help_open(&h, NULL), 0);
		assert_true(ledger_size(h.l) >= told.count);
		for (size_t i = 0; i < told.count; i += told.count / 50 + 1)
			assert_true(help_proves(&h, "a", told.hashes[i]));
		ledger_closep(&h.l);
	}
	assert_true(told.count > 0);
	assert_int_equal(help_open(&h, NULL), 0);
	for (size_t i = 0; i < told.count; i++)
		assert_true(help_proves(&h, "a", told.hashes[i]));
	print_message("# %zu records answered, %llu in the log\n", told.count,
	    (unsigned long long)ledger_size(h.l));
	free(told.hashes);
	help_end(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answered_record_survives_a_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
