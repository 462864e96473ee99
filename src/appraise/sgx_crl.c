/* SPDX-License-Identifier: Apache-2.0 */
/* Step 3 of evidence-intel.md 5, revocation (3.2 check 5). */
#include "appraise/sgx_run.h"
#include "collateral/profile.h"

/* A CRL that the snapshot has verified already is not verified again, if it was with this key. */
static bool
was_verified(const struct collateral *c, const struct collateral_crl *crl, const struct key *key)
{
	const struct collateral_cert *issuer = collateral_cert_at(c, crl->issuer);

	return issuer != NULL && issuer->key != NULL && key_eq(issuer->key, key);
}

int
sgx_crl_facts(struct sgx_run *r, struct bytes issuer, const struct key *issuer_key,
    struct bytes serial, struct crl_facts *out, struct err *e)
{
	size_t count = collateral_crl_count(r->c);

	out->count = 0;
	out->of = arena_array(r->a, count, sizeof(*out->of));
	if (out->of == NULL)
		return arena_fail(e, "crls");
	for (size_t i = 0; i < count; i++) {
		const struct collateral_crl *crl = collateral_crl_at(r->c, i);
		bool verified = false;

		if (crl->doc->format.code != ERR_NONE || !bytes_eq(crl->crl.issuer, issuer))
			continue;
		if (issuer_key != NULL) {
			verified = was_verified(r->c, crl, issuer_key);
			if (!verified)
				TRY(crl_verify(&crl->crl, issuer_key, &verified, e));
		}
		out->of[out->count++] = (struct crl_fact){ .index = i,
			.verified = verified,
			.lists = crl_has(&crl->crl, serial) };
	}
	return 0;
}

struct crl_checks {
	enum check_id present, format, issuer, signature, extensions, not_yet_valid, expired, age;
	enum check_id revoked;
};

static const struct crl_checks root_checks = { CHECK_ROOT_CRL_PRESENT, CHECK_ROOT_CRL_FORMAT,
	CHECK_ROOT_CRL_ISSUER, CHECK_ROOT_CRL_SIGNATURE, CHECK_ROOT_CRL_EXTENSIONS,
	CHECK_ROOT_CRL_NOT_YET_VALID, CHECK_ROOT_CRL_EXPIRED, CHECK_ROOT_CRL_AGE,
	CHECK_SGX_PCK_INTERMEDIATE_REVOKED };
static const struct crl_checks pck_checks = { CHECK_PCK_CRL_PRESENT, CHECK_PCK_CRL_FORMAT,
	CHECK_PCK_CRL_ISSUER, CHECK_PCK_CRL_SIGNATURE, CHECK_PCK_CRL_EXTENSIONS,
	CHECK_PCK_CRL_NOT_YET_VALID, CHECK_PCK_CRL_EXPIRED, CHECK_PCK_CRL_AGE,
	CHECK_SGX_PCK_LEAF_REVOKED };

/*
 * The newest that is valid at the time among those without fault; if none is valid the newest of them, judged stale; a
 * faulty one only when there is no other (product.md 2).
 */
static const struct crl_fact *
choose(const struct sgx_run *r, const struct crl_facts *facts)
{
	const struct crl_fact *best = NULL;
	int best_rank = -1;
	int64_t best_at = 0;

	for (size_t i = 0; i < facts->count; i++) {
		const struct crl_fact *f = &facts->of[i];
		const struct crl *crl = &collateral_crl_at(r->c, f->index)->crl;
		bool current = crl->this_update_at <= r->now_at && r->now_at <= crl->next_update_at;
		int rank =
		    (f->verified ? 4 : 0) + (crl_profile_fits(crl) ? 2 : 0) + (current ? 1 : 0);

		if (rank < best_rank || (rank == best_rank && crl->this_update_at <= best_at))
			continue;
		best = f;
		best_rank = rank;
		best_at = crl->this_update_at;
	}
	return best;
}

/* Why there is no CRL of the CA: lists that cannot be read, lists of somebody else, or none at all. */
struct strangers {
	size_t unreadable, foreign;
};

static struct strangers
count_strangers(const struct collateral *c, bool for_root)
{
	struct strangers n = { 0 };

	for (size_t i = 0; i < collateral_crl_count(c); i++) {
		const struct collateral_crl *crl = collateral_crl_at(c, i);
		struct bytes cn = cert_name_cn(crl->crl.issuer);
		bool of_root = bytes_is_str(cn, SGX_ROOT_CN);
		bool of_pck =
		    bytes_is_str(cn, PCK_PLATFORM_CA_CN) || bytes_is_str(cn, PCK_PROCESSOR_CA_CN);

		if (crl->doc->format.code != ERR_NONE)
			n.unreadable++;
		else if (for_root ? !of_pck : !of_root)
			n.foreign++;
	}
	return n;
}

static int
judge_age(struct sgx_run *r, enum check_id id, int64_t max_age_s, int64_t issued_at)
{
	if (max_age_s == 0) {
		trace_na(r->t, id, "the settings set no maximum age");
		return STEP_ON;
	}
	JUDGE(r->t, id, r->now_at - issued_at <= max_age_s,
	    shown_uint((uint64_t)(r->now_at > issued_at ? r->now_at - issued_at : 0)),
	    shown_uint((uint64_t)max_age_s));
	return STEP_ON;
}

static int
judge_crl(struct sgx_run *r, const struct crl_checks *ids, const struct crl_facts *facts,
    struct bytes issuer_cn, struct bytes serial, const struct collateral_crl **out)
{
	const struct crl_fact *fact = choose(r, facts);
	struct strangers others = { 0 };

	if (fact == NULL)
		others = count_strangers(r->c, ids == &root_checks);
	JUDGE(r->t, ids->present, fact != NULL || others.unreadable + others.foreign > 0,
	    shown_uint(facts->count), shown_nothing());
	JUDGE(r->t, ids->format, others.unreadable == 0, shown_uint(others.unreadable),
	    shown_uint(0));
	JUDGE(r->t, ids->issuer, fact != NULL,
	    shown_str(fact != NULL ? "it is" : "CRLs of other CAs only"), shown_text(issuer_cn));
	if (fact == NULL)
		return STEP_STOP;
	const struct collateral_crl *crl = collateral_crl_at(r->c, fact->index);

	*out = crl;
	JUDGE(r->t, ids->signature, fact->verified,
	    shown_str(fact->verified ? "it verifies" : "it does not verify"), shown_nothing());
	JUDGE(r->t, ids->extensions, crl_profile_fits(&crl->crl),
	    shown_str(crl_profile_fits(&crl->crl) ? "they are there" : "missing or unknown"),
	    shown_nothing());
	JUDGE(r->t, ids->not_yet_valid, crl->crl.this_update_at <= r->now_at,
	    shown_time(crl->crl.this_update_at), shown_nothing());
	JUDGE(r->t, ids->expired, r->now_at <= crl->crl.next_update_at,
	    shown_time(crl->crl.next_update_at), shown_nothing());
	if (judge_age(r, ids->age, r->s->max_age_crl_s, crl->crl.this_update_at) != STEP_ON)
		return STEP_STOP;
	JUDGE(r->t, ids->revoked, !fact->lists, sgx_shown_hex(r, serial), shown_nothing());
	return STEP_ON;
}

int
sgx_step_crls(struct sgx_run *r, struct err *e)
{
	const struct pck_facts *f = r->facts;
	struct bytes root_cn = BYTES(SGX_ROOT_CN);

	(void)e;
	int rc = judge_crl(r, &root_checks, &f->root_crls, root_cn, f->intermediate_serial,
	    &r->root_crl);

	if (rc == STEP_ON)
		rc = judge_crl(r, &pck_checks, &f->pck_crls, arena_copy(r->a, f->intermediate_cn),
		    f->leaf_serial, &r->pck_crl);
	if (rc == STEP_ON)
		sgx_pck_remember(r);
	return rc;
}
