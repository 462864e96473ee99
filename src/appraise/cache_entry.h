/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the endorsement cache holds, and how the judgement reaches it. Internal to appraise/.
 */
#pragma once

#include "appraise/cache.h"
#include "appraise/sgx.h"

#include <stdatomic.h>

/* A CRL of the snapshot that may speak of a certificate of this chain. */
struct crl_fact {
	size_t index;  /* in the snapshot */
	bool verified; /* by the key of the CA in the chain */
	bool lists;    /* it names the certificate in question */
};

struct crl_facts {
	struct crl_fact *of; /* CRLs with the issuer's name */
	size_t count;
};

struct validity {
	int64_t from_at, to_at;
};

/* What is true of a chain at any time, under one snapshot and any settings. */
struct pck_facts {
	struct key *leaf_key;
	struct pck_ext ext;
	uint8_t root_spki_sha256[SHA256_SIZE];
	struct validity root, intermediate, leaf;
	struct crl_facts root_crls, pck_crls;
	/* Texts that the trace shows. */
	struct bytes leaf_serial, intermediate_serial, intermediate_cn;
};

#define MAX_PCK_RECORDS 16

struct pck_entry {
	atomic_uint refs;
	uint8_t chain_sha256[SHA256_SIZE];
	uint8_t collateral_id[SHA256_SIZE];
	struct arena arena; /* of everything below but the key */
	struct pck_facts facts;
	struct check_record records[MAX_PCK_RECORDS];
	enum check_id ids[MAX_PCK_RECORDS];
	size_t record_count;
};

/* A copy of FACTS and of the records of IDS in T; NULL when memory ran out, which costs only speed. */
struct pck_entry *pck_entry_new(const uint8_t chain_sha256[SHA256_SIZE], struct bytes collateral_id,
    const struct pck_facts *facts, const struct trace *t, const enum check_id *ids, size_t count);
void pck_entry_unref(struct pck_entry *entry);
void pck_entry_unrefp(struct pck_entry **entry);

/* A reference, or NULL. C may be NULL in all of these. */
struct pck_entry *cache_get_pck(struct endorsement_cache *c,
    const uint8_t chain_sha256[SHA256_SIZE], struct bytes collateral_id);
/* Keeps a reference of its own. */
void cache_put_pck(struct endorsement_cache *c, struct pck_entry *entry);
/* Attestation keys by their raw point, 64 bytes. */
struct key *cache_get_key(struct endorsement_cache *c, struct bytes point);
void cache_put_key(struct endorsement_cache *c, const struct key *key);
