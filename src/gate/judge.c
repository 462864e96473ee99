/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/judge.h"

#include "client/rules.h"
#include "client/verify.h"
#include "gate/value.h"

#include <stdio.h>

#define RETRY_KID_S  1
#define RETRY_KEYS_S 5

unsigned
gate_status(enum verdict verdict, enum check_id failed, enum gate_keys keys)
{
	if (verdict == VERDICT_ACCEPTED)
		return 200;
	/* Refused by no check: one that was expected did not run. */
	if (failed == CHECK_NONE)
		return 500;
	if (verdict == VERDICT_UNDECIDED)
		return failed == CHECK_TOKEN_KEY && keys == GATE_KEYS_ALL ? 401 : 503;
	/* Whatever else fails makes it no token at all. */
	return token_check_is_of_expectation(failed) ? 403 : 401;
}

/* The keys of a gate as one judgement saw them. */
struct looking {
	struct key_cache *cache;
	enum gate_keys keys;
	struct err last;
};

static void
find(void *user, struct bytes kid, struct token_keys *out)
{
	struct looking *l = user;
	struct keys keys;

	key_cache_find(l->cache, kid, &keys);
	l->last = keys.last;
	if (keys.standing == KEYS_GOOD) {
		bool may_come = kid.p != NULL && (keys.is_fetching || keys.last.code != ERR_NONE);

		l->keys = may_come ? GATE_KEYS_COMING : GATE_KEYS_ALL;
	}
	*out = (struct token_keys){ .set = keys.jwks,
		.is_stale = keys.standing != KEYS_GOOD,
		.fetched_at = keys.fetched_at,
		.last = keys.last };
}

static const struct json *
failed_check(const struct trace *t, struct arena *a)
{
	const struct json *checks = json_get(trace_emit(t, TRACE_VIEW_SUBMITTER, a), "checks");

	for (const struct json *c = checks == NULL ? NULL : checks->first; c != NULL; c = c->next)
		if (json_is_str(json_get(c, "id"), check_table[t->failed].id))
			return c;
	return NULL;
}

static void
we_failed(struct gate_answer *out, const char *why)
{
	*out =
	    (struct gate_answer){ .status = 500, .check = CHECK_NONE, .verdict = VERDICT_REFUSED };
	(void)snprintf(out->why, sizeof(out->why), "%s", why);
}

void
gate_judge(const struct gate *g, struct bytes token, int64_t now_at, struct arena *a,
    struct gate_answer *out)
{
	struct looking l = { .cache = g->keys, .keys = GATE_KEYS_MISSING };
	const struct token_key_source source = { find, &l };
	struct trace *t = arena_alloc(a, sizeof(*t));
	struct token_seen seen = { 0 };
	struct err e = { 0 };

	if (t == NULL) {
		we_failed(out, "out of memory");
		return;
	}
	trace_init(t, a, "token", now_at);
	if (token_judge_by(token, &source, &g->want, now_at, a, t, &seen, &e) < 0) {
		we_failed(out, e.msg);
		return;
	}
	*out = (struct gate_answer){ .check = t->failed, .verdict = trace_verdict(t) };
	out->status = t->fault ? 500 : gate_status(out->verdict, t->failed, l.keys);
	if (out->status == 200) {
		out->claims = seen.claims;
		return;
	}
	if (out->status == 500) {
		we_failed(out, "a check did not run");
		return;
	}
	out->refusal = failed_check(t, a);
	if (out->verdict == VERDICT_UNDECIDED)
		(void)snprintf(out->why, sizeof(out->why), "%s", l.last.msg);
	if (out->status == 503)
		out->retry_s = l.keys == GATE_KEYS_MISSING ? RETRY_KEYS_S : RETRY_KID_S;
}

int
gate_header_value(const struct gate_header *h, const struct json *claims, struct arena *a,
    const char **out, struct err *e)
{
	/* The rules' texts have a NUL behind them, and none within. */
	const struct json *v = h->of_attester ? json_at(claims, (const char *)h->claim.p)
					      : token_claim_find(claims, h->claim);

	return gate_value(v, a, out, e);
}
