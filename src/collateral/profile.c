/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/profile.h"

static const uint8_t basic_constraints[] = { 0x55, 0x1d, 0x13 };
/* What narrows the power of a CA (RFC 5280 4.2.1.10, 4.2.1.11, 4.2.1.14), critical as it must be or not. */
static const uint8_t name_constraints[] = { 0x55, 0x1d, 0x1e };
static const uint8_t policy_constraints[] = { 0x55, 0x1d, 0x24 };
static const uint8_t inhibit_any_policy[] = { 0x55, 0x1d, 0x36 };

static bool
has_ext(const struct cert *c, struct bytes oid)
{
	return cert_ext_find(c, oid).p != NULL;
}

static bool
is_narrowed(const struct cert *c)
{
	return has_ext(c, BYTES_OF(name_constraints)) || has_ext(c, BYTES_OF(policy_constraints)) ||
	    has_ext(c, BYTES_OF(inhibit_any_policy));
}

/* RFC 5280 4.1.2.2: greater than zero. */
static bool
is_positive(struct bytes integer)
{
	return integer.size > 0 && (integer.p[0] & 0x80) == 0 && !bytes_are_zero(integer);
}

/* RFC 5280 4.2.1.9: of a CA it must be critical, or a reader that does not know it could take any leaf for a CA. */
static bool
has_critical_basic_constraints(const struct cert *c)
{
	for (size_t i = 0; i < c->ext_count; i++)
		if (bytes_eq(c->ext[i].oid, BYTES_OF(basic_constraints)))
			return c->ext[i].critical;
	return false;
}

static const char *
ca_misfit(const struct cert *c, int max_path_len)
{
	if (!c->has_basic_constraints || !c->is_ca)
		return "not a CA";
	if (!has_critical_basic_constraints(c))
		return "basic constraints are not critical";
	if (!c->has_key_usage || (c->key_usage & CERT_KEY_CERT_SIGN) == 0 ||
	    (c->key_usage & CERT_CRL_SIGN) == 0)
		return "key usage lacks keyCertSign or cRLSign";
	if (c->path_len >= 0 && max_path_len == 0 && c->path_len != 0)
		return "path length above 0";
	if (c->path_len >= 0 && max_path_len > 0 && c->path_len < 1)
		return "path length below 1";
	return NULL;
}

static const char *
leaf_misfit(const struct cert *c)
{
	if (c->is_ca)
		return "a CA";
	if (!c->has_key_usage || (c->key_usage & CERT_DIGITAL_SIGNATURE) == 0)
		return "key usage lacks digitalSignature";
	/* RFC 5280 4.2.1.9: not without cA. */
	if ((c->key_usage & CERT_KEY_CERT_SIGN) != 0)
		return "key usage has keyCertSign";
	return NULL;
}

const char *
cert_profile_misfit(const struct cert *cert, const struct key *key, enum cert_role role)
{
	if (key == NULL || key_kind_of(key) != KEY_P256)
		return "key is not P-256";
	if (cert->sig_alg != SIG_ES256)
		return "signature is not ecdsa-with-SHA256";
	if (cert_has_unknown_critical(cert))
		return "a critical extension is unknown";
	if (is_narrowed(cert))
		return "name or policy constraints";
	if (!is_positive(cert->serial))
		return "serial number is not positive";
	switch (role) {
	case ROLE_ROOT:
		return ca_misfit(cert, 1);
	case ROLE_INTERMEDIATE:
		return ca_misfit(cert, 0);
	case ROLE_PCK_LEAF:
	case ROLE_TCB_SIGNER:
		break;
	}
	return leaf_misfit(cert);
}

bool
crl_profile_fits(const struct crl *crl)
{
	return crl->number.p != NULL && crl->aki.p != NULL && !crl->has_unknown_critical;
}
