/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib.h"

#include "base/clock.h"

#include <stdlib.h>

struct attest_proof_log {
	struct arena arena;
	struct bytes key; /* the verifier key, which was read once */
};

static void
log_freep(struct attest_proof_log **log)
{
	attest_proof_log_free(*log);
}

static int
log_make(const char *text, struct attest_proof_log **out, struct err *e)
{
	DEFER(log_freep) struct attest_proof_log *log = calloc(1, sizeof(*log));
	struct log_key key = { 0 };
	struct bytes trimmed;

	if (log == NULL)
		return arena_fail(e, "log");
	arena_init(&log->arena, 2 * MAX_LOG_KEY_SIZE + 1024);
	if (text == NULL)
		return err_set(e, ERR_INVALID, "log: no verifier key was given");
	trimmed = bytes_of_str(text);
	while (trimmed.size > 0 && trimmed.p[trimmed.size - 1] <= ' ')
		trimmed.size--;
	if (trimmed.size > MAX_LOG_KEY_SIZE)
		return err_set(e, ERR_LIMIT, "log: a verifier key of %zu characters, at most %d",
		    trimmed.size, MAX_LOG_KEY_SIZE);
	log->key = arena_copy(&log->arena, trimmed);
	if (log->key.p == NULL)
		return arena_fail(e, "log");
	TRY(log_key_parse(log->key, &key, e));
	key_unref(key.key);
	*out = TAKE(log);
	return 0;
}

struct attest_proof_log *
attest_proof_log_new(const char *verifier_key, struct attest_error **error)
{
	struct attest_proof_log *log = NULL;
	struct err e = { 0 };

	if (log_make(verifier_key, &log, &e) < 0)
		(void)error_give(error, &e);
	return log;
}

void
attest_proof_log_free(struct attest_proof_log *log)
{
	if (log == NULL)
		return;
	arena_release(&log->arena);
	free(log);
}

static int
judge_proof(const struct attest_proof_log *log, const struct attest_result *token,
    struct bytes proof, struct attest_result *r, struct err *e)
{
	enum verdict verdict = result_verdict(token);
	struct log_proof_case c = { .log_key = log->key,
		.proof = arena_copy(&r->arena, proof),
		.payload = token->seen.part[1],
		.token = &verdict };

	if (c.proof.p == NULL)
		return arena_fail(e, "log proof");
	/* Of a token that was not signed there is no payload; nor is there anything to prove. */
	if (c.payload.p == NULL)
		c.payload = BYTES("");
	trace_init(&r->trace, &r->arena, "log-proof", clock_now_at());
	TRY(log_proof_judge(&c, &r->arena, &r->trace, &r->proof, e));
	return result_conclude(r, e);
}

enum attest_verdict
attest_proof_verify(const struct attest_proof_log *log, const struct attest_result *token,
    const char *proof, size_t size, struct attest_result **result, struct attest_error **error)
{
	DEFER(result_freep) struct attest_result *r = NULL;
	struct err e = { 0 };

	if (log == NULL || token == NULL || proof == NULL)
		(void)err_set(&e, ERR_INVALID, "log proof: no %s was given",
		    log == NULL         ? "log"
			: token == NULL ? "result of a token"
					: "proof");
	else if (size > MAX_TLOG_BUNDLE_SIZE)
		(void)err_set(&e, ERR_LIMIT, "log proof: %zu bytes, at most %d", size,
		    MAX_TLOG_BUNDLE_SIZE);
	else if ((r = result_new()) == NULL)
		(void)arena_fail(&e, "result");
	else if (judge_proof(log, token, bytes_of(proof, size), r, &e) == 0)
		return result_give(TAKE(r), &e, result, error);
	return result_give(NULL, &e, result, error);
}

static int
judge_growth(const struct attest_proof_log *log, struct bytes kept, struct bytes growth,
    struct attest_result *r, struct err *e)
{
	trace_init(&r->trace, &r->arena, "log-growth", clock_now_at());
	TRY(log_growth_judge(log->key, kept, growth, &r->arena, &r->trace, &r->proof, e));
	return result_conclude(r, e);
}

enum attest_verdict
attest_proof_verify_growth(const struct attest_proof_log *log, const char *kept, size_t kept_size,
    const char *growth, size_t growth_size, struct attest_result **result,
    struct attest_error **error)
{
	DEFER(result_freep) struct attest_result *r = NULL;
	struct err e = { 0 };

	if (log == NULL || kept == NULL || growth == NULL)
		(void)err_set(&e, ERR_INVALID, "log growth: no %s was given",
		    log == NULL        ? "log"
			: kept == NULL ? "kept checkpoint"
				       : "proof");
	else if ((r = result_new()) == NULL)
		(void)arena_fail(&e, "result");
	else if (judge_growth(log, bytes_of(kept, kept_size), bytes_of(growth, growth_size), r,
		     &e) == 0)
		return result_give(TAKE(r), &e, result, error);
	return result_give(NULL, &e, result, error);
}

const char *
attest_proof_checkpoint(const struct attest_result *r)
{
	return r != NULL && r->verdict == ATTEST_ACCEPTED ? (const char *)r->proof.checkpoint.p
							  : NULL;
}

uint64_t
attest_proof_tree_size(const struct attest_result *r)
{
	return r != NULL && r->verdict == ATTEST_ACCEPTED ? r->proof.tree_size : 0;
}
