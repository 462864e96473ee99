/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Synthetic SGX evidence under a test root: every format of evidence-intel.md, every field settable, every kind of
 * damage selectable. Names and constraints are Intel's, keys are our own, so that the same checks apply and only the
 * pin of the root tells the difference. Linked into the command line, the dev program and the tests only.
 *
 *	DEFER(synth_root_freep) struct synth_root *root = NULL;
 *	struct synth_spec spec;
 *	struct synth_case c;
 *
 *	TRY(synth_root_generate(now_at, &root, e));
 *	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
 *	TRY(synth_spec_set(&spec, "tcb_status", "OutOfDate", e));
 *	TRY(synth_case_emit(root, &spec, NULL, now_at, &arena, &c, e));
 *	… c.evidence, judged with c.docs at now_at
 *
 * This layer touches no files: what belongs on disk is given as pairs of name and bytes.
 */
#pragma once

#include "base/arena.h"
#include "base/secret.h"
#include "crypto/key.h"
#include "trace/check.h"

enum synth_type { SYNTH_SGX_ENCLAVE, SYNTH_OPEN_ENCLAVE };
#define SYNTH_TYPE_COUNT 2

/* "SgxEnclave", "OpenEnclave"; false for another name. */
bool synth_type_parse(const char *name, enum synth_type *out) MUST_CHECK;
const char *synth_type_name(enum synth_type type);

/* A file below the root's or the case's folder: "root.pem", "collateral/tcb-info-00606a000000.json". */
struct synth_doc {
	const char *name;
	struct bytes bytes;
};

#define MAX_SYNTH_DOCS 16
#define MAX_SYNTH_NAME 64
#define SYNTH_KEYS_NAME                                                                            \
	"root-keys.pem" /* of what synth_root_emit_keys() gives: private to its owner */
#define SYNTH_ROOT_NAME "root.pem"
/* tcbEvaluationDataNumber of all collateral, unless the specification wants another. */
#define SYNTH_EVALUATION_NUMBER 17
/* How long collateral stays valid: as Intel's. */
#define SYNTH_VALID_S (30 * 86400)

struct synth_root;

/* New keys; certificates valid for years, CRLs, TCB info and identity issued an hour before NOW_AT for 30 days. */
int synth_root_generate(int64_t now_at, struct synth_root **out, struct err *e) MUST_CHECK;
/* KEYS: what synth_root_emit_keys() gave; DOCS: what synth_root_doc_at() gave, names and bytes; others are ignored. */
int synth_root_load(struct bytes keys, const struct synth_doc *docs, size_t count,
    struct synth_root **out, struct err *e) MUST_CHECK;
void synth_root_free(struct synth_root *root);
void synth_root_freep(struct synth_root **root);

/* Is all of its collateral valid at NOW_AT? */
bool synth_root_is_current(const struct synth_root *root, int64_t now_at);
/* Issues CRLs, TCB info and identity anew, under the same keys and certificates; write the documents again. */
int synth_root_refresh(struct synth_root *root, int64_t now_at, struct err *e) MUST_CHECK;

/* root.pem and collateral/…; views live until the root is refreshed or freed. */
size_t synth_root_doc_count(const struct synth_root *root);
struct synth_doc synth_root_doc_at(const struct synth_root *root, size_t index);
int synth_root_emit_keys(const struct synth_root *root, struct secret *out, struct err *e)
    MUST_CHECK;
/* The key to pin. */
const struct key *synth_root_key(const struct synth_root *root);

/* What evidence is to say. Plain data; set by hand, or by the field names of the vector manifests. */
struct synth_spec {
	enum synth_type type;
	unsigned quote_version; /* 3, 4, 5 */
	/* The enclave's report. */
	uint8_t cpusvn[16], attributes[16], mrenclave[32], mrsigner[32], reportdata[64];
	uint8_t isvextprodid[16], isvfamilyid[16], configid[64];
	uint32_t miscselect;
	uint16_t isvprodid, isvsvn, configsvn;
	/* What is bound by REPORTDATA and CONFIGID; borrowed; p NULL: nothing. */
	struct bytes runtime_data, init_data;
	bool has_reportdata, has_configid; /* set by name: binding must not overwrite them */
	/* The platform, as its PCK certificate has it. */
	bool processor_ca; /* issued by the Processor CA, without the three platform members */
	uint8_t fmspc[6], pceid[2], ppid[16], platform_instance_id[16], components[16];
	uint16_t pcesvn;
	unsigned sgx_type;
	bool dynamic_platform, cached_keys, smt_enabled;
	/* The quoting enclave. */
	uint16_t qe_isvsvn;
	/* Of TCB info and QE identity: a lower number than the usual one is collateral of before a TCB recovery. */
	uint32_t tcb_evaluation_number, qe_evaluation_number;
};

/* An enclave in production mode on an up-to-date platform. */
void synth_spec_init(struct synth_spec *spec, enum synth_type type);
/*
 * FIELD: mrenclave mrsigner isvprodid isvsvn attributes cpusvn miscselect reportdata debug kss configid configsvn
 * isvextprodid isvfamilyid fmspc pceid pcesvn ppid piid tcb_components sgx_type dynamic cachedkeys smt ca tcb_status
 * qe_tcb_status qe_isvsvn version. Hex without prefix, numbers in decimal, true or false. A field of key separation
 * sets the KSS attribute. ERR_MISSING: no such field; ERR_INVALID: a value it cannot have.
 */
int synth_spec_set(struct synth_spec *spec, const char *field, const char *value, struct err *e)
    MUST_CHECK;
/* NULL beyond the last. */
const char *synth_spec_field(size_t index);

/* One way to spoil a case, and the check at which its judgement ends. */
struct synth_damage {
	const char *name;
	bool sgx, oe; /* the types it is for */
	enum check_id check;
};

size_t synth_damage_count(void);
const struct synth_damage *synth_damage_at(size_t index);
/* NULL if there is none of this name for TYPE. */
const struct synth_damage *synth_damage_find(const char *name, enum synth_type type);

struct synth_case {
	enum synth_type type;
	struct bytes evidence;
	/* What it is to be judged with; p NULL: nothing is claimed. */
	struct bytes runtime_data, init_data;
	/* root.pem and the whole collateral. */
	struct synth_doc docs[MAX_SYNTH_DOCS];
	size_t doc_count;
	/* The root's own collateral does not serve: keep these documents apart from it. Otherwise those that the root does
	 * not have yet (a TCB info for another FMSPC) may be added to it. */
	bool own_collateral;
	enum check_id check; /* where the judgement ends; CHECK_NONE without damage */
};

/* DAMAGE NULL: none. Everything OUT points to lives in the arena, or in ROOT until it is refreshed or freed. */
int synth_case_emit(const struct synth_root *root, const struct synth_spec *spec,
    const struct synth_damage *damage, int64_t now_at, struct arena *a, struct synth_case *out,
    struct err *e) MUST_CHECK;
