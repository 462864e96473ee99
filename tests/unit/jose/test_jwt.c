/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwt.h"

#include "../../support/arena.h"
#include "../../support/test.h"

#include <stdlib.h>

static enum err_code
refusal(const char *payload)
{
	struct jws jws = { .payload = bytes_of_str(payload) };
	const struct json *claims = NULL;
	struct jwt_times times = { .exp = 7 };
	struct err e = { 0 };

	if (jwt_parse_claims(&jws, &arena, &claims, &times, &e) == 0)
		return ERR_NONE;
	assert_null(claims);
	assert_int_equal(times.exp, 7);
	return e.code;
}

static void
times_are_read_where_present(void **state)
{
	struct jws jws = { .payload = BYTES("{\"exp\":20,\"nbf\":-1,\"x\":\"y\"}") };
	const struct json *claims = NULL;
	struct jwt_times t = { .has_iat = true };

	(void)state;
	assert_int_equal(jwt_parse_claims(&jws, &arena, &claims, &t, NULL), 0);
	assert_true(json_is_str(json_get(claims, "x"), "y"));
	assert_true(t.has_exp && t.exp == 20);
	assert_true(t.has_nbf && t.nbf == -1);
	assert_false(t.has_iat);
}

static void
claims_that_are_no_object_or_no_times_are_refused(void **state)
{
	static const char *const bad[] = { "", "[]", "1", "null", "\"{}\"", "{", "{}{}",
		"{\"exp\":\"20\"}", "{\"exp\":20.5}", "{\"exp\":2e1}", "{\"exp\":null}",
		"{\"nbf\":true}", "{\"iat\":[]}", "{\"exp\":9223372036854775808}",
		"{\"exp\":20,\"exp\":30}", "{\"\xff\":1}", "{\"iss\":\"a\\u0000b\"}",
		"{\"a\":[{\"b\\u0000\":1}]}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (refusal(bad[i]) != ERR_MALFORMED)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(refusal("{}"), ERR_NONE);
}

static void
memory_running_out_is_a_limit(void **state)
{
	struct jws jws = { .payload = BYTES("{\"exp\":20}") };
	const struct json *claims;
	struct jwt_times t;
	struct err e = { 0 };
	struct arena small;

	(void)state;
	arena_init(&small, 8);
	assert_int_equal(jwt_parse_claims(&jws, &small, &claims, &t, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	arena_release(&small);
}

static void
time_is_judged_to_the_second(void **state)
{
	static const struct {
		struct jwt_times t;
		int64_t now, leeway;
		enum jwt_time_verdict want;
	} rows[] = {
		{ { .exp = 100, .has_exp = true }, 99, 0, JWT_TIME_OK },
		{ { .exp = 100, .has_exp = true }, 100, 0, JWT_EXPIRED },
		{ { .exp = 100, .has_exp = true }, 129, 30, JWT_TIME_OK },
		{ { .exp = 100, .has_exp = true }, 130, 30, JWT_EXPIRED },
		{ { .exp = 100, .has_exp = true, .nbf = 50, .has_nbf = true }, 50, 0, JWT_TIME_OK },
		{ { .exp = 100, .has_exp = true, .nbf = 50, .has_nbf = true }, 49, 0,
		    JWT_NOT_YET_VALID },
		{ { .exp = 100, .has_exp = true, .nbf = 50, .has_nbf = true }, 20, 30,
		    JWT_TIME_OK },
		{ { .exp = 100, .has_exp = true, .nbf = 50, .has_nbf = true }, 19, 30,
		    JWT_NOT_YET_VALID },
		{ { .exp = 100, .has_exp = true, .nbf = 200 }, 50, 0, JWT_TIME_OK },
		{ { .nbf = 1, .has_nbf = true }, 50, 0, JWT_NO_EXP },
		{ { .exp = 100 }, 50, 0, JWT_NO_EXP },
		{ { .exp = INT64_MAX, .has_exp = true }, 50, 30, JWT_TIME_OK },
		{ { .exp = INT64_MIN, .has_exp = true }, 50, 30, JWT_EXPIRED },
		{ { .exp = INT64_MAX, .has_exp = true, .nbf = INT64_MIN, .has_nbf = true }, 50, 30,
		    JWT_TIME_OK },
		{ { .exp = INT64_MAX, .has_exp = true, .nbf = INT64_MAX, .has_nbf = true }, 50, 30,
		    JWT_NOT_YET_VALID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(jwt_judge_times(&rows[i].t, rows[i].now, rows[i].leeway),
		    rows[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_where_present),
		cmocka_unit_test(claims_that_are_no_object_or_no_times_are_refused),
		cmocka_unit_test(memory_running_out_is_a_limit),
		cmocka_unit_test(time_is_judged_to_the_second),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
