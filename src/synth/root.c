/* SPDX-License-Identifier: Apache-2.0 */
/* A test root: its keys, its certificates, and the collateral that it issues. */
#include "synth/plan.h"

#include "codec/pem.h"

#include <stdlib.h>
#include <string.h>

#define ISSUED_BEFORE_S  3600
#define MAX_ROOT_MEMORY  (1 << 20)
#define MAX_DATED_MEMORY (1 << 20)

const char *const root_doc_names[ROOT_DOCS] = {
	[DOC_ROOT] = SYNTH_ROOT_NAME,
	[DOC_CA_CERTS] = "collateral/pck-ca.pem",
	[DOC_SIGNER_CHAIN] = "collateral/tcb-signing-chain.pem",
	[DOC_ROOT_CRL] = "collateral/root-ca.crl",
	[DOC_PLATFORM_CRL] = "collateral/pck-platform.crl",
	[DOC_PROCESSOR_CRL] = "collateral/pck-processor.crl",
	[DOC_TCB] = "collateral/tcb-info-00606a000000.json",
	[DOC_QE] = "collateral/qe-identity.json",
};

static struct synth_root *
root_new(struct err *e)
{
	struct synth_root *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		err_set(e, ERR_LIMIT, "synthetic root: out of memory");
		return NULL;
	}
	arena_init(&r->arena, MAX_ROOT_MEMORY);
	arena_init(&r->dated, MAX_DATED_MEMORY);
	return r;
}

void
synth_root_free(struct synth_root *root)
{
	if (root == NULL)
		return;
	for (size_t i = 0; i < ROOT_KEYS; i++)
		privkey_free(root->keys[i]);
	arena_release(&root->arena);
	arena_release(&root->dated);
	free(root);
}

void
synth_root_freep(struct synth_root **root)
{
	synth_root_free(*root);
}

static int
make_cert(struct synth_root *r, enum root_cert role, int64_t now_at, struct err *e)
{
	struct cert_plan c = {
		.subject = r->keys[role_key(role)],
		.issuer = r->keys[KEY_ROOT],
		.anew = true,
	};

	role_spec(role, now_at, &c.spec);
	serial_of(key_spki(privkey_public(c.subject)), c.serial);
	return cert_plan_emit(&c, &r->arena, &r->certs[role], e);
}

static int
make_cert_docs(struct synth_root *r, struct err *e)
{
	const struct bytes chain[] = { r->certs[CERT_TCB_SIGNER], r->certs[CERT_ROOT] };

	TRY(pem_of(&r->certs[CERT_ROOT], 1, "CERTIFICATE", &r->arena, &r->docs[DOC_ROOT], e));
	TRY(pem_of(&r->certs[CERT_PLATFORM_CA], 2, "CERTIFICATE", &r->arena, &r->docs[DOC_CA_CERTS],
	    e));
	return pem_of(chain, 2, "CERTIFICATE", &r->arena, &r->docs[DOC_SIGNER_CHAIN], e);
}

static int
make_crl(struct synth_root *r, enum root_cert issuer, enum root_doc doc, struct err *e)
{
	struct crl_plan c = { .issuer = r->keys[role_key(issuer)], .anew = true };

	crl_role_spec(issuer, r->issued_at, &c.spec);
	return crl_plan_emit(&c, &r->dated, &r->docs[doc], e);
}

static int
make_dated(struct synth_root *r, int64_t now_at, struct err *e)
{
	struct synth_spec spec;
	struct signed_plan d = {
		.id = "SGX",
		.version = 3,
		.issued_at = now_at - ISSUED_BEFORE_S,
		.next_update_at = now_at - ISSUED_BEFORE_S + SYNTH_VALID_S,
		.signer = r->keys[KEY_TCB_SIGNER],
		.evaluation_number = SYNTH_EVALUATION_NUMBER,
		.anew = true,
	};

	r->issued_at = d.issued_at;
	r->next_update_at = d.next_update_at;
	TRY(make_crl(r, CERT_ROOT, DOC_ROOT_CRL, e));
	TRY(make_crl(r, CERT_PLATFORM_CA, DOC_PLATFORM_CRL, e));
	TRY(make_crl(r, CERT_PROCESSOR_CA, DOC_PROCESSOR_CRL, e));
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	memcpy(d.fmspc, spec.fmspc, sizeof(d.fmspc));
	memcpy(d.pceid, spec.pceid, sizeof(d.pceid));
	TRY(tcb_info_plan_emit(&d, &r->dated, &r->docs[DOC_TCB], e));
	d.id = "QE";
	d.version = 2;
	return identity_plan_emit(&d, &r->dated, &r->docs[DOC_QE], e);
}

int
synth_root_generate(int64_t now_at, struct synth_root **out, struct err *e)
{
	DEFER(synth_root_freep) struct synth_root *r = root_new(e);

	if (r == NULL)
		return -1;
	for (size_t i = 0; i < ROOT_KEYS; i++)
		TRY(privkey_generate(KEY_P256, &r->keys[i], e));
	for (size_t i = 0; i < ROOT_CERTS; i++)
		TRY(make_cert(r, (enum root_cert)i, now_at, e));
	TRY(make_cert_docs(r, e));
	TRY(make_dated(r, now_at, e));
	*out = TAKE(r);
	return 0;
}

int
synth_root_refresh(struct synth_root *root, int64_t now_at, struct err *e)
{
	arena_reset(&root->dated);
	return make_dated(root, now_at, e);
}

bool
synth_root_is_current(const struct synth_root *root, int64_t now_at)
{
	return root->issued_at <= now_at && now_at <= root->next_update_at;
}

size_t
synth_root_doc_count(const struct synth_root *root)
{
	(void)root;
	return ROOT_DOCS;
}

struct synth_doc
synth_root_doc_at(const struct synth_root *root, size_t index)
{
	if (index >= ROOT_DOCS)
		return (struct synth_doc){ 0 };
	return (struct synth_doc){ root_doc_names[index], root->docs[index] };
}

const struct key *
synth_root_key(const struct synth_root *root)
{
	return privkey_public(root->keys[KEY_ROOT]);
}

/* All private keys, PEM, one after the other, in the order of enum root_key. */
int
synth_root_emit_keys(const struct synth_root *root, struct secret *out, struct err *e)
{
	struct secret parts[ROOT_KEYS] = { 0 }, all = { 0 };
	size_t size = 0;
	int result = 0;

	for (size_t i = 0; i < ROOT_KEYS && result == 0; i++) {
		result = privkey_to_pem(root->keys[i], &parts[i], e);
		size += parts[i].size;
	}
	if (result == 0 && !secret_init(&all, size))
		result = err_set(e, ERR_LIMIT, "synthetic root: out of memory");
	size = 0;
	for (size_t i = 0; i < ROOT_KEYS; i++) {
		if (result == 0) {
			memcpy(all.p + size, parts[i].p, parts[i].size);
			size += parts[i].size;
		}
		secret_release(&parts[i]);
	}
	if (result == 0)
		*out = all;
	return result;
}

static int
load_keys(struct synth_root *r, struct bytes pem, struct err *e)
{
	for (size_t i = 0; i < ROOT_KEYS; i++) {
		struct bytes der;
		int got = pem_next(&pem, "PRIVATE KEY", &r->arena, &der, e);

		if (got <= 0)
			return got < 0
			    ? -1
			    : err_set(e, ERR_MISSING, "synthetic root: %zu keys, want %d", i,
				  (int)ROOT_KEYS);
		TRY(privkey_from_der(der, &r->keys[i], e));
		if (key_kind_of(privkey_public(r->keys[i])) != KEY_P256)
			return err_set(e, ERR_INVALID, "synthetic root: a key that is not P-256");
	}
	return 0;
}

static int
load_docs(struct synth_root *r, const struct synth_doc *docs, size_t count, struct err *e)
{
	for (size_t i = 0; i < ROOT_DOCS; i++) {
		for (size_t j = 0; j < count; j++)
			if (strcmp(docs[j].name, root_doc_names[i]) == 0)
				r->docs[i] = arena_copy(i < DOC_ROOT_CRL ? &r->arena : &r->dated,
				    docs[j].bytes);
		if (r->docs[i].p == NULL)
			return err_set(e, ERR_MISSING, "synthetic root: no %s", root_doc_names[i]);
	}
	return 0;
}

/* The certificate of ROLE among those of DOC; it must carry the key that the root has for it. */
static int
load_cert(struct synth_root *r, enum root_cert role, enum root_doc doc, struct err *e)
{
	struct bytes spki = key_spki(privkey_public(r->keys[role_key(role)]));
	struct cert *certs = NULL;
	size_t count = 0;

	TRY(certs_from_pem(r->docs[doc], 4, &r->arena, &certs, &count, e));
	for (size_t i = 0; i < count; i++)
		if (bytes_eq(certs[i].spki, spki))
			r->certs[role] = certs[i].raw;
	if (r->certs[role].p == NULL)
		return err_set(e, ERR_CONFLICT, "synthetic root: %s is not of these keys",
		    root_doc_names[doc]);
	return 0;
}

/* How long the dated documents are good for: their CRL says so for all of them. */
static int
load_dates(struct synth_root *r, struct err *e)
{
	struct crl crl;

	TRY(crl_parse(r->docs[DOC_ROOT_CRL], &crl, e));
	r->issued_at = crl.this_update_at;
	r->next_update_at = crl.next_update_at;
	return 0;
}

int
synth_root_load(struct bytes keys, const struct synth_doc *docs, size_t count,
    struct synth_root **out, struct err *e)
{
	DEFER(synth_root_freep) struct synth_root *r = root_new(e);

	if (r == NULL)
		return -1;
	TRY(load_keys(r, keys, e));
	TRY(load_docs(r, docs, count, e));
	TRY(load_cert(r, CERT_ROOT, DOC_ROOT, e));
	TRY(load_cert(r, CERT_PLATFORM_CA, DOC_CA_CERTS, e));
	TRY(load_cert(r, CERT_PROCESSOR_CA, DOC_CA_CERTS, e));
	TRY(load_cert(r, CERT_TCB_SIGNER, DOC_SIGNER_CHAIN, e));
	TRY(load_dates(r, e));
	*out = TAKE(r);
	return 0;
}
