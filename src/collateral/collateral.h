/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot of Intel's collateral: certificates, CRLs, TCB infos, enclave identities, read from documents that are
 * recognised by their content.
 *
 * Signatures, formats and signer chains are examined once, when the snapshot is sealed; what was found is kept with
 * each document, for bad documents too, so that a judgement can say which check the document failed. Nothing is trusted
 * here: a root counts only if its key is pinned (collateral/anchors.h) or named by the appraisal settings, and that, like
 * every date, is judged per appraisal. A sealed snapshot never changes; threads share it by reference.
 *
 *	DEFER(collateral_builder_freep) struct collateral_builder *b = collateral_builder_new(MAX_COLLATERAL_SIZE);
 *	TRY(collateral_builder_add(b, bytes_of_file, "folder", &kind, e));	one call per file or document
 *	TRY(collateral_builder_seal(b, &snapshot, e));
 *	...
 *	collateral_unref(snapshot);
 *
 * Documents are kept in the order of their SHA-256 and duplicates once, so that a snapshot is a function of the set of
 * its documents; collateral_id() is the digest of that set, and the stamp of whatever is cached under it.
 */
#pragma once

#include "base/arena.h"
#include "collateral/qe_identity.h"
#include "collateral/tcb_info.h"
#include "crypto/crl.h"
#include "crypto/digest.h"

#define MAX_COLLATERAL_SIZE ((size_t)256 << 20) /* memory of one snapshot */
#define MAX_COLLATERAL_DOCS 8192
/* One document as it is given: the largest is a CRL in hex with the end of its line. */
#define MAX_COLLATERAL_DOC_SIZE (MAX_CRL_SIZE * 2 + 2)

struct collateral;
struct collateral_builder;

enum doc_kind {
	DOC_CERT, /* one certificate; a PEM chain gives one document each */
	DOC_CRL,
	DOC_TCB_INFO,
	DOC_QE_IDENTITY,
	DOC_OTHER, /* recognised but of no use to a judgement: TCB evaluation data numbers */
	DOC_UNKNOWN,
	DOC_KIND_COUNT
};

/* One document as it was given (a certificate or CRL: its DER). */
struct collateral_doc {
	enum doc_kind kind;
	struct bytes bytes;
	uint8_t sha256[SHA256_SIZE];
	const char *origin;
	struct err format;                 /* code ERR_NONE: it parses */
	int64_t issued_at, next_update_at; /* thisUpdate, notBefore …; 0 when it does not parse */
	size_t index; /* among the certs, crls, tcb_infos or identities of the snapshot */
};

/* Builder. NULL when memory ran out. */
struct collateral_builder *collateral_builder_new(size_t max_memory);
void collateral_builder_free(struct collateral_builder *b);
void collateral_builder_freep(struct collateral_builder **b);
/*
 * Adds what DOCUMENT holds: PEM or DER certificates, CRLs in DER, PEM or hex of DER, TCB info, enclave identity. ORIGIN is
 * "bundle" "cache" "pcs" "request" "folder"; it must be a literal. *KIND (may be NULL) says what it was taken for. A
 * document that is not understood is kept as what it was meant to be; -1 only for limits and memory.
 */
int collateral_builder_add(struct collateral_builder *b, struct bytes document, const char *origin,
    enum doc_kind *kind, struct err *e) MUST_CHECK;
/* Verifies everything once. The builder is empty afterwards. */
int collateral_builder_seal(struct collateral_builder *b, struct collateral **out, struct err *e)
    MUST_CHECK;

struct collateral *collateral_ref(const struct collateral *c);
void collateral_unref(struct collateral *c);
void collateral_unrefp(struct collateral **c);
/* 32 bytes: SHA-256 over the digests of the documents. */
struct bytes collateral_id(const struct collateral *c);

size_t collateral_doc_count(const struct collateral *c);
const struct collateral_doc *collateral_doc_at(const struct collateral *c, size_t index);
/* "certificate" "crl" "tcb-info" "qe-identity" "other" "unknown" */
const char *doc_kind_name(enum doc_kind kind);

/* What the judgement reads (appraise/). */

/* A certificate of the snapshot that is a self-signed root or a TCB signing certificate. */
struct collateral_cert {
	const struct collateral_doc *doc;
	struct cert cert;
	struct key *key;
	uint8_t spki_sha256[SHA256_SIZE];
	bool is_root;       /* self-issued and its own signature holds */
	bool is_tcb_signer; /* subject CN "Intel SGX TCB Signing" */
	/* TCB signers: the root that issued it (index into the certs), whose key verifies it; SIZE_MAX: none. */
	size_t root;
	bool fit; /* constraints and algorithms are those of its role (evidence-intel.md 3) */
	/* TCB signers with a root: SHA-256(PEM of it ‖ PEM of the root ‖ 0x00), evidence-intel.md 8.2. */
	uint8_t chain_hash[SHA256_SIZE];
};

struct collateral_crl {
	const struct collateral_doc *doc;
	struct crl crl;
	/* The certificate of the snapshot that verifies it, SIZE_MAX: none (its issuer may still be in the evidence). */
	size_t issuer;
	uint8_t pem_hash[SHA256_SIZE]; /* SHA-256(PEM of it ‖ 0x00), evidence-intel.md 8.2 */
};

#define MAX_TCB_SIGNERS 64

struct collateral_signed {
	const struct collateral_doc *doc;
	uint64_t signers;               /* bit i: the i-th TCB signer verifies it */
	uint8_t text_hash[SHA256_SIZE]; /* SHA-256(document ‖ 0x00), evidence-intel.md 8.2 */
};

struct collateral_tcb_info {
	struct collateral_signed by;
	struct tcb_info info; /* only if doc->format.code is ERR_NONE */
};

struct collateral_qe_identity {
	struct collateral_signed by;
	struct qe_identity identity;
};

size_t collateral_cert_count(const struct collateral *c);
const struct collateral_cert *collateral_cert_at(const struct collateral *c, size_t index);
size_t collateral_crl_count(const struct collateral *c);
const struct collateral_crl *collateral_crl_at(const struct collateral *c, size_t index);
size_t collateral_tcb_info_count(const struct collateral *c);
const struct collateral_tcb_info *collateral_tcb_info_at(const struct collateral *c, size_t index);
size_t collateral_qe_identity_count(const struct collateral *c);
const struct collateral_qe_identity *collateral_qe_identity_at(const struct collateral *c,
    size_t index);
/* TCB signers by their bit in `signers`. */
size_t collateral_signer_count(const struct collateral *c);
const struct collateral_cert *collateral_signer_at(const struct collateral *c, size_t index);
