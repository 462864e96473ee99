/* SPDX-License-Identifier: Apache-2.0 */
/* One plain service for all cases of a test program: cmocka_run_group_tests(tests, plain_setup, plain_teardown). */
#pragma once

#include "api.h"

static struct fake_service s;

static inline int
plain_setup(void **state)
{
	struct service_config config = { .traces = EXEMPLARS_LIMITS_DEFAULT };
	struct err e = { 0 };

	(void)state;
	fake_service_init(&s, &config);
	return fake_service_publish(&s, &e);
}

static inline int
plain_teardown(void **state)
{
	(void)state;
	fake_service_release(&s);
	return 0;
}
