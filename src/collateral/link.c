/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/link.h"

int
chain_link_examine(const struct chain_link *link, struct chain_link_found *out, struct err *e)
{
	*out = (struct chain_link_found){ .is_verified = link->is_verified };
	out->is_named = bytes_eq(link->cert->issuer, link->issuer->subject);
	if (!out->is_verified && link->issuer_key != NULL)
		TRY(cert_verify(link->cert, link->issuer_key, &out->is_verified, e));
	out->misfit = cert_profile_misfit(link->cert, link->key, link->role);
	return 0;
}
