/* SPDX-License-Identifier: Apache-2.0 */
/* Which word was meant: for hints alone, nothing is ever accepted because it is near. */
#pragma once

#include "base/bytes.h"

/* The word of WORDS that TEXT is but for its case or a few slips; NULL. A word itself is near nothing. */
const char *near_word(struct bytes text, const char *const *words, size_t count);
