/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/authority.h"

#include "authority/protocol.h"
#include "authority/refusal.h"
#include "authority/server.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "crypto/privkey.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOG_MODULE         "authority"
#define MAX_SCRATCH        33554432
#define MAX_HEALTH_SIZE    1024
#define DEFAULT_SIGNERS    4
#define LOG_ANSWER_RECORDS (MAX_LOG_ANSWER_SIZE - 64)

/* Budget that goes back with a message; a job's, when the message is its answer. */
static void
give_back(struct server *s, size_t cost)
{
	if (cost > 0) {
		s->jobs--;
		s->bytes -= cost;
	}
	if (s->jobs == 0)
		pthread_cond_broadcast(&s->idle);
}

void
server_send(struct server *s, uint16_t type, uint64_t id, struct buf *body, size_t cost)
{
	struct server_message *m = calloc(1, sizeof(*m));

	pthread_mutex_lock(&s->lock);
	if (m == NULL || s->unread >= MAX_SERVER_UNREAD || s->send_failed) {
		/* Without an answer the worker could wait forever; without a connection it cannot. */
		s->deaf = s->deaf || s->unread >= MAX_SERVER_UNREAD;
		s->send_failed = true;
		shutdown(s->fd, SHUT_RDWR);
		give_back(s, cost);
		pthread_mutex_unlock(&s->lock);
		free(m);
		return;
	}
	*m = (struct server_message){ .type = type, .id = id, .body = *body, .cost = cost };
	buf_init(body, 0);
	*s->send_last = m;
	s->send_last = &m->next;
	s->unread++;
	s->unread_bytes += m->body.size;
	pthread_cond_signal(&s->send_wake);
	pthread_mutex_unlock(&s->lock);
}

void
server_send_failed(struct server *s, uint64_t id, const struct err *why, size_t cost)
{
	struct buf body;

	buf_init(&body, 1024);
	authority_failed_emit(&body, why);
	server_send(s, AUTHORITY_FAILED, id, &body, cost);
	buf_release(&body);
}

static uint32_t
frame_ms(const struct server *s)
{
	return s->state->config->frame_ms != 0 ? s->state->config->frame_ms : IPC_FRAME_MS;
}

static void *
sender_main(void *arg)
{
	struct server *s = arg;

	for (;;) {
		struct server_message *m;
		struct err e = { 0 };
		bool failed;

		pthread_mutex_lock(&s->lock);
		while (s->send_first == NULL && !s->send_stop)
			pthread_cond_wait(&s->send_wake, &s->lock);
		m = s->send_first;
		if (m == NULL) {
			pthread_mutex_unlock(&s->lock);
			return NULL;
		}
		s->send_first = m->next;
		if (s->send_first == NULL)
			s->send_last = &s->send_first;
		s->unread--;
		s->unread_bytes -= m->body.size;
		failed = s->send_failed;
		pthread_mutex_unlock(&s->lock);

		if (!failed)
			failed = ipc_send_within(s->fd, frame_ms(s), m->type, m->id,
				     buf_bytes(&m->body), &e) < 0;
		/* Whoever waited has heard why; only a new start, which recovers the log, can serve the next one. */
		failed = failed || ledger_is_broken(s->state->ledger);
		pthread_mutex_lock(&s->lock);
		s->send_failed = s->send_failed || failed;
		s->deaf = s->deaf || e.code == ERR_BUSY;
		if (failed)
			shutdown(s->fd, SHUT_RDWR);
		give_back(s, m->cost);
		pthread_mutex_unlock(&s->lock);
		/* Snapshots hold the TLS key. */
		if (m->type == AUTHORITY_SNAPSHOT && m->body.p != NULL)
			secret_wipe(m->body.p, m->body.room);
		buf_release(&m->body);
		free(m);
	}
}

static int
send_snapshot(struct server *s, struct err *e)
{
	struct buf body;

	buf_init(&body, MAX_SNAPSHOT_SIZE);
	snapshot_emit(&body, s->state->snapshot);
	if (!buf_ok(&body)) {
		buf_release(&body);
		return err_set(e, ERR_LIMIT, "snapshot: over %d bytes", MAX_SNAPSHOT_SIZE);
	}
	server_send(s, AUTHORITY_SNAPSHOT, 0, &body, 0);
	buf_release(&body);
	return 0;
}

/* What cannot be read leaves the state before in force. */
static void
reload(struct server *s)
{
	struct err e = { 0 };

	if (state_read_tls(s->state, &e) < 0) {
		log_error("the old certificate stays", "why=%s", e.msg);
		err_clear(&e);
	}
	if (state_build(s->state, &e) < 0 || send_snapshot(s, &e) < 0) {
		log_error("reload failed; the state before stays in force", "why=%s", e.msg);
		return;
	}
	log_info("reloaded", "revision=%llu documents=%zu", (unsigned long long)s->state->revision,
	    s->state->snapshot->document_count);
}

static void
health_emit(struct server *s, struct buf *out)
{
	uint64_t size = ledger_size(s->state->ledger);
	size_t queued = ledger_queued(s->state->ledger);

	pthread_mutex_lock(&s->lock);
	buf_fmt(out,
	    "{\"failed\":%llu,\"issued\":%llu,\"jobs\":%zu,\"log\":{\"queued\":%zu,\"size\":%llu},"
	    "\"refused\":%llu,\"revision\":%llu}",
	    (unsigned long long)s->counts.failed, (unsigned long long)s->counts.issued, s->jobs,
	    queued, (unsigned long long)size, (unsigned long long)s->counts.refused,
	    (unsigned long long)s->state->revision);
	pthread_mutex_unlock(&s->lock);
}

static bool
has_too_much_unread(struct server *s)
{
	bool result;

	pthread_mutex_lock(&s->lock);
	result = s->unread_bytes > MAX_UNREAD_BYTES;
	pthread_mutex_unlock(&s->lock);
	return result;
}

/* A question about the log or about us. -1: the peer broke the rules; what cannot be answered is answered with why. */
static int
answer_question(struct server *s, const struct ipc_frame *f, struct err *e)
{
	struct ledger *l = s->state->ledger;
	struct authority_query q = { 0 };
	struct err why = { 0 };
	struct buf body;
	int done = 0;

	if (f->type == AUTHORITY_HEALTH && f->body.size > 0)
		return err_set(e, ERR_MALFORMED, "health: a body");
	if (f->type != AUTHORITY_HEALTH)
		TRY(authority_query_parse(f->body, &q, e));
	buf_init(&body, MAX_LOG_ANSWER_SIZE);
	if (has_too_much_unread(s)) {
		(void)err_set(&why, ERR_BUSY, "authority: its answers lie unread");
		server_send_failed(s, f->id, &why, 0);
		return 0;
	}
	switch ((int)f->type) {
	case AUTHORITY_LOG_CHECKPOINT:
		done = ledger_checkpoint(l, &body, &why);
		break;
	case AUTHORITY_LOG_TILE:
		done = ledger_tile(l, q.level, q.from, q.count, &body, &why);
		break;
	case AUTHORITY_LOG_PROOF:
		done = ledger_prove(l, q.instance, q.leaf_hash, &body, &why);
		break;
	case AUTHORITY_LOG_RECORDS:
		done = ledger_records(l, q.instance, q.from,
		    q.count < MAX_LOG_RECORDS ? q.count : MAX_LOG_RECORDS, LOG_ANSWER_RECORDS,
		    &body, &why);
		break;
	default:
		health_emit(s, &body);
		break;
	}
	if (done == 0 && !buf_ok(&body))
		done = err_set(&why, ERR_LIMIT, "authority: an answer over its size");
	if (done == 0)
		server_send(s, AUTHORITY_ANSWER, f->id, &body, 0);
	else
		server_send_failed(s, f->id, &why, 0);
	buf_release(&body);
	return 0;
}

struct refusal_entry {
	struct ledger_entry entry; /* the first member */
};

static void
refusal_recorded(struct ledger_entry *entry, uint64_t index, const struct err *why)
{
	(void)index;
	(void)why;
	buf_release(&entry->record);
	free(entry);
}

/* Counted always, recorded sometimes, never answered. */
static int
take_refusal(struct server *s, struct bytes body, struct err *e)
{
	const struct snapshot *snap = s->state->snapshot;
	const struct snapshot_instance *in;
	const struct snapshot_type *type;
	struct tlog_record record = { .kind = TLOG_REFUSAL, .at = clock_now_at() };
	struct refused_note n;
	struct refusal_entry *r;
	char detail[MAX_CHECK_NAME_SIZE + 64];
	uint64_t left_out;

	TRY(refused_note_parse(body, &n, e));
	in = snapshot_find_id(snap, n.instance);
	type = snapshot_find_type(in, n.type);
	if (type == NULL)
		return 0;
	pthread_mutex_lock(&s->lock);
	s->counts.refused++;
	pthread_mutex_unlock(&s->lock);
	if (!refusal_take(&s->gauges[in - snap->instances], clock_ms(), &left_out))
		return 0;
	snprintf(detail, sizeof(detail), "%.*s left_out=%llu", BYTES_FMT(n.check),
	    (unsigned long long)left_out);
	record.instance = in->id;
	record.type = type->type;
	record.trace_id = n.trace_id;
	record.detail = bytes_of_str(detail);
	memcpy(record.evidence_sha256, n.evidence_sha256, sizeof(record.evidence_sha256));
	memcpy(record.policy_hash, type->policy_hash, sizeof(record.policy_hash));
	memcpy(record.settings_hash, type->settings_hash, sizeof(record.settings_hash));
	rand_bytes(record.salt, sizeof(record.salt));

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return 0;
	r->entry.done = refusal_recorded;
	buf_init(&r->entry.record, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&r->entry.record, &record);
	/* A sample that is lost is still counted. */
	if (ledger_append(s->state->ledger, &r->entry, NULL) < 0)
		refusal_recorded(&r->entry, 0, NULL);
	return 0;
}

static int
take_frame(struct server *s, const struct ipc_frame *f, struct err *e)
{
	arena_reset(&s->scratch);
	switch ((int)f->type) {
	case AUTHORITY_ISSUE:
		return server_issue(s, f->id, f->body, e);
	case AUTHORITY_POLICY_TOKEN:
		return server_policy_token(s, f->id, f->body, e);
	case AUTHORITY_REFUSED:
		return take_refusal(s, f->body, e);
	default:
		return answer_question(s, f, e);
	}
}

/* 1: go on. 0: a signal says that this is the end. */
static int
take_signal(struct server *s, int signal_fd, struct err *e)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return err_set(e, ERR_IO, "authority: signal: %s", strerror(errno));
	if (info.ssi_signo != SIGHUP)
		return 0;
	reload(s);
	return 1;
}

static int
serve(struct server *s, int signal_fd, struct err *e)
{
	struct ipc_reader in;
	struct ipc_frame frame;
	int going = 1;

	ipc_reader_init(&in, s->fd, authority_rules_from_worker);
	in.frame_ms = frame_ms(s);
	while (going == 1) {
		struct pollfd fds[] = { { .fd = s->fd, .events = POLLIN },
			{ .fd = signal_fd, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			going = err_set(e, ERR_IO, "authority: poll: %s", strerror(errno));
			break;
		}
		if ((fds[1].revents & POLLIN) != 0)
			going = take_signal(s, signal_fd, e);
		if (going == 1 && fds[0].revents != 0) {
			going = ipc_recv(&in, &frame, e);
			if (going == 1 && take_frame(s, &frame, e) < 0)
				going = -1;
		}
	}
	ipc_reader_release(&in);
	return going;
}

static size_t
signer_count(const struct authority_config *config)
{
	size_t max = COUNT_OF(((struct server *)NULL)->signers), count = config->signer_threads;

	if (count == 0) {
		long online = sysconf(_SC_NPROCESSORS_ONLN);

		count = online < 1             ? 1
		    : online > DEFAULT_SIGNERS ? DEFAULT_SIGNERS
					       : (size_t)online;
	}
	return count > max ? max : count;
}

/* A signer owns its key; the state keeps the other copy for certificates. */
static int
make_signer(struct server *s, struct err *e)
{
	DEFER(secret_release) struct secret der = { 0 };
	struct privkey *copy;

	TRY(privkey_to_der(s->state->token_key, &der, e));
	TRY(privkey_from_der(secret_bytes(&der), &copy, e));
	return signer_soft_new(copy, SIG_RS256, &s->signer, e);
}

static int
server_start(struct server *s, struct err *e)
{
	TRY(make_signer(s, e));
	s->gauges = calloc(s->state->snapshot->instance_count, sizeof(*s->gauges));
	if (s->gauges == NULL)
		return err_set(e, ERR_LIMIT, "authority: out of memory");
	if (pthread_create(&s->sender, NULL, sender_main, s) != 0)
		return err_set(e, ERR_LIMIT, "authority: no thread");
	s->has_sender = true;
	for (size_t wanted = signer_count(s->state->config); s->signer_count < wanted;
	     s->signer_count++)
		if (pthread_create(&s->signers[s->signer_count], NULL, server_signer_main, s) != 0)
			return err_set(e, ERR_LIMIT, "authority: no thread");
	return send_snapshot(s, e);
}

/* What is under way is finished and sent, as far as the worker still reads. */
static void
server_stop(struct server *s, bool peer_is_gone)
{
	pthread_mutex_lock(&s->lock);
	if (peer_is_gone) {
		s->send_failed = true;
		shutdown(s->fd, SHUT_RDWR);
	}
	while (s->jobs > 0 && s->signer_count > 0)
		pthread_cond_wait(&s->idle, &s->lock);
	s->sign_stop = s->send_stop = true;
	pthread_cond_broadcast(&s->sign_wake);
	pthread_cond_broadcast(&s->send_wake);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < s->signer_count; i++)
		pthread_join(s->signers[i], NULL);
	if (s->has_sender)
		pthread_join(s->sender, NULL);
	signer_freep(&s->signer);
	free(s->gauges);
	arena_release(&s->scratch);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->sign_wake);
	pthread_cond_destroy(&s->send_wake);
	pthread_cond_destroy(&s->idle);
}

static int
run_server(struct state *state, int fd, int signal_fd, struct err *e)
{
	struct server s = { .state = state, .fd = fd };
	int result;

	s.sign_last = &s.sign_first;
	s.send_last = &s.send_first;
	pthread_mutex_init(&s.lock, NULL);
	pthread_cond_init(&s.sign_wake, NULL);
	pthread_cond_init(&s.send_wake, NULL);
	pthread_cond_init(&s.idle, NULL);
	arena_init(&s.scratch, MAX_SCRATCH);
	result = server_start(&s, e);
	if (result == 0) {
		log_info("authority is open", "instances=%zu documents=%zu log=%llu",
		    state->snapshot->instance_count, state->snapshot->document_count,
		    (unsigned long long)ledger_size(state->ledger));
		if (state->config->served != NULL)
			*state->config->served = true;
		result = serve(&s, signal_fd, e);
	}
	server_stop(&s, result != 0);
	if (result == 0 && ledger_is_broken(state->ledger))
		return err_set(e, ERR_IO, "log: the disk failed: a new start recovers it");
	if (result == 0 && s.deaf)
		return err_set(e, ERR_MALFORMED, "the worker does not take its answers");
	return result;
}

/* Before any thread is made, so that all of them leave signals to the descriptor. */
static int
open_signals(bool wanted, int *fd, struct err *e)
{
	sigset_t set;

	*fd = -1;
	if (!wanted)
		return 0;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 ||
	    (*fd = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
		return err_set(e, ERR_IO, "authority: signals: %s", strerror(errno));
	return 0;
}

static int
run_state(struct state *state, int fd, int signal_fd, struct err *e)
{
	const struct authority_config *config = state->config;

	TRY(state_read_secrets(state, e));
	if (config->confine != NULL)
		TRY(config->confine(config->confine_user, e));
	TRY(state_open(state, e));
	TRY(state_build(state, e));
	return run_server(state, fd, signal_fd, e);
}

int
authority_run(const struct authority_config *config, int fd, struct err *e)
{
	struct state state;
	int signal_fd, result;

	if (open_signals(config->take_signals, &signal_fd, e) < 0) {
		close(fd);
		return -1;
	}
	state_init(&state, config);
	result = run_state(&state, fd, signal_fd, e);
	state_close(&state);
	close(fd);
	closep(&signal_fd);
	return result;
}
