/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/growth.h"

#include "../../support/test.h"
#include "base/err.h"

#include <string.h>

/* A checkpoint of nobody's, and two hashes. */
#define ZERO "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define ONES "//////////////////////////////////////////8="
#define NOTE "log\n9\n" ZERO "\n\n"

static void
text_reads_back_as_it_is_written(void **state)
{
	static const char *const good[] = { "old 0\n\n" NOTE, "old 9\n\n" NOTE,
		"old 7\n" ZERO "\n" ONES "\n\n" NOTE };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct tlog_growth v;
		struct buf out;

		buf_init(&out, MAX_TLOG_GROWTH_SIZE);
		assert_int_equal(tlog_growth_parse(bytes_of_str(good[i]), &v, NULL), 0);
		assert_true(bytes_is_str(v.checkpoint, NOTE));
		tlog_growth_emit(&out, &v);
		assert_true(bytes_is_str(buf_bytes(&out), good[i]));
		buf_release(&out);
	}
}

static void
text_of_another_form_is_refused(void **state)
{
	static const char *const bad[] = { "", "old", "old 7", "old 7\n", "old 7\n\n",
		"Old 7\n\n" NOTE, "old  7\n\n" NOTE, "old 07\n\n" NOTE, "old -1\n\n" NOTE,
		"old \n\n" NOTE, "old 99999999999999999999\n\n" NOTE, "old 7\r\n\n" NOTE,
		"old 7\n" NOTE, "old 7\nAAAA\n\n" NOTE, "old 7\n" ZERO ZERO "\n\n" NOTE,
		"old 7\n" ZERO "=\n\n" NOTE,
		"old 7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\n" NOTE, "old 7\n\nlog\n9\n",
		"old 7\n\n" NOTE "x\n" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct tlog_growth v;
		struct err e = { 0 };

		assert_int_equal(tlog_growth_parse(bytes_of_str(bad[i]), &v, &e), -1);
		assert_int_equal(e.code, ERR_MALFORMED);
	}
}

/* What ends without an empty line is not read on. */
static void
text_without_a_checkpoint_is_called_that(void **state)
{
	static const char *const bad[] = { "old 7\n", ("old 7\n" ZERO "\n"), ("old 7\n" ZERO) };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct tlog_growth v;
		struct err e = { 0 };

		assert_int_equal(tlog_growth_parse(bytes_of_str(bad[i]), &v, &e), -1);
		assert_non_null(strstr(e.msg, "there is no checkpoint"));
	}
}

static void
more_hashes_than_a_proof_has_are_refused(void **state)
{
	struct tlog_growth v;
	struct err e = { 0 };
	struct buf out;

	(void)state;
	for (size_t count = MAX_TLOG_PROOF; count <= MAX_TLOG_PROOF + 1; count++) {
		buf_init(&out, MAX_TLOG_GROWTH_SIZE);
		buf_str(&out, "old 7\n");
		for (size_t i = 0; i < count; i++)
			buf_str(&out, ZERO "\n");
		buf_str(&out, "\n" NOTE);
		assert_int_equal(tlog_growth_parse(buf_bytes(&out), &v, NULL),
		    count > MAX_TLOG_PROOF ? -1 : 0);
		buf_release(&out);
	}
	buf_init(&out, MAX_TLOG_GROWTH_SIZE + 1);
	memset(buf_grow(&out, MAX_TLOG_GROWTH_SIZE + 1), 'x', MAX_TLOG_GROWTH_SIZE + 1);
	assert_int_equal(tlog_growth_parse(buf_bytes(&out), &v, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_reads_back_as_it_is_written),
		cmocka_unit_test(text_of_another_form_is_refused),
		cmocka_unit_test(text_without_a_checkpoint_is_called_that),
		cmocka_unit_test(more_hashes_than_a_proof_has_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
