/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SGX report body, 384 bytes (SDM vol. 3D, REPORT; evidence-intel.md 1.3): of the enclave that is attested, and of
 * the quoting enclave.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define SGX_REPORT_SIZE        384

#define SGX_FLAG_INIT          (UINT64_C(1) << 0)
#define SGX_FLAG_DEBUG         (UINT64_C(1) << 1)
#define SGX_FLAG_MODE64BIT     (UINT64_C(1) << 2)
#define SGX_FLAG_PROVISION_KEY (UINT64_C(1) << 4)
#define SGX_FLAG_EINITTOKEN    (UINT64_C(1) << 5)
#define SGX_FLAG_KSS           (UINT64_C(1) << 7)

/* Views point into the report. */
struct sgx_report {
	struct bytes raw;
	struct bytes cpusvn; /* 16 */
	uint32_t miscselect;
	struct bytes isvextprodid; /* 16, KSS */
	struct bytes attributes;   /* 16: flags and XFRM in memory order */
	uint64_t flags, xfrm;
	struct bytes mrenclave; /* 32 */
	struct bytes mrsigner;  /* 32 */
	struct bytes configid;  /* 64, KSS */
	uint16_t isvprodid, isvsvn, configsvn;
	struct bytes isvfamilyid; /* 16, KSS */
	struct bytes reportdata;  /* 64 */
};

/* ERR_MALFORMED unless RAW has SGX_REPORT_SIZE bytes. */
int sgx_report_parse(struct bytes raw, struct sgx_report *out, struct err *e) MUST_CHECK;
bool sgx_report_is_debug(const struct sgx_report *r);
bool sgx_report_has_kss(const struct sgx_report *r);
