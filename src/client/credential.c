/* SPDX-License-Identifier: Apache-2.0 */
#include "client/credential.h"

#include "base/arena.h"
#include "client/oauth.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A token is given up this long before it expires, or after half its life if that is shorter. */
#define SPARE_S       300
#define OWN_MEMORY    (256u << 10)
#define MAX_FILE_SIZE (MAX_BEARER_SIZE + 256)

enum kind { BEARER, TOKEN_FILE, CALLBACK, ENTRA, MANAGED };

struct credential {
	atomic_uint refs;
	enum kind kind;
	struct arena own; /* strings that are not secret */
	const char *path;
	int (*ask)(void *user, struct credential_answer *out, struct err *e);
	void *user;
	void (*drop)(void *user);
	struct oauth_client *oauth; /* ENTRA, MANAGED */

	pthread_mutex_t lock;
	struct credential_answer kept;
	int64_t renew_at;
};

static int
check_bearer(struct bytes text, struct err *e)
{
	size_t i = 0;

	/* RFC 6750 2.1: b64token. Anything else could end the header and begin another. */
	while (i < text.size && text.p[i] != '\0' &&
	    (strchr("-._~+/", text.p[i]) != NULL || (text.p[i] >= '0' && text.p[i] <= '9') ||
		(text.p[i] >= 'A' && text.p[i] <= 'Z') || (text.p[i] >= 'a' && text.p[i] <= 'z')))
		i++;
	if (i > 0)
		while (i < text.size && text.p[i] == '=')
			i++;
	if (i == 0 || i < text.size)
		return err_set(e, ERR_MALFORMED, "credential: not a bearer token (RFC 6750 2.1)");
	if (text.size > MAX_BEARER_SIZE)
		return err_set(e, ERR_LIMIT, "credential: a token of %zu bytes, at most %d",
		    text.size, MAX_BEARER_SIZE);
	return 0;
}

/* TEXT with a NUL behind it. */
static int
keep(struct bytes text, struct secret *out, struct err *e)
{
	struct secret s;

	if (!secret_init(&s, text.size + 1))
		return err_set(e, ERR_LIMIT, "credential: out of memory");
	memcpy(s.p, text.p, text.size);
	*out = s;
	return 0;
}

static struct bytes
kept_text(const struct secret *s)
{
	return bytes_of(s->p, s->size - 1);
}

/* NULL when out of memory. */
static struct credential *
make(enum kind kind, struct err *e)
{
	struct credential *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		err_set(e, ERR_LIMIT, "credential: out of memory");
		return NULL;
	}
	atomic_init(&c->refs, 1);
	c->kind = kind;
	arena_init(&c->own, OWN_MEMORY);
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

int
credential_new_bearer(const char *token, struct credential **out, struct err *e)
{
	DEFER(credential_unrefp) struct credential *c = make(BEARER, e);
	struct bytes text = bytes_of_str(token);

	if (c == NULL)
		return -1;
	TRY(check_bearer(text, e));
	TRY(keep(text, &c->kept.text, e));
	*out = TAKE(c);
	return 0;
}

int
credential_new_file(const char *path, struct credential **out, struct err *e)
{
	DEFER(credential_unrefp) struct credential *c = make(TOKEN_FILE, e);

	if (c == NULL)
		return -1;
	c->path = (const char *)arena_copy(&c->own, bytes_of_str(path)).p;
	if (c->path == NULL)
		return arena_fail(e, "credential");
	*out = TAKE(c);
	return 0;
}

int
credential_new_callback(int (*ask)(void *user, struct credential_answer *out, struct err *e),
    void *user, void (*drop)(void *user), struct credential **out, struct err *e)
{
	struct credential *c = make(CALLBACK, e);

	if (c == NULL)
		return -1;
	c->ask = ask;
	c->user = user;
	c->drop = drop;
	*out = c;
	return 0;
}

int
credential_new_entra(const struct credential_entra *who, struct credential **out, struct err *e)
{
	DEFER(credential_unrefp) struct credential *c = make(ENTRA, e);

	if (c == NULL)
		return -1;
	TRY(oauth_new_entra(who, &c->oauth, e));
	*out = TAKE(c);
	return 0;
}

int
credential_new_managed(const struct credential_managed *who, struct credential **out, struct err *e)
{
	DEFER(credential_unrefp) struct credential *c = make(MANAGED, e);

	if (c == NULL)
		return -1;
	TRY(oauth_new_managed(who, &c->oauth, e));
	*out = TAKE(c);
	return 0;
}

struct credential *
credential_ref(struct credential *c)
{
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void
credential_unref(struct credential *c)
{
	if (c == NULL || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (c->drop != NULL)
		c->drop(c->user);
	secret_release(&c->kept.text);
	oauth_free(c->oauth);
	arena_release(&c->own);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void
credential_unrefp(struct credential **c)
{
	credential_unref(*c);
	*c = NULL;
}

static struct bytes
trim(struct bytes text)
{
	while (text.size > 0 && strchr(" \t\r\n", text.p[0]) != NULL)
		text = bytes_slice(text, 1, text.size);
	while (text.size > 0 && strchr(" \t\r\n", text.p[text.size - 1]) != NULL)
		text.size--;
	return text;
}

static int
read_file(const char *path, struct secret *out, struct err *e)
{
	DEFER(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	DEFER(secret_release) struct secret room = { 0 };
	size_t size = 0;
	ssize_t got = 1;
	struct bytes text;

	if (fd < 0)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	if (!secret_init(&room, MAX_FILE_SIZE))
		return err_set(e, ERR_LIMIT, "credential: out of memory");
	while (got != 0 && size < room.size) {
		got = read(fd, room.p + size, room.size - size);
		if (got < 0 && errno != EINTR)
			return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
		size += got > 0 ? (size_t)got : 0;
	}
	if (size == room.size)
		return err_set(e, ERR_LIMIT, "%s: larger than a token may be", path);
	text = trim(bytes_of(room.p, size));
	if (check_bearer(text, e) < 0)
		return err_in(e, "%s", path);
	return keep(text, out, e);
}

/* A new one into `kept`; the one before stays when that fails. Under the lock. */
static int
renew(struct credential *c, int64_t now_at, struct err *e)
{
	struct credential_answer got = { 0 };
	int64_t spare;

	if ((c->kind == CALLBACK ? c->ask(c->user, &got, e)
				 : oauth_ask(c->oauth, now_at, &got, e)) < 0) {
		secret_release(&got.text);
		return -1;
	}
	if (got.text.size == 0 || check_bearer(kept_text(&got.text), e) < 0) {
		secret_release(&got.text);
		return err_set(e, ERR_MALFORMED, "credential: not a bearer token (RFC 6750 2.1)");
	}
	secret_release(&c->kept.text);
	c->kept = got;
	spare = got.expires_at > now_at ? (got.expires_at - now_at) / 2 : 0;
	c->renew_at = got.expires_at - (spare < SPARE_S ? spare : SPARE_S);
	return 0;
}

/* Under the lock. What is kept is good for a while yet when the endpoint is away just now. */
static int
current(struct credential *c, int64_t now_at, struct secret *out, struct err *e)
{
	struct err why = { 0 };

	if (c->kind != BEARER && now_at >= c->renew_at && renew(c, now_at, &why) < 0 &&
	    (c->kept.text.size == 0 || now_at >= c->kept.expires_at))
		return err_set(e, why.code, "%s", why.msg);
	return keep(kept_text(&c->kept.text), out, e);
}

int
credential_token(struct credential *c, int64_t now_at, struct secret *out, struct err *e)
{
	int done;

	if (c->kind == TOKEN_FILE)
		return read_file(c->path, out, e);
	pthread_mutex_lock(&c->lock);
	done = current(c, now_at, out, e);
	pthread_mutex_unlock(&c->lock);
	return done;
}
