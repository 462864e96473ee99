/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What time it is. Only layer 4 and above may include this; the pure core takes time as an argument.
 *
 * clock_set_offset() exists for the dev and test programs, which judge recorded evidence at its own time; the
 * production service does not contain it (clock_shift.h).
 */
#pragma once

#include <stdint.h>

int64_t clock_now_at(void);
/* Monotonic, for durations only. */
uint64_t clock_ms(void);
uint64_t clock_us(void);
/* Like clock_ms(), and goes on while the machine sleeps: for how old a thing is, not for how long to wait. */
uint64_t clock_boot_ms(void);
void clock_set_offset(int64_t seconds);
