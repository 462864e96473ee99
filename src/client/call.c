/* SPDX-License-Identifier: Apache-2.0 */
#include "client/call.h"

#include <string.h>

#define MAX_ANSWER_SIZE (4U << 20)
#define MAX_URL_SIZE    4096

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

int
client_call(const struct client_target *to, const char *path, struct bytes body, struct arena *a,
    struct client_answer *out, struct err *e)
{
	static const char *const headers[] = { "Accept: application/json", NULL };
	DEFER(http_client_freep) struct http_client *c = http_client_new(e);
	DEFER(http_answer_release) struct http_answer answer = { 0 };
	DEFER(buf_release) struct buf url;
	struct bytes base = bytes_of_str(to->url);
	struct client_answer got = { 0 };
	struct err not_json = { 0 };

	buf_init(&url, MAX_URL_SIZE);
	if (c == NULL)
		return -1;
	while (base.size > 0 && base.p[base.size - 1] == '/')
		base.size--;
	buf_add(&url, base);
	buf_str(&url, path);
	buf_u8(&url, 0);
	if (!buf_ok(&url))
		return err_set(e, ERR_LIMIT, "the URL is longer than %d bytes", MAX_URL_SIZE);

	struct http_call call = { .url = (const char *)url.p,
		.body = body,
		.bearer = to->bearer,
		.headers = headers,
		.ca_file = to->ca_file,
		.max_size = MAX_ANSWER_SIZE };
	TRY(http_client_call(c, &call, &answer, e));
	got.status = answer.status;
	got.body = arena_copy(a, buf_bytes(&answer.body));
	if (got.body.p == NULL)
		return arena_fail(e, "answer");
	got.trace_id = header_copy(&answer, "x-attest-trace-id", a);
	got.trace_key = header_copy(&answer, "x-attest-trace-key", a);
	if (json_parse(got.body, MAX_ANSWER_SIZE, a, &got.json, &not_json) < 0)
		got.json = NULL;
	if (got.status >= 400)
		read_error(&got);
	*out = got;
	return 0;
}
