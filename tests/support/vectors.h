/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public test vectors, which are not part of this repository: the folder $ATTEST_VECTORS, or shared/vectors beside
 * the source tree. Without them the programs that need them are skipped, and say so.
 *
 *	NEED_VECTORS("json/test_parsing");
 *	...
 *	assert_true(vector_read("json/test_parsing/y_array_empty.json", &arena, &text));
 */
#pragma once

#include "base/arena.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_VECTOR_PATH 4096

static inline void
vector_path(const char *name, char out[MAX_VECTOR_PATH])
{
	const char *vectors = getenv("ATTEST_VECTORS"), *root = getenv("ATTEST_ROOT");

	if (vectors != NULL && vectors[0] != '\0')
		snprintf(out, MAX_VECTOR_PATH, "%s/%s", vectors, name);
	else
		snprintf(out, MAX_VECTOR_PATH, "%s/../shared/vectors/%s", root == NULL ? "." : root,
		    name);
}

static inline bool
vector_exists(const char *name)
{
	char path[MAX_VECTOR_PATH];

	vector_path(name, path);
	return access(path, R_OK) == 0;
}

/* False when there is no such file, or no memory for it. */
static inline bool
vector_read(const char *name, struct arena *a, struct bytes *out)
{
	char path[MAX_VECTOR_PATH];
	struct stat st;
	uint8_t *p;
	size_t got = 0;

	vector_path(name, path);
	DEFER(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < 0)
		return false;
	p = arena_alloc(a, (size_t)st.st_size);
	while (p != NULL && got < (size_t)st.st_size) {
		ssize_t n = read(fd, p + got, (size_t)st.st_size - got);

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	*out = bytes_of(p, got);
	return p != NULL;
}

/* For the first line of main(); TAP for a program that is skipped whole. */
#define NEED_VECTORS(name)                                                                         \
	do {                                                                                       \
		if (!vector_exists(name)) {                                                        \
			puts("1..0 # SKIP no " name ": set ATTEST_VECTORS");                       \
			return 0;                                                                  \
		}                                                                                  \
	} while (0)
