/* SPDX-License-Identifier: Apache-2.0 */
/* Values, and the expressions that give them (maa-policy.md 9): literals, properties of bound claims, calls. */
#include "policy/eval.h"
#include "policy/functions.h"

bool
policy_value_eq(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case CLAIM_BOOLEAN:
		return a->truth == b->truth;
	case CLAIM_INTEGER:
		return a->number == b->number;
	case CLAIM_STRING:
		break;
	}
	return bytes_eq(a->text, b->text);
}

uint64_t
value_cost(const struct value *a, const struct value *b)
{
	return a->type == CLAIM_STRING && b->type == CLAIM_STRING && a->text.size == b->text.size
	    ? 1 + a->text.size / BYTES_PER_STEP
	    : 1;
}

const struct value *
value_at(const struct value_set *set, size_t index)
{
	return set->count == 1 ? &set->one : &set->many[index];
}

struct value
claim_prop(const struct claim *c, enum prop prop)
{
	struct value v = { .type = CLAIM_STRING };

	switch (prop) {
	case PROP_TYPE:
		v.text = c->name;
		break;
	case PROP_VALUE:
		v = (struct value){ c->type, c->truth, c->number, c->text };
		break;
	case PROP_VALUE_TYPE:
		v.text = bytes_of_str(claim_type_name(c->type));
		break;
	case PROP_ISSUER:
		v.text = bytes_of_str(claim_issuer_name(c->issuer));
		break;
	}
	return v;
}

static int
add_distinct(struct eval *ev, struct value *many, struct value_set *set, struct value v)
{
	for (size_t i = 0; i < set->count; i++) {
		TRY(eval_spend(ev, value_cost(&many[i], &v)));
		if (policy_value_eq(&many[i], &v))
			return 0;
	}
	many[set->count++] = v;
	return 0;
}

/* c.value: the set of the values of all claims bound to c, hence each value once. */
static int
eval_property(struct eval *ev, const struct expr *x, struct value_set *out)
{
	const struct binding *b = &ev->bindings[x->slot];
	const struct claim *claims = ev->incoming->claims;
	struct value *many = NULL;

	*out = (struct value_set){ 0 };
	if (b->count == 1) {
		out->count = 1;
		out->one = claim_prop(&claims[b->index[0]], x->prop);
		out->read_only = claims[b->index[0]].read_only;
		return 0;
	}
	many = eval_alloc(ev, b->count, sizeof(*many));
	if (many == NULL)
		return -1;
	for (size_t i = 0; i < b->count; i++) {
		const struct claim *c = &claims[b->index[i]];

		TRY(add_distinct(ev, many, out, claim_prop(c, x->prop)));
		out->read_only = out->read_only || c->read_only;
	}
	out->many = many;
	if (out->count == 1)
		out->one = many[0];
	return 0;
}

int
eval_expr(struct eval *ev, const struct expr *x, struct value_set *out)
{
	struct value_set args[MAX_FUNCTION_ARGS];
	size_t n = 0;

	TRY(eval_spend(ev, 1));
	if (x->kind == EXPR_LITERAL) {
		*out = x->literal;
		return 0;
	}
	if (x->kind == EXPR_PROPERTY)
		return eval_property(ev, x, out);
	for (const struct expr *arg = x->args; arg != NULL && n < COUNT_OF(args); arg = arg->next)
		TRY(eval_expr(ev, arg, &args[n++]));
	*out = (struct value_set){ 0 };
	return x->fn->call(ev, args, out);
}
