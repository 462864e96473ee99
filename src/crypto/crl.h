/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists (RFC 5280 section 5), walked in place; entries are found without building a list. */
#pragma once

#include "crypto/cert.h"

#define MAX_CRL_SIZE 1048576

struct crl {
	struct bytes raw, tbs;
	struct bytes issuer; /* Name, whole element */
	enum sig_alg sig_alg;
	struct bytes sig;
	int64_t this_update_at, next_update_at; /* next_update_at 0: absent */
	struct bytes entries; /* contents of revokedCertificates, empty when absent */
	size_t entry_count;
	struct bytes number;       /* CRLNumber, INTEGER contents; p == NULL when absent */
	struct bytes aki;          /* key identifier; p == NULL when absent */
	bool has_unknown_critical; /* a critical extension of the list that we do not process */
};

/* Every entry is walked once here, so that crl_has() cannot stumble. Views point into DER. */
int crl_parse(struct bytes der, struct crl *crl, struct err *e) MUST_CHECK;
int crl_verify(const struct crl *crl, const struct key *issuer, bool *good, struct err *e)
    MUST_CHECK;
/* Is the serial listed? Revocation reasons and dates do not matter. */
bool crl_has(const struct crl *crl, struct bytes serial);

struct crl_spec {
	const char *issuer_cn, *issuer_organization, *issuer_locality, *issuer_state,
	    *issuer_country;
	int64_t this_update_at, next_update_at;
	uint64_t number;
	bool leave_out_number, leave_out_aki;
	bool unknown_critical;       /* a critical extension that nobody knows */
	const struct bytes *serials; /* revoked, big-endian */
	size_t serial_count;
};
int crl_emit(const struct crl_spec *spec, const struct key *issuer_public,
    const struct privkey *issuer_key, struct buf *out, struct err *e) MUST_CHECK;
