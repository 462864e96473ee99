/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open Enclave's containers (evidence-intel.md 7): the report with its 16-byte header, which POST /attest/OpenEnclave
 * takes, the evidence with the 32-byte attestation header, and the custom claims behind a quote.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define OE_REPORT_HEADER_SIZE   16
#define OE_REPORT_VERSION       1
#define OE_REPORT_SGX_LOCAL     1
#define OE_REPORT_SGX_REMOTE    2
#define OE_EVIDENCE_HEADER_SIZE 32
#define OE_EVIDENCE_VERSION     3

struct oe_report {
	uint32_t version, type;
	uint64_t size;      /* as declared */
	struct bytes quote; /* everything behind the header */
};

/* The header only: version, type and size are the caller's checks. ERR_MALFORMED: shorter than the header. */
int oe_report_parse(struct bytes raw, struct oe_report *out, struct err *e) MUST_CHECK;

enum oe_format { OE_SGX_ECDSA, OE_LEGACY_REPORT, OE_RAW_SGX_QUOTE, OE_TDX_QUOTE };

struct oe_evidence {
	enum oe_format format;
	struct bytes quote;  /* OE_LEGACY_REPORT: without the inner report header */
	struct bytes claims; /* the custom claims buffer, OE_SGX_ECDSA only */
};

/* Evidence with the attestation header, version 3. ERR_MALFORMED, ERR_UNSUPPORTED (version, format). */
int oe_evidence_parse(struct bytes raw, struct oe_evidence *out, struct err *e) MUST_CHECK;
/* The body of OE_SGX_ECDSA: a version 3 quote and what follows it. */
int oe_sgx_body_parse(struct bytes raw, struct oe_evidence *out, struct err *e) MUST_CHECK;

struct oe_claim {
	struct bytes name, value; /* the name without its NUL */
};

struct oe_claims {
	struct rd left;
	uint64_t count; /* how many are left */
};

/* The custom claims buffer (evidence-intel.md 7.3), every entry looked at once. */
int oe_claims_parse(struct bytes raw, struct oe_claims *out, struct err *e) MUST_CHECK;
/* False at the end. */
bool oe_claims_next(struct oe_claims *claims, struct oe_claim *out);
