/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's certificate profiles (PCK-SPEC chapter 1; evidence-intel.md 3): what a certificate of each role must be, apart
 * from names, signatures and dates. All are P-256 and ecdsa-with-SHA256, with a positive serial number, without critical
 * extensions that are unknown, and without name and policy constraints, which nothing here would enforce.
 */
#pragma once

#include "crypto/cert.h"
#include "crypto/crl.h"

#define TCB_SIGNING_CN "Intel SGX TCB Signing"

enum cert_role { ROLE_ROOT, ROLE_INTERMEDIATE, ROLE_PCK_LEAF, ROLE_TCB_SIGNER };

/* NULL when CERT, whose key is KEY, fits ROLE; otherwise what does not, in words. */
const char *cert_profile_misfit(const struct cert *cert, const struct key *key,
    enum cert_role role);
/* A CRL has a number and its issuer's key identifier (RFC 5280 5.2.1, 5.2.3), and nothing critical that is unknown. */
bool crl_profile_fits(const struct crl *crl);
