/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement whole, on a real quote at a time for which its collateral is kept. */
#include "service/judge.h"

#include "../../support/test.h"

#include "../../support/vectors.h"

#include "appraise/sgx.h"
#include "token/build.h"

#include <string.h>

#define AT 1749669497 /* 2025-06-11T19:18:17Z */

static struct arena shared, arena;
static struct collateral *collateral;
static struct endorsement_cache *cache;
static struct settings tolerant, strict;
static struct bytes quote, held;
static struct trace trace;
static struct judgement out;
static struct err err;

static const char *const documents[] = {
	"sgx/collateral/tcbinfo/sgx_v3_00906ed50000_20250527T193107Z_ev17.json",
	"sgx/collateral/qeidentity/qe_v2_20250527T190527Z.json",
	"sgx/collateral/crl/root_20250320_ad6f.der",
	"sgx/collateral/crl/processor_20250527_ab83.der",
	"sgx/collateral/certs/intel_tcb_signing_2025_2032_chain.pem",
	"sgx/collateral/certs/intel_sgx_root_ca_notafter_2049.pem",
};

static int
setup(void **state)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(MAX_COLLATERAL_SIZE);

	(void)state;
	arena_init(&shared, 64u << 20);
	arena_init(&arena, 64u << 20);
	for (size_t i = 0; i < COUNT_OF(documents); i++) {
		struct bytes doc;

		assert_true(vector_read(documents[i], &shared, &doc));
		assert_int_equal(collateral_builder_add(b, doc, "folder", NULL, &err), 0);
	}
	assert_int_equal(collateral_builder_seal(b, &collateral, &err), 0);
	assert_true(vector_read("sgx/quotes/azure_sample_intelsdk_release.bin", &shared, &quote));
	assert_true(
	    vector_read("sgx/quotes/azure_sample_intelsdk_release.ehd.bin", &shared, &held));
	settings_default(&strict);
	assert_int_equal(settings_rehash(&strict, &err), 0);
	tolerant = strict;
	assert_int_equal(settings_tolerate(&tolerant, TCB_OUT_OF_DATE, &err), 0);
	cache = endorsement_cache_new(1u << 20);
	return cache == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	endorsement_cache_free(cache);
	collateral_unref(collateral);
	arena_release(&shared);
	arena_release(&arena);
	return 0;
}

static struct judge_input
release_build(void)
{
	return (struct judge_input){
		.kind = kind_find(BYTES("SgxEnclave")),
		.evidence = quote,
		.runtime = { DATA_BINARY, held },
		.settings = &tolerant,
		.collateral = collateral,
		.cache = cache,
		.issuer = BYTES("https://host"),
		.now_at = AT,
		.token_lifetime_s = 28800,
		.policy_origin = "draft",
		.policy_limits = &policy_limits_draft,
		.explain = true,
	};
}

static int
judge_under(struct judge_input in, const char *policy)
{
	DEFER(policy_unrefp) struct policy *p = NULL;

	arena_reset(&arena);
	err_clear(&err);
	if (policy != NULL)
		assert_int_equal(policy_parse(bytes_of_str(policy), &p, NULL, &err), 0);
	in.policy = p;
	trace_init(&trace, &arena, in.kind->name, in.now_at);
	return judge(&in, &arena, &trace, &out, &err);
}

static bool
ends_at(enum verdict verdict, enum check_id check)
{
	return out.verdict == verdict && trace.failed == check && out.payload.p == NULL;
}

static const struct json *
payload(void)
{
	const struct json *json;

	assert_non_null(out.payload.p);
	assert_int_equal(json_parse(out.payload, out.payload.size, &arena, &json, &err), 0);
	return json;
}

#define PERMIT "version= 1.0;authorizationrules{=> permit();};"

static void
a_permitted_quote_gives_the_payload_of_a_token(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) { /* cold and warm */
		assert_int_equal(judge_under(release_build(), PERMIT), 0);
		assert_int_equal(out.verdict, VERDICT_ACCEPTED);
		assert_true(json_is_str(json_get(payload(), "x-ms-attestation-type"), "sgx"));
		assert_true(json_is_str(json_get(payload(), "x-ms-sgx-ehd"), "AQIDBAUG"));
		assert_true(
		    json_is_str(json_get(payload(), "x-ms-sgx-tcbidentifier"), "azuredefault"));
		assert_true(json_is_str(json_get(payload(), "x-ms-sgx-mrenclave"),
		    "d37d983a85d63fb49649610e2eba0930ecdbff6d113aca3ff3fc7261696c0134"));
		assert_null(json_get(payload(), "jti"));
		assert_null(json_get(payload(), "attest-dev"));
		assert_non_null(trace.claims);
		assert_non_null(trace.policy);
		assert_non_null(trace.settings);
	}
}

static void
the_same_input_gives_the_same_payload_with_and_without_cache(void **state)
{
	struct judge_input in = release_build();
	static uint8_t first[65536];
	size_t size;

	(void)state;
	assert_int_equal(judge_under(in, PERMIT), 0);
	size = out.payload.size;
	memcpy(first, out.payload.p, size);
	in.cache = NULL;
	assert_int_equal(judge_under(in, PERMIT), 0);
	assert_true(bytes_eq(out.payload, bytes_of(first, size)));
}

static void
without_a_policy_there_is_a_verdict_and_no_token(void **state)
{
	struct judge_input in = release_build();

	(void)state;
	assert_int_equal(judge_under(in, NULL), 0);
	assert_int_equal(out.verdict, VERDICT_ACCEPTED);
	assert_null(out.payload.p);
	in.settings = &strict;
	assert_int_equal(judge_under(in, NULL), 0);
	assert_int_equal(out.verdict, VERDICT_REFUSED);
	assert_string_equal(check_table[trace.failed].stage, "TCB_STATUS");
}

static void
a_policy_is_asked_only_about_evidence_that_convinces(void **state)
{
	struct judge_input in = release_build();

	(void)state;
	in.settings = &strict;
	assert_int_equal(judge_under(in, PERMIT), 0);
	assert_int_equal(out.verdict, VERDICT_REFUSED);
	assert_false(out.policy_ran);
	assert_null(out.payload.p);
	in = release_build();
	in.runtime.bytes = BYTES("other");
	assert_int_equal(judge_under(in, PERMIT), 0);
	assert_int_equal(out.verdict, VERDICT_REFUSED);
	assert_null(out.payload.p);
	assert_false(out.policy_ran);
}

static void
a_policy_that_does_not_permit_refuses(void **state)
{
	(void)state;
	assert_int_equal(judge_under(release_build(), "version= 1.0;authorizationrules{};"), 0);
	assert_true(ends_at(VERDICT_REFUSED, CHECK_POLICY_PERMIT));
	assert_int_equal(out.policy.reason, POLICY_REASON_NO_PERMIT);
	assert_non_null(trace.policy);
	assert_non_null(trace.claims);
	assert_int_equal(judge_under(release_build(),
			     "version= 1.0;authorizationrules{=> permit(); => deny();};"),
	    0);
	assert_true(ends_at(VERDICT_REFUSED, CHECK_POLICY_PERMIT));
	assert_int_equal(out.policy.reason, POLICY_REASON_DENY);
	assert_int_equal(judge_under(release_build(),
			     "version= 1.0;authorizationrules{c:[type=="
			     "\"x-ms-sgx-is-debuggable\", value==true] => permit();};"),
	    0);
	assert_true(ends_at(VERDICT_REFUSED, CHECK_POLICY_PERMIT));
}

static void
a_policy_over_its_budget_is_undecided(void **state)
{
	static const struct policy_limits poor = { .steps = 1, .memory = 1u << 20 };
	struct judge_input in = release_build();

	(void)state;
	in.policy_limits = &poor;
	assert_int_equal(judge_under(in,
			     "version= 1.0;authorizationrules{c:[type==\"a\"] => deny(); "
			     "=> permit();};"),
	    0);
	assert_true(ends_at(VERDICT_UNDECIDED, CHECK_POLICY_BUDGET));
}

#define BASELINE(v)                                                                                \
	"version= 1.1;configurationrules{=> issueproperty(type=\"x-ms-sgx-tcbidentifier\", "       \
	"value=\"" v "\");};authorizationrules{=> permit();};"

static void
a_named_baseline_demands_collateral_as_new(void **state)
{
	(void)state;
	assert_int_equal(judge_under(release_build(), BASELINE("17")), 0);
	assert_int_equal(out.verdict, VERDICT_ACCEPTED);
	assert_true(json_is_str(json_get(payload(), "x-ms-sgx-tcbidentifier"), "17"));
	assert_int_equal(judge_under(release_build(), BASELINE("18")), 0);
	assert_int_not_equal(out.verdict, VERDICT_ACCEPTED);
	assert_null(out.payload.p);
}

static void
evidence_under_a_root_of_the_dev_program_is_marked(void **state)
{
	struct judge_input in = release_build();
	struct sgx_findings *f;
	struct appraise_input ai = { .evidence = quote };
	uint8_t anchors[1][SHA256_SIZE];

	(void)state;
	f = arena_alloc(&shared, sizeof(*f));
	trace_init(&trace, &shared, "SgxEnclave", AT);
	assert_int_equal(sgx_appraise(&ai, collateral, NULL, &tolerant, AT, &shared, &trace, f,
			     &err),
	    0);
	memcpy(anchors[0], f->root_spki_sha256, SHA256_SIZE);
	assert_false(bytes_are_zero(BYTES_OF(anchors[0])));
	in.dev_anchors = (const uint8_t(*)[SHA256_SIZE])anchors;
	in.dev_anchor_count = 1;
	assert_int_equal(judge_under(in, PERMIT), 0);
	assert_non_null(json_get(payload(), "attest-dev"));
}

static void
a_kind_without_a_verifier_is_an_error(void **state)
{
	struct judge_input in = release_build();

	(void)state;
	in.kind = kind_find(BYTES("Tpm"));
	assert_int_equal(judge_under(in, PERMIT), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_int_equal(out.verdict, VERDICT_REFUSED);
}

static void
without_memory_there_is_no_verdict(void **state)
{
	DEFER(policy_unrefp) struct policy *p = NULL;
	struct judge_input in = release_build();
	struct arena small;
	unsigned failed = 0;

	(void)state;
	assert_int_equal(policy_parse(BYTES(PERMIT), &p, NULL, &err), 0);
	in.policy = p;
	for (size_t ceiling = 1000; ceiling < 200000; ceiling += 3000) {
		arena_init(&small, ceiling);
		err_clear(&err);
		trace_init(&trace, &small, in.kind->name, in.now_at);
		if (judge(&in, &small, &trace, &out, &err) < 0) {
			failed++;
			assert_null(out.payload.p);
			assert_int_not_equal(out.verdict, VERDICT_ACCEPTED);
			assert_true(trace.fault);
		} else {
			assert_true(
			    out.verdict == VERDICT_ACCEPTED || trace.failed == CHECK_POLICY_BUDGET);
		}
		arena_release(&small);
	}
	assert_true(failed > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_permitted_quote_gives_the_payload_of_a_token),
		cmocka_unit_test(the_same_input_gives_the_same_payload_with_and_without_cache),
		cmocka_unit_test(without_a_policy_there_is_a_verdict_and_no_token),
		cmocka_unit_test(a_policy_is_asked_only_about_evidence_that_convinces),
		cmocka_unit_test(a_policy_that_does_not_permit_refuses),
		cmocka_unit_test(a_policy_over_its_budget_is_undecided),
		cmocka_unit_test(a_named_baseline_demands_collateral_as_new),
		cmocka_unit_test(evidence_under_a_root_of_the_dev_program_is_marked),
		cmocka_unit_test(a_kind_without_a_verifier_is_an_error),
		cmocka_unit_test(without_memory_there_is_no_verdict),
	};

	NEED_VECTORS("sgx/quotes/azure_sample_intelsdk_release.bin");
	return cmocka_run_group_tests(tests, setup, teardown);
}
