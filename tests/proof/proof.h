/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the proofs share: bytes at a fence, and how deep to go.
 *
 * A fence is a buffer with a page before and one behind it that no one may touch. Bytes laid against its end are followed
 * by that page, bytes laid at its beginning preceded by the other: a read or write one byte outside ends the program,
 * with any compiler.
 */
#pragma once

#include "../support/test.h"

#include "base/bytes.h"
#include "base/own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fence {
	uint8_t *begin, *end;
};

static inline struct fence
fence_make(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *p =
	    mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p, page, PROT_NONE), 0);
	assert_int_equal(mprotect(p + 2 * page, page, PROT_NONE), 0);
	return (struct fence){ p + page, p + 2 * page };
}

static inline void
fence_free(struct fence f)
{
	size_t page = (size_t)(f.end - f.begin);

	munmap(f.begin - page, 3 * page);
}

/* SIZE bytes that end, or begin, at a forbidden page. */
static inline uint8_t *
fence_room(struct fence f, size_t size, bool at_end)
{
	return at_end ? f.end - size : f.begin;
}

static inline bool
proof_is_deep(void)
{
	const char *deep = getenv("ATTEST_PROOF_DEEP");

	return deep != NULL && strcmp(deep, "1") == 0;
}

/* What was covered, for the log: a proof that looked at nothing proves nothing. */
static inline void
proof_covered(unsigned long long count, const char *what)
{
	assert_true(count > 0);
	print_message("# %llu %s\n", count, what);
}
