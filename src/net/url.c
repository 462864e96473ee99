/* SPDX-License-Identifier: Apache-2.0 */
#include "net/url.h"

#include "base/hex.h"

#include <arpa/inet.h>
#include <string.h>

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What may stand in a URL at all (RFC 3986 2: reserved, unreserved, "%"). */
static bool
is_url_char(uint8_t c)
{
	return is_alnum(c) || (c != '\0' && strchr("-._~:/?#[]@!$&'()*+,;=%", c) != NULL);
}

static int
read_port(struct bytes digits, uint16_t *port, struct err *e)
{
	uint32_t value = 0;

	if (digits.size == 0 || digits.size > 5 || digits.p[0] == '0')
		return err_set(e, ERR_INVALID, "URL: not a port from 1 to 65535");
	for (size_t i = 0; i < digits.size; i++) {
		if (!is_digit(digits.p[i]))
			return err_set(e, ERR_INVALID, "URL: not a port from 1 to 65535");
		value = value * 10 + (uint32_t)(digits.p[i] - '0');
	}
	if (value > UINT16_MAX)
		return err_set(e, ERR_INVALID, "URL: not a port from 1 to 65535");
	*port = (uint16_t)value;
	return 0;
}

/*
 * A host whose last label is a number is an IPv4 address to whoever resolves it (WHATWG URL, "ends in a number"), in forms
 * of which people see only one: 127.0.0.1, but not 2130706433, 0x7f.1 or 0177.0.0.1.
 */
static bool
is_number(struct bytes label)
{
	bool is_hex = label.size >= 2 && label.p[0] == '0' && (label.p[1] | 0x20) == 'x';

	for (size_t i = is_hex ? 2 : 0; i < label.size; i++)
		if (is_hex ? hex_digit(label.p[i]) < 0 : label.p[i] < '0' || label.p[i] > '9')
			return false;
	return label.size > 0;
}

static int
check_number(struct bytes host, struct err *e)
{
	size_t at = host.size;
	char text[INET_ADDRSTRLEN];
	struct in_addr address;

	while (at > 0 && host.p[at - 1] != '.')
		at--;
	if (!is_number(bytes_slice(host, at, host.size)))
		return 0;
	if (host.size < sizeof(text)) {
		memcpy(text, host.p, host.size);
		text[host.size] = '\0';
		if (inet_pton(AF_INET, text, &address) == 1)
			return 0;
	}
	return err_set(e, ERR_INVALID, "URL: a host that is a number, and not four of them");
}

static int
check_name(struct bytes host, struct err *e)
{
	if (host.size == 0 || host.size > 253)
		return err_set(e, ERR_INVALID, "URL: no host, or a name longer than 253 bytes");
	for (size_t i = 0; i < host.size; i++) {
		uint8_t c = host.p[i];

		if (!is_alnum(c) && c != '-' && c != '_' && c != '.')
			return err_set(e, ERR_INVALID, "URL: the host holds '%c'", c);
		if (c == '.' && (i == 0 || i + 1 == host.size || host.p[i - 1] == '.'))
			return err_set(e, ERR_INVALID, "URL: the host has an empty label");
	}
	return check_number(host, e);
}

static int
check_v6(struct bytes host, struct err *e)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr at;

	/* RFC 6874: a zone names an interface of this machine. */
	if (host.size > 0 && memchr(host.p, '%', host.size) != NULL)
		return err_set(e, ERR_INVALID, "URL: an IPv6 address with a zone");
	if (host.size >= sizeof(text))
		return err_set(e, ERR_INVALID, "URL: not an IPv6 address");
	memcpy(text, host.p, host.size);
	text[host.size] = '\0';
	if (inet_pton(AF_INET6, text, &at) != 1)
		return err_set(e, ERR_INVALID, "URL: not an IPv6 address");
	return 0;
}

/* host[:port] */
static int
read_authority(struct bytes authority, struct url *u, struct err *e)
{
	const uint8_t *end;
	size_t host_size;

	if (authority.size > 0 && memchr(authority.p, '@', authority.size) != NULL)
		return err_set(e, ERR_INVALID, "URL: user information before the host");
	if (authority.size > 0 && authority.p[0] == '[') {
		end = memchr(authority.p, ']', authority.size);
		if (end == NULL)
			return err_set(e, ERR_INVALID, "URL: '[' without ']'");
		host_size = (size_t)(end - authority.p) + 1;
		u->is_v6 = true;
		u->host = bytes_slice(authority, 1, host_size - 2);
		TRY(check_v6(u->host, e));
	} else {
		end = authority.size == 0 ? NULL : memchr(authority.p, ':', authority.size);
		host_size = end == NULL ? authority.size : (size_t)(end - authority.p);
		u->host = bytes_slice(authority, 0, host_size);
		TRY(check_name(u->host, e));
	}
	if (host_size == authority.size)
		return 0;
	if (authority.p[host_size] != ':')
		return err_set(e, ERR_INVALID, "URL: neither port nor path behind the host");
	return read_port(bytes_slice(authority, host_size + 1, authority.size), &u->port, e);
}

int
url_parse(struct bytes text, struct url *out, struct err *e)
{
	struct url u = { .is_https = bytes_has_prefix(text, "https://"), .port = 443 };
	size_t scheme = 8, at;

	if (!u.is_https) {
		if (!bytes_has_prefix(text, "http://"))
			return err_set(e, ERR_INVALID, "URL: not of https or http");
		scheme = 7;
		u.port = 80;
	}
	if (text.size > MAX_URL_SIZE)
		return err_set(e, ERR_INVALID, "URL: longer than %d bytes", MAX_URL_SIZE);
	for (size_t i = 0; i < text.size; i++) {
		if (!is_url_char(text.p[i]))
			return err_set(e, ERR_INVALID, "URL: byte 0x%02x is not allowed",
			    text.p[i]);
		if (text.p[i] == '#')
			return err_set(e, ERR_INVALID, "URL: a fragment");
	}
	for (at = scheme; at < text.size && text.p[at] != '/' && text.p[at] != '?'; at++)
		continue;
	TRY(read_authority(bytes_slice(text, scheme, at - scheme), &u, e));
	u.origin = bytes_slice(text, 0, at);
	u.rest = bytes_slice(text, at, text.size);
	*out = u;
	return 0;
}

bool
url_same_origin(const struct url *a, const struct url *b)
{
	return a->is_https == b->is_https && a->is_v6 == b->is_v6 && a->port == b->port &&
	    bytes_eq_nocase(a->host, b->host);
}

void
url_escape(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.p[i];

		if (is_alnum(c) || (c != '\0' && strchr("-._~", c) != NULL))
			buf_char(out, (char)c);
		else
			buf_fmt(out, "%%%02X", (unsigned)c);
	}
}
