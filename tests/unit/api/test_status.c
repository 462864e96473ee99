/* SPDX-License-Identifier: Apache-2.0 */
#include "api/status.h"

#include "../../support/test.h"

#include <string.h>

static struct arena arena;
static struct trace trace;
static struct judgement judgement;
static struct api_error error;
static struct err err;
static bool id_only;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 1u << 22);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static int
of_verdict(void)
{
	err_clear(&err);
	return api_error_of_verdict(&trace, &judgement, id_only, &arena, &error, &err);
}

static void
begin(void)
{
	judgement = (struct judgement){ .verdict = VERDICT_REFUSED };
	trace_init(&trace, &arena, "SgxEnclave", 1700000000);
	memcpy(trace.id, "01ARZ3NDEKTSV4RRFFQ69G5FAV", TRACE_ID_SIZE);
}

static bool
says(const char *words)
{
	return memmem(error.message.p, error.message.size, words, strlen(words)) != NULL;
}

static void
every_code_has_its_row(void **state)
{
	static const unsigned http[] = { 500, 400, 400, 400, 400, 401, 404, 503, 400, 413, 429, 503,
		500, 500 };

	(void)state;
	for (unsigned i = 0; i < COUNT_OF(http); i++) {
		assert_int_equal(api_status_of((enum err_code)i).http, http[i]);
		assert_non_null(api_status_of((enum err_code)i).code);
	}
	assert_int_equal(api_status_of((enum err_code)99).http, 500);
}

static void
what_broke_inside_is_not_shown(void **state)
{
	struct err e = { .code = ERR_INTERNAL, .msg = "the secret of the house" };

	(void)state;
	assert_null(memmem(api_error_of(&e).message.p, api_error_of(&e).message.size, "secret", 6));
	e.code = ERR_UNAVAILABLE;
	assert_null(memmem(api_error_of(&e).message.p, api_error_of(&e).message.size, "secret", 6));
	assert_true(api_error_of(&e).retry_after_s > 0);
	e.code = ERR_MALFORMED;
	assert_true(bytes_is_str(api_error_of(&e).message, "the secret of the house"));
	e.code = ERR_BUSY;
	assert_true(api_error_of(&e).retry_after_s > 0);
	e.code = ERR_CONFLICT;
	assert_int_equal(api_error_of(&e).retry_after_s, 1);
}

static void
the_body_has_the_vendors_shape(void **state)
{
	struct api_error plain = { .code = "InvalidParameter", .message = BYTES("a \"b\"\n") };
	struct bytes body = api_error_emit(&plain, &arena);

	(void)state;
	assert_true(bytes_is_str(body,
	    "{\"error\":{\"code\":\"InvalidParameter\",\"message\":\"a \\\"b\\\"\\n\","
	    "\"innererror\":{\"code\":\"InvalidParameter\",\"message\":\"a "
	    "\\\"b\\\"\\n\"}}}"));
	plain.trace_id = "T";
	plain.check = "c";
	plain.remedy = "r";
	body = api_error_emit(&plain, &arena);
	assert_non_null(
	    memmem(body.p, body.size, "\"traceId\":\"T\",\"check\":\"c\",\"remedy\":\"r\"}}}", 40));
}

static void
an_error_without_memory_still_has_a_body(void **state)
{
	struct api_error plain = { .code = "InvalidParameter", .message = BYTES("a") };
	struct arena none;

	(void)state;
	arena_init(&none, 0);
	assert_true(api_error_emit(&plain, &none).size > 0);
	arena_release(&none);
}

static void
a_refusal_names_check_seen_and_wanted_behind_the_stem(void **state)
{
	(void)state;
	begin();
	trace_judge(&trace, check_find("sgx.quote.version"), false, shown_uint(4), shown_uint(3));
	assert_int_equal(of_verdict(), 0);
	assert_int_equal(error.http, 400);
	assert_string_equal(error.code, "InvalidParameter");
	assert_true(says("Attestation Enclave operation failed with 65534: The specified quote was "
			 "invalid"));
	assert_true(says("Check sgx.quote.version: seen 4, wanted 3, 4 or 5."));
	assert_string_equal(error.check, "sgx.quote.version");
	assert_string_equal(error.trace_id, trace.id);
	assert_non_null(error.remedy);
}

/* The caller may be anybody; what an instance demands of its collateral is its own affair. */
static void
a_refusal_keeps_the_values_of_the_settings_to_itself(void **state)
{
	(void)state;
	begin();
	trace_judge(&trace, CHECK_TCB_EVALUATION_NUMBER, false, shown_uint(17), shown_uint(98765));
	assert_int_equal(of_verdict(), 0);
	assert_true(says("wanted at least the number the settings demand."));
	assert_false(says("98765"));
}

static void
stages_have_the_recorded_stems(void **state)
{
	static const struct {
		const char *stage, *words;
	} rows[] = {
		{ "TCB_STATUS", "does not meet the Azure baseline requirements" },
		{ "TCB_NOT_SUPPORTED", "does not meet the Azure baseline requirements" },
		{ "TCB_INFO_SIGNATURE",
		    "TCBInfo or QEID provided by the PCK Cache Service was invalid" },
		{ "COLLATERAL_EXPIRED", "due to an error in the quote collateral" },
		{ "CRL_SIGNATURE", "due to an error in the quote collateral" },
		{ "QUOTE_SIGNATURE", "The specified quote was invalid." },
	};
	size_t seen = 0;

	(void)state;
	for (size_t c = 0; c < CHECK_COUNT; c++)
		for (size_t r = 0; r < COUNT_OF(rows); r++) {
			if (strcmp(check_table[c].stage, rows[r].stage) != 0)
				continue;
			begin();
			trace_judge(&trace, (enum check_id)c, false, shown_nothing(),
			    shown_nothing());
			assert_int_equal(of_verdict(), 0);
			assert_true(says(rows[r].words));
			seen++;
		}
	assert_true(seen >= COUNT_OF(rows));
}

static void
undecided_is_400_or_when_waiting_helps_503(void **state)
{
	(void)state;
	for (size_t c = 0; c < CHECK_COUNT; c++) {
		bool wait = check_table[c].on_fail == UNDECIDED_WAIT;

		begin();
		trace_judge(&trace, (enum check_id)c, false, shown_nothing(), shown_nothing());
		assert_int_equal(of_verdict(), 0);
		assert_int_equal(error.http, wait ? 503 : 400);
		assert_int_equal(error.retry_after_s > 0, wait);
	}
}

static void
a_policy_that_does_not_permit_keeps_the_recorded_words(void **state)
{
	(void)state;
	begin();
	judgement.policy_ran = true;
	judgement.policy.reason = POLICY_REASON_DENY;
	strcpy(judgement.policy.message, "A Deny claim was issued, authorization failed.");
	trace_judge(&trace, CHECK_POLICY_PERMIT, false, shown_nothing(), shown_nothing());
	assert_int_equal(of_verdict(), 0);
	assert_string_equal(error.code, "PolicyEvaluationError");
	assert_true(bytes_is_str(error.message,
	    "Attestation Enclave operation failed with 65518: Exception(0) 83FFFFEE Policy "
	    "Evaluation "
	    "Error has occurred    Msg:[Policy Engine Exception: A Deny claim was issued, "
	    "authorization "
	    "failed.] \n\r\nUnhandled Enclave Exception: \"Policy Evaluation Error has "
	    "occurred\"\r\n"));
}

static void
our_own_failure_is_no_verdict(void **state)
{
	(void)state;
	begin();
	assert_int_equal(of_verdict(), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	begin();
	trace_judge(&trace, CHECK_POLICY_PERMIT, false, shown_nothing(), shown_nothing());
	trace.fault = true;
	assert_int_equal(of_verdict(), -1);
}

static void
an_instance_may_say_no_more_than_the_check(void **state)
{
	(void)state;
	begin();
	trace_judge(&trace, check_find("sgx.quote.version"), false, shown_uint(4), shown_uint(3));
	id_only = true;
	assert_int_equal(of_verdict(), 0);
	id_only = false;
	assert_true(says("Check sgx.quote.version."));
	assert_false(says("seen"));
}

static void
text_from_evidence_is_shown_as_plain_ascii(void **state)
{
	(void)state;
	begin();
	trace_judge(&trace, check_find("sgx.quote.version"), false,
	    shown_text(BYTES("a\x1b[31m\n\xe2\x80\xae")), shown_nothing());
	assert_int_equal(of_verdict(), 0);
	assert_true(says("seen a?[31m????,"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_its_row),
		cmocka_unit_test(what_broke_inside_is_not_shown),
		cmocka_unit_test(the_body_has_the_vendors_shape),
		cmocka_unit_test(an_error_without_memory_still_has_a_body),
		cmocka_unit_test(a_refusal_names_check_seen_and_wanted_behind_the_stem),
		cmocka_unit_test(a_refusal_keeps_the_values_of_the_settings_to_itself),
		cmocka_unit_test(stages_have_the_recorded_stems),
		cmocka_unit_test(undecided_is_400_or_when_waiting_helps_503),
		cmocka_unit_test(a_policy_that_does_not_permit_keeps_the_recorded_words),
		cmocka_unit_test(our_own_failure_is_no_verdict),
		cmocka_unit_test(an_instance_may_say_no_more_than_the_check),
		cmocka_unit_test(text_from_evidence_is_shown_as_plain_ascii),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
