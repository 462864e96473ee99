/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SGX quote, versions 3, 4 and 5 (evidence-intel.md 1, 2), read whole and with its values held against what this
 * project accepts; for tools that show evidence. The judgement (appraise/sgx.h) takes the same steps one check at a
 * time.
 *
 *	struct sgx_quote q;
 *	TRY(sgx_quote_parse(raw, &q, e));
 *	q.report.mrenclave …
 */
#pragma once

#include "evidence/dcap/quote.h"

struct sgx_quote {
	struct dcap_quote dcap;
	struct sgx_report report; /* the attested enclave */
};

/* ERR_MALFORMED: QUOTE_FORMAT; ERR_UNSUPPORTED: QUOTE_UNSUPPORTED; ERR_LIMIT. Views point into RAW. */
int sgx_quote_parse(struct bytes raw, struct sgx_quote *out, struct err *e) MUST_CHECK;
