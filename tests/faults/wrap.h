/* SPDX-License-Identifier: Apache-2.0 */
/* How a call is replaced: it reaches the real function unless its turn to fail has come. */
#pragma once

#include "../support/fault.h"

#define DECLARE(type, name, ...)                                                                   \
	type __real_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

/* FAIL is what happens, and its value what is returned. */
#define WRAP(group, fail, type, name, args, ...)                                                   \
	DECLARE(type, name, __VA_ARGS__);                                                          \
	type __wrap_##name(__VA_ARGS__)                                                            \
	{                                                                                          \
		if (fault_meets(group) != FAULT_NONE)                                              \
			return fail;                                                               \
		return __real_##name args;                                                         \
	}                                                                                          \
	_Static_assert(1, "")
