/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log proofs: that a token is in its issuer's transparency log, judged offline.
 *
 * attestd records every token before it signs it, and the token's `jti` is the hash of its record. So an issuer (or
 * whoever has stolen its key) cannot hand out a token that nobody will ever see, without the absence being noticed by
 * whoever asks for the proof.
 *
 *	struct attest_proof_log *log = attest_proof_log_new("attest.example+a1b2c3d4+AeU…", &error);
 *	…
 *	if (attest_verify(v, token, size, x, &token_result, NULL) == ATTEST_ACCEPTED &&
 *	    attest_proof_verify(log, token_result, proof, proof_size, &result, NULL) == ATTEST_ACCEPTED)
 *		keep(attest_proof_checkpoint(result));
 *
 * The log's verifier key ("name+hash+base64", C2SP signed-note) is yours to know: from the operator, from a file that you
 * ship, from your own first look (attest_client_log_key()). Nothing in a token or a proof says whose log it is.
 *
 * A proof is the document that GET /attestd/log/proof answers (attest_client_log_proof()), and that
 * `attest log prove --out FILE` keeps: "attest-log-proof/1", one line of sorted JSON with one spelling:
 *
 *	{"checkpoint":"<signed note>","format":"attest-log-proof/1","hashes":["<hex>",…],"leaf_hash":"<hex, the jti>",
 *	 "leaf_index":7,"record":"<base64url; absent once its body has expired>","tree_size":67}
 *
 * Two answers are no yes and no refusal of the token: ATTEST_UNDECIDED when the record's body has expired, so that nobody
 * can see any more whether it was of this token; and ATTEST_FAILED, as everywhere, when the library could not do its work.
 *
 * What a proof does not show: that the log shows everybody the same tree. Keep the checkpoint, and hold each newer one
 * against it (attest_proof_verify_growth()); compare yours with other people's.
 *
 * Results are those of attest/result.h; their checks are log.*. They hold no claims.
 *
 * Threads: once made, any number of threads may use one log at the same time.
 */
#ifndef ATTEST_PROOF_H
#define ATTEST_PROOF_H

#include <attest/error.h>
#include <attest/result.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct attest_proof_log;

/* White space at the end is ignored. NULL on failure. */
ATTEST_API ATTEST_MUST_CHECK struct attest_proof_log *attest_proof_log_new(const char *verifier_key,
    struct attest_error **error);
/* NULL is fine. */
ATTEST_API void attest_proof_log_free(struct attest_proof_log *log);

/*
 * TOKEN is the result of attest_verify(): only a token that was accepted can be proved. *RESULT, *ERROR and the value that is
 * returned are as in attest_verify().
 */
ATTEST_API ATTEST_MUST_CHECK enum attest_verdict attest_proof_verify(const struct attest_proof_log
									 *log,
    const struct attest_result *token, const char *proof, size_t size,
    struct attest_result **result, struct attest_error **error);

/*
 * That the log has only grown: everything under the KEPT checkpoint is the beginning of what is under the newer one that
 * GROWTH holds. GROWTH is what `attest log verify --since FILE --out FILE` writes, a C2SP tlog-witness "add-checkpoint" request:
 *
 *	old 67
 *	<base64 hash>
 *	…
 *
 *	<the newer checkpoint>
 *
 * A refusal by log.rollback or log.consistency is what transparency is for: keep both.
 */
ATTEST_API ATTEST_MUST_CHECK enum attest_verdict attest_proof_verify_growth(
    const struct attest_proof_log *log, const char *kept, size_t kept_size, const char *growth,
    size_t growth_size, struct attest_result **result, struct attest_error **error);

/* The (newer) checkpoint that an accepted proof stands on, to be kept; NULL for every other result. */
ATTEST_API const char *attest_proof_checkpoint(const struct attest_result *r);
/* How many records are under it; 0 for every other result. */
ATTEST_API uint64_t attest_proof_tree_size(const struct attest_result *r);

#ifdef __cplusplus
}
#endif

#endif
