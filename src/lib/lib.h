/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this folder share: the insides of the public structs. The folder is the C face of src/client: it
 * copies what callers give, turns errors and verdicts into theirs, and judges nothing itself.
 */
#pragma once

#include "attest/attest.h"

#include "client/key_cache.h"
#include "client/log_proof.h"
#include "client/verify.h"

#include <stdatomic.h>

/* Hands E over as the caller's error. OUT may be NULL. Returns -1. */
int error_give(struct attest_error **out, const struct err *e);

/* Built ▸ sealed by the first verification; spoilt by whoever changes it then. */
enum expectation_state { EXPECTATION_OPEN, EXPECTATION_SEALED, EXPECTATION_SPOILT };

struct attest_expectation {
	struct arena arena;
	struct token_expectation want;
	struct err first; /* the first mistake of the builder */
	_Atomic int state;
};

/* ERR_MISSING, or the builder's mistake, or that it was changed after it was sealed. */
int expectation_usable(const struct attest_expectation *x, struct err *e) MUST_CHECK;
int expectation_seal(struct attest_expectation *x, struct err *e) MUST_CHECK;

/* *HOW is C's; the builder's first mistake otherwise. */
int verifier_config_use(const struct attest_verifier_config *c, const struct key_cache_config **how,
    struct err *e) MUST_CHECK;

/* A claim's text with its NUL, made when it was asked for. */
struct kept_text {
	const void *of;
	const char *text;
	struct kept_text *next;
};

#define MAX_RESULT_MEMORY (32U << 20)

struct attest_result {
	struct arena arena; /* the token's parts, the trace's texts */
	struct trace trace;
	struct token_seen seen;
	enum attest_verdict verdict;
	struct log_proof_seen proof; /* of a log proof */
	struct bytes possession_key; /* of a proof of possession: thumbprint, with its NUL */
	const struct json *shown;    /* the checks as the trace prints them; NULL until asked for */
	struct kept_text *texts;
};

/* NULL when out of memory. */
struct attest_result *result_new(void);
void result_freep(struct attest_result **r);
/* What was judged into R's trace is its verdict. Copies what is others', so that the result stands alone. */
int result_conclude(struct attest_result *r, struct err *e) MUST_CHECK;
/* Hands R over, or E when it is NULL; gives what the caller is to be told. Both places may be NULL. */
enum attest_verdict result_give(struct attest_result *r, const struct err *e,
    struct attest_result **result, struct attest_error **error);
/* The verdict as the layers below know it. */
enum verdict result_verdict(const struct attest_result *r);
