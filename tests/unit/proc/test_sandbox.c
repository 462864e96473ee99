/* SPDX-License-Identifier: Apache-2.0 */
/* A forked child goes into the sandbox and tries what it must not be able to do. */
#include "proc/sandbox.h"

#include "../../support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKED 10
#define DENIED 11
#define OTHER  12

/* Runs TRY in a child inside the sandbox; its exit status, or 128 + the signal that ended it. */
static int
in_sandbox(enum sandbox_role role, int (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (sandbox_enter(role, false, NULL) < 0)
			_exit(OTHER);
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int
outcome(long done)
{
	if (done >= 0)
		return WORKED;
	return errno == EPERM ? DENIED : OTHER;
}

static int
open_a_file(void)
{
	return outcome(open("/etc/passwd", O_RDONLY));
}

static int
write_a_file(void)
{
	char name[] = "/tmp/attest-sandbox-XXXXXX";
	int fd = mkstemp(name);

	if (fd >= 0)
		unlink(name);
	return outcome(fd);
}

static int
make_an_inet_socket(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM, 0));
}

static int
make_a_netlink_socket(void)
{
	return outcome(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int
make_a_unix_socket(void)
{
	return outcome(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int inherited = -1;

static int
connect_what_was_inherited(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9) };

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return outcome(connect(inherited, (const struct sockaddr *)&at, sizeof(at)));
}

static int
bind_what_was_inherited(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };

	return outcome(bind(inherited, (const struct sockaddr *)&at, sizeof(at)));
}

static int
run_a_program(void)
{
	char name[] = "/bin/true";
	char *argv[] = { name, NULL }, *env[] = { NULL };

	return outcome(execve(name, argv, env));
}

static int
trace_the_parent(void)
{
	return outcome(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int
signal_the_parent(void)
{
	return outcome(kill(getppid(), 0));
}

static int
fork_again(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(WORKED);
	return outcome(pid);
}

static int
make_memory_that_runs(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);

	return outcome(p == MAP_FAILED ? -1 : 0);
}

static void *
thread_main(void *arg)
{
	return arg;
}

static int
start_a_thread(void)
{
	pthread_t t;
	int x = 0;
	void *back = NULL;

	if (pthread_create(&t, NULL, thread_main, &x) != 0 || pthread_join(t, &back) != 0)
		return OTHER;
	return back == &x ? WORKED : OTHER;
}

static int
use_memory_and_pipes(void)
{
	int ends[2];
	char c = 'x';
	void *p = malloc(10u << 20);

	if (p == NULL || pipe2(ends, O_CLOEXEC) != 0)
		return OTHER;
	memset(p, 1, 10u << 20);
	return write(ends[1], &c, 1) == 1 && read(ends[0], &c, 1) == 1 ? WORKED : OTHER;
}

static int
leave_traces(void)
{
	struct rlimit core;

	/* Not by syscalls of the list: what was set before holds. */
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
		return OTHER;
	return WORKED;
}

static void
worker_opens_nothing_and_reaches_nobody(void **state)
{
	(void)state;
	inherited = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(inherited >= 0);
	assert_int_equal(in_sandbox(SANDBOX_WORKER, open_a_file), DENIED);
	assert_int_equal(in_sandbox(SANDBOX_WORKER, write_a_file), DENIED);
	assert_int_equal(in_sandbox(SANDBOX_WORKER, make_an_inet_socket), DENIED);
	assert_int_equal(in_sandbox(SANDBOX_WORKER, make_a_unix_socket), DENIED);
	assert_int_equal(in_sandbox(SANDBOX_WORKER, make_a_netlink_socket), DENIED);
	assert_int_equal(in_sandbox(SANDBOX_WORKER, connect_what_was_inherited), DENIED);
	assert_int_equal(in_sandbox(SANDBOX_WORKER, bind_what_was_inherited), DENIED);
	close(inherited);
}

static void
authority_has_files_but_no_network(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(SANDBOX_AUTHORITY, open_a_file), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_AUTHORITY, write_a_file), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_AUTHORITY, make_a_unix_socket), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_AUTHORITY, make_an_inet_socket), DENIED);
	assert_int_equal(in_sandbox(SANDBOX_AUTHORITY, make_a_netlink_socket), DENIED);
}

static int
read_with_other_flags(void)
{
	static const int writing[] = { O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_RDONLY | O_CREAT };

	for (size_t i = 0; i < COUNT_OF(writing); i++)
		if (outcome(open("/dev/null", writing[i], 0600)) != DENIED)
			return WORKED;
	return DENIED;
}

static int
remove_a_file(void)
{
	return outcome(unlink("/nowhere/at/all"));
}

static int
listen_once_more(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? OTHER : outcome(listen(fd, 1));
}

static int
make_a_pair(void)
{
	int ends[2];

	return outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}

static void
gate_reads_files_and_connects_and_does_no_more(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(SANDBOX_GATE, open_a_file), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_GATE, make_an_inet_socket), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_GATE, make_a_pair), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_GATE, start_a_thread), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_GATE, use_memory_and_pipes), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_GATE, make_a_unix_socket), DENIED);
	assert_int_equal(in_sandbox(SANDBOX_GATE, make_a_netlink_socket), DENIED);
	assert_int_equal(in_sandbox(SANDBOX_GATE, listen_once_more), DENIED);
	inherited = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(inherited >= 0);
	assert_int_equal(in_sandbox(SANDBOX_GATE, bind_what_was_inherited), DENIED);
	close(inherited);
}

/* Under a sanitizer the list has more in it. */
static void
gate_writes_no_file(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(SANDBOX_GATE, remove_a_file), DENIED);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
	assert_int_equal(in_sandbox(SANDBOX_GATE, read_with_other_flags), DENIED);
	assert_int_equal(in_sandbox(SANDBOX_GATE, write_a_file), DENIED);
#else
	(void)read_with_other_flags;
#endif
}

static void
neither_starts_a_program_or_touches_another_process(void **state)
{
	static const enum sandbox_role roles[] = { SANDBOX_WORKER, SANDBOX_AUTHORITY,
		SANDBOX_GATE };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		assert_int_equal(in_sandbox(roles[i], run_a_program), 128 + SIGSYS);
		assert_int_equal(in_sandbox(roles[i], trace_the_parent), 128 + SIGSYS);
		assert_int_equal(in_sandbox(roles[i], signal_the_parent), DENIED);
		assert_int_equal(in_sandbox(roles[i], fork_again), DENIED);
		assert_int_equal(in_sandbox(roles[i], make_memory_that_runs), DENIED);
	}
}

static void
memory_threads_and_pipes_go_on(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(SANDBOX_WORKER, use_memory_and_pipes), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_WORKER, start_a_thread), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_AUTHORITY, start_a_thread), WORKED);
	assert_int_equal(in_sandbox(SANDBOX_WORKER, leave_traces), WORKED);
}

static void
users_that_do_not_exist_or_are_root_are_refused(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(sandbox_drop_user(NULL, &e), 0);
	assert_int_equal(sandbox_drop_user("no-such-user-here", &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
	err_clear(&e);
	assert_int_equal(sandbox_drop_user("root", &e), -1);
	assert_int_equal(e.code, ERR_DENIED);
}

static void
root_becomes_the_user_for_good(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int sig = 0;
		gid_t groups[4];

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (sandbox_drop_user("nobody", NULL) < 0)
			_exit(OTHER);
		prctl(PR_GET_PDEATHSIG, &sig);
		_exit(getuid() != 0 && geteuid() != 0 && getgroups(4, groups) <= 0 &&
			    seteuid(0) != 0 && sig == SIGKILL
			? WORKED
			: OTHER);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), WORKED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worker_opens_nothing_and_reaches_nobody),
		cmocka_unit_test(authority_has_files_but_no_network),
		cmocka_unit_test(gate_reads_files_and_connects_and_does_no_more),
		cmocka_unit_test(gate_writes_no_file),
		cmocka_unit_test(neither_starts_a_program_or_touches_another_process),
		cmocka_unit_test(memory_threads_and_pipes_go_on),
		cmocka_unit_test(users_that_do_not_exist_or_are_root_are_refused),
		cmocka_unit_test(root_becomes_the_user_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
