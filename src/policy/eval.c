/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluation (maa-policy.md 6 to 8). Rules run in the order written, each at most once; what one inserts the next can
 * see. The outcome begins as not permitted and becomes permitted in one place only, at the end of evaluate().
 */
#include "policy/eval.h"
#include "policy/functions.h"
#include "policy/properties.h"

#include <stdio.h>
#include <string.h>

const struct policy_limits policy_limits_stored = { .steps = 4000000, .memory = 16777216 };
const struct policy_limits policy_limits_draft = { .steps = 500000, .memory = 4194304 };

static int
stop(struct eval *ev, enum policy_reason reason, const char *why)
{
	struct policy_outcome *out = ev->out;

	if (out->reason != POLICY_REASON_NONE)
		return -1;
	out->reason = reason;
	out->exhausted = reason == POLICY_REASON_BUDGET;
	if (ev->rule == NULL) {
		(void)snprintf(out->message, sizeof(out->message), "%s", why);
		return -1;
	}
	(void)snprintf(out->message, sizeof(out->message), "%s rule %u, line %u: %s",
	    policy_section_name(ev->rule->section), ev->rule->number, ev->rule->place.line, why);
	return -1;
}

int
eval_error(struct eval *ev, const char *why)
{
	return stop(ev, POLICY_REASON_ERROR, why);
}

int
eval_budget(struct eval *ev, const char *what)
{
	char why[96];

	(void)snprintf(why, sizeof(why), "%s is over the limit", what);
	return stop(ev, POLICY_REASON_BUDGET, why);
}

void *
eval_alloc(struct eval *ev, size_t count, size_t size)
{
	void *p = arena_array(ev->arena, count, size);

	if (p == NULL)
		(void)eval_budget(ev, "the memory of the evaluation");
	return p;
}

/* An insertion looks through the set for an equal claim; long names and texts are compared where their sizes agree. */
static uint64_t
insert_cost(const struct claim_set *set, const struct claim *c)
{
	uint64_t cost = 1 + set->count / 8;

	if (c->name.size <= BYTES_PER_STEP && c->text.size <= BYTES_PER_STEP)
		return cost;
	for (size_t i = 0; i < set->count; i++) {
		if (set->claims[i].name.size == c->name.size)
			cost += c->name.size / BYTES_PER_STEP;
		if (set->claims[i].text.size == c->text.size)
			cost += c->text.size / BYTES_PER_STEP;
	}
	return cost;
}

static int
set_insert(struct eval *ev, struct claim_set *set, const struct claim *c)
{
	struct err e = { 0 };

	TRY(eval_spend(ev, insert_cost(set, c)));
	if (claim_set_add(set, ev->arena, c, &e) < 0)
		return eval_budget(ev, "a claim, or the number of claims,");
	return 0;
}

/* What is issued stands in the token twice, once below `x-ms-policy`. */
static int
issue(struct eval *ev, const struct claim *c)
{
	ev->issued_size += c->name.size + c->text.size;
	if (ev->issued_size > MAX_ISSUED_SIZE)
		return eval_budget(ev, "the size of the issued claims");
	return set_insert(ev, &ev->out->outgoing, c);
}

/* One claim per name: the last one set counts (section 11). */
static int
property_put(struct eval *ev, struct claim_set *set, const struct claim *c)
{
	for (size_t i = 0; i < set->count; i++) {
		if (bytes_eq(set->claims[i].name, c->name)) {
			set->count--;
			memmove(&set->claims[i], &set->claims[i + 1],
			    (set->count - i) * sizeof(*c));
			break;
		}
	}
	return set_insert(ev, set, c);
}

static int
configuration_put(struct eval *ev, const struct claim *c)
{
	struct value v = claim_prop(c, PROP_VALUE);
	const char *fault = config_fault(c->name, &v);

	if (fault != NULL)
		return eval_error(ev, fault);
	return property_put(ev, &ev->out->config, c);
}

/* Section 8's table; `issue` in authorizationrules acts as `add`. */
static int
insert(struct eval *ev, const struct claim *c)
{
	enum action_kind kind = ev->rule->action.kind;
	enum policy_section section = ev->rule->section;

	if (kind == ACTION_ISSUE && section == SECTION_AUTHORIZATION)
		kind = ACTION_ADD;
	if (kind != ACTION_ADD && c->read_only)
		return eval_error(ev, "a read-only claim or value cannot be issued");
	TRY(set_insert(ev, ev->incoming, c));
	if (kind == ACTION_ISSUE)
		return issue(ev, c);
	if (kind != ACTION_ISSUE_PROPERTY)
		return 0;
	if (section == SECTION_CONFIGURATION)
		return configuration_put(ev, c);
	return property_put(ev, &ev->out->properties, c);
}

/* claim=x: every claim bound to x, unchanged. */
static int
insert_bound(struct eval *ev)
{
	const struct binding *b = &ev->bindings[ev->rule->action.slot];

	for (size_t i = 0; i < b->count; i++) {
		/* a copy: inserting may move the set */
		struct claim c = ev->incoming->claims[b->index[i]];

		TRY(insert(ev, &c));
	}
	return 0;
}

/* type= is evaluated before value=, whatever the order in which they are written. */
static int
insert_made(struct eval *ev)
{
	struct value_set type, values;

	TRY(eval_expr(ev, ev->rule->action.type, &type));
	if (type.count != 1 || type.one.type != CLAIM_STRING || type.one.text.size == 0)
		return eval_error(ev, "type= is not one string that is not empty");
	TRY(eval_expr(ev, ev->rule->action.value, &values));
	for (size_t i = 0; i < values.count; i++) {
		const struct value *v = value_at(&values, i);
		struct claim c = { .name = type.one.text,
			.type = v->type,
			.issuer = ISSUER_POLICY,
			.read_only = type.read_only || values.read_only,
			.truth = v->truth,
			.number = v->number,
			.text = v->text };

		TRY(insert(ev, &c));
	}
	return 0;
}

static int
act(struct eval *ev)
{
	switch (ev->rule->action.kind) {
	case ACTION_PERMIT:
		ev->permitted = true;
		return 0;
	case ACTION_DENY:
		ev->denied = true;
		return 0;
	case ACTION_ADD:
	case ACTION_ISSUE:
	case ACTION_ISSUE_PROPERTY:
		break;
	}
	return ev->rule->action.claim.size > 0 ? insert_bound(ev) : insert_made(ev);
}

/* A rule fires once, however many claims match. */
static int
fire(struct eval *ev, struct policy_rule_record *record)
{
	record->ran = true;
	for (size_t i = 0; i < ev->rule->count; i++) {
		bool matched;

		TRY(condition_match(ev, i, &matched));
		if (matched == ev->rule->conditions[i].negated)
			return 0;
	}
	record->fired = true;
	return act(ev);
}

static int
run_section(struct eval *ev, enum policy_section section)
{
	struct policy_rule_record *record = ev->out->rules;

	for (ev->rule = ev->policy->rules; ev->rule != NULL; ev->rule = ev->rule->next, record++) {
		int rc;

		if (ev->rule->section != section)
			continue;
		record->incoming_from = (uint32_t)ev->incoming->count;
		record->outgoing_from = (uint32_t)ev->out->outgoing.count;
		rc = fire(ev, record);
		record->incoming_to = (uint32_t)ev->incoming->count;
		record->outgoing_to = (uint32_t)ev->out->outgoing.count;
		if (rc < 0 || ev->denied) {
			ev->out->decisive = record;
			break;
		}
	}
	ev->rule = NULL;
	return ev->out->reason == POLICY_REASON_NONE ? 0 : -1;
}

static int
prepare(struct eval *ev)
{
	const struct rule *r = ev->policy->rules;
	struct policy_outcome *out = ev->out;

	if (out->rules != NULL)
		return 0;
	out->incoming = ev->incoming;
	out->rules = eval_alloc(ev, ev->policy->rule_count + 1, sizeof(*out->rules));
	if (out->rules == NULL)
		return -1;
	for (; r != NULL; r = r->next)
		out->rules[out->rule_count++] = (struct policy_rule_record){ .section = r->section,
			.number = r->number,
			.line = r->place.line,
			.column = r->place.column };
	return 0;
}

static int
configure(struct eval *ev)
{
	TRY(prepare(ev));
	if (!ev->out->configured)
		TRY(run_section(ev, SECTION_CONFIGURATION));
	ev->out->configured = true;
	return 0;
}

static int
evaluate(struct eval *ev)
{
	TRY(configure(ev));
	TRY(run_section(ev, SECTION_AUTHORIZATION));
	if (ev->denied)
		return stop(ev, POLICY_REASON_DENY,
		    "A Deny claim was issued, authorization failed.");
	if (!ev->permitted)
		return stop(ev, POLICY_REASON_NO_PERMIT,
		    "No Permit claim was issued in the authorizationrules section, authorization "
		    "failed.");
	TRY(run_section(ev, SECTION_ISSUANCE));
	ev->out->permitted = true;
	return 0;
}

/* Under a ceiling that holds the budget. */
static int
run(int (*what)(struct eval *ev), const struct policy *policy, struct claim_set *incoming,
    struct arena *a, const struct policy_limits *limits, struct policy_outcome *out, struct err *e)
{
	struct eval ev = { .policy = policy,
		.incoming = incoming,
		.arena = a,
		.limits = limits,
		.out = out };
	size_t before = a->used, ceiling = a->ceiling;

	if (out->permitted || out->reason != POLICY_REASON_NONE)
		return err_set(e, ERR_INTERNAL, "policy: this outcome is decided already");
	if (out->rules != NULL && out->rule_count != policy->rule_count)
		return err_set(e, ERR_INTERNAL, "policy: this outcome is another policy's");
	if (ceiling > before && ceiling - before > limits->memory)
		a->ceiling = before + limits->memory;
	if (what(&ev) < 0) {
		out->outgoing = (struct claim_set){ 0 };
		out->properties = (struct claim_set){ 0 };
	}
	a->ceiling = ceiling;
	out->memory += a->used - before;
	return 0;
}

int
policy_configure(const struct policy *policy, struct claim_set *incoming, struct arena *a,
    const struct policy_limits *limits, struct policy_outcome *out, struct err *e)
{
	return run(configure, policy, incoming, a, limits, out, e);
}

int
policy_eval(const struct policy *policy, struct claim_set *incoming, struct arena *a,
    const struct policy_limits *limits, struct policy_outcome *out, struct err *e)
{
	return run(evaluate, policy, incoming, a, limits, out, e);
}
