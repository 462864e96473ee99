/* SPDX-License-Identifier: Apache-2.0 */
/* Probes and figures: livez says that the worker runs, readyz that it can answer, metrics what it did. */
#include "api/api.h"

#define MAX_METRICS_SIZE ((size_t)8 << 20)
#define OPENMETRICS      "application/openmetrics-text; version=1.0.0; charset=utf-8"

static void
answer_text(struct api_call *call, const char *text)
{
	struct http_response r = { .status = 200,
		.content_type = "text/plain; charset=utf-8",
		.body = bytes_of_str(text) };

	api_answer(call, &r);
}

void
api_livez(struct api_call *call)
{
	answer_text(call, "ok\n");
}

static void
fail_readyz(struct api_call *call, const char *why)
{
	api_fail_plain(call, 503, "ServiceUnavailable", why);
}

static void
health_answered(const struct authority_answer *answer, void *user)
{
	struct api_call *call = user;

	if (answer->err.code != ERR_NONE)
		fail_readyz(call, "The authority does not answer.");
	else
		answer_text(call, "ok\n");
}

/* Ready is who has a state to judge by and an authority that answers. */
void
api_readyz(struct api_call *call)
{
	const struct service_authority *authority = &call->service->authority;
	struct err e = { 0 };

	if (call->state == NULL) {
		fail_readyz(call, "The service is starting.");
		return;
	}
	if (authority->health(authority->self, health_answered, call, &e) < 0)
		fail_readyz(call, "The authority does not answer.");
}

/* maa-api.md 1.7: the one operation that answers 204. */
void
api_service_health(struct api_call *call)
{
	struct http_response r = { .status = 204 };

	api_answer(call, &r);
}

static void
sum_traces(const struct service_state *state, int64_t *count, int64_t *bytes)
{
	for (size_t i = 0; i < state->instance_count; i++) {
		size_t n, size;

		exemplars_amount(state->instances[i].traces, &n, &size);
		*count += (int64_t)n;
		*bytes += (int64_t)size;
	}
}

static void
emit(struct api_call *call, struct buf *out)
{
	struct metrics_gauge gauges[] = {
		{ "attest_instances_count", "Instances served.", 0 },
		{ "attest_snapshot_revision", "Revision of the state in force.", 0 },
		{ "attest_traces_count", "Traces kept.", 0 },
		{ "attest_traces_bytes", "Memory of the traces kept.", 0 },
		{ "attest_cache_entries_count", "Entries of the endorsement cache.", 0 },
		{ "attest_cache_bytes", "Memory of the endorsement cache.", 0 },
	};
	struct endorsement_cache_stats cache;

	endorsement_cache_stats(call->service->cache, &cache);
	gauges[0].value = (int64_t)call->state->instance_count;
	gauges[1].value = (int64_t)call->state->snapshot->revision;
	sum_traces(call->state, &gauges[2].value, &gauges[3].value);
	gauges[4].value = (int64_t)cache.entries;
	gauges[5].value = (int64_t)cache.bytes;
	metrics_emit(call->service->metrics, (struct bytes){ 0 }, gauges, COUNT_OF(gauges), out);
}

void
api_metrics(struct api_call *call)
{
	struct http_response r = { .status = 200, .content_type = OPENMETRICS };
	DEFER(buf_release) struct buf out = { 0 };

	buf_init(&out, MAX_METRICS_SIZE);
	api_know_caller(call);
	if (!call->service->config.open_metrics && !caller_may(&call->caller, ROLE_OPERATOR)) {
		api_fail_plain(call, 401, "Unauthorized",
		    "Figures are for operators: a bearer token with that role is needed.");
		return;
	}
	emit(call, &out);
	r.body = arena_copy(call->rq->arena, buf_bytes(&out));
	if (!buf_ok(&out) || r.body.p == NULL)
		api_fail_plain(call, 503, "ServiceUnavailable", "Out of memory.");
	else
		api_answer(call, &r);
}
