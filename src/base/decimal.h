/* SPDX-License-Identifier: Apache-2.0 */
/* Integers as decimal digits, without the machinery of printf: a token holds a dozen of them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The sign and 19 digits; there is no NUL. */
#define MAX_DECIMAL_SIZE 20

/* The number of characters written. */
size_t decimal_format(int64_t v, char out[MAX_DECIMAL_SIZE]);
