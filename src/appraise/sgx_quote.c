/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of evidence-intel.md 5: 1, parse; and of 10 that the attestation key is a point. */
#include "appraise/sgx_run.h"

static void
span(const struct sgx_run *r, enum check_id id, size_t at, size_t size)
{
	trace_span(r->t, id, r->quote_at + at, r->quote_at + at + size);
}

static int
judge_header(struct sgx_run *r, struct dcap_header *h)
{
	struct err bad = { 0 };
	bool read = dcap_header_parse(r->quote, h, &bad) == 0;

	if (!read)
		trace_note(r->t, CHECK_SGX_QUOTE_HEADER, "%s", bad.msg);
	JUDGE(r->t, CHECK_SGX_QUOTE_HEADER, read, shown_uint(r->quote.size), shown_nothing());
	if (!read)
		return STEP_STOP;
	span(r, CHECK_SGX_QUOTE_VERSION, 0, 2);
	JUDGE(r->t, CHECK_SGX_QUOTE_VERSION, h->version >= 3 && h->version <= 5,
	    shown_uint(h->version), shown_nothing());
	span(r, CHECK_SGX_QUOTE_KEY_TYPE, 2, 2);
	JUDGE(r->t, CHECK_SGX_QUOTE_KEY_TYPE, h->key_type == DCAP_KEY_ECDSA_P256,
	    shown_uint(h->key_type), shown_nothing());
	span(r, CHECK_SGX_QUOTE_TEE_TYPE, 4, 4);
	JUDGE(r->t, CHECK_SGX_QUOTE_TEE_TYPE, h->tee_type == DCAP_TEE_SGX, shown_uint(h->tee_type),
	    shown_nothing());
	span(r, CHECK_SGX_QUOTE_VENDOR, 12, 16);
	JUDGE(r->t, CHECK_SGX_QUOTE_VENDOR, bytes_eq(h->vendor, BYTES_OF(dcap_vendor_intel)),
	    shown_hex(h->vendor), shown_hex(BYTES_OF(dcap_vendor_intel)));
	if (!h->has_descriptor) {
		trace_na(r->t, CHECK_SGX_QUOTE_BODY_TYPE, "only version 5 has a body descriptor");
		trace_na(r->t, CHECK_SGX_QUOTE_BODY_SIZE, "only version 5 has a body descriptor");
		return STEP_ON;
	}
	span(r, CHECK_SGX_QUOTE_BODY_TYPE, 48, 2);
	JUDGE(r->t, CHECK_SGX_QUOTE_BODY_TYPE, h->body_type == DCAP_BODY_SGX,
	    shown_uint(h->body_type), shown_nothing());
	span(r, CHECK_SGX_QUOTE_BODY_SIZE, 50, 4);
	JUDGE(r->t, CHECK_SGX_QUOTE_BODY_SIZE, h->body_size == SGX_REPORT_SIZE,
	    shown_uint(h->body_size), shown_uint(SGX_REPORT_SIZE));
	return STEP_ON;
}

static int
judge_layout(struct sgx_run *r, const struct dcap_header *h)
{
	struct sgx_quote *q = &r->out->quote;
	struct err bad = { 0 };
	bool read = dcap_quote_parse(r->quote, h, &q->dcap, &bad) == 0 &&
	    sgx_report_parse(q->dcap.body, &q->report, &bad) == 0;

	if (!read)
		trace_note(r->t, CHECK_SGX_QUOTE_LAYOUT, "%s", bad.msg);
	JUDGE(r->t, CHECK_SGX_QUOTE_LAYOUT, read, shown_uint(r->quote.size), shown_nothing());
	if (!read)
		return STEP_STOP;
	if (q->dcap.trailing.size > 0)
		span(r, CHECK_SGX_QUOTE_TRAILING, q->dcap.raw.size, q->dcap.trailing.size);
	JUDGE(r->t, CHECK_SGX_QUOTE_TRAILING, q->dcap.trailing.size == 0,
	    shown_uint(q->dcap.trailing.size), shown_uint(0));
	if (h->version >= 4) {
		span(r, CHECK_SGX_QUOTE_OUTER_TYPE, q->dcap.key_at + 64, 2);
		JUDGE(r->t, CHECK_SGX_QUOTE_OUTER_TYPE, q->dcap.outer_type == DCAP_CERT_QE_REPORT,
		    shown_uint(q->dcap.outer_type), shown_uint(DCAP_CERT_QE_REPORT));
	} else {
		trace_na(r->t, CHECK_SGX_QUOTE_OUTER_TYPE, "only versions 4 and 5 have one");
	}
	span(r, CHECK_SGX_QUOTE_CERT_TYPE, q->dcap.cert_at - 6, 2);
	JUDGE(r->t, CHECK_SGX_QUOTE_CERT_TYPE,
	    q->dcap.cert_type >= DCAP_CERT_PPID_CLEAR && q->dcap.cert_type <= DCAP_CERT_PCK_CHAIN,
	    shown_uint(q->dcap.cert_type), shown_nothing());
	return STEP_ON;
}

static int
judge_key(struct sgx_run *r, struct err *e)
{
	const struct dcap_quote *q = &r->out->quote.dcap;
	struct err bad = { 0 };

	r->attestation_key = cache_get_key(r->cache, q->attestation_key);
	r->key_was_cached = r->attestation_key != NULL;
	if (!r->key_was_cached &&
	    key_from_point(KEY_P256, q->attestation_key, &r->attestation_key, &bad) < 0 &&
	    bad.code != ERR_INVALID && bad.code != ERR_MALFORMED) {
		if (e != NULL)
			*e = bad;
		return -1;
	}
	span(r, CHECK_SGX_QUOTE_KEY, q->key_at, 64);
	JUDGE(r->t, CHECK_SGX_QUOTE_KEY, r->attestation_key != NULL, shown_hex(q->attestation_key),
	    shown_nothing());
	return r->attestation_key != NULL ? STEP_ON : STEP_STOP;
}

int
sgx_step_quote(struct sgx_run *r, struct err *e)
{
	struct dcap_header h;
	int rc = judge_header(r, &h);

	if (rc == STEP_ON)
		rc = judge_layout(r, &h);
	if (rc != STEP_ON)
		return rc;
	const struct sgx_report *report = &r->out->quote.report;

	r->out->debuggable = sgx_report_is_debug(report);
	r->out->kss = sgx_report_has_kss(report);
	TRY(sgx_show_measurements(r, e));
	return judge_key(r, e);
}
