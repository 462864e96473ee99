/* SPDX-License-Identifier: Apache-2.0 */
#include "service/judge.h"

#include "token/build.h"

#include <stdio.h>
#include <string.h>

/* Of what nearly every token is made in one piece. */
#define TYPICAL_PAYLOAD_SIZE 4096

/* What one judgement carries from stage to stage. */
struct judging {
	const struct judge_input *in;
	struct arena *a;
	struct trace *t;
	struct judgement *out;
	const struct settings
	    *settings; /* those of the input, tightened by the policy's configuration */
	struct kind_baseline baseline;
	struct kind_findings *findings;
	struct claim_set incoming;
	size_t seen_count; /* of `incoming`, before the policy's rules */
};

static int
put_settings_hash(struct judging *j, struct err *e)
{
	struct json *settings;

	if (j->t->settings != NULL)
		return 0;
	settings = json_new(j->a, JSON_OBJECT);
	if (!json_put(settings, "hash", json_new_hex(j->a, BYTES_OF(j->in->settings->hash))))
		return arena_fail(e, "trace");
	j->t->settings = settings;
	return 0;
}

static int
tighten(struct judging *j, struct err *e)
{
	struct settings *copy;

	if (j->baseline.min_evaluation_number <= j->settings->min_evaluation_number)
		return 0;
	copy = arena_alloc(j->a, sizeof(*copy));
	if (copy == NULL)
		return arena_fail(e, "settings");
	*copy = *j->in->settings;
	copy->min_evaluation_number = j->baseline.min_evaluation_number;
	j->settings = copy;
	return 0;
}

static void
judge_outcome(struct judging *j)
{
	const struct policy_outcome *outcome = &j->out->policy;

	j->out->policy_ran = true;
	if (!trace_judge(j->t, CHECK_POLICY_BUDGET, !outcome->exhausted, shown_uint(outcome->steps),
		shown_nothing()))
		return;
	/* The message carries no claim value (policy/policy.h). */
	trace_judge(j->t, CHECK_POLICY_PERMIT, outcome->permitted,
	    shown_str(outcome->permitted ? "permit" : outcome->message), shown_nothing());
}

/* configurationrules run before the evidence is judged (maa-policy.md 11.1). */
static int
configure(struct judging *j, struct err *e)
{
	const struct kind *kind = j->in->kind;
	struct policy_outcome *outcome = &j->out->policy;

	j->settings = j->in->settings;
	if (j->in->policy != NULL) {
		TRY(policy_configure(j->in->policy, &j->incoming, j->a, j->in->policy_limits,
		    outcome, e));
		if (outcome->reason != POLICY_REASON_NONE) {
			judge_outcome(j);
			return 0;
		}
	}
	if (kind->configure == NULL || kind->configure(&outcome->config, &j->baseline))
		return tighten(j, e);
	snprintf(outcome->message, sizeof(outcome->message),
	    "configurationrules name a TCB baseline that is neither azuredefault nor a number.");
	outcome->reason = POLICY_REASON_ERROR;
	judge_outcome(j);
	return 0;
}

static int
appraise(struct judging *j, struct err *e)
{
	if (trace_has_failed(j->t))
		return 0;
	return j->in->kind->appraise(j->in, j->settings, j->a, j->t, &j->findings, e);
}

/* Everything before the policy has passed, and there is something to make claims of. */
static bool
is_convinced(const struct judging *j)
{
	return !trace_has_failed(j->t) && j->findings != NULL && j->findings->complete;
}

static int
collect_claims(struct judging *j, struct err *e)
{
	if (j->findings == NULL || !j->findings->complete)
		return 0;
	TRY(j->in->kind->incoming(j->in, j->findings, &j->baseline, j->a, &j->incoming, e));
	j->seen_count = j->incoming.count;
	return 0;
}

static int
evaluate(struct judging *j, struct err *e)
{
	static const enum check_id expected[] = { CHECK_POLICY_BUDGET, CHECK_POLICY_PERMIT };

	if (j->in->policy == NULL)
		return 0;
	/* Shown last, and expected whatever happened before: without them there is no acceptance. */
	trace_expect(j->t, expected, COUNT_OF(expected));
	if (!is_convinced(j))
		return 0;
	TRY(policy_eval(j->in->policy, &j->incoming, j->a, j->in->policy_limits, &j->out->policy,
	    e));
	judge_outcome(j);
	return 0;
}

/* For the trace: what the policy saw, before its rules added to it, and what they did. */
static int
explain(struct judging *j, struct err *e)
{
	struct claim_set seen = j->incoming;

	if (!j->in->explain && trace_verdict(j->t) == VERDICT_ACCEPTED)
		return 0;
	TRY(put_settings_hash(j, e));
	seen.count = j->seen_count;
	j->t->claims = claims_object_emit(&seen, j->a);
	if (j->t->claims == NULL)
		return arena_fail(e, "trace");
	if (!j->out->policy_ran)
		return 0;
	j->t->policy =
	    policy_trace_emit(j->in->policy, &j->out->policy, j->in->policy_origin, j->a);
	return j->t->policy == NULL ? arena_fail(e, "trace") : 0;
}

static bool
is_dev(const struct judging *j)
{
	for (size_t i = 0; i < j->in->dev_anchor_count; i++)
		if (memcmp(j->in->dev_anchors[i], j->findings->root_spki_sha256, SHA256_SIZE) == 0)
			return true;
	return false;
}

static int
build_payload(struct judging *j, struct err *e)
{
	DEFER(buf_release) struct buf text = { 0 };
	const struct judge_input *in = j->in;
	struct json *claims = NULL;

	TRY(in->kind->service_claims(in, j->findings, &j->baseline, j->a, &claims, e));
	struct token_spec spec = {
		.issuer = in->issuer,
		.now_at = in->now_at,
		.lifetime_s = in->token_lifetime_s,
		.service = claims,
		.issued = &j->out->policy.outgoing,
		.tpm_kind = in->kind->tpm_kind,
		.policy_hash = bytes_of_str(policy_hash(in->policy)),
		.appraisal_hash = in->appraisal_hash,
		.nonce = in->nonce,
		.dev = is_dev(j),
	};
	buf_init(&text, MAX_TOKEN_PAYLOAD_SIZE);
	buf_reserve(&text, TYPICAL_PAYLOAD_SIZE);
	TRY(token_payload_emit(&spec, j->a, &text, e));
	if (!buf_ok(&text))
		return arena_fail(e, "token payload");
	j->out->payload = arena_copy(j->a, buf_bytes(&text));
	return j->out->payload.p == NULL ? arena_fail(e, "token payload") : 0;
}

/* Long evidence is not hashed twice. */
static void
hash_evidence(struct judging *j)
{
	if (j->findings != NULL && j->findings->evidence_sha256 != NULL)
		memcpy(j->out->evidence_sha256, j->findings->evidence_sha256, SHA256_SIZE);
	else
		sha256(j->in->evidence, j->out->evidence_sha256);
}

static int
run(struct judging *j, struct err *e)
{
	TRY(configure(j, e));
	TRY(appraise(j, e));
	hash_evidence(j);
	TRY(collect_claims(j, e));
	TRY(evaluate(j, e));
	TRY(explain(j, e));
	j->out->verdict = trace_verdict(j->t);
	if (j->out->verdict != VERDICT_ACCEPTED || j->in->policy == NULL)
		return 0;
	return build_payload(j, e);
}

int
judge(const struct judge_input *in, struct arena *a, struct trace *t, struct judgement *out,
    struct err *e)
{
	struct judging *j = arena_alloc(a, sizeof(*j));

	*out = (struct judgement){ .verdict = VERDICT_REFUSED };
	if (j == NULL)
		return arena_fail(e, "judgement");
	*j = (struct judging){ .in = in, .a = a, .t = t, .out = out };
	if (!kind_is_implemented(in->kind))
		return err_set(e, ERR_UNSUPPORTED, "%s: no verifier", in->kind->name);
	if (run(j, e) < 0) {
		/* Without a verdict there is no payload either. */
		*out = (struct judgement){ .verdict = VERDICT_REFUSED };
		t->fault = true;
		return -1;
	}
	return 0;
}
