/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/sgx/quote.h"

static int
check_header(const struct dcap_header *h, struct err *e)
{
	if (h->version < 3 || h->version > 5)
		return err_set(e, ERR_UNSUPPORTED, "sgx quote: version %u, want 3, 4 or 5",
		    h->version);
	if (h->key_type != DCAP_KEY_ECDSA_P256)
		return err_set(e, ERR_UNSUPPORTED, "sgx quote: attestation key type %u, want 2",
		    h->key_type);
	if (h->tee_type != DCAP_TEE_SGX)
		return err_set(e, ERR_UNSUPPORTED, "sgx quote: TEE type 0x%x, want 0",
		    (unsigned)h->tee_type);
	if (!bytes_eq(h->vendor, BYTES_OF(dcap_vendor_intel)))
		return err_set(e, ERR_UNSUPPORTED, "sgx quote: vendor is not Intel");
	if (h->body_type != DCAP_BODY_SGX)
		return err_set(e, ERR_UNSUPPORTED, "sgx quote: body type %u, want 1", h->body_type);
	if (h->body_size != SGX_REPORT_SIZE)
		return err_set(e, ERR_MALFORMED, "sgx quote: body of %u bytes, want %d",
		    (unsigned)h->body_size, SGX_REPORT_SIZE);
	return 0;
}

int
sgx_quote_parse(struct bytes raw, struct sgx_quote *out, struct err *e)
{
	struct dcap_header header;
	struct sgx_quote q = { 0 };

	TRY(dcap_header_parse(raw, &header, e));
	TRY(check_header(&header, e));
	TRY(dcap_quote_parse(raw, &header, &q.dcap, e));
	TRY(sgx_report_parse(q.dcap.body, &q.report, e));
	if (q.dcap.trailing.size > 0)
		return err_set(e, ERR_MALFORMED, "sgx quote: %zu bytes behind the signature data",
		    q.dcap.trailing.size);
	if (header.version >= 4 && q.dcap.outer_type != DCAP_CERT_QE_REPORT)
		return err_set(e, ERR_UNSUPPORTED, "sgx quote: outer certification type %u, want 6",
		    q.dcap.outer_type);
	if (q.dcap.cert_type < DCAP_CERT_PPID_CLEAR || q.dcap.cert_type > DCAP_CERT_PCK_CHAIN)
		return err_set(e, ERR_UNSUPPORTED, "sgx quote: certification type %u, want 1 to 5",
		    q.dcap.cert_type);
	*out = q;
	return 0;
}
