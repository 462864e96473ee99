/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/collateral.h"

#include "collateral/snapshot.h"

#include <stdlib.h>

void
collateral_destroy(struct collateral *c)
{
	if (c == NULL)
		return;
	if (c->certs != NULL)
		for (size_t i = 0; i < c->counts[DOC_CERT]; i++)
			key_unref(c->certs[i].key);
	arena_release(&c->arena);
	free(c);
}

struct collateral *
collateral_ref(const struct collateral *c)
{
	/* The count is the one thing of a sealed snapshot that changes. */
	union {
		const struct collateral *in;
		struct collateral *out;
	} same = { .in = c };

	atomic_fetch_add_explicit(&same.out->refs, 1, memory_order_relaxed);
	return same.out;
}

void
collateral_unref(struct collateral *c)
{
	if (c != NULL && atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
		collateral_destroy(c);
}

void
collateral_unrefp(struct collateral **c)
{
	collateral_unref(*c);
	*c = NULL;
}

struct bytes
collateral_id(const struct collateral *c)
{
	return BYTES_OF(c->id);
}

const char *
doc_kind_name(enum doc_kind kind)
{
	static const char *const names[DOC_KIND_COUNT] = {
		[DOC_CERT] = "certificate",
		[DOC_CRL] = "crl",
		[DOC_TCB_INFO] = "tcb-info",
		[DOC_QE_IDENTITY] = "qe-identity",
		[DOC_OTHER] = "other",
		[DOC_UNKNOWN] = "unknown",
	};

	return kind < DOC_KIND_COUNT ? names[kind] : "unknown";
}

size_t
collateral_doc_count(const struct collateral *c)
{
	return c->doc_count;
}

const struct collateral_doc *
collateral_doc_at(const struct collateral *c, size_t index)
{
	return index < c->doc_count ? &c->docs[index] : NULL;
}

size_t
collateral_cert_count(const struct collateral *c)
{
	return c->counts[DOC_CERT];
}

const struct collateral_cert *
collateral_cert_at(const struct collateral *c, size_t index)
{
	return index < c->counts[DOC_CERT] ? &c->certs[index] : NULL;
}

size_t
collateral_crl_count(const struct collateral *c)
{
	return c->counts[DOC_CRL];
}

const struct collateral_crl *
collateral_crl_at(const struct collateral *c, size_t index)
{
	return index < c->counts[DOC_CRL] ? &c->crls[index] : NULL;
}

size_t
collateral_tcb_info_count(const struct collateral *c)
{
	return c->counts[DOC_TCB_INFO];
}

const struct collateral_tcb_info *
collateral_tcb_info_at(const struct collateral *c, size_t index)
{
	return index < c->counts[DOC_TCB_INFO] ? &c->tcb_infos[index] : NULL;
}

size_t
collateral_qe_identity_count(const struct collateral *c)
{
	return c->counts[DOC_QE_IDENTITY];
}

const struct collateral_qe_identity *
collateral_qe_identity_at(const struct collateral *c, size_t index)
{
	return index < c->counts[DOC_QE_IDENTITY] ? &c->qe_identities[index] : NULL;
}

size_t
collateral_signer_count(const struct collateral *c)
{
	return c->signer_count;
}

const struct collateral_cert *
collateral_signer_at(const struct collateral *c, size_t index)
{
	return index < c->signer_count ? c->signers[index] : NULL;
}
