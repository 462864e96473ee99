/* SPDX-License-Identifier: Apache-2.0 */
#include "client/expectation.h"

#include "base/b64.h"
#include "base/hex.h"
#include "claims/names.h"
#include "crypto/digest.h"
#include "jose/thumbprint.h"

static int
no_memory(struct err *e)
{
	return arena_fail(e, "expectation");
}

int
expectation_issuer(struct token_expectation *x, struct arena *a, struct bytes issuer, struct err *e)
{
	static const char scheme[] = "https://";

	for (size_t i = 0; i < issuer.size; i++)
		if (issuer.p[i] <= ' ' || issuer.p[i] >= 0x7f)
			return err_set(e, ERR_INVALID,
			    "expectation: the issuer is not printable ASCII without white space");
	if (!bytes_has_prefix(issuer, scheme) || issuer.size == sizeof(scheme) - 1)
		return err_set(e, ERR_INVALID,
		    "expectation: issuer '%.*s' does not begin with https:// and a host",
		    BYTES_FMT(issuer));
	if (issuer.p[issuer.size - 1] == '/')
		return err_set(e, ERR_INVALID,
		    "expectation: issuer '%.*s' ends with a slash; `iss` has none",
		    BYTES_FMT(issuer));
	if (x->issuer.p != NULL && !bytes_eq(x->issuer, issuer))
		return err_set(e, ERR_INVALID, "expectation: two issuers, '%.*s' and '%.*s'",
		    BYTES_FMT(x->issuer), BYTES_FMT(issuer));
	x->issuer = arena_copy(a, issuer);
	return x->issuer.p == NULL ? no_memory(e) : 0;
}

int
expectation_nonce(struct token_expectation *x, struct arena *a, struct bytes nonce, struct err *e)
{
	if (nonce.size == 0)
		return err_set(e, ERR_INVALID, "expectation: the nonce is empty");
	if (x->nonce.p != NULL && !bytes_eq(x->nonce, nonce))
		return err_set(e, ERR_INVALID, "expectation: two nonces");
	x->nonce = arena_copy(a, nonce);
	return x->nonce.p == NULL ? no_memory(e) : 0;
}

/* X->types is const for those who read it; it was made here. */
int
expectation_type(struct token_expectation *x, struct arena *a, struct bytes type, struct err *e)
{
	struct json *types = json_new(a, JSON_ARRAY);
	bool ok = true;

	if (type.size == 0)
		return err_set(e, ERR_INVALID, "expectation: the type is empty");
	for (const struct json *v = x->types == NULL ? NULL : x->types->first; v != NULL;
	     v = v->next)
		ok = ok && json_append(types, json_copy(a, v));
	type = arena_copy(a, type);
	if (!ok || type.p == NULL || !json_append(types, json_new_str(a, type)))
		return no_memory(e);
	x->types = types;
	return 0;
}

/* The rule of KIND for CLAIM, made when there is none; in the order in which kinds are judged. */
static struct expect_rule *
rule_of(struct token_expectation *x, struct arena *a, enum expect_kind kind, struct bytes claim)
{
	struct expect_rule **at = &x->rules, *rule;

	for (; *at != NULL && (*at)->kind <= kind; at = &(*at)->next)
		if ((*at)->kind == kind && bytes_eq((*at)->claim, claim))
			return *at;
	rule = arena_alloc(a, sizeof(*rule));
	claim = arena_copy(a, claim);
	if (rule == NULL || claim.p == NULL)
		return NULL;
	rule->kind = kind;
	rule->claim = claim;
	rule->values = json_new(a, JSON_ARRAY);
	if (rule->values == NULL)
		return NULL;
	rule->next = *at;
	*at = rule;
	return rule;
}

/* Names of claims that the hardware's word stands behind, and that no policy can issue. */
static int
check_service_claim(struct bytes claim, struct err *e)
{
	struct bytes name = claim;

	if (bytes_has_prefix(name, EXPECT_NESTED))
		name = bytes_slice(name, sizeof(EXPECT_NESTED) - 1, name.size);
	if (claim_name_rule(name, false) != NAME_PROTECTED)
		return err_set(e, ERR_INVALID,
		    "expectation: '%.*s' is what a policy may write; name the service's claim",
		    BYTES_FMT(claim));
	return 0;
}

static int
check_claim_name(struct bytes claim, struct err *e)
{
	if (claim.size == 0 || claim.size > MAX_EXPECT_CLAIM_SIZE)
		return err_set(e, ERR_INVALID, "expectation: a claim's name has 1 to %d characters",
		    MAX_EXPECT_CLAIM_SIZE);
	return 0;
}

static int
add_value(struct token_expectation *x, struct arena *a, enum expect_kind kind, struct bytes claim,
    const struct json *value, struct err *e)
{
	struct expect_rule *rule = rule_of(x, a, kind, claim);

	if (rule == NULL || !json_append(rule->values, json_copy(a, value)))
		return no_memory(e);
	return 0;
}

/* Lower case, as tokens have it. */
static int
hex_text(struct arena *a, struct bytes claim, struct bytes text, struct json **out, struct err *e)
{
	uint8_t *raw = arena_alloc(a, text.size / 2);

	if (raw == NULL)
		return no_memory(e);
	if (text.size == 0 || text.size % 2 != 0 || !hex_decode(text, raw, text.size / 2))
		return err_set(e, ERR_INVALID, "expectation: measurement '%.*s' is not hexadecimal",
		    BYTES_FMT(claim));
	*out = json_new_hex(a, bytes_of(raw, text.size / 2));
	return *out == NULL ? no_memory(e) : 0;
}

static int
check_thumbprint(struct arena *a, struct bytes text, struct err *e)
{
	struct bytes raw;

	if (b64_decode_arena(B64_URL, text, a, &raw, NULL) < 0 || raw.size != SHA256_SIZE)
		return err_set(e, ERR_INVALID,
		    "expectation: a thumbprint is the base64url of 32 bytes (RFC 7638, SHA-256)");
	return 0;
}

int
expectation_value(struct token_expectation *x, struct arena *a, enum expect_kind kind,
    struct bytes claim, struct bytes value, struct err *e)
{
	struct json *v = NULL;

	if (value.size == 0)
		return err_set(e, ERR_INVALID, "expectation: an empty value");
	switch (kind) {
	case EXPECT_MEASUREMENT:
		TRY(check_claim_name(claim, e));
		TRY(check_service_claim(claim, e));
		TRY(hex_text(a, claim, value, &v, e));
		return add_value(x, a, kind, claim, v, e);
	case EXPECT_SIGNER:
	case EXPECT_KEY:
		TRY(check_thumbprint(a, value, e));
		break;
	case EXPECT_TCB_STATUS:
	case EXPECT_POLICY_HASH:
	case EXPECT_APPRAISAL_HASH:
		break;
	case EXPECT_MIN_SVN:
	case EXPECT_CLAIM:
	default:
		return err_set(e, ERR_INTERNAL, "expectation: not a rule of text values");
	}
	value = arena_copy(a, value);
	v = json_new_str(a, value);
	if (value.p == NULL || v == NULL)
		return no_memory(e);
	return add_value(x, a, kind, (struct bytes){ 0 }, v, e);
}

int
expectation_min_svn(struct token_expectation *x, struct arena *a, struct bytes claim, int64_t min,
    struct err *e)
{
	struct expect_rule *rule;
	struct json *v;

	TRY(check_claim_name(claim, e));
	TRY(check_service_claim(claim, e));
	if (min < 0)
		return err_set(e, ERR_INVALID, "expectation: the least '%.*s' is negative",
		    BYTES_FMT(claim));
	rule = rule_of(x, a, EXPECT_MIN_SVN, claim);
	v = json_new_int(a, min);
	if (rule == NULL || v == NULL)
		return no_memory(e);
	if (rule->values->count > 0 && rule->min >= min)
		return 0;
	rule->min = min;
	rule->values = json_new(a, JSON_ARRAY);
	return json_append(rule->values, v) ? 0 : no_memory(e);
}

int
expectation_claim(struct token_expectation *x, struct arena *a, struct bytes claim,
    const struct json *value, struct err *e)
{
	TRY(check_claim_name(claim, e));
	return add_value(x, a, EXPECT_CLAIM, claim, value, e);
}

int
expectation_key(struct token_expectation *x, struct arena *a, enum expect_kind kind,
    const struct json *key, struct err *e)
{
	char text[JWK_THUMBPRINT_SIZE];
	struct bytes thumbprint = json_text(key);
	bool is_known = true;

	if (thumbprint.p == NULL)
		TRY(jwk_thumbprint_text(key, a, text, &is_known, e));
	if (!is_known)
		return err_set(e, ERR_INVALID,
		    "expectation: a key is a JWK of kty RSA, EC or OKP, or its thumbprint");
	if (thumbprint.p == NULL)
		thumbprint = bytes_of(text, sizeof(text));
	return expectation_value(x, a, kind, (struct bytes){ 0 }, thumbprint, e);
}

int
expectation_complete(const struct token_expectation *x, struct err *e)
{
	if (x->issuer.p == NULL)
		return err_set(e, ERR_MISSING,
		    "expectation: no issuer is named: whose tokens are good?");
	if (x->type.p == NULL && x->types == NULL)
		return err_set(e, ERR_MISSING,
		    "expectation: no type is named: evidence of what kind?");
	if (x->nonce.p == NULL && x->max_age_s < 0 && !x->any_age)
		return err_set(e, ERR_MISSING,
		    "expectation: nothing is said of freshness: name a nonce, a maximum age, or "
		    "any "
		    "age");
	return 0;
}
