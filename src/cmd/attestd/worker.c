/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attestd/daemon.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "proc/sandbox.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define LOG_MODULE "worker"

/* For what is open when the authority has gone: its answers are errors, and quick. */
#define ORPHAN_DRAIN_MS 1000

/* What the reader thread tells the first one. */
#define SIGNAL_STATE SIGUSR1 /* a snapshot was published */
#define SIGNAL_END   SIGUSR2 /* the authority has gone, or what it sent cannot be used */

struct worker {
	const struct daemon_worker *conf;
	const struct supervise_child *child;
	pthread_t first;
	struct service *service;
	struct authority_client *client;
	struct http_server *http;
	struct api api;
	atomic_bool unusable; /* the first snapshot was */
};

/* On the reader thread. */
static void
on_snapshot(struct snapshot *s, void *user)
{
	struct worker *w = user;
	struct err e = { 0 };
	uint64_t revision = s->revision;

	if (service_publish(w->service, s, &e) < 0) {
		struct service_state *old = service_state_get(w->service);

		log_error("snapshot refused", "revision=%llu %s", (unsigned long long)revision,
		    e.msg);
		if (old == NULL) {
			atomic_store(&w->unusable, true);
			pthread_kill(w->first, SIGNAL_END);
		}
		service_state_unref(old);
		return;
	}
	log_info("snapshot in force", "revision=%llu", (unsigned long long)revision);
	pthread_kill(w->first, SIGNAL_STATE);
}

/* On the reader thread. */
static void
on_end(const struct err *why, void *user)
{
	struct worker *w = user;

	log_warn("authority gone", "%s", why == NULL ? "" : why->msg);
	pthread_kill(w->first, SIGNAL_END);
}

/* What opens files or takes long the first time is done while it is still allowed. */
static void
warm_up(void)
{
	uint8_t out[SHA256_SIZE];

	sha256(BYTES(""), out);
	mallopt(M_ARENA_MAX, 2);
}

static int
start_http(struct worker *w, struct service_state *state, struct err *e)
{
	const struct daemon_worker *conf = w->conf;
	struct http_server_config c = {
		.listener_count = conf->listener_count,
		.tls_certificate = state->snapshot->tls_cert,
		.tls_key = state->snapshot->tls_key,
		.limits = conf->limits,
		.threads = conf->threads,
		.handle = api_handle,
		.max_body = api_max_body,
		.refuse = api_refuse,
		.user = &w->api,
	};

	if (w->child->listen_count != conf->listener_count)
		return err_set(e, ERR_INTERNAL, "%zu sockets for %zu listeners",
		    w->child->listen_count, conf->listener_count);
	for (size_t i = 0; i < conf->listener_count; i++) {
		c.listeners[i] = conf->listeners[i];
		c.listeners[i].fd = w->child->listen_fds[i];
	}
	if (conf->extras != NULL && conf->extras->on_state != NULL)
		TRY(conf->extras->on_state(state->snapshot, &w->api, conf->extras->user, e));
	return http_server_start(&c, &w->http, e);
}

/* The first snapshot is in force: the door opens. */
static int
open_door(struct worker *w, struct err *e)
{
	struct service_state *state = service_state_get(w->service);
	int done = state == NULL ? err_set(e, ERR_INTERNAL, "no state") : start_http(w, state, e);

	if (state != NULL)
		service_state_unref(state);
	TRY(done);
	log_info("ready", "listeners=%zu pid=%d", w->conf->listener_count, (int)getpid());
	if (!w->child->is_restart && w->conf->extras != NULL && w->conf->extras->on_ready != NULL)
		w->conf->extras->on_ready(w->conf->extras->user);
	return 0;
}

static void
signals_of(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGNAL_STATE);
	sigaddset(set, SIGNAL_END);
}

static int
start(struct worker *w, struct err *e)
{
	struct service_authority authority;

	warm_up();
	TRY(sandbox_drop_user(w->conf->user, e));
	TRY(sandbox_enter(SANDBOX_WORKER, w->conf->traceable, e));
	TRY(service_new(&w->conf->service, NULL, &w->service, e));
	w->api.service = w->service;
	TRY(authority_client_new(w->child->ipc_fd, on_snapshot, on_end, w, &w->client, e));
	authority = service_authority_of(w->client);
	service_set_authority(w->service, &authority);
	return 0;
}

/* Until a signal ends it: the status of the process. */
static int
serve(struct worker *w, const sigset_t *signals, unsigned *drain_ms)
{
	struct err e = { 0 };

	for (;;) {
		int got = sigwaitinfo(signals, NULL);

		switch (got) {
		case SIGNAL_STATE:
			if (w->http == NULL && open_door(w, &e) < 0) {
				log_error("cannot start", "%s", e.msg);
				return e.code == ERR_INVALID ? EXIT_USAGE : EXIT_OURS;
			}
			break;
		case SIGNAL_END:
			*drain_ms = ORPHAN_DRAIN_MS;
			return atomic_load(&w->unusable) ? EXIT_OURS : SUPERVISE_REPLACE;
		case SIGTERM:
		case SIGINT:
			*drain_ms = w->conf->drain_ms;
			return EXIT_DONE;
		default:
			break; /* SIGHUP is the authority's business */
		}
	}
}

int
daemon_worker_run(const struct daemon_worker *conf, const struct supervise_child *child)
{
	struct worker w = { .conf = conf, .child = child, .first = pthread_self() };
	struct err e = { 0 };
	unsigned drain_ms = 0;
	sigset_t signals;
	int status;

	prctl(PR_SET_NAME, "attestd-worker");
	signals_of(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (start(&w, &e) < 0) {
		log_error("cannot start", "%s", e.msg);
		return e.code == ERR_DENIED || e.code == ERR_MISSING ? EXIT_USAGE : EXIT_OURS;
	}
	status = serve(&w, &signals, &drain_ms);
	if (w.http != NULL && !http_server_drain(w.http, drain_ms)) {
		log_warn("drain", "open requests were cut after %u ms", drain_ms);
		_exit(status);
	}
	http_server_free(w.http);
	authority_client_free(w.client);
	service_free(w.service);
	return status;
}
