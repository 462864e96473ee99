/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One judgement of an SGX quote on its way through the steps of evidence-intel.md 5. Internal to appraise/.
 *
 * A step returns STEP_ON to go on, STEP_STOP when a check failed (the trace has it), -1 when we failed. A check that is
 * turned off in a test build passes: steps go on as long as there is something to go on with.
 */
#pragma once

#include "appraise/cache_entry.h"
#include "appraise/sgx.h"

#define STEP_STOP 0
#define STEP_ON   1

/* The only macro that returns besides TRY: a step ends where its check fails. */
#define JUDGE(...)                                                                                 \
	do {                                                                                       \
		if (!trace_judge(__VA_ARGS__))                                                     \
			return STEP_STOP;                                                          \
	} while (0)

struct sgx_run {
	const struct appraise_input *in;
	struct bytes quote; /* the evidence without its container */
	size_t quote_at;    /* where it begins in the evidence */
	const struct collateral *c;
	struct endorsement_cache *cache;
	const struct settings *s;
	int64_t now_at;
	struct arena *a;
	struct trace *t;
	struct sgx_findings *out;

	struct key *attestation_key;
	bool key_was_cached;
	uint8_t chain_sha256[SHA256_SIZE]; /* of the PCK chain as it came; set with `facts` */
	struct pck_entry *entry;           /* holds `facts` when they came from the cache */
	const struct pck_facts *facts;
	const struct collateral_crl *root_crl, *pck_crl;
	const struct collateral_tcb_info *tcb_info;
	const struct collateral_qe_identity *qe_identity;
	const struct collateral_cert *tcb_signer, *qe_signer;
};

/* sgx_quote.c: header, layout, attestation key. */
int sgx_step_quote(struct sgx_run *r, struct err *e) MUST_CHECK;
/* sgx_pck.c: the chain. */
int sgx_step_pck(struct sgx_run *r, struct err *e) MUST_CHECK;
/* sgx_crl.c: revocation. */
int sgx_step_crls(struct sgx_run *r, struct err *e) MUST_CHECK;
/* sgx_collateral.c: TCB info and QE identity. */
int sgx_step_tcb_info(struct sgx_run *r, struct err *e) MUST_CHECK;
int sgx_step_qe_identity(struct sgx_run *r, struct err *e) MUST_CHECK;
/* sgx_qe.c: the quoting enclave, and the signature of the quote. */
int sgx_step_qe(struct sgx_run *r, struct err *e) MUST_CHECK;
/* sgx_tcb.c: TCB levels, bindings, the status. */
int sgx_step_tcb(struct sgx_run *r, struct err *e) MUST_CHECK;
int sgx_step_bindings(struct sgx_run *r, struct err *e) MUST_CHECK;
int sgx_step_status(struct sgx_run *r, struct err *e) MUST_CHECK;
/* sgx_show.c: what the trace shows beside its checks. */
int sgx_show_measurements(struct sgx_run *r, struct err *e) MUST_CHECK;
int sgx_show_appraisal(struct sgx_run *r, struct err *e) MUST_CHECK;
int sgx_show_settings(struct sgx_run *r, struct err *e) MUST_CHECK;
void sgx_show_collateral(struct sgx_run *r);

/* A copy in the arena: what the trace shows of snapshot, cache or stack outlives them. */
struct shown sgx_shown_hex(struct sgx_run *r, struct bytes raw);
/* Keeps what the chain was found to be, once it has passed. */
void sgx_pck_remember(struct sgx_run *r);
/* Fills the CRL facts of a chain that was not cached. */
int sgx_crl_facts(struct sgx_run *r, struct bytes issuer, const struct key *issuer_key,
    struct bytes serial, struct crl_facts *out, struct err *e) MUST_CHECK;
/* Whether the root of this chain is trusted; *LABEL is its name when only the settings say so. */
bool sgx_root_is_anchor(const struct settings *s, const uint8_t spki_sha256[SHA256_SIZE],
    const char **label);
