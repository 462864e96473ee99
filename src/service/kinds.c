/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kinds.h"

#include "service/kind_sgx.h"

static const char *const sgx_names[] = { "SGX-IntelSDK", "SGX", NULL };
static const char *const oe_names[] = { "SGX-OpenEnclaveSDK", "OE", NULL };
static const char *const snp_names[] = { "SEV-SNP", "SevSnp", NULL };
static const char *const tdx_names[] = { "TDX", NULL };
static const char *const vbs_names[] = { "VBS", "VBSEnclave", NULL };

/* maa-api.md 1.4 to 1.7, 4.1; what is not public stays NULL. */
const struct kind kind_table[KIND_COUNT] = {
	{ .name = "SgxEnclave",
	    .aliases = sgx_names,
	    .attestation_type = "sgx",
	    .evidence_member = "quote",
	    .evidence_alias = "report",
	    .configure = kind_sgx_configure,
	    .appraise = kind_sgx_appraise,
	    .incoming = kind_sgx_incoming,
	    .service_claims = kind_sgx_service_claims },
	{ .name = "OpenEnclave",
	    .aliases = oe_names,
	    .attestation_type = "sgx",
	    .evidence_member = "report",
	    .evidence_alias = "quote",
	    .configure = kind_sgx_configure,
	    .appraise = kind_oe_appraise,
	    .incoming = kind_sgx_incoming,
	    .service_claims = kind_sgx_service_claims },
	{ .name = "SevSnpVm",
	    .aliases = snp_names,
	    .attestation_type = "sevsnpvm",
	    .evidence_member = "report" },
	{ .name = "TdxVm",
	    .aliases = tdx_names,
	    .attestation_type = "tdxvm",
	    .evidence_member = "quote" },
	{ .name = "AzureGuest",
	    .attestation_type = "azurevm",
	    .evidence_member = "attestationInfo" },
	{ .name = "Tpm", .evidence_member = "data", .tpm_kind = true },
	{ .name = "VSMEnclave", .aliases = vbs_names, .evidence_member = "data", .tpm_kind = true },
	{ .name = "CyResComponent", .evidence_member = "data", .tpm_kind = true },
	{ .name = "KeyGuard", .evidence_member = "attestationInfo" },
	{ .name = "MdepTz", .evidence_member = "report" },
	{ .name = "Pluton", .evidence_member = "data" },
	{ .name = "AiHsm", .evidence_member = "data" },
};

static bool
is_called(const struct kind *kind, struct bytes name)
{
	if (bytes_is_str_nocase(name, kind->name))
		return true;
	for (const char *const *alias = kind->aliases; alias != NULL && *alias != NULL; alias++)
		if (bytes_is_str_nocase(name, *alias))
			return true;
	return false;
}

const struct kind *
kind_find(struct bytes name)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (is_called(&kind_table[i], name))
			return &kind_table[i];
	return NULL;
}

size_t
kind_index(const struct kind *kind)
{
	return (size_t)(kind - kind_table);
}

bool
kind_is_implemented(const struct kind *kind)
{
	return kind->appraise != NULL;
}
