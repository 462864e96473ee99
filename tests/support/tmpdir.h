/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a test's own, gone afterwards with all that is in it. */
#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct tmpdir {
	char path[128];
};

static inline struct tmpdir
tmpdir_new(void)
{
	struct tmpdir d;
	const char *base = getenv("TMPDIR");

	snprintf(d.path, sizeof(d.path), "%.96s/attest-test-XXXXXX", base == NULL ? "/tmp" : base);
	if (mkdtemp(d.path) == NULL)
		abort();
	return d;
}

static inline int
tmpdir_remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static inline void
tmpdir_drop(struct tmpdir *d)
{
	(void)nftw(d->path, tmpdir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* PATH inside the folder; one of four buffers in turn. */
static inline const char *
tmpdir_at(const struct tmpdir *d, const char *name)
{
	static char room[4][256];
	static unsigned turn;
	char *out = room[turn++ % 4];

	snprintf(out, sizeof(room[0]), "%s/%s", d->path, name);
	return out;
}
