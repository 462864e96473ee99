/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The face of the worker: HTTP requests become calls of services, results become answers (maa-api.md 1).
 *
 *	struct api api = { .service = service };
 *	struct http_server_config config = { .handle = api_handle, .max_body = api_max_body,
 *	    .refuse = api_refuse, .user = &api, … };
 *
 * The whole surface is the table in routes.c. A handler is a function from a call to one answer, at once or, when the
 * authority has to be asked, later from its reader thread; api_answer() and api_fail() end the call.
 */
#pragma once

#include "api/status.h"
#include "net/http_server.h"
#include "service/attest.h"
#include "service/service.h"

/* A further document at a fixed path, on every instance: the dev program's issuer. */
struct api_extra {
	const char *path; /* compared without case; GET */
	struct http_prebuilt *answer;
};

struct api {
	struct service *service;
	const struct api_extra *extra;
	size_t extra_count;
};

void api_handle(struct http_request *rq, void *user);
size_t api_max_body(const struct http_request *rq, void *user);
void api_refuse(struct http_request *rq, const char *why, struct http_response *out, void *user);

/* Of the routes. */

#define MAX_ROUTE_ARGS      2
#define REQUEST_ID_SIZE     56 /* "00-<32 hex>-<16 hex>-00" and its NUL */
#define REQUEST_RANDOM_SIZE 24

struct route;

/* One request on its way to its answer; in the request's arena. */
struct api_call {
	struct api *api;
	struct service *service;
	struct http_request *rq;
	const struct route *route;
	struct bytes args[MAX_ROUTE_ARGS]; /* what the route's {…} took */
	struct service_state *state; /* one reference; NULL only before the first publication */
	const struct service_instance *instance; /* NULL for routes of the process */
	struct caller caller;                    /* all zero unless authn is AUTHN_OK */
	enum authn_verdict authn;
	int64_t now_at; /* read once */
	uint64_t started_us;
	char request_id[REQUEST_ID_SIZE];
	/* Drawn when the request gets its id: the first part for a trace's id and key, and never told as such. */
	uint8_t random[TRACE_RANDOM_SIZE + REQUEST_RANDOM_SIZE];
	const char *trace_id, *trace_key; /* headers of attest answers; NULL: none */
};

/* Fills in call->caller from the bearer token; nobody when there is none or it convinces nobody. */
void api_know_caller(struct api_call *call);

/* Both give the call back: it must not be touched afterwards. */
void api_answer(struct api_call *call, struct http_response *r);
void api_fail(struct api_call *call, const struct api_error *error);
/* The usual ends. */
void api_answer_json(struct api_call *call, struct bytes body);
void api_answer_document(struct api_call *call, const struct service_document *d);
void api_fail_err(struct api_call *call, const struct err *e);
/* Without the role that is WANTED: 401; 503 when who is calling could not be found out. */
void api_fail_unauthorized(struct api_call *call, const char *wanted);
void api_fail_plain(struct api_call *call, unsigned http, const char *code, const char *message);
/* What the authority did not do: a promise that it does not believe is our failure, not the caller's. */
struct api_error api_error_of_authority(const struct err *e);

/* {"token":"…"}; p == NULL when memory ran out. TOKEN is a compact JWS: nothing in it needs escaping. */
struct bytes api_token_body(struct bytes token, struct arena *a);
/* Is `api-version` absent or known (maa-api.md 1.1)? Otherwise the call has failed and is over. */
bool api_version_is_fine(struct api_call *call) MUST_CHECK;

void api_attest(struct api_call *call);
void api_policy_get(struct api_call *call);
void api_certs(struct api_call *call);
void api_discovery(struct api_call *call);
void api_trace_get(struct api_call *call);
void api_log_checkpoint(struct api_call *call);
void api_log_key(struct api_call *call);
void api_log_tile(struct api_call *call);
void api_log_proof(struct api_call *call);
void api_log_records(struct api_call *call);
void api_livez(struct api_call *call);
void api_readyz(struct api_call *call);
void api_metrics(struct api_call *call);
void api_service_health(struct api_call *call);
