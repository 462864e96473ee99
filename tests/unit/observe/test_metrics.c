/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/metrics.h"

#include "../../support/test.h"

#include <string.h>

static const char *const types[] = { "SgxEnclave", "OpenEnclave" };

static char text[65536];

static const char *
emitted(struct metrics *m, struct bytes only)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct metrics_gauge gauge = { "attest_traces_bytes", "Memory.", 42 };

	buf_init(&out, sizeof(text) - 1);
	metrics_emit(m, only, &gauge, 1, &out);
	assert_true(buf_ok(&out));
	memcpy(text, out.p, out.size);
	text[out.size] = '\0';
	return text;
}

static void
counters_come_out_as_open_metrics(void **state)
{
	struct metrics *m = metrics_new(types, 2);
	struct metrics_row *row = metrics_row(m, BYTES("a.example"));
	const char *out;

	(void)state;
	metrics_count(row, 0, METRIC_ACCEPTED, 90);
	metrics_count(row, 0, METRIC_REFUSED, 5000000);
	metrics_count_status(m, 200);
	metrics_count_error(m, ERR_BUSY);
	out = emitted(m, (struct bytes){ 0 });
	assert_non_null(strstr(out, "# TYPE attest_requests counter\n"));
	assert_non_null(strstr(out,
	    "attest_requests_total{instance=\"a.example\",type=\"SgxEnclave\",outcome=\"accepted\"}"
	    " 1\n"));
	assert_non_null(strstr(out, "type=\"SgxEnclave\",le=\"0.0001\"} 1\n"));
	assert_non_null(strstr(out, "type=\"SgxEnclave\",le=\"2.5\"} 1\n"));
	assert_non_null(strstr(out, "type=\"SgxEnclave\",le=\"+Inf\"} 2\n"));
	assert_non_null(strstr(out, "_sum{instance=\"a.example\",type=\"SgxEnclave\"} 5.000090\n"));
	assert_non_null(strstr(out, "attest_http_responses_total{status=\"200\"} 1\n"));
	assert_non_null(strstr(out, "attest_errors_total{code=\"busy\"} 1\n"));
	assert_non_null(strstr(out, "attest_traces_bytes 42\n"));
	assert_string_equal(out + strlen(out) - 6, "# EOF\n");
	metrics_free(m);
}

static void
one_instance_sees_only_its_own_rows(void **state)
{
	struct metrics *m = metrics_new(types, 2);
	const char *out;

	(void)state;
	metrics_count(metrics_row(m, BYTES("a")), 0, METRIC_ACCEPTED, 1);
	metrics_count(metrics_row(m, BYTES("b")), 0, METRIC_ACCEPTED, 1);
	out = emitted(m, BYTES("a"));
	assert_non_null(strstr(out, "instance=\"a\""));
	assert_null(strstr(out, "instance=\"b\""));
	metrics_free(m);
}

static void
a_row_keeps_counting_when_it_is_asked_for_again(void **state)
{
	struct metrics *m = metrics_new(types, 2);

	(void)state;
	assert_ptr_equal(metrics_row(m, BYTES("a")), metrics_row(m, BYTES("a")));
	assert_ptr_not_equal(metrics_row(m, BYTES("a")), metrics_row(m, BYTES("b")));
	metrics_free(m);
}

static void
names_cannot_break_a_line(void **state)
{
	struct metrics *m = metrics_new(types, 2);

	(void)state;
	metrics_count(metrics_row(m, BYTES("a\"\n\\")), 1, METRIC_BUSY, 1);
	assert_non_null(strstr(emitted(m, (struct bytes){ 0 }), "instance=\"a\\\"\\n\\\\\""));
	metrics_free(m);
}

static void
what_has_no_place_is_not_counted(void **state)
{
	struct metrics *m = metrics_new(types, 2);

	(void)state;
	metrics_count(metrics_row(m, BYTES("a")), 99, METRIC_BUSY, 1);
	metrics_count_status(m, 99);
	metrics_count_status(m, 600);
	assert_null(strstr(emitted(m, (struct bytes){ 0 }), "_total{"));
	assert_null(metrics_new(types, MAX_METRICS_TYPES + 1));
	metrics_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_come_out_as_open_metrics),
		cmocka_unit_test(one_instance_sees_only_its_own_rows),
		cmocka_unit_test(a_row_keeps_counting_when_it_is_asked_for_again),
		cmocka_unit_test(names_cannot_break_a_line),
		cmocka_unit_test(what_has_no_place_is_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
