/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "../../support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_MODULE "module"

static char said[8192];

/* Runs log_info with DETAIL while standard error goes into a pipe; what was written is in `said`. */
static void
say(enum log_level least, bool json, enum log_level level, const char *detail)
{
	int ends[2], saved;
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	saved = dup(STDERR_FILENO);
	assert_true(saved >= 0);
	dup2(ends[1], STDERR_FILENO);
	log_setup(least, json, "worker");
	log_line(level, LOG_MODULE, "event", "%s", detail);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	got = read(ends[0], said, sizeof(said) - 1);
	close(ends[0]);
	said[got < 0 ? 0 : got] = '\0';
}

static void
a_line_names_time_level_process_module_and_event(void **state)
{
	(void)state;
	say(LOG_INFO, false, LOG_INFO, "kid=abc");
	assert_memory_equal(said, "at=2", 4);
	assert_string_equal(said + strlen("at=2026-11-24T06:30:00Z"),
	    " level=info process=worker module=module event=\"event\" kid=abc\n");
	say(LOG_INFO, false, LOG_ERROR, "");
	assert_string_equal(said + strlen("at=2026-11-24T06:30:00Z"),
	    " level=error process=worker module=module event=\"event\"\n");
	say(LOG_INFO, true, LOG_WARN, "kid=abc");
	assert_string_equal(said + strlen("{\"at\":\"2026-11-24T06:30:00Z\""),
	    ",\"level\":\"warn\",\"process\":\"worker\",\"module\":\"module\",\"event\":\"event\","
	    "\"detail\":\"kid=abc\"}\n");
}

static void
lines_below_the_level_are_not_written(void **state)
{
	(void)state;
	say(LOG_WARN, false, LOG_INFO, "x");
	assert_string_equal(said, "");
	say(LOG_INFO, false, LOG_DEBUG, "x");
	assert_string_equal(said, "");
	say(LOG_DEBUG, false, LOG_DEBUG, "x");
	assert_string_not_equal(said, "");
}

static void
a_value_cannot_begin_a_line_of_its_own(void **state)
{
	(void)state;
	for (int json = 0; json < 2; json++) {
		say(LOG_INFO, json != 0, LOG_INFO,
		    "host=x\nat=2000 level=info event=\"forged\"\r\n\x1b[2J\x7f");
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
		assert_null(strchr(said, '\r'));
		assert_null(strchr(said, '\x1b'));
		assert_null(strchr(said, '\x7f'));
		assert_non_null(strstr(said, "host=x\\u000aat=2000"));
	}
}

static void
quotes_and_other_bytes_stay_inside_the_json_string(void **state)
{
	(void)state;
	say(LOG_INFO, true, LOG_INFO, "a=\"b\\c\"\tz\xff\xc3\xa4");
	assert_non_null(strstr(said, "\"detail\":\"a=\\\"b\\\\c\\\"\\u0009z\\u00ff\xc3\xa4\"}\n"));
}

static void
a_long_line_is_cut_and_still_ends(void **state)
{
	static char text[3000];

	(void)state;
	memset(text, '\x01', sizeof(text) - 1);
	for (int json = 0; json < 2; json++) {
		size_t size;

		say(LOG_INFO, json != 0, LOG_INFO, text);
		size = strlen(said);
		assert_true(size > 1000 && size < 4096);
		assert_string_equal(said + size - (json ? 3 : 1), json ? "\"}\n" : "\n");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_names_time_level_process_module_and_event),
		cmocka_unit_test(lines_below_the_level_are_not_written),
		cmocka_unit_test(a_value_cannot_begin_a_line_of_its_own),
		cmocka_unit_test(quotes_and_other_bytes_stay_inside_the_json_string),
		cmocka_unit_test(a_long_line_is_cut_and_still_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
