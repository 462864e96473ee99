/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decimal.h"

#include "../../support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
same_as_printf(int64_t v)
{
	char ours[MAX_DECIMAL_SIZE + 1] = "", theirs[32];

	ours[decimal_format(v, ours)] = '\0';
	snprintf(theirs, sizeof(theirs), "%" PRId64, v);
	assert_string_equal(ours, theirs);
}

static void
numbers_are_written_as_printf_writes_them(void **state)
{
	static const int64_t edges[] = { 0, 1, 9, 10, -1, -9, -10, INT64_MAX, INT64_MIN,
		INT64_MIN + 1, 1700000000 };
	uint64_t v = 88172645463325252u;

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		same_as_printf(edges[i]);
	for (int64_t n = -2000; n <= 2000; n++)
		same_as_printf(n);
	/* xorshift64: every size of number. */
	for (int i = 0; i < 20000; i++) {
		v ^= v << 13;
		v ^= v >> 7;
		v ^= v << 17;
		same_as_printf((int64_t)v >> (i % 64));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_written_as_printf_writes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
