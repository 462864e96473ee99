/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enclave identity, version 2 (PCS API v4): what the quoting enclave must be, and how current its version is.
 * Signed like TCB info (collateral/tcb_info.h).
 */
#pragma once

#include "collateral/tcb_info.h"

enum qe_identity_id { QE_IDENTITY_QE, QE_IDENTITY_TD_QE, QE_IDENTITY_QVE, QE_IDENTITY_QAE };

struct qe_level {
	uint16_t isvsvn;
	int64_t date_at;
	enum tcb_status status; /* UpToDate, OutOfDate, Revoked */
	struct advisories advisories;
};

struct qe_identity {
	enum qe_identity_id id;
	int64_t issued_at, next_update_at;
	uint64_t evaluation_number;
	uint32_t miscselect, miscselect_mask;
	uint8_t attributes[16], attributes_mask[16];
	uint8_t mrsigner[32];
	uint16_t isvprodid;
	struct qe_level *levels; /* highest first */
	size_t level_count;
	struct bytes signed_part;
	uint8_t sig[64];
};

int qe_identity_parse(struct bytes text, struct arena *a, struct qe_identity *out, struct err *e)
    MUST_CHECK;
const char *qe_identity_id_name(enum qe_identity_id id);
/* NULL if every level is above ISVSVN. */
const struct qe_level *qe_identity_level(const struct qe_identity *identity, uint16_t isvsvn);
