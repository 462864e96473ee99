/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a snapshot: builder.c fills it, seal.c verifies it, collateral.c reads it. Internal to collateral/. */
#pragma once

#include "collateral/collateral.h"

#include <stdatomic.h>

struct collateral {
	atomic_uint refs;
	struct arena arena; /* documents and everything parsed from them */
	uint8_t id[SHA256_SIZE];
	struct collateral_doc *docs;
	size_t doc_count;
	struct collateral_cert *certs;
	struct collateral_crl *crls;
	struct collateral_tcb_info *tcb_infos;
	struct collateral_qe_identity *qe_identities;
	size_t counts[DOC_KIND_COUNT]; /* of the arrays above, by kind */
	const struct collateral_cert *signers[MAX_TCB_SIGNERS];
	size_t signer_count;
};

/* Parses and verifies what stands in docs (sorted, each once). */
int collateral_seal(struct collateral *c, struct err *e) MUST_CHECK;
void collateral_destroy(struct collateral *c);
