/* SPDX-License-Identifier: Apache-2.0 */
/* The quote itself, versions 3, 4 and 5 (evidence-intel.md 1, 2), and Open Enclave's header around it (7.1). */
#include "synth/plan.h"

#include "crypto/digest.h"
#include "evidence/dcap/quote.h"
#include "evidence/oe/report.h"

#include <string.h>

#define QE_AUTH_SIZE 32
#define OUTER_TYPE   6
#define MAX_QUOTE    65536

static const uint8_t zeros[64];

static void
put_zeros(struct buf *out, size_t size)
{
	buf_add(out, bytes_of(zeros, size));
}

/* evidence-intel.md 1.1 */
static void
put_header(struct buf *out, const struct plan *p)
{
	const struct header_plan *h = &p->header;

	buf_le16(out, h->version != 0 ? h->version : (uint16_t)p->spec.quote_version);
	buf_le16(out, h->key_type);
	buf_le32(out, h->tee_type);
	buf_le16(out, p->qe.isvsvn);
	buf_le16(out, p->spec.pcesvn);
	buf_add(out, BYTES_OF(h->vendor));
	buf_add(out, BYTES_OF(p->spec.ppid));
	put_zeros(out, 4);
}

/* evidence-intel.md 1.3, of the enclave that is attested. */
static void
put_report(struct buf *out, const struct synth_spec *s)
{
	buf_add(out, BYTES_OF(s->cpusvn));
	buf_le32(out, s->miscselect);
	put_zeros(out, 12);
	buf_add(out, BYTES_OF(s->isvextprodid));
	buf_add(out, BYTES_OF(s->attributes));
	buf_add(out, BYTES_OF(s->mrenclave));
	put_zeros(out, 32);
	buf_add(out, BYTES_OF(s->mrsigner));
	put_zeros(out, 32);
	buf_add(out, BYTES_OF(s->configid));
	buf_le16(out, s->isvprodid);
	buf_le16(out, s->isvsvn);
	buf_le16(out, s->configsvn);
	put_zeros(out, 42);
	buf_add(out, BYTES_OF(s->isvfamilyid));
	buf_add(out, BYTES_OF(s->reportdata));
}

/* 00 01 .. 1f, as Intel's quoting enclave has it. */
static void
qe_auth_of(uint8_t out[QE_AUTH_SIZE])
{
	for (size_t i = 0; i < QE_AUTH_SIZE; i++)
		out[i] = (uint8_t)i;
}

/* The QE's report: its REPORTDATA commits to the attestation key (evidence-intel.md 5, step 8). */
static void
put_qe_report(struct buf *out, const struct plan *p)
{
	static const uint8_t mrenclave[32] = "synthetic quoting enclave";
	struct synth_spec qe = { .miscselect = p->qe.miscselect,
		.isvprodid = p->qe.isvprodid,
		.isvsvn = p->qe.isvsvn };
	uint8_t auth[QE_AUTH_SIZE];
	const struct bytes parts[] = { BYTES_OF(p->committed_point), BYTES_OF(auth) };

	qe_auth_of(auth);
	memcpy(qe.cpusvn, p->spec.cpusvn, sizeof(qe.cpusvn));
	memcpy(qe.attributes, p->qe.attributes, sizeof(qe.attributes));
	memcpy(qe.mrsigner, p->qe.mrsigner, sizeof(qe.mrsigner));
	memcpy(qe.mrenclave, mrenclave, sizeof(mrenclave));
	digest_of_parts(DIGEST_SHA256, parts, 2, qe.reportdata);
	put_report(out, &qe);
}

static int
put_signature(struct buf *out, const struct privkey *key, struct bytes message, struct err *e)
{
	uint8_t sig[MAX_SIG_SIZE];
	size_t size = 0;

	TRY(privkey_sign(key, SIG_ES256, SIG_RAW, message, sig, &size, e));
	buf_add(out, bytes_of(sig, size));
	return 0;
}

/* QE report, its signature, authentication data, certification data: the same in all versions. */
static int
put_qe_part(struct buf *out, const struct plan *p, struct err *e)
{
	DEFER(buf_release) struct buf report;
	struct bytes data = p->cert_data;
	uint8_t auth[QE_AUTH_SIZE];
	bool is_chain = data.p == NULL;

	buf_init(&report, 384);
	put_qe_report(&report, p);
	buf_add(out, buf_bytes(&report));
	TRY(put_signature(out, p->qe_signer, buf_bytes(&report), e));
	qe_auth_of(auth);
	buf_le16(out, QE_AUTH_SIZE);
	buf_add(out, BYTES_OF(auth));
	if (is_chain)
		TRY(chain_pem(p, &data, e));
	buf_le16(out, p->cert_type);
	buf_le32(out, (uint32_t)(data.size + is_chain));
	buf_add(out, data);
	/* The chain's text ends in a NUL. */
	if (is_chain)
		buf_u8(out, 0);
	return 0;
}

int
quote_emit(const struct plan *p, struct buf *out, struct err *e)
{
	DEFER(buf_release) struct buf qe_part;
	unsigned version = p->spec.quote_version;

	buf_init(&qe_part, MAX_QUOTE);
	TRY(put_qe_part(&qe_part, p, e));
	put_header(out, p);
	if (version == 5) {
		buf_le16(out, p->header.body_type);
		buf_le32(out, p->header.body_size);
	}
	put_report(out, &p->spec);
	struct bytes part = buf_bytes(&qe_part);
	struct bytes message = buf_bytes(out);
	uint8_t copy[DCAP_HEADER_SIZE + DCAP_DESCRIPTOR_SIZE + SGX_REPORT_SIZE];

	if (!buf_ok(&qe_part) || !buf_ok(out) || message.size > sizeof(copy))
		return arena_fail(e, "synthetic evidence");
	/* The buffer moves as it grows. */
	memcpy(copy, message.p, message.size);
	message.p = copy;
	buf_le32(out, (uint32_t)(128 + (version == 3 ? 0 : 6) + part.size));
	TRY(put_signature(out, p->quote_signer, message, e));
	buf_add(out, BYTES_OF(p->attestation_point));
	if (version != 3) {
		buf_le16(out, OUTER_TYPE);
		buf_le32(out, (uint32_t)part.size);
	}
	buf_add(out, part);
	return buf_ok(out) ? 0 : arena_fail(e, "synthetic evidence");
}

void
oe_report_emit(struct bytes quote, struct buf *out)
{
	buf_le32(out, OE_REPORT_VERSION);
	buf_le32(out, OE_REPORT_SGX_REMOTE);
	buf_le64(out, quote.size);
	buf_add(out, quote);
}
