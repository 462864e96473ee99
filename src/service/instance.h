/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot made ready to serve: one state, its instances, their types (service/service.h). */
#pragma once

#include "service/service.h"

#define MAX_STATE_ARENA ((size_t)256 << 20)

/*
 * *OUT has one reference and owns one of SNAPSHOT. BEFORE (may be NULL) is the state in force: its traces go on with
 * instances of the same id, and its collateral is taken over when the documents are the same.
 */
int service_state_new(struct service *s, struct snapshot *snapshot,
    const struct service_state *before, struct service_state **out, struct err *e) MUST_CHECK;
