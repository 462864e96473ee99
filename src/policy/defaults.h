/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default policies, byte for byte (maa-api.md 7), and the JWS that carries a policy (maa-api.md 2.6, maa-policy.md
 * 15). TYPE is the wire name of the kind of evidence, "SgxEnclave".
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* What GET answers for a type that has no policy, and what resets one: an unsigned JWS with an empty payload. */
#define POLICY_JWS_EMPTY "eyJhbGciOiJub25lIn0.."

/* p is NULL for a type without a default (Tpm). Without case. */
struct bytes policy_default_text(const char *type);
/* Appends the unsigned JWS over TEXT; POLICY_JWS_EMPTY when text.p is NULL. */
void policy_jws_emit(struct buf *out, struct bytes text);
/* The payload {"AttestationPolicy":"<base64url of the text>"} alone: what a policy signer signs. */
void policy_jws_payload_emit(struct buf *out, struct bytes text);
/* The text out of a decoded JWS payload, in the arena. RAW: the member is the text itself (2018-09-01-preview). An
 * empty payload is ERR_MISSING. */
int policy_jws_text(struct bytes payload, bool raw, struct arena *a, struct bytes *text,
    struct err *e) MUST_CHECK;
