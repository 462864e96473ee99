/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/pem.h"

#include "../../support/arena.h"
#include "../../support/test.h"

#include <stdlib.h>
#include <string.h>

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END   "-----END CERTIFICATE-----\n"

/* The blocks of TEXT; -1 if it is refused. */
static int
count_blocks(struct bytes text, enum err_code *code)
{
	struct bytes der = { 0 };
	struct err e = { 0 };
	int count = 0, got;

	while ((got = pem_next(&text, "CERTIFICATE", &arena, &der, &e)) > 0) {
		assert_non_null(der.p);
		count++;
	}
	*code = e.code;
	return got < 0 ? -1 : count;
}

static void
blocks_come_one_after_the_other(void **state)
{
	struct bytes text =
	    BYTES(" \n" BEGIN "AQID\n" END "\r\n\0 " BEGIN "BA\r\n==\r\n" END "\0\0");
	struct bytes der = { 0 };

	(void)state;
	assert_int_equal(pem_next(&text, "CERTIFICATE", &arena, &der, NULL), 1);
	assert_true(bytes_eq(der, BYTES("\1\2\3")));
	assert_int_equal(pem_next(&text, "CERTIFICATE", &arena, &der, NULL), 1);
	assert_true(bytes_eq(der, BYTES("\4")));
	assert_int_equal(pem_next(&text, "CERTIFICATE", &arena, &der, NULL), 0);
	assert_int_equal(text.size, 0);
}

/* A quote of Intel's own verification service has it (vectors: intel_qvs_test_v3). */
static void
begin_straight_behind_end_is_accepted(void **state)
{
	struct bytes text = BYTES(BEGIN "AQID\n-----END CERTIFICATE-----" BEGIN "BA==\n" END);
	struct bytes der = { 0 };

	(void)state;
	assert_int_equal(pem_next(&text, "CERTIFICATE", &arena, &der, NULL), 1);
	assert_true(bytes_eq(der, BYTES("\1\2\3")));
	assert_int_equal(pem_next(&text, "CERTIFICATE", &arena, &der, NULL), 1);
	assert_true(bytes_eq(der, BYTES("\4")));
}

static void
crlf_and_missing_last_line_end_are_accepted(void **state)
{
	enum err_code code;

	(void)state;
	assert_int_equal(count_blocks(BYTES("-----BEGIN CERTIFICATE-----\r\nAQID\r\nAQID\r\n"
					    "-----END CERTIFICATE-----"),
			     &code),
	    1);
	assert_int_equal(count_blocks(BYTES(BEGIN "AQID\n-----END CERTIFICATE-----\0"), &code), 1);
	assert_int_equal(count_blocks(BYTES(""), &code), 0);
	assert_int_equal(count_blocks(BYTES(" \n\0"), &code), 0);
}

static void
anything_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"x",
		"hello\n" BEGIN "AQID\n" END,
		BEGIN "AQID\n" END "x",
		BEGIN "AQID\n" END "# comment\n" BEGIN "AQID\n" END,
		"-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n",
		BEGIN "AQID\n-----END PRIVATE KEY-----\n",
		"-----BEGIN CERTIFICATE ----\nAQID\n" END,
		"----BEGIN CERTIFICATE-----\nAQID\n" END,
		"-----begin certificate-----\nAQID\n" END,
		BEGIN,
		BEGIN END,
		BEGIN "AQID\n",
		BEGIN "AQID" END,
		BEGIN "AQ\n" END,
		BEGIN "AR==\n" END,
		BEGIN "AQ==AQ==\n" END,
		BEGIN "AQ==\nAQ==\n" END,
		BEGIN "AQ=\n" END,
		BEGIN "A-_D\n" END,
		BEGIN "AQ ID\n" END,
		BEGIN " AQID\n" END,
		BEGIN "AQID \n" END,
		BEGIN "\nAQID\n" END,
		BEGIN "AQID\n\n" END,
		BEGIN "AQID\r\rAQID\n" END,
		BEGIN "Proc-Type: 4,ENCRYPTED\n\nAQID\n" END,
		BEGIN BEGIN "AQID\n" END END,
	};
	enum err_code code;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (count_blocks(bytes_of_str(bad[i]), &code) != -1)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(code, ERR_MALFORMED);
	}
	assert_int_equal(count_blocks(BYTES(BEGIN "AQ\0ID\n" END), &code), -1);
}

static void
memory_running_out_is_a_limit(void **state)
{
	struct bytes text = BYTES(BEGIN "AQIDAQIDAQID\n" END), der;
	struct err e = { 0 };
	struct arena small;

	(void)state;
	for (size_t ceiling = 0; ceiling < 20; ceiling++) {
		struct bytes rest = text;

		err_clear(&e);
		arena_init(&small, ceiling);
		assert_int_equal(pem_next(&rest, "CERTIFICATE", &small, &der, &e), -1);
		assert_int_equal(e.code, ERR_LIMIT);
		assert_int_equal(rest.size, text.size);
		arena_release(&small);
	}
}

static void
what_is_written_is_read_again(void **state)
{
	static uint8_t raw[200];
	static const size_t sizes[] = { 1, 47, 48, 49, 96, 200 };

	(void)state;
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		DEFER(buf_release) struct buf out;
		struct bytes text, der = { 0 };

		buf_init(&out, 4096);
		pem_emit(&out, "X", bytes_of(raw, sizes[i]));
		pem_emit(&out, "X", bytes_of(raw, 1));
		assert_true(buf_ok(&out));
		text = buf_bytes(&out);
		assert_int_equal(pem_next(&text, "X", &arena, &der, NULL), 1);
		assert_true(bytes_eq(der, bytes_of(raw, sizes[i])));
		assert_int_equal(pem_next(&text, "X", &arena, &der, NULL), 1);
		assert_int_equal(pem_next(&text, "X", &arena, &der, NULL), 0);
	}
}

static void
lines_have_64_columns(void **state)
{
	DEFER(buf_release) struct buf out;
	static const uint8_t raw[49];

	(void)state;
	buf_init(&out, 4096);
	pem_emit(&out, "X", BYTES_OF(raw));
	assert_true(bytes_is_str(buf_bytes(&out),
	    "-----BEGIN X-----\n"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	    "AA==\n"
	    "-----END X-----\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_come_one_after_the_other),
		cmocka_unit_test(begin_straight_behind_end_is_accepted),
		cmocka_unit_test(begin_straight_behind_end_is_accepted),
		cmocka_unit_test(crlf_and_missing_last_line_end_are_accepted),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(memory_running_out_is_a_limit),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(lines_have_64_columns),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
