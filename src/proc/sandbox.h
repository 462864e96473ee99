/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process of ours gives up before it touches foreign bytes (style.md 3, "Processes").
 *
 *	TRY(sandbox_drop_user("attestd", &e));            as root only, before there are threads
 *	TRY(sandbox_enter(SANDBOX_WORKER, false, &e));    on the first thread, before there are others
 *
 * The worker may use the sockets it was given, memory, threads and time: it opens no file, makes no socket, reaches no
 * host. The authority may use files and Unix sockets, no network. The gate of a relying party (cmd/attest/gate.c) takes
 * connections at the sockets it was given and makes some over IPv4 and IPv6; of files it reads what its user may read (its
 * rules, certificates, the resolver's settings) and writes none; it listens nowhere else and reaches no Unix socket. None
 * of them starts a program or another process. A call outside the list fails with EPERM; starting a program or reaching into another process ends ours at once, because no
 * honest way leads there.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

enum sandbox_role { SANDBOX_WORKER, SANDBOX_AUTHORITY, SANDBOX_GATE };

/*
 * Becomes USER with its group alone and no way back; keeps the parent-death signal. Nothing to do when USER is NULL or we
 * are that user already. ERR_MISSING: no such user; ERR_DENIED: we are neither root nor that user.
 */
int sandbox_drop_user(const char *user, struct err *e) MUST_CHECK;
/* No core files, no new privileges, not traceable (unless TRACEABLE, for dev), and the list of calls of the role. */
int sandbox_enter(enum sandbox_role role, bool traceable, struct err *e) MUST_CHECK;
