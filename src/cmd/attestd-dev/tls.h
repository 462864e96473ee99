/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS identity of a developer's daemon: a CA that signs one server certificate and whose key is then thrown away, so
 * that whoever trusts ca.pem trusts this one certificate and nothing that could be made later.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

/* Makes ca.pem, tls.pem and tls.key in DIR unless they are there and good for another week. */
int dev_tls_prepare(int dir, int64_t now_at, struct err *e) MUST_CHECK;
