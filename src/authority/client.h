/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's side of the connection to the authority.
 *
 * One connection, one reader thread. Requests may come from any thread; they return at once, and DONE runs later, once,
 * on the reader thread: it hands the result on and returns (a callback that blocks stops all answers). When the
 * connection ends every pending request fails with ERR_UNAVAILABLE, as does every later one.
 *
 *	TRY(authority_client_new(fd, on_snapshot, on_end, user, &client, e));
 *	TRY(authority_issue(client, &request, issued, exchange, e));
 */
#pragma once

#include "authority/protocol.h"
#include "authority/snapshot.h"

#define MAX_AUTHORITY_PENDING 4096

struct authority_client;

/*
 * FD is the client's from then on. ON_SNAPSHOT runs on the reader thread for each snapshot; it owns the reference it is
 * given. ON_END (may be NULL) runs once, after the pending requests have failed: the worker has nothing to live for then.
 */
int authority_client_new(int fd, void (*on_snapshot)(struct snapshot *s, void *user),
    void (*on_end)(const struct err *why, void *user), void *user, struct authority_client **out,
    struct err *e) MUST_CHECK;
/* Ends the connection, waits for the reader thread; not from a callback. */
void authority_client_free(struct authority_client *c);
void authority_client_freep(struct authority_client **c);
/* Pending requests, for metrics and overload. */
size_t authority_client_pending(struct authority_client *c);

/*
 * 0: DONE will run exactly once (perhaps before this returns). -1: it will not; ERR_BUSY beyond MAX_AUTHORITY_PENDING,
 * ERR_UNAVAILABLE when the connection has ended, ERR_LIMIT for a request over its ceiling. What comes back as
 * err.code in the reply: ERR_INVALID or ERR_DENIED, the authority does not sign this; ERR_CONFLICT, the policy or
 * settings are no longer in force, judge again with the newest snapshot; ERR_BUSY; ERR_IO, the record could not be
 * written; ERR_UNAVAILABLE.
 */
int authority_issue(struct authority_client *c, const struct issue_request *request,
    void (*done)(const struct issue_reply *reply, void *user), void *user, struct err *e)
    MUST_CHECK;

/* The signed policy token of GET /policies/{type} (maa-api.md 2.3), compact JWS. */
int authority_policy_token(struct authority_client *c, struct bytes instance, struct bytes type,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
    MUST_CHECK;
/* LOG_CHECKPOINT: the signed note. */
int authority_log_checkpoint(struct authority_client *c,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
    MUST_CHECK;
/* LOG_TILE, LOG_PROOF (a document of tlog/bundle.h), LOG_RECORDS, as the query's fields say. */
int authority_log_query(struct authority_client *c, enum authority_msg what,
    const struct authority_query *query,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
    MUST_CHECK;
/* JSON: {"log":{"size","durable"},"issued","refused","queued","revision"}. */
int authority_health(struct authority_client *c,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
    MUST_CHECK;
/* Tells and forgets; lost when the connection is full or gone. */
void authority_refused(struct authority_client *c, const struct refused_note *note);
