/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral/builder: whatever is given as collateral, a snapshot is a function of the set of its documents; each
 * document that it calls a TCB info, an identity or a CRL is read as one by its own reader, and a signer that it names is
 * one whose root it has. The input is the documents, each behind its size (u32 LE).
 */
#include "mutate.h"

#include "collateral/collateral.h"

#include <string.h>

#define MAX_DOCS   8
#define MAX_MEMORY (8u << 20)

static struct collateral *
sealed(const struct bytes *docs, size_t count, bool backwards)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(MAX_MEMORY);
	struct collateral *c = NULL;
	struct err e = { 0 };

	HOLDS(b != NULL);
	for (size_t i = 0; i < count; i++) {
		enum doc_kind kind = DOC_KIND_COUNT;
		struct bytes d = docs[backwards ? count - 1 - i : i];

		if (collateral_builder_add(b, d, "folder", &kind, &e) < 0) {
			HOLDS(e.code == ERR_LIMIT);
			return NULL;
		}
		HOLDS(kind < DOC_KIND_COUNT && doc_kind_name(kind) != NULL);
	}
	if (collateral_builder_seal(b, &c, &e) < 0) {
		HOLDS(e.code == ERR_LIMIT);
		return NULL;
	}
	return c;
}

static void
holds_documents(const struct collateral *c)
{
	for (size_t i = 0; i < collateral_doc_count(c); i++) {
		const struct collateral_doc *d = collateral_doc_at(c, i);
		uint8_t hash[SHA256_SIZE];

		sha256(d->bytes, hash);
		HOLDS(memcmp(hash, d->sha256, sizeof(hash)) == 0);
		HOLDS(d->format.code == ERR_NONE || d->format.msg[0] != '\0');
		if (i > 0)
			HOLDS(memcmp(collateral_doc_at(c, i - 1)->sha256, hash, sizeof(hash)) < 0);
	}
}

static void
holds_signers(const struct collateral *c)
{
	size_t signers = collateral_signer_count(c);
	uint64_t known = signers == MAX_TCB_SIGNERS ? UINT64_MAX : (UINT64_C(1) << signers) - 1;

	HOLDS(signers <= MAX_TCB_SIGNERS);
	for (size_t i = 0; i < signers; i++)
		HOLDS(collateral_signer_at(c, i)->is_tcb_signer);
	for (size_t i = 0; i < collateral_cert_count(c); i++) {
		const struct collateral_cert *cert = collateral_cert_at(c, i);

		HOLDS(cert->root == SIZE_MAX ||
		    (cert->root < collateral_cert_count(c) &&
			collateral_cert_at(c, cert->root)->is_root));
	}
	for (size_t i = 0; i < collateral_tcb_info_count(c); i++) {
		const struct collateral_tcb_info *t = collateral_tcb_info_at(c, i);
		struct tcb_info again;
		struct err e = { 0 };

		HOLDS((t->by.signers & ~known) == 0);
		if (t->by.doc->format.code == ERR_NONE)
			HOLDS(
			    tcb_info_parse(t->by.doc->bytes, fuzz_arena_other(), &again, &e) == 0);
	}
	for (size_t i = 0; i < collateral_qe_identity_count(c); i++) {
		const struct collateral_qe_identity *q = collateral_qe_identity_at(c, i);
		struct qe_identity again;
		struct err e = { 0 };

		HOLDS((q->by.signers & ~known) == 0);
		if (q->by.doc->format.code == ERR_NONE)
			HOLDS(qe_identity_parse(q->by.doc->bytes, fuzz_arena_other(), &again, &e) ==
			    0);
	}
	for (size_t i = 0; i < collateral_crl_count(c); i++)
		HOLDS(collateral_crl_at(c, i)->issuer == SIZE_MAX ||
		    collateral_crl_at(c, i)->issuer < collateral_cert_count(c));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(collateral_unrefp) struct collateral *c = NULL;
	DEFER(collateral_unrefp) struct collateral *other = NULL;
	struct rd r = rd_from(bytes_of(data, size));
	struct bytes docs[MAX_DOCS];
	size_t count = 0;

	while (count < MAX_DOCS && r.left.size > 0 && rd_ok(&r)) {
		docs[count] = rd_take(&r, rd_le32(&r));
		count += rd_ok(&r);
	}
	c = sealed(docs, count, false);
	other = sealed(docs, count, true);
	HOLDS((c == NULL) == (other == NULL));
	if (c == NULL)
		return 0;
	HOLDS(bytes_eq(collateral_id(c), collateral_id(other)));
	holds_documents(c);
	holds_signers(c);
	return 0;
}

/* One document is changed as what it is. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct rd r = rd_from(bytes_of(data, size));
	DEFER(buf_release) struct buf out = { 0 }, doc = { 0 };
	struct dice d = dice_of(seed);
	size_t victim = dice_below(&d, 4);

	if (seed % 4 == 0)
		return mutate_sized(data, size, max_size, seed);
	buf_init(&out, max_size);
	buf_init(&doc, max_size);
	for (size_t i = 0; r.left.size > 0 && rd_ok(&r); i++) {
		struct bytes part = rd_take(&r, rd_le32(&r));

		buf_clear(&doc);
		if (i != victim || part.size == 0)
			buf_add(&doc, part);
		else if (part.p[0] == '{')
			mutate_json_exact(part, seed, &doc);
		else
			mutate_der_exact(part, seed, &doc);
		buf_le32(&out, (uint32_t)doc.size);
		buf_add(&out, buf_bytes(&doc));
	}
	return mutate_take(&out, data, size, max_size);
}
