/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of the claim names that the service issues itself, for any kind of evidence.
 *
 * A policy must not be able to forge evidence: a protected name that it issues stays visible inside `x-ms-policy` and
 * never reaches the top level of a token (maa-policy.md 12, product.md 4), whether or not the service has a value of
 * its own for it this time. The legacy aliases, which the default policies issue, are the exception.
 */
#pragma once

#include "base/bytes.h"

enum claim_name_rule {
	NAME_FREE, /* the policy's */
	NAME_ALIAS, /* the policy's too: an old twin of a service claim that the default policies issue */
	NAME_PROTECTED, /* the service's alone */
};

/* TPM_KIND: the token is for TPM or VBS evidence, where the policy issues what other kinds have from the service. */
enum claim_name_rule claim_name_rule(struct bytes name, bool tpm_kind);
