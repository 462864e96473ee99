/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope that SGX and TDX quotes share (evidence-intel.md 1, 2): header, body, signature data.
 *
 *	header (48) [ body descriptor (6), version 5 ] body  u32 sig_len  signature data  [ trailing bytes ]
 *
 * Reading is in two steps, so that a judgement can look at the header before it believes in a layout. Neither judges
 * values: that versions, types and vendor are acceptable is a check of its own (appraise/sgx_quote.c).
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "evidence/dcap/sgx_report.h"

#define DCAP_HEADER_SIZE     48
#define DCAP_DESCRIPTOR_SIZE 6
#define MAX_QUOTE_SIZE       65536

#define DCAP_TEE_SGX         0x00u
#define DCAP_TEE_TDX         0x81u

#define DCAP_KEY_ECDSA_P256  2

#define DCAP_BODY_SGX        1
#define DCAP_BODY_TD_10      2
#define DCAP_BODY_TD_15      3
#define DCAP_BODY_TD_15EX    4

enum dcap_cert_type {
	DCAP_CERT_PPID_CLEAR = 1,
	DCAP_CERT_PPID_RSA2048 = 2,
	DCAP_CERT_PPID_RSA3072 = 3,
	DCAP_CERT_PCK_LEAF = 4,
	DCAP_CERT_PCK_CHAIN = 5,
	DCAP_CERT_QE_REPORT = 6, /* the outer type of versions 4 and 5 */
};

struct dcap_header {
	uint16_t version, key_type;
	uint32_t tee_type;
	uint16_t qe_svn,
	    pce_svn; /* unsigned by the platform's key as to meaning: shown, never trusted */
	struct bytes vendor;    /* 16 */
	struct bytes user_data; /* 20 */
	bool has_descriptor;    /* version 5 */
	uint16_t
	    body_type; /* of the descriptor, or what version and TEE type imply; 0: none implied */
	uint32_t body_size; /* likewise */
	size_t size;        /* 48 or 54 */
};

/* All views point into the quote. Offsets are of the whole quote, for the trace. */
struct dcap_quote {
	struct dcap_header header;
	struct bytes raw;         /* the quote without trailing bytes */
	struct bytes signed_part; /* header, descriptor, body */
	struct bytes body;
	struct bytes sig;             /* 64, by the attestation key */
	struct bytes attestation_key; /* 64, x‖y */
	uint16_t outer_type;          /* versions 4 and 5; 0 in version 3 */
	struct sgx_report qe;         /* the QE report */
	struct bytes qe_sig;          /* 64, by the PCK key */
	struct bytes qe_auth;
	uint16_t cert_type;
	struct bytes cert_data;
	struct bytes trailing; /* what follows the signature data */
	size_t sig_at, key_at, qe_at, qe_sig_at, qe_auth_at, cert_at;
};

extern const uint8_t dcap_vendor_intel[16];

/* ERR_MALFORMED: too short for header and descriptor; ERR_LIMIT: over MAX_QUOTE_SIZE. */
int dcap_header_parse(struct bytes raw, struct dcap_header *out, struct err *e) MUST_CHECK;
/* The size a body type must have (evidence-intel.md 1.2), 0 for an unknown type. */
uint32_t dcap_body_size(uint16_t body_type);
/* The layout HEADER speaks of: every length adds up exactly, but for trailing bytes. */
int dcap_quote_parse(struct bytes raw, const struct dcap_header *header, struct dcap_quote *out,
    struct err *e) MUST_CHECK;
