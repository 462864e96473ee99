/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stamp.h"

#include "../../support/test.h"

#include <string.h>
#include <time.h>

static bool
accepts(const char *text)
{
	int64_t at = -1;

	return stamp_parse(bytes_of_str(text), &at);
}

static void
every_day_to_the_year_9999_round_trips(void **state)
{
	char text[STAMP_SIZE];

	(void)state;
	/* A second that walks through the day, so that every hour, minute and second is met. */
	for (int64_t day = 0; day <= 2932896; day++) {
		int64_t at = day * 86400 + day * 12347 % 86400, again = -1;

		stamp_format(at, text);
		if (!stamp_parse(bytes_of_str(text), &again) || again != at)
			fail_msg("day %lld: %s", (long long)day, text);
	}
}

static void
the_calendar_is_that_of_the_c_library(void **state)
{
	(void)state;
	for (int64_t at = 0; at < 253402300800; at += 8640007) {
		char ours[STAMP_SIZE], theirs[64];
		time_t t = at;
		struct tm tm;

		stamp_format(at, ours);
		gmtime_r(&t, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_string_equal(ours, theirs);
	}
}

static void
known_times_are_read(void **state)
{
	int64_t at;

	(void)state;
	assert_true(stamp_parse(BYTES("1970-01-01T00:00:00Z"), &at));
	assert_int_equal(at, 0);
	assert_true(stamp_parse(BYTES("2026-11-24T06:30:00Z"), &at));
	assert_int_equal(at, 1795501800);
	assert_true(stamp_parse(BYTES("2000-02-29T23:59:59Z"), &at));
	assert_int_equal(at, 951868799);
	assert_true(stamp_parse(BYTES("9999-12-31T23:59:59Z"), &at));
	assert_int_equal(at, 253402300799);
}

static void
times_that_do_not_exist_are_refused(void **state)
{
	static const char *const bad[] = { "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z", "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z",
		"2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "1969-12-31T23:59:59Z",
		"0000-01-01T00:00:00Z" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(accepts(bad[i]));
}

static void
other_spellings_are_refused(void **state)
{
	static const char *const bad[] = { "", "2026-11-24", "2026-11-24T06:30:00",
		"2026-11-24T06:30:00z", "2026-11-24t06:30:00Z", "2026-11-24 06:30:00Z",
		"2026-11-24T06:30:00+00:00", "2026-11-24T06:30:00.0Z", "2026-11-24T06:30:00Z ",
		" 2026-11-24T06:30:00Z", "26-11-24T06:30:00Z", "12026-11-24T06:30:00Z",
		"2026-1-24T06:30:00Z", "2026-11-24T6:30:00Z", "+026-11-24T06:30:00Z",
		"2026-11-24T06:30:-1Z", "2026/11/24T06:30:00Z", "2026-11-24T06.30.00Z" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(accepts(bad[i]));
	assert_false(stamp_parse(BYTES("2026-11-24T06:30:00Z\0"), &(int64_t){ 0 }));
}

static void
a_refusal_leaves_the_output_alone(void **state)
{
	int64_t at = 77;

	(void)state;
	assert_false(stamp_parse(BYTES("2026-02-30T00:00:00Z"), &at));
	assert_int_equal(at, 77);
	assert_false(stamp_from_civil(10000, 1, 1, 0, 0, 0, &at));
	assert_false(stamp_from_civil(0, 1, 1, 0, 0, 0, &at));
	assert_false(stamp_from_civil(2026, 1, 1, -1, 0, 0, &at));
	assert_false(stamp_from_civil(2026, 1, 1, 0, -1, 0, &at));
	assert_false(stamp_from_civil(2026, 1, 1, 0, 0, -1, &at));
	assert_int_equal(at, 77);
}

static void
times_outside_the_calendar_are_shown_as_none(void **state)
{
	static const int64_t outside[] = { -1, INT64_MIN, 253402300800, INT64_MAX };
	char text[STAMP_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(outside); i++) {
		stamp_format(outside[i], text);
		assert_string_equal(text, "0000-00-00T00:00:00Z");
		assert_false(accepts(text));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_to_the_year_9999_round_trips),
		cmocka_unit_test(the_calendar_is_that_of_the_c_library),
		cmocka_unit_test(known_times_are_read),
		cmocka_unit_test(times_that_do_not_exist_are_refused),
		cmocka_unit_test(other_spellings_are_refused),
		cmocka_unit_test(a_refusal_leaves_the_output_alone),
		cmocka_unit_test(times_outside_the_calendar_are_shown_as_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
