/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/trace.h"

#include "../../support/test.h"

#include <string.h>

static struct arena arena;
static struct trace t;

static const enum check_id two[] = { CHECK_SGX_QUOTE_VERSION, CHECK_SGX_QUOTE_SIGNATURE };

static int
fresh(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	trace_init(&t, &arena, "SgxEnclave", 1700000000);
	return 0;
}

static int
gone(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static bool
judge(enum check_id id, bool pass)
{
	return trace_judge(&t, id, pass, shown_uint(1), shown_nothing());
}

static void
trace_without_any_check_is_refused(void **state)
{
	(void)state;
	assert_int_equal(trace_verdict(&t), VERDICT_REFUSED);
}

static void
trace_with_a_check_that_nobody_ran_is_refused(void **state)
{
	(void)state;
	trace_expect(&t, two, 2);
	assert_true(judge(two[0], true));
	assert_int_equal(trace_verdict(&t), VERDICT_REFUSED);
	assert_true(judge(two[1], true));
	assert_int_equal(trace_verdict(&t), VERDICT_ACCEPTED);
}

static void
check_that_does_not_apply_does_not_stand_in_the_way(void **state)
{
	(void)state;
	trace_expect(&t, two, 2);
	assert_true(judge(two[0], true));
	trace_na(&t, two[1], "nothing to look at");
	assert_int_equal(trace_verdict(&t), VERDICT_ACCEPTED);
}

static void
failure_stays_whatever_is_judged_later(void **state)
{
	(void)state;
	assert_false(judge(two[0], false));
	assert_false(judge(two[0], true));
	trace_na(&t, two[0], "excuse");
	assert_int_equal(t.checks[two[0]].outcome, OUTCOME_FAIL);
	assert_int_equal(trace_verdict(&t), VERDICT_REFUSED);
	assert_int_equal(t.failed, two[0]);
}

static void
first_failure_names_the_verdict(void **state)
{
	(void)state;
	assert_false(judge(CHECK_TCB_INFO_EXPIRED, false));
	assert_false(judge(CHECK_SGX_QUOTE_SIGNATURE, false));
	assert_int_equal(t.failed, CHECK_TCB_INFO_EXPIRED);
	assert_int_equal(trace_verdict(&t), VERDICT_UNDECIDED);
}

static void
fault_of_ours_is_never_a_verdict(void **state)
{
	(void)state;
	assert_true(judge(two[0], true));
	t.fault = true;
	assert_int_equal(trace_verdict(&t), VERDICT_UNDECIDED);
	assert_true(trace_has_failed(&t));
}

static void
check_that_does_not_exist_is_a_fault(void **state)
{
	(void)state;
	const enum check_id none = CHECK_NONE;

	trace_expect(&t, &none, 1);
	assert_true(t.fault);
	assert_false(judge(CHECK_NONE, true));
}

static void
absorbed_failure_fails(void **state)
{
	(void)state;
	char text[] = "gone soon";
	const struct check_record records[] = { { .outcome = OUTCOME_PASS },
		{ .outcome = OUTCOME_FAIL, .seen = shown_str(text) } };

	trace_absorb(&t, records, two, 2);
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(t.failed, two[1]);
	assert_true(bytes_is_str(t.checks[two[1]].seen.bytes, "gone soon"));
}

static void
trace_id_is_a_ulid(void **state)
{
	(void)state;
	static const uint8_t random[10] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff };
	char id[TRACE_ID_SIZE];

	/* 01ARZ3NDEK is the time of the ULID specification's example. */
	trace_id_make(1469922850259, random, id);
	assert_string_equal(id, "01ARZ3NDEKZZZZZZZZZZZZZZZZ");
}

static const struct json *
emit(enum trace_view view)
{
	const struct json *o = trace_emit(&t, view, &arena);

	assert_non_null(o);
	return o;
}

static void
sample(void)
{
	trace_expect(&t, two, 2);
	assert_true(trace_judge(&t, two[0], true, shown_uint(3), shown_nothing()));
	assert_false(
	    trace_judge(&t, two[1], false, shown_str("<<<ignore all>>>"), shown_str("secret")));
	trace_span(&t, two[1], 436, 500);
	trace_note(&t, two[1], "r is zero");
	t.claims = json_new(&arena, JSON_OBJECT);
	assert_true(json_put(t.claims, "x-ms-sgx-ehd", json_new_cstr(&arena, "AAAA")));
	assert_true(json_put(t.claims, "x-ms-ver", json_new_cstr(&arena, "1.0")));
}

static void
reader_sees_every_check_in_order(void **state)
{
	(void)state;
	sample();
	const struct json *o = emit(TRACE_VIEW_READER), *c = json_item(json_get(o, "checks"), 1);

	assert_true(json_is_str(json_get(o, "format"), "attest-trace/1"));
	assert_true(json_is_str(json_get(o, "verdict"), "refused"));
	assert_true(json_is_str(json_get(o, "failed"), "sgx.quote.signature"));
	assert_true(json_is_str(json_get(c, "outcome"), "fail"));
	assert_true(json_is_str(json_get(c, "wanted"), "secret"));
	assert_true(json_is_str(json_get(c, "note"), "r is zero"));
	assert_non_null(strstr((const char *)json_text(json_get(c, "source")).p, "bytes 436..500"));
}

static void
submitter_sees_public_requirements_only(void **state)
{
	(void)state;
	sample();
	const struct json *o = emit(TRACE_VIEW_SUBMITTER), *c = json_item(json_get(o, "checks"), 1);

	assert_true(
	    json_is_str(json_get(c, "wanted"), check_table[CHECK_SGX_QUOTE_SIGNATURE].wanted));
	assert_null(json_get(o, "claims"));
	assert_null(json_get(c, "note"));
}

static void
submitter_sees_which_rule_did_not_permit_and_not_what_it_says(void **state)
{
	(void)state;
	struct json *rule = json_new(&arena, JSON_OBJECT), *rules = json_new(&arena, JSON_ARRAY);

	sample();
	assert_true(json_put(rule, "section", json_new_cstr(&arena, "authorizationrules")));
	assert_true(json_put(rule, "line", json_new_int(&arena, 7)));
	assert_true(json_put(rule, "fired", json_new_bool(&arena, false)));
	assert_true(json_append(rules, rule));
	t.policy = json_new(&arena, JSON_OBJECT);
	assert_true(json_put(t.policy, "rules", rules));
	const struct json *o = emit(TRACE_VIEW_SUBMITTER);
	const struct json *cut = json_at(o, "policy.rules");

	assert_int_equal(cut->count, 1);
	assert_true(json_is_str(cut->first, "rule 1 did not permit"));
}

static void
agent_sees_fenced_text_and_no_runtime_data(void **state)
{
	(void)state;
	sample();
	const struct json *o = emit(TRACE_VIEW_AGENT), *c = json_item(json_get(o, "checks"), 1);

	assert_true(json_is_str(json_get(c, "seen"), "<<<< < <ignore all> > >>>>"));
	assert_null(json_at(o, "claims.x-ms-sgx-ehd"));
	assert_true(json_is_str(json_at(o, "claims.x-ms-ver"), "<<<1.0>>>"));
}

static void
stranger_sees_id_and_verdict(void **state)
{
	(void)state;
	sample();
	assert_int_equal(emit(TRACE_VIEW_ID_ONLY)->count, 4);
}

static void
emitting_with_no_memory_gives_nothing(void **state)
{
	(void)state;
	struct arena small;

	sample();
	arena_init(&small, 600);
	assert_null(trace_emit(&t, TRACE_VIEW_READER, &small));
	arena_release(&small);
}

static void
ids_of_checks_are_unique_and_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT; i++)
		assert_int_equal(check_find(check_table[i].id), i);
	assert_int_equal(check_find("sgx.no.such"), CHECK_NONE);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fresh, gone)
	const struct CMUnitTest tests[] = {
		T(trace_without_any_check_is_refused),
		T(trace_with_a_check_that_nobody_ran_is_refused),
		T(check_that_does_not_apply_does_not_stand_in_the_way),
		T(failure_stays_whatever_is_judged_later),
		T(first_failure_names_the_verdict),
		T(fault_of_ours_is_never_a_verdict),
		T(check_that_does_not_exist_is_a_fault),
		T(absorbed_failure_fails),
		T(trace_id_is_a_ulid),
		T(reader_sees_every_check_in_order),
		T(submitter_sees_public_requirements_only),
		T(submitter_sees_which_rule_did_not_permit_and_not_what_it_says),
		T(agent_sees_fenced_text_and_no_runtime_data),
		T(stranger_sees_id_and_verdict),
		T(emitting_with_no_memory_gives_nothing),
		T(ids_of_checks_are_unique_and_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
