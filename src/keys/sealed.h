/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys at rest: PKCS#8, sealed under the master key with the key's name as context, so that a sealed key put
 * under another name does not open.
 */
#pragma once

#include "base/buf.h"
#include "crypto/privkey.h"

#define MAX_SEALED_KEY_SIZE 16384

int sealed_key_emit(const struct secret *master, struct bytes name, const struct privkey *key,
    struct buf *out, struct err *e) MUST_CHECK;
/* ERR_SIGNATURE for another master key, another name, or changed bytes; *OUT is the caller's. */
int sealed_key_open(const struct secret *master, struct bytes name, struct bytes sealed,
    struct privkey **out, struct err *e) MUST_CHECK;
