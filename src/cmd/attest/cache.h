/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of issuers kept in $XDG_CACHE_HOME/attest (else ~/.cache/attest), one file per issuer, for --offline. */
#pragma once

#include "cmd/attest/cli.h"

int cache_read(struct cli *c, const char *issuer, struct bytes *jwks, struct err *e) MUST_CHECK;
/* Best effort: a cache that cannot be written is no failure. */
void cache_write(struct cli *c, const char *issuer, struct bytes jwks);
