/* SPDX-License-Identifier: Apache-2.0 */
#include "client/call.h"

#include "net/url.h"

#include <stdio.h>

#define MAX_ANSWER_SIZE (4U << 20)
#define MAX_HEADER_SIZE 1024

static struct bytes
header_copy(const struct http_answer *answer, const char *name, struct arena *a)
{
	struct bytes value = http_answer_header(answer, name);

	return value.p == NULL ? value : arena_copy(a, value);
}

/* {"error":{"code","message","innererror":{…,"check","remedy"}}} */
static void
read_error(struct client_answer *out)
{
	const struct json *error = json_get(out->json, "error");
	const struct json *inner = json_get(error, "innererror");

	out->code = json_text(json_get(error, "code"));
	out->message = json_text(json_get(error, "message"));
	out->check = json_text(json_get(inner, "check"));
	out->remedy = json_text(json_get(inner, "remedy"));
	if (out->trace_id.size == 0)
		out->trace_id = json_text(json_get(inner, "traceId"));
}

/* Strings of the tree are views; some end where the text goes on. */
static int
end_texts(struct client_answer *out, struct arena *a, struct err *e)
{
	struct bytes *const texts[] = { &out->code, &out->message, &out->check, &out->remedy,
		&out->trace_id };

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (texts[i]->p == NULL)
			continue;
		*texts[i] = arena_copy(a, *texts[i]);
		if (texts[i]->p == NULL)
			return arena_fail(e, "answer");
	}
	return 0;
}

static int
read_answer(const struct http_answer *answer, struct arena *a, struct client_answer *out,
    struct err *e)
{
	struct client_answer got = { .status = answer->status };
	struct err not_json = { 0 };

	got.body = arena_copy(a, buf_bytes(&answer->body));
	if (got.body.p == NULL)
		return arena_fail(e, "answer");
	got.trace_id = header_copy(answer, "x-attest-trace-id", a);
	got.trace_key = header_copy(answer, "x-attest-trace-key", a);
	if (json_parse(got.body, MAX_ANSWER_SIZE, a, &got.json, &not_json) < 0)
		got.json = NULL;
	got.arena = a;
	if (got.status >= 400)
		read_error(&got);
	TRY(end_texts(&got, a, e));
	*out = got;
	return 0;
}

static int
emit_url(const struct client_target *to, const struct client_request *rq, struct buf *url,
    struct err *e)
{
	struct bytes base = bytes_of_str(to->url);

	buf_init(url, MAX_URL_SIZE);
	while (base.size > 0 && base.p[base.size - 1] == '/')
		base.size--;
	buf_add(url, base);
	buf_str(url, rq->path);
	if (rq->api_version != NULL)
		buf_fmt(url, "?api-version=%s", rq->api_version);
	buf_u8(url, 0);
	if (!buf_ok(url))
		return err_set(e, ERR_LIMIT, "the URL is longer than %d bytes", MAX_URL_SIZE);
	return 0;
}

int
client_send(const struct client_target *to, const struct client_request *rq, struct arena *a,
    struct client_answer *out, struct err *e)
{
	DEFER(http_client_freep) struct http_client *own = NULL;
	DEFER(http_answer_release) struct http_answer answer = { 0 };
	DEFER(buf_release) struct buf url = { 0 };
	char header[MAX_HEADER_SIZE];
	const char *headers[] = { "Accept: application/json", NULL, NULL };
	struct http_call call = { .body = rq->body,
		.method = rq->method,
		.content_type = rq->content_type,
		.bearer = to->bearer,
		.headers = headers,
		.ca_file = to->ca_file,
		.refuse_private = to->refuse_private,
		.timeout_ms = to->timeout_ms,
		.max_size = MAX_ANSWER_SIZE };

	TRY(emit_url(to, rq, &url, e));
	call.url = (const char *)url.p;
	if (rq->header_name != NULL) {
		int size =
		    snprintf(header, sizeof(header), "%s: %s", rq->header_name, rq->header_value);

		if (size < 0 || (size_t)size >= sizeof(header))
			return err_set(e, ERR_LIMIT, "%s: too long for a header", rq->header_name);
		headers[1] = header;
	}
	if (to->http == NULL && (own = http_client_new(e)) == NULL)
		return -1;
	TRY(http_client_call(to->http == NULL ? own : to->http, &call, &answer, e));
	return read_answer(&answer, a, out, e);
}

int
client_call(const struct client_target *to, const char *path, struct bytes body, struct arena *a,
    struct client_answer *out, struct err *e)
{
	return client_send(to, &(struct client_request){ .path = path, .body = body }, a, out, e);
}

const char *
client_answer_member(const struct client_answer *answer, const char *name)
{
	struct bytes text = json_text(json_get(answer->json, name));

	return text.p == NULL ? NULL : (const char *)arena_copy(answer->arena, text).p;
}
