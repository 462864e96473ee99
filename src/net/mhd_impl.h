/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files over libmicrohttpd share. Not for others: no type of the library leaves them. */
#pragma once

#include "base/buf.h"
#include "net/http_server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

struct http_prebuilt {
	_Atomic unsigned refs;
	struct MHD_Response *made;
	struct http_response copy;
	void *text; /* all strings and the body of the copy */
};

struct listener {
	struct http_server *server;
	struct http_listener conf;
	struct MHD_Daemon *daemon;
	int quiesced_fd;
};

struct exchange;

struct http_server {
	struct http_server_config conf;
	struct listener listeners[MAX_HTTP_LISTENERS];
	char *cert, *key;
	struct deadlines *deadlines;
	pthread_mutex_t pool_lock;
	struct exchange *pool;
	size_t pooled;
	atomic_bool is_draining, is_closed;
	_Atomic unsigned open_requests, open_connections, in_flight;
	_Atomic size_t body_memory;
	_Atomic uint64_t connections, requests, refused;
};

/* IS_LAST: the connection ends after it. NULL for a header that cannot be sent, or memory. */
struct MHD_Response *response_make(const struct http_response *r, enum MHD_ResponseMemoryMode mode,
    bool is_last);

/* Callbacks of the library; CLS is a struct listener, an exchange is what they pass on for a request. */
void *exchange_seen(void *cls, const char *target, struct MHD_Connection *con);
enum MHD_Result exchange_access(void *cls, struct MHD_Connection *con, const char *url,
    const char *method, const char *version, const char *part, size_t *part_size, void **con_cls);
void exchange_completed(void *cls, struct MHD_Connection *con, void **con_cls,
    enum MHD_RequestTerminationCode why);
void exchange_pool_free(struct http_server *s);
