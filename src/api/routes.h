/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes and how a path finds its row. */
#pragma once

#include "api/api.h"

struct route {
	const char *method;
	/* Matched without case. "{x}" takes what stands up to '/' or ':'; "{*}" the rest. */
	const char *pattern;
	void (*handler)(struct api_call *call); /* NULL: answers 501 NotImplemented */
	unsigned role; /* bits of enum role, any of them; 0: for everybody */
	unsigned flags;
};
enum route_flags {
	ROUTE_PROCESS = 1,  /* about the process: any Host will do */
	ROUTE_PREBUILT = 2, /* the answer is one for all callers */
	ROUTE_SHARED = 4,   /* on a Shared instance any valid token will do (maa-api.md 1.2) */
};

/* NULL when no row fits; *ALLOW (at least 64 bytes) then lists the methods that the path has, empty for none. */
const struct route *route_find(struct bytes method, struct bytes path,
    struct bytes args[MAX_ROUTE_ARGS], char allow[64]);
size_t route_count(void);
const struct route *route_at(size_t i);
