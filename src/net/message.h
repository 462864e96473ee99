/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of an HTTP message as values, without a connection: request targets (RFC 9112 3.2), percent-encoding
 * (RFC 3986 2.1), Host (RFC 9110 7.2), Authorization: Bearer (RFC 6750 2.1), traceparent (W3C Trace Context 3.2).
 */
#pragma once

#include "base/arena.h"

/*
 * Splits a target into the decoded path and the query as sent. *AUTHORITY is that of the absolute form, which the caller
 * compares with the Host header; its p is NULL for the origin form. ERR_MALFORMED: another form, "%" without two hex
 * digits, blanks and control characters, an encoded slash or backslash.
 */
int message_target(struct bytes target, struct arena *a, struct bytes *path, struct bytes *query,
    struct bytes *authority, struct err *e) MUST_CHECK;
/* Decodes percent escapes and '+' of a query part; p == NULL when malformed or out of memory. */
struct bytes message_decode(struct bytes text, struct arena *a);
/* The value, as sent, of the first parameter whose decoded name is NAME without case; p == NULL when absent. */
struct bytes message_query(struct bytes query, const char *name);
/* "name", "name:port", "[v6]:port" with plain characters only. */
bool message_host_is_sane(struct bytes host);
/* Without the port; brackets stay. */
struct bytes message_host_name(struct bytes host);
/* p == NULL for another scheme or a token with other characters than b64token. */
struct bytes message_bearer(struct bytes authorization);
/* The text itself when version 00 and well-formed, else empty. */
struct bytes message_traceparent(struct bytes text);
