/* SPDX-License-Identifier: Apache-2.0 */
#include "appraise/sgx.h"

#include "judged.h"

static void
evidence_in_order_is_accepted(void **state)
{
	struct synth_case c = make_plain();

	(void)state;
	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	assert_true(findings.complete);
	assert_int_equal(findings.tcb_status, TCB_UP_TO_DATE);
	assert_non_null(json_get(trace.measurements, "mrenclave"));
	assert_true(json_is_str(json_get(trace.appraisal, "tcb_status"), "UpToDate"));
}

static void
quotes_of_every_version_are_accepted(void **state)
{
	struct synth_spec spec;

	(void)state;
	for (unsigned version = 3; version <= 5; version++) {
		synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
		spec.quote_version = version;
		struct synth_case c = make(&spec, NULL);

		assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	}
}

static void
open_enclave_report_is_accepted_and_a_bare_quote_is_not(void **state)
{
	struct synth_spec spec;

	(void)state;
	synth_spec_init(&spec, SYNTH_OPEN_ENCLAVE);
	struct synth_case c = make(&spec, NULL);

	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	c.type = SYNTH_SGX_ENCLAVE;
	assert_int_equal(judge(&c), VERDICT_REFUSED);
	c = make_plain();
	c.type = SYNTH_OPEN_ENCLAVE;
	assert_int_equal(judge(&c), VERDICT_REFUSED);
}

static void
root_that_is_not_an_anchor_is_refused(void **state)
{
	struct synth_case c = make_plain();

	(void)state;
	settings_default(&settings);
	(void)judge(&c);
	assert_ends_at(CHECK_SGX_PCK_ROOT_PINNED);
}

static void
extra_anchor_is_noted(void **state)
{
	struct synth_case c = make_plain();

	(void)state;
	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	assert_non_null(trace.notes);
	assert_non_null(
	    memmem(trace.notes->first->text.p, trace.notes->first->text.size, "test root", 9));
}

/* The trace of a chain that came from the cache is the trace of one that did not. */
static void
cached_chain_gives_the_same_trace(void **state)
{
	DEFER(endorsement_cache_freep)
	struct endorsement_cache *cache = endorsement_cache_new(1 << 20);
	struct synth_case c = make_plain();
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, NULL, 0);
	struct endorsement_cache_stats stats;
	struct buf texts[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(judge_with(&c, snapshot, cache, NOW), VERDICT_ACCEPTED);
		buf_init(&texts[i], 1 << 20);
		json_emit(&texts[i], trace_emit(&trace, TRACE_VIEW_READER, &arena), JSON_SORTED);
	}
	assert_true(bytes_eq(buf_bytes(&texts[0]), buf_bytes(&texts[1])));
	buf_release(&texts[0]);
	buf_release(&texts[1]);
	endorsement_cache_stats(cache, &stats);
	assert_int_equal(stats.hits, 2);
	assert_int_equal(stats.entries, 2);
}

static void
cached_chain_is_still_judged_at_its_time(void **state)
{
	DEFER(endorsement_cache_freep)
	struct endorsement_cache *cache = endorsement_cache_new(1 << 20);
	struct synth_case c = make_plain();
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, NULL, 0);

	(void)state;
	assert_int_equal(judge_with(&c, snapshot, cache, NOW), VERDICT_ACCEPTED);
	(void)judge_with(&c, snapshot, cache, NOW + INT64_C(3000000000));
	assert_ends_at(CHECK_SGX_PCK_ROOT_VALIDITY);
	assert_int_equal(judge_with(&c, snapshot, cache, NOW + SYNTH_VALID_S + 86400),
	    VERDICT_UNDECIDED);
	settings_default(&settings);
	(void)judge_with(&c, snapshot, cache, NOW);
	assert_ends_at(CHECK_SGX_PCK_ROOT_PINNED);
}

static void
chain_cached_under_one_collateral_is_not_taken_under_another(void **state)
{
	DEFER(endorsement_cache_freep)
	struct endorsement_cache *cache = endorsement_cache_new(1 << 20);
	struct synth_spec spec;
	struct synth_case c = make_plain();
	DEFER(collateral_unrefp) struct collateral *good = seal(&c, NULL, 0);

	(void)state;
	assert_int_equal(judge_with(&c, good, cache, NOW), VERDICT_ACCEPTED);
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	/* The same chain, and a CRL that lists its leaf. */
	struct synth_case revoked = make(&spec, "pck-leaf-revoked");
	DEFER(collateral_unrefp) struct collateral *bad = seal(&revoked, NULL, 0);

	(void)judge_with(&revoked, bad, cache, NOW);
	assert_ends_at(CHECK_SGX_PCK_LEAF_REVOKED);
}

/* Under sanitizers: the trace is written when snapshot, cache and settings are gone. */
static void
trace_outlives_snapshot_and_cache(void **state)
{
	struct endorsement_cache *cache = endorsement_cache_new(1 << 20);
	struct synth_spec spec;
	DEFER(buf_release) struct buf text;

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	struct synth_case c = make(&spec, "tcb-out-of-date");
	struct collateral *snapshot = seal(&c, NULL, 0);

	for (int i = 0; i < 2; i++)
		assert_int_equal(judge_with(&c, snapshot, cache, NOW), VERDICT_REFUSED);
	collateral_unref(snapshot);
	endorsement_cache_free(cache);
	memset(&settings, 0x5a, sizeof(settings));
	buf_init(&text, 1 << 20);
	json_emit(&text, trace_emit(&trace, TRACE_VIEW_READER, &arena), JSON_SORTED);
	assert_true(buf_ok(&text));
	for (size_t i = 0; i < findings.advisory_count; i++)
		assert_true(findings.advisories[i].size > 0);
}

static void
runtime_data_is_bound(void **state)
{
	struct synth_spec spec;

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	spec.runtime_data = BYTES("{\"nonce\": 1 }");
	struct synth_case c = make(&spec, NULL);

	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	assert_true(findings.runtime_bound);
	c.runtime_data = BYTES("{\"nonce\": 1}");
	(void)judge(&c);
	assert_ends_at(CHECK_SGX_BINDING_RUNTIME);
	/* Empty data is data. */
	c.runtime_data = BYTES("");
	assert_int_equal(judge(&c), VERDICT_REFUSED);
	c.runtime_data = (struct bytes){ 0 };
	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	assert_false(findings.runtime_bound);
}

static void
upper_half_of_report_data_can_be_left_to_the_enclave(void **state)
{
	struct synth_spec spec;

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	spec.runtime_data = BYTES("x");
	struct synth_case c = make(&spec, "binding-upper");

	(void)judge(&c);
	assert_ends_at(CHECK_SGX_BINDING_UPPER);
	settings.binding_upper = false;
	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
}

static void
init_data_without_key_separation_is_refused(void **state)
{
	struct synth_spec spec;

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	spec.init_data = BYTES("init");
	struct synth_case c = make(&spec, NULL);

	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	assert_true(findings.init_bound);
	c = make_plain();
	c.init_data = BYTES("init");
	(void)judge(&c);
	assert_ends_at(CHECK_SGX_BINDING_INIT);
}

/* The right CONFIGID of an enclave that has none: what is reserved binds nothing. */
static void
init_data_in_a_reserved_field_is_refused(void **state)
{
	struct synth_spec spec;

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	sha256(BYTES("init"), spec.configid);
	struct synth_case c = make(&spec, NULL);

	c.init_data = BYTES("init");
	(void)judge(&c);
	assert_ends_at(CHECK_SGX_BINDING_INIT);
}

/* The older date, and each advisory once. */
static void
levels_of_platform_and_enclave_are_told_together(void **state)
{
	static const struct {
		const char *platform, *qe;
		int64_t date_at;
		size_t advisories;
	} rows[] = {
		{ "UpToDate", "UpToDate", 1778630400, 0 },  /* 2026-05-13 */
		{ "OutOfDate", "UpToDate", 1691539200, 1 }, /* 2023-08-09 */
		{ "UpToDate", "OutOfDate", 1636502400, 1 }, /* 2021-11-10 */
		{ "SWHardeningNeeded", "OutOfDate", 1636502400, 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct synth_spec spec;
		struct err e = { 0 };

		synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
		assert_int_equal(synth_spec_set(&spec, "tcb_status", rows[i].platform, &e), 0);
		assert_int_equal(synth_spec_set(&spec, "qe_tcb_status", rows[i].qe, &e), 0);
		struct synth_case c = make(&spec, NULL);

		(void)judge(&c);
		assert_int_equal(findings.tcb_date_at, rows[i].date_at);
		assert_int_equal(findings.advisory_count, rows[i].advisories);
	}
}

static void
tolerated_status_is_accepted_and_revoked_never(void **state)
{
	struct synth_spec spec;
	struct err e = { 0 };

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	struct synth_case c = make(&spec, "tcb-out-of-date");

	assert_int_equal(judge(&c), VERDICT_REFUSED);
	assert_true(findings.complete);
	assert_int_equal(settings_tolerate(&settings, TCB_OUT_OF_DATE, &e), 0);
	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	settings.tolerated = ~0u;
	c = make(&spec, "tcb-revoked");
	assert_int_equal(judge(&c), VERDICT_REFUSED);
	c = make(&spec, "tcb-qe-revoked");
	assert_int_equal(judge(&c), VERDICT_REFUSED);
}

static void
exception_holds_for_its_platform_until_it_expires(void **state)
{
	struct synth_spec spec;
	struct settings_exception x = { .status = TCB_OUT_OF_DATE,
		.has_fmspc = true,
		.expires_at = NOW,
		.reason = "waiting for the BIOS" };

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	struct synth_case c = make(&spec, "tcb-out-of-date");

	memcpy(x.fmspc, spec.fmspc, sizeof(x.fmspc));
	settings.exceptions[0] = x;
	settings.exception_count = 1;
	assert_int_equal(judge(&c), VERDICT_ACCEPTED);
	settings.exceptions[0].expires_at = NOW - 1;
	assert_int_equal(judge(&c), VERDICT_REFUSED);
	settings.exceptions[0].expires_at = NOW;
	settings.exceptions[0].fmspc[0] ^= 1;
	assert_int_equal(judge(&c), VERDICT_REFUSED);
}

static void
running_out_of_memory_is_no_verdict(void **state)
{
	struct synth_case c = make_plain();
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, NULL, 0);
	struct appraise_input in = { .evidence = c.evidence };
	unsigned faults = 0;

	(void)state;
	for (size_t room = 0; room < 60000; room += 16) {
		struct arena small;
		struct err e = { 0 };

		arena_init(&small, room);
		trace_init(&trace, &small, "SgxEnclave", NOW);
		int rc = sgx_appraise(&in, snapshot, NULL, &settings, NOW, &small, &trace,
		    &findings, &e);

		assert_true(rc < 0 || trace_verdict(&trace) == VERDICT_ACCEPTED);
		faults += rc < 0;
		assert_true(rc == 0 || trace_verdict(&trace) == VERDICT_UNDECIDED);
		arena_release(&small);
	}
	assert_true(faults > 0);
}

static void
running_out_of_memory_over_a_bad_container_is_a_fault(void **state)
{
	struct synth_case c = make_plain();
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(&c, NULL, 0);
	struct appraise_input in = { .evidence = BYTES("0123456789abcdef") };
	unsigned faults = 0;

	(void)state;
	for (size_t room = 0; room < 4096; room += 16) {
		struct arena small;

		arena_init(&small, room);
		trace_init(&trace, &small, "OpenEnclave", NOW);
		int rc = oe_appraise(&in, snapshot, NULL, &settings, NOW, &small, &trace, &findings,
		    NULL);

		assert_int_equal(trace.fault, rc < 0);
		faults += rc < 0;
		arena_release(&small);
	}
	assert_true(faults > 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, judged_setup, judged_teardown)
	const struct CMUnitTest tests[] = {
		T(evidence_in_order_is_accepted),
		T(quotes_of_every_version_are_accepted),
		T(open_enclave_report_is_accepted_and_a_bare_quote_is_not),
		T(root_that_is_not_an_anchor_is_refused),
		T(extra_anchor_is_noted),
		T(cached_chain_gives_the_same_trace),
		T(cached_chain_is_still_judged_at_its_time),
		T(chain_cached_under_one_collateral_is_not_taken_under_another),
		T(trace_outlives_snapshot_and_cache),
		T(runtime_data_is_bound),
		T(upper_half_of_report_data_can_be_left_to_the_enclave),
		T(init_data_without_key_separation_is_refused),
		T(init_data_in_a_reserved_field_is_refused),
		T(levels_of_platform_and_enclave_are_told_together),
		T(tolerated_status_is_accepted_and_revoked_never),
		T(exception_holds_for_its_platform_until_it_expires),
		T(running_out_of_memory_is_no_verdict),
		T(running_out_of_memory_over_a_bad_container_is_a_fault),
	};
	return cmocka_run_group_tests(tests, NULL, judged_end);
}
