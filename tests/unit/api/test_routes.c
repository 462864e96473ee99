/* SPDX-License-Identifier: Apache-2.0 */
#include "api/routes.h"

#include "../../support/test.h"

#include <string.h>

static struct bytes args[MAX_ROUTE_ARGS];
static char allow[64];

static const char *
finds(const char *method, const char *path)
{
	const struct route *route =
	    route_find(bytes_of_str(method), bytes_of_str(path), args, allow);

	return route == NULL ? NULL : route->pattern;
}

static void
paths_are_matched_without_case(void **state)
{
	(void)state;
	assert_string_equal(finds("POST", "/ATTEST/sgxenclave"), "/attest/{type}");
	assert_true(bytes_is_str(args[0], "sgxenclave"));
	assert_string_equal(finds("GET", "/Certs"), "/certs");
	assert_string_equal(finds("GET", "/.WELL-KNOWN/OpenID-Configuration"),
	    "/.well-known/openid-configuration");
	assert_string_equal(finds("POST", "/attest/Tee/OpenEnclave"), "/attest/Tee/{type}");
	assert_true(bytes_is_str(args[0], "OpenEnclave"));
}

static void
a_colon_ends_what_a_route_takes(void **state)
{
	(void)state;
	assert_string_equal(finds("POST", "/policies/SgxEnclave:reset"), "/policies/{type}:reset");
	assert_true(bytes_is_str(args[0], "SgxEnclave"));
	assert_null(finds("GET", "/policies/SgxEnclave:reset"));
	assert_string_equal(allow, "POST");
	assert_null(finds("POST", "/policies/SgxEnclave:resets"));
	assert_string_equal(finds("POST", "/certificates:add"), "/certificates:add");
}

static void
a_tile_takes_the_rest_of_its_path(void **state)
{
	(void)state;
	assert_string_equal(finds("GET", "/attestd/log/tile/0/x001/067.p/5"),
	    "/attestd/log/tile/{level}/{*}");
	assert_true(bytes_is_str(args[0], "0"));
	assert_true(bytes_is_str(args[1], "x001/067.p/5"));
}

static void
what_is_not_in_the_table_is_nothing(void **state)
{
	static const char *const wrong[] = { "", "/", "//", "/attest", "/attest/",
		"/attest//SgxEnclave", "/attest/a/b", "/certs/x", "certs", "/certsx",
		"/attestd/traces/", "/attestd/traces/a/b", "/policies/:reset",
		"/attestd/log/tile/0/" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_null(finds("GET", wrong[i]));
		assert_null(finds("POST", wrong[i]));
		assert_string_equal(allow, "");
	}
}

static void
a_slash_at_the_end_is_nothing(void **state)
{
	(void)state;
	assert_string_equal(finds("GET", "/certs/"), "/certs");
	assert_string_equal(finds("GET", "/policies/Tpm/"), "/policies/{type}");
}

static void
other_methods_are_told_which_there_are(void **state)
{
	(void)state;
	assert_null(finds("DELETE", "/policies/SgxEnclave"));
	assert_string_equal(allow, "GET, PUT");
	assert_null(finds("get", "/certs"));
	assert_string_equal(allow, "GET");
	assert_null(finds("GET", "/attest/SgxEnclave"));
	assert_string_equal(allow, "POST");
	assert_null(finds("DELETE", "/operations/policy/current"));
	assert_string_equal(allow, "GET, PUT, POST");
}

static void
the_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count(); i++) {
		const struct route *route = route_at(i);

		assert_int_equal(route->pattern[0], '/');
		/* Only what is not built, or belongs to everybody by design, lacks a role. */
		if (strstr(route->pattern, "records") != NULL)
			assert_int_equal(route->role, ROLE_AUDITOR);
		if (route->handler == api_policy_get)
			assert_int_equal(route->role, ROLE_READER);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_matched_without_case),
		cmocka_unit_test(a_colon_ends_what_a_route_takes),
		cmocka_unit_test(a_tile_takes_the_rest_of_its_path),
		cmocka_unit_test(what_is_not_in_the_table_is_nothing),
		cmocka_unit_test(a_slash_at_the_end_is_nothing),
		cmocka_unit_test(other_methods_are_told_which_there_are),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
