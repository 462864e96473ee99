/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's whole: the state to judge by, what is counted and remembered, and the way to the authority.
 *
 *	struct service *s;
 *	TRY(service_new(&config, &s, e));
 *	TRY(service_publish(s, snapshot, e));              whenever the authority sends one
 *	struct service_state *state = service_state_get(s);
 *	...
 *	service_state_unref(state);
 *
 * The state is a snapshot made ready: policies compiled, settings read, collateral verified, the answers of /certs and
 * discovery built. It is never changed once published; a request holds one reference and sees one state from its first
 * to its last byte, whatever is published meanwhile.
 */
#pragma once

#include "authn/bearer.h"
#include "authority/client.h"
#include "net/http_server.h"
#include "observe/exemplars.h"
#include "observe/metrics.h"
#include "service/judge.h"

#include <pthread.h>
#include <stdatomic.h>

/* What is asked of the authority: the client's functions, or a test's. */
struct service_authority {
	void *self;
	int (*issue)(void *self, const struct issue_request *request,
	    void (*done)(const struct issue_reply *reply, void *user), void *user, struct err *e);
	int (*policy_token)(void *self, struct bytes instance, struct bytes type,
	    void (*done)(const struct authority_answer *answer, void *user), void *user,
	    struct err *e);
	int (*log_checkpoint)(void *self,
	    void (*done)(const struct authority_answer *answer, void *user), void *user,
	    struct err *e);
	int (*log_query)(void *self, enum authority_msg what, const struct authority_query *query,
	    void (*done)(const struct authority_answer *answer, void *user), void *user,
	    struct err *e);
	int (*health)(void *self, void (*done)(const struct authority_answer *answer, void *user),
	    void *user, struct err *e);
	void (*refused)(void *self, const struct refused_note *note);
};
struct service_authority service_authority_of(struct authority_client *client);

struct service_config {
	struct exemplars_limits traces; /* of each instance; no size: the defaults */
	bool open_metrics;              /* /attestd/metrics without a token; else an operator's */
	bool show_all;      /* dev program: every trace is kept, and shown to everybody */
	size_t cache_bytes; /* of each instance's endorsement cache; 0: 4 MiB */
};

/* A kind at an instance. */
struct service_type {
	const struct kind *kind;
	const struct snapshot_type *snap; /* NULL: not offered here */
	struct policy *policy;            /* NULL: none is set, only drafts can be judged */
	const struct settings *settings;
};

/* An answer that many ask for: the document, and what says that the caller has it already. */
struct service_document {
	struct http_prebuilt *full, *not_modified;
	char etag[40]; /* with its quotes */
};

/* What an instance keeps when a new state comes, and shares with no other: shared by reference count. */
struct service_space {
	atomic_uint references;
	struct exemplars *traces;
	struct endorsement_cache *cache;
};

struct service_instance {
	const struct snapshot_instance *snap;
	struct service_type types[KIND_COUNT]; /* by kind_index() */
	struct service_document certs, discovery;
	struct service_space *space;
	struct metrics_row *metrics;
	/* Submitters see no more of a trace than its verdict and failing check. */
	bool explain_id_only;
};

struct service_state {
	atomic_uint references;
	struct snapshot *snapshot;
	uint8_t documents_sha256[SHA256_SIZE]; /* of what `collateral` was made of */
	struct collateral *collateral;
	struct authn *authn;
	struct arena arena; /* instances, settings */
	struct service_instance *instances;
	size_t instance_count;
	uint8_t (*dev_anchors)[SHA256_SIZE];
	size_t dev_anchor_count;
};

struct service {
	struct service_config config;
	struct service_authority authority;
	struct metrics *metrics;
	pthread_mutex_t lock;        /* held for an instant, around `state` */
	struct service_state *state; /* NULL until the first publication */
};

/* AUTHORITY may be NULL until service_set_authority(), which is called once, before the first request. */
int service_new(const struct service_config *config, const struct service_authority *authority,
    struct service **out, struct err *e) MUST_CHECK;
void service_set_authority(struct service *s, const struct service_authority *authority);
/* When no request is open any more. */
void service_free(struct service *s);
void service_freep(struct service **s);

/*
 * Makes a state of SNAPSHOT, whose reference it takes in any case, and swaps it in. On failure the old state stays, and
 * E says which document or policy is at fault. One at a time: the caller is the one reader of the authority.
 */
int service_publish(struct service *s, struct snapshot *snapshot, struct err *e) MUST_CHECK;
/* NULL before the first publication. */
struct service_state *service_state_get(struct service *s);
void service_state_unref(struct service_state *state);

/* By the authority of a request: the Host header and, where it names none, the listener's port. NULL: none. */
const struct service_instance *service_instance_find(const struct service_state *state,
    struct bytes host, uint16_t port);
