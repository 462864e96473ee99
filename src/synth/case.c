/* SPDX-License-Identifier: Apache-2.0 */
/* From plan to bytes: the evidence and the whole collateral it is judged with. */
#include "synth/plan.h"

#include "crypto/digest.h"

#include <stdio.h>
#include <string.h>

#define MAX_EVIDENCE 65536

static int
add_doc(struct synth_case *c, const char *name, struct bytes bytes, struct err *e)
{
	if (c->doc_count == MAX_SYNTH_DOCS)
		return err_set(e, ERR_INTERNAL, "synth: more than %d documents", MAX_SYNTH_DOCS);
	c->docs[c->doc_count++] = (struct synth_doc){ name, bytes };
	return 0;
}

static int
add_certs(const struct plan *p, struct synth_case *c, struct err *e)
{
	const struct synth_root *r = p->root;
	struct bytes ders[2], pem;

	TRY(add_doc(c, root_doc_names[DOC_ROOT], r->docs[DOC_ROOT], e));
	TRY(add_doc(c, root_doc_names[DOC_CA_CERTS], r->docs[DOC_CA_CERTS], e));
	if (p->no_signer_chain)
		return 0;
	if (!p->signer.anew && p->signer.spoil == SPOIL_NOT)
		return add_doc(c, root_doc_names[DOC_SIGNER_CHAIN], r->docs[DOC_SIGNER_CHAIN], e);
	TRY(cert_plan_emit(&p->signer, p->arena, &ders[0], e));
	ders[1] = r->certs[CERT_ROOT];
	TRY(pem_of(ders, 2, "CERTIFICATE", p->arena, &pem, e));
	return add_doc(c, root_doc_names[DOC_SIGNER_CHAIN], pem, e);
}

/* A signer that only the identity has. */
static int
add_second_signer(const struct plan *p, struct synth_case *c, struct err *e)
{
	struct bytes der, pem;

	if (!p->has_second_signer)
		return 0;
	TRY(cert_plan_emit(&p->second_signer, p->arena, &der, e));
	TRY(pem_of(&der, 1, "CERTIFICATE", p->arena, &pem, e));
	return add_doc(c, "collateral/qe-identity-signing.pem", pem, e);
}

static int
add_crl(const struct plan *p, const struct crl_plan *crl, enum root_doc doc, struct synth_case *c,
    struct err *e)
{
	struct bytes der;

	if (crl->left_out)
		return 0;
	if (!crl->anew && crl->spoil == SPOIL_NOT)
		return add_doc(c, root_doc_names[doc], crl->ready, e);
	TRY(crl_plan_emit(crl, p->arena, &der, e));
	return add_doc(c, root_doc_names[doc], der, e);
}

static int
add_crls(const struct plan *p, struct synth_case *c, struct err *e)
{
	bool processor = p->spec.processor_ca;
	enum root_doc mine = processor ? DOC_PROCESSOR_CRL : DOC_PLATFORM_CRL;
	enum root_doc other = processor ? DOC_PLATFORM_CRL : DOC_PROCESSOR_CRL;

	TRY(add_crl(p, &p->root_crl, DOC_ROOT_CRL, c, e));
	TRY(add_crl(p, &p->pck_crl, mine, c, e));
	return add_crl(p, &p->other_crl, other, c, e);
}

/* The TCB info of a platform other than the usual one stands beside the root's. */
static int
add_tcb_info(const struct plan *p, struct synth_case *c, struct err *e)
{
	const uint8_t *f = p->spec.fmspc, *i = p->spec.pceid;
	struct bytes text;
	char *name;

	if (p->tcb.left_out)
		return 0;
	if (!p->tcb.anew && p->tcb.spoil == SPOIL_NOT)
		return add_doc(c, root_doc_names[DOC_TCB], p->tcb.ready, e);
	TRY(tcb_info_plan_emit(&p->tcb, p->arena, &text, e));
	name = arena_alloc(p->arena, MAX_SYNTH_NAME);
	if (name == NULL)
		return arena_fail(e, "synthetic evidence");
	snprintf(name, MAX_SYNTH_NAME, "collateral/tcb-info-%02x%02x%02x%02x%02x%02x-%02x%02x.json",
	    f[0], f[1], f[2], f[3], f[4], f[5], i[0], i[1]);
	if (!p->own_collateral)
		TRY(add_doc(c, root_doc_names[DOC_TCB], p->root->docs[DOC_TCB], e));
	return add_doc(c, name, text, e);
}

static int
add_identity(const struct plan *p, struct synth_case *c, struct err *e)
{
	struct bytes text;

	if (p->identity.left_out)
		return 0;
	if (!p->identity.anew && p->identity.spoil == SPOIL_NOT)
		return add_doc(c, root_doc_names[DOC_QE], p->identity.ready, e);
	TRY(identity_plan_emit(&p->identity, p->arena, &text, e));
	return add_doc(c, root_doc_names[DOC_QE], text, e);
}

static int
add_sgx_ext(struct plan *p, struct err *e)
{
	static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };
	struct cert_ext ext = { .oid = BYTES_OF(oid) };

	if (p->leaf_ext == EXT_ABSENT)
		return 0;
	TRY(pck_ext_emit(&p->spec, p->arena, &ext.value, e));
	if (p->leaf_ext == EXT_CUT)
		ext.value.size--;
	p->leaf.spec.extra[p->leaf.spec.extra_count++] = ext;
	return 0;
}

static int
make_evidence(struct plan *p, const struct damage_hooks *hooks, struct synth_case *c, struct err *e)
{
	DEFER(buf_release) struct buf quote;
	DEFER(buf_release) struct buf report;
	struct buf *evidence = &quote;

	buf_init(&quote, MAX_EVIDENCE);
	buf_init(&report, MAX_EVIDENCE);
	TRY(add_sgx_ext(p, e));
	TRY(quote_emit(p, &quote, e));
	if (hooks->quote != NULL)
		hooks->quote(&quote);
	if (p->spec.type == SYNTH_OPEN_ENCLAVE) {
		oe_report_emit(buf_bytes(&quote), &report);
		evidence = &report;
	}
	if (hooks->evidence != NULL)
		hooks->evidence(evidence);
	return arena_take(evidence, p->arena, &c->evidence, e);
}

static int
make(struct plan *p, const struct damage_hooks *hooks, struct synth_case *c, struct err *e)
{
	if (hooks->plan != NULL)
		hooks->plan(p);
	TRY(make_evidence(p, hooks, c, e));
	c->type = p->spec.type;
	c->runtime_data = p->spec.runtime_data;
	c->init_data = p->spec.init_data;
	c->own_collateral = p->own_collateral;
	TRY(add_certs(p, c, e));
	TRY(add_second_signer(p, c, e));
	TRY(add_crls(p, c, e));
	TRY(add_tcb_info(p, c, e));
	return add_identity(p, c, e);
}

int
synth_case_emit(const struct synth_root *root, const struct synth_spec *spec,
    const struct synth_damage *damage, int64_t now_at, struct arena *a, struct synth_case *out,
    struct err *e)
{
	struct damage_hooks hooks = { 0 };
	struct synth_case c = { .check = CHECK_NONE };
	DEFER(plan_release) struct plan p = { 0 };

	if (damage != NULL) {
		hooks = damage_hooks_of(damage);
		c.check = damage->check;
	}
	if (plan_init(&p, root, spec, now_at, a, e) < 0 || make(&p, &hooks, &c, e) < 0)
		return -1;
	*out = c;
	return 0;
}
