/* SPDX-License-Identifier: Apache-2.0 */
/* The master key: 32 bytes in a file or a systemd credential, under which all keys at rest are sealed. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "crypto/seal.h"

/*
 * Reads PATH, which must be a regular file of exactly SEAL_MASTER_SIZE bytes that belongs to us (or root) and that
 * neither group nor others can touch: ERR_DENIED otherwise. ERR_MISSING when it is absent; with MAKE it is made then,
 * 0600, from the kernel's randomness. *OUT is the caller's, secret_release().
 */
int master_key_load(const char *path, bool make, struct secret *out, struct err *e) MUST_CHECK;
