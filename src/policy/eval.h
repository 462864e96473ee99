/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an evaluation has at hand, private to policy/. Everything that costs goes through eval_spend() and the arena,
 * whose ceiling is lowered to the budget while the evaluation lasts: no rule and no function can do more than the
 * limits allow.
 */
#pragma once

#include "policy/ast.h"

/* A condition's identifier: all claims that satisfied it, as places in the incoming set, which only grows. */
struct binding {
	uint32_t *index;
	size_t count, room;
};

/* A text that JmesPath() read; NULL: none yet. */
struct document {
	struct bytes text;
	const struct json *json;
};

struct eval {
	const struct policy *policy;
	struct claim_set *incoming;
	struct arena *arena;
	const struct policy_limits *limits;
	struct policy_outcome *out;
	const struct rule *rule; /* being fired */
	bool permitted, denied;
	size_t issued_size; /* names and texts */
	struct binding bindings[MAX_POLICY_CONDITIONS];
	struct document documents[8]; /* the latest ones */
	size_t document_count;
};

/* Steps for comparing or copying this many bytes beyond the first few. */
#define BYTES_PER_STEP 64

/* These return -1 when the evaluation is over; the outcome then has the reason and the message. A rule cannot be
 * evaluated; the words carry no claim value. */
int eval_error(struct eval *ev, const char *why);
int eval_budget(struct eval *ev, const char *what);
MUST_CHECK static inline int
eval_spend(struct eval *ev, uint64_t steps)
{
	if (steps > ev->limits->steps || ev->out->steps > ev->limits->steps - steps)
		return eval_budget(ev, "the number of steps");
	ev->out->steps += steps;
	return 0;
}
/* COUNT elements of SIZE bytes, zeroed; NULL when the evaluation is over. */
void *eval_alloc(struct eval *ev, size_t count, size_t size) MUST_CHECK;
int eval_expr(struct eval *ev, const struct expr *x, struct value_set *out) MUST_CHECK;
/* True if a claim satisfies all tests of the condition in SLOT; then all such claims are bound when somebody asks for
 * them. */
int condition_match(struct eval *ev, size_t slot, bool *matched) MUST_CHECK;

struct value claim_prop(const struct claim *c, enum prop prop);
bool policy_value_eq(const struct value *a, const struct value *b);
/* The member at INDEX, which is below set->count. */
const struct value *value_at(const struct value_set *set, size_t index);
/* The steps that policy_value_eq() is worth on these two. */
uint64_t value_cost(const struct value *a, const struct value *b);
