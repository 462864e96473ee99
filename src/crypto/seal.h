/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing at rest: AES-256-GCM under a master key, with a context that must be the same when opened.
 * Layout: "AS1" ‖ nonce 12 ‖ ciphertext ‖ tag 16. The nonce is random; the data key is HKDF-SHA256(master, nonce's salt,
 * context), so that one master key serves for any number of seals.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

#define SEAL_MASTER_SIZE 32

int seal_emit(const struct secret *master, struct bytes context, struct bytes plain,
    struct buf *out, struct err *e) MUST_CHECK;
int seal_open(const struct secret *master, struct bytes context, struct bytes sealed,
    struct secret *plain, struct err *e) MUST_CHECK;
