/* SPDX-License-Identifier: Apache-2.0 */
#include "service/service.h"

#include "service/instance.h"

#include <stdlib.h>

#define CACHE_BYTES_DEFAULT ((size_t)4 << 20)

static void
metric_types(const char *names[KIND_COUNT])
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		names[i] = kind_table[i].name;
}

int
service_new(const struct service_config *config, const struct service_authority *authority,
    struct service **out, struct err *e)
{
	const char *types[KIND_COUNT];
	struct service *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return arena_fail(e, "service");
	if (pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		return arena_fail(e, "service");
	}
	s->config = *config;
	if (s->config.traces.max_bytes == 0)
		s->config.traces = EXEMPLARS_LIMITS_DEFAULT;
	if (s->config.cache_bytes == 0)
		s->config.cache_bytes = CACHE_BYTES_DEFAULT;
	if (s->config.show_all)
		s->config.traces.accepted_every = 1;
	if (authority != NULL)
		s->authority = *authority;
	metric_types(types);
	s->metrics = metrics_new(types, KIND_COUNT);
	if (s->metrics == NULL) {
		service_free(s);
		return arena_fail(e, "service");
	}
	*out = s;
	return 0;
}

void
service_set_authority(struct service *s, const struct service_authority *authority)
{
	s->authority = *authority;
}

void
service_free(struct service *s)
{
	if (s == NULL)
		return;
	service_state_unref(s->state);
	metrics_free(s->metrics);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void
service_freep(struct service **s)
{
	service_free(*s);
}

struct service_state *
service_state_get(struct service *s)
{
	struct service_state *state;

	pthread_mutex_lock(&s->lock);
	state = s->state;
	if (state != NULL)
		atomic_fetch_add(&state->references, 1);
	pthread_mutex_unlock(&s->lock);
	return state;
}

static void
state_unrefp(struct service_state **state)
{
	service_state_unref(*state);
}

int
service_publish(struct service *s, struct snapshot *snapshot, struct err *e)
{
	DEFER(snapshot_unrefp) struct snapshot *taken = snapshot;
	DEFER(state_unrefp) struct service_state *before = service_state_get(s);
	struct service_state *state, *old;

	TRY(service_state_new(s, taken, before, &state, e));
	pthread_mutex_lock(&s->lock);
	old = s->state;
	s->state = state;
	pthread_mutex_unlock(&s->lock);
	service_state_unref(old);
	return 0;
}

static int
client_issue(void *self, const struct issue_request *request,
    void (*done)(const struct issue_reply *reply, void *user), void *user, struct err *e)
{
	return authority_issue(self, request, done, user, e);
}

static int
client_policy_token(void *self, struct bytes instance, struct bytes type,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
{
	return authority_policy_token(self, instance, type, done, user, e);
}

static int
client_log_checkpoint(void *self, void (*done)(const struct authority_answer *answer, void *user),
    void *user, struct err *e)
{
	return authority_log_checkpoint(self, done, user, e);
}

static int
client_log_query(void *self, enum authority_msg what, const struct authority_query *query,
    void (*done)(const struct authority_answer *answer, void *user), void *user, struct err *e)
{
	return authority_log_query(self, what, query, done, user, e);
}

static int
client_health(void *self, void (*done)(const struct authority_answer *answer, void *user),
    void *user, struct err *e)
{
	return authority_health(self, done, user, e);
}

static void
client_refused(void *self, const struct refused_note *note)
{
	authority_refused(self, note);
}

struct service_authority
service_authority_of(struct authority_client *client)
{
	return (struct service_authority){
		.self = client,
		.issue = client_issue,
		.policy_token = client_policy_token,
		.log_checkpoint = client_log_checkpoint,
		.log_query = client_log_query,
		.health = client_health,
		.refused = client_refused,
	};
}
