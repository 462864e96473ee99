/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement of SGX and Open Enclave evidence, whole (appraise/sgx, collateral/builder), on evidence that is changed
 * link by link and signed again (sgx_case.h). Whatever the input, evidence is accepted only when a second reading of its
 * bytes (sgx_oracle.c) finds every signature, digest, name and date in order; evidence that was left alone is accepted.
 */
#include "sgx_case.h"

static struct collateral *
seal(const struct sgx_case *c)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new((size_t)16 << 20);
	struct collateral *out = NULL;
	struct err e = { 0 };

	HOLDS(b != NULL);
	for (size_t i = 0; i < ROOT_DOCS; i++)
		if (c->docs[i].p != NULL)
			HOLDS(collateral_builder_add(b, c->docs[i], "folder", NULL, &e) == 0);
	HOLDS(collateral_builder_seal(b, &out, &e) == 0);
	return out;
}

static enum verdict
judged(const struct sgx_case *c, const struct collateral *snapshot, struct endorsement_cache *cache,
    struct trace *t, struct sgx_findings *f)
{
	struct appraise_input in = { .evidence = c->evidence, .runtime_data = c->runtime_data };
	struct arena *a = fuzz_arena_other();
	struct err e = { 0 };

	trace_init(t, a, c->is_oe ? "OpenEnclave" : "SgxEnclave", c->now_at);
	HOLDS((c->is_oe ? oe_appraise : sgx_appraise)(&in, snapshot, cache, &c->settings, c->now_at,
		  a, t, f, &e) == 0);
	HOLDS(!t->fault);
	return trace_verdict(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sgx_findings f;
	static struct endorsement_cache *cache;
	DEFER(collateral_unrefp) struct collateral *snapshot = NULL;
	struct rd input = rd_from(bytes_of(data, size));
	struct sgx_case c;
	struct trace t;
	enum verdict first;
	enum check_id failed;

	if (cache == NULL)
		cache = endorsement_cache_new(1u << 20);
	HOLDS(cache != NULL);
	sgx_case_make(&c, &input);
	snapshot = seal(&c);
	first = judged(&c, snapshot, NULL, &t, &f);
	failed = t.failed;
	HOLDS(trace_emit(&t, TRACE_VIEW_SUBMITTER, t.arena) != NULL);
	HOLDS((first == VERDICT_ACCEPTED) == (failed == CHECK_NONE && f.complete));
	if (c.untouched)
		HOLDS(first == VERDICT_ACCEPTED);
	if (first == VERDICT_ACCEPTED)
		sgx_case_holds(&c, &f);
	/* The cache never changes a verdict, neither when it learns nor when it knows. */
	for (int i = 0; i < 2; i++)
		HOLDS(judged(&c, snapshot, cache, &t, &f) == first && t.failed == failed);
	return 0;
}
