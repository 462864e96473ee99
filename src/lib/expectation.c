/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_EXPECTATION_MEMORY (8U << 20)

struct attest_expectation *
attest_expectation_new(void)
{
	struct attest_expectation *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	arena_init(&x->arena, MAX_EXPECTATION_MEMORY);
	x->want = (struct token_expectation)TOKEN_EXPECTATION;
	return x;
}

void
attest_expectation_free(struct attest_expectation *x)
{
	if (x == NULL)
		return;
	arena_release(&x->arena);
	free(x);
}

static void
expectation_freep(struct attest_expectation **x)
{
	attest_expectation_free(*x);
}

struct attest_expectation *
attest_expectation_from_text(const char *text, size_t size, struct attest_error **error)
{
	DEFER(expectation_freep) struct attest_expectation *x = attest_expectation_new();
	struct err e = { 0 };

	if (x == NULL)
		(void)arena_fail(&e, "expectation");
	else if (text == NULL)
		(void)err_set(&e, ERR_INVALID, "expectation: there is no text");
	else if (expectation_parse(&x->want, &x->arena, bytes_of(text, size), &e) == 0)
		return TAKE(x);
	(void)error_give(error, &e);
	return NULL;
}

static int
read_file(const char *path, struct buf *out, struct err *e)
{
	DEFER(closep) int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	uint8_t part[4096];
	ssize_t got;

	if (fd < 0)
		return err_set(e, ERR_IO, "expectation: %s cannot be opened",
		    path == NULL ? "no path" : path);
	while ((got = read(fd, part, sizeof(part))) > 0)
		buf_add(out, bytes_of(part, (size_t)got));
	if (got < 0)
		return err_set(e, ERR_IO, "expectation: %s cannot be read", path);
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "expectation: %s has more than %d bytes", path,
		    MAX_EXPECTATION_SIZE);
	return 0;
}

struct attest_expectation *
attest_expectation_from_file(const char *path, struct attest_error **error)
{
	DEFER(buf_release) struct buf text = { 0 };
	struct err e = { 0 };

	buf_init(&text, MAX_EXPECTATION_SIZE);
	if (read_file(path, &text, &e) == 0)
		return attest_expectation_from_text(text.size == 0 ? "" : (const char *)text.p,
		    text.size, error);
	(void)error_give(error, &e);
	return NULL;
}

/*
 * Is X still to be built? One that has been used is spoilt by a change, because verifications with what it was before
 * may be under way; one with a mistake keeps its first.
 */
static bool
is_open(struct attest_expectation *x)
{
	if (x == NULL)
		return false;
	if (atomic_load(&x->state) != EXPECTATION_OPEN) {
		atomic_store(&x->state, EXPECTATION_SPOILT);
		return false;
	}
	return x->first.code == ERR_NONE;
}

/* The text of an argument; a NULL is a mistake, and is not read. */
static bool
is_text(struct attest_expectation *x, const char *text)
{
	if (text != NULL)
		return true;
	(void)err_set(&x->first, ERR_INVALID, "expectation: an argument is NULL");
	return false;
}

/* The mistake, if there was one, is in X already. */
static void
built(int rc)
{
	(void)rc;
}

void
attest_expectation_issuer(struct attest_expectation *x, const char *issuer)
{
	if (is_open(x) && is_text(x, issuer))
		built(expectation_issuer(&x->want, &x->arena, bytes_of_str(issuer), &x->first));
}

void
attest_expectation_type(struct attest_expectation *x, const char *type)
{
	if (is_open(x) && is_text(x, type))
		built(expectation_type(&x->want, &x->arena, bytes_of_str(type), &x->first));
}

void
attest_expectation_nonce(struct attest_expectation *x, const char *nonce)
{
	if (is_open(x) && is_text(x, nonce))
		built(expectation_nonce(&x->want, &x->arena, bytes_of_str(nonce), &x->first));
}

void
attest_expectation_max_age(struct attest_expectation *x, int64_t seconds)
{
	if (!is_open(x))
		return;
	if (seconds < 0)
		(void)err_set(&x->first, ERR_INVALID, "expectation: the maximum age is negative");
	else if (x->want.max_age_s < 0 || seconds < x->want.max_age_s)
		x->want.max_age_s = seconds;
}

void
attest_expectation_any_age(struct attest_expectation *x)
{
	if (is_open(x))
		x->want.any_age = true;
}

void
attest_expectation_allow_debug(struct attest_expectation *x)
{
	if (is_open(x))
		x->want.allow_debug = true;
}

static void
add_value(struct attest_expectation *x, enum expect_kind kind, const char *claim, const char *value)
{
	if (is_open(x) && is_text(x, claim) && is_text(x, value))
		built(expectation_value(&x->want, &x->arena, kind, bytes_of_str(claim),
		    bytes_of_str(value), &x->first));
}

void
attest_expectation_measurement(struct attest_expectation *x, const char *claim, const char *hex)
{
	add_value(x, EXPECT_MEASUREMENT, claim, hex);
}

void
attest_expectation_min_svn(struct attest_expectation *x, const char *claim, int64_t min)
{
	if (is_open(x) && is_text(x, claim))
		built(
		    expectation_min_svn(&x->want, &x->arena, bytes_of_str(claim), min, &x->first));
}

void
attest_expectation_tcb_status(struct attest_expectation *x, const char *status)
{
	add_value(x, EXPECT_TCB_STATUS, "", status);
}

void
attest_expectation_policy_hash(struct attest_expectation *x, const char *hash)
{
	add_value(x, EXPECT_POLICY_HASH, "", hash);
}

void
attest_expectation_appraisal_hash(struct attest_expectation *x, const char *hash)
{
	add_value(x, EXPECT_APPRAISAL_HASH, "", hash);
}

void
attest_expectation_policy_signer(struct attest_expectation *x, const char *thumbprint)
{
	add_value(x, EXPECT_SIGNER, "", thumbprint);
}

/* A copy of TEXT as JSON, in X; NULL with the mistake noted. */
static const struct json *
json_of(struct attest_expectation *x, const char *text)
{
	struct bytes kept = arena_copy(&x->arena, bytes_of_str(text));
	const struct json *v = NULL;

	if (kept.p == NULL)
		(void)arena_fail(&x->first, "expectation");
	else if (json_parse(kept, MAX_EXPECTATION_SIZE, &x->arena, &v, &x->first) < 0)
		(void)err_in(&x->first, "expectation");
	return v;
}

void
attest_expectation_key(struct attest_expectation *x, const char *key)
{
	const struct json *jwk;

	if (key == NULL || key[0] != '{') {
		add_value(x, EXPECT_KEY, "", key);
		return;
	}
	jwk = is_open(x) ? json_of(x, key) : NULL;
	if (jwk != NULL)
		built(expectation_key(&x->want, &x->arena, EXPECT_KEY, jwk, &x->first));
}

void
attest_expectation_claim(struct attest_expectation *x, const char *claim, const char *json)
{
	const struct json *v;

	if (!is_open(x) || !is_text(x, claim) || !is_text(x, json))
		return;
	v = json_of(x, json);
	if (v != NULL)
		built(expectation_claim(&x->want, &x->arena, bytes_of_str(claim), v, &x->first));
}

int
expectation_usable(const struct attest_expectation *x, struct err *e)
{
	if (x == NULL)
		return err_set(e, ERR_INVALID, "no expectation was given");
	if (atomic_load_explicit(&x->state, memory_order_acquire) == EXPECTATION_SPOILT)
		return err_set(e, ERR_INVALID,
		    "expectation: it was changed after its first verification");
	if (x->first.code != ERR_NONE)
		return err_set(e, x->first.code, "%s", x->first.msg);
	return expectation_complete(&x->want, e);
}

int
expectation_seal(struct attest_expectation *x, struct err *e)
{
	int open = EXPECTATION_OPEN;

	TRY(expectation_usable(x, e));
	/* Only the first verification writes: threads that come later share the line in their caches. */
	if (atomic_load_explicit(&x->state, memory_order_relaxed) == EXPECTATION_OPEN)
		(void)atomic_compare_exchange_strong(&x->state, &open, EXPECTATION_SEALED);
	return 0;
}

int
attest_expectation_check(const struct attest_expectation *x, struct attest_error **error)
{
	struct err e = { 0 };

	return expectation_usable(x, &e) < 0 ? error_give(error, &e) : 0;
}
