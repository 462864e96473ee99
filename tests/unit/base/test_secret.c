/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include "../../support/test.h"

#include <stdio.h>
#include <string.h>

static void
room_is_zeroed_and_its_own_size(void **state)
{
	struct secret s;

	(void)state;
	assert_true(secret_init(&s, 5000));
	assert_int_equal(secret_bytes(&s).size, 5000);
	assert_true(bytes_are_zero(secret_bytes(&s)));
	memset(s.p, 0x5a, s.size);
	secret_release(&s);
	assert_null(s.p);
	assert_int_equal(s.size, 0);
}

static void
releasing_twice_or_nothing_is_fine(void **state)
{
	struct secret s = { 0 };

	(void)state;
	secret_release(&s);
	assert_true(secret_init(&s, 0));
	assert_non_null(s.p);
	secret_release(&s);
	secret_release(&s);
	assert_int_equal(secret_bytes(&s).size, 0);
}

static void
more_than_there_is_fails_and_gives_nothing(void **state)
{
	struct secret s = { (uint8_t *)1, 1 };

	(void)state;
	assert_false(secret_init(&s, SIZE_MAX));
	assert_null(s.p);
	assert_int_equal(s.size, 0);
}

static void
wiped_memory_is_zero(void **state)
{
	uint8_t p[64];

	(void)state;
	memset(p, 0x5a, sizeof(p));
	secret_wipe(p, sizeof(p) - 1);
	assert_true(bytes_are_zero(bytes_of(p, sizeof(p) - 1)));
	assert_int_equal(p[63], 0x5a);
}

/* /proc/self/smaps: "dd" among the flags of a mapping keeps it out of core dumps. */
static void
the_pages_are_left_out_of_core_dumps(void **state)
{
	struct secret s;
	char line[512];
	bool ours = false, left_out = false;
	FILE *maps;

	(void)state;
	assert_true(secret_init(&s, 32));
	maps = fopen("/proc/self/smaps", "r");
	if (maps == NULL) {
		secret_release(&s);
		skip();
	}
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			ours = (uintptr_t)s.p >= from && (uintptr_t)s.p < to;
		else if (ours && strncmp(line, "VmFlags:", 8) == 0)
			left_out = strstr(line, " dd") != NULL;
	}
	fclose(maps);
	secret_release(&s);
	assert_true(left_out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_is_zeroed_and_its_own_size),
		cmocka_unit_test(releasing_twice_or_nothing_is_fine),
		cmocka_unit_test(more_than_there_is_fails_and_gives_nothing),
		cmocka_unit_test(wiped_memory_is_zero),
		cmocka_unit_test(the_pages_are_left_out_of_core_dumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
