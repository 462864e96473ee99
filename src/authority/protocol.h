/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What worker (W) and authority (A) say to each other (style.md 3, "Processes"), in frames of net/ipc.h.
 *
 *	SNAPSHOT       A→W   the state to judge by, at the start and after each change (snapshot.h); request id 0
 *	ISSUE          W→A   a payload to be recorded and signed       → ISSUED or FAILED
 *	POLICY_TOKEN   W→A   the policy in force, as a signed token    → TOKEN or FAILED
 *	LOG_CHECKPOINT W→A   the signed tree head                      → ANSWER or FAILED
 *	LOG_TILE       W→A   a tile of the log                         → ANSWER or FAILED
 *	LOG_PROOF      W→A   the proof for one record of an instance   → ANSWER or FAILED
 *	LOG_RECORDS    W→A   records of an instance                    → ANSWER or FAILED
 *	REFUSED        W→A   evidence was refused: counted and sampled, never answered
 *	HEALTH         W→A   figures as JSON                           → ANSWER or FAILED
 *
 * Every field is length-prefixed, every count has a ceiling, and a body with bytes left over is a protocol error that
 * ends the connection. The authority believes nothing that the worker says about keys, times, issuers or policies: it
 * compares the payload with its own state (authority/judge.h).
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "net/ipc.h"

enum authority_msg {
	AUTHORITY_SNAPSHOT = 1,
	AUTHORITY_ISSUE,
	AUTHORITY_ISSUED,
	AUTHORITY_FAILED,
	AUTHORITY_POLICY_TOKEN,
	AUTHORITY_TOKEN,
	AUTHORITY_LOG_CHECKPOINT,
	AUTHORITY_LOG_TILE,
	AUTHORITY_LOG_PROOF,
	AUTHORITY_LOG_RECORDS,
	AUTHORITY_ANSWER,
	AUTHORITY_REFUSED,
	AUTHORITY_HEALTH,
	AUTHORITY_MSG_COUNT,
};

#define MAX_INSTANCE_ID_SIZE  128
#define MAX_TYPE_NAME_SIZE    32
#define MAX_TRACE_ID_SIZE     64
#define MAX_CHECK_NAME_SIZE   96
#define MAX_PAYLOAD_SIZE      1048576 /* of a token payload without jti */
#define MAX_TOKEN_SIZE        1441792
#define MAX_RECORD_COLLATERAL 16
#define MAX_SNAPSHOT_SIZE     67108864
#define MAX_LOG_ANSWER_SIZE   1048576
#define MAX_LOG_RECORDS       256 /* in one answer */

/* What each side accepts from the other. */
extern const struct ipc_rules authority_rules_from_worker;
extern const struct ipc_rules authority_rules_from_authority;

/* ISSUE. Views; the caller's until authority_issue() has returned. */
struct issue_request {
	struct bytes instance; /* its id (snapshot.h) */
	struct bytes type;     /* "SgxEnclave" */
	bool
	    draft; /* judged by the caller's own policy: the token comes back unsigned (maa-api.md 4.3) */
	struct bytes payload; /* canonical JSON (maa-api.md 2.1), complete but for jti */
	uint8_t evidence_sha256[32];
	struct bytes trace_id;
	struct bytes
	    collateral; /* SHA-256 of each document used, one after the other, MAX_RECORD_COLLATERAL at most */
};

/* ISSUED, or FAILED with err.code other than ERR_NONE. Views live as long as the callback runs. */
struct issue_reply {
	struct err err;
	struct bytes token; /* compact JWS */
	uint64_t leaf_index;
	uint8_t leaf_hash[32]; /* in hex it is the jti */
};

/* REFUSED. */
struct refused_note {
	struct bytes instance, type, trace_id;
	struct bytes check; /* "sgx.quote.signature" */
	uint8_t evidence_sha256[32];
};

/* POLICY_TOKEN, LOG_*: one shape, fields that a message does not use are zero. */
struct authority_query {
	struct bytes instance;
	struct bytes type;     /* POLICY_TOKEN */
	uint8_t leaf_hash[32]; /* LOG_PROOF */
	uint64_t from;  /* LOG_RECORDS: the first leaf index wanted; LOG_TILE: the tile's index */
	uint32_t count; /* LOG_RECORDS: at most; LOG_TILE: hashes in the tile, 1..256 */
	uint8_t level;  /* LOG_TILE */
};

/* TOKEN, ANSWER, or FAILED with err.code other than ERR_NONE. Views live as long as the callback runs. */
struct authority_answer {
	struct err err;
	struct bytes bytes;
};

void issue_request_emit(struct buf *out, const struct issue_request *r);
int issue_request_parse(struct bytes body, struct issue_request *r, struct err *e) MUST_CHECK;
void issue_reply_emit(struct buf *out, const struct issue_reply *r);
int issue_reply_parse(struct bytes body, struct issue_reply *r, struct err *e) MUST_CHECK;
void refused_note_emit(struct buf *out, const struct refused_note *n);
int refused_note_parse(struct bytes body, struct refused_note *n, struct err *e) MUST_CHECK;
void authority_query_emit(struct buf *out, const struct authority_query *q);
int authority_query_parse(struct bytes body, struct authority_query *q, struct err *e) MUST_CHECK;
/* FAILED: an err as code and message; a code that is not in the table reads as ERR_INTERNAL. */
void authority_failed_emit(struct buf *out, const struct err *why);
int authority_failed_parse(struct bytes body, struct err *why, struct err *e) MUST_CHECK;

/*
 * The answer to LOG_RECORDS: u64 LE the index to go on from, u64 LE the size of the log (equal: that was the end), then
 * per record u64 LE leaf index and the record as an ipc_put() field; ascending, records of other instances left out. There
 * may be nothing in it and still more to come: only so many records are looked at for one answer.
 */
int log_records_begin(struct bytes answer, struct rd *r, uint64_t *next, uint64_t *size,
    struct err *e) MUST_CHECK;
bool log_records_next(struct rd *r, uint64_t *leaf_index, struct bytes *record) MUST_CHECK;
