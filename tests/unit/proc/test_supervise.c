/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test program is its own daemon: run as "test --daemon PLAN" it supervises, and as the roles it does what PLAN
 * says, telling each start to a pipe by one letter.
 */
#include "proc/supervise.h"

#include "../../support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TELL_FD 200

static void
on_hup(int sig)
{
	char c = '\n';
	ssize_t done = write(TELL_FD, &c, 1);

	(void)sig;
	(void)done;
}

static void
tell_pid(char c)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "%c%d\n", c, (int)getpid());
	ssize_t done = write(TELL_FD, text, (size_t)size);

	(void)done;
}

/* What a role does by PLAN: "steady", "refuse" (the authority cannot start), "break" (the first one fails once it serves). */
static int
play(const struct supervise_child *child, const char *plan)
{
	bool breaks = strcmp(plan, "break") == 0 && !child->is_restart;
	char c = 0;

	if (child->role == SUPERVISE_AUTHORITY) {
		if (strcmp(plan, "refuse") == 0)
			return 2;
		const struct sigaction hup = { .sa_handler = on_hup };

		sigaction(SIGHUP, &hup, NULL);
		tell_pid('A');
		while (read(child->ipc_fd, &c, 1) < 0)
			continue;
		return breaks ? SUPERVISE_REPLACE : 0;
	}
	tell_pid(child->listen_count == 1 && fcntl(child->listen_fds[0], F_GETFL) >= 0 ? 'W' : 'x');
	if (breaks && write(child->ipc_fd, &c, 1) != 1)
		return 1;
	if (read(child->ipc_fd, &c, 1) == 0)
		return SUPERVISE_REPLACE;
	return 1;
}

static int
daemon_main(int argc, char **argv)
{
	struct supervise_child child;
	int fd = 0;
	struct supervise_config config = { .argv = argv,
		.listen_fds = &fd,
		.listen_count = 1,
		.drain_ms = 500 };

	if (supervise_child_parse(&argc, argv, &child, NULL) < 0)
		return 99;
	if (child.role != SUPERVISE_PARENT)
		return play(&child, argv[2]);
	return supervise_run(&config);
}

struct run {
	pid_t pid;
	int out;
};

static struct run
start(const char *plan)
{
	int ends[2];
	struct run r;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	r.pid = fork();
	assert_true(r.pid >= 0);
	if (r.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], TELL_FD);
		execl("/proc/self/exe", "test", "--daemon", plan, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	r.out = ends[0];
	return r;
}

/* Both lines of a pair, in any order. */
static void
pair(struct run r, pid_t *worker, pid_t *authority)
{
	char text[64] = { 0 };
	size_t n = 0, lines = 0;
	struct pollfd p = { .fd = r.out, .events = POLLIN };

	while (n + 1 < sizeof(text) && lines < 2 && poll(&p, 1, 8000) > 0 &&
	    read(r.out, text + n, 1) == 1)
		lines += text[n++] == '\n';
	assert_int_equal(lines, 2);
	const char *w = strchr(text, 'W'), *a = strchr(text, 'A');

	assert_non_null(w);
	assert_non_null(a);
	*worker = (pid_t)atoi(w + 1);
	*authority = (pid_t)atoi(a + 1);
}

static int
ended(struct run r)
{
	int status;

	assert_int_equal(waitpid(r.pid, &status, 0), r.pid);
	close(r.out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
both_start_anew_when_one_is_killed(void **state)
{
	struct run r = start("steady");
	pid_t w, a, w2, a2;

	(void)state;
	pair(r, &w, &a);
	kill(w, SIGKILL);
	pair(r, &w2, &a2);
	assert_true(w2 != w && a2 != a);
	kill(a2, SIGKILL);
	pair(r, &w, &a);
	assert_true(w2 != w && a2 != a);
	kill(r.pid, SIGTERM);
	assert_int_equal(ended(r), 0);
	assert_int_equal(kill(w, 0), -1);
	assert_int_equal(kill(a, 0), -1);
}

static void
hup_goes_to_the_authority(void **state)
{
	struct run r = start("steady");
	pid_t w, a;

	(void)state;
	pair(r, &w, &a);
	struct pollfd p = { .fd = r.out, .events = POLLIN };

	kill(r.pid, SIGHUP);
	assert_int_equal(poll(&p, 1, 5000), 1);
	kill(r.pid, SIGINT);
	assert_int_equal(ended(r), 0);
}

static void
children_end_with_a_killed_parent(void **state)
{
	struct run r = start("steady");
	pid_t w, a;

	(void)state;
	/* The orphans become ours, so that we see them end. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pair(r, &w, &a);
	kill(r.pid, SIGKILL);
	assert_int_equal(ended(r), 128 + SIGKILL);
	alarm(20);
	assert_int_equal(waitpid(w, NULL, 0), w);
	assert_int_equal(waitpid(a, NULL, 0), a);
	alarm(0);
}

static void
child_that_cannot_start_ends_all(void **state)
{
	struct run r = start("refuse");

	(void)state;
	assert_int_equal(ended(r), 2);
}

/* However early that was. */
static void
child_that_served_and_broke_is_replaced(void **state)
{
	struct run r = start("break");
	pid_t w, a, w2, a2;

	(void)state;
	pair(r, &w, &a);
	pair(r, &w2, &a2);
	assert_true(w2 != w && a2 != a);
	kill(r.pid, SIGTERM);
	assert_int_equal(ended(r), 0);
}

static void
hidden_arguments_are_checked(void **state)
{
	static const char *const bad[][6] = {
		{ "x", "--role", NULL },
		{ "x", "--role", "worker", NULL },
		{ "x", "--role", "worker", "--ipc", NULL },
		{ "x", "--role", "worker", "--ipc", "no", NULL },
		{ "x", "--role", "king", "--ipc", "3", NULL },
	};
	struct supervise_child child;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char *argv[6] = { 0 };
		int argc = 0;

		for (; bad[i][argc] != NULL; argc++)
			argv[argc] = strdup(bad[i][argc]);
		int count = argc;

		assert_int_equal(supervise_child_parse(&argc, argv, &child, &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		err_clear(&e);
		argc = count;
		for (int k = 0; k < count; k++)
			free(argv[k]);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_start_anew_when_one_is_killed),
		cmocka_unit_test(hup_goes_to_the_authority),
		cmocka_unit_test(children_end_with_a_killed_parent),
		cmocka_unit_test(child_that_cannot_start_ends_all),
		cmocka_unit_test(child_that_served_and_broke_is_replaced),
		cmocka_unit_test(hidden_arguments_are_checked),
	};

	if (argc > 1 && strcmp(argv[1], "--daemon") == 0)
		return daemon_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
