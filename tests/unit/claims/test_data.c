/* SPDX-License-Identifier: Apache-2.0 */
#include "claims/sgx.h"

#include "../../support/test.h"

#include <stdio.h>
#include <string.h>

static enum err_code
parse(struct bytes data)
{
	struct arena a;
	const struct json *v;
	struct err e = { 0 };
	int rc;

	arena_init(&a, 16 << 20);
	rc = claims_data_parse(data, &a, &v, &e);
	arena_release(&a);
	return rc == 0 ? ERR_NONE : e.code;
}

static void
what_c_programs_leave_behind_is_tolerated(void **state)
{
	(void)state;
	assert_int_equal(parse(BYTES("{}")), ERR_NONE);
	assert_int_equal(parse(BYTES(" {\"a\":1}  \n\t\r \0")), ERR_NONE);
	assert_int_equal(parse(BYTES("{}\0\0\n\0")), ERR_NONE);
}

static void
what_is_no_object_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse(BYTES("")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("\0")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("[]")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("1")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("null")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("\"{}\"")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("{} x")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("\0{}")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("{\0}")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("{\"a\":1,\"a\":2}")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("{\"a\":\"\xff\"}")), ERR_MALFORMED);
}

/* The token holds it one level deeper, and is parsed under the same ceiling. */
static void
data_that_no_token_could_hold_is_refused(void **state)
{
	static char deep[2 * 256];

	(void)state;
	for (size_t depth = 1; depth < 64; depth++) {
		struct arena a;
		const struct json *v;
		char text[1024];
		enum err_code code;

		memset(deep, '[', depth);
		memset(deep + depth, ']', depth);
		snprintf(text, sizeof(text), "{\"a\":%.*s}", (int)(2 * depth), deep);
		code = parse(bytes_of_str(text));
		assert_int_equal(code, depth <= MAX_JSON_DEPTH - 5 ? ERR_NONE : ERR_LIMIT);
		if (code != ERR_NONE)
			continue;
		arena_init(&a, 1 << 20);
		snprintf(text, sizeof(text), "{\"x-ms-runtime\":{\"a\":%.*s}}", (int)(2 * depth),
		    deep);
		assert_int_equal(json_parse(bytes_of_str(text), 1024, &a, &v, NULL), 0);
		arena_release(&a);
	}
}

static void
data_over_the_size_is_refused(void **state)
{
	static char big[MAX_RUNTIME_JSON_SIZE + 1];

	(void)state;
	memset(big, ' ', sizeof(big));
	memcpy(big, "{", 1);
	big[sizeof(big) - 1] = '}';
	assert_int_equal(parse(bytes_of(big, sizeof(big))), ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_c_programs_leave_behind_is_tolerated),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(data_that_no_token_could_hold_is_refused),
		cmocka_unit_test(data_over_the_size_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
