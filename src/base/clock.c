/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "base/clock_shift.h"

#include <time.h>

/* Nobody changes it in a program that is not linked with clock_shift.c. */
int64_t clock_shift_seconds;

int64_t
clock_now_at(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec + clock_shift_seconds;
}

uint64_t
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t
clock_ms(void)
{
	return clock_us() / 1000;
}

uint64_t
clock_boot_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
