/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/client.h"

#include "base/own.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Chains by the low bits of the request id; ids are ours and consecutive, so they spread by themselves. */
#define PENDING_SLOTS 1024

struct pending {
	struct pending *next;
	uint64_t id;
	enum authority_msg asked;
	void (*issued)(const struct issue_reply *reply, void *user);
	void (*answered)(const struct authority_answer *answer, void *user);
	void *user;
};

struct authority_client {
	int fd;
	void (*on_snapshot)(struct snapshot *s, void *user);
	void (*on_end)(const struct err *why, void *user);
	void *user;
	pthread_t reader;

	pthread_mutex_t send_lock; /* taken before `lock`, never after */
	pthread_mutex_t lock;      /* all below */
	bool ended;
	uint64_t next_id;
	size_t pending_count;
	struct pending *pending[PENDING_SLOTS];
};

static void
pending_fail(struct pending *p, const struct err *why)
{
	if (p->issued != NULL) {
		struct issue_reply reply = { .err = *why };

		p->issued(&reply, p->user);
	} else if (p->answered != NULL) {
		struct authority_answer answer = { .err = *why };

		p->answered(&answer, p->user);
	}
	free(p);
}

static struct pending *
pending_take(struct authority_client *c, uint64_t id)
{
	struct pending *found = NULL;

	pthread_mutex_lock(&c->lock);
	for (struct pending **at = &c->pending[id % PENDING_SLOTS]; *at != NULL; at = &(*at)->next)
		if ((*at)->id == id) {
			found = *at;
			*at = found->next;
			c->pending_count--;
			break;
		}
	pthread_mutex_unlock(&c->lock);
	return found;
}

/* No request is taken from here on, and those that wait hear why. */
static void
end_all(struct authority_client *c, const struct err *why)
{
	struct pending *all = NULL;

	pthread_mutex_lock(&c->lock);
	c->ended = true;
	for (size_t i = 0; i < PENDING_SLOTS; i++)
		while (c->pending[i] != NULL) {
			struct pending *p = c->pending[i];

			c->pending[i] = p->next;
			p->next = all;
			all = p;
		}
	c->pending_count = 0;
	pthread_mutex_unlock(&c->lock);
	while (all != NULL) {
		struct pending *p = all;

		all = p->next;
		pending_fail(p, why);
	}
}

/* Which answer belongs to which question. */
static bool
answer_fits(const struct pending *p, uint16_t type)
{
	if (type == AUTHORITY_FAILED)
		return true;
	switch ((int)p->asked) {
	case AUTHORITY_ISSUE:
		return type == AUTHORITY_ISSUED;
	case AUTHORITY_POLICY_TOKEN:
		return type == AUTHORITY_TOKEN;
	default:
		return type == AUTHORITY_ANSWER;
	}
}

static int
deliver(struct pending *p, const struct ipc_frame *f, struct err *e)
{
	if (f->type == AUTHORITY_FAILED) {
		struct err why = { 0 };

		TRY(authority_failed_parse(f->body, &why, e));
		if (p->issued != NULL)
			p->issued(&(struct issue_reply){ .err = why }, p->user);
		else
			p->answered(&(struct authority_answer){ .err = why }, p->user);
		return 0;
	}
	if (p->issued != NULL) {
		struct issue_reply reply;

		TRY(issue_reply_parse(f->body, &reply, e));
		p->issued(&reply, p->user);
		return 0;
	}
	if (f->type == AUTHORITY_TOKEN && f->body.size == 0)
		return err_set(e, ERR_MALFORMED, "authority: an empty token");
	p->answered(&(struct authority_answer){ .bytes = f->body }, p->user);
	return 0;
}

static int
take_frame(struct authority_client *c, const struct ipc_frame *f, struct err *e)
{
	struct pending *p;

	if (f->type == AUTHORITY_SNAPSHOT) {
		struct snapshot *s;

		TRY(snapshot_parse(f->body, &s, e));
		c->on_snapshot(s, c->user);
		return 0;
	}
	p = pending_take(c, f->id);
	if (p == NULL)
		return err_set(e, ERR_MALFORMED, "authority: an answer to nothing");
	if (!answer_fits(p, f->type)) {
		(void)err_set(e, ERR_MALFORMED, "authority: answer %u to message %d", f->type,
		    p->asked);
		pending_fail(p, e);
		return -1;
	}
	if (deliver(p, f, e) < 0) {
		pending_fail(p, e);
		return -1;
	}
	free(p);
	return 0;
}

static void *
reader_main(void *arg)
{
	struct authority_client *c = arg;
	struct ipc_reader in;
	struct ipc_frame frame;
	struct err why = { 0 }, gone = { 0 };
	int got;

	ipc_reader_init(&in, c->fd, authority_rules_from_authority);
	while ((got = ipc_recv(&in, &frame, &why)) == 1)
		if (take_frame(c, &frame, &why) < 0)
			break;
	if (got == 0)
		(void)err_set(&why, ERR_UNAVAILABLE, "the authority closed the connection");
	ipc_reader_release(&in);
	shutdown(c->fd, SHUT_RDWR);
	(void)err_set(&gone, ERR_UNAVAILABLE, "the authority does not answer: %.200s", why.msg);
	end_all(c, &gone);
	if (c->on_end != NULL)
		c->on_end(&why, c->user);
	return NULL;
}

int
authority_client_new(int fd, void (*on_snapshot)(struct snapshot *s, void *user),
    void (*on_end)(const struct err *why, void *user), void *user, struct authority_client **out,
    struct err *e)
{
	struct authority_client *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		close(fd);
		return err_set(e, ERR_LIMIT, "authority client: out of memory");
	}
	c->fd = fd;
	c->on_snapshot = on_snapshot;
	c->on_end = on_end;
	c->user = user;
	c->next_id = 1;
	pthread_mutex_init(&c->send_lock, NULL);
	pthread_mutex_init(&c->lock, NULL);
	/* Before the thread: its first callback may want the client. */
	*out = c;
	if (pthread_create(&c->reader, NULL, reader_main, c) != 0) {
		*out = NULL;
		close(fd);
		free(c);
		return err_set(e, ERR_LIMIT, "authority client: no thread");
	}
	return 0;
}

void
authority_client_free(struct authority_client *c)
{
	if (c == NULL)
		return;
	shutdown(c->fd, SHUT_RDWR);
	pthread_join(c->reader, NULL);
	close(c->fd);
	pthread_mutex_destroy(&c->send_lock);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void
authority_client_freep(struct authority_client **c)
{
	authority_client_free(*c);
	*c = NULL;
}

size_t
authority_client_pending(struct authority_client *c)
{
	size_t count;

	pthread_mutex_lock(&c->lock);
	count = c->pending_count;
	pthread_mutex_unlock(&c->lock);
	return count;
}

/* P is the table's from then on; on failure it is gone. */
static int
pending_add(struct authority_client *c, struct pending *p, struct err *e)
{
	int result = 0;

	pthread_mutex_lock(&c->lock);
	if (c->ended)
		result = err_set(e, ERR_UNAVAILABLE, "the authority does not answer");
	else if (c->pending_count >= MAX_AUTHORITY_PENDING)
		result = err_set(e, ERR_BUSY, "the authority has %zu requests to answer",
		    c->pending_count);
	if (result == 0) {
		p->id = c->next_id++;
		p->next = c->pending[p->id % PENDING_SLOTS];
		c->pending[p->id % PENDING_SLOTS] = p;
		c->pending_count++;
	}
	pthread_mutex_unlock(&c->lock);
	if (result < 0)
		free(p);
	return result;
}

/* Once P is in the table it will be answered, if only by the end of the connection; so a failed send is no error here. */
static int
ask(struct authority_client *c, struct pending want, struct bytes body, struct err *e)
{
	struct pending *p;
	uint64_t id;
	struct err lost = { 0 };

	if (body.size > authority_rules_from_worker.ceiling[want.asked])
		return err_set(e, ERR_LIMIT, "authority: a request of %zu bytes, at most %u",
		    body.size, authority_rules_from_worker.ceiling[want.asked]);
	p = malloc(sizeof(*p));
	if (p == NULL)
		return err_set(e, ERR_LIMIT, "authority: out of memory");
	*p = want;
	pthread_mutex_lock(&c->send_lock);
	if (pending_add(c, p, e) < 0) {
		pthread_mutex_unlock(&c->send_lock);
		return -1;
	}
	/* P may be answered and freed as soon as the lock is gone; next_id changes under send_lock only. */
	id = c->next_id - 1;
	if (ipc_send(c->fd, (uint16_t)want.asked, id, body, &lost) < 0)
		shutdown(c->fd, SHUT_RDWR);
	pthread_mutex_unlock(&c->send_lock);
	return 0;
}

int
authority_issue(struct authority_client *c, const struct issue_request *request,
    void (*done)(const struct issue_reply *reply, void *user), void *user, struct err *e)
{
	DEFER(buf_release) struct buf body = { 0 };

	buf_init(&body, authority_rules_from_worker.ceiling[AUTHORITY_ISSUE]);
	buf_reserve(&body, request->payload.size + 1024);
	issue_request_emit(&body, request);
	if (!buf_ok(&body))
		return err_set(e, ERR_LIMIT, "issue: a payload of %zu bytes, at most %d",
		    request->payload.size, MAX_PAYLOAD_SIZE);
	return ask(c, (struct pending){ .asked = AUTHORITY_ISSUE, .issued = done, .user = user },
	    buf_bytes(&body), e);
}

int
authority_log_query(struct authority_client *c, enum authority_msg what,
    const struct authority_query *query,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
{
	DEFER(buf_release) struct buf body = { 0 };

	buf_init(&body, authority_rules_from_worker.ceiling[AUTHORITY_LOG_PROOF]);
	authority_query_emit(&body, query);
	if (!buf_ok(&body))
		return err_set(e, ERR_LIMIT, "authority: a query over its size");
	return ask(c, (struct pending){ .asked = what, .answered = done, .user = user },
	    buf_bytes(&body), e);
}

int
authority_policy_token(struct authority_client *c, struct bytes instance, struct bytes type,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
{
	struct authority_query q = { .instance = instance, .type = type };

	return authority_log_query(c, AUTHORITY_POLICY_TOKEN, &q, done, user, e);
}

int
authority_log_checkpoint(struct authority_client *c,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
{
	struct authority_query q = { 0 };

	return authority_log_query(c, AUTHORITY_LOG_CHECKPOINT, &q, done, user, e);
}

int
authority_health(struct authority_client *c,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
{
	return ask(c, (struct pending){ .asked = AUTHORITY_HEALTH, .answered = done, .user = user },
	    (struct bytes){ 0 }, e);
}

void
authority_refused(struct authority_client *c, const struct refused_note *note)
{
	DEFER(buf_release) struct buf body = { 0 };
	struct err lost = { 0 };
	bool ended;

	buf_init(&body, authority_rules_from_worker.ceiling[AUTHORITY_REFUSED]);
	refused_note_emit(&body, note);
	pthread_mutex_lock(&c->lock);
	ended = c->ended;
	pthread_mutex_unlock(&c->lock);
	if (!buf_ok(&body) || ended)
		return;
	pthread_mutex_lock(&c->send_lock);
	if (ipc_send(c->fd, AUTHORITY_REFUSED, 0, buf_bytes(&body), &lost) < 0)
		shutdown(c->fd, SHUT_RDWR);
	pthread_mutex_unlock(&c->send_lock);
}
