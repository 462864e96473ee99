/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between clock.c and clock_shift.c, which holds clock_set_offset() in an object file of its own: a linker takes it only
 * into programs that call it, and the production service is none of them.
 */
#pragma once

#include <stdint.h>

extern int64_t clock_shift_seconds;
