/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_server.h"

#include "net/message.h"

struct bytes
http_header(const struct http_request *rq, const char *name)
{
	return rq->ops->header(rq, name);
}

struct bytes
http_query(const struct http_request *rq, const char *name)
{
	struct bytes raw = message_query(rq->query, name);

	return raw.p == NULL ? raw : message_decode(raw, rq->arena);
}

bool
http_response_add(struct http_response *r, const char *name, const char *value)
{
	if (r->header_count >= MAX_HTTP_RESPONSE_HEADERS)
		return false;
	r->headers[r->header_count++] = (struct http_header){ name, value };
	return true;
}

void
http_respond(struct http_request *rq, const struct http_response *r)
{
	rq->ops->respond(rq, r);
}
