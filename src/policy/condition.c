/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions (maa-policy.md 7): which claims of the incoming set satisfy one, and the binding of its identifier. */
#include "policy/eval.h"

#include <string.h>

/* Values of different types have no order, nor have strings and booleans (section 7). */
static bool
value_ordered(const struct value *a, enum op op, const struct value *b)
{
	if (a->type != CLAIM_INTEGER || b->type != CLAIM_INTEGER)
		return false;
	switch (op) {
	case OP_LT:
		return a->number < b->number;
	case OP_LE:
		return a->number <= b->number;
	case OP_GT:
		return a->number > b->number;
	case OP_GE:
		return a->number >= b->number;
	case OP_EQ:
	case OP_NE:
		break;
	}
	return false;
}

/* == and the order operators hold if they hold for any member, != if == holds for none. */
static int
compare(struct eval *ev, const struct value *left, enum op op, const struct value_set *right,
    bool *holds)
{
	bool any = false;

	for (size_t i = 0; i < right->count && !any; i++) {
		const struct value *r = value_at(right, i);

		TRY(eval_spend(ev, value_cost(left, r)));
		any = op == OP_EQ || op == OP_NE ? policy_value_eq(left, r)
						 : value_ordered(left, op, r);
	}
	if (right->count == 0)
		TRY(eval_spend(ev, 1));
	*holds = op == OP_NE ? !any : any;
	return 0;
}

/* The right sides of a condition's tests, each evaluated when it is first needed; no claim changes them. */
struct right_sides {
	const struct value_set *set[MAX_POLICY_TESTS];
	struct value_set own[MAX_POLICY_TESTS];
};

/* [type=="…"], which nearly every condition begins with, needs no more than this (names have 1024 bytes at most). */
static bool
is_name_test(const struct test *t)
{
	return t->prop == PROP_TYPE && t->op == OP_EQ && t->right->kind == EXPR_LITERAL &&
	    t->right->literal.one.type == CLAIM_STRING;
}

static int
claim_satisfies(struct eval *ev, const struct condition *cond, const struct claim *c,
    struct right_sides *right, bool *all)
{
	*all = true;
	for (size_t i = 0; i < cond->count && *all; i++) {
		const struct test *t = &cond->tests[i];
		struct value left;

		if (is_name_test(t)) {
			TRY(eval_spend(ev, 1));
			*all = bytes_eq(c->name, t->right->literal.one.text);
			continue;
		}
		left = claim_prop(c, t->prop);
		if (right->set[i] == NULL) {
			if (t->right->kind == EXPR_LITERAL) {
				right->set[i] = &t->right->literal;
			} else {
				TRY(eval_expr(ev, t->right, &right->own[i]));
				right->set[i] = &right->own[i];
			}
		}
		TRY(compare(ev, &left, t->op, right->set[i], all));
	}
	return 0;
}

static int
binding_reserve(struct eval *ev, struct binding *b, size_t room)
{
	if (room <= b->room)
		return 0;
	b->index = eval_alloc(ev, room * 2, sizeof(*b->index));
	if (b->index == NULL)
		return -1;
	b->room = room * 2;
	return 0;
}

/* True if a claim satisfies all tests; then all such claims are bound when somebody asks for them. */
int
condition_match(struct eval *ev, size_t slot, bool *matched)
{
	const struct condition *cond = &ev->rule->conditions[slot];
	struct binding *b = &ev->bindings[slot];
	struct right_sides right;
	size_t count = ev->incoming->count;

	memset(right.set, 0, sizeof(right.set));
	b->count = 0;
	*matched = false;
	if (cond->bound)
		TRY(binding_reserve(ev, b, count));
	for (size_t i = 0; i < count; i++) {
		bool all;

		TRY(claim_satisfies(ev, cond, &ev->incoming->claims[i], &right, &all));
		if (!all)
			continue;
		*matched = true;
		if (!cond->bound)
			break;
		b->index[b->count++] = (uint32_t)i;
	}
	return 0;
}
