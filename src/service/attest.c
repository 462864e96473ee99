/* SPDX-License-Identifier: Apache-2.0 */
#include "service/attest.h"

#include "base/b64.h"
#include "base/hex.h"
#include "crypto/digest.h"
#include "service/traces.h"

#include <string.h>

/* NULL for a member that is absent or null; two spellings of one name are refused. */
static int
member(const struct json *body, const char *name, const struct json **out, struct err *e)
{
	const struct json *found = NULL;

	for (const struct json *i = body->first; i != NULL; i = i->next) {
		if (!bytes_is_str_nocase(i->name, name))
			continue;
		if (found != NULL)
			return err_set(e, ERR_MALFORMED, "%s: given twice", name);
		found = i;
	}
	*out = found != NULL && found->type != JSON_NULL ? found : NULL;
	return 0;
}

static int
text_member(const struct json *body, const char *name, struct bytes *out, struct err *e)
{
	const struct json *found;

	*out = (struct bytes){ 0 };
	TRY(member(body, name, &found, e));
	if (found == NULL)
		return 0;
	*out = json_text(found);
	if (out->p == NULL)
		return err_set(e, ERR_MALFORMED, "%s: not a string", name);
	return 0;
}

static int
decode(const char *name, struct bytes text, struct arena *a, struct bytes *out, struct err *e)
{
	if (b64_decode_arena(B64_LENIENT, text, a, out, e) < 0)
		return err_in(e, "%s", name);
	return 0;
}

static int
parse_evidence(const struct json *body, const struct kind *kind, struct arena *a, struct bytes *out,
    struct err *e)
{
	struct bytes text, alias = { 0 };

	TRY(text_member(body, kind->evidence_member, &text, e));
	if (kind->evidence_alias != NULL)
		TRY(text_member(body, kind->evidence_alias, &alias, e));
	if (text.p != NULL && alias.p != NULL)
		return err_set(e, ERR_MALFORMED, "%s and %s: want one of them",
		    kind->evidence_member, kind->evidence_alias);
	if (text.p == NULL)
		text = alias;
	if (text.size == 0)
		return err_set(e, ERR_MALFORMED, "%s: missing; it holds the evidence as base64url",
		    kind->evidence_member);
	if (b64_decoded_max(text.size) > MAX_EVIDENCE_SIZE)
		return err_set(e, ERR_LIMIT, "%s: over %d bytes", kind->evidence_member,
		    MAX_EVIDENCE_SIZE);
	return decode(kind->evidence_member, text, a, out, e);
}

/* JSON data must be an object, because the claim that it becomes is one (maa-api.md 4.2). */
static int
check_json(const char *name, struct bytes data, struct arena *a, struct err *e)
{
	const struct json *value;

	if (claims_data_parse(data, a, &value, e) < 0)
		return err_in(e, "%s.data", name);
	if (value->type != JSON_OBJECT)
		return err_set(e, ERR_MALFORMED, "%s.data: JSON, but not an object", name);
	return 0;
}

static int
parse_form(const char *name, struct bytes form, enum claims_data_form *out, struct err *e)
{
	/* Every member is optional in the schema (maa-api.md 1.5); what binds is the same for both. */
	if (form.p == NULL || bytes_is_str_nocase(form, "Binary"))
		*out = DATA_BINARY;
	else if (bytes_is_str_nocase(form, "JSON"))
		*out = DATA_JSON;
	else
		return err_set(e, ERR_UNSUPPORTED, "%s.dataType: want Binary or JSON", name);
	return 0;
}

/* {"data","dataType"}; empty data is absent data, whatever the type says. */
static int
parse_data(const struct json *body, const char *name, struct arena *a, struct claims_data *out,
    struct err *e)
{
	const struct json *object;
	struct bytes text, form;

	*out = (struct claims_data){ .form = DATA_ABSENT };
	TRY(member(body, name, &object, e));
	if (object == NULL)
		return 0;
	if (object->type != JSON_OBJECT)
		return err_set(e, ERR_MALFORMED, "%s: not an object", name);
	if (text_member(object, "data", &text, e) < 0 ||
	    text_member(object, "dataType", &form, e) < 0)
		return err_in(e, "%s", name);
	if (text.size == 0)
		return 0;
	TRY(parse_form(name, form, &out->form, e));
	TRY(decode(name, text, a, &out->bytes, e));
	return out->form == DATA_JSON ? check_json(name, out->bytes, a, e) : 0;
}

/* What clients of 2018-09-01-preview send in place of runtimeData (maa-api.md 1.4). */
static int
parse_held_data(const struct json *body, struct arena *a, struct claims_data *out, struct err *e)
{
	struct bytes text;

	TRY(text_member(body, "EnclaveHeldData", &text, e));
	if (text.size == 0)
		return 0;
	if (out->form != DATA_ABSENT)
		return err_set(e, ERR_MALFORMED,
		    "EnclaveHeldData and runtimeData: want one of them");
	out->form = DATA_BINARY;
	return decode("EnclaveHeldData", text, a, &out->bytes, e);
}

static bool
is_digits(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.size > 0;
}

/* A string, or an unsigned number whose digits are taken as they stand (maa-api.md 4.1). */
static int
parse_nonce(const struct json *body, struct bytes *out, struct err *e)
{
	const struct json *nonce = NULL;

	*out = (struct bytes){ 0 };
	TRY(member(body, "nonce", &nonce, e));
	if (nonce == NULL)
		return 0;
	if (nonce->type != JSON_STRING && (nonce->type != JSON_NUMBER || !is_digits(nonce->text)))
		return err_set(e, ERR_MALFORMED, "nonce: want a string or an unsigned number");
	if (nonce->text.size > MAX_NONCE_SIZE)
		return err_set(e, ERR_LIMIT, "nonce: %zu bytes, at most %d", nonce->text.size,
		    MAX_NONCE_SIZE);
	if (nonce->text.size > 0)
		*out = nonce->text;
	return 0;
}

static int
parse_draft(const struct json *body, struct bytes *out, struct err *e)
{
	TRY(text_member(body, "draftPolicyForAttestation", out, e));
	if (out->size > MAX_POLICY_SIZE)
		return err_set(e, ERR_LIMIT, "draftPolicyForAttestation: %zu bytes, at most %d",
		    out->size, MAX_POLICY_SIZE);
	if (out->size == 0)
		*out = (struct bytes){ 0 };
	return 0;
}

int
attest_request_parse(struct bytes body, const struct kind *kind, struct arena *a,
    struct attest_request *out, struct err *e)
{
	struct attest_request rq = { 0 };
	const struct json *json;

	if (json_parse(body, body.size, a, &json, e) < 0)
		return err_in(e, "request body");
	if (json->type != JSON_OBJECT)
		return err_set(e, ERR_MALFORMED, "request body: not a JSON object");
	TRY(parse_evidence(json, kind, a, &rq.evidence, e));
	TRY(parse_data(json, "runtimeData", a, &rq.runtime, e));
	TRY(parse_data(json, "initTimeData", a, &rq.init, e));
	TRY(parse_held_data(json, a, &rq.runtime, e));
	TRY(parse_nonce(json, &rq.nonce, e));
	TRY(parse_draft(json, &rq.draft_policy, e));
	*out = rq;
	return 0;
}

static const char *
policy_origin(const struct attestation *at)
{
	if (at->draft)
		return "draft";
	return at->type->snap->policy_origin == POLICY_SET ? "set" : "default";
}

/* The stored policy, or the draft compiled; *OUT is the caller's. */
static int
choose_policy(struct attestation *at, struct policy **out, struct err *e)
{
	if (at->request.draft_policy.p != NULL) {
		struct policy_diag diag = { 0 };

		at->draft = true;
		if (policy_parse(at->request.draft_policy, out, &diag, e) < 0) {
			/* Without a line it is memory that ran out (policy/policy.h). */
			at->draft_is_bad = e->code != ERR_LIMIT || diag.line != 0;
			return -1;
		}
		return 0;
	}
	if (at->type->policy == NULL)
		return err_set(e, ERR_MISSING, "%s: no policy is set", at->type->kind->name);
	*out = policy_ref(at->type->policy);
	return 0;
}

static void
name_trace(struct attestation *at, const uint8_t random[TRACE_RANDOM_SIZE])
{
	trace_id_make((uint64_t)at->now_at * 1000, random, at->trace.id);
	hex_encode(bytes_of(random + 10, 16), at->trace_key);
	at->trace_key[32] = '\0';
}

static struct judge_input
input_of(const struct attestation *at, const struct policy *policy)
{
	const struct snapshot_instance *snap = at->instance->snap;

	return (struct judge_input){
		.kind = at->type->kind,
		.evidence = at->request.evidence,
		.runtime = at->request.runtime,
		.init = at->request.init,
		.nonce = at->request.nonce,
		.policy = policy,
		.policy_origin = policy_origin(at),
		.policy_limits = at->draft ? &policy_limits_draft : &policy_limits_stored,
		.settings = at->type->settings,
		.collateral = at->state->collateral,
		.cache = at->instance->space->cache,
		.dev_anchors = (const uint8_t(*)[SHA256_SIZE])at->state->dev_anchors,
		.dev_anchor_count = at->state->dev_anchor_count,
		.issuer = snap->issuer,
		.appraisal_hash = at->type->snap->settings_hash_text,
		.now_at = at->now_at,
		.token_lifetime_s = at->state->snapshot->limits.token_lifetime_s,
	};
}

int
attestation_judge(struct attestation *at, const uint8_t random[TRACE_RANDOM_SIZE], struct arena *a,
    struct err *e)
{
	DEFER(policy_unrefp) struct policy *policy = NULL;
	struct judge_input in;

	trace_init(&at->trace, a, at->type->kind->name, at->now_at);
	at->trace.instance = at->instance->snap->host;
	name_trace(at, random);
	TRY(choose_policy(at, &policy, e));
	in = input_of(at, policy);
	at->is_kept = at->keep_trace || exemplars_wants_accepted(at->instance->space->traces);
	in.explain = at->is_kept;
	TRY(judge(&in, a, &at->trace, &at->judgement, e));
	traces_keep(at, a);
	return 0;
}

bool
attestation_issue_request(const struct attestation *at, struct arena *a, struct issue_request *out)
{
	size_t count = at->trace.collateral_count;
	uint8_t *hashes = arena_array(a, count, SHA256_SIZE);

	if (hashes == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		memcpy(hashes + i * SHA256_SIZE, at->trace.collateral[i].sha256, SHA256_SIZE);
	*out = (struct issue_request){
		.instance = at->instance->snap->id,
		.type = at->type->snap->type,
		.draft = at->draft,
		.payload = at->judgement.payload,
		.trace_id = bytes_of_str(at->trace.id),
		.collateral = bytes_of(hashes, count * SHA256_SIZE),
	};
	memcpy(out->evidence_sha256, at->judgement.evidence_sha256, SHA256_SIZE);
	return true;
}
