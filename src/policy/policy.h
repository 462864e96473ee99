/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attestation policy (maa-policy.md): text in, an immutable program out; claims in, a decision and issued claims out.
 *
 *	struct policy *p;
 *	TRY(policy_parse(text, &p, &diag, e));
 *	struct policy_outcome out = { 0 };
 *	TRY(policy_eval(p, &incoming, arena, &policy_limits_stored, &out, e));
 *	if (!out.permitted)
 *		...out.message says why
 *	policy_unref(p);
 *
 * A program is shared by reference count and may be evaluated by many threads at once. Evaluation is total: it has no
 * loops of its own, and its steps and memory are bounded by the caller's limits. Nothing is permitted unless a
 * permit() fired, no deny() fired and no rule failed.
 */
#pragma once

#include "claims/claim_json.h"
#include "crypto/digest.h"

/* Limits of the text (maa-policy.md 17). */
#define MAX_POLICY_SIZE        122880
#define MAX_POLICY_RULES       1024
#define MAX_POLICY_CONDITIONS  32 /* of a rule */
#define MAX_POLICY_TESTS       16 /* property conditions of a condition */
#define MAX_POLICY_CALL_DEPTH  16
#define MAX_POLICY_STRING_SIZE 32768
/* Names and texts that one evaluation may issue, so that a token can hold them. */
#define MAX_ISSUED_SIZE 262144

/* base64url of a SHA-256, and its NUL. */
#define POLICY_HASH_SIZE 44

struct policy;

/* Where and why a text is no policy. Everything is printable ASCII and NUL-terminated. */
struct policy_diag {
	unsigned line, column; /* from 1; columns count characters, not bytes */
	unsigned width;        /* characters of the offending symbol on that line, at least 1 */
	enum err_code code;    /* as policy_parse() returns it */
	char found[48];        /* the offending symbol, "[" or "end of text" */
	char expected[128];    /* what could stand there: "';'"; empty when that is not the point */
	char hint[160];        /* what to do; may be empty */
	char path[64];         /* "policy > versionInfo" */
};

/*
 * *OUT is the caller's, to be given to policy_unref(); TEXT is copied. On failure DIAG (may be NULL) is filled and the
 * message is "Invalid policy was specified: line 2, column 1: unexpected '[', expected ';' (policy > versionInfo)".
 * ERR_MALFORMED: the text breaks the grammar. ERR_UNSUPPORTED: its version or a function is not supported. ERR_INVALID:
 * it is grammatical and contradicts the rules of maa-policy.md 4. ERR_LIMIT: it is over a limit, or memory ran out; in
 * the latter case diag->line is 0.
 */
int policy_parse(struct bytes text, struct policy **out, struct policy_diag *diag, struct err *e)
    MUST_CHECK;
/* Do versions 1.0 and 1.1 refuse what a later one introduced (maa-policy.md 14, row 2)? policy_parse() is strict. */
enum policy_versions { POLICY_VERSIONS_STRICT, POLICY_VERSIONS_LENIENT };
int policy_parse_as(struct bytes text, enum policy_versions versions, struct policy **out,
    struct policy_diag *diag, struct err *e) MUST_CHECK;

#define MAX_POLICY_DIAGS 64

/*
 * All that is wrong with TEXT in one pass, in the order of the text, up to ROOM diagnostics (at most MAX_POLICY_DIAGS
 * of them); *COUNT is 0 exactly when policy_parse() accepts it, and what policy_parse() would say is among them. After
 * a fault reading goes on behind it: at the next rule, or at the next token where the intention is plain (a single
 * '=', a missing ';'). -1 only when we failed.
 */
int policy_check(struct bytes text, struct policy_diag *list, size_t room, size_t *count,
    struct err *e) MUST_CHECK;
/* "line 2, column 1: unexpected '[', expected ';' (policy > versionInfo)" */
void policy_diag_message(const struct policy_diag *diag, char *text, size_t size);

struct policy *policy_ref(const struct policy *policy);
void policy_unref(struct policy *policy);
void policy_unrefp(struct policy **policy);

/* The text as given, byte for byte; lives as long as the policy. */
struct bytes policy_text(const struct policy *policy);
/* 10, 11 or 12. */
unsigned policy_version(const struct policy *policy);
size_t policy_rule_count(const struct policy *policy);
/* `x-ms-policy-hash`: base64url of SHA-256 over the base64url of the text (maa-api.md 2.5); NUL-terminated. */
const char *policy_hash(const struct policy *policy);
int policy_hash_of(struct bytes text, char out[POLICY_HASH_SIZE], struct err *e) MUST_CHECK;
/* `x-ms-policy-token-hash`: base64url of SHA-256 over the JWS exactly as it was uploaded. */
void policy_token_hash(struct bytes jws, char out[POLICY_HASH_SIZE]);

enum policy_section { SECTION_CONFIGURATION, SECTION_AUTHORIZATION, SECTION_ISSUANCE };
/* "configurationrules" … */
const char *policy_section_name(enum policy_section section);

struct policy_limits {
	uint64_t steps; /* a claim looked at, a value compared, a claim inserted … */
	size_t memory;  /* bytes of the arena */
};
extern const struct policy_limits policy_limits_stored, policy_limits_draft;

/* What one rule did, for the trace. */
struct policy_rule_record {
	enum policy_section section;
	unsigned number;       /* from 1 within its section */
	unsigned line, column; /* where the rule begins */
	bool ran, fired;
	/* What it inserted: ranges [from, to) of the outcome's sets. */
	uint32_t incoming_from, incoming_to, outgoing_from, outgoing_to;
};

enum policy_reason {
	POLICY_REASON_NONE,      /* permitted */
	POLICY_REASON_NO_PERMIT, /* no permit() fired */
	POLICY_REASON_DENY,      /* a deny() fired */
	POLICY_REASON_ERROR,     /* a rule could not be evaluated */
	POLICY_REASON_BUDGET, /* steps, memory or claims ran out: undecided, check policy.budget */
};

/* Begin with all zero. Views live as long as the arena, the incoming claims and the policy. */
struct policy_outcome {
	bool permitted;
	bool exhausted; /* reason is POLICY_REASON_BUDGET */
	enum policy_reason reason;
	bool configured; /* policy_configure() ran */
	/* Why it is not permitted, in words that carry no claim value: "A Deny claim was issued, authorization failed." */
	char message[192];
	const struct policy_rule_record
	    *decisive; /* the deny() that fired or the rule that failed; may be NULL */
	const struct claim_set *incoming;
	struct claim_set config;   /* by configurationrules: one claim per name, the last one set */
	struct claim_set outgoing; /* issued claims in the order of issue; empty unless permitted */
	struct claim_set
	    properties; /* by issueproperty in issuancerules: one claim per name, the last one set */
	struct policy_rule_record *rules;
	size_t rule_count;
	uint64_t steps;
	size_t memory;
};

/*
 * Runs configurationrules alone, before the evidence is judged, over the claims that exist by then; *OUT gets `config`
 * and `configured`. The same *OUT and INCOMING go to policy_eval() when the evidence has added its claims. Without it
 * policy_eval() runs all sections. -1 only when we failed; a rule that fails is an outcome with its reason.
 */
int policy_configure(const struct policy *policy, struct claim_set *incoming, struct arena *a,
    const struct policy_limits *limits, struct policy_outcome *out, struct err *e) MUST_CHECK;
/* INCOMING grows by what the rules add, issue and set. */
int policy_eval(const struct policy *policy, struct claim_set *incoming, struct arena *a,
    const struct policy_limits *limits, struct policy_outcome *out, struct err *e) MUST_CHECK;

/*
 * What the rules set with issueproperty(), and the defaults of what they did not (maa-policy.md 11). A kind of evidence
 * asks for what means something to it, and ignores the rest.
 */
struct policy_configuration {
	bool require_valid_aik_cert; /* TPM, VBS */
	uint32_t required_pcr_mask;  /* TPM, VBS */
	struct bytes tcb_identifier; /* SGX, Open Enclave: "azuredefault" or digits */
};
/* After policy_configure(), which refuses values of another type or size. */
void policy_configuration_of(const struct policy_outcome *out,
    struct policy_configuration *configuration);

#define MAX_POLICY_VALIDITY_MINUTES 525600

struct policy_token_properties {
	uint32_t
	    validity_minutes; /* report_validity_in_minutes, at most MAX_POLICY_VALIDITY_MINUTES */
	bool omit_x5c;
};
/* For TPM and VBS, after policy_eval(). NULL, or why the attestation fails: a PolicyEvaluationError, without any value. */
const char *policy_token_properties_of(const struct policy_outcome *out,
    struct policy_token_properties *properties) MUST_CHECK;

/* The message of the wire for an outcome that is not permitted (maa-api.md 1.3, maa-policy.md 15). */
void policy_outcome_message(const struct policy_outcome *out, char *text, size_t size);
/* The trace's `policy` member: {"hash","origin","rules":[{"section","line","fired","added":[…]}]}; ORIGIN is "default",
 * "set" or "draft". NULL when memory ran out. */
struct json *policy_trace_emit(const struct policy *policy, const struct policy_outcome *out,
    const char *origin, struct arena *a);
