/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tools/mutate, in builds with ATTEST_MUTATE: before main() of any test program the check that $ATTEST_MUTATE_CHECK
 * names is turned off, and only the cases that $ATTEST_TEST_FILTER names are chosen (* and ? as in file names).
 */
#pragma once

#include "trace/trace.h"

#include <stdio.h>
#include <stdlib.h>

/* Weak: programs of layers below the trace have no check to turn off. */
__attribute__((weak)) void trace_mutate_off(enum check_id id);
__attribute__((weak)) enum check_id check_find(const char *id);

static enum check_id mutated_check = CHECK_NONE;

__attribute__((constructor)) static void
mutate_begin(void)
{
	const char *id = getenv("ATTEST_MUTATE_CHECK"), *filter = getenv("ATTEST_TEST_FILTER");

	if (filter != NULL)
		cmocka_set_test_filter(filter);
	if (id == NULL)
		return;
	if (trace_mutate_off != NULL && check_find != NULL)
		mutated_check = check_find(id);
	/* A check that does not exist cannot be missed by a test. */
	if (mutated_check == CHECK_NONE) {
		(void)fprintf(stderr, "there is no check %s\n", id);
		exit(2);
	}
	trace_mutate_off(mutated_check);
}
