/* SPDX-License-Identifier: Apache-2.0 */
/* One arena for all cases of a test program: cmocka_run_group_tests(tests, arena_setup, arena_teardown). */
#pragma once

#include "base/arena.h"

static struct arena arena;

static inline int
arena_setup(void **state)
{
	(void)state;
	arena_init(&arena, 64u << 20);
	return 0;
}

static inline int
arena_teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}
