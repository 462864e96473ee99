/* SPDX-License-Identifier: Apache-2.0 */
/* The functions, one row each; private to jmespath/. */
#pragma once

#include "jmespath/run.h"

#define ANY_NUMBER_OF_ARGS SIZE_MAX

/* What an argument may be: a bit per type of JSON, and these. */
#define TAKES(type)      (1u << (type))
#define TAKES_EXPRESSION (1u << 8)  /* &a */
#define TAKES_NUMBERS    (1u << 9)  /* an array of numbers only */
#define TAKES_STRINGS    (1u << 10) /* an array of strings only */

struct parameter {
	unsigned takes;
	const char *words; /* "a number" */
};

struct function {
	const char *name;
	size_t min_args, max_args;
	struct parameter parameters[2]; /* the last one also for all that follow */
	/* CALL's arguments, evaluated from left to right and of the types above; NULL for an expression. */
	int (*run)(struct run *r, const struct step *call, const struct json *const *args,
	    const struct json **out);
};

/* NULL: there is none, or OPTIONS do not have it. */
const struct function *jmespath_function(struct bytes name, const struct jmespath_options *options);
/* The parameter that the argument at INDEX is for. */
const struct parameter *jmespath_parameter(const struct function *fn, size_t index);
