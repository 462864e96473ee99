/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "../../support/test.h"

#include <string.h>

static void
the_first_cause_stays(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(err_set(&e, ERR_LIMIT, "quote: %d bytes", 9), -1);
	assert_int_equal(err_set(&e, ERR_INTERNAL, "second"), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_string_equal(e.msg, "quote: 9 bytes");
	err_clear(&e);
	assert_int_equal(e.code, ERR_NONE);
	assert_string_equal(e.msg, "");
	assert_int_equal(err_set(&e, ERR_INTERNAL, "second"), -1);
	assert_int_equal(e.code, ERR_INTERNAL);
}

static void
places_are_put_in_front(void **state)
{
	struct err e = { 0 };

	(void)state;
	err_set(&e, ERR_MALFORMED, "no digit");
	assert_int_equal(err_in(&e, "line %d", 3), -1);
	assert_int_equal(err_in(&e, "policy"), -1);
	assert_string_equal(e.msg, "policy: line 3: no digit");
	assert_int_equal(e.code, ERR_MALFORMED);
}

static void
long_messages_are_cut_and_end(void **state)
{
	struct err e = { 0 };
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&e, ERR_MALFORMED, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	err_in(&e, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	err_in(&e, "near");
	assert_memory_equal(e.msg, "near: x", 7);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
}

static void
nobody_needs_to_listen(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_IO, "x"), -1);
	assert_int_equal(err_in(NULL, "x"), -1);
}

static void
every_code_has_its_own_name(void **state)
{
	(void)state;
	for (int i = ERR_NONE; i <= ERR_INTERNAL; i++) {
		assert_string_not_equal(err_code_name((enum err_code)i), "unknown");
		for (int j = ERR_NONE; j < i; j++)
			assert_string_not_equal(err_code_name((enum err_code)i),
			    err_code_name((enum err_code)j));
	}
	assert_string_equal(err_code_name((enum err_code)(ERR_INTERNAL + 1)), "unknown");
}

static int
passes_on(int result)
{
	TRY(result);
	return 5;
}

static void
try_returns_at_the_first_failure(void **state)
{
	(void)state;
	assert_int_equal(passes_on(-1), -1);
	assert_int_equal(passes_on(-7), -1);
	assert_int_equal(passes_on(0), 5);
	assert_int_equal(passes_on(1), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_cause_stays),
		cmocka_unit_test(places_are_put_in_front),
		cmocka_unit_test(long_messages_are_cut_and_end),
		cmocka_unit_test(nobody_needs_to_listen),
		cmocka_unit_test(every_code_has_its_own_name),
		cmocka_unit_test(try_returns_at_the_first_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
