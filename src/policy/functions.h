/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of version 1.2 (maa-policy.md 9), one row each. Arguments come evaluated, left to right, and as many as
 * the row says.
 */
#pragma once

#include "policy/eval.h"

#define MAX_FUNCTION_ARGS        2
#define MAX_FUNCTION_RESULT_SIZE 4194304

struct function {
	const char *name;
	size_t arity;
	/* Returns -1 with the fault set in EV. */
	int (*call)(struct eval *ev, const struct value_set *args, struct value_set *out);
};

/* JmesPath (9.1), in a file of its own. */
int function_jmespath(struct eval *ev, const struct value_set *args, struct value_set *out);

const struct function *function_find(struct bytes name);
/* The function that was meant by a name that is none, for a hint; NULL. */
const char *function_near(struct bytes name);
