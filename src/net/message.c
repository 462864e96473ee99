/* SPDX-License-Identifier: Apache-2.0 */
#include "net/message.h"

#include <string.h>

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Takes one character, escaped or not, off R; -1 when the escape is not whole. */
static int
next_char(struct rd *r, bool *was_escaped)
{
	uint8_t c = rd_u8(r);

	*was_escaped = c == '%';
	if (c != '%')
		return c;
	int high = hex_value(rd_u8(r)), low = hex_value(rd_u8(r));

	if (!rd_ok(r) || high < 0 || low < 0)
		return -1;
	return high << 4 | low;
}

static size_t
find(struct bytes in, uint8_t c)
{
	const uint8_t *at = in.size == 0 ? NULL : memchr(in.p, c, in.size);

	return at == NULL ? in.size : (size_t)(at - in.p);
}

static struct bytes
after(struct bytes all, size_t offset)
{
	return bytes_slice(all, offset, all.size);
}

static int
decode_path(struct bytes raw, struct arena *a, struct bytes *path, struct err *e)
{
	struct rd r = rd_from(raw);
	uint8_t *out = arena_alloc(a, raw.size + 1);
	size_t size = 0;

	if (out == NULL)
		return arena_fail(e, "request target");
	while (r.left.size > 0) {
		bool escaped;
		int c = next_char(&r, &escaped);

		if (c < 0)
			return err_set(e, ERR_MALFORMED,
			    "request target: '%%' without two hex digits (RFC 3986 2.1)");
		if (c <= 0x20 || c == 0x7f || (escaped && (c == '/' || c == '\\')))
			return err_set(e, ERR_MALFORMED,
			    "request target: character %%%02X in the path", (unsigned)c);
		out[size++] = (uint8_t)c;
	}
	*path = (struct bytes){ out, size };
	return 0;
}

int
message_target(struct bytes target, struct arena *a, struct bytes *path, struct bytes *query,
    struct bytes *authority, struct err *e)
{
	struct bytes host = { 0 }, rest = target;

	if (target.size >= 8 && bytes_eq_nocase(bytes_slice(target, 0, 8), BYTES("https://")))
		rest = after(target, 8);
	else if (target.size >= 7 && bytes_eq_nocase(bytes_slice(target, 0, 7), BYTES("http://")))
		rest = after(target, 7);
	if (rest.size != target.size) {
		size_t end = find(rest, '/');

		if (end == 0 || end == rest.size)
			return err_set(e, ERR_MALFORMED,
			    "request target: no host and path (RFC 9112 3.2.2)");
		host = bytes_slice(rest, 0, end);
		rest = after(rest, end);
	}
	if (rest.size == 0 || rest.p[0] != '/')
		return err_set(e, ERR_MALFORMED, "request target: not an absolute path");

	size_t mark = find(rest, '?');

	TRY(decode_path(bytes_slice(rest, 0, mark), a, path, e));
	*query = mark == rest.size ? (struct bytes){ 0 } : after(rest, mark + 1);
	*authority = host;
	return 0;
}

struct bytes
message_decode(struct bytes text, struct arena *a)
{
	struct rd r = rd_from(text);
	uint8_t *out = arena_alloc(a, text.size + 1);
	size_t size = 0;

	if (out == NULL)
		return (struct bytes){ 0 };
	while (r.left.size > 0) {
		bool escaped;
		int c = next_char(&r, &escaped);

		if (c < 0 || c == 0)
			return (struct bytes){ 0 };
		out[size++] = (uint8_t)(c == '+' && !escaped ? ' ' : c);
	}
	return (struct bytes){ out, size };
}

static bool
name_is(struct bytes raw, const char *name)
{
	struct rd r = rd_from(raw);

	for (; r.left.size > 0 && *name != '\0'; name++) {
		bool escaped;
		int c = next_char(&r, &escaped);
		uint8_t seen = (uint8_t)c, want = (uint8_t)*name;

		if (c < 0 ||
		    !bytes_eq_nocase(bytes_of(&seen, sizeof(seen)), bytes_of(&want, sizeof(want))))
			return false;
	}
	return r.left.size == 0 && *name == '\0';
}

struct bytes
message_query(struct bytes query, const char *name)
{
	while (query.size > 0) {
		size_t end = find(query, '&');
		struct bytes part = bytes_slice(query, 0, end);
		size_t eq = find(part, '=');

		if (name_is(bytes_slice(part, 0, eq), name))
			return eq == part.size ? BYTES("") : after(part, eq + 1);
		query = after(query, end == query.size ? end : end + 1);
	}
	return (struct bytes){ 0 };
}

bool
message_host_is_sane(struct bytes host)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    ".-_:[]";

	if (host.size == 0 || host.size > 260 || host.p[0] == ':')
		return false;
	for (size_t i = 0; i < host.size; i++)
		if (memchr(plain, host.p[i], sizeof(plain) - 1) == NULL)
			return false;

	struct bytes name = message_host_name(host);

	if (host.p[0] == '[')
		return name.size > 2 && name.p[name.size - 1] == ']';
	/* A colon outside brackets stands once, before the port. */
	return find(name, ':') == name.size && find(name, '[') == name.size &&
	    find(name, ']') == name.size;
}

struct bytes
message_host_name(struct bytes host)
{
	size_t end = host.size;

	while (end > 0 && host.p[end - 1] >= '0' && host.p[end - 1] <= '9')
		end--;
	if (end > 0 && host.p[end - 1] == ':')
		return bytes_slice(host, 0, end - 1);
	return host;
}

struct bytes
message_bearer(struct bytes authorization)
{
	struct bytes token;

	if (authorization.size < 8 ||
	    !bytes_eq_nocase(bytes_slice(authorization, 0, 7), BYTES("Bearer ")))
		return (struct bytes){ 0 };
	token = after(authorization, 7);
	while (token.size > 0 && token.p[0] == ' ')
		token = after(token, 1);
	for (size_t i = 0; i < token.size; i++) {
		uint8_t c = token.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || memchr("-._~+/=", c, 7) != NULL;

		if (!plain)
			return (struct bytes){ 0 };
	}
	return token.size == 0 ? (struct bytes){ 0 } : token;
}

static bool
is_lower_hex(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (hex_value(text.p[i]) < 0 || (text.p[i] >= 'A' && text.p[i] <= 'F'))
			return false;
	return true;
}

static bool
is_all_zero_digits(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.p[i] != '0')
			return false;
	return true;
}

struct bytes
message_traceparent(struct bytes text)
{
	struct rd r = rd_from(text);
	struct bytes version = rd_take(&r, 3), trace = rd_take(&r, 32), dash = rd_take(&r, 1),
		     parent = rd_take(&r, 16), dash2 = rd_take(&r, 1), flags = rd_take(&r, 2);

	if (!rd_done(&r) || !bytes_is_str(version, "00-") || !bytes_is_str(dash, "-") ||
	    !bytes_is_str(dash2, "-") || !is_lower_hex(trace) || !is_lower_hex(parent) ||
	    !is_lower_hex(flags) || is_all_zero_digits(trace) || is_all_zero_digits(parent))
		return BYTES("");
	return text;
}
