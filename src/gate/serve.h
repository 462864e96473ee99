/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate as a proxy meets it: one token in, one status out (docs/gate.md).
 *
 *	ANY  /gate/NAME              nginx auth_request
 *	ANY  /envoy/NAME[/…][?…]     Envoy ext_authz, which appends the path that its client asked for
 *	GET  /healthz                are there keys for every gate?
 *
 * The token is that of `Authorization: Bearer`, or of `Attest-Token`. Nothing else of a request is looked at, and nothing
 * of it decides whom we ask for keys.
 */
#pragma once

#include "gate/rules.h"
#include "net/http_server.h"

#include <pthread.h>

#define GATE_ENVOY_PREFIX "/envoy/"
#define GATE_TOKEN_HEADER "Attest-Token"

/* At most this many refusals are logged in a second; of the others the number. */
#define GATE_LOG_PER_SECOND 20

struct gate_server {
	pthread_mutex_t lock;
	struct gate_rules *rules; /* in force */
	uint64_t second;          /* of the log */
	unsigned logged, unlogged;
};

void gate_server_init(struct gate_server *s);
/* When no request is open. */
void gate_server_release(struct gate_server *s);
/* Takes RULES over and gives back those before, to be retired; NULL the first time. */
struct gate_rules *gate_server_swap(struct gate_server *s, struct gate_rules *rules) MUST_CHECK;

/* The three callbacks of a server; USER is a struct gate_server that has rules. */
void gate_handle(struct http_request *rq, void *user);
size_t gate_max_body(const struct http_request *rq, void *user);
