/* SPDX-License-Identifier: Apache-2.0 */
/* Steps 7 to 10 of evidence-intel.md 5: the quoting enclave, and the signature of the quote. */
#include "appraise/sgx_run.h"

static struct shown
verdict_of(bool good)
{
	return shown_str(good ? "it verifies" : "it does not verify");
}

static int
judge_report_signature(struct sgx_run *r, struct err *e)
{
	const struct dcap_quote *q = &r->out->quote.dcap;
	bool good = false;

	if (r->facts->leaf_key != NULL && key_kind_of(r->facts->leaf_key) == KEY_P256)
		TRY(key_verify(r->facts->leaf_key, SIG_ES256, SIG_RAW, q->qe.raw, q->qe_sig, &good,
		    e));
	trace_span(r->t, CHECK_SGX_QE_SIGNATURE, r->quote_at + q->qe_sig_at,
	    r->quote_at + q->qe_sig_at + q->qe_sig.size);
	JUDGE(r->t, CHECK_SGX_QE_SIGNATURE, good, verdict_of(good), shown_nothing());
	return STEP_ON;
}

/* SHA-256(attestation key ‖ authentication data) = REPORTDATA[0:32]; the upper half is not looked at (Intel's QVL). */
static int
judge_report_data(struct sgx_run *r)
{
	const struct dcap_quote *q = &r->out->quote.dcap;
	const struct bytes parts[] = { q->attestation_key, q->qe_auth };
	struct bytes seen = bytes_slice(q->qe.reportdata, 0, SHA256_SIZE);
	uint8_t digest[SHA256_SIZE];

	digest_of_parts(DIGEST_SHA256, parts, COUNT_OF(parts), digest);
	trace_span(r->t, CHECK_SGX_QE_DATA, r->quote_at + q->qe_at + 320,
	    r->quote_at + q->qe_at + 352);
	JUDGE(r->t, CHECK_SGX_QE_DATA, bytes_eq_secret(seen, BYTES_OF(digest)), shown_hex(seen),
	    sgx_shown_hex(r, BYTES_OF(digest)));
	return STEP_ON;
}

/* SIZE bytes of A and B are equal where MASK has ones. */
static bool
equal_under(const uint8_t *a, const uint8_t *b, const uint8_t *mask, size_t size)
{
	uint8_t differ = 0;

	for (size_t i = 0; i < size; i++)
		differ |= (uint8_t)((a[i] ^ b[i]) & mask[i]);
	return differ == 0;
}

static int
judge_identity(struct sgx_run *r)
{
	const struct sgx_report *qe = &r->out->quote.dcap.qe;
	const struct qe_identity *want = &r->qe_identity->identity;

	/* Step 9: MISCSELECT is masked on the report's side only, ATTRIBUTES on both. */
	JUDGE(r->t, CHECK_SGX_QE_MISCSELECT,
	    (qe->miscselect & want->miscselect_mask) == want->miscselect,
	    shown_uint(qe->miscselect), shown_uint(want->miscselect));
	JUDGE(r->t, CHECK_SGX_QE_ATTRIBUTES,
	    equal_under(qe->attributes.p, want->attributes, want->attributes_mask, 16),
	    shown_hex(qe->attributes), sgx_shown_hex(r, BYTES_OF(want->attributes)));
	JUDGE(r->t, CHECK_SGX_QE_MRSIGNER, bytes_eq(qe->mrsigner, BYTES_OF(want->mrsigner)),
	    shown_hex(qe->mrsigner), sgx_shown_hex(r, BYTES_OF(want->mrsigner)));
	JUDGE(r->t, CHECK_SGX_QE_PRODID, qe->isvprodid == want->isvprodid,
	    shown_uint(qe->isvprodid), shown_uint(want->isvprodid));
	return STEP_ON;
}

static int
judge_quote_signature(struct sgx_run *r, struct err *e)
{
	const struct dcap_quote *q = &r->out->quote.dcap;
	bool good = false;

	TRY(key_verify(r->attestation_key, SIG_ES256, SIG_RAW, q->signed_part, q->sig, &good, e));
	trace_span(r->t, CHECK_SGX_QUOTE_SIGNATURE, r->quote_at + q->sig_at,
	    r->quote_at + q->sig_at + q->sig.size);
	JUDGE(r->t, CHECK_SGX_QUOTE_SIGNATURE, good, verdict_of(good), shown_nothing());
	return STEP_ON;
}

int
sgx_step_qe(struct sgx_run *r, struct err *e)
{
	int rc = judge_report_signature(r, e);

	if (rc == STEP_ON)
		rc = judge_report_data(r);
	if (rc == STEP_ON)
		rc = judge_identity(r);
	if (rc == STEP_ON)
		rc = judge_quote_signature(r, e);
	/* Only a key that this platform vouched for, and that signed a quote, is worth keeping. */
	if (rc == STEP_ON && !r->key_was_cached)
		cache_put_key(r->cache, r->attestation_key);
	return rc;
}
