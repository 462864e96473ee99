/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock_shift.h"

#include "base/clock.h"

void
clock_set_offset(int64_t seconds)
{
	clock_shift_seconds = seconds;
}
