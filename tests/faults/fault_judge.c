/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collateral and evidence: whatever fails while they are judged, the verdict is the one it would have been, or there is
 * none.
 */
#include "../support/fault.h"
#include "../unit/appraise/judged.h"

#include <stdio.h>

struct subject {
	struct synth_case c;
	struct collateral *snapshot;
	bool cached;
	enum verdict verdict; /* without a fault */
	enum check_id failed;
};

static int
seal_once(const struct synth_case *c, struct collateral **out, struct err *e)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new((size_t)16 << 20);

	if (b == NULL)
		return err_set(e, ERR_LIMIT, "builder: out of memory");
	for (size_t i = 0; i < c->doc_count; i++)
		TRY(collateral_builder_add(b, c->docs[i].bytes, "folder", NULL, e));
	return collateral_builder_seal(b, out, e);
}

/* A document that lost its signer to a fault would refuse evidence later, in its own name. */
static void
assert_same(const struct collateral *a, const struct collateral *b)
{
	assert_true(bytes_eq(collateral_id(a), collateral_id(b)));
	for (size_t i = 0; i < collateral_doc_count(b); i++)
		assert_int_equal(collateral_doc_at(a, i)->format.code,
		    collateral_doc_at(b, i)->format.code);
	assert_int_equal(collateral_cert_count(a), collateral_cert_count(b));
	for (size_t i = 0; i < collateral_cert_count(b); i++) {
		const struct collateral_cert *x = collateral_cert_at(a, i),
					     *y = collateral_cert_at(b, i);

		assert_true(x->is_root == y->is_root && x->is_tcb_signer == y->is_tcb_signer &&
		    x->root == y->root && x->fit == y->fit && (x->key == NULL) == (y->key == NULL));
	}
	for (size_t i = 0; i < collateral_crl_count(b); i++)
		assert_int_equal(collateral_crl_at(a, i)->issuer, collateral_crl_at(b, i)->issuer);
	for (size_t i = 0; i < collateral_tcb_info_count(b); i++)
		assert_int_equal(collateral_tcb_info_at(a, i)->by.signers,
		    collateral_tcb_info_at(b, i)->by.signers);
	for (size_t i = 0; i < collateral_qe_identity_count(b); i++)
		assert_int_equal(collateral_qe_identity_at(a, i)->by.signers,
		    collateral_qe_identity_at(b, i)->by.signers);
}

static int
run_seal(void *ctx, struct err *e)
{
	struct subject *s = ctx;
	DEFER(collateral_unrefp) struct collateral *out = NULL;
	int got = seal_once(&s->c, &out, e);

	fault_disarm();
	if (got == 0)
		assert_same(out, s->snapshot);
	else
		assert_null(out);
	return got;
}

static int
run_judge(void *ctx, struct err *e)
{
	struct subject *s = ctx;
	struct appraise_input in = { .evidence = s->c.evidence,
		.runtime_data = s->c.runtime_data,
		.init_data = s->c.init_data };
	struct endorsement_cache *cache = s->cached ? endorsement_cache_new(1u << 20) : NULL;
	struct arena a;
	struct trace t;
	struct sgx_findings found;
	int got = 0;

	arena_init(&a, (size_t)8 << 20);
	trace_init(&t, &a, synth_type_name(s->c.type), NOW);
	/* With a cache twice: what a failed judgement left in it must not serve the next one. */
	for (int i = 0; i <= (cache != NULL) && got == 0; i++)
		got = s->c.type == SYNTH_OPEN_ENCLAVE
		    ? oe_appraise(&in, s->snapshot, cache, &settings, NOW, &a, &t, &found, e)
		    : sgx_appraise(&in, s->snapshot, cache, &settings, NOW, &a, &t, &found, e);
	fault_disarm();
	if (got == 0) {
		assert_int_equal(trace_verdict(&t), s->verdict);
		assert_int_equal(t.failed, s->failed);
	} else {
		assert_int_not_equal(trace_verdict(&t), VERDICT_ACCEPTED);
	}
	if (cache != NULL) {
		struct err after = { 0 };

		trace_init(&t, &a, synth_type_name(s->c.type), NOW);
		assert_int_equal(sgx_appraise(&in, s->snapshot, cache, &settings, NOW, &a, &t,
				     &found, &after),
		    0);
		assert_int_equal(trace_verdict(&t), s->verdict);
		assert_int_equal(t.failed, s->failed);
	}
	endorsement_cache_free(cache);
	arena_release(&a);
	return got;
}

static void
sweep_case(enum synth_type type, const char *damage, bool cached)
{
	struct subject s = { .cached = cached };
	struct synth_spec spec;
	char name[64];

	synth_spec_init(&spec, type);
	s.c = make(&spec, damage);
	s.snapshot = seal(&s.c, NULL, 0);
	s.verdict = judge_with(&s.c, s.snapshot, NULL, NOW);
	s.failed = trace.failed;
	assert_int_equal(s.failed, s.c.check);
	snprintf(name, sizeof(name), "%s %s%s", synth_type_name(type),
	    damage == NULL ? "good" : damage, cached ? " cached" : "");
	fault_sweep(name, run_judge, &s, fault_crypto_sites);
	collateral_unref(s.snapshot);
}

static void
collateral_is_sealed_whole_or_not_at_all(void **state)
{
	struct subject s = { .c = make_plain() };

	(void)state;
	s.snapshot = seal(&s.c, NULL, 0);
	fault_sweep("collateral seal", run_seal, &s, fault_crypto_sites);
	collateral_unref(s.snapshot);
}

static void
good_evidence_is_accepted_or_not_judged(void **state)
{
	(void)state;
	sweep_case(SYNTH_SGX_ENCLAVE, NULL, false);
	sweep_case(SYNTH_SGX_ENCLAVE, NULL, true);
	sweep_case(SYNTH_OPEN_ENCLAVE, NULL, false);
}

static void
bad_evidence_is_refused_for_its_own_fault_or_not_judged(void **state)
{
	const char *all = getenv("ATTEST_FAULT_ALL");

	(void)state;
	for (size_t i = 0; i < synth_damage_count(); i++) {
		const struct synth_damage *d = synth_damage_at(i);

		if (d->sgx && (all != NULL || i % 8 == 0))
			sweep_case(SYNTH_SGX_ENCLAVE, d->name, false);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(collateral_is_sealed_whole_or_not_at_all,
		    judged_setup, judged_teardown),
		cmocka_unit_test_setup_teardown(good_evidence_is_accepted_or_not_judged,
		    judged_setup, judged_teardown),
		cmocka_unit_test_setup_teardown(
		    bad_evidence_is_refused_for_its_own_fault_or_not_judged, judged_setup,
		    judged_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, judged_end);
}
