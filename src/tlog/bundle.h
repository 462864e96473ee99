/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proof that a record is in the log, as one JSON document that can be judged offline (`attest log prove JTI`):
 *
 *	{"checkpoint":"<signed note>","format":"attest-log-proof/1","hashes":["<hex>",…],"leaf_hash":"<hex, the jti>",
 *	 "leaf_index":7,"record":"<base64url; absent once its body has expired>","tree_size":67}
 *
 * The checkpoint is inside, but the key that it is judged with is the verifier's own.
 */
#pragma once

#include "codec/json.h"
#include "tlog/checkpoint.h"
#include "tlog/proof.h"

#define TLOG_BUNDLE_FORMAT   "attest-log-proof/1"
#define MAX_TLOG_BUNDLE_SIZE 65536

struct tlog_bundle {
	uint64_t leaf_index, tree_size;
	uint8_t leaf_hash[TLOG_HASH_SIZE];
	struct tlog_proof proof;
	struct bytes record;     /* p == NULL: expired */
	struct bytes checkpoint; /* the note */
};

/* One line of sorted JSON. */
void tlog_bundle_emit(struct buf *out, const struct tlog_bundle *b);
/* What tlog_bundle_emit() writes and no other spelling of it, with a checkpoint that can be read. Views live in the arena. */
int tlog_bundle_parse(struct bytes text, struct arena *a, struct tlog_bundle *b, struct err *e)
    MUST_CHECK;

/* What is established, from the ground up; only all of it together proves anything. */
struct tlog_bundle_verdict {
	bool record_is_leaf;     /* the record hashes to leaf_hash (or has expired) */
	bool checkpoint_is_good; /* signed by the log's key, for the log of its name */
	bool sizes_agree;        /* the checkpoint is for tree_size */
	bool is_included;        /* the path leads from the leaf to the checkpoint's root */
};
bool tlog_bundle_is_good(const struct tlog_bundle_verdict *v);
int tlog_bundle_verify(const struct tlog_bundle *b, struct bytes log_key,
    struct tlog_bundle_verdict *out, struct err *e) MUST_CHECK;

/*
 * What the record of a token is held against. PAYLOAD is the token's decoded payload: *IS_TOKEN when it is what this service
 * writes, compact and with a `jti` of 64 lower-case hex digits; then JTI is that hash, and DIGEST the SHA-256 of the
 * payload without the member.
 */
int tlog_payload_digest(struct bytes payload, struct arena *a, uint8_t jti[TLOG_HASH_SIZE],
    uint8_t digest[SHA256_SIZE], bool *is_token, struct err *e) MUST_CHECK;
/* Does the record speak of this token: is its hash the `jti`, and is the rest what it recorded? False for an expired one. */
int tlog_bundle_fits_payload(const struct tlog_bundle *b, struct bytes payload, struct arena *a,
    bool *fits, struct err *e) MUST_CHECK;
