/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appraisal settings: everything outside the policy text that changes a verdict, as one versioned JSON document per
 * instance and type (product.md 3). Its SHA-256 is the token claim attest-appraisal-hash, so that nobody can loosen it
 * unseen.
 *
 *	{"accept_expired_tcb": false,
 *	 "binding_upper": true,
 *	 "exceptions": [{"expires": "2027-01-01T00:00:00Z", "fmspc": "00906ed50000", "reason": "…", "tcb_status": "OutOfDate"}],
 *	 "extra_anchors": [{"label": "dev root", "spki_sha256": "<64 hex>"}],
 *	 "max_age_s": {"crl": 0, "qe_identity": 0, "tcb_info": 0},
 *	 "min_tcb_evaluation_number": 0,
 *	 "tolerated_tcb_statuses": ["UpToDate", …],
 *	 "version": 1}
 *
 * Every member may be left out: `{}` is the defaults. Unknown members are refused, so that a misspelt one cannot be
 * taken for set. Revoked can be neither tolerated nor excepted. An age of 0 means no limit of our own.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "collateral/tcb_status.h"
#include "crypto/digest.h"

#define MAX_SETTINGS_SIZE 65536
#define MAX_EXCEPTIONS    64
#define MAX_EXTRA_ANCHORS 16
#define MAX_SETTINGS_TEXT 200 /* of a label or reason */

struct settings_exception {
	enum tcb_status status;
	bool has_fmspc; /* false: any platform */
	uint8_t fmspc[6];
	int64_t expires_at; /* good until then, inclusive */
	char reason[MAX_SETTINGS_TEXT + 1];
};

struct settings_anchor {
	char label[MAX_SETTINGS_TEXT + 1];
	uint8_t spki_sha256[SHA256_SIZE];
};

/* Plain data, no pointers: copied freely. */
struct settings {
	unsigned tolerated; /* bit 1u << tcb_status */
	struct settings_exception exceptions[MAX_EXCEPTIONS];
	size_t exception_count;
	struct settings_anchor anchors[MAX_EXTRA_ANCHORS];
	size_t anchor_count;
	int64_t max_age_crl_s, max_age_qe_identity_s, max_age_tcb_info_s;
	uint64_t min_evaluation_number;
	bool
	    accept_expired_tcb; /* evidence-intel.md 4.3: TCB info and identity beyond nextUpdate; CRLs never */
	bool
	    binding_upper; /* maa-api.md 4.2: REPORTDATA[32:64] must be zero when runtime data is given */
	uint8_t hash[SHA256_SIZE]; /* of the text it was parsed from, or of settings_emit() */
};

void settings_default(struct settings *s);
/* ERR_MALFORMED, ERR_UNSUPPORTED (version), ERR_INVALID, ERR_LIMIT; S is written only on success. */
int settings_parse(struct bytes text, struct settings *s, struct err *e) MUST_CHECK;
/* Canonical: every member, names sorted, no white space, ASCII (codec/json.h). */
void settings_emit(const struct settings *s, struct buf *out);
/* Of settings_emit(); call it after changing S by hand. */
int settings_rehash(struct settings *s, struct err *e) MUST_CHECK;
/* For this run: tolerate one more status, trust one more root. ERR_INVALID for Revoked, ERR_LIMIT. Rehashes. */
int settings_tolerate(struct settings *s, enum tcb_status status, struct err *e) MUST_CHECK;
int settings_add_anchor(struct settings *s, const char *label,
    const uint8_t spki_sha256[SHA256_SIZE], struct err *e) MUST_CHECK;

/* Is STATUS good enough for this platform at this time? *WHY (may be NULL) is the exception that made it so, or NULL. */
bool settings_tolerates(const struct settings *s, enum tcb_status status, const uint8_t fmspc[6],
    int64_t now_at, const struct settings_exception **why);
const struct settings_anchor *settings_anchor_find(const struct settings *s,
    const uint8_t spki_sha256[SHA256_SIZE]);
