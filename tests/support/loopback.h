/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own server over TLS on a free port of loopback, with a certificate of its own for "localhost" and 127.0.0.1.
 *
 *	struct loopback lo;
 *	assert_true(loopback_start(&lo, handle, user));
 *	lo.url   "https://localhost:PORT"      lo.ca_path   for ca_file
 *	loopback_stop(&lo);
 */
#pragma once

#include "base/clock.h"
#include "codec/pem.h"
#include "crypto/cert.h"
#include "crypto/privkey.h"
#include "net/http_server.h"
#include "tmpdir.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct loopback {
	struct http_server *server;
	struct tmpdir folder;
	char url[64];
	char ca_path[256];
	unsigned port;
};

static inline int
loopback_listen(unsigned *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, 16) < 0 || getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		return -1;
	*port = ntohs(at.sin_port);
	return fd;
}

static inline bool
loopback_certificate(const struct privkey *key, struct buf *pem)
{
	static const char *const names[] = { "localhost", NULL };
	static const char *const addresses[] = { "127.0.0.1", NULL };
	int64_t now = clock_now_at();
	struct cert_spec spec = { .subject_cn = "localhost",
		.not_before_at = now - 3600,
		.not_after_at = now + 86400,
		.is_ca = true,
		.basic_constraints = true,
		.path_len = -1,
		.key_ids = true,
		.ext_key_usage_server = true,
		.dns_names = names,
		.ip_names = addresses };
	const struct key *public = privkey_public(key);
	DEFER(buf_release) struct buf der = { 0 };

	buf_init(&der, 65536);
	if (cert_emit(&spec, public, public, key, &der, NULL) < 0)
		return false;
	pem_emit(pem, "CERTIFICATE", buf_bytes(&der));
	return buf_ok(pem);
}

static inline bool
loopback_start(struct loopback *lo, void (*handle)(struct http_request *, void *), void *user)
{
	struct http_server_config c = { .listener_count = 1,
		.limits = HTTP_LIMITS_DEFAULT,
		.threads = 2,
		.handle = handle,
		.user = user };
	DEFER(privkey_freep) struct privkey *key = NULL;
	DEFER(buf_release) struct buf pem = { 0 };
	struct secret secret = { 0 };
	bool good;
	FILE *f;

	memset(lo, 0, sizeof(*lo));
	buf_init(&pem, 65536);
	if (privkey_generate(KEY_P256, &key, NULL) < 0 || !loopback_certificate(key, &pem) ||
	    privkey_to_pem(key, &secret, NULL) < 0)
		return false;
	lo->folder = tmpdir_new();
	snprintf(lo->ca_path, sizeof(lo->ca_path), "%s/ca.pem", lo->folder.path);
	f = fopen(lo->ca_path, "w");
	if (f == NULL || fwrite(pem.p, 1, pem.size, f) != pem.size || fclose(f) != 0)
		return false;
	c.tls_certificate = buf_bytes(&pem);
	c.tls_key = secret_bytes(&secret);
	c.listeners[0] =
	    (struct http_listener){ .fd = loopback_listen(&lo->port), .label = "loopback" };
	snprintf(lo->url, sizeof(lo->url), "https://localhost:%u", lo->port);
	good = http_server_start(&c, &lo->server, NULL) == 0;
	secret_release(&secret);
	return good;
}

static inline void
loopback_stop(struct loopback *lo)
{
	if (lo->server != NULL && http_server_drain(lo->server, 5000))
		http_server_free(lo->server);
	tmpdir_drop(&lo->folder);
	lo->server = NULL;
}
