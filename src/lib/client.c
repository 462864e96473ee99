/* SPDX-License-Identifier: Apache-2.0 */
/* attest_client_*: one call of the service each. */
#include "lib/client_impl.h"

#include "base/clock.h"
#include "net/url.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATH_SIZE 1024
/* Connections kept open for the next call; more threads than that open their own. */
#define MAX_IDLE 8

struct attest_client {
	char *url, *ca_file;
	char api_version[32];
	struct credential *credential;
	uint32_t timeout_ms;
	bool allow_private;

	pthread_mutex_t lock;
	struct http_client *idle[MAX_IDLE];
};

static int
check_service_url(const char *url, struct err *e)
{
	struct url u;

	if (url == NULL)
		return err_set(e, ERR_INVALID, "client: no URL was given");
	if (url_parse(bytes_of_str(url), &u, e) < 0)
		return err_in(e, "client");
	if (!u.is_https)
		return err_set(e, ERR_INVALID, "client: not a URL of https");
	if (u.rest.size > 1 || (u.rest.size == 1 && u.rest.p[0] != '/'))
		return err_set(e, ERR_INVALID, "client: the URL of a service has no path");
	return 0;
}

struct attest_client *
attest_client_new(const char *url, struct attest_error **error)
{
	struct attest_client *c = NULL;
	struct err e = { 0 };

	if (check_service_url(url, &e) < 0) {
		(void)error_give(error, &e);
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL || (c->url = strdup(url)) == NULL) {
		free(c);
		(void)arena_fail(&e, "client");
		(void)error_give(error, &e);
		return NULL;
	}
	pthread_mutex_init(&c->lock, NULL);
	strcpy(c->api_version, CLIENT_API_VERSION);
	return c;
}

void
attest_client_free(struct attest_client *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < MAX_IDLE; i++)
		http_client_free(c->idle[i]);
	pthread_mutex_destroy(&c->lock);
	credential_unref(c->credential);
	free(c->ca_file);
	free(c->url);
	free(c);
}

bool
attest_client_set_ca_file(struct attest_client *c, const char *path)
{
	char *copy = path == NULL ? NULL : strdup(path);

	if (c == NULL || (path != NULL && copy == NULL)) {
		free(copy);
		return false;
	}
	free(c->ca_file);
	c->ca_file = copy;
	return true;
}

bool
attest_client_set_api_version(struct attest_client *c, const char *version)
{
	const char *v = version == NULL ? CLIENT_API_VERSION : version;

	if (c == NULL || strlen(v) >= sizeof(c->api_version) ||
	    strspn(v, "abcdefghijklmnopqrstuvwxyz0123456789-.") != strlen(v))
		return false;
	strcpy(c->api_version, v);
	return true;
}

void
attest_client_set_credential(struct attest_client *c, struct attest_credential *credential)
{
	struct credential *inside = credential_of(credential);

	if (c == NULL)
		return;
	if (inside != NULL)
		credential_ref(inside);
	credential_unref(c->credential);
	c->credential = inside;
}

void
attest_client_set_timeout(struct attest_client *c, uint32_t milliseconds)
{
	if (c != NULL)
		c->timeout_ms = milliseconds;
}

void
attest_client_allow_private_addresses(struct attest_client *c)
{
	if (c != NULL)
		c->allow_private = true;
}

static struct http_client *
take_http(struct attest_client *c, struct err *e)
{
	struct http_client *http = NULL;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < MAX_IDLE && http == NULL; i++)
		http = TAKE(c->idle[i]);
	pthread_mutex_unlock(&c->lock);
	return http != NULL ? http : http_client_new(e);
}

static void
give_http(struct attest_client *c, struct http_client *http)
{
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < MAX_IDLE && http != NULL; i++)
		if (c->idle[i] == NULL)
			c->idle[i] = TAKE(http);
	pthread_mutex_unlock(&c->lock);
	http_client_free(http);
}

static int
ask(struct attest_client *c, struct http_client *http, const struct client_request *rq,
    struct attest_answer *a, struct err *e)
{
	DEFER(secret_release) struct secret token = { 0 };
	struct client_target to = { .url = c->url,
		.ca_file = c->ca_file,
		.refuse_private = !c->allow_private,
		.timeout_ms = c->timeout_ms,
		.http = http };

	if (c->credential != NULL) {
		TRY(credential_token(c->credential, clock_now_at(), &token, e));
		to.bearer = (const char *)token.p;
	}
	return client_send(&to, rq, &a->arena, &a->got, e);
}

static struct attest_answer *
call(struct attest_client *c, const struct client_request *rq, struct err *e,
    struct attest_error **error)
{
	struct attest_answer *a = c == NULL || e->code != ERR_NONE ? NULL : answer_new();
	struct http_client *http = a == NULL ? NULL : take_http(c, e);
	int done = http == NULL ? -1 : ask(c, http, rq, a, e);

	if (http != NULL)
		give_http(c, http);
	if (done == 0)
		return a;
	attest_answer_free(a);
	if (e->code == ERR_NONE)
		(void)(c == NULL ? err_set(e, ERR_INVALID, "client: no client was given")
				 : arena_fail(e, "client"));
	(void)error_give(error, e);
	return NULL;
}

/*
 * PATH, in which one "{}" is replaced by PART. A part is a name of letters, digits and "-._/"; nothing that could end the
 * path or climb out of it.
 */
static const char *
path_of(const char *pattern, const char *part, char out[MAX_PATH_SIZE], struct err *e)
{
	const char *hole = strstr(pattern, "{}");
	size_t size = part == NULL ? 0 : strlen(part);

	if (size == 0 || size > 256 || strstr(part, "..") != NULL || part[0] == '/' ||
	    strspn(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/") !=
		size) {
		(void)err_set(e, ERR_INVALID, "client: not a name that a path may hold");
		return pattern;
	}
	snprintf(out, MAX_PATH_SIZE, "%.*s%s%s", (int)(hole - pattern), pattern, part, hole + 2);
	return out;
}

static struct attest_answer *
get(struct attest_client *c, const char *path, bool versioned, struct err *e,
    struct attest_error **error)
{
	return call(c,
	    &(struct client_request){ .path = path,
		.api_version = versioned && c != NULL ? c->api_version : NULL },
	    e, error);
}

static struct attest_answer *
send_jws(struct attest_client *c, const char *method, const char *path, const char *jws,
    struct err *e, struct attest_error **error)
{
	struct client_request rq = { .path = path,
		.method = method,
		.content_type = "text/plain",
		.api_version = c == NULL ? NULL : c->api_version };

	if (jws == NULL && e->code == ERR_NONE)
		(void)err_set(e, ERR_INVALID, "client: no document was given");
	else if (jws != NULL)
		rq.body = bytes_of_str(jws);
	return call(c, &rq, e, error);
}

/* maa-api.md 1.5: the body of certificates calls is one JSON string. */
static struct attest_answer *
send_certificate(struct attest_client *c, const char *path, const char *jws,
    struct attest_error **error)
{
	DEFER(buf_release) struct buf body = { 0 };
	struct client_request rq = { .path = path,
		.api_version = c == NULL ? NULL : c->api_version };
	struct err e = { 0 };

	buf_init(&body, MAX_JWS_SIZE * 2);
	if (jws == NULL)
		(void)err_set(&e, ERR_INVALID, "client: no document was given");
	else
		json_emit_str(&body, bytes_of_str(jws));
	if (!buf_ok(&body))
		(void)err_set(&e, ERR_LIMIT, "client: a document that is too long");
	rq.body = buf_bytes(&body);
	return call(c, &rq, &e, error);
}

struct attest_answer *
attest_client_attest(struct attest_client *c, const struct attest_request *rq,
    struct attest_error **error)
{
	DEFER(buf_release) struct buf body = { 0 };
	char path[MAX_PATH_SIZE];
	struct client_request out = { .api_version = c == NULL ? NULL : c->api_version };
	struct err e = { 0 };

	if (rq == NULL)
		(void)err_set(&e, ERR_INVALID, "client: no request was given");
	else if (rq->first.code != ERR_NONE)
		e = rq->first;
	else
		out.path = path_of("/attest/{}", rq->rq.type, path, &e);
	buf_init(&body, MAX_ATTEST_BODY);
	if (e.code == ERR_NONE && client_attest_emit(&rq->rq, &body, &e) == 0)
		out.body = buf_bytes(&body);
	return call(c, &out, &e, error);
}

struct attest_answer *
attest_client_discovery(struct attest_client *c, struct attest_error **error)
{
	struct err e = { 0 };

	return get(c, "/.well-known/openid-configuration", false, &e, error);
}

struct attest_answer *
attest_client_certs(struct attest_client *c, struct attest_error **error)
{
	struct err e = { 0 };

	return get(c, "/certs", false, &e, error);
}

struct attest_answer *
attest_client_health(struct attest_client *c, struct attest_error **error)
{
	struct err e = { 0 };

	return get(c, "/servicehealth", true, &e, error);
}

struct attest_answer *
attest_client_policy_get(struct attest_client *c, const char *type, struct attest_error **error)
{
	char path[MAX_PATH_SIZE];
	struct err e = { 0 };

	return get(c, path_of("/policies/{}", type, path, &e), true, &e, error);
}

struct attest_answer *
attest_client_policy_set(struct attest_client *c, const char *type, const char *jws,
    struct attest_error **error)
{
	char path[MAX_PATH_SIZE];
	struct err e = { 0 };

	return send_jws(c, "PUT", path_of("/policies/{}", type, path, &e), jws, &e, error);
}

struct attest_answer *
attest_client_policy_reset(struct attest_client *c, const char *type, const char *jws,
    struct attest_error **error)
{
	char path[MAX_PATH_SIZE];
	struct err e = { 0 };

	return send_jws(c, "POST", path_of("/policies/{}:reset", type, path, &e), jws, &e, error);
}

struct attest_answer *
attest_client_certificates_get(struct attest_client *c, struct attest_error **error)
{
	struct err e = { 0 };

	return get(c, "/certificates", true, &e, error);
}

struct attest_answer *
attest_client_certificates_add(struct attest_client *c, const char *jws,
    struct attest_error **error)
{
	return send_certificate(c, "/certificates:add", jws, error);
}

struct attest_answer *
attest_client_certificates_remove(struct attest_client *c, const char *jws,
    struct attest_error **error)
{
	return send_certificate(c, "/certificates:remove", jws, error);
}

struct attest_answer *
attest_client_tcb_baselines(struct attest_client *c, const char *type, struct attest_error **error)
{
	char path[MAX_PATH_SIZE];
	struct err e = { 0 };

	return get(c, path_of("/tcbbaselines/{}", type, path, &e), true, &e, error);
}

struct attest_answer *
attest_client_trace(struct attest_client *c, const char *id, const char *key,
    struct attest_error **error)
{
	char path[MAX_PATH_SIZE];
	struct err e = { 0 };
	struct client_request rq = { .path = path_of("/attestd/traces/{}", id, path, &e),
		.header_name = key == NULL ? NULL : "x-attest-trace-key",
		.header_value = key };

	return call(c, &rq, &e, error);
}

struct attest_answer *
attest_client_log_checkpoint(struct attest_client *c, struct attest_error **error)
{
	struct err e = { 0 };

	return get(c, "/attestd/log/checkpoint", false, &e, error);
}

struct attest_answer *
attest_client_log_key(struct attest_client *c, struct attest_error **error)
{
	struct err e = { 0 };

	return get(c, "/attestd/log/key", false, &e, error);
}

struct attest_answer *
attest_client_log_tile(struct attest_client *c, const char *tile, struct attest_error **error)
{
	char path[MAX_PATH_SIZE];
	struct err e = { 0 };

	return get(c, path_of("/attestd/log/tile/{}", tile, path, &e), false, &e, error);
}

struct attest_answer *
attest_client_log_proof(struct attest_client *c, const char *jti, struct attest_error **error)
{
	char path[MAX_PATH_SIZE];
	struct err e = { 0 };

	return get(c, path_of("/attestd/log/proof?jti={}", jti, path, &e), false, &e, error);
}

struct attest_answer *
attest_client_log_records(struct attest_client *c, uint64_t from, uint64_t count,
    struct attest_error **error)
{
	char path[MAX_PATH_SIZE];
	struct err e = { 0 };

	snprintf(path, sizeof(path), "/attestd/log/records?from=%llu&count=%llu",
	    (unsigned long long)from, (unsigned long long)count);
	return get(c, path, false, &e, error);
}
