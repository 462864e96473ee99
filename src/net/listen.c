/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

struct any_address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un un;
	} u;
	socklen_t size;
};

static bool
port_parse(const char *text, uint16_t *port)
{
	unsigned long v = 0;
	size_t n = 0;

	for (; text[n] >= '0' && text[n] <= '9' && n < 6; n++)
		v = v * 10 + (unsigned long)(text[n] - '0');
	if (n == 0 || text[n] != '\0' || v > 65535)
		return false;
	*port = (uint16_t)v;
	return true;
}

static bool
to_any(const struct listen_address *at, struct any_address *out)
{
	*out = (struct any_address){ 0 };
	if (at->path[0] != '\0') {
		out->u.un.sun_family = AF_UNIX;
		strcpy(out->u.un.sun_path, at->path);
		out->size = sizeof(out->u.un);
		return true;
	}
	if (inet_pton(AF_INET, at->host, &out->u.v4.sin_addr) == 1) {
		out->u.v4.sin_family = AF_INET;
		out->u.v4.sin_port = htons(at->port);
		out->size = sizeof(out->u.v4);
		return true;
	}
	if (inet_pton(AF_INET6, at->host, &out->u.v6.sin6_addr) == 1) {
		out->u.v6.sin6_family = AF_INET6;
		out->u.v6.sin6_port = htons(at->port);
		out->size = sizeof(out->u.v6);
		return true;
	}
	return false;
}

int
listen_address_parse(const char *text, struct listen_address *out, struct err *e)
{
	struct listen_address at = { 0 };
	struct any_address any;
	const char *colon = strrchr(text, ':'), *from = text;
	size_t size;

	if (text[0] == '/') {
		if (strlen(text) >= sizeof(at.path))
			return err_set(e, ERR_INVALID, "listen: %.64s…: the path is too long",
			    text);
		strcpy(at.path, text);
		*out = at;
		return 0;
	}
	if (colon == NULL || !port_parse(colon + 1, &at.port))
		return err_set(e, ERR_INVALID, "listen: %.64s: wants ADDR:PORT", text);
	size = (size_t)(colon - text);
	if (size >= 2 && text[0] == '[' && text[size - 1] == ']') {
		from = text + 1;
		size -= 2;
	}
	if (size == 0 || size >= sizeof(at.host))
		return err_set(e, ERR_INVALID, "listen: %.64s: wants ADDR:PORT", text);
	memcpy(at.host, from, size);
	if (strcmp(at.host, "localhost") == 0)
		strcpy(at.host, "127.0.0.1");
	if (!to_any(&at, &any) || (any.u.any.sa_family == AF_INET6) != (from != text))
		return err_set(e, ERR_INVALID,
		    "listen: %.64s: wants a numeric address, IPv6 in brackets", text);
	*out = at;
	return 0;
}

bool
listen_address_is_local(const struct listen_address *at)
{
	struct any_address any;

	if (at->path[0] != '\0')
		return true;
	if (!to_any(at, &any))
		return false;
	if (any.u.any.sa_family == AF_INET)
		return (ntohl(any.u.v4.sin_addr.s_addr) >> 24) == 127;
	return IN6_IS_ADDR_LOOPBACK(&any.u.v6.sin6_addr);
}

/* A socket that nobody serves any more is in the way; one that somebody serves is not ours to take. */
static int
clear_stale_socket(const struct listen_address *at, const struct any_address *any, struct err *e)
{
	struct stat st;
	DEFER(closep) int fd = -1;

	if (lstat(at->path, &st) != 0)
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!S_ISSOCK(st.st_mode) || fd < 0 || connect(fd, &any->u.any, any->size) == 0 ||
	    errno != ECONNREFUSED || unlink(at->path) != 0)
		return err_set(e, ERR_CONFLICT, "listen: %s: is in use", at->path);
	return 0;
}

int
listen_open(const struct listen_address *at, int *out, uint16_t *port, struct err *e)
{
	struct any_address any;
	DEFER(closep) int fd = -1;
	const int on = 1;

	if (!to_any(at, &any))
		return err_set(e, ERR_INVALID, "listen: %s: no address", at->host);
	if (at->path[0] != '\0')
		TRY(clear_stale_socket(at, &any, e));
	fd = socket(any.u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(e, ERR_IO, "listen: socket: %s", strerror(errno));
	if (at->path[0] == '\0')
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (any.u.any.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &any.u.any, any.size) != 0 || listen(fd, BACKLOG) != 0)
		return err_set(e, ERR_IO, "listen: %s%s%.0d: %s",
		    at->path[0] != '\0' ? at->path : at->host, at->path[0] != '\0' ? "" : " port ",
		    at->port, strerror(errno));
	if (at->path[0] != '\0' && chmod(at->path, 0660) != 0)
		return err_set(e, ERR_IO, "listen: %s: %s", at->path, strerror(errno));
	if (getsockname(fd, &any.u.any, &any.size) != 0)
		return err_set(e, ERR_IO, "listen: %s", strerror(errno));
	if (port != NULL)
		*port = any.u.any.sa_family == AF_INET ? ntohs(any.u.v4.sin_port)
		    : any.u.any.sa_family == AF_INET6  ? ntohs(any.u.v6.sin6_port)
						       : 0;
	*out = fd;
	fd = -1;
	return 0;
}
