/* SPDX-License-Identifier: Apache-2.0 */
/* Damage to CRLs, TCB info, QE identity and their signer: a case of these has collateral of its own. */
#include "synth/plan.h"

#define DAY INT64_C(86400)

static void
own(struct plan *p)
{
	p->own_collateral = true;
}

/*
 * Lists. Which of the two is a parameter of what they share. A list is found by its issuer's name: one that is missing
 * or cannot be read is a list that this CA has not, while others are at hand.
 */

static void
crl_missing(struct plan *p, struct crl_plan *c)
{
	c->left_out = true;
	own(p);
}

static void
crl_format(struct plan *p, struct crl_plan *c)
{
	c->spoil = SPOIL_TRAILING;
	own(p);
}

static void
no_crls(struct plan *p)
{
	p->root_crl.left_out = p->pck_crl.left_out = p->other_crl.left_out = true;
	own(p);
}

/* Neither CA's: the other's would be a list of a foreign CA. */
static void
no_pck_crls(struct plan *p)
{
	p->pck_crl.left_out = p->other_crl.left_out = true;
	own(p);
}

static void
no_readable_crls(struct plan *p)
{
	p->root_crl.spoil = p->pck_crl.spoil = p->other_crl.spoil = SPOIL_TRAILING;
	own(p);
}

static void
crl_issuer(struct plan *p, struct crl_plan *c)
{
	c->spec.issuer_organization = "Other Corporation";
	c->anew = true;
	own(p);
}

static void
crl_signature(struct plan *p, struct crl_plan *c)
{
	c->spoil = SPOIL_SIGNATURE;
	own(p);
}

/* Somebody else's list in this CA's name. */
static void
crl_resigned(struct plan *p, struct crl_plan *c)
{
	c->issuer = p->stranger;
	c->anew = true;
	own(p);
}

static void
crl_extensions(struct plan *p, struct crl_plan *c)
{
	c->spec.leave_out_number = true;
	c->anew = true;
	own(p);
}

static void
crl_no_aki(struct plan *p, struct crl_plan *c)
{
	c->spec.leave_out_aki = true;
	c->anew = true;
	own(p);
}

static void
crl_critical(struct plan *p, struct crl_plan *c)
{
	c->spec.unknown_critical = true;
	c->anew = true;
	own(p);
}

static void
crl_future(struct plan *p, struct crl_plan *c)
{
	c->spec.this_update_at = p->now_at + DAY;
	c->anew = true;
	own(p);
}

static void
crl_expired(struct plan *p, struct crl_plan *c)
{
	c->spec.this_update_at = p->now_at - 40 * DAY;
	c->spec.next_update_at = p->now_at - 10 * DAY;
	c->anew = true;
	own(p);
}

static void
crl_revoke(struct plan *p, struct crl_plan *c, const struct cert_plan *cert)
{
	c->revoked = BYTES_OF(cert->serial);
	c->anew = true;
	own(p);
}

/* The same for TCB info and identity. */

static void
doc_missing(struct plan *p, struct signed_plan *d)
{
	d->left_out = true;
	own(p);
}

static void
doc_format(struct plan *p, struct signed_plan *d)
{
	d->no_levels = true;
	d->anew = true;
	own(p);
}

static void
doc_signature(struct plan *p, struct signed_plan *d)
{
	d->spoil = SPOIL_SIGNATURE;
	own(p);
}

static void
doc_future(struct plan *p, struct signed_plan *d)
{
	d->issued_at = p->now_at + DAY;
	d->next_update_at = p->now_at + SYNTH_VALID_S;
	d->anew = true;
	own(p);
}

static void
doc_expired(struct plan *p, struct signed_plan *d)
{
	d->issued_at = p->now_at - 40 * DAY;
	d->next_update_at = p->now_at - 10 * DAY;
	d->anew = true;
	own(p);
}

#define OF(shared, name, member)                                                                   \
	static void name(struct plan *p)                                                           \
	{                                                                                          \
		shared(p, &p->member);                                                             \
	}
OF(crl_missing, root_crl_missing, root_crl)
OF(crl_format, root_crl_format, root_crl)
OF(crl_issuer, root_crl_issuer, root_crl)
OF(crl_signature, root_crl_signature, root_crl)
OF(crl_resigned, root_crl_resigned, root_crl)
OF(crl_extensions, root_crl_extensions, root_crl)
OF(crl_no_aki, root_crl_no_aki, root_crl)
OF(crl_critical, root_crl_critical, root_crl)
OF(crl_future, root_crl_future, root_crl)
OF(crl_expired, root_crl_expired, root_crl)
OF(crl_missing, pck_crl_missing, pck_crl)
OF(crl_format, pck_crl_format, pck_crl)
OF(crl_issuer, pck_crl_issuer, pck_crl)
OF(crl_signature, pck_crl_signature, pck_crl)
OF(crl_resigned, pck_crl_resigned, pck_crl)
OF(crl_extensions, pck_crl_extensions, pck_crl)
OF(crl_no_aki, pck_crl_no_aki, pck_crl)
OF(crl_critical, pck_crl_critical, pck_crl)
OF(crl_future, pck_crl_future, pck_crl)
OF(crl_expired, pck_crl_expired, pck_crl)
OF(doc_missing, tcb_missing, tcb)
OF(doc_format, tcb_format, tcb)
OF(doc_signature, tcb_signature, tcb)
OF(doc_future, tcb_future, tcb)
OF(doc_expired, tcb_expired, tcb)
OF(doc_missing, identity_missing, identity)
OF(doc_format, identity_format, identity)
OF(doc_signature, identity_signature, identity)
OF(doc_future, identity_future, identity)
OF(doc_expired, identity_expired, identity)
#undef OF

static void
intermediate_revoked(struct plan *p)
{
	crl_revoke(p, &p->root_crl, &p->intermediate);
}

static void
leaf_revoked(struct plan *p)
{
	crl_revoke(p, &p->pck_crl, &p->leaf);
}

/* The identity alone is signed by somebody whom the same root has certified, or so it looks. */
static void
second_signer(struct plan *p)
{
	p->has_second_signer = true;
	p->identity.signer = p->stranger;
	p->identity.anew = true;
	own(p);
}

static void
signer_missing(struct plan *p)
{
	p->no_signer_chain = true;
	own(p);
}

/* A certificate of another role in its place. */
static void
signer_swapped(struct plan *p)
{
	p->signer.spec.subject_cn = CN_LEAF;
	p->signer.anew = true;
	own(p);
}

/* The signer of the TCB info is not to be believed. The identity has another, so that its checks do not tell. */

static void
signer_chain(struct plan *p)
{
	second_signer(p);
	p->signer.issuer = p->stranger;
	p->signer.anew = true;
}

/* Of the root's key, and not fit to sign; of the root's key, and not in its name. */

static void
signer_unfit(struct plan *p)
{
	second_signer(p);
	p->signer.spec.key_usage = CERT_KEY_CERT_SIGN;
	p->signer.anew = true;
}

static void
signer_issuer(struct plan *p)
{
	second_signer(p);
	p->signer.spec.issuer_organization = "Other Corporation";
	p->signer.anew = true;
}

static void
signer_future(struct plan *p)
{
	second_signer(p);
	cert_plan_postpone(&p->signer, p->now_at);
}

static void
signer_expired(struct plan *p)
{
	second_signer(p);
	cert_plan_expire(&p->signer, p->now_at);
}

static void
signer_revoked(struct plan *p)
{
	second_signer(p);
	crl_revoke(p, &p->root_crl, &p->signer);
}

static void
second_signer_chain(struct plan *p)
{
	second_signer(p);
	p->second_signer.issuer = p->root->keys[KEY_PCK];
}

/* The TCB info is signed by somebody who is of no root that is known. */
static void
tcb_resigned(struct plan *p)
{
	p->has_second_signer = true;
	p->second_signer.issuer = p->stranger;
	p->tcb.signer = p->stranger;
	p->tcb.anew = true;
	own(p);
}

static void
second_signer_future(struct plan *p)
{
	second_signer(p);
	cert_plan_postpone(&p->second_signer, p->now_at);
}

static void
second_signer_expired(struct plan *p)
{
	second_signer(p);
	cert_plan_expire(&p->second_signer, p->now_at);
}

static void
second_signer_revoked(struct plan *p)
{
	second_signer(p);
	crl_revoke(p, &p->root_crl, &p->second_signer);
}

static void
tcb_kind(struct plan *p)
{
	p->tcb.id = "TDX";
	p->tcb.anew = true;
	own(p);
}

static void
tcb_fmspc(struct plan *p)
{
	p->tcb.fmspc[5] ^= 1;
	p->tcb.anew = true;
	own(p);
}

static void
tcb_pceid(struct plan *p)
{
	p->tcb.pceid[0] ^= 1;
	p->tcb.anew = true;
	own(p);
}

static void
identity_kind(struct plan *p)
{
	p->identity.id = "TD_QE";
	p->identity.anew = true;
	own(p);
}

static const struct damage_row rows[] = {
	{ { "crls-missing", true, true, CHECK_ROOT_CRL_PRESENT }, { .plan = no_crls } },
	{ { "crls-format", true, true, CHECK_ROOT_CRL_FORMAT }, { .plan = no_readable_crls } },
	{ { "root-crl-missing", true, true, CHECK_ROOT_CRL_PRESENT },
	    { .plan = root_crl_missing } },
	{ { "root-crl-format", true, true, CHECK_ROOT_CRL_FORMAT }, { .plan = root_crl_format } },
	{ { "root-crl-issuer", true, true, CHECK_ROOT_CRL_ISSUER }, { .plan = root_crl_issuer } },
	{ { "root-crl-signature", true, true, CHECK_ROOT_CRL_SIGNATURE },
	    { .plan = root_crl_signature } },
	{ { "root-crl-resigned", true, true, CHECK_ROOT_CRL_SIGNATURE },
	    { .plan = root_crl_resigned } },
	{ { "root-crl-extensions", true, true, CHECK_ROOT_CRL_EXTENSIONS },
	    { .plan = root_crl_extensions } },
	{ { "root-crl-no-aki", true, true, CHECK_ROOT_CRL_EXTENSIONS },
	    { .plan = root_crl_no_aki } },
	{ { "root-crl-critical", true, true, CHECK_ROOT_CRL_EXTENSIONS },
	    { .plan = root_crl_critical } },
	{ { "root-crl-future", true, true, CHECK_ROOT_CRL_NOT_YET_VALID },
	    { .plan = root_crl_future } },
	{ { "root-crl-expired", true, true, CHECK_ROOT_CRL_EXPIRED },
	    { .plan = root_crl_expired } },
	{ { "pck-crls-missing", true, true, CHECK_PCK_CRL_PRESENT }, { .plan = no_pck_crls } },
	{ { "pck-crl-missing", true, true, CHECK_PCK_CRL_ISSUER }, { .plan = pck_crl_missing } },
	{ { "pck-crl-format", true, true, CHECK_PCK_CRL_FORMAT }, { .plan = pck_crl_format } },
	{ { "pck-crl-issuer", true, true, CHECK_PCK_CRL_ISSUER }, { .plan = pck_crl_issuer } },
	{ { "pck-crl-signature", true, true, CHECK_PCK_CRL_SIGNATURE },
	    { .plan = pck_crl_signature } },
	{ { "pck-crl-resigned", true, true, CHECK_PCK_CRL_SIGNATURE },
	    { .plan = pck_crl_resigned } },
	{ { "pck-crl-extensions", true, true, CHECK_PCK_CRL_EXTENSIONS },
	    { .plan = pck_crl_extensions } },
	{ { "pck-crl-no-aki", true, true, CHECK_PCK_CRL_EXTENSIONS }, { .plan = pck_crl_no_aki } },
	{ { "pck-crl-critical", true, true, CHECK_PCK_CRL_EXTENSIONS },
	    { .plan = pck_crl_critical } },
	{ { "pck-crl-future", true, true, CHECK_PCK_CRL_NOT_YET_VALID },
	    { .plan = pck_crl_future } },
	{ { "pck-crl-expired", true, true, CHECK_PCK_CRL_EXPIRED }, { .plan = pck_crl_expired } },
	{ { "pck-intermediate-revoked", true, true, CHECK_SGX_PCK_INTERMEDIATE_REVOKED },
	    { .plan = intermediate_revoked } },
	{ { "pck-leaf-revoked", true, true, CHECK_SGX_PCK_LEAF_REVOKED },
	    { .plan = leaf_revoked } },
	{ { "tcb-info-missing", true, true, CHECK_TCB_INFO_PRESENT }, { .plan = tcb_missing } },
	{ { "tcb-info-format", true, true, CHECK_TCB_INFO_FORMAT }, { .plan = tcb_format } },
	{ { "tcb-info-signature", true, true, CHECK_TCB_INFO_SIGNATURE },
	    { .plan = tcb_signature } },
	{ { "tcb-info-future", true, true, CHECK_TCB_INFO_NOT_YET_VALID }, { .plan = tcb_future } },
	{ { "tcb-info-expired", true, true, CHECK_TCB_INFO_EXPIRED }, { .plan = tcb_expired } },
	{ { "qe-identity-missing", true, true, CHECK_QE_IDENTITY_PRESENT },
	    { .plan = identity_missing } },
	{ { "qe-identity-format", true, true, CHECK_QE_IDENTITY_FORMAT },
	    { .plan = identity_format } },
	{ { "qe-identity-signature", true, true, CHECK_QE_IDENTITY_SIGNATURE },
	    { .plan = identity_signature } },
	{ { "qe-identity-future", true, true, CHECK_QE_IDENTITY_NOT_YET_VALID },
	    { .plan = identity_future } },
	{ { "qe-identity-expired", true, true, CHECK_QE_IDENTITY_EXPIRED },
	    { .plan = identity_expired } },
	{ { "tcb-signer-missing", true, true, CHECK_TCB_INFO_SIGNER }, { .plan = signer_missing } },
	{ { "tcb-signer-swapped", true, true, CHECK_TCB_INFO_SIGNER }, { .plan = signer_swapped } },
	{ { "tcb-info-resigned", true, true, CHECK_TCB_INFO_SIGNER_CHAIN },
	    { .plan = tcb_resigned } },
	{ { "tcb-signer-chain", true, true, CHECK_TCB_INFO_SIGNER_CHAIN },
	    { .plan = signer_chain } },
	{ { "tcb-signer-unfit", true, true, CHECK_TCB_INFO_SIGNER_CHAIN },
	    { .plan = signer_unfit } },
	{ { "tcb-signer-issuer", true, true, CHECK_TCB_INFO_SIGNER_CHAIN },
	    { .plan = signer_issuer } },
	{ { "tcb-signer-future", true, true, CHECK_TCB_INFO_SIGNER_NOT_YET_VALID },
	    { .plan = signer_future } },
	{ { "tcb-signer-expired", true, true, CHECK_TCB_INFO_SIGNER_EXPIRED },
	    { .plan = signer_expired } },
	{ { "tcb-signer-revoked", true, true, CHECK_TCB_INFO_SIGNER_REVOKED },
	    { .plan = signer_revoked } },
	{ { "qe-identity-signer-chain", true, true, CHECK_QE_IDENTITY_SIGNER_CHAIN },
	    { .plan = second_signer_chain } },
	{ { "qe-identity-signer-future", true, true, CHECK_QE_IDENTITY_SIGNER_NOT_YET_VALID },
	    { .plan = second_signer_future } },
	{ { "qe-identity-signer-expired", true, true, CHECK_QE_IDENTITY_SIGNER_EXPIRED },
	    { .plan = second_signer_expired } },
	{ { "qe-identity-signer-revoked", true, true, CHECK_QE_IDENTITY_SIGNER_REVOKED },
	    { .plan = second_signer_revoked } },
	{ { "tcb-info-kind", true, true, CHECK_TCB_INFO_KIND }, { .plan = tcb_kind } },
	{ { "tcb-info-fmspc", true, true, CHECK_TCB_INFO_FMSPC }, { .plan = tcb_fmspc } },
	{ { "tcb-info-pceid", true, true, CHECK_TCB_INFO_PCEID }, { .plan = tcb_pceid } },
	{ { "qe-identity-kind", true, true, CHECK_QE_IDENTITY_KIND }, { .plan = identity_kind } },
};

const struct damage_table damages_of_collateral = { rows, COUNT_OF(rows) };
