/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a policy_diag, and the error message that goes with it. */
#pragma once

#include "policy/ast.h"

/* Copies TEXT as printable ASCII, cut to SIZE; other characters as U+XXXX. */
void diag_put(char *out, size_t size, struct bytes text);
/* Fills DIAG and E, returns -1. EXPECTED and HINT may be "". DIAG may be NULL. */
int diag_fail(struct policy_diag *diag, struct err *e, enum err_code code, struct place at,
    struct bytes found, const char *expected, const char *hint, const char *path);
