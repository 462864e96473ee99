/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A case before it is made: every value that goes into it, so that a damage is a change of one value. Not for other
 * folders.
 *
 * Documents of the root are used as they stand until a damage, or a field of the specification, marks theirs `anew`.
 */
#pragma once

#include "crypto/cert.h"
#include "crypto/crl.h"
#include "crypto/privkey.h"
#include "synth/synth.h"

/* Intel's names (PCK-SPEC chapter 1). */
#define CN_ROOT      "Intel SGX Root CA"
#define CN_PLATFORM  "Intel SGX PCK Platform CA"
#define CN_PROCESSOR "Intel SGX PCK Processor CA"
#define CN_LEAF      "Intel SGX PCK Certificate"
#define CN_SIGNER    "Intel SGX TCB Signing"

enum root_key {
	KEY_ROOT,
	KEY_PLATFORM_CA,
	KEY_PROCESSOR_CA,
	KEY_TCB_SIGNER,
	KEY_PCK,
	KEY_ATTESTATION,
	ROOT_KEYS
};
enum root_cert { CERT_ROOT, CERT_PLATFORM_CA, CERT_PROCESSOR_CA, CERT_TCB_SIGNER, ROOT_CERTS };
/* In the order of synth_root_doc_at(). */
enum root_doc {
	DOC_ROOT,
	DOC_CA_CERTS,
	DOC_SIGNER_CHAIN,
	DOC_ROOT_CRL,
	DOC_PLATFORM_CRL,
	DOC_PROCESSOR_CRL,
	DOC_TCB,
	DOC_QE,
	ROOT_DOCS
};

struct synth_root {
	struct arena arena; /* certificates; lives as long as the root */
	struct arena dated; /* CRLs, TCB info, identity; dropped by a refresh */
	struct privkey *keys[ROOT_KEYS];
	struct bytes certs[ROOT_CERTS]; /* DER */
	struct bytes docs[ROOT_DOCS];
	int64_t next_update_at; /* of the dated documents */
	int64_t issued_at;
};

extern const char *const root_doc_names[ROOT_DOCS];

/* What is done to the bytes of a document or certificate once it is made. */
enum spoil { SPOIL_NOT, SPOIL_SIGNATURE, SPOIL_TRAILING, SPOIL_CUT };

struct cert_plan {
	struct cert_spec spec;
	uint8_t serial[20];
	const struct privkey *subject, *issuer;
	struct bytes ready; /* DER as the root has it */
	bool anew, left_out;
	enum spoil spoil;
};

struct crl_plan {
	struct crl_spec spec;
	const struct privkey *issuer;
	struct bytes revoked; /* one serial */
	struct bytes ready;
	bool anew, left_out;
	enum spoil spoil;
};

/* TCB info or QE identity. */
struct signed_plan {
	const char *id; /* "SGX" "TDX" "QE" "TD_QE" */
	unsigned version;
	int64_t issued_at, next_update_at;
	uint8_t fmspc[6], pceid[2];
	const struct privkey *signer;
	uint32_t evaluation_number;
	bool no_levels;
	struct bytes ready;
	bool anew, left_out;
	enum spoil spoil;
};

struct qe_plan {
	uint32_t miscselect;
	uint8_t attributes[16], mrsigner[32];
	uint16_t isvprodid, isvsvn;
};

/* What the quote says of itself; the layout is that of spec.quote_version all the same. */
struct header_plan {
	uint16_t version, key_type, body_type;
	uint32_t tee_type, body_size;
	uint8_t vendor[16];
};

struct plan {
	const struct synth_root *root;
	struct synth_spec spec;
	int64_t now_at;
	struct arena *arena;
	/* Keys of nobody: another root, another signer. Made with the plan, freed with it. */
	struct privkey *stranger;

	struct cert_plan root_cert, intermediate, leaf;   /* of the PCK chain */
	enum { EXT_WHOLE, EXT_CUT, EXT_ABSENT } leaf_ext; /* the SGX extension */
	const struct cert_plan
	    *extra_cert;         /* a fourth certificate stands in the chain; NULL: not */
	struct cert_plan signer; /* of TCB info and identity */
	bool has_second_signer;  /* the identity has a signer of its own, the stranger */
	struct cert_plan second_signer;
	bool no_signer_chain; /* neither the signer's certificate nor a root with it */
	struct crl_plan root_crl, pck_crl;
	struct crl_plan other_crl; /* of the other PCK CA */
	struct signed_plan tcb, identity;

	struct header_plan header; /* version 0: spec.quote_version */
	struct qe_plan qe;
	uint16_t cert_type;
	struct bytes cert_data;             /* p NULL: the chain */
	uint8_t attestation_point[64];      /* as the quote has it */
	uint8_t committed_point[64];        /* as the QE report commits to it */
	const struct privkey *qe_signer;    /* of the QE report: the PCK key */
	const struct privkey *quote_signer; /* of header and body: the attestation key */
	bool own_collateral;
};

/* roles.c: what each certificate and list of an undamaged root says. */
void role_spec(enum root_cert role, int64_t now_at, struct cert_spec *out);
void leaf_spec(bool processor_ca, int64_t now_at, struct cert_spec *out);
void crl_role_spec(enum root_cert issuer, int64_t issued_at, struct crl_spec *out);
enum root_key role_key(enum root_cert role);
/* 20 octets, positive, from WHAT is to be numbered. */
void serial_of(struct bytes what, uint8_t out[20]);

/* chain.c */
int cert_plan_emit(const struct cert_plan *c, struct arena *a, struct bytes *out, struct err *e)
    MUST_CHECK;
int crl_plan_emit(const struct crl_plan *c, struct arena *a, struct bytes *out, struct err *e)
    MUST_CHECK;
/* The value of 1.2.840.113741.1.13.1 (evidence-intel.md 3.1). */
int pck_ext_emit(const struct synth_spec *s, struct arena *a, struct bytes *out, struct err *e)
    MUST_CHECK;
int pem_of(const struct bytes *ders, size_t count, const char *label, struct arena *a,
    struct bytes *out, struct err *e) MUST_CHECK;
int chain_pem(const struct plan *p, struct bytes *out, struct err *e) MUST_CHECK;

/* documents.c */
int tcb_info_plan_emit(const struct signed_plan *d, struct arena *a, struct bytes *out,
    struct err *e) MUST_CHECK;
int identity_plan_emit(const struct signed_plan *d, struct arena *a, struct bytes *out,
    struct err *e) MUST_CHECK;
/* The first component's SVN at which the platform has STATUS; false for a status that there is none for. */
bool svn_for_status(const char *status, uint8_t *svn);
bool qe_svn_for_status(const char *status, uint16_t *svn);
/* The Intel QE's MRSIGNER, which the identity demands. */
extern const uint8_t qe_mrsigner[32];

/* quote.c: the quote with its signatures. */
int quote_emit(const struct plan *p, struct buf *out, struct err *e) MUST_CHECK;
void oe_report_emit(struct bytes quote, struct buf *out);
#define QUOTE_SIG_AT(version) ((version) == 5 ? 442u : 436u)

/* plan.c */
int plan_init(struct plan *p, const struct synth_root *root, const struct synth_spec *spec,
    int64_t now_at, struct arena *a, struct err *e) MUST_CHECK;
void plan_release(struct plan *p);
/* Valid until yesterday; valid from tomorrow. */
void cert_plan_expire(struct cert_plan *c, int64_t now_at);
void cert_plan_postpone(struct cert_plan *c, int64_t now_at);

/* damage.c. PLAN changes values, QUOTE the finished quote, EVIDENCE what is sent; each may be absent. */
struct damage_hooks {
	void (*plan)(struct plan *p);
	void (*quote)(struct buf *quote);
	void (*evidence)(struct buf *evidence);
};
struct damage_row {
	struct synth_damage damage;
	struct damage_hooks hooks;
};
struct damage_table {
	const struct damage_row *rows;
	size_t count;
};
extern const struct damage_table damages_of_evidence, damages_of_chain, damages_of_collateral;
struct damage_hooks damage_hooks_of(const struct synth_damage *damage);

/* A copy of what OUT holds, in A. */
int arena_take(struct buf *out, struct arena *a, struct bytes *taken, struct err *e) MUST_CHECK;
