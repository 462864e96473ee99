/* SPDX-License-Identifier: Apache-2.0 */
/* The migrations of schema/, in order; made from the .sql files when the program is built. */
#pragma once

#include <stddef.h>

extern const char *const store_schema[];
extern const size_t store_schema_count;
