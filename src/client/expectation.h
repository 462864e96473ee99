/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a relying party expects of a token: the one form that the command line, the library and the gateway judge by.
 *
 *	struct token_expectation want = TOKEN_EXPECTATION;
 *	TRY(expectation_issuer(&want, a, BYTES("https://contoso.eus.attest.azure.net"), e));
 *	TRY(expectation_type(&want, a, BYTES("SgxEnclave"), e));
 *	want.max_age_s = 600;
 *	TRY(expectation_value(&want, a, EXPECT_MEASUREMENT, BYTES("x-ms-sgx-mrenclave"), BYTES("292a…"), e));
 *	TRY(expectation_complete(&want, e));
 *
 * Everything that is named must hold. Values of one rule for one claim are a set, of which the token must have one. What
 * is not named is not judged, but for three that are refused until they are allowed: a debuggable enclave, a token of a
 * dev issuer, and, by expectation_complete(), an expectation that leaves open whose token, of what, and how fresh.
 *
 * A claim is named as it stands at the top of the payload; behind "x-ms-isolation-tee." as it stands in that object
 * (maa-api.md 2.2, AzureGuest). Rules on measurements, versions and statuses take names that no policy can issue
 * (claims/names.h): an alias such as `sgx-mrenclave` says what the policy's author wrote, not what the hardware measured.
 */
#pragma once

#include "codec/json.h"

#define EXPECT_NESTED         "x-ms-isolation-tee."
#define MAX_EXPECTATION_SIZE  65536 /* as YAML text */
#define MAX_EXPECT_CLAIM_SIZE 256

/* In the order in which they are judged; each is a check of trace/checks.def. */
enum expect_kind {
	EXPECT_MEASUREMENT,    /* hexadecimal, case does not matter */
	EXPECT_MIN_SVN,        /* an integer that is at least this; the highest that was named */
	EXPECT_TCB_STATUS,     /* attester_tcb_status */
	EXPECT_POLICY_HASH,    /* x-ms-policy-hash */
	EXPECT_APPRAISAL_HASH, /* attest-appraisal-hash */
	EXPECT_SIGNER,         /* RFC 7638 thumbprint of x-ms-policy-signer, base64url of SHA-256 */
	EXPECT_KEY,            /* the same of a key in cnf or x-ms-runtime */
	EXPECT_CLAIM,          /* any claim, equal as a JSON value */
};
#define EXPECT_KINDS 8

struct expect_rule {
	enum expect_kind kind;
	struct bytes claim;  /* its name; empty where the kind says it */
	struct json *values; /* array of those that are good; of EXPECT_MIN_SVN the one minimum */
	int64_t min;         /* EXPECT_MIN_SVN */
	struct expect_rule *next;
};

/* Views into the arena it was built in, or wherever the caller took them from. */
struct token_expectation {
	struct bytes issuer; /* required: compared with `iss`, exactly */
	struct bytes type;   /* x-ms-attestation-type, or a type name of the API; p == NULL: any */
	const struct json
	    *types;         /* array: one of these; NULL: any. With `type` too both must hold */
	struct bytes nonce; /* compared with `nonce`; p == NULL: not compared */
	int64_t max_age_s;  /* from iat; negative: not judged */
	bool any_age;       /* said in so many words: however old, until it expires */
	bool allow_debug;   /* false: a debuggable enclave is refused */
	bool allow_dev;     /* false: a token of a dev issuer is refused */
	struct expect_rule *rules;
};
#define TOKEN_EXPECTATION                                                                          \
	{                                                                                          \
		.max_age_s = -1                                                                    \
	}

/* "https://host", no white space, no slash at the end: `iss` is compared byte by byte. Twice the same is once. */
int expectation_issuer(struct token_expectation *x, struct arena *a, struct bytes issuer,
    struct err *e) MUST_CHECK;
/* Adds to the types of which the token must have one. */
int expectation_type(struct token_expectation *x, struct arena *a, struct bytes type, struct err *e)
    MUST_CHECK;
int expectation_nonce(struct token_expectation *x, struct arena *a, struct bytes nonce,
    struct err *e) MUST_CHECK;
/* Adds a text value to the rule of KIND for CLAIM (empty where KIND names it). Not for EXPECT_MIN_SVN and EXPECT_CLAIM. */
int expectation_value(struct token_expectation *x, struct arena *a, enum expect_kind kind,
    struct bytes claim, struct bytes value, struct err *e) MUST_CHECK;
int expectation_min_svn(struct token_expectation *x, struct arena *a, struct bytes claim,
    int64_t min, struct err *e) MUST_CHECK;
/* VALUE lives as long as A. */
int expectation_claim(struct token_expectation *x, struct arena *a, struct bytes claim,
    const struct json *value, struct err *e) MUST_CHECK;
/* A JWK as JSON, or its thumbprint as a JSON string. */
int expectation_key(struct token_expectation *x, struct arena *a, enum expect_kind kind,
    const struct json *key, struct err *e) MUST_CHECK;

/*
 * Adds what a document says (docs/cli.md, token verify --expect): issuer, type, nonce, max_age, debug, measurements,
 * min_svn, tcb_status, policy_hash, appraisal_hash, policy_signer, key, claims. Another member, or one of another shape,
 * is ERR_INVALID. DOC must outlive X.
 */
int expectation_read(struct token_expectation *x, struct arena *a, const struct json *doc,
    struct err *e) MUST_CHECK;
/* The same from YAML (JSON is YAML). */
int expectation_parse(struct token_expectation *x, struct arena *a, struct bytes yaml,
    struct err *e) MUST_CHECK;

/* ERR_MISSING names what a relying party has left open: issuer, type, freshness. */
int expectation_complete(const struct token_expectation *x, struct err *e) MUST_CHECK;
