/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/profile.h"

static const char *
ca_misfit(const struct cert *c, int max_path_len)
{
	if (!c->has_basic_constraints || !c->is_ca)
		return "not a CA";
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
