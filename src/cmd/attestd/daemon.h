/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What attestd and attestd-dev share: the assembly of the worker, the authority's entry, and the supervised start.
 *
 * The worker: sandbox ▸ service ▸ connection to the authority ▸ first snapshot ▸ HTTP server ▸ ready. It has no file, no
 * token key and no way to get one; its TLS key comes with the snapshot.
 */
#pragma once

#include "api/api.h"
#include "authority/authority.h"
#include "net/http_server.h"
#include "proc/supervise.h"
#include "service/service.h"

/* Exit codes of both programs (product.md 2). */
enum { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_OURS = 4 };

/* What attestd-dev adds; all members may be NULL. They run in the worker. */
struct daemon_extras {
	/* After the first snapshot was published, before the server starts: more documents for API. */
	int (*on_state)(const struct snapshot *s, struct api *api, void *user, struct err *e);
	/* The listeners are open and the first snapshot is in force. Not after a restart. */
	void (*on_ready)(void *user);
	void *user;
};

struct daemon_worker {
	struct http_listener
	    listeners[MAX_HTTP_LISTENERS]; /* fd of each is set by daemon_worker_run() */
	size_t listener_count;
	struct http_limits limits;
	unsigned threads, drain_ms;
	const char *user; /* to become; NULL: nobody else */
	bool traceable;   /* dev: debuggers may look */
	struct service_config service;
	const struct daemon_extras *extras;
};

/* Both return the exit status of the process. CHILD's sockets are theirs. */
int daemon_worker_run(const struct daemon_worker *conf, const struct supervise_child *child);
int daemon_authority_run(const struct authority_config *config, const char *user, bool traceable,
    const struct supervise_child *child);

/* The types that every instance has, with the default policies; views live for ever. The count. */
size_t daemon_types(struct authority_type_config out[KIND_COUNT]);
