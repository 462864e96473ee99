/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that a token speaks for: cnf.jwk (RFC 7800 section 3.2), x-ms-runtime.jwk, and each of x-ms-runtime.keys
 * (maa-api.md 4.2). The attester chose them; the service saw that the evidence is bound to them.
 *
 *	struct bound_keys keys = bound_keys_of(claims);
 *	for (const struct json *jwk; (jwk = bound_keys_take(&keys)) != NULL;)
 *		…
 */
#pragma once

#include "codec/json.h"

struct bound_keys {
	const struct json *single[2], *listed; /* those that are still to be given */
};

struct bound_keys bound_keys_of(const struct json *claims);
/* What stands where a key should, not yet understood; NULL when there is no more. */
const struct json *bound_keys_take(struct bound_keys *keys);
