/* SPDX-License-Identifier: Apache-2.0 */
/* What each certificate and list says: Intel's names, constraints and lifetimes (PCK-SPEC chapter 1). */
#include "synth/plan.h"

#include "crypto/digest.h"

#include <string.h>

#define DAY      INT64_C(86400)
#define ROOT_URL "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"

/* RFC 5280 4.2.1.3, bit 1. */
#define NON_REPUDIATION (1u << 1)

static const struct role {
	const char *cn;
	enum root_key key;
	bool is_ca;
	int path_len;
	int64_t years;
} roles[ROOT_CERTS] = {
	[CERT_ROOT] = { CN_ROOT, KEY_ROOT, true, 1, 25 },
	[CERT_PLATFORM_CA] = { CN_PLATFORM, KEY_PLATFORM_CA, true, 0, 15 },
	[CERT_PROCESSOR_CA] = { CN_PROCESSOR, KEY_PROCESSOR_CA, true, 0, 15 },
	[CERT_TCB_SIGNER] = { CN_SIGNER, KEY_TCB_SIGNER, false, -1, 7 },
};

enum root_key
role_key(enum root_cert role)
{
	return roles[role].key;
}

void
serial_of(struct bytes what, uint8_t out[20])
{
	uint8_t digest[SHA256_SIZE];

	sha256(what, digest);
	memcpy(out, digest, 20);
	out[0] = (uint8_t)((out[0] & 0x3f) | 0x40);
}

static void
intel_names(struct cert_spec *s)
{
	s->organization = s->issuer_organization = "Intel Corporation";
	s->locality = s->issuer_locality = "Santa Clara";
	s->state = s->issuer_state = "CA";
	s->country = s->issuer_country = "US";
}

void
role_spec(enum root_cert role, int64_t now_at, struct cert_spec *out)
{
	const struct role *r = &roles[role];

	*out = (struct cert_spec){
		.subject_cn = r->cn,
		.issuer_cn = CN_ROOT,
		.not_before_at = now_at - DAY,
		.not_after_at = now_at + r->years * 365 * DAY,
		.is_ca = r->is_ca,
		.basic_constraints = true,
		.path_len = r->path_len,
		.key_usage = r->is_ca ? CERT_KEY_CERT_SIGN | CERT_CRL_SIGN
				      : CERT_DIGITAL_SIGNATURE | NON_REPUDIATION,
		.key_ids = true,
		.crl_url = ROOT_URL,
	};
	intel_names(out);
}

void
leaf_spec(bool processor_ca, int64_t now_at, struct cert_spec *out)
{
	role_spec(CERT_TCB_SIGNER, now_at, out);
	out->subject_cn = CN_LEAF;
	out->issuer_cn = processor_ca ? CN_PROCESSOR : CN_PLATFORM;
	out->crl_url = processor_ca ? "https://api.trustedservices.intel.com/sgx/certification/v4/"
				      "pckcrl?ca=processor&encoding=der"
				    : "https://api.trustedservices.intel.com/sgx/certification/v4/"
				      "pckcrl?ca=platform&encoding=der";
}

void
crl_role_spec(enum root_cert issuer, int64_t issued_at, struct crl_spec *out)
{
	*out = (struct crl_spec){
		.issuer_cn = roles[issuer].cn,
		.issuer_organization = "Intel Corporation",
		.issuer_locality = "Santa Clara",
		.issuer_state = "CA",
		.issuer_country = "US",
		.this_update_at = issued_at,
		.next_update_at = issued_at + SYNTH_VALID_S,
		.number = 1,
	};
}
