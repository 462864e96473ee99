/* SPDX-License-Identifier: Apache-2.0 */
#include "token/build.h"

#include "claims/claim_json.h"
#include "claims/names.h"

/* Adds VALUE, built just now, under NAME; *OK turns false for good when that fails. */
static void
put(bool *ok, struct json *o, const char *name, struct json *value)
{
	*ok = *ok && json_put(o, name, value);
}

static void
put_common(bool *ok, struct json *o, struct bytes issuer, int64_t now_at, int64_t lifetime_s,
    struct arena *a)
{
	put(ok, o, "iss", json_new_str(a, issuer));
	put(ok, o, "iat", json_new_int(a, now_at));
	put(ok, o, "nbf", json_new_int(a, now_at));
	put(ok, o, "exp", json_new_int(a, now_at + lifetime_s));
}

/*
 * Issued claims at top level: the service's value wins, and a protected name is the service's even when it has no value
 * for it (maa-policy.md 12).
 */
static bool
put_issued(struct json *o, const struct json *issued, bool tpm_kind, struct arena *a)
{
	for (const struct json *c = issued->first; c != NULL; c = c->next) {
		if (claim_name_rule(c->name, tpm_kind) == NAME_PROTECTED)
			continue;
		/* false also when the service has a claim of this name */
		struct json *copy = json_copy(a, c);

		if (copy == NULL)
			return false;
		(void)json_add(o, c->name, copy);
	}
	return true;
}

static bool
put_service(struct json *o, const struct json *service, struct arena *a)
{
	if (service == NULL)
		return true;
	for (const struct json *c = service->first; c != NULL; c = c->next) {
		if (!json_add(o, c->name, json_copy(a, c)))
			return false;
	}
	return true;
}

static int
emit(const struct json *o, bool ok, struct buf *out, struct err *e)
{
	if (!ok)
		return arena_fail(e, "token payload");
	json_emit(out, o, JSON_SORTED);
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "token payload: too large");
	return 0;
}

int
token_payload_emit(const struct token_spec *spec, struct arena *a, struct buf *out, struct err *e)
{
	struct json *o = json_new(a, JSON_OBJECT), *issued = NULL;
	bool ok = o != NULL;

	put_common(&ok, o, spec->issuer, spec->now_at, spec->lifetime_s, a);
	put(&ok, o, "x-ms-ver", json_new_cstr(a, "1.0"));
	put(&ok, o, "x-ms-policy-hash", json_new_str(a, spec->policy_hash));
	if (spec->appraisal_hash.size > 0)
		put(&ok, o, "attest-appraisal-hash", json_new_str(a, spec->appraisal_hash));
	if (spec->dev)
		put(&ok, o, "attest-dev", json_new_bool(a, true));
	if (spec->nonce.p != NULL)
		put(&ok, o, "nonce", json_new_str(a, spec->nonce));
	if (spec->policy_signer != NULL)
		put(&ok, o, "x-ms-policy-signer", json_copy(a, spec->policy_signer));
	if (spec->issued != NULL && spec->issued->count > 0) {
		issued = claims_object_emit(spec->issued, a);
		ok = ok && issued != NULL;
		if (ok && !spec->tpm_kind)
			put(&ok, o, "x-ms-policy", json_copy(a, issued));
	}
	if (ok && !put_service(o, spec->service, a))
		return err_set(e, ERR_INTERNAL,
		    "token payload: a claim of the service stands there twice");
	if (ok && issued != NULL)
		ok = put_issued(o, issued, spec->tpm_kind, a);
	return emit(o, ok, out, e);
}

void
token_header_emit(struct buf *out, const char *alg, struct bytes issuer, struct bytes kid)
{
	DEFER(buf_release) struct buf jku;

	buf_init(&jku, 4096);
	buf_add(&jku, issuer);
	buf_str(&jku, "/certs");
	if (!buf_ok(&jku))
		out->bad = true;
	buf_str(out, "{\"alg\":");
	json_emit_str(out, bytes_of_str(alg));
	buf_str(out, ",\"jku\":");
	json_emit_str(out, buf_bytes(&jku));
	buf_str(out, ",\"kid\":");
	json_emit_str(out, kid);
	buf_str(out, ",\"typ\":\"JWT\"}");
}

/* {"exp":…,"iat":…,"iss":…,"nbf":…, and the caller goes on: all of these tokens' own names begin with x-ms- */
static void
emit_hour(struct buf *out, struct bytes issuer, int64_t now_at)
{
	buf_str(out, "{\"exp\":");
	buf_i64(out, now_at + TOKEN_POLICY_LIFETIME_S);
	buf_str(out, ",\"iat\":");
	buf_i64(out, now_at);
	buf_str(out, ",\"iss\":");
	json_emit_str(out, issuer);
	buf_str(out, ",\"nbf\":");
	buf_i64(out, now_at);
	buf_char(out, ',');
}

void
token_policy_get_emit(struct buf *out, struct bytes issuer, int64_t now_at, struct bytes policy_jws)
{
	emit_hour(out, issuer, now_at);
	buf_str(out, "\"x-ms-policy\":");
	json_emit_str(out, policy_jws);
	buf_char(out, '}');
}

int
token_policy_result_emit(struct buf *out, struct bytes issuer, int64_t now_at, bool updated,
    struct bytes policy_token_hash, const struct json *signer, struct arena *a, struct err *e)
{
	struct json *o = json_new(a, JSON_OBJECT);
	bool ok = o != NULL;

	put_common(&ok, o, issuer, now_at, TOKEN_POLICY_LIFETIME_S, a);
	put(&ok, o, "x-ms-policy-result", json_new_cstr(a, updated ? "Updated" : "Removed"));
	if (updated)
		put(&ok, o, "x-ms-policy-token-hash", json_new_str(a, policy_token_hash));
	if (updated && signer != NULL)
		put(&ok, o, "x-ms-policy-signer", json_copy(a, signer));
	return emit(o, ok, out, e);
}

int
token_certificates_emit(struct buf *out, struct bytes issuer, int64_t now_at,
    const struct json *keys, struct arena *a, struct err *e)
{
	struct json *o = json_new(a, JSON_OBJECT), *set = json_new(a, JSON_OBJECT);
	bool ok = o != NULL && set != NULL;

	put_common(&ok, o, issuer, now_at, TOKEN_POLICY_LIFETIME_S, a);
	put(&ok, set, "keys", keys != NULL ? json_copy(a, keys) : json_new(a, JSON_ARRAY));
	put(&ok, o, "x-ms-policy-certificates", set);
	return emit(o, ok, out, e);
}
