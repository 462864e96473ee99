/* SPDX-License-Identifier: Apache-2.0 */
/* attest_credential_*: the public face of client/credential.h. */
#include "lib/client_impl.h"

#include <stdlib.h>
#include <string.h>

struct attest_credential {
	struct credential *inside;
};

struct attest_bearer {
	struct credential_answer *out;
	bool is_set;
};

/* What the caller gave, for as long as the credential inside lives. */
struct callback {
	int (*ask)(void *user, struct attest_bearer *b);
	void *user;
};

struct credential *
credential_of(struct attest_credential *c)
{
	return c == NULL ? NULL : c->inside;
}

/* Takes INSIDE over. */
static struct attest_credential *
wrap(int done, struct credential *inside, const struct err *e, struct attest_error **error)
{
	struct attest_credential *c = done < 0 ? NULL : calloc(1, sizeof(*c));
	struct err memory = { 0 };

	if (c == NULL) {
		if (done == 0)
			(void)arena_fail(&memory, "credential");
		(void)error_give(error, done < 0 ? e : &memory);
		credential_unref(inside);
		return NULL;
	}
	c->inside = inside;
	return c;
}

static int
need(const void *argument, const char *what, struct err *e)
{
	return argument != NULL ? 0 : err_set(e, ERR_INVALID, "credential: no %s was given", what);
}

struct attest_credential *
attest_credential_new_bearer(const char *token, struct attest_error **error)
{
	struct credential *inside = NULL;
	struct err e = { 0 };
	int done = need(token, "token", &e);

	if (done == 0)
		done = credential_new_bearer(token, &inside, &e);
	return wrap(done, inside, &e, error);
}

struct attest_credential *
attest_credential_new_file(const char *path, struct attest_error **error)
{
	struct credential *inside = NULL;
	struct err e = { 0 };
	int done = need(path, "path", &e);

	if (done == 0)
		done = credential_new_file(path, &inside, &e);
	return wrap(done, inside, &e, error);
}

void
attest_bearer_set(struct attest_bearer *b, const char *token, int64_t expires_at)
{
	size_t size = token == NULL ? 0 : strlen(token);

	secret_release(&b->out->text);
	b->is_set = size > 0 && secret_init(&b->out->text, size + 1);
	if (!b->is_set)
		return;
	memcpy(b->out->text.p, token, size);
	b->out->expires_at = expires_at;
}

static int
ask_caller(void *user, struct credential_answer *out, struct err *e)
{
	const struct callback *c = user;
	struct attest_bearer b = { .out = out };

	if (c->ask(c->user, &b) == 0 && b.is_set)
		return 0;
	return err_set(e, ERR_DENIED, "credential: the callback gave no token");
}

struct attest_credential *
attest_credential_new_callback(int (*ask)(void *user, struct attest_bearer *b), void *user,
    struct attest_error **error)
{
	struct credential *inside = NULL;
	struct callback *kept = malloc(sizeof(*kept));
	struct err e = { 0 };
	int done = -1;

	if (kept == NULL)
		(void)arena_fail(&e, "credential");
	else if (ask == NULL)
		(void)err_set(&e, ERR_INVALID, "credential: no callback was given");
	else {
		*kept = (struct callback){ ask, user };
		done = credential_new_callback(ask_caller, kept, free, &inside, &e);
	}
	if (done < 0)
		free(kept);
	return wrap(done, inside, &e, error);
}

static struct bytes
text_or_nothing(const char *text)
{
	return text == NULL ? (struct bytes){ 0 } : bytes_of_str(text);
}

static struct attest_credential *
new_entra(const struct credential_entra *who, struct attest_error **error)
{
	struct credential *inside = NULL;
	struct err e = { 0 };
	int done = credential_new_entra(who, &inside, &e);

	return wrap(done, inside, &e, error);
}

struct attest_credential *
attest_credential_new_entra_secret(const char *authority, const char *tenant, const char *client_id,
    const char *secret, const char *scope, struct attest_error **error)
{
	return new_entra(&(struct credential_entra){ .authority = authority,
			     .tenant = tenant,
			     .client_id = client_id,
			     .secret = secret,
			     .scope = scope },
	    error);
}

struct attest_credential *
attest_credential_new_entra_certificate(const char *authority, const char *tenant,
    const char *client_id, const char *key_pem, const char *certificate_pem, const char *scope,
    struct attest_error **error)
{
	return new_entra(&(struct credential_entra){ .authority = authority,
			     .tenant = tenant,
			     .client_id = client_id,
			     .key_pem = text_or_nothing(key_pem),
			     .certificate = text_or_nothing(certificate_pem),
			     .scope = scope },
	    error);
}

struct attest_credential *
attest_credential_new_private_authority(const char *authority, const char *ca_file,
    const char *tenant, const char *client_id, const char *secret, const char *key_pem,
    const char *certificate_pem, const char *scope, struct attest_error **error)
{
	return new_entra(&(struct credential_entra){ .authority = authority,
			     .ca_file = ca_file,
			     .allow_private = true,
			     .tenant = tenant,
			     .client_id = client_id,
			     .secret = secret,
			     .key_pem = text_or_nothing(key_pem),
			     .certificate = text_or_nothing(certificate_pem),
			     .scope = scope },
	    error);
}

struct attest_credential *
attest_credential_new_managed_identity(const char *client_id, struct attest_error **error)
{
	struct credential *inside = NULL;
	struct err e = { 0 };
	int done = credential_new_managed(&(struct credential_managed){ .client_id = client_id },
	    &inside, &e);

	return wrap(done, inside, &e, error);
}

void
attest_credential_free(struct attest_credential *c)
{
	if (c == NULL)
		return;
	credential_unref(c->inside);
	free(c);
}
