/* SPDX-License-Identifier: Apache-2.0 */
/* Step 11 of evidence-intel.md 5: TCB levels; the bindings of section 6; and whether the status is good enough. */
#include "appraise/sgx_run.h"
#include "base/stamp.h"

static int
add_advisories(struct sgx_run *r, const struct advisories *from, struct err *e)
{
	struct sgx_findings *out = r->out;

	for (size_t i = 0; i < from->count; i++) {
		bool known = false;

		for (size_t k = 0; k < out->advisory_count && !known; k++)
			known = bytes_eq(out->advisories[k], from->ids[i]);
		if (known || out->advisory_count == MAX_FINDING_ADVISORIES)
			continue;
		struct bytes id = arena_copy(r->a, from->ids[i]);

		if (id.p == NULL)
			return arena_fail(e, "advisories");
		out->advisories[out->advisory_count++] = id;
	}
	return 0;
}

int
sgx_step_tcb(struct sgx_run *r, struct err *e)
{
	const struct pck_ext *pck = &r->facts->ext;
	struct sgx_findings *out = r->out;
	uint16_t qe_svn = out->quote.dcap.qe.isvsvn;
	const struct tcb_level *platform =
	    tcb_info_level(&r->tcb_info->info, pck->components, pck->pcesvn);
	const struct qe_level *qe = qe_identity_level(&r->qe_identity->identity, qe_svn);

	JUDGE(r->t, CHECK_SGX_TCB_PLATFORM_LEVEL, platform != NULL,
	    sgx_shown_hex(r, BYTES_OF(pck->components)), shown_nothing());
	JUDGE(r->t, CHECK_SGX_TCB_QE_LEVEL, qe != NULL, shown_uint(qe_svn), shown_nothing());
	if (platform == NULL || qe == NULL)
		return STEP_STOP;
	out->platform_tcb_status = platform->status;
	out->qe_tcb_status = qe->status;
	out->tcb_status = tcb_status_merge(platform->status, qe->status);
	out->tcb_date_at = platform->date_at < qe->date_at ? platform->date_at : qe->date_at;
	TRY(add_advisories(r, &platform->advisories, e));
	TRY(add_advisories(r, &qe->advisories, e));
	out->complete = true;
	TRY(sgx_show_appraisal(r, e));
	return STEP_ON;
}

static int
judge_runtime(struct sgx_run *r)
{
	struct bytes data = r->out->quote.report.reportdata;
	struct bytes lower = bytes_slice(data, 0, SHA256_SIZE);
	struct bytes upper = bytes_slice(data, SHA256_SIZE, SHA256_SIZE);
	uint8_t digest[SHA256_SIZE];

	if (r->in->runtime_data.p == NULL) {
		trace_na(r->t, CHECK_SGX_BINDING_RUNTIME, "no runtime data was given");
		trace_na(r->t, CHECK_SGX_BINDING_UPPER, "no runtime data was given");
		return STEP_ON;
	}
	sha256(r->in->runtime_data, digest);
	JUDGE(r->t, CHECK_SGX_BINDING_RUNTIME, bytes_eq_secret(lower, BYTES_OF(digest)),
	    shown_hex(lower), sgx_shown_hex(r, BYTES_OF(digest)));
	r->out->runtime_bound = true;
	if (!r->s->binding_upper) {
		trace_na(r->t, CHECK_SGX_BINDING_UPPER,
		    "the settings leave the upper half to the enclave");
		return STEP_ON;
	}
	JUDGE(r->t, CHECK_SGX_BINDING_UPPER, bytes_are_zero(upper), shown_hex(upper),
	    shown_nothing());
	return STEP_ON;
}

static int
judge_init(struct sgx_run *r)
{
	struct bytes id = r->out->quote.report.configid;
	struct bytes lower = bytes_slice(id, 0, SHA256_SIZE);
	struct bytes upper = bytes_slice(id, SHA256_SIZE, SHA256_SIZE);
	uint8_t digest[SHA256_SIZE];

	if (r->in->init_data.p == NULL) {
		trace_na(r->t, CHECK_SGX_BINDING_INIT, "no init data was given");
		return STEP_ON;
	}
	sha256(r->in->init_data, digest);
	/* Without key separation CONFIGID is a reserved field. */
	if (!r->out->kss)
		trace_note(r->t, CHECK_SGX_BINDING_INIT,
		    "the enclave has no CONFIGID (KSS is not set)");
	JUDGE(r->t, CHECK_SGX_BINDING_INIT,
	    r->out->kss && bytes_eq_secret(lower, BYTES_OF(digest)) && bytes_are_zero(upper),
	    shown_hex(id), sgx_shown_hex(r, BYTES_OF(digest)));
	r->out->init_bound = true;
	return STEP_ON;
}

int
sgx_step_bindings(struct sgx_run *r, struct err *e)
{
	(void)e;
	int rc = judge_runtime(r);

	return rc == STEP_ON ? judge_init(r) : rc;
}

int
sgx_step_status(struct sgx_run *r, struct err *e)
{
	const struct settings_exception *why;
	enum tcb_status status = r->out->tcb_status;
	bool good = settings_tolerates(r->s, status, r->out->pck.fmspc, r->now_at, &why);

	(void)e;
	JUDGE(r->t, CHECK_SGX_TCB_STATUS, good, shown_str(tcb_status_name(status)),
	    shown_nothing());
	if (why != NULL) {
		char expires[STAMP_SIZE];

		stamp_format(why->expires_at, expires);
		trace_note(r->t, CHECK_SGX_TCB_STATUS, "excepted until %s: %s", expires,
		    why->reason);
		trace_remark(r->t, "%s is tolerated by an exception until %s: %s",
		    tcb_status_name(status), expires, why->reason);
	}
	return STEP_ON;
}
