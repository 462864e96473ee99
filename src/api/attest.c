/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/attest.h"

#include <stdio.h>
#include <string.h>

#define LOG_MODULE "attest"

/* One attestation under way; in the request's arena. */
struct flight {
	struct api_call *call;
	struct attestation at;
};

static void
count(const struct flight *f, enum metric_outcome outcome)
{
	metrics_count(f->call->instance->metrics, kind_index(f->at.type->kind), outcome,
	    clock_us() - f->call->started_us);
}

static void
fail(struct flight *f, const struct api_error *error, enum metric_outcome outcome)
{
	count(f, outcome);
	api_fail(f->call, error);
}

static void
fail_err(struct flight *f, const struct err *e)
{
	count(f, api_status_of(e->code).outcome);
	api_fail_err(f->call, e);
}

/* The draft's author needs line and column; the stem is recorded (maa-api.md 1.3). */
static void
fail_draft(struct flight *f, const struct err *e)
{
	struct api_error error = api_error_plain(400, "PolicyParsingError", "");
	char text[400];
	int size = snprintf(text, sizeof(text),
	    "Attestation Enclave operation failed with 65526: %s", e->msg);

	error.message = bytes_of(text, (size_t)size);
	fail(f, &error, METRIC_INVALID);
}

static void
fail_without_policy(struct flight *f)
{
	struct api_error error = api_error_plain(400, "PolicyEvaluationError",
	    "No policy is set for this type of evidence, so nothing can be permitted.");

	fail(f, &error, METRIC_INVALID);
}

static void
tell_refused(const struct flight *f)
{
	const struct service_authority *authority = &f->call->service->authority;
	const struct attestation *at = &f->at;
	struct refused_note note = {
		.instance = at->instance->snap->id,
		.type = at->type->snap->type,
		.trace_id = bytes_of_str(at->trace.id),
		.check = bytes_of_str(check_table[at->trace.failed].id),
	};

	if (at->judgement.verdict != VERDICT_REFUSED || authority->refused == NULL)
		return;
	memcpy(note.evidence_sha256, at->judgement.evidence_sha256, SHA256_SIZE);
	authority->refused(authority->self, &note);
}

/* Memory used up while judging is a matter of load, anything else of ours a defect; never the evidence's fault. */
static void
fail_judgement(struct flight *f, struct err *e)
{
	e->code = e->code == ERR_LIMIT ? ERR_UNAVAILABLE : ERR_INTERNAL;
	fail_err(f, e);
}

static void
fail_verdict(struct flight *f)
{
	struct api_error error;
	struct err e = { 0 };

	if (api_error_of_verdict(&f->at.trace, &f->at.judgement, f->call->instance->explain_id_only,
		f->call->rq->arena, &error, &e) < 0) {
		fail_judgement(f, &e);
		return;
	}
	tell_refused(f);
	fail(f, &error, api_outcome_of(f->at.judgement.verdict));
}

static void
fail_authority(struct flight *f, const struct err *e)
{
	struct api_error error = api_error_of_authority(e);

	log_error("token not issued", "request=%s trace=%s code=%s why=\"%s\"", f->call->request_id,
	    f->at.trace.id, err_code_name(e->code), e->msg);
	metrics_count_error(f->call->service->metrics, e->code);
	error.trace_id = f->at.trace.id;
	fail(f, &error, error.http == 429 ? METRIC_BUSY : METRIC_FAULT);
}

/* On the authority's reader thread: no record, no answer. */
static void
issued(const struct issue_reply *reply, void *user)
{
	struct flight *f = user;
	struct bytes body;
	struct err e = { 0 };

	if (reply->err.code != ERR_NONE) {
		fail_authority(f, &reply->err);
		return;
	}
	body = api_token_body(reply->token, f->call->rq->arena);
	if (body.p == NULL) {
		err_set(&e, ERR_INTERNAL, "token: out of memory");
		fail_err(f, &e);
		return;
	}
	count(f, METRIC_ACCEPTED);
	api_answer_json(f->call, body);
}

static void
issue(struct flight *f)
{
	const struct service_authority *authority = &f->call->service->authority;
	struct issue_request request;
	struct err e = { 0 };

	if (!attestation_issue_request(&f->at, f->call->rq->arena, &request)) {
		err_set(&e, ERR_INTERNAL, "issue request: out of memory");
		fail_err(f, &e);
		return;
	}
	/* Once this is under way the flight is the callback's: it may have landed already. */
	if (authority->issue(authority->self, &request, issued, f, &e) < 0)
		fail_authority(f, &e);
}

static void
judge_and_answer(struct flight *f)
{
	struct err e = { 0 };

	if (attestation_judge(&f->at, f->call->random, f->call->rq->arena, &e) < 0) {
		if (f->at.draft_is_bad)
			fail_draft(f, &e);
		else if (f->at.type->policy == NULL && !f->at.draft)
			fail_without_policy(f);
		else
			fail_judgement(f, &e);
		return;
	}
	f->call->trace_id = f->at.trace.id;
	f->call->trace_key = f->at.trace_key;
	if (f->at.judgement.verdict == VERDICT_ACCEPTED && f->at.judgement.payload.p != NULL)
		issue(f);
	else
		fail_verdict(f);
}

/* NULL: the call has failed and is over. */
static struct flight *
take_off(struct api_call *call)
{
	const struct kind *kind = kind_find(call->args[0]);
	const struct service_type *type;
	struct flight *f;

	if (kind == NULL) {
		api_fail_plain(call, 404, "NotFound", "There is no such type of evidence.");
		return NULL;
	}
	type = &call->instance->types[kind_index(kind)];
	if (!kind_is_implemented(kind) || type->snap == NULL) {
		api_fail_plain(call, 501, "NotImplemented",
		    "This type of evidence is known, but has no verifier here.");
		return NULL;
	}
	f = arena_alloc(call->rq->arena, sizeof(*f));
	if (f == NULL) {
		api_fail_plain(call, 503, "ServiceUnavailable", "Out of memory.");
		return NULL;
	}
	/* The arena's memory is zero, and a trace is too large to be written twice. */
	f->call = call;
	f->at.state = call->state;
	f->at.instance = call->instance;
	f->at.type = type;
	f->at.now_at = call->now_at;
	f->at.keep_trace = bytes_is_str_nocase(http_header(call->rq, "x-attest-trace"), "keep");
	return f;
}

void
api_attest(struct api_call *call)
{
	struct flight *f;
	struct err e = { 0 };

	if (!api_version_is_fine(call))
		return;
	f = take_off(call);
	if (f == NULL)
		return;
	if (attest_request_parse(call->rq->body, f->at.type->kind, call->rq->arena, &f->at.request,
		&e) < 0) {
		fail_err(f, &e);
		return;
	}
	judge_and_answer(f);
}
