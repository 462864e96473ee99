/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement: evidence, collateral, settings, policy and a point in time give a verdict, its trace and, if it is
 * accepted, the payload of a token.
 *
 * It reads no clock, no file, no network and changes nothing but the cache, which never changes a verdict: the same
 * input gives the same trace, here in the worker, in `attest evidence appraise`, and years later.
 *
 *	struct trace t;
 *	struct judgement j;
 *	trace_init(&t, arena, in.kind->name, in.now_at);
 *	TRY(judge(&in, arena, &t, &j, e));
 *	if (j.verdict == VERDICT_ACCEPTED) ... j.payload
 */
#pragma once

#include "appraise/cache.h"
#include "collateral/collateral.h"
#include "policy/policy.h"
#include "service/kinds.h"

struct judge_input {
	const struct kind *kind; /* one that is implemented */
	struct bytes
	    evidence; /* as decoded from the request: the bytes that are hashed into `quotehash` */
	struct claims_data runtime, init;
	struct bytes nonce; /* p == NULL: none */

	/* NULL: no policy stage and no token, as the command line appraises. */
	const struct policy *policy;
	const char *policy_origin; /* "default" "set" "draft" */
	const struct policy_limits *policy_limits;

	const struct settings *settings;
	const struct collateral *collateral;
	struct endorsement_cache *cache; /* may be NULL */
	/* Roots of the dev program among the settings' anchors, SHA-256 of their keys: tokens get attest-dev. */
	const uint8_t (*dev_anchors)[SHA256_SIZE];
	size_t dev_anchor_count;

	struct bytes issuer;         /* "https://host" */
	struct bytes appraisal_hash; /* the claim attest-appraisal-hash; empty: left out */
	int64_t now_at;
	int64_t token_lifetime_s;
	/* Give an acceptance's trace its settings, policy and claims too; other verdicts always have them. */
	bool explain;
};

struct judgement {
	enum verdict verdict;
	/* The payload without jti, in the arena; p == NULL unless accepted under a policy. */
	struct bytes payload;
	struct policy_outcome policy; /* all zero when no policy was evaluated */
	bool policy_ran;
	uint8_t evidence_sha256[SHA256_SIZE]; /* always there when judge() returned 0 */
};

/*
 * T was prepared by trace_init(). -1: we failed; there is no verdict, no payload, and the trace has `fault` set. That the
 * caller's data is the JSON it is said to be is established before (service/attest.h).
 */
int judge(const struct judge_input *in, struct arena *a, struct trace *t, struct judgement *out,
    struct err *e) MUST_CHECK;
