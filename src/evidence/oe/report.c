/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/oe/report.h"

#define SGX_QUOTE_SIG_SIZE_AT 432

int
oe_report_parse(struct bytes raw, struct oe_report *out, struct err *e)
{
	struct rd r = rd_from(raw);
	struct oe_report p = { 0 };

	p.version = rd_le32(&r);
	p.type = rd_le32(&r);
	p.size = rd_le64(&r);
	if (!rd_ok(&r))
		return err_set(e, ERR_MALFORMED,
		    "open enclave report: %zu bytes, want a header of %d", raw.size,
		    OE_REPORT_HEADER_SIZE);
	p.quote = rd_rest(&r);
	*out = p;
	return 0;
}

static const struct oe_format_row {
	uint8_t uuid[16];
	enum oe_format format;
} oe_formats[] = {
	{ { 0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14, 0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb,
	      0xcd, 0x8c },
	    OE_SGX_ECDSA },
	{ { 0xc8, 0x30, 0x34, 0x54, 0xd9, 0x23, 0x4c, 0x2c, 0xa6, 0x91, 0xdf, 0x7d, 0xef, 0x46,
	      0x0a, 0x76 },
	    OE_LEGACY_REPORT },
	{ { 0x19, 0x23, 0xd9, 0x1e, 0x12, 0xd2, 0x4c, 0x72, 0xb2, 0x20, 0x25, 0xcd, 0x8d, 0xac,
	      0xe8, 0x71 },
	    OE_RAW_SGX_QUOTE },
	{ { 0x8b, 0xa7, 0x02, 0x86, 0xc1, 0xcf, 0x11, 0xed, 0xaf, 0xa1, 0x02, 0x42, 0xac, 0x12,
	      0x00, 0x02 },
	    OE_TDX_QUOTE },
};

int
oe_sgx_body_parse(struct bytes raw, struct oe_evidence *out, struct err *e)
{
	struct rd r = rd_from(raw);

	(void)rd_take(&r, SGX_QUOTE_SIG_SIZE_AT);
	size_t sig_size = rd_le32(&r);

	(void)rd_take(&r, sig_size);
	if (!rd_ok(&r))
		return err_set(e, ERR_MALFORMED,
		    "open enclave evidence: %zu bytes do not hold a quote", raw.size);
	struct bytes claims = rd_rest(&r);

	*out = (struct oe_evidence){
		.format = OE_SGX_ECDSA,
		.quote = { raw.p, raw.size - claims.size },
		.claims = claims,
	};
	return 0;
}

static int
parse_legacy(struct bytes data, struct oe_evidence *out, struct err *e)
{
	struct oe_report report;

	TRY(oe_report_parse(data, &report, e));
	if (report.version != OE_REPORT_VERSION || report.type != OE_REPORT_SGX_REMOTE)
		return err_set(e, ERR_UNSUPPORTED,
		    "open enclave report: version %u type %u, want 1 and 2",
		    (unsigned)report.version, (unsigned)report.type);
	if (report.size != report.quote.size)
		return err_set(e, ERR_MALFORMED, "open enclave report: size %llu, has %zu",
		    (unsigned long long)report.size, report.quote.size);
	*out = (struct oe_evidence){ .format = OE_LEGACY_REPORT, .quote = report.quote };
	return 0;
}

int
oe_evidence_parse(struct bytes raw, struct oe_evidence *out, struct err *e)
{
	struct rd r = rd_from(raw);
	uint32_t version = rd_le32(&r);
	struct bytes uuid = rd_take(&r, 16);

	(void)rd_le32(&r);
	uint64_t size = rd_le64(&r);
	struct bytes data = rd_rest(&r);

	if (!rd_ok(&r) || size != data.size)
		return err_set(e, ERR_MALFORMED,
		    "open enclave evidence: %zu bytes are not a header of %d and its data",
		    raw.size, OE_EVIDENCE_HEADER_SIZE);
	if (version != OE_EVIDENCE_VERSION)
		return err_set(e, ERR_UNSUPPORTED, "open enclave evidence: version %u, want %d",
		    (unsigned)version, OE_EVIDENCE_VERSION);
	for (size_t i = 0; i < sizeof(oe_formats) / sizeof(oe_formats[0]); i++) {
		if (!bytes_eq(uuid, BYTES_OF(oe_formats[i].uuid)))
			continue;
		if (oe_formats[i].format == OE_SGX_ECDSA)
			return oe_sgx_body_parse(data, out, e);
		if (oe_formats[i].format == OE_LEGACY_REPORT)
			return parse_legacy(data, out, e);
		*out = (struct oe_evidence){ .format = oe_formats[i].format, .quote = data };
		return 0;
	}
	return err_set(e, ERR_UNSUPPORTED, "open enclave evidence: format is not accepted");
}

/* False when it is cut short or its name does not end in NUL. */
static bool
take_claim(struct rd *r, struct oe_claim *out)
{
	uint64_t name_size = rd_le64(r), value_size = rd_le64(r);

	if (name_size == 0 || name_size > r->left.size || value_size > r->left.size - name_size)
		return false;
	struct bytes name = rd_take(r, (size_t)name_size);

	out->value = rd_take(r, (size_t)value_size);
	out->name = bytes_slice(name, 0, name.size - 1);
	return rd_ok(r) && name.p[name.size - 1] == '\0';
}

int
oe_claims_parse(struct bytes raw, struct oe_claims *out, struct err *e)
{
	struct rd r = rd_from(raw);
	uint64_t version = rd_le64(&r), count = rd_le64(&r);
	struct oe_claims first = { .left = r, .count = count };

	if (!rd_ok(&r))
		return err_set(e, ERR_MALFORMED, "custom claims: %zu bytes, want a header of 16",
		    raw.size);
	if (version != 1)
		return err_set(e, ERR_UNSUPPORTED, "custom claims: version %llu, want 1",
		    (unsigned long long)version);
	/* Each takes 17 bytes at least: two sizes and a NUL. */
	if (count > r.left.size / 17)
		return err_set(e, ERR_MALFORMED, "custom claims: %llu claims in %zu bytes",
		    (unsigned long long)count, r.left.size);
	for (uint64_t i = 0; i < count; i++) {
		struct oe_claim claim;

		if (!take_claim(&r, &claim))
			return err_set(e, ERR_MALFORMED, "custom claims: claim %llu does not fit",
			    (unsigned long long)i);
	}
	if (!rd_done(&r))
		return err_set(e, ERR_MALFORMED, "custom claims: %zu bytes left over", r.left.size);
	*out = first;
	return 0;
}

bool
oe_claims_next(struct oe_claims *claims, struct oe_claim *out)
{
	if (claims->count == 0 || !take_claim(&claims->left, out))
		return false;
	claims->count--;
	return true;
}
