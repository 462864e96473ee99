/* SPDX-License-Identifier: Apache-2.0 */
#include "claims/names.h"

#include "base/own.h"

static const char *const protected_prefixes[] = { "x-ms-", "attest-", "tdx_" };

/* tpm_free: VBS policies issue these (maa-policy.md, the published VBS samples); no TPM token has them from the service. */
static const struct name_row {
	const char *name;
	enum claim_name_rule rule;
	bool tpm_free;
} name_table[] = {
	/* RFC 7519 and what maa-policy.md 12 lists with them */
	{ "iss", NAME_PROTECTED, false },
	{ "iat", NAME_PROTECTED, false },
	{ "exp", NAME_PROTECTED, false },
	{ "nbf", NAME_PROTECTED, false },
	{ "jti", NAME_PROTECTED, false },
	{ "cnf", NAME_PROTECTED, false },
	{ "nonce", NAME_PROTECTED, false },
	{ "eat_profile", NAME_PROTECTED, false },
	/* TDX (maa-api.md 2.2; the rest begins tdx_) */
	{ "attester_tcb_status", NAME_PROTECTED, false },
	{ "dbgstat", NAME_PROTECTED, false },
	{ "intuse", NAME_PROTECTED, false },
	/* AzureGuest, TPM */
	{ "secureboot", NAME_PROTECTED, false },
	{ "rp_data", NAME_PROTECTED, false },
	/* SGX twins that the service adds itself (maa-api.md 2.1) */
	{ "maa-ehd", NAME_PROTECTED, true },
	{ "aas-ehd", NAME_PROTECTED, true },
	{ "maa-attestationcollateral", NAME_PROTECTED, true },
	/* names of 2019 and 2020 that client models still read as the policy's identity */
	{ "policy_hash", NAME_PROTECTED, false },
	{ "policy_signer", NAME_PROTECTED, false },
	{ "maa-policyHash", NAME_PROTECTED, false },
	/* issued by the default policies alone */
	{ "is-debuggable", NAME_ALIAS, true },
	{ "product-id", NAME_ALIAS, true },
	{ "sgx-mrenclave", NAME_ALIAS, true },
	{ "sgx-mrsigner", NAME_ALIAS, true },
	{ "svn", NAME_ALIAS, true },
	{ "tee", NAME_ALIAS, true },
};

enum claim_name_rule
claim_name_rule(struct bytes name, bool tpm_kind)
{
	for (size_t i = 0; i < COUNT_OF(protected_prefixes); i++) {
		if (bytes_has_prefix(name, protected_prefixes[i]))
			return NAME_PROTECTED;
	}
	for (size_t i = 0; i < COUNT_OF(name_table); i++) {
		const struct name_row *row = &name_table[i];

		if (bytes_is_str(name, row->name))
			return row->rule == NAME_PROTECTED && tpm_kind && row->tpm_free ? NAME_FREE
											: row->rule;
	}
	return NAME_FREE;
}
