/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal: lower case out, either case in. */
#pragma once

#include "base/bytes.h"
#include "base/own.h"

/* Writes 2 * in.size characters and no NUL. */
void hex_encode(struct bytes in, char *out);
/* True if TEXT is exactly 2 * SIZE hex digits; OUT is written only then. */
bool hex_decode(struct bytes text, uint8_t *out, size_t size) MUST_CHECK;
/* 0..15, or -1. */
int hex_digit(uint8_t c);
