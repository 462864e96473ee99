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

struct sums {
	size_t traces, trace_bytes, cache_entries, cache_bytes;
};

static struct sums
sum_spaces(const struct service_state *state)
{
	struct sums sums = { 0 };

	for (size_t i = 0; i < state->instance_count; i++) {
		const struct service_space *space = state->instances[i].space;
		struct endorsement_cache_stats cache;
		size_t n, size;

		exemplars_amount(space->traces, &n, &size);
		endorsement_cache_stats(space->cache, &cache);
		sums.traces += n;
		sums.trace_bytes += size;
		sums.cache_entries += cache.entries;
		sums.cache_bytes += cache.bytes;
	}
	return sums;
}

static void
emit(struct api_call *call, struct buf *out)
{
	const struct service_state *state = call->state;
	struct sums sums = sum_spaces(state);
	const struct metrics_gauge gauges[] = {
		{ "attest_instances_count", "Instances served.", (int64_t)state->instance_count },
		{ "attest_snapshot_revision", "Revision of the state in force.",
		    (int64_t)state->snapshot->revision },
		{ "attest_traces_count", "Traces kept.", (int64_t)sums.traces },
		{ "attest_traces_bytes", "Memory of the traces kept.", (int64_t)sums.trace_bytes },
		{ "attest_cache_entries_count", "Entries of the endorsement caches.",
		    (int64_t)sums.cache_entries },
		{ "attest_cache_bytes", "Memory of the endorsement caches.",
		    (int64_t)sums.cache_bytes },
	};

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
		api_fail_unauthorized(call,
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
