/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that must not be seen: locked in memory, left out of core dumps, wiped when freed, printed as "[secret]". */
#pragma once

#include "base/bytes.h"
#include "base/own.h"

struct secret {
	uint8_t *p;
	size_t size;
};

/* Room for SIZE bytes, zeroed; p is NULL on failure. */
bool secret_init(struct secret *s, size_t size) MUST_CHECK;
void secret_release(struct secret *s);
struct bytes secret_bytes(const struct secret *s);
/* memset that the compiler keeps. */
void secret_wipe(void *p, size_t size);
