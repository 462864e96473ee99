/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of evidence kinds: how each is called, what its request holds, and how it is judged.
 *
 * Adding a kind is adding its functions and one row. A row without `appraise` is known by name and answers 501
 * NotImplemented (product.md 5). Names are those of the wire and those that portals and older versions use; all are
 * matched without case, in paths, in `tee=` and on the command line.
 */
#pragma once

#include "appraise/cache.h"
#include "appraise/settings.h"
#include "claims/sgx.h"
#include "collateral/collateral.h"
#include "trace/trace.h"

/* What a kind's functions are given (service/judge.h). */
struct judge_input;
/* What its appraise function found, for its claims functions: the kind's own struct, in the arena. */
struct kind_findings;

struct kind {
	const char *name;             /* "SgxEnclave", as in the path */
	const char *const *aliases;   /* NULL-terminated, may be NULL */
	const char *attestation_type; /* x-ms-attestation-type (maa-api.md 2.1), NULL while not public */
	const char *evidence_member;  /* of the request's body: "quote" */
	const char *evidence_alias;   /* what older versions call it, may be NULL */
	bool tpm_kind;                /* maa-policy.md 12: the policy issues all claims */

	/*
	 * Parses, checks, verifies and appraises into T; *OUT is written when there is something to make claims of. -1
	 * only when we failed.
	 */
	int (*appraise)(const struct judge_input *in, struct arena *a, struct trace *t,
	    struct kind_findings **out, struct err *e);
	/* The claims that the policy sees. */
	int (*incoming)(const struct judge_input *in, const struct kind_findings *findings,
	    struct arena *a, struct claim_set *claims, struct err *e);
	/* The service's own claims of the token; *OUT is an object. ERR_MALFORMED: the caller's data is not JSON. */
	int (*service_claims)(const struct judge_input *in, const struct kind_findings *findings,
	    struct bytes tcb_identifier, struct arena *a, struct json **out, struct err *e);
	/* Does the evidence stand under an anchor of the dev program? */
	bool (*is_dev)(const struct kind_findings *findings);
};

#define KIND_COUNT 12
extern const struct kind kind_table[KIND_COUNT];

/* NULL for a name that is none of the table's. */
const struct kind *kind_find(struct bytes name);
size_t kind_index(const struct kind *kind);
bool kind_is_implemented(const struct kind *kind);
