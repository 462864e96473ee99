/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request memory: many small things that die together.
 *
 * An arena grows in blocks up to its ceiling and is dropped whole. arena_reset() keeps the first block, so that a warm
 * request does not touch the heap. Allocations are zeroed and aligned for any type.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

struct arena_block;

struct arena {
	struct arena_block *first;
	struct arena_block *now;
	size_t used;    /* bytes given out since the last reset, each part rounded up */
	size_t ceiling; /* arena_alloc() fails beyond this */
	bool starved;   /* it failed below it: there is no memory, and nobody asked for too much */
};

void arena_init(struct arena *a, size_t ceiling);
void arena_release(struct arena *a);
void arena_reset(struct arena *a);
/* Overwrites what was given out, before a release or reset, so that nothing of it stays in memory. */
void arena_wipe(struct arena *a);

/* NULL when the ceiling or memory is reached; SIZE 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;
/* COUNT elements of SIZE bytes; NULL on overflow too. */
void *arena_array(struct arena *a, size_t count, size_t size) MUST_CHECK;
/* A copy with a NUL behind it that is not counted; p is NULL on failure. */
struct bytes arena_copy(struct arena *a, struct bytes from) MUST_CHECK;
/* The error every caller sets when one of these gives NULL: ERR_LIMIT, "<what>: out of memory". */
int arena_fail(struct err *e, const char *what);
/* Is E what arena_fail() set, and no limit of a format? Who judges documents must tell the two apart. */
bool arena_failed(const struct err *e);
