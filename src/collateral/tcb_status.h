/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's TCB statuses (PCS API v4, appendix TCB info V3) and how two of them converge (evidence-intel.md 5.4).
 */
#pragma once

#include "base/bytes.h"
#include "base/own.h"

enum tcb_status {
	TCB_UP_TO_DATE,
	TCB_SW_HARDENING_NEEDED,
	TCB_CONFIGURATION_NEEDED,
	TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
	TCB_OUT_OF_DATE,
	TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
	TCB_REVOKED,
	TCB_STATUS_COUNT,
	TCB_NONE = TCB_STATUS_COUNT /* not evaluated */
};

/* "UpToDate" …, as Intel spells them; NULL for TCB_NONE. */
const char *tcb_status_name(enum tcb_status s);
/* Exact spelling only. */
bool tcb_status_parse(struct bytes text, enum tcb_status *out) MUST_CHECK;
/* Of the platform's status and that of an enclave (QE) or module. */
enum tcb_status tcb_status_merge(enum tcb_status platform, enum tcb_status component);
