/* SPDX-License-Identifier: Apache-2.0 */
#include "base/own.h"

#include "../../support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void
a_taken_pointer_is_not_freed(void **state)
{
	char *kept = NULL;

	(void)state;
	{
		DEFER(freep) char *p = malloc(8);

		assert_non_null(p);
		kept = TAKE(p);
		assert_null(p);
	}
	kept[0] = 'a';
	free(kept);
}

static void
a_descriptor_is_closed_at_the_end_of_its_scope(void **state)
{
	int number;

	(void)state;
	{
		DEFER(closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		DEFER(closep) int none = -1;

		(void)none;
		assert_true(fd >= 0);
		number = fd;
	}
	assert_int_equal(fcntl(number, F_GETFD), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_taken_pointer_is_not_freed),
		cmocka_unit_test(a_descriptor_is_closed_at_the_end_of_its_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
