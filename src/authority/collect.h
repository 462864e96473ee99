/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the folders of collateral: every regular file in them and one level below, in order of name, as bytes. What they
 * are is found out by who verifies them. Files that begin with a dot, are too large or cannot be read are passed over with
 * a line in the log; so is a folder that is not there.
 */
#pragma once

#include "authority/snapshot.h"
#include "base/err.h"

/* Together; beyond it the rest is passed over. */
#define MAX_COLLECTED_SIZE 50331648

int collect_documents(const char *const *dirs, size_t dir_count, struct arena *a,
    struct snapshot *out, struct err *e) MUST_CHECK;
