/* SPDX-License-Identifier: Apache-2.0 */
/* What configuration claims may be (maa-policy.md 11.1), and what they and property claims say. Unknown names are ignored. */
#pragma once

#include "policy/ast.h"

/* Why VALUE cannot be given to the configuration claim NAME; NULL when it can, or the name is unknown. */
const char *config_fault(struct bytes name, const struct value *value);
