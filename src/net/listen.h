/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses to listen on: "127.0.0.1:8443", "[::1]:8443", "localhost:8443", or the absolute path of a Unix socket. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct listen_address {
	char host[64]; /* numeric; empty for a Unix socket */
	uint16_t port;
	char path[108];
};

/* "localhost" is 127.0.0.1; other names are refused: what a name means changes. */
int listen_address_parse(const char *text, struct listen_address *out, struct err *e) MUST_CHECK;
/* A loopback address or a Unix socket. */
bool listen_address_is_local(const struct listen_address *at);
/* An open, listening, close-on-exec socket. PORT (may be NULL) is the one that a port of 0 became. */
int listen_open(const struct listen_address *at, int *fd, uint16_t *port, struct err *e) MUST_CHECK;
