/* SPDX-License-Identifier: Apache-2.0 */
/* The root of synthetic evidence on disk: what synth/synth.h makes, under DIR/evidence-root. */
#pragma once

#include "base/err.h"

#include <stdint.h>

/* Makes it when absent, and issues its collateral anew unless that is good at NOW_AT and for another day. */
int dev_evidence_root_prepare(int dir, int64_t now_at, struct err *e) MUST_CHECK;
