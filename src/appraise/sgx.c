/* SPDX-License-Identifier: Apache-2.0 */
#include "appraise/sgx.h"

#include "appraise/sgx_run.h"
#include "evidence/oe/report.h"

#include <string.h>

/* What every verdict on SGX evidence stands on, in the table's order. */
static const enum check_id first_expected = CHECK_SGX_QUOTE_HEADER;
static const enum check_id last_expected = CHECK_SGX_TCB_STATUS;

static const enum check_id oe_expected[] = { CHECK_OE_REPORT_HEADER, CHECK_OE_REPORT_VERSION,
	CHECK_OE_REPORT_TYPE, CHECK_OE_REPORT_SIZE };

static void
expect_all(struct trace *t)
{
	for (enum check_id id = first_expected; id <= last_expected; id++)
		trace_expect(t, &id, 1);
}

static int (*const steps[])(struct sgx_run *, struct err *) = {
	sgx_step_quote,
	sgx_step_pck,
	sgx_step_crls,
	sgx_step_tcb_info,
	sgx_step_qe_identity,
	sgx_step_qe,
	sgx_step_tcb,
	sgx_step_bindings,
	sgx_step_status,
};

static int
run_steps(struct sgx_run *r, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		int rc = steps[i](r, e);

		if (rc != STEP_ON)
			return rc;
	}
	return STEP_ON;
}

/* evidence-intel.md 8.2; what was not reached stays zero. */
static void
fill_hashes(struct sgx_run *r)
{
	struct sgx_collateral_hashes *h = &r->out->collateral;

	sha256(r->in->evidence, h->quotehash);
	if (r->qe_signer != NULL)
		memcpy(h->qeidcertshash, r->qe_signer->chain_hash, SHA256_SIZE);
	if (r->tcb_signer != NULL)
		memcpy(h->tcbinfocertshash, r->tcb_signer->chain_hash, SHA256_SIZE);
	if (r->root_crl != NULL) {
		memcpy(h->qeidcrlhash, r->root_crl->pem_hash, SHA256_SIZE);
		memcpy(h->tcbinfocrlhash, r->root_crl->pem_hash, SHA256_SIZE);
	}
	if (r->qe_identity != NULL)
		memcpy(h->qeidhash, r->qe_identity->by.text_hash, SHA256_SIZE);
	if (r->tcb_info != NULL)
		memcpy(h->tcbinfohash, r->tcb_info->by.text_hash, SHA256_SIZE);
}

static int
appraise_quote(struct sgx_run *r, struct err *e)
{
	int rc = sgx_show_settings(r, e);

	if (rc == 0)
		rc = run_steps(r, e);
	if (rc < 0)
		r->t->fault = true;
	else if (r->out->complete)
		fill_hashes(r);
	sgx_show_collateral(r);
	/* A chain that was not cached has its leaf's key to itself. */
	if (r->entry == NULL && r->facts != NULL)
		key_unref(r->facts->leaf_key);
	pck_entry_unref(r->entry);
	key_unref(r->attestation_key);
	return rc < 0 ? -1 : 0;
}

static struct sgx_run
run_of(const struct appraise_input *in, const struct collateral *c, struct endorsement_cache *cache,
    const struct settings *s, int64_t now_at, struct arena *a, struct trace *t,
    struct sgx_findings *out)
{
	memset(out, 0, sizeof(*out));
	out->tcb_status = out->platform_tcb_status = out->qe_tcb_status = TCB_NONE;
	return (struct sgx_run){
		.in = in,
		.quote = in->evidence,
		.c = c,
		.cache = cache,
		.s = s,
		.now_at = now_at,
		.a = a,
		.t = t,
		.out = out,
	};
}

int
sgx_appraise(const struct appraise_input *in, const struct collateral *c,
    struct endorsement_cache *cache, const struct settings *s, int64_t now_at, struct arena *a,
    struct trace *t, struct sgx_findings *out, struct err *e)
{
	struct sgx_run r = run_of(in, c, cache, s, now_at, a, t, out);

	expect_all(t);
	return appraise_quote(&r, e);
}

/* The container: 16 bytes, then the quote and nothing else. */
static int
judge_container(struct sgx_run *r)
{
	struct oe_report report;
	struct err bad = { 0 };
	bool read = oe_report_parse(r->in->evidence, &report, &bad) == 0;

	if (!read)
		trace_note(r->t, CHECK_OE_REPORT_HEADER, "%s", bad.msg);
	JUDGE(r->t, CHECK_OE_REPORT_HEADER, read, shown_uint(r->in->evidence.size),
	    shown_nothing());
	if (!read)
		return STEP_STOP;
	trace_span(r->t, CHECK_OE_REPORT_VERSION, 0, 4);
	JUDGE(r->t, CHECK_OE_REPORT_VERSION, report.version == OE_REPORT_VERSION,
	    shown_uint(report.version), shown_uint(OE_REPORT_VERSION));
	trace_span(r->t, CHECK_OE_REPORT_TYPE, 4, 8);
	JUDGE(r->t, CHECK_OE_REPORT_TYPE, report.type == OE_REPORT_SGX_REMOTE,
	    shown_uint(report.type), shown_uint(OE_REPORT_SGX_REMOTE));
	trace_span(r->t, CHECK_OE_REPORT_SIZE, 8, 16);
	JUDGE(r->t, CHECK_OE_REPORT_SIZE, report.size == report.quote.size, shown_uint(report.size),
	    shown_uint(report.quote.size));
	r->quote = report.quote;
	r->quote_at = OE_REPORT_HEADER_SIZE;
	return STEP_ON;
}

int
oe_appraise(const struct appraise_input *in, const struct collateral *c,
    struct endorsement_cache *cache, const struct settings *s, int64_t now_at, struct arena *a,
    struct trace *t, struct sgx_findings *out, struct err *e)
{
	struct sgx_run r = run_of(in, c, cache, s, now_at, a, t, out);

	trace_expect(t, oe_expected, COUNT_OF(oe_expected));
	expect_all(t);
	if (judge_container(&r) != STEP_ON) {
		int rc = sgx_show_settings(&r, e);

		t->fault = rc < 0;
		return rc;
	}
	return appraise_quote(&r, e);
}
