/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed tree heads: C2SP tlog-checkpoint in a C2SP signed-note, Ed25519.
 *
 *	localhost:8443/attestd-log
 *	67
 *	<base64 root>
 *
 *	— localhost:8443/attestd-log <base64 of key id ‖ signature>
 *
 * A verifier key is "name+hash+base64(0x01 ‖ public key)", its hash the first four bytes of
 * SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key); it is what a relying party pins.
 */
#pragma once

#include "base/buf.h"
#include "crypto/privkey.h"
#include "tlog/tree.h"

#define MAX_LOG_NAME_SIZE   256
#define MAX_CHECKPOINT_SIZE 8192
#define MAX_LOG_KEY_SIZE    512

struct checkpoint {
	struct bytes origin;
	uint64_t size;
	uint8_t root[TLOG_HASH_SIZE];
	struct bytes text;       /* what is signed, the last LF included */
	struct bytes signatures; /* the lines after the empty one */
};

/* Views into NOTE. Extension lines are refused: we write none. Signatures must have their form, and are not
 * verified. */
int checkpoint_parse(struct bytes note, struct checkpoint *c, struct err *e) MUST_CHECK;
/* *GOOD: the origin is the key's name and one signature line of this key verifies. Lines of other keys are passed over. */
int checkpoint_verify(const struct checkpoint *c, struct bytes log_key, bool *good, struct err *e)
    MUST_CHECK;
/* Appends the signed note; KEY is Ed25519. */
int checkpoint_emit(struct bytes origin, uint64_t size, const uint8_t root[TLOG_HASH_SIZE],
    const struct privkey *key, struct buf *out, struct err *e) MUST_CHECK;

/* Appends the verifier key. ERR_INVALID for a name that is empty or has white space or a plus. */
int log_key_emit(struct bytes name, const struct key *key, struct buf *out, struct err *e)
    MUST_CHECK;
struct log_key {
	struct bytes name; /* a view */
	uint8_t id[4];
	struct key *key; /* owned: key_unref() */
};
int log_key_parse(struct bytes text, struct log_key *out, struct err *e) MUST_CHECK;
