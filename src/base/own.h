/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owning things: DEFER frees at the end of the scope, TAKE hands ownership on.
 *
 *	DEFER(cert_chain_freep) struct cert_chain *c = cert_chain_new();
 *	...
 *	*out = TAKE(c);
 */
#pragma once

#include <stddef.h>

#define DEFER(fn) __attribute__((cleanup(fn)))
#define TAKE(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) p_ = (p);                                                            \
		(p) = NULL;                                                                        \
		p_;                                                                                \
	})
#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define COUNT_OF(array)   (sizeof(array) / sizeof((array)[0]))

/* DEFER(freep) char *s = ...; for anything that free() releases. */
void freep(void *pointer_to_pointer);
/* DEFER(closep) int fd = ...; -1 is nothing. */
void closep(int *fd);
