/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SGX evidence and its collateral as a fuzzer wants them: made whole under a test root, then changed as an input says, link
 * by link, and signed again, so that a change meets the check it is for and does not die at the first signature.
 *
 *	struct sgx_case c;
 *	sgx_case_make(&c, &input);	c.evidence, c.docs, c.now_at, c.settings
 *
 * The input is a byte of choice and then instructions of a few bytes each; sgx_case.c has the table. Whatever it says,
 * the case is something that an attacker with the keys of some links, but not of all, could send.
 */
#pragma once

#include "fuzz.h"

#include "appraise/sgx.h"
#include "synth/plan.h"

#define SGX_CASE_NOW    INT64_C(1795000000)
#define SGX_CHAIN_CERTS 3 /* leaf, intermediate, root */

/* The links whose signatures are made again, unless an instruction says otherwise. */
enum sgx_link {
	LINK_LEAF,
	LINK_INTERMEDIATE,
	LINK_ROOT,
	LINK_ROOT_CRL,
	LINK_PCK_CRL,
	LINK_TCB,
	LINK_IDENTITY,
	LINK_QE_DATA, /* the digest in the QE's REPORTDATA */
	LINK_QE,
	LINK_QUOTE,
	LINKS
};

struct sgx_case {
	bool is_oe;
	bool untouched; /* no instruction changed anything */
	struct bytes evidence, quote;
	struct bytes runtime_data;
	struct bytes docs[ROOT_DOCS];
	int64_t now_at;
	struct settings settings;
	/* What the parts are, for the oracle. */
	struct bytes chain[SGX_CHAIN_CERTS];
	struct bytes tcb, identity, root_crl, pck_crl;
};

/* The root that all cases are under. */
const struct synth_root *sgx_case_root(void);
/* Everything lives in fuzz_arena(), which is emptied first. */
void sgx_case_make(struct sgx_case *c, struct rd *input);

/* Does an accepted case deserve it? Reads the bytes again, with OpenSSL and by offsets; HOLDS what it demands. */
void sgx_case_holds(const struct sgx_case *c, const struct sgx_findings *f);
