/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/supervise.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOG_MODULE       "supervise"

#define MAX_ARGUMENTS    64
#define HIDDEN_ARGUMENTS 8
#define FIRST_PAUSE_MS   50
#define MAX_PAUSE_MS     1000
#define STEADY_MS        150  /* whoever lived that long is replaced without a longer pause */
#define END_MS           5000 /* for a child to end after it was told to */

static const char *const role_names[] = { "", "worker", "authority" };

struct kid {
	enum supervise_role role;
	pid_t pid; /* 0: none */
	int status;
};

struct supervisor {
	const struct supervise_config *config;
	struct kid worker, authority;
	sigset_t signals;
	uint64_t started_ms;
	unsigned generation, pause_ms;
	bool told_to_end, hurry;
};

/* --- starting --- */

struct hidden {
	char ipc[16], fds[MAX_SUPERVISED_FDS * 12];
	char *argv[MAX_ARGUMENTS + HIDDEN_ARGUMENTS + 1];
};

static bool
hidden_fill(struct hidden *h, const struct supervisor *s, const struct kid *kid, int ipc_fd)
{
	static char role_flag[] = "--role", ipc_flag[] = "--ipc", fds_flag[] = "--listen-fds",
		    again_flag[] = "--again";
	static char names[][16] = { "", "worker", "authority" };
	size_t n = 0, used = 0;

	for (; s->config->argv[n] != NULL; n++) {
		if (n >= MAX_ARGUMENTS)
			return false;
		h->argv[n] = s->config->argv[n];
	}
	snprintf(h->ipc, sizeof(h->ipc), "%d", ipc_fd);
	h->argv[n++] = role_flag;
	h->argv[n++] = names[kid->role];
	h->argv[n++] = ipc_flag;
	h->argv[n++] = h->ipc;
	if (kid->role == SUPERVISE_WORKER) {
		h->fds[0] = '\0';
		for (size_t i = 0; i < s->config->listen_count; i++)
			used += (size_t)snprintf(h->fds + used, sizeof(h->fds) - used, "%s%d",
			    i == 0 ? "" : ",", s->config->listen_fds[i]);
		h->argv[n++] = fds_flag;
		h->argv[n++] = h->fds;
	}
	if (s->generation > 0)
		h->argv[n++] = again_flag;
	h->argv[n] = NULL;
	return true;
}

static void
keep_over_exec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags >= 0)
		fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC);
}

/* Between fork and exec: only calls that are safe there. */
static void __attribute__((noreturn)) become_child(const struct supervisor *s,
    const struct kid *kid, struct hidden *h, int ipc_fd, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A terminal's Ctrl-C is for the parent, which ends us in order. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, kid->role == SUPERVISE_WORKER ? SIGKILL : SIGTERM);
	if (getppid() != parent)
		_exit(SUPERVISE_REPLACE);
	keep_over_exec(ipc_fd);
	if (kid->role == SUPERVISE_WORKER)
		for (size_t i = 0; i < s->config->listen_count; i++)
			keep_over_exec(s->config->listen_fds[i]);
	execv("/proc/self/exe", h->argv);
	_exit(127);
}

static bool
start_kid(struct supervisor *s, struct kid *kid, int ipc_fd)
{
	struct hidden *h = calloc(1, sizeof(*h));
	pid_t parent = getpid(), pid;

	if (h == NULL || !hidden_fill(h, s, kid, ipc_fd)) {
		free(h);
		log_error("cannot start", "role=%s too many arguments", role_names[kid->role]);
		return false;
	}
	pid = fork();
	if (pid == 0)
		become_child(s, kid, h, ipc_fd, parent);
	free(h);
	if (pid < 0) {
		log_error("cannot start", "role=%s errno=%d", role_names[kid->role], errno);
		return false;
	}
	kid->pid = pid;
	kid->status = 0;
	log_info("started", "role=%s pid=%d", role_names[kid->role], (int)pid);
	return true;
}

static bool
start_pair(struct supervisor *s)
{
	int ends[2];
	bool good;

	s->started_ms = clock_ms();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		log_error("cannot start", "socketpair errno=%d", errno);
		return false;
	}
	good = start_kid(s, &s->authority, ends[0]) && start_kid(s, &s->worker, ends[1]);
	close(ends[0]);
	close(ends[1]);
	s->generation++;
	return good;
}

/* --- ending --- */

/* True when KID is no more. */
static bool
reap(struct kid *kid)
{
	int status;

	if (kid->pid == 0)
		return true;
	if (waitpid(kid->pid, &status, WNOHANG) != kid->pid)
		return false;
	if (WIFSIGNALED(status))
		log_warn("ended", "role=%s pid=%d signal=%d", role_names[kid->role], (int)kid->pid,
		    WTERMSIG(status));
	else
		log_info("ended", "role=%s pid=%d status=%d", role_names[kid->role], (int)kid->pid,
		    WEXITSTATUS(status));
	kid->pid = 0;
	kid->status = status;
	return true;
}

/* Waits for one of our signals for at most MS; 0 when none came. */
static int
next_signal(struct supervisor *s, uint64_t ms)
{
	const struct timespec wait = { .tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000L };
	int got = sigtimedwait(&s->signals, NULL, &wait);

	if (got == SIGTERM || got == SIGINT) {
		s->hurry = s->told_to_end;
		s->told_to_end = true;
	}
	if (got == SIGHUP && s->authority.pid != 0)
		kill(s->authority.pid, SIGHUP);
	return got < 0 ? 0 : got;
}

/* Tells KID to end and sees to it that it has, after MS at the latest. */
static void
end_kid(struct supervisor *s, struct kid *kid, uint64_t ms)
{
	uint64_t until = clock_ms() + ms;

	if (reap(kid))
		return;
	kill(kid->pid, SIGTERM);
	while (!reap(kid)) {
		uint64_t now = clock_ms();

		if (now >= until || s->hurry) {
			log_warn("killed", "role=%s pid=%d", role_names[kid->role], (int)kid->pid);
			kill(kid->pid, SIGKILL);
			while (!reap(kid))
				(void)next_signal(s, 100);
			return;
		}
		(void)next_signal(s, until - now);
	}
}

/* --- running --- */

/* The status of a child that could not even start, else 0. */
static int
failed_at_start(const struct supervisor *s, const struct kid *kid)
{
	int status;

	if (s->generation > 1 || kid->pid != 0 || !WIFEXITED(kid->status))
		return 0;
	status = WEXITSTATUS(kid->status);
	return status == SUPERVISE_REPLACE ? 0 : status;
}

static void
pause_before_restart(struct supervisor *s)
{
	uint64_t until;

	if (clock_ms() - s->started_ms >= STEADY_MS || s->pause_ms == 0)
		s->pause_ms = FIRST_PAUSE_MS;
	else if (s->pause_ms < MAX_PAUSE_MS)
		s->pause_ms *= 2;
	until = clock_ms() + s->pause_ms;
	while (!s->told_to_end) {
		uint64_t now = clock_ms();

		if (now >= until)
			break;
		(void)next_signal(s, until - now);
	}
}

/* One has ended: the other follows. The exit status if that was the end of all, else 0. */
static int
after_death(struct supervisor *s)
{
	int status;

	end_kid(s, &s->worker, END_MS);
	end_kid(s, &s->authority, END_MS);
	status = failed_at_start(s, &s->authority);
	if (status == 0)
		status = failed_at_start(s, &s->worker);
	return status;
}

int
supervise_run(const struct supervise_config *config)
{
	struct supervisor s = { .config = config,
		.worker = { .role = SUPERVISE_WORKER },
		.authority = { .role = SUPERVISE_AUTHORITY } };

	sigemptyset(&s.signals);
	sigaddset(&s.signals, SIGCHLD);
	sigaddset(&s.signals, SIGTERM);
	sigaddset(&s.signals, SIGINT);
	sigaddset(&s.signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &s.signals, NULL);
	while (!s.told_to_end) {
		bool running = start_pair(&s);

		while (running && !s.told_to_end) {
			(void)next_signal(&s, 1000);
			/* Both are asked: neither may be left as a zombie. */
			bool worker_gone = reap(&s.worker), authority_gone = reap(&s.authority);

			running = !worker_gone && !authority_gone;
		}
		if (s.told_to_end)
			break;
		int status = after_death(&s);

		if (status != 0)
			return status;
		pause_before_restart(&s);
	}
	end_kid(&s, &s.worker, config->drain_ms + 1000u);
	end_kid(&s, &s.authority, END_MS);
	return 0;
}

/* --- the child's side --- */

static bool
number(const char *text, char until, int *out, const char **rest)
{
	long v = 0;
	size_t n = 0;

	for (; text[n] >= '0' && text[n] <= '9' && n < 7; n++)
		v = v * 10 + (text[n] - '0');
	if (n == 0 || (text[n] != '\0' && text[n] != until))
		return false;
	*out = (int)v;
	*rest = text[n] == '\0' ? NULL : text + n + 1;
	return true;
}

static bool
fd_list(const char *text, struct supervise_child *child)
{
	if (*text == '\0')
		return true;
	while (text != NULL) {
		if (child->listen_count >= MAX_SUPERVISED_FDS ||
		    !number(text, ',', &child->listen_fds[child->listen_count], &text))
			return false;
		child->listen_count++;
	}
	return true;
}

static void
close_over_exec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags >= 0)
		fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

int
supervise_child_parse(int *argc, char **argv, struct supervise_child *child, struct err *e)
{
	const char *rest = NULL;
	int at = 1, count = *argc;

	*child = (struct supervise_child){ .ipc_fd = -1 };
	while (at < count && strcmp(argv[at], "--role") != 0)
		at++;
	if (at == count)
		return 0;
	*argc = at;
	if (at + 3 >= count || strcmp(argv[at + 2], "--ipc") != 0 ||
	    !number(argv[at + 3], '\0', &child->ipc_fd, &rest))
		return err_set(e, ERR_INVALID, "--role: is given by attestd itself only");
	if (strcmp(argv[at + 1], "worker") == 0)
		child->role = SUPERVISE_WORKER;
	else if (strcmp(argv[at + 1], "authority") == 0)
		child->role = SUPERVISE_AUTHORITY;
	else
		return err_set(e, ERR_INVALID, "--role: %s is none of ours", argv[at + 1]);
	for (at += 4; at < count; at++) {
		if (strcmp(argv[at], "--again") == 0)
			child->is_restart = true;
		else if (strcmp(argv[at], "--listen-fds") != 0 || at + 1 >= count ||
		    !fd_list(argv[++at], child))
			return err_set(e, ERR_INVALID, "--listen-fds: not a list of descriptors");
	}
	argv[*argc] = NULL;
	close_over_exec(child->ipc_fd);
	for (size_t i = 0; i < child->listen_count; i++)
		close_over_exec(child->listen_fds[i]);
	return 0;
}
