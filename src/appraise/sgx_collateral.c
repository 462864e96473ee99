/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps 4 and 5 of evidence-intel.md 5: which TCB info and which QE identity speak of this platform at this time, and
 * whether they may be believed.
 */
#include "appraise/sgx_run.h"

#include <string.h>

struct signed_checks {
	enum check_id present, format, signer, signer_chain, signer_not_yet_valid, signer_expired;
	enum check_id signer_revoked, signature, not_yet_valid, expired, age;
};

static const struct signed_checks tcb_info_checks = { CHECK_TCB_INFO_PRESENT, CHECK_TCB_INFO_FORMAT,
	CHECK_TCB_INFO_SIGNER, CHECK_TCB_INFO_SIGNER_CHAIN, CHECK_TCB_INFO_SIGNER_NOT_YET_VALID,
	CHECK_TCB_INFO_SIGNER_EXPIRED, CHECK_TCB_INFO_SIGNER_REVOKED, CHECK_TCB_INFO_SIGNATURE,
	CHECK_TCB_INFO_NOT_YET_VALID, CHECK_TCB_INFO_EXPIRED, CHECK_TCB_INFO_AGE };
static const struct signed_checks qe_identity_checks = { CHECK_QE_IDENTITY_PRESENT,
	CHECK_QE_IDENTITY_FORMAT, CHECK_NONE, CHECK_QE_IDENTITY_SIGNER_CHAIN,
	CHECK_QE_IDENTITY_SIGNER_NOT_YET_VALID, CHECK_QE_IDENTITY_SIGNER_EXPIRED,
	CHECK_QE_IDENTITY_SIGNER_REVOKED, CHECK_QE_IDENTITY_SIGNATURE,
	CHECK_QE_IDENTITY_NOT_YET_VALID, CHECK_QE_IDENTITY_EXPIRED, CHECK_QE_IDENTITY_AGE };

/* Issued by the root that the evidence itself ends in: one anchor does not vouch for another's platforms. */
static bool
chain_holds(const struct sgx_run *r, const struct collateral_cert *signer)
{
	const struct collateral_cert *root = collateral_cert_at(r->c, signer->root);

	return root != NULL && signer->fit && root->fit &&
	    memcmp(root->spki_sha256, r->facts->root_spki_sha256, SHA256_SIZE) == 0;
}

/* Signer and root together: a signer without root has its own dates only. */
static struct validity
signer_validity(const struct sgx_run *r, const struct collateral_cert *signer)
{
	const struct collateral_cert *root = collateral_cert_at(r->c, signer->root);
	struct validity v = { signer->cert.not_before_at, signer->cert.not_after_at };

	if (root != NULL && root->cert.not_before_at > v.from_at)
		v.from_at = root->cert.not_before_at;
	if (root != NULL && root->cert.not_after_at < v.to_at)
		v.to_at = root->cert.not_after_at;
	return v;
}

static bool
is_revoked(const struct sgx_run *r, const struct collateral_cert *signer)
{
	return r->root_crl != NULL && crl_has(&r->root_crl->crl, signer->cert.serial);
}

/*
 * Intel has several certificates on one key: of those that verify the document the one in force. When none verifies,
 * the best of the others, so that the failure named is the document's.
 */
static const struct collateral_cert *
choose_signer(const struct sgx_run *r, const struct collateral_signed *by, bool *verifies)
{
	const struct collateral_cert *best = NULL;
	int best_rank = -1;

	*verifies = false;
	for (size_t i = 0; i < collateral_signer_count(r->c); i++) {
		const struct collateral_cert *signer = collateral_signer_at(r->c, i);
		struct validity v = signer_validity(r, signer);
		bool good = (by->signers >> i & 1u) != 0;
		int rank = (good ? 8 : 0) + (chain_holds(r, signer) ? 4 : 0) +
		    (v.from_at <= r->now_at && r->now_at <= v.to_at ? 2 : 0) +
		    (is_revoked(r, signer) ? 0 : 1);

		/* Of equals the one made last. */
		if (rank < best_rank ||
		    (rank == best_rank && signer->cert.not_before_at <= best->cert.not_before_at))
			continue;
		best = signer;
		best_rank = rank;
		*verifies = good;
	}
	return best;
}

/* How good a document is before the evidence and the time are looked at: 2 good, 1 well formed, 0 malformed. */
static int
soundness(const struct sgx_run *r, const struct collateral_signed *by)
{
	bool verifies;

	if (by->doc->format.code != ERR_NONE)
		return 0;
	const struct collateral_cert *signer = choose_signer(r, by, &verifies);

	return signer != NULL && verifies && chain_holds(r, signer) ? 2 : 1;
}

static int
judge_signer(struct sgx_run *r, const struct signed_checks *ids, const struct collateral_signed *by,
    const struct collateral_cert **out)
{
	bool verifies;
	const struct collateral_cert *signer = choose_signer(r, by, &verifies);

	/* Whether there is any is asked once, for the TCB info. */
	if (ids->signer != CHECK_NONE)
		JUDGE(r->t, ids->signer, signer != NULL, shown_uint(collateral_signer_count(r->c)),
		    shown_nothing());
	if (signer == NULL)
		return STEP_STOP;
	*out = signer;
	JUDGE(r->t, ids->signer_chain, chain_holds(r, signer),
	    shown_str(chain_holds(r, signer) ? "it is" : "another root, or not fit to sign"),
	    shown_nothing());
	struct validity v = signer_validity(r, signer);

	JUDGE(r->t, ids->signer_not_yet_valid, v.from_at <= r->now_at, shown_time(v.from_at),
	    shown_nothing());
	JUDGE(r->t, ids->signer_expired, r->now_at <= v.to_at, shown_time(v.to_at),
	    shown_nothing());
	JUDGE(r->t, ids->signer_revoked, !is_revoked(r, signer),
	    sgx_shown_hex(r, signer->cert.serial), shown_nothing());
	JUDGE(r->t, ids->signature, verifies,
	    shown_str(verifies ? "it verifies" : "it does not verify"), shown_nothing());
	return STEP_ON;
}

static int
judge_document(struct sgx_run *r, const struct signed_checks *ids,
    const struct collateral_signed *by)
{
	JUDGE(r->t, ids->present, by != NULL, shown_str(by != NULL ? "at hand" : "none"),
	    shown_nothing());
	if (by == NULL)
		return STEP_STOP;
	bool good = by->doc->format.code == ERR_NONE;

	if (!good)
		trace_note(r->t, ids->format, "%s", by->doc->format.msg);
	JUDGE(r->t, ids->format, good, shown_str(good ? "it is" : "it is not"), shown_nothing());
	return good ? STEP_ON : STEP_STOP;
}

static int
judge_dates(struct sgx_run *r, const struct signed_checks *ids, const struct collateral_doc *doc,
    int64_t max_age_s)
{
	JUDGE(r->t, ids->not_yet_valid, doc->issued_at <= r->now_at, shown_time(doc->issued_at),
	    shown_nothing());
	if (r->s->accept_expired_tcb && r->now_at > doc->next_update_at) {
		trace_na(r->t, ids->expired, "the settings accept an expired baseline");
		trace_remark(r->t, "an expired document was accepted by the appraisal settings");
	} else {
		JUDGE(r->t, ids->expired, r->now_at <= doc->next_update_at,
		    shown_time(doc->next_update_at), shown_nothing());
	}
	if (max_age_s == 0) {
		trace_na(r->t, ids->age, "the settings set no maximum age");
		return STEP_ON;
	}
	int64_t age_s = r->now_at > doc->issued_at ? r->now_at - doc->issued_at : 0;

	JUDGE(r->t, ids->age, age_s <= max_age_s, shown_uint((uint64_t)age_s),
	    shown_uint((uint64_t)max_age_s));
	return STEP_ON;
}

/* Is A to be taken before B, both equally fit? The newest valid at the time; if none is, the newest. */
static bool
is_newer(const struct sgx_run *r, const struct collateral_doc *a, const struct collateral_doc *b)
{
	bool a_now = a->issued_at <= r->now_at && r->now_at <= a->next_update_at;
	bool b_now = b->issued_at <= r->now_at && r->now_at <= b->next_update_at;

	if (a_now != b_now)
		return a_now;
	return a->issued_at > b->issued_at;
}

static bool
tcb_info_is_of(const struct sgx_run *r, const struct tcb_info *info)
{
	const struct pck_ext *pck = &r->facts->ext;

	return info->id == TCB_INFO_SGX && memcmp(info->fmspc, pck->fmspc, FMSPC_SIZE) == 0 &&
	    memcmp(info->pceid, pck->pceid, PCEID_SIZE) == 0;
}

static const struct collateral_tcb_info *
choose_tcb_info(const struct sgx_run *r)
{
	const struct collateral_tcb_info *best = NULL;
	int best_rank = -1;

	for (size_t i = 0; i < collateral_tcb_info_count(r->c); i++) {
		const struct collateral_tcb_info *t = collateral_tcb_info_at(r->c, i);
		bool readable = t->by.doc->format.code == ERR_NONE;
		bool ours = readable && tcb_info_is_of(r, &t->info);
		/* Whose it is counts first; only one of ours is worth looking into. */
		int rank = ours ? 4 + soundness(r, &t->by) : readable;

		if (rank < best_rank)
			continue;
		if (rank == best_rank) {
			if (is_newer(r, best->by.doc, t->by.doc))
				continue;
			/* Of one date version 3: it has advisories (evidence-intel.md 4.1). */
			if (!is_newer(r, t->by.doc, best->by.doc) &&
			    t->info.version <= best->info.version)
				continue;
		}
		best = t;
		best_rank = rank;
	}
	return best;
}

static int
judge_tcb_info_match(struct sgx_run *r)
{
	const struct tcb_info *info = &r->tcb_info->info;
	const struct pck_ext *pck = &r->facts->ext;

	JUDGE(r->t, CHECK_TCB_INFO_KIND, info->id == TCB_INFO_SGX,
	    shown_str(info->id == TCB_INFO_SGX ? "SGX" : "TDX"), shown_str("SGX"));
	JUDGE(r->t, CHECK_TCB_INFO_FMSPC, bytes_eq(BYTES_OF(info->fmspc), BYTES_OF(pck->fmspc)),
	    sgx_shown_hex(r, BYTES_OF(info->fmspc)), sgx_shown_hex(r, BYTES_OF(pck->fmspc)));
	JUDGE(r->t, CHECK_TCB_INFO_PCEID, bytes_eq(BYTES_OF(info->pceid), BYTES_OF(pck->pceid)),
	    sgx_shown_hex(r, BYTES_OF(info->pceid)), sgx_shown_hex(r, BYTES_OF(pck->pceid)));
	return STEP_ON;
}

int
sgx_step_tcb_info(struct sgx_run *r, struct err *e)
{
	(void)e;
	r->tcb_info = choose_tcb_info(r);
	int rc = judge_document(r, &tcb_info_checks, r->tcb_info != NULL ? &r->tcb_info->by : NULL);

	if (rc == STEP_ON)
		rc = judge_signer(r, &tcb_info_checks, &r->tcb_info->by, &r->tcb_signer);
	if (rc == STEP_ON)
		rc = judge_tcb_info_match(r);
	if (rc != STEP_ON)
		return rc;
	r->out->tcb_evaluation_number = r->tcb_info->info.evaluation_number;
	return judge_dates(r, &tcb_info_checks, r->tcb_info->by.doc, r->s->max_age_tcb_info_s);
}

static const struct collateral_qe_identity *
choose_qe_identity(const struct sgx_run *r)
{
	const struct collateral_qe_identity *best = NULL;
	int best_rank = -1;

	for (size_t i = 0; i < collateral_qe_identity_count(r->c); i++) {
		const struct collateral_qe_identity *q = collateral_qe_identity_at(r->c, i);
		bool readable = q->by.doc->format.code == ERR_NONE;
		bool ours = readable && q->identity.id == QE_IDENTITY_QE;
		int rank = ours ? 4 + soundness(r, &q->by) : readable;

		if (rank < best_rank ||
		    (rank == best_rank && !is_newer(r, q->by.doc, best->by.doc)))
			continue;
		best = q;
		best_rank = rank;
	}
	return best;
}

int
sgx_step_qe_identity(struct sgx_run *r, struct err *e)
{
	const struct signed_checks *ids = &qe_identity_checks;

	(void)e;
	r->qe_identity = choose_qe_identity(r);
	int rc = judge_document(r, ids, r->qe_identity != NULL ? &r->qe_identity->by : NULL);

	if (rc == STEP_ON)
		rc = judge_signer(r, ids, &r->qe_identity->by, &r->qe_signer);
	if (rc != STEP_ON)
		return rc;
	const struct qe_identity *q = &r->qe_identity->identity;

	JUDGE(r->t, CHECK_QE_IDENTITY_KIND, q->id == QE_IDENTITY_QE,
	    shown_str(qe_identity_id_name(q->id)), shown_str("QE"));
	rc = judge_dates(r, ids, r->qe_identity->by.doc, r->s->max_age_qe_identity_s);
	if (rc != STEP_ON)
		return rc;
	r->out->qe_tcb_evaluation_number = q->evaluation_number;
	/* The number of the appraisal is the lower of the two (evidence-intel.md 4.3). */
	uint64_t number = r->out->tcb_evaluation_number < q->evaluation_number
	    ? r->out->tcb_evaluation_number
	    : q->evaluation_number;

	if (r->s->min_evaluation_number == 0) {
		trace_na(r->t, CHECK_TCB_EVALUATION_NUMBER, "the settings set no minimum");
		return STEP_ON;
	}
	JUDGE(r->t, CHECK_TCB_EVALUATION_NUMBER, number >= r->s->min_evaluation_number,
	    shown_uint(number), shown_uint(r->s->min_evaluation_number));
	return STEP_ON;
}
