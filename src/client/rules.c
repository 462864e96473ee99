/* SPDX-License-Identifier: Apache-2.0 */
#include "client/rules.h"

#include "client/bound_keys.h"
#include "jose/thumbprint.h"

#include <string.h>

#define MAX_SHOWN_VALUES 1024

static struct shown
shown_value(struct trace *t, const struct json *v)
{
	DEFER(buf_release) struct buf text = { 0 };

	if (v == NULL)
		return shown_str("absent");
	if (v->type == JSON_STRING)
		return shown_text(json_text(v));
	if (v->span.size > 0)
		return shown_text(v->span);
	buf_init(&text, MAX_SHOWN_VALUES);
	json_emit(&text, v, JSON_AS_IS);
	return buf_ok(&text) ? shown_text(arena_copy(t->arena, buf_bytes(&text))) : shown_nothing();
}

/* Of a set with one value that value, otherwise the list. */
static struct shown
shown_set(struct trace *t, const struct json *values)
{
	return shown_value(t, values->count == 1 ? values->first : values);
}

/* Which claims are looked for: by size first, because most names differ in it. */
#define FACT(name, member)                                                                         \
	{                                                                                          \
		sizeof(name) - 1, offsetof(struct token_facts_seen, member), name                  \
	}
static const struct fact {
	uint16_t size, offset;
	const char *name;
} facts_table[] = {
	FACT("iss", iss),
	FACT("jti", jti),
	FACT("nonce", nonce),
	FACT("dbgstat", dbgstat),
	FACT("attest-dev", dev),
	FACT("x-ms-policy", policy),
	FACT("x-ms-isolation-tee", isolation),
	FACT("x-ms-attestation-type", type),
	FACT("x-ms-sgx-is-debuggable", sgx_debug),
	FACT("tdx_td_attributes_debug", tdx_debug),
	FACT("x-ms-sevsnpvm-is-debuggable", snp_debug),
	FACT("x-ms-azurevm-bootdebug-enabled", vm_boot_debug),
	FACT("x-ms-azurevm-kerneldebug-enabled", vm_kernel_debug),
	FACT("x-ms-azurevm-hypervisordebug-enabled", vm_hypervisor_debug),
};
#define MAX_FACT_SIZE 36

/* maa-api.md 2.4 and 2.8: what the answers of the governance calls are about. */
static const char *const result_members[] = { "x-ms-policy-result", "x-ms-policy-token-hash",
	"x-ms-policy-certificates", "x-ms-policycertificates-result",
	"x-ms-certificate-thumbprint" };

static bool
is_result_member(struct bytes name)
{
	for (size_t i = 0; i < COUNT_OF(result_members); i++)
		if (bytes_is_str(name, result_members[i]))
			return true;
	return false;
}

void
token_facts_find(const struct json *claims, struct token_facts_seen *out)
{
	memset(out, 0, sizeof(*out));
	for (const struct json *m = claims->first; m != NULL; m = m->next) {
		for (size_t i = 0; i < COUNT_OF(facts_table); i++) {
			const struct fact *f = &facts_table[i];

			if (m->name.size < f->size)
				break;
			if (m->name.size == f->size && memcmp(m->name.p, f->name, f->size) == 0)
				memcpy((uint8_t *)out + f->offset, &(const struct json *){ m },
				    sizeof(m));
		}
		out->has_result = out->has_result || is_result_member(m->name);
	}
}

/*
 * An attestation token and nothing else that the same issuer signs with the same keys: policy tokens, whose x-ms-policy
 * is a string, and the answers about policies and certificates (maa-api.md 2.3, 2.4, 2.8).
 */
static void
judge_kind(const struct token_facts_seen *f, struct trace *t)
{
	const char *seen = NULL;

	if (f->has_result)
		seen = "the answer to a policy or certificate call";
	else if (f->policy != NULL && f->policy->type != JSON_OBJECT)
		seen = "x-ms-policy that is no object: a policy token";
	else if (json_text(f->type).size == 0)
		seen = "no x-ms-attestation-type";
	else if (json_text(f->jti).size == 0)
		seen = "no jti";
	trace_judge(t, CHECK_TOKEN_KIND, seen == NULL,
	    shown_str(seen == NULL ? "an attestation token" : seen), shown_nothing());
}

/* The names of a type that people use, against the one in the token (maa-api.md 2.1). */
static bool
type_matches(struct bytes wanted, struct bytes seen)
{
	static const struct {
		const char *name, *claim;
	} names[] = {
		{ "SgxEnclave", "sgx" },
		{ "OpenEnclave", "sgx" },
		{ "SevSnpVm", "sevsnpvm" },
		{ "TdxVm", "tdxvm" },
		{ "AzureGuest", "azurevm" },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_is_str_nocase(wanted, names[i].name))
			return bytes_is_str(seen, names[i].claim);
	return bytes_eq(wanted, seen);
}

static bool
is_one_of_types(const struct json *types, struct bytes seen)
{
	for (const struct json *v = types->first; v != NULL; v = v->next)
		if (type_matches(json_text(v), seen))
			return true;
	return false;
}

static void
judge_type(const struct token_facts_seen *f, const struct token_expectation *want, struct trace *t)
{
	struct bytes seen = json_text(f->type);

	if (want->type.p == NULL && want->types == NULL) {
		trace_na(t, CHECK_TOKEN_TYPE, "no type was asked for");
		return;
	}
	if (want->type.p != NULL &&
	    !trace_judge(t, CHECK_TOKEN_TYPE, seen.p != NULL && type_matches(want->type, seen),
		shown_value(t, f->type), shown_text(want->type)))
		return;
	if (want->types != NULL)
		trace_judge(t, CHECK_TOKEN_TYPE,
		    seen.p != NULL && is_one_of_types(want->types, seen), shown_value(t, f->type),
		    shown_set(t, want->types));
}

static void
judge_nonce(const struct token_facts_seen *f, const struct token_expectation *want, struct trace *t)
{
	struct bytes seen = json_text(f->nonce);

	if (want->nonce.p == NULL)
		trace_na(t, CHECK_TOKEN_NONCE, "no nonce was asked for");
	else
		trace_judge(t, CHECK_TOKEN_NONCE, seen.p != NULL && bytes_eq(want->nonce, seen),
		    shown_value(t, f->nonce), shown_text(want->nonce));
}

/* Ours (token/build.h): only true is ever written, and what else stands there is not believed either. */
static void
judge_dev(const struct token_facts_seen *f, const struct token_expectation *want, struct trace *t)
{
	if (f->dev != NULL && want->allow_dev && f->dev->type == JSON_BOOL && f->dev->truth)
		trace_na(t, CHECK_TOKEN_DEV, "a dev issuer, which this program allows");
	else
		trace_judge(t, CHECK_TOKEN_DEV, f->dev == NULL, shown_value(t, f->dev),
		    shown_nothing());
}

/* What is known of debugging, worst first. */
enum debug { DEBUG_ON, DEBUG_UNKNOWN, DEBUG_OFF };

static enum debug
debug_flag(const struct json *flag)
{
	bool on;

	if (flag == NULL)
		return DEBUG_UNKNOWN;
	return json_bool(flag, &on) && !on ? DEBUG_OFF : DEBUG_ON;
}

/* The claim that decides for this type must be there; any other that speaks of debugging may only deny it. */
static enum debug
debug_of(const struct token_facts_seen *f, bool is_nested)
{
	const struct json *const all[] = { f->sgx_debug, f->snp_debug, f->tdx_debug,
		f->vm_boot_debug, f->vm_kernel_debug, f->vm_hypervisor_debug };
	struct bytes type = json_text(f->type);
	struct token_facts_seen inner;

	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (debug_flag(all[i]) == DEBUG_ON)
			return DEBUG_ON;
	if (f->dbgstat != NULL && !json_is_str(f->dbgstat, "disabled"))
		return DEBUG_ON;
	if (bytes_is_str(type, "sgx"))
		return debug_flag(f->sgx_debug);
	if (bytes_is_str(type, "sevsnpvm"))
		return debug_flag(f->snp_debug);
	if (bytes_is_str(type, "tdxvm"))
		return debug_flag(f->tdx_debug);
	if (!bytes_is_str(type, "azurevm") || is_nested)
		return DEBUG_UNKNOWN;
	/* A confidential VM says it of its hardware; a trusted launch has only its kernel to speak of. */
	if (f->isolation == NULL)
		return debug_flag(f->vm_kernel_debug);
	if (f->isolation->type != JSON_OBJECT)
		return DEBUG_UNKNOWN;
	token_facts_find(f->isolation, &inner);
	return debug_of(&inner, true);
}

static void
judge_debug(const struct token_facts_seen *f, const struct token_expectation *want, struct trace *t)
{
	static const char *const words[] = { "debuggable", "nothing that says so",
		"not debuggable" };
	enum debug seen = debug_of(f, false);

	if (want->allow_debug && seen != DEBUG_OFF)
		trace_na(t, CHECK_TOKEN_DEBUG, "not debuggable was not asked for");
	else
		trace_judge(t, CHECK_TOKEN_DEBUG, seen == DEBUG_OFF, shown_str(words[seen]),
		    shown_nothing());
}

static const struct json *
member(const struct json *object, struct bytes name)
{
	for (const struct json *m = object == NULL ? NULL : object->first; m != NULL; m = m->next)
		if (bytes_eq(m->name, name))
			return m;
	return NULL;
}

const struct json *
token_claim_find(const struct json *claims, struct bytes name)
{
	const struct json *isolation;

	if (!bytes_has_prefix(name, EXPECT_NESTED))
		return member(claims, name);
	isolation = json_get(claims, "x-ms-isolation-tee");
	return isolation == NULL || isolation->type != JSON_OBJECT
	    ? NULL
	    : member(isolation, bytes_slice(name, sizeof(EXPECT_NESTED) - 1, name.size));
}

bool
token_claim_is_attesters(struct bytes name)
{
	static const char *const names[] = { "x-ms-runtime", "x-ms-inittime", "nonce",
		"x-ms-sgx-ehd", "aas-ehd", "maa-ehd", "rp_data", "x-ms-isolation-tee" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_is_str(name, names[i]))
			return true;
	return false;
}

static bool
is_one_of(const struct json *values, const struct json *seen)
{
	for (const struct json *v = values->first; v != NULL; v = v->next)
		if (json_eq(v, seen))
			return true;
	return false;
}

/* What a rule of each kind is judged by. */
static const struct {
	enum check_id check;
	const char *claim; /* NULL: the rule names it */
	const char *not_asked;
} kinds[EXPECT_KINDS] = {
	[EXPECT_MEASUREMENT] = { CHECK_TOKEN_MEASUREMENT, NULL, "no measurement was asked for" },
	[EXPECT_MIN_SVN] = { CHECK_TOKEN_SVN, NULL, "no minimum version was asked for" },
	[EXPECT_TCB_STATUS] = { CHECK_TOKEN_TCB, "attester_tcb_status",
	    "no TCB status was asked for" },
	[EXPECT_POLICY_HASH] = { CHECK_TOKEN_POLICY_HASH, "x-ms-policy-hash",
	    "no policy was asked for" },
	[EXPECT_APPRAISAL_HASH] = { CHECK_TOKEN_APPRAISAL_HASH, "attest-appraisal-hash",
	    "no appraisal settings were asked for" },
	[EXPECT_SIGNER] = { CHECK_TOKEN_SIGNER, "x-ms-policy-signer",
	    "no policy signer was asked for" },
	[EXPECT_KEY] = { CHECK_TOKEN_BINDING, NULL, "no key was asked for" },
	[EXPECT_CLAIM] = { CHECK_TOKEN_EXPECTED, NULL, "no claim was asked for" },
};

static int
is_key_of(const struct json *key, const struct expect_rule *rule, struct trace *t,
    struct bytes *thumbprint, bool *good, struct err *e)
{
	char *text = arena_alloc(t->arena, JWK_THUMBPRINT_SIZE);
	bool is_known;

	if (text == NULL)
		return arena_fail(e, "token");
	TRY(jwk_thumbprint_text(key, t->arena, text, &is_known, e));
	if (!is_known)
		return 0;
	*thumbprint = bytes_of(text, JWK_THUMBPRINT_SIZE);
	for (const struct json *v = rule->values->first; v != NULL; v = v->next)
		*good = *good || bytes_eq(json_text(v), *thumbprint);
	return 0;
}

static int
judge_binding(const struct json *claims, const struct expect_rule *rule, struct trace *t,
    struct err *e)
{
	struct bound_keys keys = bound_keys_of(claims);
	struct bytes seen = { 0 };
	bool good = false;

	for (const struct json *jwk; !good && (jwk = bound_keys_take(&keys)) != NULL;)
		TRY(is_key_of(jwk, rule, t, &seen, &good, e));
	trace_judge(t, CHECK_TOKEN_BINDING, good,
	    seen.p == NULL ? shown_str("no key") : shown_text(seen), shown_set(t, rule->values));
	return 0;
}

static int
judge_signer(const struct json *seen, const struct expect_rule *rule, struct trace *t,
    struct err *e)
{
	const struct json *inner = json_get(seen, "jwk");
	struct bytes thumbprint = { 0 };
	bool good = false;

	/* Documentation and recordings differ (maa-api.md 2.1). */
	if (seen != NULL)
		TRY(is_key_of(inner != NULL ? inner : seen, rule, t, &thumbprint, &good, e));
	trace_judge(t, CHECK_TOKEN_SIGNER, good,
	    thumbprint.p == NULL ? shown_str("no key") : shown_text(thumbprint),
	    shown_set(t, rule->values));
	return 0;
}

static int
judge_rule(const struct json *claims, const struct expect_rule *rule, struct trace *t,
    struct err *e)
{
	enum check_id id = kinds[rule->kind].check;
	struct bytes name =
	    kinds[rule->kind].claim == NULL ? rule->claim : bytes_of_str(kinds[rule->kind].claim);
	const struct json *seen = token_claim_find(claims, name);
	int64_t svn;
	bool good;

	if (rule->kind == EXPECT_KEY)
		return judge_binding(claims, rule, t, e);
	if (rule->kind == EXPECT_SIGNER)
		return judge_signer(seen, rule, t, e);
	if (rule->kind == EXPECT_MIN_SVN)
		good = json_int(seen, &svn) && svn >= rule->min;
	else
		good = seen != NULL && is_one_of(rule->values, seen);
	/* The first that failed is the one that is shown. */
	if (t->checks[id].outcome != OUTCOME_FAIL &&
	    !trace_judge(t, id, good, shown_value(t, seen), shown_set(t, rule->values)))
		trace_note(t, id, "claim %.*s", BYTES_FMT(name));
	return 0;
}

int
token_rules_judge(const struct json *claims, const struct token_facts_seen *facts,
    const struct token_expectation *want, struct trace *t, struct err *e)
{
	judge_kind(facts, t);
	judge_type(facts, want, t);
	judge_nonce(facts, want, t);
	judge_dev(facts, want, t);
	judge_debug(facts, want, t);
	for (const struct expect_rule *rule = want->rules; rule != NULL; rule = rule->next)
		TRY(judge_rule(claims, rule, t, e));
	for (size_t i = 0; i < EXPECT_KINDS; i++)
		trace_na(t, kinds[i].check, kinds[i].not_asked);
	return 0;
}
