/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list args;

	if (e == NULL || e->code != ERR_NONE)
		return -1;
	e->code = code;
	va_start(args, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, args);
	va_end(args);
	return -1;
}

int
err_in(struct err *e, const char *fmt, ...)
{
	char place[sizeof(e->msg)];
	char whole[2 * sizeof(e->msg) + 2];
	va_list args;

	if (e == NULL)
		return -1;
	va_start(args, fmt);
	vsnprintf(place, sizeof(place), fmt, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "%s: %s", place, e->msg);
	memcpy(e->msg, whole, sizeof(e->msg));
	e->msg[sizeof(e->msg) - 1] = '\0';
	return -1;
}

void
err_clear(struct err *e)
{
	e->code = ERR_NONE;
	e->msg[0] = '\0';
}

const char *
err_code_name(enum err_code code)
{
	static const char *const names[] = {
		[ERR_NONE] = "none",
		[ERR_MALFORMED] = "malformed",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_INVALID] = "invalid",
		[ERR_SIGNATURE] = "signature",
		[ERR_DENIED] = "denied",
		[ERR_MISSING] = "missing",
		[ERR_CONFLICT] = "conflict",
		[ERR_STALE] = "stale",
		[ERR_LIMIT] = "limit",
		[ERR_BUSY] = "busy",
		[ERR_UNAVAILABLE] = "unavailable",
		[ERR_IO] = "io",
		[ERR_INTERNAL] = "internal",
	};

	return (size_t)code < COUNT_OF(names) ? names[code] : "unknown";
}
