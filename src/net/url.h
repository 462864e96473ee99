/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs that we send requests to: the small part of RFC 3986 that a service's address needs, read strictly, so that no
 * two readers (ours, the client library's, a person) see different hosts in the same text.
 *
 * Refused, each by its name: a scheme other than https and http in lower case; user information (`https://good@evil/`);
 * a fragment; an IPv6 zone id; a port that is empty, zero, too large or has leading zeros; any byte that RFC 3986 does
 * not allow, among them white space, backslash and whatever is not ASCII; an escape (%) in the host; a host with an
 * empty label or a dot at its end; one that is a number in another form than 127.0.0.1.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#define MAX_URL_SIZE 4096

/* Views into the text. */
struct url {
	bool is_https;
	bool is_v6;
	struct bytes host;   /* as written; an IPv6 address without its brackets */
	uint16_t port;       /* the scheme's own when none is written */
	struct bytes origin; /* "https://host[:port]" */
	struct bytes rest;   /* path and query: empty, or begins with '/' or '?' */
};

/* Messages do not repeat the text: it may hold a secret where it should not. */
int url_parse(struct bytes text, struct url *out, struct err *e) MUST_CHECK;
/* Scheme, host (without case) and port (written or not). */
bool url_same_origin(const struct url *a, const struct url *b);

/* TEXT as a value in a query or a form: all but RFC 3986 2.3's unreserved characters become %XX. */
void url_escape(struct buf *out, struct bytes text);
