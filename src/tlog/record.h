/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record of the log: what was decided, when, for whom, and under which versions of policy, settings and collateral;
 * enough to replay the judgement from the evidence, never the evidence or a credential.
 *
 * The salt makes the leaf hash of a record say nothing about it to someone who can only guess. The record of a token
 * holds the digest of its payload without `jti`; the token's `jti` is the record's leaf hash (tree.h).
 *
 *	u8 version 1 · u8 kind · salt 16 · i64 LE time
 *	u16 LE size and bytes: instance, type, trace id, kid, detail
 *	SHA-256: payload, evidence, policy, settings · u8 count and SHA-256s: collateral
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "codec/json.h"

#define MAX_TLOG_RECORD_SIZE 8192
#define MAX_TLOG_COLLATERAL  16
#define TLOG_SALT_SIZE       16

enum tlog_kind {
	TLOG_TOKEN = 1,   /* a signed attestation token */
	TLOG_DRAFT,       /* an unsigned one, under the caller's own policy */
	TLOG_POLICY_READ, /* a signed policy token (maa-api.md 2.3) */
	TLOG_GOVERNANCE,  /* a change of policy, settings, keys */
	TLOG_REFUSAL,     /* a sample of the refused */
};

/* Digests that do not apply are zero. */
struct tlog_record {
	enum tlog_kind kind;
	uint8_t salt[TLOG_SALT_SIZE];
	int64_t at;
	struct bytes instance, type, trace_id;
	struct bytes kid;    /* the key that signed; empty for a draft */
	struct bytes detail; /* governance: what changed; refusal: the check that failed */
	uint8_t payload_sha256[32], evidence_sha256[32];
	uint8_t policy_hash[32]; /* the bytes of x-ms-policy-hash */
	uint8_t settings_hash[32];
	struct bytes collateral; /* SHA-256s, one after the other */
};

/* buf_ok() says whether it fitted; a field over 65535 bytes or too many digests spoil OUT. */
void tlog_record_emit(struct buf *out, const struct tlog_record *r);
/* Views into RAW. ERR_MALFORMED for anything that tlog_record_emit() does not write. */
int tlog_record_parse(struct bytes raw, struct tlog_record *r, struct err *e) MUST_CHECK;
const char *tlog_kind_name(enum tlog_kind kind); /* "token" "draft" "policy-read" … */
/* {"kind","at","instance",…}: for people and --json. NULL when memory ran out. */
struct json *tlog_record_json(const struct tlog_record *r, struct arena *a);
