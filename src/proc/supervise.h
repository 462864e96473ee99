/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent: starts the two processes of the daemon, joins them by a socket pair, and keeps them running.
 *
 *	attestd ─┬─ attestd … --role authority --ipc N            keys, store, log
 *	         └─ attestd … --role worker --ipc N --listen-fds … TLS, HTTP, judging
 *
 * Both are /proc/self/exe with our own arguments and hidden ones behind. The listening sockets are opened by the parent
 * and kept, so that clients wait in the backlog while the two are replaced. When one ends, so does the other, and both
 * start anew: a worker without its authority can do nothing, an authority trusts a worker for one life only. What ends at
 * once is started again after a pause that grows. The parent parses nothing and speaks to nobody.
 *
 * SIGHUP goes to the authority, which reads configuration and collateral again. SIGTERM and SIGINT drain the worker, then
 * end the authority; a second one hurries. No process is signalled but our own two children.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

/*
 * Exit status of a child that the next one may replace: its peer is gone, or it had been serving when it failed. Any other
 * but 0 says that it could not start, which at the first start ends the daemon with that status.
 */
#define SUPERVISE_REPLACE  75

#define MAX_SUPERVISED_FDS 16

struct supervise_config {
	char *const *argv; /* ours, NULL-terminated; the hidden arguments are appended */
	const int *listen_fds;
	size_t listen_count;
	unsigned drain_ms; /* for the worker, after SIGTERM */
};

/*
 * Runs until a signal ends it; the exit status for the program: 0 after a drain, else that of a child that could not start.
 */
int supervise_run(const struct supervise_config *config);

/* What a child finds in its arguments. */
enum supervise_role { SUPERVISE_PARENT, SUPERVISE_WORKER, SUPERVISE_AUTHORITY };
struct supervise_child {
	enum supervise_role role;
	bool is_restart; /* not the first of its kind */
	int ipc_fd;
	int listen_fds[MAX_SUPERVISED_FDS];
	size_t listen_count;
};

/*
 * Takes the hidden arguments off the end of ARGV. SUPERVISE_PARENT when there are none. ERR_INVALID when they are not
 * what supervise_run() makes.
 */
int supervise_child_parse(int *argc, char **argv, struct supervise_child *child, struct err *e)
    MUST_CHECK;
