/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence/dcap/quote, sgx_report, evidence/sgx/quote: a quote that is taken, written again from its parts, is the same
 * bytes, so that none of them was overlooked; what the reader for tools takes, the reader of the judgement takes.
 */
#include "mutate.h"

#include "evidence/sgx/quote.h"

#include <string.h>

static void
put_parts(struct buf *out, const struct dcap_quote *q)
{
	DEFER(buf_release) struct buf qe = { 0 };

	buf_init(&qe, MAX_QUOTE_SIZE);
	buf_add(&qe, q->qe.raw);
	buf_add(&qe, q->qe_sig);
	buf_le16(&qe, (uint16_t)q->qe_auth.size);
	buf_add(&qe, q->qe_auth);
	buf_le16(&qe, q->cert_type);
	buf_le32(&qe, (uint32_t)q->cert_data.size);
	buf_add(&qe, q->cert_data);
	bool outer = q->header.version >= 4;

	buf_add(out, q->signed_part);
	buf_le32(out, (uint32_t)(128 + (outer ? 6 : 0) + qe.size));
	buf_add(out, q->sig);
	buf_add(out, q->attestation_key);
	if (outer) {
		buf_le16(out, q->outer_type);
		buf_le32(out, (uint32_t)qe.size);
	}
	buf_add(out, buf_bytes(&qe));
	buf_add(out, q->trailing);
	if (!buf_ok(&qe))
		out->bad = true;
}

static void
at_offset(struct bytes raw, size_t offset, struct bytes part)
{
	HOLDS(bytes_eq(bytes_slice(raw, offset, part.size), part));
}

static void
fuzz_layout(struct bytes raw, const struct dcap_header *header)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct dcap_quote q = { 0 };
	struct err e = { 0 };

	if (dcap_quote_parse(raw, header, &q, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	buf_init(&out, raw.size + 64);
	put_parts(&out, &q);
	HOLDS(buf_ok(&out) && bytes_eq(raw, buf_bytes(&out)));
	HOLDS(bytes_eq(q.raw, bytes_slice(raw, 0, raw.size - q.trailing.size)));
	at_offset(raw, q.sig_at, q.sig);
	at_offset(raw, q.key_at, q.attestation_key);
	at_offset(raw, q.qe_at, q.qe.raw);
	at_offset(raw, q.qe_sig_at, q.qe_sig);
	at_offset(raw, q.qe_auth_at, q.qe_auth);
	at_offset(raw, q.cert_at, q.cert_data);
}

static void
fuzz_report(struct bytes raw)
{
	struct sgx_report r;
	struct err e = { 0 };

	if (sgx_report_parse(raw, &r, &e) < 0) {
		fuzz_refusal(&e);
		HOLDS(raw.size != SGX_REPORT_SIZE);
		return;
	}
	HOLDS(raw.size == SGX_REPORT_SIZE);
	at_offset(raw, 64, r.mrenclave);
	at_offset(raw, 320, r.reportdata);
	HOLDS(sgx_report_is_debug(&r) == ((raw.p[48] & 2) != 0));
	HOLDS(sgx_report_has_kss(&r) == ((raw.p[48] & 0x80) != 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes raw = bytes_of(data, size);
	struct dcap_header header = { 0 };
	struct sgx_quote q;
	struct err e = { 0 };
	bool good = dcap_header_parse(raw, &header, &e) == 0;

	if (good)
		fuzz_layout(raw, &header);
	else
		fuzz_refusal(&e);
	err_clear(&e);
	if (sgx_quote_parse(raw, &q, &e) == 0) {
		HOLDS(good && header.version >= 3 && header.version <= 5 &&
		    header.tee_type == DCAP_TEE_SGX);
		HOLDS(q.dcap.trailing.size == 0 && q.report.raw.size == SGX_REPORT_SIZE);
	} else {
		fuzz_refusal(&e);
	}
	fuzz_report(bytes_slice(raw, 0, SGX_REPORT_SIZE));
	fuzz_report(raw);
	return 0;
}

/* One part is changed, and all lengths are made right again. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	static uint8_t room[16384];
	DEFER(buf_release) struct buf out = { 0 };
	struct dcap_header header;
	struct dcap_quote q;
	struct bytes raw = bytes_of(data, size);

	if (seed % 4 == 0 || dcap_header_parse(raw, &header, NULL) < 0 ||
	    dcap_quote_parse(raw, &header, &q, NULL) < 0)
		return LLVMFuzzerMutate(data, size, max_size);
	struct bytes *parts[] = { &q.qe_auth, &q.cert_data, &q.trailing, &q.signed_part,
		&q.qe.raw };
	struct bytes *part = parts[seed / 4 % COUNT_OF(parts)];
	size_t fixed = part->size;

	if (part->size > sizeof(room) / 2)
		return LLVMFuzzerMutate(data, size, max_size);
	if (part->size > 0)
		memcpy(room, part->p, part->size);
	*part = bytes_of(room, LLVMFuzzerMutate(room, part->size, sizeof(room)));
	/* Header, body and report have their sizes. */
	if (part == &q.signed_part || part == &q.qe.raw)
		part->size = fixed;
	buf_init(&out, max_size);
	put_parts(&out, &q);
	return mutate_take(&out, data, size, max_size);
}
