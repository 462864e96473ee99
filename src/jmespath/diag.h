/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a jmespath_diag and the error that goes with it, private to jmespath/. */
#pragma once

#include "jmespath/jmespath.h"

/* What failed, as the caller knows it; EXPECTED and HINT may be "". */
struct trouble {
	enum jmespath_fault fault;
	size_t offset;
	struct bytes found;
	const char *expected, *hint;
};

/* Returns -1. DIAG and E may be NULL. */
int jmespath_fail(struct bytes text, const struct trouble *t, struct jmespath_diag *diag,
    struct err *e);
