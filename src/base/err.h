/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: a value the caller owns, filled where the cause is known, given its place on the way up.
 *
 * An error says that a request could not be understood or that we failed. That evidence does not convince is no error:
 * it is a result, recorded in the trace (trace/trace.h).
 *
 *	if (size > MAX_QUOTE_SIZE)
 *		return err_set(e, ERR_LIMIT, "quote: %zu bytes, at most %d", size, MAX_QUOTE_SIZE);
 *	TRY(json_parse(text, arena, &value, e));
 *
 * A message names the clause, what was seen and what was wanted. It carries no secrets and no claim values.
 */
#pragma once

#include "base/own.h"

enum err_code {
	ERR_NONE = 0,
	ERR_MALFORMED,   /* the bytes do not follow the format */
	ERR_UNSUPPORTED, /* the format is known, this variant of it is not accepted */
	ERR_INVALID,     /* well formed, but contradicts itself or the rules */
	ERR_SIGNATURE,   /* a signature does not verify */
	ERR_DENIED,      /* the caller may not */
	ERR_MISSING,     /* a thing that was asked for or needed is not there */
	ERR_CONFLICT,    /* the state is not the one the caller expected */
	ERR_STALE,       /* outside its time of validity */
	ERR_LIMIT,       /* a ceiling of ours, or memory */
	ERR_BUSY,        /* try again later */
	ERR_UNAVAILABLE, /* another process or host does not answer */
	ERR_IO,          /* a system call failed */
	ERR_INTERNAL,    /* ours: a promise of the code does not hold */
};

struct err {
	enum err_code code;
	char msg[256];
};

/* Both return -1. The first cause stays; err_in() puts the place in front of it. E may be NULL. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF(3, 4);
int err_in(struct err *e, const char *fmt, ...) PRINTF(2, 3);
void err_clear(struct err *e);
/* "malformed", "limit", …; the metric label. */
const char *err_code_name(enum err_code code);

/* The only macro that returns. */
#define TRY(expr)                                                                                  \
	do {                                                                                       \
		if ((expr) < 0)                                                                    \
			return -1;                                                                 \
	} while (0)
