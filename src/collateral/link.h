/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One link of a chain of Intel's certificates (evidence-intel.md 3.2; RFC 5280 6.1.3 (a)(1), (a)(4), 6.1.4): did this
 * issuer issue it, does its signature verify, is it what its role wants. Dates and revocation are of the moment, and
 * judged elsewhere.
 *
 *	struct chain_link l = { .cert = &leaf, .key = leaf_key, .issuer = &ca, .issuer_key = ca_key, .role = ROLE_PCK_LEAF };
 *	struct chain_link_found f;
 *	TRY(chain_link_examine(&l, &f, e));
 *	if (f.is_named && f.is_verified && f.misfit == NULL)
 *		...the link holds
 */
#pragma once

#include "collateral/profile.h"

struct chain_link {
	const struct cert *cert, *issuer;   /* the same for a root */
	const struct key *key, *issuer_key; /* NULL: of a kind that cannot be used */
	bool is_verified; /* its signature was, by this issuer's key, over the very same bytes */
	enum cert_role role;
};

struct chain_link_found {
	bool is_named;      /* its issuer is ISSUER's subject */
	bool is_verified;   /* by ISSUER's key */
	const char *misfit; /* cert_profile_misfit() */
};

/* All three, whatever the one before gave. -1 only for a failure of ours. */
int chain_link_examine(const struct chain_link *link, struct chain_link_found *out, struct err *e)
    MUST_CHECK;
