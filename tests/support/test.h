/* SPDX-License-Identifier: Apache-2.0 */
/* What cmocka wants before its own header. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef ATTEST_MUTATE
#include "mutate.h"
#endif
