/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signed payload says, held against what a relying party expects: of which kind the token is, for what evidence,
 * under which rules. The signature has been verified before any of this is asked (client/verify.h).
 */
#pragma once

#include "client/expectation.h"
#include "trace/trace.h"

/* A claim as an expectation names it (EXPECT_NESTED); NULL when absent. */
const struct json *token_claim_find(const struct json *claims, struct bytes name);
/*
 * Is this a claim that the attester wrote and nobody checked (maa-api.md 2.1, 4.2), or the object that holds such a part?
 * NAME is that of the member itself, without EXPECT_NESTED.
 */
bool token_claim_is_attesters(struct bytes name);

/* The claims that are asked of every token, found in one walk; NULL where absent. */
struct token_facts_seen {
	const struct json *iss, *jti, *nonce, *type, *policy, *dev;
	const struct json *sgx_debug, *snp_debug, *tdx_debug, *dbgstat, *isolation;
	const struct json *vm_boot_debug, *vm_kernel_debug, *vm_hypervisor_debug;
	bool has_result; /* a member that only policy and certificate tokens have */
};

void token_facts_find(const struct json *claims, struct token_facts_seen *out);

/*
 * token.kind, .type, .nonce, .dev, .debug and each rule of WANT, into T. -1: we failed. Views of WANT and CLAIMS
 * stay in T.
 */
int token_rules_judge(const struct json *claims, const struct token_facts_seen *facts,
    const struct token_expectation *want, struct trace *t, struct err *e) MUST_CHECK;
