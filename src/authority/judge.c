/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/judge.h"

#include "base/b64.h"
#include "crypto/digest.h"
#include "token/build.h"

#include <string.h>

/* A claim of the form of x-ms-policy-hash: base64url of exactly 32 bytes. */
static bool
decode_hash(struct bytes text, uint8_t out[32])
{
	uint8_t room[64];
	size_t size;

	if (text.size != b64_encoded_size(B64_URL, 32) || !b64_decode(B64_URL, text, room, &size) ||
	    size != 32)
		return false;
	memcpy(out, room, 32);
	return true;
}

static int
check_times(const struct token_facts *f, const struct snapshot_limits *limits, int64_t now_at,
    struct err *e)
{
	int64_t leeway = limits->leeway_s, lifetime = limits->token_lifetime_s;

	/* Subtractions of values from outside only after both are known to be near. */
	if (f->iat < now_at - leeway || f->iat > now_at + leeway)
		return err_set(e, ERR_STALE, "issue: iat is not within %lld s of our clock",
		    (long long)leeway);
	if (f->nbf != f->iat)
		return err_set(e, ERR_STALE, "issue: nbf is not iat");
	if (f->exp != f->iat + lifetime)
		return err_set(e, ERR_STALE, "issue: exp is not iat + %lld", (long long)lifetime);
	return 0;
}

/* The trace id goes into the log as it is, and from there to people. */
static bool
is_plain(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.p[i] < 0x21 || text.p[i] > 0x7e)
			return false;
	return true;
}

static int
check_policy(const struct issue_request *r, const struct token_facts *f, struct judged *j,
    struct err *e)
{
	if (!decode_hash(f->policy_hash, j->policy_hash))
		return err_set(e, ERR_INVALID, "issue: x-ms-policy-hash is not one");
	if (r->draft)
		return 0;
	if (j->type->policy_hash_text.size == 0)
		return err_set(e, ERR_CONFLICT, "issue: no policy is in force for this type");
	if (!bytes_eq(f->policy_hash, j->type->policy_hash_text))
		return err_set(e, ERR_CONFLICT,
		    "issue: x-ms-policy-hash is not that of the policy in force");
	return 0;
}

int
judge_issue(const struct snapshot *s, const struct issue_request *r, int64_t now_at,
    struct arena *a, struct judged *out, struct err *e)
{
	struct token_facts f;
	struct judged j = { 0 };

	j.instance = snapshot_find_id(s, r->instance);
	j.type = snapshot_find_type(j.instance, r->type);
	if (j.instance == NULL || j.type == NULL)
		return err_set(e, ERR_MISSING, "issue: no such instance or type");
	if (!is_plain(r->trace_id))
		return err_set(e, ERR_INVALID, "issue: a trace id with unprintable characters");
	TRY(token_check_payload(r->payload, a, &f, e));
	if (!bytes_eq(f.issuer, j.instance->issuer))
		return err_set(e, ERR_DENIED, "issue: iss is not this instance's");
	if (!bytes_eq(f.attestation_type, j.type->token_type))
		return err_set(e, ERR_DENIED, "issue: x-ms-attestation-type is not this type's");
	if (f.dev && !s->dev)
		return err_set(e, ERR_DENIED, "issue: attest-dev outside the dev program");
	TRY(check_times(&f, &s->limits, now_at, e));
	TRY(check_policy(r, &f, &j, e));
	if (!bytes_eq(f.appraisal_hash, j.type->settings_hash_text))
		return err_set(e, ERR_CONFLICT,
		    "issue: attest-appraisal-hash is not that of the settings in force");
	*out = j;
	return 0;
}

void
judge_record(const struct issue_request *r, const struct judged *j, int64_t now_at,
    struct tlog_record *out)
{
	*out = (struct tlog_record){
		.kind = r->draft ? TLOG_DRAFT : TLOG_TOKEN,
		.at = now_at,
		.instance = j->instance->id,
		.type = j->type->type,
		.trace_id = r->trace_id,
		.kid = r->draft ? (struct bytes){ 0 } : j->instance->kid,
		.collateral = r->collateral,
	};
	sha256(r->payload, out->payload_sha256);
	memcpy(out->evidence_sha256, r->evidence_sha256, sizeof(out->evidence_sha256));
	memcpy(out->policy_hash, j->policy_hash, sizeof(out->policy_hash));
	memcpy(out->settings_hash, j->type->settings_hash, sizeof(out->settings_hash));
}
