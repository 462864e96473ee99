/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authority at work: one connection, and the threads behind it.
 *
 *	main    reads messages, judges them, queues record and signature, answers questions
 *	ledger  writes groups of records (ledger.h)
 *	signers make RSA signatures, which is most of the work
 *	sender  writes answers, so that a worker that does not read holds up nothing but itself
 *
 * A request has two parts, its record and its signature, which are made side by side; whoever finishes last queues the
 * answer. No record, no answer.
 */
#pragma once

#include "authority/state.h"

#include "net/ipc.h"

/* What may be under way at once, before ERR_BUSY. */
#define MAX_SERVER_JOBS  4096
#define MAX_SERVER_BYTES 268435456
/* A worker that lets more answers lie unread than this is not one of ours. */
#define MAX_SERVER_UNREAD 65536
/* Answers to questions that lie unread, before ERR_BUSY. */
#define MAX_UNREAD_BYTES 67108864

struct server;
struct server_job;

struct server_message {
	uint16_t type;
	uint64_t id;
	struct buf body;
	size_t cost; /* given back to the budget when it has been sent */
	struct server_message *next;
};

struct server_counts {
	uint64_t issued, failed, refused;
};

struct server {
	struct state *state;
	int fd;

	pthread_mutex_t lock; /* all below */
	pthread_cond_t sign_wake, send_wake, idle;
	struct server_job *sign_first, **sign_last;
	struct server_message *send_first, **send_last;
	size_t unread, unread_bytes;
	size_t jobs, bytes; /* under way */
	bool sign_stop, send_stop, send_failed;
	bool deaf; /* the worker is there and does not take its answers */
	struct server_counts counts;

	struct signer *signer;
	pthread_t signers[8];
	size_t signer_count;
	pthread_t sender;
	bool has_sender;

	/* The main thread's. */
	struct arena scratch;
	struct refusal_gauge *gauges; /* one per instance, refusal.h */
};

/* Job and answer: job.c. */

/* Takes the request over: judged, recorded, signed, answered; a refusal is answered too. -1: the peer broke the rules. */
int server_issue(struct server *s, uint64_t id, struct bytes body, struct err *e) MUST_CHECK;
int server_policy_token(struct server *s, uint64_t id, struct bytes body, struct err *e) MUST_CHECK;
/* Signs the next job in the queue, waiting for one; false when told to stop. */
bool server_sign_next(struct server *s);
/* Signs until told to stop. */
void *server_signer_main(void *server);

/* Queues a message; BODY is taken over (and empty afterwards). */
void server_send(struct server *s, uint16_t type, uint64_t id, struct buf *body, size_t cost);
void server_send_failed(struct server *s, uint64_t id, const struct err *why, size_t cost);
