/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "../../support/test.h"

#include <time.h>

static void
an_offset_moves_the_time_of_judgement_only(void **state)
{
	int64_t real = (int64_t)time(NULL);
	uint64_t before = clock_us();

	(void)state;
	assert_in_range(clock_now_at(), real, real + 5);
	clock_set_offset(-86400);
	assert_in_range(clock_now_at(), real - 86400, real - 86400 + 5);
	assert_true(clock_us() >= before);
	assert_in_range(clock_us() - before, 0, 5000000);
	clock_set_offset(0);
	assert_in_range(clock_now_at(), real, real + 5);
}

static void
durations_never_run_backwards(void **state)
{
	uint64_t last = clock_us();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t now = clock_us();

		assert_true(now >= last);
		last = now;
	}
	assert_in_range(clock_ms(), last / 1000, last / 1000 + 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offset_moves_the_time_of_judgement_only),
		cmocka_unit_test(durations_never_run_backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
