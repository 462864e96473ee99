/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libattest: attestation tokens (Microsoft Azure Attestation, attestd) for those who rely on them.
 *
 * error.h        what can go wrong
 * expectation.h  what you demand of a token
 * verifier.h     the judgement
 * result.h       the verdict, its reasons, the claims
 * proof.h        a token is in its issuer's log
 * possession.h   whoever sent a token holds a key that it names
 * client.h       speaking with the service
 *
 * All symbols begin with attest_, all structs are opaque. A caller's program and the library may be of different
 * versions as long as the soname is the same.
 */
#ifndef ATTEST_ATTEST_H
#define ATTEST_ATTEST_H

#include <attest/client.h>
#include <attest/error.h>
#include <attest/expectation.h>
#include <attest/possession.h>
#include <attest/proof.h>
#include <attest/result.h>
#include <attest/verifier.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0": of the library that is running, not of these headers. */
ATTEST_API const char *attest_version(void);

#ifdef __cplusplus
}
#endif

#endif
