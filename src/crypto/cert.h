/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 certificates (RFC 5280), walked in place by our own DER reader: strict DER, nothing left over at any level.
 *
 * A certificate here is views into its bytes; what it says is established only by cert_verify() against an issuer, and
 * only up to a pinned key (collateral/anchors.h). No d2i_X509 anywhere on the way (performance.md 2).
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "crypto/key.h"

#define MAX_CERT_SIZE       16384
#define MAX_CERT_EXTENSIONS 32

struct cert_ext {
	struct bytes oid; /* contents octets of the OBJECT IDENTIFIER */
	bool critical;
	struct bytes value; /* contents of the OCTET STRING */
};

enum cert_usage {
	CERT_DIGITAL_SIGNATURE = 1 << 0,
	CERT_KEY_CERT_SIGN = 1 << 5,
	CERT_CRL_SIGN = 1 << 6
};

struct cert {
	struct bytes raw;     /* the whole certificate */
	struct bytes tbs;     /* the signed part */
	struct bytes serial;  /* INTEGER contents */
	struct bytes issuer;  /* Name, whole element */
	struct bytes subject; /* Name, whole element */
	struct bytes spki;    /* SubjectPublicKeyInfo, whole element */
	enum sig_alg sig_alg; /* what the issuer signed with; equal inside and outside */
	struct bytes sig;     /* BIT STRING contents (ECDSA: DER) */
	int64_t not_before_at, not_after_at;
	bool is_ca, has_basic_constraints;
	int path_len; /* -1: none given */
	/* Bits of cert_usage as in RFC 5280 4.2.1.3; 0 with has_key_usage false. */
	unsigned key_usage;
	bool has_key_usage;
	struct bytes ski, aki; /* key identifiers, empty when absent */
	struct cert_ext ext[MAX_CERT_EXTENSIONS];
	size_t ext_count;
};

/* All views point into DER, which must outlive CERT. Trailing bytes, non-minimal DER, duplicate extensions, a version
 * other than 3 are refused. Supported signatures: ecdsa-with-SHA256/384/512, RSA PKCS#1 and PSS with SHA-256/384/512,
 * Ed25519; anything else is ERR_UNSUPPORTED. */
int cert_parse(struct bytes der, struct cert *cert, struct err *e) MUST_CHECK;
/* The value of the extension, p == NULL when absent. OID: contents octets. */
struct bytes cert_ext_find(const struct cert *cert, struct bytes oid);
/* The commonName of a Name element, p == NULL when there is none or more than one. */
struct bytes cert_name_cn(struct bytes name);
/* Critical extensions other than basicConstraints, keyUsage, and the NULL-terminated OIDS given: refused by callers. */
bool cert_has_unknown_critical(const struct cert *cert);

/* Does ISSUER's key verify CERT? Names and dates are the caller's checks. */
int cert_verify(const struct cert *cert, const struct key *issuer, bool *good, struct err *e)
    MUST_CHECK;
/* notBefore <= now <= notAfter, both ends included. */
bool cert_is_current(const struct cert *cert, int64_t now_at);

#define MAX_CHAIN_CERTS 8

/* PEM text to parsed certificates in the order they stand; DER copies live in the arena. */
int certs_from_pem(struct bytes pem, size_t max, struct arena *a, struct cert **certs,
    size_t *count, struct err *e) MUST_CHECK;

/* Making certificates: for our own signing keys, the dev CA and synthetic roots; not on any hot path. */
struct cert_spec {
	const char *subject_cn;
	const char *organization, *locality, *state, *country; /* NULL: left out */
	const char *issuer_cn; /* NULL: self-signed, same name as the subject */
	const char *issuer_organization, *issuer_locality, *issuer_state, *issuer_country;
	struct bytes serial; /* big-endian, positive; empty: 1 */
	int64_t not_before_at, not_after_at;
	bool is_ca;
	bool basic_constraints; /* whether the extension is there at all */
	int path_len;           /* -1: none */
	unsigned key_usage;     /* 0: none */
	/* Subject and authority key identifiers (RFC 5280 4.2.1.2 method 1). */
	bool key_ids;
	bool ext_key_usage_server;    /* serverAuth */
	const char *const *dns_names; /* NULL-terminated subjectAltName dNSNames, may be NULL */
	const char *const *ip_names;  /* dotted or IPv6 text, may be NULL */
	const char *crl_url;          /* cRLDistributionPoints, may be NULL */
	struct cert_ext extra[4];     /* further extensions, as they are */
	size_t extra_count;
};

struct privkey;

/* Signs with ISSUER_KEY (the subject's own for a self-signed one); DER into OUT. */
int cert_emit(const struct cert_spec *spec, const struct key *subject_key,
    const struct key *issuer_public, const struct privkey *issuer_key, struct buf *out,
    struct err *e) MUST_CHECK;
