/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/message and api/routes: the parts of a request that a stranger writes. A path that is taken has nothing in it that
 * was hidden by an escape; a route has what its pattern says. And net/url: what is taken has the host and port that
 * libcurl sees in it. The input is one value, taken for each of them.
 */
#include "fuzz.h"

#include "api/routes.h"
#include "authn/bearer.h"
#include "net/message.h"
#include "net/url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
fuzz_target(struct bytes in)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "PATCH" };
	struct bytes path = { 0 }, query = { 0 }, authority = { 0 }, args[MAX_ROUTE_ARGS];
	char allow[64];
	struct err e = { 0 };

	if (message_target(in, fuzz_arena(), &path, &query, &authority, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(path.size > 0 && path.size <= in.size && path.p[0] == '/');
	for (size_t i = 0; i < path.size; i++)
		HOLDS(path.p[i] > 0x20 && path.p[i] != 0x7f);
	HOLDS(query.p == NULL || (query.p > in.p && query.p + query.size == in.p + in.size));
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		const struct route *r;

		memset(args, 0, sizeof(args));
		r = route_find(bytes_of_str(methods[i]), path, args, allow);
		HOLDS(r != NULL || memchr(allow, '\0', sizeof(allow)) != NULL);
		if (r == NULL)
			continue;
		HOLDS(strcmp(r->method, methods[i]) == 0);
		for (size_t k = 0; k < MAX_ROUTE_ARGS; k++)
			if (args[k].p != NULL)
				HOLDS(args[k].p >= path.p &&
				    args[k].p + args[k].size <= path.p + path.size);
	}
}

static void
fuzz_query(struct bytes in)
{
	static const char *const names[] = { "api-version", "tee", "from", "count", "view" };
	struct arena *a = fuzz_arena();
	struct bytes all = message_decode(in, a);

	HOLDS(all.p == NULL || (all.size <= in.size && memchr(all.p, 0, all.size) == NULL));
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct bytes v = message_query(in, names[i]);

		HOLDS(v.p == NULL || v.size == 0 || (v.p > in.p && v.p + v.size <= in.p + in.size));
		HOLDS(v.size == 0 || memchr(v.p, '&', v.size) == NULL);
		(void)message_decode(v, a);
	}
}

static void
fuzz_header(struct bytes in)
{
	struct bytes token = message_bearer(in), name, again;

	HOLDS(token.p == NULL || token.size > 0);
	for (size_t i = 0; i < token.size; i++)
		HOLDS(token.p[i] > 0x20 && token.p[i] < 0x7f && token.p[i] != ',' &&
		    token.p[i] != '"');
	token = message_traceparent(in);
	HOLDS(token.size == 0 || (token.size == 55 && bytes_eq(token, in)));
	name = message_host_name(in);
	HOLDS(name.size <= in.size);
	if (message_host_is_sane(in)) {
		HOLDS(name.size > 0);
		again = message_host_name(name);
		/* A port is taken off once. */
		HOLDS(bytes_eq(again, name));
	}
	(void)role_parse(in);
}

static void
same_as_curl(const struct url *u, struct bytes in)
{
	CURLU *theirs = curl_url();
	DEFER(freep) char *text = malloc(in.size + 1);
	char *host = NULL, *port = NULL;

	HOLDS(theirs != NULL && text != NULL);
	memcpy(text, in.p, in.size);
	text[in.size] = '\0';
	HOLDS(curl_url_set(theirs, CURLUPART_URL, text, 0) == CURLUE_OK);
	HOLDS(curl_url_get(theirs, CURLUPART_HOST, &host, 0) == CURLUE_OK);
	HOLDS(curl_url_get(theirs, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK);
	HOLDS((unsigned long)u->port == strtoul(port, NULL, 10));
	/* libcurl writes IPv6 addresses in its own spelling. */
	if (!u->is_v6)
		HOLDS(bytes_eq_nocase(u->host, bytes_of_str(host)));
	else
		HOLDS(host[0] == '[');
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(theirs);
}

static void
fuzz_url(struct bytes in)
{
	struct url u = { 0 };
	struct err e = { 0 };

	if (url_parse(in, &u, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(in.size <= MAX_URL_SIZE && u.host.size > 0 && u.port > 0);
	HOLDS(u.origin.size + u.rest.size == in.size &&
	    bytes_eq(u.origin, bytes_slice(in, 0, u.origin.size)));
	HOLDS(u.rest.size == 0 || u.rest.p[0] == '/' || u.rest.p[0] == '?');
	HOLDS(url_same_origin(&u, &u));
	same_as_curl(&u, in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	fuzz_target(in);
	fuzz_query(in);
	fuzz_header(in);
	fuzz_url(in);
	return 0;
}
