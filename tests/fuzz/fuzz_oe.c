/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence/oe: what a container holds lies inside it and together is all of it; custom claims, written again, are the same
 * bytes.
 */
#include "fuzz.h"

#include "evidence/oe/report.h"

#include <string.h>

static void
fuzz_claims(struct bytes raw)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct oe_claims claims = { 0 };
	struct oe_claim c;
	struct err e = { 0 };
	uint64_t count = 0;

	if (oe_claims_parse(raw, &claims, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	buf_init(&out, raw.size + 1);
	buf_le64(&out, 1);
	buf_le64(&out, claims.count);
	for (uint64_t all = claims.count; oe_claims_next(&claims, &c); count++) {
		HOLDS(count < all);
		buf_le64(&out, c.name.size + 1);
		buf_le64(&out, c.value.size);
		buf_add(&out, c.name);
		buf_u8(&out, 0);
		buf_add(&out, c.value);
	}
	HOLDS(claims.count == 0);
	HOLDS(buf_ok(&out) && bytes_eq(raw, buf_bytes(&out)));
}

static void
holds_end(struct bytes raw, struct bytes quote, struct bytes rest)
{
	HOLDS(quote.size + rest.size <= raw.size);
	HOLDS(bytes_eq(rest, bytes_slice(raw, raw.size - rest.size, rest.size)));
	HOLDS(bytes_eq(quote, bytes_slice(raw, raw.size - rest.size - quote.size, quote.size)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes raw = bytes_of(data, size);
	struct oe_report report = { 0 };
	struct oe_evidence evidence = { 0 };
	struct err e = { 0 };

	if (oe_report_parse(raw, &report, &e) < 0)
		fuzz_refusal(&e);
	else
		HOLDS(report.quote.size == size - OE_REPORT_HEADER_SIZE);
	err_clear(&e);
	if (oe_evidence_parse(raw, &evidence, &e) < 0) {
		fuzz_refusal(&e);
	} else {
		holds_end(raw, evidence.quote, evidence.claims);
		fuzz_claims(evidence.claims);
	}
	err_clear(&e);
	if (oe_sgx_body_parse(raw, &evidence, &e) < 0) {
		fuzz_refusal(&e);
	} else {
		holds_end(raw, evidence.quote, evidence.claims);
		HOLDS(evidence.quote.size + evidence.claims.size == size);
		fuzz_claims(evidence.claims);
	}
	fuzz_claims(raw);
	return 0;
}

/* The 16 or 32 bytes of a header say how much stands behind them: after a change they do so again. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max_size);
	if (seed % 4 == 0)
		return size;
	if (size >= OE_EVIDENCE_HEADER_SIZE && data[0] == OE_EVIDENCE_VERSION) {
		uint64_t rest = size - OE_EVIDENCE_HEADER_SIZE;

		for (size_t i = 0; i < 8; i++)
			data[24 + i] = (uint8_t)(rest >> 8 * i);
	} else if (size >= OE_REPORT_HEADER_SIZE && data[0] == OE_REPORT_VERSION && data[4] == 2) {
		uint64_t rest = size - OE_REPORT_HEADER_SIZE;

		for (size_t i = 0; i < 8; i++)
			data[8 + i] = (uint8_t)(rest >> 8 * i);
	}
	return size;
}
