/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the grammar cannot say (maa-policy.md 4): a pass over all rules for each line of that table, in its order, so
 * that the first failure is the one the table means. Resolves identifiers to slots and functions to rows. fail() gives
 * 0 when the sink wants more: the walk goes on, over a tree that will not be evaluated.
 */
#include "policy/ast.h"
#include "policy/diag.h"
#include "policy/functions.h"
#include "policy/properties.h"

#include <stdio.h>

struct checker {
	struct policy *policy;
	struct rule *rule;
	enum policy_versions versions;
	struct diag_sink *to;
};

static int
fail(struct checker *c, enum err_code code, struct place at, struct bytes found, const char *hint)
{
	static const char *const paths[] = { "policy > configurationrules > configRule",
		"policy > authorizationrules > authRule", "policy > issuancerules > issueRule" };

	return diag_report(c->to, code, at, found, "", hint,
	    c->rule != NULL ? paths[c->rule->section] : "policy");
}

/* A visitor of expressions; VISIBLE: identifiers of conditions with a lower slot can be named. */
typedef int expr_visitor(struct checker *c, struct expr *x, size_t visible);

static int
walk_expr(struct checker *c, struct expr *x, size_t visible, expr_visitor *visit)
{
	TRY(visit(c, x, visible));
	for (struct expr *arg = x->args; arg != NULL; arg = arg->next)
		TRY(walk_expr(c, arg, visible, visit));
	return 0;
}

static int
walk_rule(struct checker *c, expr_visitor *visit)
{
	struct rule *r = c->rule;

	for (size_t i = 0; i < r->count; i++) {
		for (size_t j = 0; j < r->conditions[i].count; j++)
			TRY(walk_expr(c, r->conditions[i].tests[j].right, i, visit));
	}
	if (r->action.type != NULL)
		TRY(walk_expr(c, r->action.type, r->count, visit));
	if (r->action.value != NULL)
		TRY(walk_expr(c, r->action.value, r->count, visit));
	return 0;
}

/* Is this a construct of a later version than the policy's? A version that is not known allows everything. */
static bool
is_before_version(const struct checker *c, unsigned needed)
{
	return c->versions == POLICY_VERSIONS_STRICT && c->policy->version != 0 &&
	    c->policy->version < needed;
}

static int
check_call_version(struct checker *c, struct expr *x, size_t visible)
{
	(void)visible;
	if (x->kind == EXPR_CALL && is_before_version(c, 12))
		return fail(c, ERR_INVALID, x->place, x->name, "functions need version=1.2");
	return 0;
}

static int
check_rule_version(struct checker *c)
{
	for (size_t i = 0; i < c->rule->count; i++) {
		const struct condition *cond = &c->rule->conditions[i];

		if (cond->negated && is_before_version(c, 12))
			TRY(fail(c, ERR_INVALID, cond->place, BYTES("!"), "'!' needs version=1.2"));
	}
	return walk_rule(c, check_call_version);
}

/* maa-policy.md 8; `issue` in authorizationrules is accepted and acts as `add`. */
static int
check_action(struct checker *c)
{
	static const char *const hints[] = {
		"configurationrules take issueproperty alone",
		"authorizationrules take permit, deny, add and issue",
		"issuancerules take add, issue and issueproperty",
	};
	static const char *const words[] = { "permit", "deny", "add", "issue", "issueproperty" };
	static const bool allowed[3][5] = {
		[SECTION_CONFIGURATION] = { [ACTION_ISSUE_PROPERTY] = true },
		[SECTION_AUTHORIZATION] = { [ACTION_PERMIT] = true,
		    [ACTION_DENY] = true,
		    [ACTION_ADD] = true,
		    [ACTION_ISSUE] = true },
		[SECTION_ISSUANCE] = { [ACTION_ADD] = true,
		    [ACTION_ISSUE] = true,
		    [ACTION_ISSUE_PROPERTY] = true },
	};
	const struct action *action = &c->rule->action;

	if (!allowed[c->rule->section][action->kind])
		return fail(c, ERR_INVALID, action->place, bytes_of_str(words[action->kind]),
		    hints[c->rule->section]);
	return 0;
}

static int
fail_function(struct checker *c, const struct expr *x)
{
	const char *meant = function_near(x->name);
	char hint[64];

	if (meant == NULL)
		return fail(c, ERR_INVALID, x->place, x->name,
		    "the functions are JmesPath, JsonToClaimValue, IsSubsetOf, AppendString, "
		    "NegateBool and ContainsOnlyValue");
	(void)snprintf(hint, sizeof(hint), "there is no such function; did you mean %s?", meant);
	return fail(c, ERR_INVALID, x->place, x->name, hint);
}

static int
resolve_call(struct checker *c, struct expr *x, size_t visible)
{
	(void)visible;
	if (x->kind != EXPR_CALL)
		return 0;
	x->fn = function_find(x->name);
	if (x->fn == NULL)
		return fail_function(c, x);
	if (x->arg_count != x->fn->arity)
		return fail(c, ERR_INVALID, x->place, x->name,
		    x->fn->arity == 1 ? "the function takes one argument"
				      : "the function takes two arguments");
	return 0;
}

static int
check_functions(struct checker *c)
{
	return walk_rule(c, resolve_call);
}

/* The last condition below VISIBLE that binds NAME: the later binding wins. */
static int
resolve(struct checker *c, struct bytes name, struct place at, size_t visible, unsigned *slot)
{
	for (size_t i = visible; i-- > 0;) {
		struct condition *cond = &c->rule->conditions[i];

		if (cond->name.size > 0 && bytes_eq(cond->name, name)) {
			cond->bound = true;
			*slot = (unsigned)i;
			return 0;
		}
	}
	return fail(c, ERR_INVALID, at, name, "no condition to the left binds this identifier");
}

static int
resolve_property(struct checker *c, struct expr *x, size_t visible)
{
	return x->kind == EXPR_PROPERTY ? resolve(c, x->name, x->place, visible, &x->slot) : 0;
}

static int
check_names(struct checker *c)
{
	struct rule *r = c->rule;

	TRY(walk_rule(c, resolve_property));
	if (r->action.claim.size > 0)
		TRY(resolve(c, r->action.claim, r->action.claim_place, r->count, &r->action.slot));
	return 0;
}

static int
check_negated(struct checker *c)
{
	for (size_t i = 0; i < c->rule->count; i++) {
		const struct condition *cond = &c->rule->conditions[i];

		if (cond->negated && cond->name.size > 0)
			TRY(fail(c, ERR_INVALID, cond->place, cond->name,
			    "a negated condition has nothing to bind"));
	}
	return 0;
}

static int
check_test(struct checker *c, const struct test *t)
{
	static const char *const props[] = { "type", "value", "valueType", "issuer" };

	if (t->op == OP_EQ || t->op == OP_NE)
		return 0;
	if (t->prop != PROP_VALUE)
		return fail(c, ERR_INVALID, t->place, bytes_of_str(props[t->prop]),
		    "strings are compared with == and != alone");
	if (t->right->kind == EXPR_LITERAL && t->right->literal.one.type != CLAIM_INTEGER)
		return fail(c, ERR_INVALID, t->right->place, t->right->name,
		    "only integers have an order");
	return 0;
}

static int
check_operators(struct checker *c)
{
	for (size_t i = 0; i < c->rule->count; i++) {
		const struct condition *cond = &c->rule->conditions[i];

		for (size_t j = 0; j < cond->count; j++)
			TRY(check_test(c, &cond->tests[j]));
	}
	return 0;
}

static int
check_type_argument(struct checker *c)
{
	const struct expr *type = c->rule->action.type;

	if (type == NULL || type->kind != EXPR_LITERAL)
		return 0;
	if (type->literal.one.type != CLAIM_STRING || type->literal.one.text.size == 0)
		return fail(c, ERR_INVALID, type->place, type->name,
		    "a claim's type is a string that is not empty");
	if (type->literal.one.text.size > MAX_CLAIM_NAME_SIZE)
		return fail(c, ERR_LIMIT, type->place, type->name,
		    "a claim's type has at most 1024 bytes");
	return 0;
}

static int
check_configuration(struct checker *c)
{
	const struct action *action = &c->rule->action;
	const char *fault;

	if (c->rule->section != SECTION_CONFIGURATION || action->type == NULL ||
	    action->type->kind != EXPR_LITERAL || action->value->kind != EXPR_LITERAL)
		return 0;
	fault = config_fault(action->type->literal.one.text, &action->value->literal.one);
	if (fault != NULL)
		return fail(c, ERR_INVALID, action->value->place, action->value->name, fault);
	return 0;
}

static int
check_version(struct checker *c)
{
	static const struct {
		const char *text;
		unsigned version;
	} versions[] = { { "1.0", 10 }, { "1.1", 11 }, { "1.2", 12 } };
	struct policy *p = c->policy;

	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		if (bytes_is_str(p->version_text, versions[i].text))
			p->version = versions[i].version;
	}
	/* the version line was no version line: that has been said */
	if (p->version == 0 && p->version_text.size > 0)
		TRY(diag_report(c->to, ERR_UNSUPPORTED, p->version_place, p->version_text,
		    "1.0, 1.1 or 1.2", "", "policy > versionInfo"));
	if (p->configuration_place.line != 0 && is_before_version(c, 11))
		return fail(c, ERR_INVALID, p->configuration_place, BYTES("configurationrules"),
		    "configurationrules need version=1.1 or 1.2");
	return 0;
}

int
policy_rules_check(struct policy *policy, enum policy_versions versions, struct diag_sink *to)
{
	static int (*const passes[])(struct checker *) = { check_rule_version, check_action,
		check_functions, check_names, check_negated, check_operators, check_type_argument,
		check_configuration };
	struct checker c = { .policy = policy, .versions = versions, .to = to };

	TRY(check_version(&c));
	for (size_t i = 0; i < COUNT_OF(passes); i++) {
		for (c.rule = policy->rules; c.rule != NULL; c.rule = c.rule->next)
			TRY(passes[i](&c));
	}
	return 0;
}
