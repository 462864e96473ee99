/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/plan.h"

#include "crypto/digest.h"
#include "evidence/dcap/quote.h"

#include <string.h>

#define DAY INT64_C(86400)

static void
cert_from_root(struct cert_plan *c, const struct plan *p, enum root_cert role)
{
	c->subject = p->root->keys[role_key(role)];
	c->issuer = p->root->keys[KEY_ROOT];
	c->ready = p->root->certs[role];
	role_spec(role, p->now_at, &c->spec);
	serial_of(key_spki(privkey_public(c->subject)), c->serial);
}

static void
crl_from_root(struct crl_plan *c, const struct plan *p, enum root_cert issuer, enum root_doc doc)
{
	c->issuer = p->root->keys[role_key(issuer)];
	c->ready = p->root->docs[doc];
	crl_role_spec(issuer, p->root->issued_at, &c->spec);
}

static void
signed_from_root(struct signed_plan *d, const struct plan *p, const char *id, unsigned version,
    enum root_doc doc)
{
	d->id = id;
	d->version = version;
	d->issued_at = p->root->issued_at;
	d->next_update_at = p->root->next_update_at;
	d->signer = p->root->keys[KEY_TCB_SIGNER];
	d->evaluation_number = SYNTH_EVALUATION_NUMBER;
	d->ready = p->root->docs[doc];
	memcpy(d->fmspc, p->spec.fmspc, sizeof(d->fmspc));
	memcpy(d->pceid, p->spec.pceid, sizeof(d->pceid));
}

/* REPORTDATA and CONFIGID from what is to be bound (evidence-intel.md 6). */
static int
bind_data(struct synth_spec *s, struct err *e)
{
	if (s->runtime_data.p != NULL) {
		if (s->has_reportdata)
			return err_set(e, ERR_CONFLICT, "synth: both reportdata and runtime data");
		memset(s->reportdata, 0, sizeof(s->reportdata));
		sha256(s->runtime_data, s->reportdata);
	}
	if (s->init_data.p != NULL) {
		if (s->has_configid)
			return err_set(e, ERR_CONFLICT, "synth: both configid and init data");
		memset(s->configid, 0, sizeof(s->configid));
		sha256(s->init_data, s->configid);
		s->attributes[0] |= 0x80; /* KSS */
	}
	return 0;
}

static void
plan_leaf(struct plan *p)
{
	bool processor = p->spec.processor_ca;
	const struct synth_spec *s = &p->spec;
	const struct bytes parts[] = { BYTES_OF(s->ppid), BYTES_OF(s->fmspc), BYTES_OF(s->pceid),
		BYTES_OF(s->components) };
	uint8_t digest[SHA256_SIZE];

	p->leaf.subject = p->root->keys[KEY_PCK];
	p->leaf.issuer = p->intermediate.subject;
	p->leaf.anew = true;
	leaf_spec(processor, p->now_at, &p->leaf.spec);
	digest_of_parts(DIGEST_SHA256, parts, COUNT_OF(parts), digest);
	serial_of(BYTES_OF(digest), p->leaf.serial);
}

int
plan_init(struct plan *p, const struct synth_root *root, const struct synth_spec *spec,
    int64_t now_at, struct arena *a, struct err *e)
{
	bool processor = spec->processor_ca;
	/* INIT, MODE64BIT, PROVISIONKEY: the identity's attributes under its mask. */
	static const uint8_t qe_attributes[16] = { 0x15, [8] = 0xe7 };
	struct synth_spec usual;

	*p = (struct plan){ .root = root, .spec = *spec, .now_at = now_at, .arena = a };
	TRY(bind_data(&p->spec, e));
	TRY(privkey_generate(KEY_P256, &p->stranger, e));
	cert_from_root(&p->root_cert, p, CERT_ROOT);
	cert_from_root(&p->intermediate, p, processor ? CERT_PROCESSOR_CA : CERT_PLATFORM_CA);
	cert_from_root(&p->signer, p, CERT_TCB_SIGNER);
	p->second_signer = p->signer;
	p->second_signer.subject = p->stranger;
	p->second_signer.anew = true;
	serial_of(key_spki(privkey_public(p->stranger)), p->second_signer.serial);
	plan_leaf(p);
	crl_from_root(&p->root_crl, p, CERT_ROOT, DOC_ROOT_CRL);
	crl_from_root(processor ? &p->pck_crl : &p->other_crl, p, CERT_PROCESSOR_CA,
	    DOC_PROCESSOR_CRL);
	crl_from_root(processor ? &p->other_crl : &p->pck_crl, p, CERT_PLATFORM_CA,
	    DOC_PLATFORM_CRL);
	signed_from_root(&p->tcb, p, "SGX", 3, DOC_TCB);
	signed_from_root(&p->identity, p, "QE", 2, DOC_QE);
	p->tcb.evaluation_number = spec->tcb_evaluation_number;
	p->identity.evaluation_number = spec->qe_evaluation_number;
	p->identity.anew = spec->qe_evaluation_number != SYNTH_EVALUATION_NUMBER;
	/* A platform that the root's TCB info is not for. */
	synth_spec_init(&usual, spec->type);
	p->tcb.anew = memcmp(usual.fmspc, spec->fmspc, sizeof(usual.fmspc)) != 0 ||
	    memcmp(usual.pceid, spec->pceid, sizeof(usual.pceid)) != 0 ||
	    spec->tcb_evaluation_number != SYNTH_EVALUATION_NUMBER;
	p->own_collateral = spec->tcb_evaluation_number != SYNTH_EVALUATION_NUMBER ||
	    spec->qe_evaluation_number != SYNTH_EVALUATION_NUMBER;

	p->header = (struct header_plan){ .key_type = DCAP_KEY_ECDSA_P256,
		.tee_type = DCAP_TEE_SGX,
		.body_type = DCAP_BODY_SGX,
		.body_size = SGX_REPORT_SIZE };
	memcpy(p->header.vendor, dcap_vendor_intel, sizeof(p->header.vendor));
	p->qe = (struct qe_plan){ .isvprodid = 1, .isvsvn = spec->qe_isvsvn };
	memcpy(p->qe.attributes, qe_attributes, sizeof(qe_attributes));
	memcpy(p->qe.mrsigner, qe_mrsigner, sizeof(p->qe.mrsigner));
	p->cert_type = 5;
	memcpy(p->attestation_point, key_point(privkey_public(root->keys[KEY_ATTESTATION])).p,
	    sizeof(p->attestation_point));
	memcpy(p->committed_point, p->attestation_point, sizeof(p->committed_point));
	p->qe_signer = root->keys[KEY_PCK];
	p->quote_signer = root->keys[KEY_ATTESTATION];
	return 0;
}

void
plan_release(struct plan *p)
{
	privkey_free(p->stranger);
	p->stranger = NULL;
}

void
cert_plan_expire(struct cert_plan *c, int64_t now_at)
{
	c->spec.not_before_at = now_at - 20 * DAY;
	c->spec.not_after_at = now_at - DAY;
	c->anew = true;
}

void
cert_plan_postpone(struct cert_plan *c, int64_t now_at)
{
	c->spec.not_before_at = now_at + DAY;
	c->anew = true;
}
