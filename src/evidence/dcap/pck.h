/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCK certificate chain of a quote, and the SGX extension of its leaf (PCK-SPEC chapter 1; evidence-intel.md 3).
 *
 * The order of the certificates in a quote is not given: roles are found by subject name. Which certificate is signed
 * by which is for the judgement to verify.
 */
#pragma once

#include "crypto/cert.h"

#define PCK_LEAF_CN         "Intel SGX PCK Certificate"
#define PCK_PLATFORM_CA_CN  "Intel SGX PCK Platform CA"
#define PCK_PROCESSOR_CA_CN "Intel SGX PCK Processor CA"
#define SGX_ROOT_CN         "Intel SGX Root CA"

#define MAX_PCK_CHAIN_SIZE  32768

#define PCK_COMPONENTS      16
#define PCK_FMSPC_SIZE      6
#define PCK_PCEID_SIZE      2

struct pck_ext {
	uint8_t ppid[16];
	uint8_t components[PCK_COMPONENTS];
	uint16_t pcesvn;
	uint8_t cpusvn[16];
	uint8_t pceid[PCK_PCEID_SIZE];
	uint8_t fmspc[PCK_FMSPC_SIZE];
	unsigned sgx_type; /* 0 standard, 1 scalable, 2 scalable with integrity */
	bool has_platform; /* Platform CA: the two members below are there */
	uint8_t platform_instance_id[16];
	bool dynamic_platform, cached_keys, smt_enabled;
};

struct pck_chain {
	struct cert *certs; /* as they stand */
	size_t count;
	const struct cert *leaf, *intermediate,
	    *root; /* NULL: none, or more than one, has the name of the role */
};

/* PEM, at most MAX_PCK_CHAIN_SIZE and MAX_CHAIN_CERTS; DER copies live in the arena. */
int pck_chain_parse(struct bytes pem, struct arena *a, struct pck_chain *out, struct err *e)
    MUST_CHECK;
/* The value of extension 1.2.840.113741.1.13.1. Missing, doubled or unknown members, wrong types and lengths are
 * ERR_MALFORMED. */
int pck_ext_parse(struct bytes value, struct pck_ext *out, struct err *e) MUST_CHECK;
/* The extension of LEAF; ERR_MISSING when it has none. */
int pck_ext_of(const struct cert *leaf, struct pck_ext *out, struct err *e) MUST_CHECK;
