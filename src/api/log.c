/* SPDX-License-Identifier: Apache-2.0 */
/* The transparency log, read (product.md 4): checkpoints, tiles and proofs for anybody, records for auditors. */
#include "api/api.h"

#include "base/log.h"
#include "service/log_read.h"

#define LOG_MODULE "api"

/* What an answer of the authority becomes; in the request's arena. */
struct log_call {
	struct api_call *call;
	const char *content_type;
	const char *cache_control; /* NULL: none */
	bool records;              /* the answer is a list of records */
};

static void
fail_answer(struct api_call *call, const struct err *e)
{
	struct api_error error;

	if (e->code == ERR_MISSING) {
		api_fail_plain(call, 404, "NotFound", "The log has no such entry.");
		return;
	}
	log_error("log not read", "request=%s code=%s why=\"%s\"", call->request_id,
	    err_code_name(e->code), e->msg);
	error = api_error_of_authority(e);
	metrics_count_error(call->service->metrics, e->code);
	api_fail(call, &error);
}

static void
answered(const struct authority_answer *answer, void *user)
{
	struct log_call *l = user;
	struct api_call *call = l->call;
	struct http_response r = { .status = 200, .content_type = l->content_type };
	struct err e = { 0 };

	if (answer->err.code != ERR_NONE) {
		fail_answer(call, &answer->err);
		return;
	}
	if (l->records) {
		if (log_records_emit(answer->bytes, call->rq->arena, &r.body, &e) < 0) {
			api_fail_err(call, &e);
			return;
		}
	} else {
		r.body = arena_copy(call->rq->arena, answer->bytes);
	}
	if (r.body.p == NULL ||
	    (l->cache_control != NULL &&
		!http_response_add(&r, "Cache-Control", l->cache_control))) {
		err_set(&e, ERR_INTERNAL, "log: out of memory");
		api_fail_err(call, &e);
		return;
	}
	api_answer(call, &r);
}

static void
ask(struct log_call *l, enum authority_msg what, const struct authority_query *query)
{
	const struct service_authority *authority = &l->call->service->authority;
	struct err e = { 0 };
	int sent;

	if (what == AUTHORITY_LOG_CHECKPOINT)
		sent = authority->log_checkpoint(authority->self, answered, l, &e);
	else
		sent = authority->log_query(authority->self, what, query, answered, l, &e);
	if (sent < 0)
		fail_answer(l->call, &e);
}

/* NULL: the call has failed and is over. */
static struct log_call *
log_call_new(struct api_call *call, const char *content_type)
{
	struct log_call *l = arena_alloc(call->rq->arena, sizeof(*l));

	if (l == NULL) {
		api_fail_plain(call, 503, "ServiceUnavailable", "Out of memory.");
		return NULL;
	}
	*l = (struct log_call){ .call = call, .content_type = content_type };
	return l;
}

void
api_log_checkpoint(struct api_call *call)
{
	struct log_call *l = log_call_new(call, "text/plain; charset=utf-8");

	if (l == NULL)
		return;
	l->cache_control = "no-cache";
	ask(l, AUTHORITY_LOG_CHECKPOINT, NULL);
}

/* The log's verifier key, for whoever has not pinned it yet; on its own it proves nothing. */
void
api_log_key(struct api_call *call)
{
	struct http_response r = { .status = 200, .content_type = "text/plain; charset=utf-8" };
	struct bytes key = call->state->snapshot->log_key;
	struct buf line;
	struct err e = { 0 };

	if (key.size == 0) {
		api_fail_plain(call, 404, "NotFound", "The log has no key yet.");
		return;
	}
	buf_init(&line, key.size + 1);
	buf_add(&line, key);
	buf_char(&line, '\n');
	r.body = arena_copy(call->rq->arena, buf_bytes(&line));
	buf_release(&line);
	if (r.body.size == 0 || !http_response_add(&r, "Cache-Control", "no-cache")) {
		err_set(&e, ERR_INTERNAL, "log: out of memory");
		api_fail_err(call, &e);
		return;
	}
	api_answer(call, &r);
}

void
api_log_tile(struct api_call *call)
{
	struct log_call *l;
	struct authority_query query;
	struct err e = { 0 };

	if (log_tile_parse(call->args[0], call->args[1], &query, &e) < 0) {
		api_fail_err(call, &e);
		return;
	}
	l = log_call_new(call, "application/octet-stream");
	if (l == NULL)
		return;
	/* A tile never changes; a partial one is named by its width. */
	l->cache_control = "max-age=31536000, immutable";
	ask(l, AUTHORITY_LOG_TILE, &query);
}

void
api_log_proof(struct api_call *call)
{
	struct log_call *l;
	struct authority_query query;
	struct err e = { 0 };

	if (log_jti_parse(http_query(call->rq, "jti"), &query, &e) < 0) {
		api_fail_err(call, &e);
		return;
	}
	query.instance = call->instance->snap->id;
	l = log_call_new(call, HTTP_JSON);
	if (l != NULL)
		ask(l, AUTHORITY_LOG_PROOF, &query);
}

void
api_log_records(struct api_call *call)
{
	struct log_call *l;
	struct authority_query query;
	struct err e = { 0 };

	if (log_range_parse(http_query(call->rq, "from"), http_query(call->rq, "count"), &query,
		&e) < 0) {
		api_fail_err(call, &e);
		return;
	}
	query.instance = call->instance->snap->id;
	l = log_call_new(call, HTTP_JSON);
	if (l == NULL)
		return;
	l->records = true;
	l->cache_control = "no-store";
	ask(l, AUTHORITY_LOG_RECORDS, &query);
}
