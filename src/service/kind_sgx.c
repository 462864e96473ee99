/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kind_sgx.h"

#include "appraise/sgx.h"
#include "service/judge.h"

/* maa-policy.md 11.1: a name of the vendor's; what it means here is the newest collateral that we hold. */
#define BASELINE_DEFAULT "azuredefault"
#define BASELINE_CLAIM   "x-ms-sgx-tcbidentifier"
#define MAX_BASELINE     1000000u

struct found {
	struct kind_findings common;
	struct sgx_findings sgx;
};

static bool
parse_decimal(struct bytes text, uint64_t *out)
{
	uint64_t v = 0;

	if (text.size == 0 || text.size > 7 || (text.p[0] == '0' && text.size > 1))
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text.p[i] - '0');
	}
	*out = v;
	return v <= MAX_BASELINE;
}

/*
 * The identifier of a baseline is Intel's tcbEvaluationDataNumber. Naming one demands collateral at least as new, so that
 * a platform that passes meets the named baseline too.
 */
bool
kind_sgx_configure(const struct claim_set *config, struct kind_baseline *baseline)
{
	const struct claim *claim = claim_set_find(config, BASELINE_CLAIM);
	uint64_t number;

	*baseline = (struct kind_baseline){ .name = BYTES(BASELINE_DEFAULT) };
	if (claim == NULL)
		return true;
	if (claim->type != CLAIM_STRING)
		return false;
	if (bytes_is_str(claim->text, BASELINE_DEFAULT))
		return true;
	if (!parse_decimal(claim->text, &number))
		return false;
	*baseline = (struct kind_baseline){ .name = claim->text, .min_evaluation_number = number };
	return true;
}

typedef int appraise_fn(const struct appraise_input *in, const struct collateral *c,
    struct endorsement_cache *cache, const struct settings *s, int64_t now_at, struct arena *a,
    struct trace *t, struct sgx_findings *out, struct err *e);

static int
appraise_with(appraise_fn *appraise, const struct judge_input *in, const struct settings *settings,
    struct arena *a, struct trace *t, struct kind_findings **out, struct err *e)
{
	struct found *found = arena_alloc(a, sizeof(*found));
	struct appraise_input input = { .evidence = in->evidence };

	if (found == NULL)
		return arena_fail(e, "sgx findings");
	if (in->runtime.form != DATA_ABSENT)
		input.runtime_data = in->runtime.bytes;
	if (in->init.form != DATA_ABSENT)
		input.init_data = in->init.bytes;
	TRY(appraise(&input, in->collateral, in->cache, settings, in->now_at, a, t, &found->sgx,
	    e));
	found->common.complete = found->sgx.complete;
	if (found->sgx.complete)
		found->common.evidence_sha256 = found->sgx.collateral.quotehash;
	found->common.root_spki_sha256 = found->sgx.root_spki_sha256;
	*out = &found->common;
	return 0;
}

int
kind_sgx_appraise(const struct judge_input *in, const struct settings *settings, struct arena *a,
    struct trace *t, struct kind_findings **out, struct err *e)
{
	return appraise_with(sgx_appraise, in, settings, a, t, out, e);
}

int
kind_oe_appraise(const struct judge_input *in, const struct settings *settings, struct arena *a,
    struct trace *t, struct kind_findings **out, struct err *e)
{
	return appraise_with(oe_appraise, in, settings, a, t, out, e);
}

static struct sgx_claims_spec
claims_spec(const struct judge_input *in, const struct kind_findings *findings,
    const struct kind_baseline *baseline)
{
	/* `common` is the first member. */
	const struct found *found = (const struct found *)(const void *)findings;

	return (struct sgx_claims_spec){ .findings = &found->sgx,
		.runtime = in->runtime,
		.init = in->init,
		.tcb_identifier = baseline->name };
}

int
kind_sgx_incoming(const struct judge_input *in, const struct kind_findings *findings,
    const struct kind_baseline *baseline, struct arena *a, struct claim_set *claims, struct err *e)
{
	struct sgx_claims_spec spec = claims_spec(in, findings, baseline);

	return sgx_claims_incoming(&spec, a, claims, e);
}

int
kind_sgx_service_claims(const struct judge_input *in, const struct kind_findings *findings,
    const struct kind_baseline *baseline, struct arena *a, struct json **out, struct err *e)
{
	struct sgx_claims_spec spec = claims_spec(in, findings, baseline);

	return sgx_claims_emit(&spec, a, out, e);
}
