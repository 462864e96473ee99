/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of evidence kinds: how each is called, what its request holds, and how it is judged.
 *
 * Adding a kind is adding its functions and one row. A row without `appraise` is known by name and answers 501
 * NotImplemented (product.md 5). Names are those of the wire and those that portals and older versions use; all are
 * matched without case, in paths, in `tee=` and on the command line.
 */
#pragma once

#include "appraise/settings.h"
#include "claims/sgx.h"
#include "trace/trace.h"

/* What a kind's functions are given (service/judge.h). */
struct judge_input;

/* What every kind's findings begin with; a kind's own struct has it as its first member, in the arena. */
struct kind_findings {
	bool complete; /* everything that claims are made of was established */
	const uint8_t
	    *evidence_sha256; /* of the evidence as received; NULL when it was not needed */
	const uint8_t *
	    root_spki_sha256; /* the anchor that the evidence stands under; NULL before it is known */
};

/* The TCB baseline that a policy chose (maa-policy.md 11.1). */
struct kind_baseline {
	struct bytes name; /* "azuredefault", "17" */
	uint64_t
	    min_evaluation_number; /* demanded of the collateral, beside the settings' own minimum */
};

struct kind {
	const char *name;           /* "SgxEnclave", as in the path */
	const char *const *aliases; /* NULL-terminated, may be NULL */
	const char
	    *attestation_type; /* x-ms-attestation-type (maa-api.md 2.1), NULL while not public */
	const char *evidence_member; /* of the request's body: "quote" */
	const char *evidence_alias;  /* what older versions call it, may be NULL */
	bool tpm_kind;               /* maa-policy.md 12: the policy issues all claims */

	/* What the policy's configurationrules ask for. False when that is something that there is not. May be NULL. */
	bool (*configure)(const struct claim_set *config, struct kind_baseline *baseline);
	/*
	 * Parses, checks, verifies and appraises under SETTINGS into T. -1 only when we failed; else *OUT is there.
	 */
	int (*appraise)(const struct judge_input *in, const struct settings *settings,
	    struct arena *a, struct trace *t, struct kind_findings **out, struct err *e);
	/* The claims that the policy sees. FINDINGS are complete. */
	int (*incoming)(const struct judge_input *in, const struct kind_findings *findings,
	    const struct kind_baseline *baseline, struct arena *a, struct claim_set *claims,
	    struct err *e);
	/* The service's own claims of the token, an object. ERR_MALFORMED: the caller's data is not the JSON it is said
	 * to be. */
	int (*service_claims)(const struct judge_input *in, const struct kind_findings *findings,
	    const struct kind_baseline *baseline, struct arena *a, struct json **out,
	    struct err *e);
};

#define KIND_COUNT 12
extern const struct kind kind_table[KIND_COUNT];

/* NULL for a name that is none of the table's. */
const struct kind *kind_find(struct bytes name);
size_t kind_index(const struct kind *kind);
/* Has it a verifier? */
bool kind_is_implemented(const struct kind *kind);
