/* SPDX-License-Identifier: Apache-2.0 */
/* The default policy of SgxEnclave over the claims that an appraised quote has. */
#include "world.h"

#include "policy/defaults.h"
#include "service/judge.h"

#include <string.h>

struct evaluating {
	struct arena arena, kept;
	struct policy *policy;
	struct claim_set claims; /* as the evidence gives them */
};

static void
evaluate_once(void *self)
{
	struct evaluating *v = self;
	struct claim_set incoming = v->claims;
	struct policy_outcome out = { 0 };
	struct err e = { 0 };

	/* A set that is full copies itself when a rule adds to it, into the request's arena. */
	incoming.room = incoming.count;
	MUST(&e, policy_eval(v->policy, &incoming, &v->arena, &policy_limits_stored, &out, &e));
	HOLDS(out.permitted);
	arena_reset(&v->arena);
}

/* What judge() gives the policy: kept from one appraisal. */
static void
collect_claims(struct evaluating *v, bool real)
{
	static struct bench_world w;
	static struct trace t;
	struct judge_input in = { .kind = kind_find(BYTES("SgxEnclave")) };
	struct kind_findings *found = NULL;
	struct kind_baseline baseline = { .name = BYTES("azuredefault") };
	struct service_state *state;
	struct err e = { 0 };

	bench_world_make(&w, SIG_ES256, real);
	state = service_state_get(w.service);
	in.evidence = arena_copy(&v->kept, w.evidence.quote);
	in.runtime = (struct claims_data){ DATA_BINARY, arena_copy(&v->kept, w.evidence.runtime) };
	in.collateral = state->collateral;
	in.now_at = w.evidence.at;
	in.settings = state->instances[0].types[kind_index(in.kind)].settings;
	trace_init(&t, &v->kept, "SgxEnclave", in.now_at);
	MUST(&e, in.kind->appraise(&in, in.settings, &v->kept, &t, &found, &e));
	HOLDS(found->complete);
	MUST(&e, in.kind->incoming(&in, found, &baseline, &v->kept, &v->claims, &e));
	service_state_unref(state);
	bench_world_drop(&w);
}

void
bench_policy(const struct bench_options *o)
{
	static struct evaluating v;
	struct bench_work ours = { evaluate_once, &v };
	struct err e = { 0 };

	if (!bench_wants(o, "policy-default"))
		return;
	arena_init(&v.arena, 16u << 20);
	arena_init(&v.kept, 16u << 20);
	collect_claims(&v, o->real);
	MUST(&e, policy_parse(policy_default_text("SgxEnclave"), &v.policy, NULL, &e));
	bench_compare(o,
	    &(struct bench_row){ .job = "policy-default",
		.what = "default policy of SgxEnclave evaluated",
		.goal = 3,
		.goal_is_us = true },
	    &ours, NULL);
	policy_unref(v.policy);
	arena_release(&v.arena);
	arena_release(&v.kept);
}
