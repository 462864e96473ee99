/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an SGX quote says, as claims: the incoming claims that a policy sees (maa-policy.md 13.1, with the old `$`
 * aliases), and the claims that the service itself puts into the token (maa-api.md 2.2, evidence-intel.md 8.1, 8.2).
 *
 * Open Enclave reports give the same claims. The key separation claims are there only when ATTRIBUTES.KSS is set.
 */
#pragma once

#include "claims/claim_set.h"
#include "codec/json.h"

struct sgx_findings;

#define MAX_RUNTIME_JSON_SIZE 1048576

/* The request's dataType (maa-api.md 4.1). */
enum claims_data_form { DATA_ABSENT, DATA_BINARY, DATA_JSON };

struct claims_data {
	enum claims_data_form form;
	struct bytes bytes;      /* decoded, exactly as they were hashed */
	const struct json *json; /* DATA_JSON: from claims_data_parse(); NULL: parsed here */
};

struct sgx_claims_spec {
	const struct sgx_findings *findings;
	struct claims_data runtime, init;
	struct bytes tcb_identifier; /* the baseline applied, "azuredefault" */
};

/* Adds to INCOMING, issuer AttestationService. Text lives in the arena. */
int sgx_claims_incoming(const struct sgx_claims_spec *spec, struct arena *a,
    struct claim_set *incoming, struct err *e) MUST_CHECK;
/* *OUT is an object with the service's claims, `x-ms-attestation-type` among them. ERR_MALFORMED when runtime or init
 * data said to be JSON is not an object. */
int sgx_claims_emit(const struct sgx_claims_spec *spec, struct arena *a, struct json **out,
    struct err *e) MUST_CHECK;
/* JSON data of a request: what C programs leave behind it (blanks and NULs) was hashed with it and is parsed without it
 * (maa-api.md 4.2). */
int claims_data_parse(struct bytes data, struct arena *a, const struct json **out, struct err *e)
    MUST_CHECK;
