/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the authority sign this? A worker may have been taken over, so a payload is compared with the authority's own
 * state, claim by claim, before its record is written:
 *
 *	claim                   must be
 *	form                    canonical JSON without jti (token/build.h)
 *	iss                     the instance's
 *	iat = nbf               within the leeway of the authority's clock; exp exactly one token lifetime later
 *	x-ms-attestation-type   the type's
 *	x-ms-policy-hash        the policy in force; for a draft any, and then nothing is signed (maa-api.md 4.3)
 *	attest-appraisal-hash   the settings in force
 *	attest-dev              absent, unless this is the dev program
 *
 * Pure: state and time are arguments. What it cannot see is whether the evidence was judged rightly; for that the record
 * holds the evidence's digest, and anyone with the evidence can judge again.
 */
#pragma once

#include "authority/protocol.h"
#include "authority/snapshot.h"
#include "tlog/record.h"

/* Views into request, snapshot and arena. */
struct judged {
	const struct snapshot_instance *instance;
	const struct snapshot_type *type;
	uint8_t policy_hash[32]; /* what the payload says, as bytes */
};

/*
 * ERR_MISSING: no such instance or type. ERR_DENIED: another issuer, attestation type, or dev claim. ERR_CONFLICT: policy
 * or settings that are not in force. ERR_STALE: times that are not ours. ERR_MALFORMED, ERR_INVALID: the payload's form.
 */
int judge_issue(const struct snapshot *s, const struct issue_request *r, int64_t now_at,
    struct arena *a, struct judged *out, struct err *e) MUST_CHECK;
/* The record of a judged request, but for its salt. */
void judge_record(const struct issue_request *r, const struct judged *j, int64_t now_at,
    struct tlog_record *out);
