/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib.h"

#include <stdlib.h>
#include <string.h>

struct attest_error {
	enum attest_error_code code;
	char message[sizeof(((struct err *)0)->msg)];
};

/* For when there is no memory to say so; never freed. */
static struct attest_error out_of_memory = { ATTEST_ERROR_LIMIT, "out of memory" };

static enum attest_error_code
public_code(enum err_code code)
{
	static const enum attest_error_code codes[] = {
		[ERR_NONE] = ATTEST_ERROR_INTERNAL,
		[ERR_MALFORMED] = ATTEST_ERROR_MALFORMED,
		[ERR_UNSUPPORTED] = ATTEST_ERROR_UNSUPPORTED,
		[ERR_INVALID] = ATTEST_ERROR_INVALID,
		[ERR_SIGNATURE] = ATTEST_ERROR_INVALID,
		[ERR_DENIED] = ATTEST_ERROR_DENIED,
		[ERR_MISSING] = ATTEST_ERROR_INCOMPLETE,
		[ERR_CONFLICT] = ATTEST_ERROR_INVALID,
		[ERR_STALE] = ATTEST_ERROR_STALE,
		[ERR_LIMIT] = ATTEST_ERROR_LIMIT,
		[ERR_BUSY] = ATTEST_ERROR_UNAVAILABLE,
		[ERR_UNAVAILABLE] = ATTEST_ERROR_UNAVAILABLE,
		[ERR_IO] = ATTEST_ERROR_IO,
		[ERR_INTERNAL] = ATTEST_ERROR_INTERNAL,
	};

	return (size_t)code < COUNT_OF(codes) ? codes[code] : ATTEST_ERROR_INTERNAL;
}

int
error_give(struct attest_error **out, const struct err *e)
{
	struct attest_error *error;

	if (out == NULL)
		return -1;
	error = malloc(sizeof(*error));
	if (error == NULL) {
		*out = &out_of_memory;
		return -1;
	}
	error->code = public_code(e->code);
	memcpy(error->message, e->msg, sizeof(error->message));
	*out = error;
	return -1;
}

enum attest_error_code
attest_error_code(const struct attest_error *error)
{
	return error == NULL ? ATTEST_ERROR_NONE : error->code;
}

const char *
attest_error_message(const struct attest_error *error)
{
	return error == NULL ? "" : error->message;
}

void
attest_error_free(struct attest_error *error)
{
	if (error != &out_of_memory)
		free(error);
}
