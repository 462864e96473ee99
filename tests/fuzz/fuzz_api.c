/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_handle: a whole request against a service without a socket. Each gets one answer, which is never 500; an error has
 * the shape of its kind, an answer's header holds no line break, and what needs a role is not told to a caller without.
 * The input is the request in fields, each behind its size (u32 LE):
 *
 *	method · path · query · host · bearer · traceparent · If-None-Match · body
 *
 * A bearer of one letter stands for a token that is made here: r a reader's, c a contributor's.
 */
#include "mutate.h"

#include "../support/test.h"

#include "../support/api.h"
#include "net/message.h"

#include <string.h>

enum field { METHOD, PATH, QUERY, HOST, BEARER, TRACEPARENT, IF_NONE_MATCH, BODY, FIELDS };

static struct fake_service service;
static char reader[4096], contributor[4096];

static void
setup(void)
{
	struct service_config config = { .traces = EXEMPLARS_LIMITS_DEFAULT };
	struct err e = { 0 };

	fake_service_init(&service, &config);
	HOLDS(fake_service_publish(&service, &e) == 0);
	service.authority.answer = BYTES("a.b.c");
	/* What is cached by time, and tokens, stay the same for the whole run. */
	fake_time(INT64_C(1764000000));
	memcpy(reader, fake_bearer(&service, "[\"reader\"]"), sizeof(reader));
	memcpy(contributor, fake_bearer(&service, "[\"contributor\"]"), sizeof(contributor));
}

static bool
has_known_bearer(struct bytes bearer)
{
	return bytes_eq(bearer, bytes_of_str(reader)) ||
	    bytes_eq(bearer, bytes_of_str(contributor));
}

static void
holds_header(const struct fake_http *f)
{
	for (size_t i = 0; i < f->answer_header_count; i++) {
		HOLDS(f->names[i][0] != '\0');
		HOLDS(strpbrk(f->values[i], "\r\n") == NULL);
	}
}

/* maa-api.md 1.3. */
static void
holds_error(const struct fake_http *f)
{
	const struct json *doc, *error;
	struct err e = { 0 };

	HOLDS(json_parse(buf_bytes(&f->body), f->body.size, fuzz_arena(), &doc, &e) == 0);
	error = json_get(doc, "error");
	HOLDS(json_text(json_get(error, "code")).size > 0);
	HOLDS(json_get(error, "message") != NULL && json_get(error, "innererror") != NULL);
}

static void
ask(const struct bytes in[FIELDS])
{
	struct api api = { .service = service.service };
	unsigned issued = service.authority.issues;
	char etag[256];
	struct fake_http f;

	fake_http_init(&f, "", "", "", in[BODY]);
	f.rq.method = in[METHOD];
	f.rq.path = in[PATH];
	f.rq.query = in[QUERY];
	f.rq.host = in[HOST];
	f.rq.bearer = in[BEARER];
	if (in[BEARER].size == 0)
		f.rq.bearer = (struct bytes){ 0 };
	else if (bytes_is_str(in[BEARER], "r"))
		f.rq.bearer = bytes_of_str(reader);
	else if (bytes_is_str(in[BEARER], "c"))
		f.rq.bearer = bytes_of_str(contributor);
	/* The server hands over nothing else (net/http_server.h). */
	f.rq.traceparent = message_traceparent(in[TRACEPARENT]);
	snprintf(etag, sizeof(etag), "%.*s", BYTES_FMT(in[IF_NONE_MATCH]));
	if (etag[0] != '\0')
		fake_http_header(&f, "If-None-Match", etag);
	api_handle(&f.rq, &api);
	HOLDS(f.answers == 1);
	HOLDS(f.status >= 200 && f.status < 600 && f.status != 500);
	holds_header(&f);
	if (f.status >= 400)
		holds_error(&f);
	if (service.authority.issues != issued)
		HOLDS(f.status == 200 && bytes_is_str_nocase(in[METHOD], "POST"));
	if (f.status == 200 && bytes_eq(bytes_slice(in[PATH], 0, 10), BYTES("/policies/")))
		HOLDS(has_known_bearer(f.rq.bearer));
	fake_http_release(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_from(bytes_of(data, size));
	struct bytes in[FIELDS];

	if (service.service == NULL)
		setup();
	for (size_t i = 0; i < FIELDS; i++)
		in[i] = rd_take(&r, rd_le32(&r));
	if (rd_ok(&r))
		ask(in);
	return 0;
}

/* The body is changed as JSON, whatever is before it as fields. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct rd r = rd_from(bytes_of(data, size));
	DEFER(buf_release) struct buf out = { 0 }, body = { 0 };
	struct bytes part = { 0 };

	if (seed % 2 == 0)
		return mutate_sized(data, size, max_size, seed);
	buf_init(&out, max_size);
	buf_init(&body, max_size);
	for (size_t i = 0; i < FIELDS; i++) {
		part = rd_take(&r, rd_le32(&r));
		if (i == BODY)
			break;
		buf_le32(&out, (uint32_t)part.size);
		buf_add(&out, part);
	}
	if (!rd_ok(&r) || part.size == 0)
		return mutate_sized(data, size, max_size, seed);
	mutate_json_exact(part, seed, &body);
	buf_le32(&out, (uint32_t)body.size);
	buf_add(&out, buf_bytes(&body));
	return mutate_take(&out, data, size, max_size);
}
