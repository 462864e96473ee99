/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/dcap/quote.h"

const uint8_t dcap_vendor_intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a,
	0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };

uint32_t
dcap_body_size(uint16_t body_type)
{
	switch (body_type) {
	case DCAP_BODY_SGX:
		return SGX_REPORT_SIZE;
	case DCAP_BODY_TD_10:
		return 584;
	case DCAP_BODY_TD_15:
		return 648;
	case DCAP_BODY_TD_15EX:
		return 885;
	default:
		return 0;
	}
}

int
dcap_header_parse(struct bytes raw, struct dcap_header *out, struct err *e)
{
	if (raw.size > MAX_QUOTE_SIZE)
		return err_set(e, ERR_LIMIT, "quote: %zu bytes, at most %d", raw.size,
		    MAX_QUOTE_SIZE);
	struct rd r = rd_from(raw);
	struct dcap_header h = { .size = DCAP_HEADER_SIZE };

	h.version = rd_le16(&r);
	h.key_type = rd_le16(&r);
	h.tee_type = rd_le32(&r);
	h.qe_svn = rd_le16(&r);
	h.pce_svn = rd_le16(&r);
	h.vendor = rd_take(&r, 16);
	h.user_data = rd_take(&r, 20);
	if (h.version == 5) {
		h.has_descriptor = true;
		h.body_type = rd_le16(&r);
		h.body_size = rd_le32(&r);
		h.size += DCAP_DESCRIPTOR_SIZE;
	} else {
		/* Versions 3 and 4 imply the body (evidence-intel.md 1.2). */
		h.body_type = h.tee_type == DCAP_TEE_TDX ? DCAP_BODY_TD_10 : DCAP_BODY_SGX;
		h.body_size = dcap_body_size(h.body_type);
	}
	if (!rd_ok(&r))
		return err_set(e, ERR_MALFORMED, "quote: %zu bytes, want a header of %zu", raw.size,
		    h.size);
	*out = h;
	return 0;
}

/* How far R has come, as an offset into the quote. */
static size_t
offset_of(struct bytes raw, const struct rd *r)
{
	return raw.size - r->left.size;
}

/* QE report, its signature, authentication data, certification data: alike in all versions. */
static void
read_certification(struct bytes raw, size_t behind, struct rd *r, struct dcap_quote *q,
    struct bytes *qe_report)
{
	/* R may be a child that ends BEHIND bytes before the end of RAW. */
	struct bytes seen = { raw.p, raw.size - behind };

	q->qe_at = offset_of(seen, r);
	*qe_report = rd_take(r, SGX_REPORT_SIZE);
	q->qe_sig_at = offset_of(seen, r);
	q->qe_sig = rd_take(r, 64);
	size_t auth_size = rd_le16(r);

	q->qe_auth_at = offset_of(seen, r);
	q->qe_auth = rd_take(r, auth_size);
	q->cert_type = rd_le16(r);
	size_t cert_size = rd_le32(r);

	q->cert_at = offset_of(seen, r);
	q->cert_data = rd_take(r, cert_size);
}

int
dcap_quote_parse(struct bytes raw, const struct dcap_header *header, struct dcap_quote *out,
    struct err *e)
{
	struct rd r = rd_from(raw);
	struct dcap_quote q = { .header = *header };
	struct bytes qe_report = { 0 };

	q.signed_part = rd_take(&r, header->size + (size_t)header->body_size);
	q.body = bytes_slice(q.signed_part, header->size, header->body_size);
	size_t sig_size = rd_le32(&r);

	q.sig_at = offset_of(raw, &r);
	struct rd sig = rd_sub(&r, sig_size);
	size_t behind = r.left.size;

	q.sig = rd_take(&sig, 64);
	q.key_at = q.sig_at + 64;
	q.attestation_key = rd_take(&sig, 64);
	if (header->version >= 4) {
		q.outer_type = rd_le16(&sig);
		size_t outer_size = rd_le32(&sig);
		struct rd outer = rd_sub(&sig, outer_size);

		/* What the signature data holds behind the outer part is refused below (rd_done). */
		read_certification(raw, behind + sig.left.size, &outer, &q, &qe_report);
		if (!rd_done(&outer))
			sig.bad = true;
	} else {
		read_certification(raw, behind, &sig, &q, &qe_report);
	}
	q.trailing = rd_rest(&r);
	if (!rd_ok(&r) || !rd_done(&sig))
		return err_set(e, ERR_MALFORMED,
		    "quote: signature data of %zu bytes in %zu does not add up", sig_size,
		    raw.size);
	q.raw = bytes_slice(raw, 0, raw.size - q.trailing.size);
	TRY(sgx_report_parse(qe_report, &q.qe, e));
	*out = q;
	return 0;
}
