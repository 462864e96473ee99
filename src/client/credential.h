/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With what a client shows who it is: a source of bearer tokens (RFC 6750). A token is fetched when it is first needed,
 * kept until shortly before it expires, and never written to a log or into an error.
 *
 *	struct credential_entra who = { .tenant = "contoso.onmicrosoft.com", .client_id = "…", .secret = "…" };
 *	DEFER(credential_unrefp) struct credential *c = NULL;
 *	TRY(credential_new_entra(&who, &c, e));
 *	DEFER(secret_release) struct secret token = { 0 };
 *	TRY(credential_token(c, clock_now_at(), &token, e));
 *
 * Shared by reference count; any number of threads may ask. While one fetches the others wait for the same token.
 */
#pragma once

#include "base/err.h"
#include "base/secret.h"

#include <stdint.h>

#define MAX_BEARER_SIZE 16384
/* The resource of attestation services (maa-api.md 1.2). */
#define CREDENTIAL_RESOURCE "https://attest.azure.net"

struct credential;

/*
 * OAuth 2.0 client credentials (RFC 6749 4.4) at a token endpoint of Entra's shape, AUTHORITY/TENANT/oauth2/v2.0/token. The
 * client is known by a secret, or by an assertion signed with the key of a certificate (RFC 7523 2.2). Strings are copied.
 */
struct credential_entra {
	const char *authority; /* NULL: https://login.microsoftonline.com */
	const char *tenant, *client_id;
	const char *secret;       /* one of this … */
	struct bytes key_pem;     /* … and these two: an RSA key, PEM, */
	struct bytes certificate; /* and its certificate, PEM */
	const char *scope;        /* NULL: CREDENTIAL_RESOURCE "/.default" */
	const char *ca_file;      /* NULL: the system's */
	bool allow_private;
	unsigned timeout_ms; /* 0: 10 s */
};

/*
 * The identity that Azure gives to a virtual machine, asked of its metadata service. The one thing in this library that
 * speaks plain HTTP with a link-local address; the address is fixed.
 */
struct credential_managed {
	const char *client_id; /* of a user-assigned identity; NULL: the system-assigned one */
	const char *resource;  /* NULL: CREDENTIAL_RESOURCE */
	const char *endpoint;  /* NULL: http://169.254.169.254; another one is for tests */
	unsigned timeout_ms;   /* 0: 10 s */
};

/* What a callback gives: TEXT is copied at once; EXPIRES_AT 0: ask again each time. */
struct credential_answer {
	struct secret text;
	int64_t expires_at;
};

int credential_new_bearer(const char *token, struct credential **out, struct err *e) MUST_CHECK;
/* The file is read anew for each call, so whoever renews it needs to tell nobody. White space around is ignored. */
int credential_new_file(const char *path, struct credential **out, struct err *e) MUST_CHECK;
/* DROP, which may be NULL, is given USER when the credential ends; on failure USER stays the caller's. */
int credential_new_callback(int (*ask)(void *user, struct credential_answer *out, struct err *e),
    void *user, void (*drop)(void *user), struct credential **out, struct err *e) MUST_CHECK;
int credential_new_entra(const struct credential_entra *who, struct credential **out, struct err *e)
    MUST_CHECK;
int credential_new_managed(const struct credential_managed *who, struct credential **out,
    struct err *e) MUST_CHECK;
struct credential *credential_ref(struct credential *c);
void credential_unref(struct credential *c);
void credential_unrefp(struct credential **c);

/*
 * A token that is good at NOW_AT, with a NUL behind it that is not counted; the caller's, to be given to
 * secret_release(). ERR_DENIED: the endpoint says no. ERR_UNAVAILABLE: it does not answer.
 */
int credential_token(struct credential *c, int64_t now_at, struct secret *out, struct err *e)
    MUST_CHECK;
