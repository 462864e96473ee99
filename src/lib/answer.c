/* SPDX-License-Identifier: Apache-2.0 */
/* What was asked and what came back: attest_request_*, attest_answer_*. */
#include "lib/client_impl.h"

#include <stdlib.h>

struct attest_request *
attest_request_new(const char *type, const void *evidence, size_t size)
{
	struct attest_request *rq = calloc(1, sizeof(*rq));

	if (rq == NULL)
		return NULL;
	arena_init(&rq->arena, MAX_REQUEST_MEMORY);
	if (type == NULL || (evidence == NULL && size > 0)) {
		(void)err_set(&rq->first, ERR_INVALID, "request: no %s was given",
		    type == NULL ? "type" : "evidence");
		return rq;
	}
	rq->rq.type = (const char *)arena_copy(&rq->arena, bytes_of_str(type)).p;
	rq->rq.evidence = arena_copy(&rq->arena, bytes_of(evidence, size));
	if (rq->rq.type == NULL || rq->rq.evidence.p == NULL)
		(void)arena_fail(&rq->first, "request");
	return rq;
}

void
attest_request_free(struct attest_request *rq)
{
	if (rq == NULL)
		return;
	arena_release(&rq->arena);
	free(rq);
}

static void
add(struct attest_request *rq, const void *data, size_t size, struct bytes *out)
{
	if (data == NULL && rq->first.code == ERR_NONE)
		(void)err_set(&rq->first, ERR_INVALID, "request: data that is NULL");
	if (data == NULL)
		return;
	*out = arena_copy(&rq->arena, bytes_of(data, size));
	if (out->p == NULL && rq->first.code == ERR_NONE)
		(void)arena_fail(&rq->first, "request");
}

void
attest_request_runtime_data(struct attest_request *rq, const void *data, size_t size, bool is_json)
{
	if (rq == NULL)
		return;
	add(rq, data, size, &rq->rq.runtime_data);
	rq->rq.runtime_is_json = is_json;
}

void
attest_request_init_time_data(struct attest_request *rq, const void *data, size_t size,
    bool is_json)
{
	if (rq == NULL)
		return;
	add(rq, data, size, &rq->rq.init_data);
	rq->rq.init_is_json = is_json;
}

void
attest_request_nonce(struct attest_request *rq, const char *nonce)
{
	if (rq != NULL)
		add(rq, nonce, nonce == NULL ? 0 : bytes_of_str(nonce).size, &rq->rq.nonce);
}

void
attest_request_draft_policy(struct attest_request *rq, const char *policy)
{
	if (rq != NULL)
		add(rq, policy, policy == NULL ? 0 : bytes_of_str(policy).size,
		    &rq->rq.draft_policy);
}

struct attest_answer *
answer_new(void)
{
	struct attest_answer *a = calloc(1, sizeof(*a));

	if (a != NULL)
		arena_init(&a->arena, MAX_ANSWER_MEMORY);
	return a;
}

void
attest_answer_free(struct attest_answer *a)
{
	if (a == NULL)
		return;
	arena_release(&a->arena);
	free(a);
}

unsigned
attest_answer_status(const struct attest_answer *a)
{
	return a == NULL ? 0 : a->got.status;
}

const char *
attest_answer_body(const struct attest_answer *a, size_t *size)
{
	if (size != NULL)
		*size = a == NULL ? 0 : a->got.body.size;
	return a == NULL ? NULL : (const char *)a->got.body.p;
}

/* Texts of an answer are copied into its arena with a NUL behind them when it is read (client/call.h). */
static const char *
text_of(struct bytes text)
{
	return text.size == 0 ? NULL : (const char *)text.p;
}

const char *
attest_answer_member(const struct attest_answer *a, const char *name)
{
	if (a == NULL || name == NULL)
		return NULL;
	return client_answer_member(&a->got, name);
}

const char *
attest_answer_error_code(const struct attest_answer *a)
{
	return a == NULL ? NULL : text_of(a->got.code);
}

const char *
attest_answer_error_message(const struct attest_answer *a)
{
	return a == NULL ? NULL : text_of(a->got.message);
}

const char *
attest_answer_failed_check(const struct attest_answer *a)
{
	return a == NULL ? NULL : text_of(a->got.check);
}

const char *
attest_answer_remedy(const struct attest_answer *a)
{
	return a == NULL ? NULL : text_of(a->got.remedy);
}

const char *
attest_answer_trace_id(const struct attest_answer *a)
{
	return a == NULL ? NULL : text_of(a->got.trace_id);
}

const char *
attest_answer_trace_key(const struct attest_answer *a)
{
	return a == NULL ? NULL : text_of(a->got.trace_key);
}
