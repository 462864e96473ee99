/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request without a socket, for tests of handlers.
 *
 *	struct fake_http f;
 *	fake_http_init(&f, "GET", "/certs", "api-version=2022-08-01", BYTES(""));
 *	fake_http_header(&f, "If-None-Match", "\"…\"");
 *	handle(&f.rq, user);
 *	assert_int_equal(f.status, 200);   f.body, f.content_type, fake_http_answer(&f, "ETag")
 *	fake_http_release(&f);
 *
 * fake_http_wait() waits for an answer given by another thread.
 */
#pragma once

#include "base/buf.h"
#include "net/http_server.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#define FAKE_HTTP_HEADERS 16

struct fake_http {
	struct http_request rq; /* first */
	struct arena arena;
	struct http_header headers[FAKE_HTTP_HEADERS];
	size_t header_count;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* The answer, copied when it is given. */
	unsigned answers, status;
	char content_type[64];
	char names[MAX_HTTP_RESPONSE_HEADERS][64], values[MAX_HTTP_RESPONSE_HEADERS][512];
	size_t answer_header_count;
	struct buf body;
};

static inline struct bytes
fake_http_header_of(const struct http_request *rq, const char *name)
{
	const struct fake_http *f = (const struct fake_http *)(const void *)rq;

	for (size_t i = 0; i < f->header_count; i++)
		if (bytes_is_str_nocase(bytes_of_str(f->headers[i].name), name))
			return bytes_of_str(f->headers[i].value);
	return (struct bytes){ 0 };
}

static inline void
fake_http_copy(char *out, size_t room, const char *from)
{
	size_t size = from == NULL ? 0 : strlen(from);

	if (size >= room)
		size = room - 1;
	if (size > 0)
		memcpy(out, from, size);
	out[size] = '\0';
}

static inline void
fake_http_respond(struct http_request *rq, const struct http_response *r)
{
	struct fake_http *f = (struct fake_http *)(void *)rq;

	if (r->prebuilt != NULL)
		r = http_prebuilt_response(r->prebuilt);
	pthread_mutex_lock(&f->lock);
	f->answers++;
	f->status = r->status;
	fake_http_copy(f->content_type, sizeof(f->content_type), r->content_type);
	for (size_t i = 0; i < r->header_count; i++) {
		fake_http_copy(f->names[i], sizeof(f->names[i]), r->headers[i].name);
		fake_http_copy(f->values[i], sizeof(f->values[i]), r->headers[i].value);
	}
	f->answer_header_count = r->header_count;
	buf_add(&f->body, r->body);
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
}

static inline void
fake_http_init(struct fake_http *f, const char *method, const char *path, const char *query,
    struct bytes body)
{
	static const struct http_ops ops = { fake_http_header_of, fake_http_respond };

	memset(f, 0, sizeof(*f));
	arena_init(&f->arena, 16u << 20);
	buf_init(&f->body, 16u << 20);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->wake, NULL);
	f->rq = (struct http_request){ .method = bytes_of_str(method),
		.path = bytes_of_str(path),
		.query = bytes_of_str(query),
		.body = body,
		.host = BYTES("localhost:8443"),
		.port = 8443,
		.listener = "test",
		.client = "127.0.0.1",
		.arena = &f->arena,
		.ops = &ops };
}

static inline void
fake_http_header(struct fake_http *f, const char *name, const char *value)
{
	if (f->header_count < FAKE_HTTP_HEADERS)
		f->headers[f->header_count++] = (struct http_header){ name, value };
}

/* NULL when the answer has no such header. */
static inline const char *
fake_http_answer(const struct fake_http *f, const char *name)
{
	for (size_t i = 0; i < f->answer_header_count; i++)
		if (bytes_is_str_nocase(bytes_of_str(f->names[i]), name))
			return f->values[i];
	return NULL;
}

/* False when no answer came within five seconds. */
static inline bool
fake_http_wait(struct fake_http *f)
{
	struct timespec until;
	bool answered;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 5;
	pthread_mutex_lock(&f->lock);
	while (f->answers == 0)
		if (pthread_cond_timedwait(&f->wake, &f->lock, &until) != 0)
			break;
	answered = f->answers > 0;
	pthread_mutex_unlock(&f->lock);
	return answered;
}

static inline void
fake_http_release(struct fake_http *f)
{
	arena_release(&f->arena);
	buf_release(&f->body);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->wake);
}
