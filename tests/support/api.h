/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the surface without a socket: a fake service behind api_handle(), and what it answered. */
#pragma once

#include "http.h"
#include "service.h"

#include "api/api.h"

struct fake_call {
	const char *method, *path, *query, *body, *host;
	const char *bearer, *traceparent;
	const char *headers[4]; /* name, value, … */
};

/* The answer stays in F until fake_http_release(). */
static inline void
fake_api_call(struct fake_service *s, const struct fake_call *c, struct fake_http *f)
{
	struct api api = { .service = s->service };

	fake_http_init(f, c->method, c->path, c->query != NULL ? c->query : "",
	    bytes_of_str(c->body != NULL ? c->body : ""));
	if (c->host != NULL)
		f->rq.host = bytes_of_str(c->host);
	if (c->bearer != NULL)
		f->rq.bearer = bytes_of_str(c->bearer);
	if (c->traceparent != NULL)
		f->rq.traceparent = bytes_of_str(c->traceparent);
	for (size_t i = 0; i + 1 < COUNT_OF(c->headers) && c->headers[i] != NULL; i += 2)
		fake_http_header(f, c->headers[i], c->headers[i + 1]);
	api_handle(&f->rq, &api);
	assert_int_equal(f->answers, 1);
}

static inline const char *
fake_text(struct fake_http *f)
{
	static char text[1u << 20];

	assert_true(f->body.size < sizeof(text));
	if (f->body.size > 0)
		memcpy(text, f->body.p, f->body.size);
	text[f->body.size] = '\0';
	return text;
}

/* The parsed body; the test's arena is the request's, which still lives. */
static inline const struct json *
fake_json(struct fake_http *f)
{
	const struct json *json = NULL;
	struct err e = { 0 };

	assert_int_equal(json_parse(buf_bytes(&f->body), f->body.size, &f->arena, &json, &e), 0);
	return json;
}

/* Status, code, and the whole shape of an error (maa-api.md 1.3). */
static inline void
assert_error(struct fake_http *f, unsigned status, const char *code)
{
	const struct json *json;

	assert_int_equal(f->status, status);
	assert_string_equal(f->content_type, HTTP_JSON);
	json = fake_json(f);
	assert_true(json_is_str(json_at(json, "error.code"), code));
	assert_true(json_is_str(json_at(json, "error.innererror.code"), code));
	assert_true(
	    json_eq(json_at(json, "error.message"), json_at(json, "error.innererror.message")));
	assert_true(json_text(json_at(json, "error.message")).size > 0);
	assert_string_equal(fake_http_answer(f, "x-ms-error-code"), code);
	assert_non_null(fake_http_answer(f, "x-ms-request-id"));
}

static inline void
assert_fails(struct fake_service *s, const struct fake_call *c, unsigned status, const char *code)
{
	struct fake_http f;

	fake_api_call(s, c, &f);
	assert_error(&f, status, code);
	fake_http_release(&f);
}

/* A bearer token of the configured issuer with ROLES ("[\"reader\"]"), valid now. */
static inline const char *
fake_bearer(struct fake_service *s, const char *roles)
{
	static char token[4096];
	char payload[1024];

	snprintf(payload, sizeof(payload),
	    "{\"iss\":\"" FAKE_OAUTH
	    "\",\"aud\":\"https://attest.azure.net\",\"exp\":%lld,\"roles\":%s}",
	    (long long)clock_now_at() + 600, roles);
	fake_issuer_sign(&s->oauth, "{\"alg\":\"ES256\",\"kid\":\"k1\"}", payload, token,
	    sizeof(token));
	return token;
}
