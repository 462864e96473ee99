/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "api/routes.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/rand.h"

#include <stdio.h>
#include <string.h>

#define LOG_MODULE     "api"

#define MAX_SMALL_BODY 4096 /* of routes that read none */

/* maa-api.md 1.1: any endpoint under any known version. */
static const char *const known_versions[] = { "2018-09-01-preview", "2020-10-01", "2022-08-01",
	"2022-09-01-preview", "2023-04-01-preview", "2025-06-01", "2026-03-11-preview" };

bool
api_version_is_fine(struct api_call *call)
{
	struct bytes version = http_query(call->rq, "api-version");

	if (version.p == NULL)
		return true;
	for (size_t i = 0; i < COUNT_OF(known_versions); i++)
		if (bytes_is_str_nocase(version, known_versions[i]))
			return true;
	/* Another version may mean other bodies: guessing could judge what the caller did not ask. */
	api_fail_plain(call, 400, "InvalidParameter",
	    "api-version: want one of 2018-09-01-preview, 2020-10-01, 2022-08-01, "
	    "2022-09-01-preview, 2023-04-01-preview, 2025-06-01, 2026-03-11-preview, or none");
	return false;
}

/*
 * The caller's trace id where he sent one (maa-api.md 1.1); "00-<32>-<16>-<2>" is well-formed already. RANDOM has
 * REQUEST_RANDOM_SIZE bytes.
 */
static void
name_request(const struct http_request *rq, const uint8_t *random, char id[REQUEST_ID_SIZE])
{
	memcpy(id, "00-", 3);
	if (rq->traceparent.size >= 55)
		memcpy(id + 3, rq->traceparent.p + 3, 32);
	else
		hex_encode(bytes_of(random, 16), id + 3);
	id[35] = '-';
	hex_encode(bytes_of(random + 16, 8), id + 36);
	memcpy(id + 52, "-00", 4);
}

/* The kernel's randomness is a system call: one for all that a call needs of it. */
static void
name_call(struct api_call *call)
{
	rand_bytes(call->random, sizeof(call->random));
	name_request(call->rq, call->random + TRACE_RANDOM_SIZE, call->request_id);
}

void
api_answer(struct api_call *call, struct http_response *r)
{
	struct service_state *state = call->state;
	struct http_request *rq = call->rq;
	bool fine = true;

	if (r->prebuilt == NULL) {
		if (call->request_id[0] == '\0')
			name_call(call);
		fine &= http_response_add(r, "x-ms-request-id", call->request_id);
		fine &= http_response_add(r, "x-ms-maa-service-version", ATTEST_VERSION);
		if (call->trace_id != NULL)
			fine &= http_response_add(r, "x-attest-trace-id", call->trace_id);
		if (call->trace_key != NULL)
			fine &= http_response_add(r, "x-attest-trace-key", call->trace_key);
	}
	if (!fine)
		log_error("header left out", "path=%s", call->route->pattern);
	metrics_count_status(call->service->metrics,
	    r->prebuilt != NULL ? http_prebuilt_response(r->prebuilt)->status : r->status);
	/* The call lives in the request's arena: it is gone when http_respond() returns. */
	http_respond(rq, r);
	service_state_unref(state);
}

void
api_answer_json(struct api_call *call, struct bytes body)
{
	struct http_response r = { .status = 200, .content_type = HTTP_JSON, .body = body };

	api_answer(call, &r);
}

/* RFC 9110 13.1.2: the list of tags that the caller has, compared weakly. */
static bool
has_tag(struct bytes list, const char *etag)
{
	size_t size = strlen(etag);

	if (bytes_is_str(list, "*"))
		return true;
	for (size_t i = 0; i + size <= list.size; i++)
		if (memcmp(list.p + i, etag, size) == 0)
			return true;
	return false;
}

void
api_answer_document(struct api_call *call, const struct service_document *d)
{
	struct bytes tags = http_header(call->rq, "If-None-Match");
	struct http_response r = { .prebuilt = d->full };

	if (tags.p != NULL && has_tag(tags, d->etag))
		r.prebuilt = d->not_modified;
	api_answer(call, &r);
}

static void
put_error(struct http_response *r, const struct api_error *error, char retry[12], struct arena *a)
{
	bool fine = true;

	*r = (struct http_response){ .status = error->http, .content_type = HTTP_JSON };
	r->body = api_error_emit(error, a);
	fine &= http_response_add(r, "x-ms-error-code", error->code);
	if (error->retry_after_s > 0) {
		snprintf(retry, 12, "%u", error->retry_after_s);
		fine &= http_response_add(r, "Retry-After", retry);
	}
	if (error->http == 401)
		fine &= http_response_add(r, "WWW-Authenticate",
		    "Bearer resource=\"https://attest.azure.net\"");
	if (error->allow != NULL)
		fine &= http_response_add(r, "Allow", error->allow);
	if (!fine)
		log_error("header left out", "code=%s", error->code);
}

void
api_fail(struct api_call *call, const struct api_error *error)
{
	struct http_response r;
	char retry[12];

	put_error(&r, error, retry, call->rq->arena);
	api_answer(call, &r);
}

void
api_fail_err(struct api_call *call, const struct err *why)
{
	struct err seen = *why;
	const struct err *e = &seen;

	/* More than a request may take is the caller's, memory that is not there is ours. */
	if (seen.code == ERR_LIMIT && call->rq->arena->starved)
		seen.code = ERR_UNAVAILABLE;
	struct api_error error = api_error_of(e);

	if (error.http >= 500)
		log_error("request failed", "request=%s code=%s why=\"%s\"", call->request_id,
		    err_code_name(e->code), e->msg);
	metrics_count_error(call->service->metrics, e->code);
	api_fail(call, &error);
}

void
api_fail_plain(struct api_call *call, unsigned http, const char *code, const char *message)
{
	struct api_error error = api_error_plain(http, code, message);

	api_fail(call, &error);
}

void
api_fail_unauthorized(struct api_call *call, const char *wanted)
{
	if (call->authn == AUTHN_FAILED)
		api_fail_plain(call, 503, "ServiceUnavailable",
		    "The bearer token could not be judged; try again later.");
	else
		api_fail_plain(call, 401, "Unauthorized", wanted);
}

struct api_error
api_error_of_authority(const struct err *e)
{
	struct err ours = *e;

	if (e->code != ERR_CONFLICT && e->code != ERR_BUSY && e->code != ERR_UNAVAILABLE)
		ours.code = ERR_INTERNAL;
	return api_error_of(&ours);
}

struct bytes
api_token_body(struct bytes token, struct arena *a)
{
	static const struct {
		char head[10], tail[2];
	} frame = { { '{', '"', 't', 'o', 'k', 'e', 'n', '"', ':', '"' }, { '"', '}' } };
	size_t size = sizeof(frame.head) + token.size + sizeof(frame.tail);
	uint8_t *body = arena_alloc(a, size);

	if (body == NULL)
		return (struct bytes){ 0 };
	memcpy(body, frame.head, sizeof(frame.head));
	memcpy(body + sizeof(frame.head), token.p, token.size);
	memcpy(body + sizeof(frame.head) + token.size, frame.tail, sizeof(frame.tail));
	return bytes_of(body, size);
}

void
api_know_caller(struct api_call *call)
{
	struct err why = { 0 };

	call->authn = authn_judge(call->state->authn, call->rq->bearer, call->now_at,
	    call->rq->arena, &call->caller, &why);
	if (call->authn == AUTHN_FAILED)
		log_error("bearer token not judged", "request=%s why=\"%s\"", call->request_id,
		    why.msg);
	if (call->authn == AUTHN_BAD)
		log_info("bearer token refused", "request=%s why=\"%s\"", call->request_id,
		    why.msg);
	if (call->authn != AUTHN_OK)
		call->caller = (struct caller){ 0 };
}

/* A wrong token and a missing role look alike, 401 (maa-api.md 1.2). */
static bool
is_allowed(struct api_call *call)
{
	if (call->route->role == 0)
		return true;
	api_know_caller(call);
	if ((call->route->flags & ROUTE_SHARED) != 0 && call->authn == AUTHN_OK &&
	    call->instance->snap->mode == TRUST_SHARED)
		return true;
	return (call->caller.roles & call->route->role) != 0;
}

static void
run(struct api_call *call)
{
	if (call->state == NULL && call->route->handler != api_livez &&
	    call->route->handler != api_readyz) {
		api_fail_plain(call, 503, "ServiceUnavailable",
		    "The service is starting; try again in a moment.");
		return;
	}
	if ((call->route->flags & ROUTE_PROCESS) == 0) {
		call->instance = service_instance_find(call->state, call->rq->host, call->rq->port);
		if (call->instance == NULL) {
			api_fail_plain(call, 404, "NotFound", "No instance answers here.");
			return;
		}
	}
	if (call->route->handler == NULL) {
		api_fail_plain(call, 501, "NotImplemented",
		    "This operation is not implemented by this version of the service.");
		return;
	}
	/* A token on an anonymous route is looked at only where it can matter, and never fails the call. */
	if (!is_allowed(call)) {
		api_fail_unauthorized(call,
		    "A bearer token of a configured issuer with the role for this operation is "
		    "needed.");
		return;
	}
	call->route->handler(call);
}

static const struct api_extra *
find_extra(const struct api *api, const struct http_request *rq)
{
	for (size_t i = 0; i < api->extra_count; i++)
		if (bytes_is_str(rq->method, "GET") &&
		    bytes_is_str_nocase(rq->path, api->extra[i].path))
			return &api->extra[i];
	return NULL;
}

static void
fail_unrouted(struct api_call *call, const char *allow)
{
	struct api_error error = api_error_plain(404, "NotFound", "There is nothing at this path.");

	if (allow[0] != '\0') {
		error = api_error_plain(405, "MethodNotAllowed",
		    "This path has other methods; they are in the header Allow.");
		error.allow = allow;
	}
	api_fail(call, &error);
}

void
api_handle(struct http_request *rq, void *user)
{
	static const struct route none = { "", "", NULL, 0, 0 };
	struct api *api = user;
	const struct api_extra *extra = find_extra(api, rq);
	struct api_call *call = arena_alloc(rq->arena, sizeof(*call));
	char allow[64];

	if (call == NULL) {
		struct http_response r = { .status = 503,
			.content_type = HTTP_JSON,
			.body = BYTES("{\"error\":{\"code\":\"ServiceUnavailable\",\"message\":"
				      "\"Out of memory.\"}}") };

		http_respond(rq, &r);
		return;
	}
	*call = (struct api_call){ .api = api,
		.service = api->service,
		.rq = rq,
		.now_at = clock_now_at(),
		.started_us = clock_us() };
	if (extra != NULL) {
		struct http_response r = { .prebuilt = extra->answer };

		api_answer(call, &r);
		return;
	}
	call->route = route_find(rq->method, rq->path, call->args, allow);
	if (call->route == NULL) {
		call->route = &none;
		fail_unrouted(call, allow);
		return;
	}
	/* Prebuilt answers do without. */
	if ((call->route->flags & ROUTE_PREBUILT) == 0)
		name_call(call);
	call->state = service_state_get(api->service);
	run(call);
}

size_t
api_max_body(const struct http_request *rq, void *user)
{
	struct api *api = user;
	struct bytes args[MAX_ROUTE_ARGS];
	struct service_state *state;
	size_t size = MAX_SMALL_BODY;
	const struct route *route;
	char allow[64];

	route = route_find(rq->method, rq->path, args, allow);
	if (route == NULL || bytes_is_str(rq->method, "GET"))
		return size;
	state = service_state_get(api->service);
	size = state != NULL && state->snapshot->limits.max_body_size > 0
	    ? state->snapshot->limits.max_body_size
	    : 1u << 20;
	service_state_unref(state);
	return size;
}

/* What the server refuses by itself, by its status. */
static const struct refusal {
	unsigned http;
	const char *code;
} refusal_table[] = {
	{ 400, "BadRequest" },
	{ 408, "RequestTimeout" },
	{ 413, "RequestTooLarge" },
	{ 414, "UriTooLong" },
	{ 421, "MisdirectedRequest" },
	{ 429, "TooManyRequests" },
	{ 431, "HeaderTooLarge" },
	{ 503, "ServiceUnavailable" },
};

static const char *
refusal_code(unsigned http)
{
	for (size_t i = 0; i < COUNT_OF(refusal_table); i++)
		if (refusal_table[i].http == http)
			return refusal_table[i].code;
	return http >= 500 ? "InternalServerError" : "BadRequest";
}

void
api_refuse(struct http_request *rq, const char *why, struct http_response *out, void *user)
{
	struct api *api = user;
	struct api_error error = { .http = out->status,
		.code = refusal_code(out->status),
		.message = bytes_of_str(why) };
	char *id = arena_alloc(rq->arena, REQUEST_ID_SIZE);
	uint8_t random[REQUEST_RANDOM_SIZE];

	out->content_type = HTTP_JSON;
	out->body = api_error_emit(&error, rq->arena);
	(void)http_response_add(out, "x-ms-error-code", error.code);
	if (id != NULL) {
		rand_bytes(random, sizeof(random));
		name_request(rq, random, id);
		(void)http_response_add(out, "x-ms-request-id", id);
	}
	metrics_count_status(api->service->metrics, out->status);
}
