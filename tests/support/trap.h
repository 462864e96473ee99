/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that nothing may ever reach, and the ways of an answer to lead there.
 *
 *	struct trap trap;
 *	trap_start(&trap);
 *	trap.lo.url                               what a peer names
 *	for each of trap_headers:
 *		trap_header(&trap, i, value)      a header's value that names it; trap_headers[i].name
 *	assert_true(trap_is_untouched(&trap));    neither a request nor a connection
 *	trap_stop(&trap);
 */
#pragma once

#include "loopback.h"

#include <stdatomic.h>

struct trap {
	struct loopback lo;
	atomic_uint hits;
};

#define TRAP_VALUE 256

/*
 * RFC 9110 10.2.2, 8.7, 11.6.1; RFC 8288; RFC 7838; the HTML standard's refresh; Microsoft's REST guidelines on long-running
 * operations and Entra's challenges.
 */
static const struct {
	const char *name, *before, *after;
	bool is_authority; /* without https:// */
} trap_headers[] = {
	{ "Location", "", "/moved", false },
	{ "Content-Location", "", "/content", false },
	{ "Link", "<", "/next>; rel=\"next\"", false },
	{ "Refresh", "0; url=", "/refreshed", false },
	{ "Operation-Location", "", "/operations/1", false },
	{ "Azure-AsyncOperation", "", "/operations/2", false },
	{ "WWW-Authenticate", "Bearer authorization=\"", "/tenant\", resource=\"x\"", false },
	{ "Alt-Svc", "http/1.1=\"", "\"; ma=3600", true },
	{ "Report-To", "{\"endpoints\":[{\"url\":\"", "/report\"}]}", false },
};

static inline void
trap_spring(struct http_request *rq, void *user)
{
	struct trap *t = user;

	atomic_fetch_add(&t->hits, 1);
	http_respond(rq,
	    &(struct http_response){ .status = 200,
		.content_type = HTTP_JSON,
		.body = BYTES("{\"keys\":[]}") });
}

static inline bool
trap_start(struct trap *t)
{
	atomic_store(&t->hits, 0);
	return loopback_start(&t->lo, trap_spring, t);
}

static inline void
trap_stop(struct trap *t)
{
	loopback_stop(&t->lo);
}

static inline bool
trap_is_untouched(struct trap *t)
{
	struct http_stats s;

	http_server_stats(t->lo.server, &s);
	return atomic_load(&t->hits) == 0 && s.connections == 0;
}

static inline void
trap_header(const struct trap *t, size_t i, char value[TRAP_VALUE])
{
	const char *url = trap_headers[i].is_authority ? strstr(t->lo.url, "//") + 2 : t->lo.url;

	snprintf(value, TRAP_VALUE, "%s%s%s", trap_headers[i].before, url, trap_headers[i].after);
}
