/* SPDX-License-Identifier: Apache-2.0 */
/* Damage to container, quote, quoting enclave, TCB and binding. */
#include "synth/plan.h"

#include "crypto/digest.h"
#include "evidence/dcap/quote.h"

#include <string.h>

/* Containers and quote: bytes of the finished thing. */

static void
flip(struct buf *b, size_t at)
{
	if (buf_ok(b) && at < b->size)
		b->p[at] ^= 1;
}

static void
put(struct buf *b, size_t at, uint8_t v)
{
	if (buf_ok(b) && at < b->size)
		b->p[at] = v;
}

static void
cut_to(struct buf *b, size_t size)
{
	if (b->size > size)
		b->size = size;
}

static void
oe_header(struct buf *b)
{
	cut_to(b, 15);
}

static void
oe_version(struct buf *b)
{
	put(b, 0, 2);
}

static void
oe_type(struct buf *b)
{
	put(b, 4, 1);
}

static void
oe_size(struct buf *b)
{
	flip(b, 8);
}

static void
quote_header(struct buf *b)
{
	cut_to(b, DCAP_HEADER_SIZE - 1);
}

static void
quote_layout(struct buf *b)
{
	cut_to(b, b->size - 1);
}

static void
quote_trailing(struct buf *b)
{
	buf_u8(b, 0);
}

static void
quote_outer(struct buf *b)
{
	put(b, QUOTE_SIG_AT(4) + 128, 5);
}

static void
quote_body(struct buf *b)
{
	flip(b, DCAP_HEADER_SIZE + 64); /* MRENCLAVE */
}

static void
quote_signature(struct buf *b)
{
	flip(b, QUOTE_SIG_AT(3) + 63);
}

static void
quote_signature_zero(struct buf *b)
{
	for (size_t i = 0; i < 32; i++)
		put(b, QUOTE_SIG_AT(3) + i, 0);
}

static void
qe_signature(struct buf *b)
{
	flip(b, QUOTE_SIG_AT(3) + 128 + 384 + 63);
}

/* Signature data that ends with the attestation key. */
static void
qe_absent(struct buf *b)
{
	cut_to(b, QUOTE_SIG_AT(3) + 128);
	put(b, QUOTE_SIG_AT(3) - 4, 128);
	for (size_t i = 1; i < 4; i++)
		put(b, QUOTE_SIG_AT(3) - 4 + i, 0);
}

static void
qe_auth(struct buf *b)
{
	flip(b, QUOTE_SIG_AT(3) + 128 + 384 + 64 + 2);
}

static void
version_4(struct plan *p)
{
	p->spec.quote_version = 4;
}

static void
version_3(struct plan *p)
{
	p->spec.quote_version = 3;
}

/* What the header says of itself, signed as it stands: nothing but its own check can tell. */

static void
quote_version(struct plan *p)
{
	p->spec.quote_version = 4;
	p->header.version = 6;
}

static void
quote_version_old(struct plan *p)
{
	p->spec.quote_version = 3;
	p->header.version = 2;
}

static void
quote_key_type(struct plan *p)
{
	p->header.key_type = 3; /* ECDSA-384 */
}

/* In version 5, where the body does not depend on it. */
static void
quote_tee_type(struct plan *p)
{
	p->spec.quote_version = 5;
	p->header.tee_type = DCAP_TEE_TDX;
}

static void
quote_vendor(struct plan *p)
{
	p->header.vendor[0] ^= 1;
}

static void
quote_body_type(struct plan *p)
{
	p->spec.quote_version = 5;
	p->header.body_type = DCAP_BODY_TD_10;
}

static void
quote_body_size(struct plan *p)
{
	p->spec.quote_version = 5;
	p->header.body_size = SGX_REPORT_SIZE + 1;
}

static void
certification(struct plan *p)
{
	p->cert_type = 7; /* platform manifest */
}

/* What the QE report commits to as well. */
static void
commit(struct plan *p)
{
	memcpy(p->committed_point, p->attestation_point, sizeof(p->committed_point));
}

/* A point that is on no curve, to which the QE report commits all the same. */
static void
attestation_key(struct plan *p)
{
	p->attestation_point[63] ^= 1;
	commit(p);
}

static void
attestation_key_zero(struct plan *p)
{
	memset(p->attestation_point, 0, sizeof(p->attestation_point));
	commit(p);
}

/* The key of somebody else, to which the QE report does commit: only the quote's signature tells. */
static void
attestation_key_other(struct plan *p)
{
	memcpy(p->attestation_point, key_point(privkey_public(p->stranger)).p, 64);
	commit(p);
}

/* The key of somebody else, and his signature: the QE report commits to another. */
static void
attestation_key_foreign(struct plan *p)
{
	memcpy(p->attestation_point, key_point(privkey_public(p->stranger)).p, 64);
	p->quote_signer = p->stranger;
}

static void
quote_resigned(struct plan *p)
{
	p->quote_signer = p->stranger;
}

/* The quoting enclave. */

/* One that was made for another attestation key on the same platform. */
static void
qe_swapped(struct plan *p)
{
	memcpy(p->committed_point, key_point(privkey_public(p->stranger)).p, 64);
}

static void
qe_resigned(struct plan *p)
{
	p->qe_signer = p->stranger;
}

static void
qe_miscselect(struct plan *p)
{
	p->qe.miscselect = 1;
}

static void
qe_debug(struct plan *p)
{
	p->qe.attributes[0] |= 0x02;
}

static void
qe_signer(struct plan *p)
{
	p->qe.mrsigner[0] ^= 1;
}

static void
qe_prodid(struct plan *p)
{
	p->qe.isvprodid = 2;
}

/* TCB. */

static void
tcb_no_level(struct plan *p)
{
	p->spec.components[0] = 0;
}

static void
tcb_out_of_date(struct plan *p)
{
	(void)svn_for_status("OutOfDate", &p->spec.components[0]);
}

static void
tcb_out_of_date_configuration(struct plan *p)
{
	(void)svn_for_status("OutOfDateConfigurationNeeded", &p->spec.components[0]);
}

static void
tcb_revoked(struct plan *p)
{
	(void)svn_for_status("Revoked", &p->spec.components[0]);
}

static void
qe_no_level(struct plan *p)
{
	p->qe.isvsvn = 0;
}

static void
qe_out_of_date(struct plan *p)
{
	(void)qe_svn_for_status("OutOfDate", &p->qe.isvsvn);
}

static void
qe_revoked(struct plan *p)
{
	(void)qe_svn_for_status("Revoked", &p->qe.isvsvn);
}

/* Binding: what is claimed is not what the evidence says. */

static void
binding_runtime(struct plan *p)
{
	if (p->spec.runtime_data.p == NULL)
		p->spec.runtime_data = BYTES("runtime data");
	memset(p->spec.reportdata, 0, sizeof(p->spec.reportdata));
	memset(p->spec.reportdata, 0xda, 32);
}

static void
binding_upper(struct plan *p)
{
	if (p->spec.runtime_data.p == NULL)
		p->spec.runtime_data = BYTES("runtime data");
	sha256(p->spec.runtime_data, p->spec.reportdata);
	memset(p->spec.reportdata + 32, 0xda, 32);
}

static void
binding_init(struct plan *p)
{
	if (p->spec.init_data.p == NULL)
		p->spec.init_data = BYTES("init data");
	p->spec.attributes[0] |= 0x80;
	memset(p->spec.configid, 0xda, sizeof(p->spec.configid));
}

static const struct damage_row rows[] = {
	{ { "oe-header", false, true, CHECK_OE_REPORT_HEADER }, { .evidence = oe_header } },
	{ { "oe-version", false, true, CHECK_OE_REPORT_VERSION }, { .evidence = oe_version } },
	{ { "oe-type", false, true, CHECK_OE_REPORT_TYPE }, { .evidence = oe_type } },
	{ { "oe-size", false, true, CHECK_OE_REPORT_SIZE }, { .evidence = oe_size } },
	{ { "quote-header", true, true, CHECK_SGX_QUOTE_HEADER }, { .quote = quote_header } },
	{ { "quote-version", true, true, CHECK_SGX_QUOTE_VERSION }, { .plan = quote_version } },
	{ { "quote-version-old", true, true, CHECK_SGX_QUOTE_VERSION },
	    { .plan = quote_version_old } },
	{ { "quote-key-type", true, true, CHECK_SGX_QUOTE_KEY_TYPE }, { .plan = quote_key_type } },
	{ { "quote-tee-type", true, true, CHECK_SGX_QUOTE_TEE_TYPE }, { .plan = quote_tee_type } },
	{ { "quote-vendor", true, true, CHECK_SGX_QUOTE_VENDOR }, { .plan = quote_vendor } },
	{ { "quote-body-type", true, true, CHECK_SGX_QUOTE_BODY_TYPE },
	    { .plan = quote_body_type } },
	{ { "quote-body-size", true, true, CHECK_SGX_QUOTE_BODY_SIZE },
	    { .plan = quote_body_size } },
	{ { "quote-layout", true, true, CHECK_SGX_QUOTE_LAYOUT }, { .quote = quote_layout } },
	{ { "quote-trailing", true, true, CHECK_SGX_QUOTE_TRAILING }, { .quote = quote_trailing } },
	{ { "quote-outer-certification", true, true, CHECK_SGX_QUOTE_OUTER_TYPE },
	    { .plan = version_4, .quote = quote_outer } },
	{ { "quote-certification", true, true, CHECK_SGX_QUOTE_CERT_TYPE },
	    { .plan = certification } },
	{ { "quote-attestation-key", true, true, CHECK_SGX_QUOTE_KEY },
	    { .plan = attestation_key } },
	{ { "quote-attestation-key-zero", true, true, CHECK_SGX_QUOTE_KEY },
	    { .plan = attestation_key_zero } },
	{ { "quote-attestation-key-other", true, true, CHECK_SGX_QUOTE_SIGNATURE },
	    { .plan = attestation_key_other } },
	{ { "quote-body", true, true, CHECK_SGX_QUOTE_SIGNATURE },
	    { .plan = version_3, .quote = quote_body } },
	{ { "quote-signature", true, true, CHECK_SGX_QUOTE_SIGNATURE },
	    { .plan = version_3, .quote = quote_signature } },
	{ { "quote-signature-zero", true, true, CHECK_SGX_QUOTE_SIGNATURE },
	    { .plan = version_3, .quote = quote_signature_zero } },
	{ { "quote-attestation-key-foreign", true, true, CHECK_SGX_QE_DATA },
	    { .plan = attestation_key_foreign } },
	{ { "quote-resigned", true, true, CHECK_SGX_QUOTE_SIGNATURE }, { .plan = quote_resigned } },
	{ { "qe-report-absent", true, true, CHECK_SGX_QUOTE_LAYOUT },
	    { .plan = version_3, .quote = qe_absent } },
	{ { "qe-report-swapped", true, true, CHECK_SGX_QE_DATA }, { .plan = qe_swapped } },
	{ { "qe-report-resigned", true, true, CHECK_SGX_QE_SIGNATURE }, { .plan = qe_resigned } },
	{ { "qe-signature", true, true, CHECK_SGX_QE_SIGNATURE },
	    { .plan = version_3, .quote = qe_signature } },
	{ { "qe-report-data", true, true, CHECK_SGX_QE_DATA },
	    { .plan = version_3, .quote = qe_auth } },
	{ { "qe-miscselect", true, true, CHECK_SGX_QE_MISCSELECT }, { .plan = qe_miscselect } },
	{ { "qe-attributes", true, true, CHECK_SGX_QE_ATTRIBUTES }, { .plan = qe_debug } },
	{ { "qe-mrsigner", true, true, CHECK_SGX_QE_MRSIGNER }, { .plan = qe_signer } },
	{ { "qe-isvprodid", true, true, CHECK_SGX_QE_PRODID }, { .plan = qe_prodid } },
	{ { "tcb-platform-level", true, true, CHECK_SGX_TCB_PLATFORM_LEVEL },
	    { .plan = tcb_no_level } },
	{ { "tcb-qe-level", true, true, CHECK_SGX_TCB_QE_LEVEL }, { .plan = qe_no_level } },
	{ { "tcb-out-of-date", true, true, CHECK_SGX_TCB_STATUS }, { .plan = tcb_out_of_date } },
	{ { "tcb-out-of-date-configuration", true, true, CHECK_SGX_TCB_STATUS },
	    { .plan = tcb_out_of_date_configuration } },
	{ { "tcb-revoked", true, true, CHECK_SGX_TCB_STATUS }, { .plan = tcb_revoked } },
	{ { "tcb-qe-out-of-date", true, true, CHECK_SGX_TCB_STATUS }, { .plan = qe_out_of_date } },
	{ { "tcb-qe-revoked", true, true, CHECK_SGX_TCB_STATUS }, { .plan = qe_revoked } },
	{ { "binding-runtime", true, true, CHECK_SGX_BINDING_RUNTIME },
	    { .plan = binding_runtime } },
	{ { "binding-upper", true, true, CHECK_SGX_BINDING_UPPER }, { .plan = binding_upper } },
	{ { "binding-init", true, true, CHECK_SGX_BINDING_INIT }, { .plan = binding_init } },
};

const struct damage_table damages_of_evidence = { rows, COUNT_OF(rows) };
