/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said about a document without knowing the time or the evidence, said once.
 *
 * A bad document stays and says why; only our own failure ends the sealing.
 */
#include "codec/pem.h"
#include "collateral/profile.h"
#include "collateral/snapshot.h"

#include <string.h>

#define MAX_PEM_SIZE ((size_t)4 << 20)

/* Is this a failure of ours, and not of the document? */
static bool
is_ours(const struct err *e)
{
	return e->code == ERR_LIMIT || e->code == ERR_INTERNAL || e->code == ERR_IO;
}

static int
make_arrays(struct collateral *c, struct err *e)
{
	for (size_t i = 0; i < c->doc_count; i++)
		c->docs[i].index = c->counts[c->docs[i].kind]++;
	c->certs = arena_array(&c->arena, c->counts[DOC_CERT], sizeof(*c->certs));
	c->crls = arena_array(&c->arena, c->counts[DOC_CRL], sizeof(*c->crls));
	c->tcb_infos = arena_array(&c->arena, c->counts[DOC_TCB_INFO], sizeof(*c->tcb_infos));
	c->qe_identities =
	    arena_array(&c->arena, c->counts[DOC_QE_IDENTITY], sizeof(*c->qe_identities));
	if (c->certs == NULL || c->crls == NULL || c->tcb_infos == NULL || c->qe_identities == NULL)
		return arena_fail(e, "collateral");
	return 0;
}

static int
read_cert(struct collateral *c, struct collateral_doc *doc, struct err *e)
{
	struct collateral_cert *out = &c->certs[doc->index];

	out->doc = doc;
	out->root = SIZE_MAX;
	if (doc->format.code != ERR_NONE || cert_parse(doc->bytes, &out->cert, &doc->format) < 0)
		return 0;
	doc->issued_at = out->cert.not_before_at;
	doc->next_update_at = out->cert.not_after_at;
	sha256(out->cert.spki, out->spki_sha256);
	if (key_from_spki(out->cert.spki, &out->key, &doc->format) < 0 && is_ours(&doc->format)) {
		if (e != NULL)
			*e = doc->format;
		return -1;
	}
	return 0;
}

static void
read_crl(struct collateral *c, struct collateral_doc *doc)
{
	struct collateral_crl *out = &c->crls[doc->index];

	out->doc = doc;
	out->issuer = SIZE_MAX;
	if (doc->format.code != ERR_NONE || crl_parse(doc->bytes, &out->crl, &doc->format) < 0)
		return;
	doc->issued_at = out->crl.this_update_at;
	doc->next_update_at = out->crl.next_update_at;
}

static void
text_hash(struct bytes text, uint8_t out[SHA256_SIZE])
{
	const struct bytes parts[] = { text, BYTES("\0") };

	digest_of_parts(DIGEST_SHA256, parts, COUNT_OF(parts), out);
}

static int
read_json(struct collateral *c, struct collateral_doc *doc, struct err *e)
{
	int rc;

	if (doc->kind == DOC_TCB_INFO) {
		struct collateral_tcb_info *out = &c->tcb_infos[doc->index];

		out->by.doc = doc;
		text_hash(doc->bytes, out->by.text_hash);
		rc = tcb_info_parse(doc->bytes, &c->arena, &out->info, &doc->format);
		doc->issued_at = out->info.issued_at;
		doc->next_update_at = out->info.next_update_at;
	} else {
		struct collateral_qe_identity *out = &c->qe_identities[doc->index];

		out->by.doc = doc;
		text_hash(doc->bytes, out->by.text_hash);
		rc = qe_identity_parse(doc->bytes, &c->arena, &out->identity, &doc->format);
		doc->issued_at = out->identity.issued_at;
		doc->next_update_at = out->identity.next_update_at;
	}
	/* Depth and size are limits of the format: such a document is bad. Our memory is ours. */
	if (rc < 0 && arena_failed(&doc->format)) {
		if (e != NULL)
			*e = doc->format;
		return -1;
	}
	return 0;
}

static int
read_docs(struct collateral *c, struct err *e)
{
	for (size_t i = 0; i < c->doc_count; i++) {
		struct collateral_doc *doc = &c->docs[i];

		switch (doc->kind) {
		case DOC_CERT:
			TRY(read_cert(c, doc, e));
			break;
		case DOC_CRL:
			read_crl(c, doc);
			break;
		case DOC_TCB_INFO:
		case DOC_QE_IDENTITY:
			TRY(read_json(c, doc, e));
			break;
		case DOC_OTHER:
			break;
		case DOC_UNKNOWN:
		case DOC_KIND_COUNT:
			(void)err_set(&doc->format, ERR_UNSUPPORTED,
			    "no certificate, CRL, TCB info or enclave identity");
			break;
		}
	}
	return 0;
}

static int
find_roots(struct collateral *c, struct err *e)
{
	for (size_t i = 0; i < c->counts[DOC_CERT]; i++) {
		struct collateral_cert *cert = &c->certs[i];

		if (cert->key == NULL || !bytes_eq(cert->cert.issuer, cert->cert.subject))
			continue;
		TRY(cert_verify(&cert->cert, cert->key, &cert->is_root, e));
		cert->fit =
		    cert->is_root && cert_profile_misfit(&cert->cert, cert->key, ROLE_ROOT) == NULL;
	}
	return 0;
}

/* SHA-256(PEM(signer) ‖ PEM(root) ‖ 0x00), evidence-intel.md 8.2. */
static int
hash_chain(struct collateral_cert *signer, const struct collateral_cert *root, struct err *e)
{
	DEFER(buf_release) struct buf pem;

	buf_init(&pem, MAX_PEM_SIZE);
	pem_emit(&pem, "CERTIFICATE", signer->cert.raw);
	pem_emit(&pem, "CERTIFICATE", root->cert.raw);
	if (!buf_ok(&pem))
		return arena_fail(e, "collateral");
	text_hash(buf_bytes(&pem), signer->chain_hash);
	return 0;
}

/* The root that issued SIGNER; of two certificates of one root the one that lasts longer. */
static int
find_root_of(struct collateral *c, struct collateral_cert *signer, struct err *e)
{
	for (size_t i = 0; i < c->counts[DOC_CERT]; i++) {
		const struct collateral_cert *root = &c->certs[i];
		bool good = false;

		if (!root->is_root || !bytes_eq(root->cert.subject, signer->cert.issuer))
			continue;
		if (signer->root != SIZE_MAX &&
		    c->certs[signer->root].cert.not_after_at >= root->cert.not_after_at)
			continue;
		TRY(cert_verify(&signer->cert, root->key, &good, e));
		if (good)
			signer->root = i;
	}
	if (signer->root != SIZE_MAX)
		TRY(hash_chain(signer, &c->certs[signer->root], e));
	return 0;
}

static int
find_signers(struct collateral *c, struct err *e)
{
	for (size_t i = 0; i < c->counts[DOC_CERT]; i++) {
		struct collateral_cert *cert = &c->certs[i];

		if (cert->key == NULL || cert->is_root ||
		    !bytes_is_str(cert_name_cn(cert->cert.subject), TCB_SIGNING_CN))
			continue;
		if (c->signer_count == MAX_TCB_SIGNERS)
			return err_set(e, ERR_LIMIT, "collateral: more than %d TCB signers",
			    MAX_TCB_SIGNERS);
		cert->is_tcb_signer = true;
		cert->fit = cert_profile_misfit(&cert->cert, cert->key, ROLE_TCB_SIGNER) == NULL;
		TRY(find_root_of(c, cert, e));
		c->signers[c->signer_count++] = cert;
	}
	return 0;
}

/* Intel's signing certificates share a key: each key is tried once. */
static int
find_signers_of(struct collateral *c, struct collateral_signed *by, struct bytes message,
    struct bytes sig, struct err *e)
{
	for (size_t i = 0; i < c->signer_count; i++) {
		bool good = false, known = false;

		for (size_t j = 0; j < i && !known; j++) {
			known = key_eq(c->signers[i]->key, c->signers[j]->key);
			good = known && (by->signers >> j & 1u) != 0;
		}
		if (!known && key_kind_of(c->signers[i]->key) == KEY_P256)
			TRY(key_verify(c->signers[i]->key, SIG_ES256, SIG_RAW, message, sig, &good,
			    e));
		if (good)
			by->signers |= UINT64_C(1) << i;
	}
	return 0;
}

static int
verify_json(struct collateral *c, struct err *e)
{
	for (size_t i = 0; i < c->counts[DOC_TCB_INFO]; i++) {
		struct collateral_tcb_info *t = &c->tcb_infos[i];

		if (t->by.doc->format.code == ERR_NONE)
			TRY(find_signers_of(c, &t->by, t->info.signed_part, BYTES_OF(t->info.sig),
			    e));
	}
	for (size_t i = 0; i < c->counts[DOC_QE_IDENTITY]; i++) {
		struct collateral_qe_identity *q = &c->qe_identities[i];

		if (q->by.doc->format.code == ERR_NONE)
			TRY(find_signers_of(c, &q->by, q->identity.signed_part,
			    BYTES_OF(q->identity.sig), e));
	}
	return 0;
}

static int
verify_crl(struct collateral *c, struct collateral_crl *crl, struct err *e)
{
	DEFER(buf_release) struct buf pem;

	buf_init(&pem, MAX_PEM_SIZE);
	pem_emit(&pem, "X509 CRL", crl->doc->bytes);
	if (!buf_ok(&pem))
		return arena_fail(e, "collateral");
	text_hash(buf_bytes(&pem), crl->pem_hash);
	for (size_t i = 0; i < c->counts[DOC_CERT] && crl->issuer == SIZE_MAX; i++) {
		const struct collateral_cert *cert = &c->certs[i];
		bool good = false;

		if (cert->key == NULL || !cert->cert.is_ca ||
		    !bytes_eq(cert->cert.subject, crl->crl.issuer))
			continue;
		TRY(crl_verify(&crl->crl, cert->key, &good, e));
		if (good)
			crl->issuer = i;
	}
	return 0;
}

int
collateral_seal(struct collateral *c, struct err *e)
{
	TRY(make_arrays(c, e));
	TRY(read_docs(c, e));
	TRY(find_roots(c, e));
	TRY(find_signers(c, e));
	TRY(verify_json(c, e));
	for (size_t i = 0; i < c->counts[DOC_CRL]; i++)
		if (c->crls[i].doc->format.code == ERR_NONE)
			TRY(verify_crl(c, &c->crls[i], e));
	return 0;
}
