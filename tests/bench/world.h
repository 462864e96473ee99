/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker and authority in one process, without sockets and without a disk behind the log: every function that a request
 * passes through in production, on one thread.
 *
 *	body ▸ api_handle ▸ parse, judge, policy, payload ▸ ISSUE message ▸ parsed, judged, recorded, signed ▸ ISSUED
 *	message ▸ parsed ▸ body of the answer
 *
 * What is left out are the two crossings of the socket pair, libmicrohttpd and TLS, and fdatasync(): the record is
 * queued as always, and taken off the queue by us.
 *
 * Evidence is synthetic, made when the program starts; with `real` it is a quote of a real platform from the public
 * vectors, judged at its time.
 */
#pragma once

#include "bench.h"

#include "../support/tmpdir.h"

#include "api/api.h"
#include "authority/ledger_impl.h"
#include "authority/server.h"
#include "synth/synth.h"

struct bench_evidence {
	struct arena arena;
	struct synth_root *root; /* NULL: real */
	struct bytes quote, runtime;
	struct synth_doc docs[MAX_SYNTH_DOCS];
	size_t doc_count;
	int64_t at;
	char settings[512];
};

/* Shared by the threads. */
struct bench_world {
	struct tmpdir dir;
	struct bench_evidence evidence;
	struct authority_config config;
	struct authority_instance_config instance;
	struct authority_type_config types[2];
	const char *collateral_dirs[1];
	char collateral_dir[256], state_dir[256], master_path[256];
	struct state state;
	struct signer *signer;
	struct service *service;
	struct api api;
	struct buf body; /* of POST /attest/SgxEnclave */
};

/* One thread's way through it. */
struct bench_thread {
	struct http_request rq; /* first: the answer comes back by its address */
	struct bench_world *world;
	struct server server;
	struct arena arena;
	struct ledger queue; /* has no writer */
	struct state state;  /* the world's, but for the queue */
	uint64_t next_id;
	/* Of the last answer. */
	unsigned status;
	struct buf answer;
};

void bench_evidence_make(struct bench_evidence *ev, bool real);
void bench_evidence_drop(struct bench_evidence *ev);
void bench_world_make(struct bench_world *w, enum sig_alg alg, bool real);
void bench_world_drop(struct bench_world *w);

void bench_thread_make(struct bench_thread *t, struct bench_world *w);
void bench_thread_drop(struct bench_thread *t);
/* One request, from the bytes of its body to those of its answer; a struct bench_work's function. */
void bench_attest_once(void *thread);
/* The token of the last answer: a view. */
struct bytes bench_token_of(const struct bench_thread *t);
/* Throws away what the caches know. */
void bench_world_cool(struct bench_world *w);
