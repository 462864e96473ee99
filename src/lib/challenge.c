/* SPDX-License-Identifier: Apache-2.0 */
/* The relying party's half of attest/possession.h: attest_challenge_*, attest_challenger_*. */
#include "lib/lib.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/secret.h"
#include "client/possession.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CONTEXT_SIZE     65536
#define MAX_CHALLENGE_MEMORY (MAX_CONTEXT_SIZE + MAX_AUDIENCE_SIZE + 4096)

struct attest_challenge {
	struct arena arena;
	struct challenge c;
	char text[CHALLENGE_TEXT_SIZE];
	_Atomic bool is_spent;
};

struct attest_challenger {
	struct arena arena;
	struct bytes audience;
	struct secret secret;
	uint32_t lifetime_s;
};

static int
check_lifetime(uint32_t lifetime_s, struct err *e)
{
	if (lifetime_s == 0 || lifetime_s > MAX_CHALLENGE_SECONDS)
		return err_set(e, ERR_INVALID, "challenge: a lifetime is 1 to %d seconds",
		    MAX_CHALLENGE_SECONDS);
	return 0;
}

static int
check_context(const void *context, size_t size, struct err *e)
{
	if (context == NULL && size > 0)
		return err_set(e, ERR_INVALID, "challenge: a context that is NULL");
	if (size > MAX_CONTEXT_SIZE)
		return err_set(e, ERR_LIMIT, "challenge: a context of %zu bytes, at most %d", size,
		    MAX_CONTEXT_SIZE);
	return 0;
}

static int
take_audience(const char *audience, struct arena *a, struct bytes *out, struct err *e)
{
	if (audience == NULL)
		return err_set(e, ERR_INVALID, "challenge: no audience was given");
	TRY(challenge_check_audience(bytes_of_str(audience), e));
	*out = arena_copy(a, bytes_of_str(audience));
	return out->p == NULL ? arena_fail(e, "challenge") : 0;
}

static void
challenge_freep(struct attest_challenge **c)
{
	attest_challenge_free(*c);
}

static int
challenge_new(const char *audience, struct bytes context, uint32_t lifetime_s,
    struct attest_challenge **out, struct err *e)
{
	DEFER(challenge_freep) struct attest_challenge *c = calloc(1, sizeof(*c));
	uint8_t random[32];

	if (c == NULL)
		return arena_fail(e, "challenge");
	arena_init(&c->arena, MAX_CHALLENGE_MEMORY);
	TRY(check_lifetime(lifetime_s, e));
	TRY(check_context(context.p, context.size, e));
	TRY(take_audience(audience, &c->arena, &c->c.audience, e));
	if (context.p != NULL) {
		c->c.context = arena_copy(&c->arena, context);
		if (c->c.context.p == NULL)
			return arena_fail(e, "challenge");
	}
	rand_bytes(random, sizeof(random));
	challenge_make(c->text, random);
	c->c.text = bytes_of_str(c->text);
	c->c.made_at = clock_now_at();
	c->c.expires_at = c->c.made_at + lifetime_s;
	*out = TAKE(c);
	return 0;
}

struct attest_challenge *
attest_challenge_new(const char *audience, const void *context, size_t context_size,
    uint32_t lifetime_s, struct attest_error **error)
{
	struct attest_challenge *c = NULL;
	struct err e = { 0 };

	if (challenge_new(audience, bytes_of(context, context_size), lifetime_s, &c, &e) < 0)
		(void)error_give(error, &e);
	return c;
}

void
attest_challenge_free(struct attest_challenge *c)
{
	if (c == NULL)
		return;
	arena_release(&c->arena);
	free(c);
}

const char *
attest_challenge_text(const struct attest_challenge *c)
{
	return c == NULL ? "" : c->text;
}

/* NULL when the library failed. */
static struct attest_result *
judge(const struct challenge *c, const struct attest_result *token, struct bytes answer,
    struct err *e)
{
	DEFER(result_freep) struct attest_result *r = result_new();
	struct possession_token of = { result_verdict(token), &token->seen };
	struct possession_seen seen = { 0 };
	int64_t now_at = clock_now_at();

	if (r == NULL) {
		(void)arena_fail(e, "result");
		return NULL;
	}
	trace_init(&r->trace, &r->arena, "possession", now_at);
	if (possession_judge(answer, c, &of, now_at, &r->arena, &r->trace, &seen, e) < 0 ||
	    result_conclude(r, e) < 0)
		return NULL;
	r->possession_key = seen.key;
	return TAKE(r);
}

/* What is missing is said before anything is spent. */
static bool
is_whole(const void *c, const struct attest_result *token, const char *answer, struct err *e)
{
	if (c != NULL && token != NULL && answer != NULL)
		return true;
	(void)err_set(e, ERR_INVALID, "possession: no %s was given",
	    c == NULL           ? "challenge"
		: token == NULL ? "result of a token"
				: "answer");
	return false;
}

enum attest_verdict
attest_challenge_verify(struct attest_challenge *c, const struct attest_result *token,
    const char *answer, size_t size, struct attest_result **result, struct attest_error **error)
{
	struct attest_result *r = NULL;
	struct challenge asked;
	struct err e = { 0 };

	if (is_whole(c, token, answer, &e)) {
		asked = c->c;
		asked.is_spent = atomic_exchange(&c->is_spent, true);
		r = judge(&asked, token, bytes_of(answer, size), &e);
	}
	return result_give(r, &e, result, error);
}

static void
challenger_freep(struct attest_challenger **c)
{
	attest_challenger_free(*c);
}

static int
challenger_new(const char *audience, struct bytes secret, uint32_t lifetime_s,
    struct attest_challenger **out, struct err *e)
{
	DEFER(challenger_freep) struct attest_challenger *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return arena_fail(e, "challenger");
	arena_init(&c->arena, MAX_CHALLENGE_MEMORY);
	TRY(check_lifetime(lifetime_s, e));
	if (secret.p == NULL || secret.size < MIN_CHALLENGE_SECRET ||
	    secret.size > MAX_CHALLENGE_SECRET)
		return err_set(e, ERR_INVALID, "challenger: a secret has %d to %d bytes",
		    MIN_CHALLENGE_SECRET, MAX_CHALLENGE_SECRET);
	TRY(take_audience(audience, &c->arena, &c->audience, e));
	if (!secret_init(&c->secret, secret.size))
		return arena_fail(e, "challenger");
	memcpy(c->secret.p, secret.p, secret.size);
	c->lifetime_s = lifetime_s;
	*out = TAKE(c);
	return 0;
}

struct attest_challenger *
attest_challenger_new(const char *audience, const void *secret, size_t secret_size,
    uint32_t lifetime_s, struct attest_error **error)
{
	struct attest_challenger *c = NULL;
	struct err e = { 0 };

	if (challenger_new(audience, bytes_of(secret, secret_size), lifetime_s, &c, &e) < 0)
		(void)error_give(error, &e);
	return c;
}

void
attest_challenger_free(struct attest_challenger *c)
{
	if (c == NULL)
		return;
	secret_release(&c->secret);
	arena_release(&c->arena);
	free(c);
}

static struct challenge
sealed_by(const struct attest_challenger *c, const void *context, size_t size)
{
	return (struct challenge){ .audience = c->audience,
		.context = bytes_of(context, size),
		.secret = secret_bytes(&c->secret) };
}

static int
challenger_make(const struct attest_challenger *c, const void *context, size_t context_size,
    char *out, size_t size, struct err *e)
{
	struct challenge seal;
	uint8_t random[16];
	char text[CHALLENGE_TEXT_SIZE];

	if (c == NULL || out == NULL)
		return err_set(e, ERR_INVALID, "challenger: no %s was given",
		    c == NULL ? "challenger" : "room");
	TRY(check_context(context, context_size, e));
	if (size < sizeof(text))
		return err_set(e, ERR_INVALID, "challenger: room for %zu characters, want %zu",
		    size, sizeof(text));
	seal = sealed_by(c, context, context_size);
	rand_bytes(random, sizeof(random));
	challenge_seal(&seal, clock_now_at() + c->lifetime_s, random, text);
	memcpy(out, text, sizeof(text));
	return 0;
}

int
attest_challenger_make(const struct attest_challenger *c, const void *context, size_t context_size,
    char *out, size_t size, struct attest_error **error)
{
	struct err e = { 0 };

	return challenger_make(c, context, context_size, out, size, &e) < 0 ? error_give(error, &e)
									    : 0;
}

enum attest_verdict
attest_challenger_verify(const struct attest_challenger *c, const void *context,
    size_t context_size, const struct attest_result *token, const char *answer, size_t size,
    struct attest_result **result, struct attest_error **error)
{
	struct attest_result *r = NULL;
	struct challenge asked;
	struct err e = { 0 };

	if (is_whole(c, token, answer, &e) && check_context(context, context_size, &e) == 0) {
		asked = sealed_by(c, context, context_size);
		r = judge(&asked, token, bytes_of(answer, size), &e);
	}
	return result_give(r, &e, result, error);
}

const char *
attest_possession_key(const struct attest_result *r)
{
	return r != NULL && r->verdict == ATTEST_ACCEPTED ? (const char *)r->possession_key.p
							  : NULL;
}
