/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim sets as JSON: the token's members, and the form in which people write incoming claims for `attest policy eval`:
 *
 *	[{"type":"x-ms-sgx-svn","value":1,"issuer":"AttestationService"}]
 *
 * `issuer` is CustomClaim unless given, `valueType` follows the value and may only repeat it, except that a custom
 * claim's string may be converted by it (maa-policy.md 5, 13.5). `readOnly` is false unless given.
 */
#pragma once

#include "claims/claim_set.h"
#include "codec/json.h"

/* An object: one value of a name a scalar, several an array in the order of insertion (maa-policy.md 12). NULL when
 * memory ran out. */
struct json *claims_object_emit(const struct claim_set *set, struct arena *a);
/* Adds the claims of ARRAY to SET; text is borrowed from ARRAY. */
int claims_array_parse(const struct json *array, struct arena *a, struct claim_set *set,
    struct err *e) MUST_CHECK;
