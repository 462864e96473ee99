/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults on purpose: the n-th allocation, library call, system call or message fails, for n = 1, 2, … until a run passes
 * without having met one (style.md 10). What is asked of every run before: no crash, no leak, and either an honest error,
 * which blames us and not the evidence, or the right result in spite of the fault.
 *
 *	static int
 *	run(void *ctx, struct err *e)
 *	{
 *		int got = thing_do(ctx, &out, e);
 *
 *		fault_disarm();
 *		… look at OUT; give everything back
 *		return got;
 *	}
 *	…
 *	fault_sweep("thing", run, ctx, fault_pure_sites);
 *
 * The calls are replaced by the linker (--wrap) in the programs of tests/faults; calls.txt there names every function
 * outside of the tree that the tree calls, and what becomes of it. Each site is swept twice: one call fails, and all from
 * the n-th on fail. Where there are very many calls a seeded sample of them is tried; with ATTEST_FAULT_ALL=1 all are.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum fault_site {
	FAULT_NONE,
	FAULT_MEMORY,        /* malloc() and its like, called by us: NULL */
	FAULT_CRYPTO,        /* a call of OpenSSL fails and does not say why */
	FAULT_CRYPTO_MEMORY, /* … and says that memory ran out */
	FAULT_CRYPTO_HEAP,   /* an allocation inside of OpenSSL: NULL */
	FAULT_FILE,       /* a system call on a file or folder: EIO; all from the n-th on: ENOSPC */
	FAULT_FILE_SHORT, /* reads and writes half of what was asked for */
	FAULT_FILE_BROKEN, /* EINTR */
	FAULT_IPC,         /* a system call on the socket between our processes: EIO */
	FAULT_IPC_SHORT,   /* moves one byte */
	FAULT_IPC_BROKEN,  /* EINTR */
	FAULT_IPC_CLOSED,  /* the peer is gone */
	FAULT_THREAD,      /* pthread_create(): EAGAIN */
	FAULT_STORE,       /* a call of SQLite: SQLITE_IOERR */
	FAULT_STORE_HEAP,  /* an allocation inside of SQLite: NULL */
	FAULT_STORE_DISK,  /* a system call inside of SQLite: EIO; all from the n-th on: ENOSPC */
	FAULT_YAML,        /* a call of libyaml says that memory ran out */
	FAULT_SITE_COUNT
};

/* Each ends with FAULT_NONE. */
extern const enum fault_site fault_pure_sites[];   /* layers 0 to 3 */
extern const enum fault_site fault_crypto_sites[]; /* those of them that touch keys */
extern const enum fault_site fault_file_sites[];
extern const enum fault_site fault_ipc_sites[];
extern const enum fault_site fault_store_sites[];

/* No fault from here on in this run. */
void fault_disarm(void);
/* None in between, also one within the other: for what a test does in the middle of what it examines. */
void fault_pause(void);
void fault_resume(void);

/*
 * RUN gives 0, or -1 with *E; what it gives back it has examined itself. It must do the same work each time. A run that
 * fails without a fault, or with an error that is a verdict on what was judged, fails the test.
 */
void fault_sweep(const char *subject, int (*run)(void *ctx, struct err *e), void *ctx,
    const enum fault_site *sites);

/* How many n of very many are tried from here on, in front and spread over the rest; 0: as many as usual. */
void fault_sample(unsigned n);

/* For the wrappers: does this call of GROUP fail? If so, how (a site of this group), else FAULT_NONE. */
enum fault_site fault_meets(enum fault_site group);
/* EIO or ENOSPC, as the site says. */
int fault_errno(void);
