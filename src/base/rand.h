/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness of the kernel. It cannot fail once the system is up; if it does, the process ends. */
#pragma once

#include <stddef.h>

void rand_bytes(void *out, size_t size);
