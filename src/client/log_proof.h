/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging what a transparency log says, offline: that a token is in its issuer's log, and that the log has only grown.
 *
 *	a signed token ▸ its payload without jti ▸ the record's digest ▸ the leaf hash, which is the jti ▸ a path of hashes
 *	▸ the root ▸ a checkpoint, signed by the log's key
 *
 * (docs/adr/0014, RFC 9162 section 2.1, C2SP tlog-checkpoint.) Whose log it is says the caller's verifier key alone: the key
 * is never one that came with the token or the proof. The result is a trace like that of a token.
 *
 * A checkpoint says what its signer showed to whoever asked. That he shows others the same is known only by comparing:
 * keep the checkpoint, and hold the next one against it with log_growth_judge().
 */
#pragma once

#include "tlog/bundle.h"
#include "tlog/growth.h"
#include "trace/trace.h"

struct log_proof_case {
	struct bytes log_key;      /* the verifier key that the caller knows (tlog/checkpoint.h) */
	struct bytes proof;        /* the document of tlog/bundle.h */
	struct bytes jti;          /* 64 hex digits; p == NULL: the payload's */
	struct bytes payload;      /* the token's, decoded; p == NULL: only the jti is known */
	const enum verdict *token; /* what was found of the token; NULL: nobody judged it */
};

/* Of the newer checkpoint where there are two. */
struct log_proof_seen {
	uint64_t leaf_index, tree_size;
	struct bytes checkpoint; /* in the arena */
};

/*
 * Into T, which trace_init() has prepared. -1: we failed, or LOG_KEY or JTI is none. Views of A and of the case stay in T.
 * SEEN is to be believed only when the verdict is accepted.
 */
int log_proof_judge(const struct log_proof_case *c, struct arena *a, struct trace *t,
    struct log_proof_seen *seen, struct err *e) MUST_CHECK;
/* KEPT is the checkpoint from before; TEXT proves the newer one that is in it (tlog/growth.h). */
int log_growth_judge(struct bytes log_key, struct bytes kept, struct bytes text, struct arena *a,
    struct trace *t, struct log_proof_seen *seen, struct err *e) MUST_CHECK;
