/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCB info (PCS API v3 and v4: versions 2 and 3), parsed from the exact text that Intel signed.
 *
 * {"tcbInfo":{…},"signature":"<128 hex>"}: the signature covers the bytes of the value of tcbInfo as served
 * (evidence-intel.md 4.1), which is why SIGNED_PART is a view into the document and never re-serialised.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "collateral/tcb_status.h"

#define MAX_COLLATERAL_JSON_SIZE 1048576
#define MAX_TCB_LEVELS           512
#define MAX_ADVISORIES           64 /* of one level */
#define TCB_COMPONENTS           16
#define FMSPC_SIZE               6
#define PCEID_SIZE               2

enum tcb_info_id { TCB_INFO_SGX, TCB_INFO_TDX };

struct advisories {
	const struct bytes *ids; /* in the document's order */
	size_t count;
};

struct tcb_level {
	uint8_t sgx[TCB_COMPONENTS];
	uint8_t tdx[TCB_COMPONENTS]; /* zero in SGX documents */
	uint16_t pcesvn;
	int64_t date_at;
	enum tcb_status status;
	struct advisories advisories;
};

struct tcb_info {
	enum tcb_info_id id;
	unsigned version; /* 2, 3 */
	int64_t issued_at, next_update_at;
	uint8_t fmspc[FMSPC_SIZE], pceid[PCEID_SIZE];
	uint64_t evaluation_number;
	struct tcb_level
	    *levels; /* highest first, whatever the served order was (evidence-intel.md 5.2) */
	size_t level_count;
	struct bytes signed_part; /* the text of the value of tcbInfo */
	uint8_t sig[64];          /* r‖s */
};

/* Views point into TEXT; levels live in the arena. ERR_MALFORMED, ERR_UNSUPPORTED (version, id, tcbType), ERR_LIMIT. */
int tcb_info_parse(struct bytes text, struct arena *a, struct tcb_info *out, struct err *e)
    MUST_CHECK;
/* The first level that the platform reaches, NULL if none. TDX components are compared only by TDX appraisal. */
const struct tcb_level *tcb_info_level(const struct tcb_info *info,
    const uint8_t components[TCB_COMPONENTS], uint16_t pcesvn);
