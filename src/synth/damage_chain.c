/* SPDX-License-Identifier: Apache-2.0 */
/* Damage to the PCK chain that stands in the quote. */
#include "synth/plan.h"

#include "evidence/dcap/quote.h"

/* PCK chain. */

static void
no_chain(struct plan *p)
{
	static const uint8_t eppid[384 + 16 + 2 + 2];

	p->cert_type = DCAP_CERT_PPID_RSA3072;
	p->cert_data = BYTES_OF(eppid);
}

/* The chain is there, but is not said to be. */
static void
chain_undeclared(struct plan *p)
{
	p->cert_type = DCAP_CERT_PCK_LEAF;
}

static void
chain_text(struct plan *p)
{
	p->cert_data =
	    BYTES("-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n");
}

static void
chain_empty(struct plan *p)
{
	p->cert_data = BYTES("\0");
}

static void
leaf_trailing(struct plan *p)
{
	p->leaf.spoil = SPOIL_TRAILING;
}

static void
no_root(struct plan *p)
{
	p->root_cert.left_out = true;
}

static void
no_intermediate(struct plan *p)
{
	p->intermediate.left_out = true;
}

static void
no_leaf(struct plan *p)
{
	p->leaf.left_out = true;
}

static void
extra_intermediate(struct plan *p)
{
	p->extra_cert = &p->intermediate;
}

/* One that has no place in the chain, beside the three that have. */
static void
extra_stranger(struct plan *p)
{
	p->extra_cert = &p->signer;
}

static void
leaf_name(struct plan *p)
{
	p->leaf.spec.subject_cn = CN_SIGNER;
}

/* The right names under the root of somebody else. */
static void
root_foreign(struct plan *p)
{
	p->root_cert.subject = p->root_cert.issuer = p->intermediate.issuer = p->stranger;
	p->root_cert.anew = p->intermediate.anew = true;
}

/* A root of somebody else, good by itself, over an intermediate that it did not issue. */
static void
root_swapped(struct plan *p)
{
	p->root_cert.subject = p->root_cert.issuer = p->stranger;
	p->root_cert.anew = true;
}

static void
root_issuer(struct plan *p)
{
	p->root_cert.spec.issuer_cn = CN_PLATFORM;
	p->root_cert.anew = true;
}

static void
root_signature(struct plan *p)
{
	p->root_cert.spoil = SPOIL_SIGNATURE;
}

static void
root_constraints(struct plan *p)
{
	p->root_cert.spec.is_ca = false;
	p->root_cert.spec.path_len = -1;
	p->root_cert.anew = true;
}

static void
root_expired(struct plan *p)
{
	cert_plan_expire(&p->root_cert, p->now_at);
}

static void
root_future(struct plan *p)
{
	cert_plan_postpone(&p->root_cert, p->now_at);
}

static void
intermediate_issuer(struct plan *p)
{
	p->intermediate.spec.issuer_organization = "Other Corporation";
	p->intermediate.anew = true;
}

/* The other CA of the same root. */
static void
intermediate_swapped(struct plan *p)
{
	enum root_cert other = p->spec.processor_ca ? CERT_PLATFORM_CA : CERT_PROCESSOR_CA;

	p->intermediate.ready = p->root->certs[other];
}

static void
intermediate_signature(struct plan *p)
{
	p->intermediate.issuer = p->stranger;
	p->intermediate.anew = true;
}

static void
intermediate_constraints(struct plan *p)
{
	p->intermediate.spec.key_usage = CERT_DIGITAL_SIGNATURE;
	p->intermediate.anew = true;
}

static void
intermediate_expired(struct plan *p)
{
	cert_plan_expire(&p->intermediate, p->now_at);
}

static void
intermediate_future(struct plan *p)
{
	cert_plan_postpone(&p->intermediate, p->now_at);
}

static void
leaf_issuer(struct plan *p)
{
	p->leaf.spec.issuer_cn = p->spec.processor_ca ? CN_PLATFORM : CN_PROCESSOR;
}

/* That of another platform, by the same CA: the quoting enclave's report is not of its key. */
static void
leaf_swapped(struct plan *p)
{
	p->leaf.subject = p->stranger;
}

static void
leaf_signature(struct plan *p)
{
	p->leaf.issuer = p->stranger;
}

static void
leaf_constraints(struct plan *p)
{
	p->leaf.spec.is_ca = true;
	p->leaf.spec.path_len = 0;
}

static void
leaf_expired(struct plan *p)
{
	cert_plan_expire(&p->leaf, p->now_at);
}

static void
leaf_future(struct plan *p)
{
	cert_plan_postpone(&p->leaf, p->now_at);
}

static void
leaf_no_extension(struct plan *p)
{
	p->leaf_ext = EXT_ABSENT;
}

/* Its last byte is missing. */
static void
leaf_extension(struct plan *p)
{
	p->leaf_ext = EXT_CUT;
}

static const struct damage_row rows[] = {
	{ { "pck-absent", true, true, CHECK_SGX_PCK_PRESENT }, { .plan = no_chain } },
	{ { "pck-undeclared", true, true, CHECK_SGX_PCK_PRESENT }, { .plan = chain_undeclared } },
	{ { "pck-text", true, true, CHECK_SGX_PCK_FORMAT }, { .plan = chain_text } },
	{ { "pck-leaf-trailing", true, true, CHECK_SGX_PCK_FORMAT }, { .plan = leaf_trailing } },
	{ { "pck-empty", true, true, CHECK_SGX_PCK_ROLES }, { .plan = chain_empty } },
	{ { "pck-no-root", true, true, CHECK_SGX_PCK_ROLES }, { .plan = no_root } },
	{ { "pck-no-intermediate", true, true, CHECK_SGX_PCK_ROLES }, { .plan = no_intermediate } },
	{ { "pck-no-leaf", true, true, CHECK_SGX_PCK_ROLES }, { .plan = no_leaf } },
	{ { "pck-extra-certificate", true, true, CHECK_SGX_PCK_ROLES },
	    { .plan = extra_intermediate } },
	{ { "pck-extra-stranger", true, true, CHECK_SGX_PCK_ROLES }, { .plan = extra_stranger } },
	{ { "pck-leaf-name", true, true, CHECK_SGX_PCK_ROLES }, { .plan = leaf_name } },
	{ { "pck-root-foreign", true, true, CHECK_SGX_PCK_ROOT_PINNED }, { .plan = root_foreign } },
	{ { "pck-root-swapped", true, true, CHECK_SGX_PCK_INTERMEDIATE_SIGNATURE },
	    { .plan = root_swapped } },
	{ { "pck-intermediate-swapped", true, true, CHECK_SGX_PCK_LEAF_ISSUER },
	    { .plan = intermediate_swapped } },
	{ { "pck-leaf-swapped", true, true, CHECK_SGX_QE_SIGNATURE }, { .plan = leaf_swapped } },
	{ { "pck-root-issuer", true, true, CHECK_SGX_PCK_ROOT_ISSUER }, { .plan = root_issuer } },
	{ { "pck-root-signature", true, true, CHECK_SGX_PCK_ROOT_SIGNATURE },
	    { .plan = root_signature } },
	{ { "pck-root-constraints", true, true, CHECK_SGX_PCK_ROOT_CONSTRAINTS },
	    { .plan = root_constraints } },
	{ { "pck-root-expired", true, true, CHECK_SGX_PCK_ROOT_VALIDITY },
	    { .plan = root_expired } },
	{ { "pck-root-future", true, true, CHECK_SGX_PCK_ROOT_VALIDITY }, { .plan = root_future } },
	{ { "pck-intermediate-issuer", true, true, CHECK_SGX_PCK_INTERMEDIATE_ISSUER },
	    { .plan = intermediate_issuer } },
	{ { "pck-intermediate-signature", true, true, CHECK_SGX_PCK_INTERMEDIATE_SIGNATURE },
	    { .plan = intermediate_signature } },
	{ { "pck-intermediate-constraints", true, true, CHECK_SGX_PCK_INTERMEDIATE_CONSTRAINTS },
	    { .plan = intermediate_constraints } },
	{ { "pck-intermediate-expired", true, true, CHECK_SGX_PCK_INTERMEDIATE_VALIDITY },
	    { .plan = intermediate_expired } },
	{ { "pck-intermediate-future", true, true, CHECK_SGX_PCK_INTERMEDIATE_VALIDITY },
	    { .plan = intermediate_future } },
	{ { "pck-leaf-issuer", true, true, CHECK_SGX_PCK_LEAF_ISSUER }, { .plan = leaf_issuer } },
	{ { "pck-leaf-signature", true, true, CHECK_SGX_PCK_LEAF_SIGNATURE },
	    { .plan = leaf_signature } },
	{ { "pck-leaf-constraints", true, true, CHECK_SGX_PCK_LEAF_CONSTRAINTS },
	    { .plan = leaf_constraints } },
	{ { "pck-leaf-expired", true, true, CHECK_SGX_PCK_LEAF_VALIDITY },
	    { .plan = leaf_expired } },
	{ { "pck-leaf-future", true, true, CHECK_SGX_PCK_LEAF_VALIDITY }, { .plan = leaf_future } },
	{ { "pck-leaf-no-extension", true, true, CHECK_SGX_PCK_LEAF_EXTENSION },
	    { .plan = leaf_no_extension } },
	{ { "pck-leaf-extension", true, true, CHECK_SGX_PCK_LEAF_EXTENSION },
	    { .plan = leaf_extension } },
};

const struct damage_table damages_of_chain = { rows, COUNT_OF(rows) };
