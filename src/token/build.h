/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens: payloads, exactly as maa-api.md 2 has them: compact, ASCII, members sorted by name at every level.
 *
 * An attestation token is built in two places. The worker builds the payload without `jti`; the authority checks it
 * (token_check_payload), records its digest, and puts the record's leaf hash in as `jti` (token_insert_jti) before it
 * signs.
 *
 * Two claims are ours: `attest-appraisal-hash`, base64url of the SHA-256 of the appraisal settings in force, the form
 * of `x-ms-policy-hash`; and `attest-dev`, true, in tokens from synthetic evidence.
 */
#pragma once

#include "claims/claim_set.h"
#include "codec/json.h"

#define TOKEN_LIFETIME_S        28800 /* attestation tokens (maa-api.md 2.1) */
#define TOKEN_POLICY_LIFETIME_S 3600  /* policy and certificate tokens */
#define MAX_TOKEN_PAYLOAD_SIZE  1048576
#define TOKEN_JTI_SIZE          64 /* lower-case hexadecimal */

struct token_spec {
	struct bytes issuer; /* "https://host", no slash at the end */
	int64_t now_at;
	int64_t lifetime_s;
	const struct json
	    *service; /* object: the service's claims (claims/sgx.h), attestation type included */
	const struct claim_set *issued;   /* what the policy issued; may be NULL */
	bool tpm_kind;                    /* TPM, VBS: no `x-ms-policy` object (maa-policy.md 12) */
	struct bytes policy_hash;         /* base64url */
	struct bytes appraisal_hash;      /* base64url; empty: left out */
	struct bytes nonce;               /* p == NULL: none */
	const struct json *policy_signer; /* bare JWK of a signed policy, or NULL */
	bool dev;
};

/* Appends the payload without `jti`. ERR_INTERNAL when the service's claims hold a name twice. */
int token_payload_emit(const struct token_spec *spec, struct arena *a, struct buf *out,
    struct err *e) MUST_CHECK;

/* What a payload says, as views into it (and the arena). */
struct token_facts {
	struct bytes issuer, policy_hash, appraisal_hash,
	    attestation_type; /* p == NULL when absent */
	int64_t iat, nbf, exp;
	bool dev; /* attest-dev is true */
	const struct json *payload;
};

/*
 * Accepts only what token_payload_emit() could have written: an object whose sorted re-emission is the same bytes,
 * without `jti`, with `iss`, `iat`, `nbf`, `exp`, `x-ms-ver` "1.0", `x-ms-policy-hash` and `x-ms-attestation-type` of
 * their types. Whether the values are right is the caller's question.
 */
int token_check_payload(struct bytes payload, struct arena *a, struct token_facts *out,
    struct err *e) MUST_CHECK;
/* Appends PAYLOAD, which token_check_payload() accepted, with "jti":"JTI" in its sorted place. JTI: TOKEN_JTI_SIZE hex
 * digits. */
int token_insert_jti(struct bytes payload, struct bytes jti, struct buf *out, struct err *e)
    MUST_CHECK;

/* {"alg":…,"jku":"<issuer>/certs","kid":…,"typ":"JWT"}. ALG "none" for draft tokens. */
void token_header_emit(struct buf *out, const char *alg, struct bytes issuer, struct bytes kid);

/* GET /policies/{type} (maa-api.md 2.3): the stored JWS as a string. */
void token_policy_get_emit(struct buf *out, struct bytes issuer, int64_t now_at,
    struct bytes policy_jws);
/* PUT and reset (2.4). UPDATED false: "Removed", and neither hash nor signer. SIGNER may be NULL. */
int token_policy_result_emit(struct buf *out, struct bytes issuer, int64_t now_at, bool updated,
    struct bytes policy_token_hash, const struct json *signer, struct arena *a, struct err *e)
    MUST_CHECK;
/* GET /certificates (2.8). KEYS: the array of bare JWKs. */
int token_certificates_emit(struct buf *out, struct bytes issuer, int64_t now_at,
    const struct json *keys, struct arena *a, struct err *e) MUST_CHECK;
