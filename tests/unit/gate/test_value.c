/* SPDX-License-Identifier: Apache-2.0 */
/* No claim can leave the header that it is put into. */
#include "gate/value.h"

#include "../../support/test.h"

#include <string.h>

static struct arena a;

static int
setup(void **state)
{
	(void)state;
	arena_init(&a, 1u << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static const char *
value_of(const char *json)
{
	const struct json *v = NULL;
	const char *out = "unset";
	struct err e = { 0 };

	if (json != NULL && json_parse(bytes_of_str(json), 65536, &a, &v, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(gate_value(v, &a, &out, &e), 0);
	return out;
}

static void
values_are_visible_ascii(void **state)
{
	static const struct {
		const char *json, *value;
	} rows[] = {
		{ "\"abc-._~!*'();:@&=+$,/?#[]\"", "abc-._~!*'();:@&=+$,/?#[]" },
		{ "\"a b\"", "a%20b" },
		{ "\"100%\"", "100%25" },
		{ "\"a\\r\\nb\"", "a%0D%0Ab" },
		{ "\"\\u0000\\t\\u007f\"", "%00%09%7F" },
		{ "\"\\u00e9\\u202e\"", "%C3%A9%E2%80%AE" },
		{ "\"%0d%0a\"", "%250d%250a" },
		{ "true", "true" },
		{ "7", "7" },
		{ "-1.50", "-1.50" },
		{ "null", "null" },
		{ "[1, \"a b\"]", "[1,\"a%20b\"]" },
		{ "{\"k\": \"\\r\\u00e9\"}", "{\"k\":\"\\r\\u00e9\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(value_of(rows[i].json), rows[i].value);
}

static void
every_byte_stays_within_its_header(void **state)
{
	struct err e = { 0 };

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		uint8_t text[3] = { 'a', (uint8_t)c, 'z' };
		struct json v = { .type = JSON_STRING, .text = BYTES_OF(text) };
		const char *out = NULL;

		assert_int_equal(gate_value(&v, &a, &out, &e), 0);
		assert_non_null(out);
		for (const char *p = out; *p != '\0'; p++)
			assert_true(*p > 0x20 && *p < 0x7f);
		assert_true(strlen(out) == 3 ? out[1] == (char)c : out[1] == '%');
	}
}

static void
what_a_header_cannot_say_is_left_out(void **state)
{
	char text[MAX_GATE_VALUE + 4];

	(void)state;
	assert_null(value_of(NULL));
	assert_null(value_of("\"\""));
	memset(text, 'x', sizeof(text));
	text[0] = text[MAX_GATE_VALUE + 1] = '"';
	text[MAX_GATE_VALUE + 2] = '\0';
	assert_int_equal(strlen(value_of(text)), MAX_GATE_VALUE);
	/* What fits as it is, and not when it is escaped. */
	text[5] = ' ';
	assert_null(value_of(text));
	text[5] = text[MAX_GATE_VALUE + 1] = 'x';
	text[MAX_GATE_VALUE + 2] = '"';
	text[MAX_GATE_VALUE + 3] = '\0';
	assert_null(value_of(text));
}

static void
out_of_memory_is_an_error_and_no_silence(void **state)
{
	struct json v = { .type = JSON_STRING, .text = BYTES("abc") };
	const char *out = NULL;
	struct err e = { 0 };
	struct arena none;

	(void)state;
	arena_init(&none, 0);
	assert_int_equal(gate_value(&v, &none, &out, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	arena_release(&none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_are_visible_ascii, setup, teardown),
		cmocka_unit_test_setup_teardown(every_byte_stays_within_its_header, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(what_a_header_cannot_say_is_left_out, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(out_of_memory_is_an_error_and_no_silence, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
