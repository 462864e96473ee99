/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library says when it could not do its work. That a token does not convince is no error: it is a verdict
 * (attest/verifier.h), with its list of checks (attest/result.h).
 *
 *	struct attest_error *error = NULL;
 *	struct attest_verifier *v = attest_verifier_new_with_jwks(text, size, &error);
 *	if (v == NULL) {
 *		fprintf(stderr, "%s\n", attest_error_message(error));
 *		attest_error_free(error);
 *	}
 *
 * A function that takes `struct attest_error **` writes there only when it fails, and then the caller frees it. NULL may
 * be given by whoever does not want to know. Messages hold no secrets and no claim values; they are for people and may
 * change, codes do not. An error belongs to one thread at a time.
 */
#ifndef ATTEST_ERROR_H
#define ATTEST_ERROR_H

#if defined(__GNUC__)
#define ATTEST_API        __attribute__((visibility("default")))
#define ATTEST_MUST_CHECK __attribute__((warn_unused_result))
#else
#define ATTEST_API
#define ATTEST_MUST_CHECK
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct attest_error;

enum attest_error_code {
	ATTEST_ERROR_NONE = 0,
	ATTEST_ERROR_MALFORMED = 1,   /* text that does not follow its format */
	ATTEST_ERROR_UNSUPPORTED = 2, /* of a kind that is not accepted */
	ATTEST_ERROR_INVALID =
	    3, /* contradicts itself or the rules; an argument that makes no sense */
	ATTEST_ERROR_INCOMPLETE = 4,  /* an expectation that leaves open what it must name */
	ATTEST_ERROR_DENIED = 5,      /* an address or a host that is not allowed */
	ATTEST_ERROR_STALE = 6,       /* outside its time */
	ATTEST_ERROR_LIMIT = 7,       /* a ceiling of the library's, or memory */
	ATTEST_ERROR_UNAVAILABLE = 8, /* a host does not answer */
	ATTEST_ERROR_IO = 9,          /* a system call failed */
	ATTEST_ERROR_INTERNAL = 10    /* ours */
};

/* ATTEST_ERROR_NONE for NULL. */
ATTEST_API enum attest_error_code attest_error_code(const struct attest_error *error);
/* One line without a full stop; "" for NULL. Lives as long as the error. */
ATTEST_API const char *attest_error_message(const struct attest_error *error);
/* NULL is fine. */
ATTEST_API void attest_error_free(struct attest_error *error);

#ifdef __cplusplus
}
#endif

#endif
