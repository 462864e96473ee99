/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What certificates and revocation lists share: AlgorithmIdentifiers, names, extensions, the signed envelope. Not for other
 * folders.
 *
 * What may be signed with (RFC 5758, RFC 4055, RFC 8410): ECDSA without parameters, RSA PKCS#1 v1.5 with NULL,
 * RSASSA-PSS with MGF1 over the same hash and a salt of its size, Ed25519.
 */
#pragma once

#include "base/buf.h"
#include "crypto/cert.h"
#include "crypto/privkey.h"

/*
 * A SIGNED (RFC 5280 4.1, 5.1) in its parts, exact: SEQUENCE { TBS SEQUENCE, AlgorithmIdentifier, BIT STRING }. False if DER
 * is not one; nothing is said of the signature.
 */
bool signed_take(struct bytes der, struct bytes *tbs, struct bytes *alg, struct bytes *sig);
/* WHOLE: the SEQUENCE with its header. ERR_MALFORMED, ERR_UNSUPPORTED. */
int alg_id_parse(struct bytes whole, enum sig_alg *alg, struct err *e) MUST_CHECK;
void alg_id_emit(enum sig_alg alg, struct buf *out);

extern const struct bytes oid_common_name, oid_organization, oid_locality, oid_state, oid_country;
extern const struct bytes oid_basic_constraints, oid_key_usage, oid_ski, oid_aki, oid_san;
extern const struct bytes oid_ext_key_usage, oid_crl_points, oid_crl_number;

/* The next Extension of LIST, exact; false if it is not one. */
bool ext_take(struct rd *list, struct cert_ext *out);
/* Is NAME a Name (RFC 5280 4.1.2.4): SEQUENCE OF SET OF { OID, value }, exact at every level, with strings where we read them? */
bool name_is_exact(struct bytes name);
/* The key identifier in an AuthorityKeyIdentifier; false if the value is not one. Empty when it names none. */
bool aki_parse(struct bytes value, struct bytes *key_id);
/* RFC 5280 4.2.1.2, method 1: SHA-1 of the public key's bits. */
void key_id_of(const struct key *key, uint8_t out[20]);
/* CN, O, L, ST, C, the order of Intel's certificates; NULL ones are left out. */
void name_emit(struct buf *out, const char *cn, const char *organization, const char *locality,
    const char *state, const char *country);
void aki_emit(struct buf *out, const uint8_t key_id[20]);
/* Extension { OID, critical DEFAULT FALSE, OCTET STRING }. */
void ext_emit(struct buf *out, struct bytes oid, bool critical, struct bytes value);
/* SEQUENCE { TBS, AlgorithmIdentifier, BIT STRING }, signed with the one algorithm that fits ISSUER best. */
int signed_emit(struct bytes tbs, const struct privkey *issuer, struct buf *out, struct err *e)
    MUST_CHECK;
enum sig_alg issuer_alg(const struct key *issuer);
