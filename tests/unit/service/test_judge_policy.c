/* SPDX-License-Identifier: Apache-2.0 */
/* The policy's part of a judgement, on synthetic evidence that convinces: nothing else stands between it and a token. */
#include "service/judge.h"

#include "../../support/verdict.h"
#include "synth/synth.h"

#define NOW 1795000000

static struct synth_root *root;
static struct collateral *collateral;
static struct settings settings;
static struct synth_case evidence;
static struct arena shared, arena;
static struct trace trace;
static struct judgement out;

static int
setup(void **state)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(MAX_COLLATERAL_SIZE);
	struct synth_spec spec;
	uint8_t spki[SHA256_SIZE];

	(void)state;
	arena_init(&shared, 16u << 20);
	arena_init(&arena, 16u << 20);
	assert_int_equal(synth_root_generate(NOW, &root, NULL), 0);
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	assert_int_equal(synth_case_emit(root, &spec, NULL, NOW, &shared, &evidence, NULL), 0);
	for (size_t i = 0; i < evidence.doc_count; i++)
		assert_int_equal(collateral_builder_add(b, evidence.docs[i].bytes, "folder", NULL,
				     NULL),
		    0);
	assert_int_equal(collateral_builder_seal(b, &collateral, NULL), 0);
	sha256(key_spki(synth_root_key(root)), spki);
	settings_default(&settings);
	return settings_add_anchor(&settings, "test root", spki, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	collateral_unref(collateral);
	synth_root_free(root);
	arena_release(&shared);
	arena_release(&arena);
	return 0;
}

/* FIELD of the specification set to VALUE. */
static struct bytes
evidence_with(const char *field, const char *value)
{
	struct synth_spec spec;
	struct synth_case c;

	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	assert_int_equal(synth_spec_set(&spec, field, value, NULL), 0);
	assert_int_equal(synth_case_emit(root, &spec, NULL, NOW, &shared, &c, NULL), 0);
	return c.evidence;
}

/* Ends at FAILED, and gives a payload to sign only when nothing failed. */
static void
assert_judged_evidence(struct bytes bytes, const char *policy, const struct policy_limits *limits,
    enum check_id failed)
{
	DEFER(policy_unrefp) struct policy *p = NULL;
	struct judge_input in = {
		.kind = kind_find(BYTES("SgxEnclave")),
		.evidence = bytes,
		.policy_origin = "set",
		.policy_limits = limits,
		.settings = &settings,
		.collateral = collateral,
		.issuer = BYTES("https://host"),
		.now_at = NOW,
		.token_lifetime_s = 28800,
	};

	arena_reset(&arena);
	assert_int_equal(policy_parse(bytes_of_str(policy), &p, NULL, NULL), 0);
	in.policy = p;
	trace_init(&trace, &arena, in.kind->name, in.now_at);
	assert_int_equal(judge(&in, &arena, &trace, &out, NULL), 0);
	assert_int_equal(out.verdict, trace_verdict(&trace));
	assert_int_equal(out.payload.p != NULL, out.verdict == VERDICT_ACCEPTED);
	assert_ended_at(&trace, failed);
}

static void
assert_judged(const char *policy, const struct policy_limits *limits, enum check_id failed)
{
	assert_judged_evidence(evidence.evidence, policy, limits, failed);
}

#define RULES(authorization) "version= 1.0;authorizationrules{" authorization "};"

static void
evidence_that_a_policy_permits_gives_a_payload(void **state)
{
	(void)state;
	assert_judged(RULES("=> permit();"), &policy_limits_draft, CHECK_NONE);
	assert_true(out.policy_ran);
	/* Nobody asked for an explanation. */
	assert_null(trace.claims);
	assert_null(trace.policy);
}

static void
a_policy_is_not_asked_about_evidence_that_does_not_convince(void **state)
{
	(void)state;
	assert_judged_evidence(evidence_with("tcb_status", "OutOfDate"), RULES("=> permit();"),
	    &policy_limits_draft, CHECK_SGX_TCB_STATUS);
	assert_false(out.policy_ran);
	assert_null(trace.policy);
	assert_judged_evidence(BYTES("no quote"), RULES("=> permit();"), &policy_limits_draft,
	    CHECK_SGX_QUOTE_HEADER);
	assert_false(out.policy_ran);
	assert_non_null(trace.claims);
	assert_null(trace.claims->first);
}

/* configurationrules can raise the minimum of the settings and never lower it (maa-policy.md 11.1). */
static void
a_policy_does_not_lower_the_minimum_of_the_settings(void **state)
{
	static const char *const named = "version= 1.1;configurationrules{=> issueproperty("
					 "type=\"x-ms-sgx-tcbidentifier\", value=\"16\");};"
					 "authorizationrules{=> permit();};";

	(void)state;
	settings.min_evaluation_number = SYNTH_EVALUATION_NUMBER + 1;
	assert_judged(RULES("=> permit();"), &policy_limits_draft, CHECK_TCB_EVALUATION_NUMBER);
	assert_judged(named, &policy_limits_draft, CHECK_TCB_EVALUATION_NUMBER);
	settings.min_evaluation_number = 0;
	assert_judged(named, &policy_limits_draft, CHECK_NONE);
}

static void
a_policy_whose_configuration_fails_ends_before_the_evidence(void **state)
{
	static const struct policy_limits none = { .steps = 1, .memory = 1u << 20 };

	(void)state;
	assert_judged("version= 1.1;configurationrules{c:[type==\"a\"] => issueproperty("
		      "type=\"x-ms-sgx-tcbidentifier\", value=\"17\"); => issueproperty("
		      "type=\"x-ms-sgx-tcbidentifier\", value=\"16\");};"
		      "authorizationrules{=> permit();};",
	    &none, CHECK_POLICY_BUDGET);
	assert_int_equal(trace.checks[CHECK_SGX_QUOTE_HEADER].outcome, OUTCOME_SKIP);
}

static void
without_a_policy_or_a_verifier_nothing_is_to_be_signed(void **state)
{
	struct judge_input in = { .kind = kind_find(BYTES("SgxEnclave")),
		.evidence = evidence.evidence,
		.settings = &settings,
		.collateral = collateral,
		.issuer = BYTES("https://host"),
		.now_at = NOW };
	struct err e = { 0 };

	(void)state;
	arena_reset(&arena);
	trace_init(&trace, &arena, in.kind->name, in.now_at);
	assert_int_equal(judge(&in, &arena, &trace, &out, NULL), 0);
	assert_int_equal(out.verdict, VERDICT_ACCEPTED);
	assert_null(out.payload.p);
	in.kind = kind_find(BYTES("Tpm"));
	trace_init(&trace, &arena, in.kind->name, in.now_at);
	assert_int_equal(judge(&in, &arena, &trace, &out, &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
}

static void
a_policy_that_permits_nothing_refuses(void **state)
{
	(void)state;
	assert_judged(RULES(""), &policy_limits_draft, CHECK_POLICY_PERMIT);
	assert_judged(RULES("[type==\"no-such-claim\"] => permit();"), &policy_limits_draft,
	    CHECK_POLICY_PERMIT);
}

static void
a_deny_is_stronger_than_every_permit(void **state)
{
	(void)state;
	assert_judged(RULES("=> permit(); => deny();"), &policy_limits_draft, CHECK_POLICY_PERMIT);
	assert_judged(RULES("=> deny(); => permit();"), &policy_limits_draft, CHECK_POLICY_PERMIT);
}

static void
a_policy_over_its_budget_permits_nothing(void **state)
{
	static const struct policy_limits poor = { .steps = 1, .memory = 1u << 20 };

	(void)state;
	assert_judged(RULES("c:[type==\"a\"] => deny(); => permit();"), &poor, CHECK_POLICY_BUDGET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_that_a_policy_permits_gives_a_payload),
		cmocka_unit_test(a_policy_is_not_asked_about_evidence_that_does_not_convince),
		cmocka_unit_test(a_policy_does_not_lower_the_minimum_of_the_settings),
		cmocka_unit_test(a_policy_whose_configuration_fails_ends_before_the_evidence),
		cmocka_unit_test(without_a_policy_or_a_verifier_nothing_is_to_be_signed),
		cmocka_unit_test(a_policy_that_permits_nothing_refuses),
		cmocka_unit_test(a_deny_is_stronger_than_every_permit),
		cmocka_unit_test(a_policy_over_its_budget_permits_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
