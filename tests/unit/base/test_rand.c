/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rand.h"

#include "base/bytes.h"

#include "../../support/test.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* How often the call is interrupted, and the most bytes it gives at once; linked with -Wl,--wrap=getrandom. */
static int interruptions;
static size_t at_most = SIZE_MAX;

ssize_t __real_getrandom(void *p, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t size, unsigned flags);

ssize_t
__wrap_getrandom(void *p, size_t size, unsigned flags)
{
	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return -1;
	}
	return __real_getrandom(p, size < at_most ? size : at_most, flags);
}

static void
interrupted_and_short_answers_still_fill_everything(void **state)
{
	uint8_t a[4096] = { 0 };

	(void)state;
	interruptions = 3;
	at_most = 7;
	rand_bytes(a, sizeof(a));
	at_most = SIZE_MAX;
	/* 32 zero bytes in a row have a chance of 2^-256. */
	for (size_t i = 0; i < sizeof(a); i += 32)
		assert_false(bytes_are_zero(bytes_of(a + i, 32)));
}

static void
two_draws_differ(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	rand_bytes(a, sizeof(a));
	rand_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	rand_bytes(a, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupted_and_short_answers_still_fill_everything),
		cmocka_unit_test(two_draws_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
