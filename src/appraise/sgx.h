/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement of SGX evidence (evidence-intel.md 5): quote and collateral at a time, to findings and a trace.
 *
 *	trace_init(&t, arena, "SgxEnclave", now_at);
 *	TRY(sgx_appraise(&in, snapshot, cache, &settings, now_at, arena, &t, &findings, e));
 *	if (trace_verdict(&t) == VERDICT_ACCEPTED) …
 *
 * 0: the trace says what was found, and the verdict is the trace's alone; -1: we failed, and there is no verdict. The
 * trace is left with fault set then. FINDINGS hold what was established until the first failure; a status that is not
 * tolerated, a binding that does not hold, leave them complete (`complete`).
 *
 * Views in findings and trace point into the evidence and the arena, which outlive both; nothing points into snapshot,
 * cache or settings, so that these may go first.
 */
#pragma once

#include "appraise/cache.h"
#include "appraise/settings.h"
#include "collateral/collateral.h"
#include "evidence/dcap/pck.h"
#include "evidence/sgx/quote.h"
#include "trace/trace.h"

struct appraise_input {
	struct bytes evidence;
	/* What the caller claims is bound to the evidence, decoded, as sent; p NULL: nothing is claimed. */
	struct bytes runtime_data;
	struct bytes init_data;
};

/* x-ms-sgx-collateral (evidence-intel.md 8.2). */
struct sgx_collateral_hashes {
	uint8_t qeidcertshash[SHA256_SIZE], qeidcrlhash[SHA256_SIZE], qeidhash[SHA256_SIZE];
	uint8_t
	    quotehash[SHA256_SIZE]; /* the evidence as received, Open Enclave's header included */
	uint8_t tcbinfocertshash[SHA256_SIZE], tcbinfocrlhash[SHA256_SIZE],
	    tcbinfohash[SHA256_SIZE];
};

#define MAX_FINDING_ADVISORIES (2 * MAX_ADVISORIES)

struct sgx_findings {
	bool complete;          /* everything below was established */
	struct sgx_quote quote; /* quote.report: the enclave */
	bool debuggable, kss;
	struct pck_ext pck;
	enum tcb_status tcb_status, platform_tcb_status, qe_tcb_status;
	int64_t tcb_date_at;                             /* the earliest of the matched levels */
	struct bytes advisories[MAX_FINDING_ADVISORIES]; /* union, in order */
	size_t advisory_count;
	uint64_t tcb_evaluation_number, qe_tcb_evaluation_number;
	bool runtime_bound, init_bound;
	uint8_t root_spki_sha256[SHA256_SIZE]; /* the anchor that the PCK chain ended in */
	struct sgx_collateral_hashes collateral;
};

/* POST /attest/SgxEnclave: EVIDENCE is a quote. */
int sgx_appraise(const struct appraise_input *in, const struct collateral *c,
    struct endorsement_cache *cache, const struct settings *s, int64_t now_at, struct arena *a,
    struct trace *t, struct sgx_findings *out, struct err *e) MUST_CHECK;
/* POST /attest/OpenEnclave: EVIDENCE is a quote behind the 16-byte report header (maa-api.md 4.3). CACHE may be NULL in
 * both. */
int oe_appraise(const struct appraise_input *in, const struct collateral *c,
    struct endorsement_cache *cache, const struct settings *s, int64_t now_at, struct arena *a,
    struct trace *t, struct sgx_findings *out, struct err *e) MUST_CHECK;
