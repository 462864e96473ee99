/* SPDX-License-Identifier: Apache-2.0 */
/* The attester's half of attest/possession.h. */
#include "lib/lib.h"

#include "base/b64.h"
#include "client/possession.h"
#include "crypto/privkey.h"

#include <stdlib.h>
#include <string.h>

/* The token and what is read of it. */
#define MAX_POSSESSION_MEMORY (8U << 20)
#define MAX_JWK_SIZE          65536

struct attest_possession {
	struct arena arena;
	struct possession_request rq;
	const char *text; /* NULL until it was signed */
};

struct attest_signature {
	uint8_t bytes[MAX_SIG_SIZE];
	size_t size;
};

static void
possession_freep(struct attest_possession **p)
{
	attest_possession_free(*p);
}

static int
take(struct attest_possession *p, const void *from, size_t size, const char *what,
    struct bytes *out, struct err *e)
{
	if (from == NULL)
		return err_set(e, ERR_INVALID, "possession: no %s was given", what);
	*out = arena_copy(&p->arena, bytes_of(from, size));
	return out->p == NULL ? arena_fail(e, "possession") : 0;
}

static int
take_text(struct attest_possession *p, const char *text, const char *what, struct bytes *out,
    struct err *e)
{
	return take(p, text, text == NULL ? 0 : bytes_of_str(text).size, what, out, e);
}

static int
possession_new(const char *token, size_t token_size, const char *audience, const char *challenge,
    const void *context, size_t context_size, struct attest_possession **out, struct err *e)
{
	DEFER(possession_freep) struct attest_possession *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return arena_fail(e, "possession");
	arena_init(&p->arena, MAX_POSSESSION_MEMORY);
	if (token_size > MAX_JWS_SIZE)
		return err_set(e, ERR_LIMIT, "possession: a token of %zu bytes, at most %d",
		    token_size, MAX_JWS_SIZE);
	TRY(take(p, token, token_size, "token", &p->rq.token, e));
	TRY(take_text(p, audience, "audience", &p->rq.audience, e));
	TRY(take_text(p, challenge, "challenge", &p->rq.challenge, e));
	if (context != NULL || context_size > 0)
		TRY(take(p, context, context_size, "context", &p->rq.context, e));
	*out = TAKE(p);
	return 0;
}

struct attest_possession *
attest_possession_new(const char *token, size_t token_size, const char *audience,
    const char *challenge, const void *context, size_t context_size, struct attest_error **error)
{
	struct attest_possession *p = NULL;
	struct err e = { 0 };

	if (possession_new(token, token_size, audience, challenge, context, context_size, &p, &e) <
	    0)
		(void)error_give(error, &e);
	return p;
}

void
attest_possession_free(struct attest_possession *p)
{
	if (p == NULL)
		return;
	arena_release(&p->arena);
	free(p);
}

const char *
attest_possession_text(const struct attest_possession *p)
{
	return p == NULL ? NULL : p->text;
}

/* What came of signing, into P. */
static int
keep(struct attest_possession *p, struct possession_draft *d, struct bytes signature, struct err *e)
{
	struct bytes text;

	TRY(possession_finish(d, signature, e));
	text = arena_copy(&p->arena, buf_bytes(&d->text));
	if (text.p == NULL)
		return arena_fail(e, "possession");
	p->text = (const char *)text.p;
	return 0;
}

static int
sign_with_pem(struct attest_possession *p, const char *pem, struct err *e)
{
	DEFER(possession_draft_release) struct possession_draft d = { 0 };
	DEFER(privkey_freep) struct privkey *key = NULL;
	uint8_t digest[SHA256_SIZE], sig[MAX_SIG_SIZE];
	char thumbprint[JWK_THUMBPRINT_SIZE];
	size_t size;

	if (p == NULL || pem == NULL)
		return err_set(e, ERR_INVALID, "possession: no %s was given",
		    p == NULL ? "possession" : "key");
	TRY(privkey_from_pem(bytes_of_str(pem), &key, e));
	jwk_thumbprint(privkey_public(key), digest);
	b64_encode(B64_URL, BYTES_OF(digest), thumbprint);
	TRY(possession_begin(&p->rq, bytes_of(thumbprint, sizeof(thumbprint)), &p->arena, &d, e));
	TRY(privkey_sign(key, d.key.alg, SIG_RAW, buf_bytes(&d.text), sig, &size, e));
	return keep(p, &d, bytes_of(sig, size), e);
}

int
attest_possession_sign(struct attest_possession *p, const char *key_pem,
    struct attest_error **error)
{
	struct err e = { 0 };

	return sign_with_pem(p, key_pem, &e) < 0 ? error_give(error, &e) : 0;
}

void
attest_signature_set(struct attest_signature *s, const void *signature, size_t size)
{
	if (s == NULL)
		return;
	s->size = 0;
	if (signature == NULL || size > sizeof(s->bytes))
		return;
	memcpy(s->bytes, signature, size);
	s->size = size;
}

/* A JWK, or the thumbprint itself. */
static int
thumbprint_of(struct attest_possession *p, const char *key, char room[JWK_THUMBPRINT_SIZE],
    struct bytes *out, struct err *e)
{
	struct bytes text = bytes_of_str(key);
	const struct json *jwk;
	bool is_known;

	if (text.size == 0 || text.p[0] != '{') {
		*out = text;
		return 0;
	}
	TRY(json_parse(text, MAX_JWK_SIZE, &p->arena, &jwk, e));
	TRY(jwk_thumbprint_text(jwk, &p->arena, room, &is_known, e));
	if (!is_known)
		return err_set(e, ERR_INVALID, "possession: not a JWK of kty RSA, EC or OKP");
	*out = bytes_of(room, JWK_THUMBPRINT_SIZE);
	return 0;
}

static int
sign_by(struct attest_possession *p, const char *key,
    int (*sign)(void *user, const char *alg, const void *message, size_t size,
	struct attest_signature *out),
    void *user, struct err *e)
{
	DEFER(possession_draft_release) struct possession_draft d = { 0 };
	struct attest_signature got = { .size = 0 };
	char room[JWK_THUMBPRINT_SIZE];
	struct bytes thumbprint = { 0 };

	if (p == NULL || sign == NULL)
		return err_set(e, ERR_INVALID, "possession: no %s was given",
		    p == NULL ? "possession" : "function that signs");
	if (key != NULL)
		TRY(thumbprint_of(p, key, room, &thumbprint, e));
	TRY(possession_begin(&p->rq, thumbprint, &p->arena, &d, e));
	if (sign(user, sig_alg_name(d.key.alg), d.text.p, d.text.size, &got) != 0)
		return err_set(e, ERR_UNAVAILABLE, "possession: the caller's function failed");
	return keep(p, &d, bytes_of(got.bytes, got.size), e);
}

int
attest_possession_sign_by(struct attest_possession *p, const char *key,
    int (*sign)(void *user, const char *alg, const void *message, size_t size,
	struct attest_signature *out),
    void *user, struct attest_error **error)
{
	struct err e = { 0 };

	return sign_by(p, key, sign, user, &e) < 0 ? error_give(error, &e) : 0;
}
