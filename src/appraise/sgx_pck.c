/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps 2 and 3 of evidence-intel.md 5: the PCK chain (3.2 checks 1 to 4). What does not depend on the time or on the
 * settings is established once per chain and snapshot, and absorbed from the cache afterwards.
 */
#include "appraise/sgx_run.h"
#include "collateral/anchors.h"
#include "collateral/link.h"

#include <string.h>

/* The checks whose records the cache keeps. */
static const enum check_id lasting[] = {
	CHECK_SGX_PCK_FORMAT,
	CHECK_SGX_PCK_ROLES,
	CHECK_SGX_PCK_ROOT_ISSUER,
	CHECK_SGX_PCK_ROOT_SIGNATURE,
	CHECK_SGX_PCK_ROOT_CONSTRAINTS,
	CHECK_SGX_PCK_INTERMEDIATE_ISSUER,
	CHECK_SGX_PCK_INTERMEDIATE_SIGNATURE,
	CHECK_SGX_PCK_INTERMEDIATE_CONSTRAINTS,
	CHECK_SGX_PCK_LEAF_ISSUER,
	CHECK_SGX_PCK_LEAF_SIGNATURE,
	CHECK_SGX_PCK_LEAF_CONSTRAINTS,
	CHECK_SGX_PCK_LEAF_EXTENSION,
};

bool
sgx_root_is_anchor(const struct settings *s, const uint8_t spki_sha256[SHA256_SIZE],
    const char **label)
{
	*label = NULL;
	if (anchor_find(spki_sha256) != NULL)
		return true;
	const struct settings_anchor *extra = settings_anchor_find(s, spki_sha256);

	if (extra != NULL)
		*label = extra->label;
	return extra != NULL;
}

/*
 * The snapshot's certificate with the very bytes of this one, if its own key was found to verify it when the snapshot was
 * sealed. What a certificate's bytes say of themselves is so wherever they stand; whether its key is trusted is judged by
 * judge_moment(), of either.
 */
static const struct collateral_cert *
same_root(const struct collateral *c, const struct cert *root)
{
	for (size_t i = 0; i < collateral_cert_count(c); i++) {
		const struct collateral_cert *known = collateral_cert_at(c, i);

		if (known->is_root && bytes_eq(known->cert.raw, root->raw))
			return known;
	}
	return NULL;
}

struct link {
	struct chain_link of;
	enum check_id by_name, by_signature, by_profile;
};

static int
judge_link(struct sgx_run *r, const struct link *l, struct err *e)
{
	struct chain_link_found f;

	TRY(chain_link_examine(&l->of, &f, e));
	JUDGE(r->t, l->by_name, f.is_named, shown_text(cert_name_cn(l->of.cert->issuer)),
	    shown_text(cert_name_cn(l->of.issuer->subject)));
	JUDGE(r->t, l->by_signature, f.is_verified,
	    shown_str(f.is_verified ? "it verifies" : "it does not verify"), shown_nothing());
	JUDGE(r->t, l->by_profile, f.misfit == NULL,
	    shown_str(f.misfit != NULL ? f.misfit : "they hold"), shown_nothing());
	return STEP_ON;
}

/* A key of the chain; NULL for one that cannot be used, which the profile then reports. */
static int
key_of(const struct cert *cert, struct key **out, struct err *e)
{
	struct err bad = { 0 };

	if (key_from_spki(cert->spki, out, &bad) == 0)
		return 0;
	if (bad.code != ERR_LIMIT && bad.code != ERR_INTERNAL)
		return 0;
	if (e != NULL)
		*e = bad;
	return -1;
}

static int
judge_links(struct sgx_run *r, const struct pck_chain *chain, const struct key *root_key,
    bool root_verified, const struct key *intermediate_key, const struct key *leaf_key,
    struct err *e)
{
	const struct link links[] = {
		{ { chain->root, chain->root, root_key, root_key, root_verified, ROLE_ROOT },
		    CHECK_SGX_PCK_ROOT_ISSUER, CHECK_SGX_PCK_ROOT_SIGNATURE,
		    CHECK_SGX_PCK_ROOT_CONSTRAINTS },
		{ { chain->intermediate, chain->root, intermediate_key, root_key, false,
		      ROLE_INTERMEDIATE },
		    CHECK_SGX_PCK_INTERMEDIATE_ISSUER, CHECK_SGX_PCK_INTERMEDIATE_SIGNATURE,
		    CHECK_SGX_PCK_INTERMEDIATE_CONSTRAINTS },
		{ { chain->leaf, chain->intermediate, leaf_key, intermediate_key, false,
		      ROLE_PCK_LEAF },
		    CHECK_SGX_PCK_LEAF_ISSUER, CHECK_SGX_PCK_LEAF_SIGNATURE,
		    CHECK_SGX_PCK_LEAF_CONSTRAINTS },
	};

	for (size_t i = 0; i < COUNT_OF(links); i++) {
		int rc = judge_link(r, &links[i], e);

		if (rc != STEP_ON)
			return rc;
	}
	return STEP_ON;
}

static int
judge_extension(struct sgx_run *r, const struct cert *leaf, struct pck_ext *out)
{
	struct err bad = { 0 };
	bool read = pck_ext_of(leaf, out, &bad) == 0;

	if (!read)
		trace_note(r->t, CHECK_SGX_PCK_LEAF_EXTENSION, "%s", bad.msg);
	JUDGE(r->t, CHECK_SGX_PCK_LEAF_EXTENSION, read,
	    shown_str(read ? "it is complete" : "it is not"), shown_nothing());
	return read ? STEP_ON : STEP_STOP;
}

static struct validity
validity_of(const struct cert *c)
{
	return (struct validity){ c->not_before_at, c->not_after_at };
}

static int
judge_format(struct sgx_run *r, struct pck_chain *chain, struct err *e)
{
	struct bytes pem = r->out->quote.dcap.cert_data;
	struct err bad = { 0 };
	bool read = pck_chain_parse(pem, r->a, chain, &bad) == 0;

	/* Out of memory and out of range are both limits; only the first is ours. */
	if (!read && arena_failed(&bad)) {
		if (e != NULL)
			*e = bad;
		return -1;
	}
	if (!read)
		trace_note(r->t, CHECK_SGX_PCK_FORMAT, "%s", bad.msg);
	JUDGE(r->t, CHECK_SGX_PCK_FORMAT, read, shown_uint(pem.size), shown_nothing());
	if (!read)
		return STEP_STOP;
	bool whole = chain->leaf != NULL && chain->intermediate != NULL && chain->root != NULL;

	trace_note(r->t, CHECK_SGX_PCK_ROLES, "%s leaf, %s intermediate, %s root among %zu",
	    chain->leaf != NULL ? "one" : "no", chain->intermediate != NULL ? "one" : "no",
	    chain->root != NULL ? "one" : "no", chain->count);
	JUDGE(r->t, CHECK_SGX_PCK_ROLES, whole && chain->count == 3, shown_uint(chain->count),
	    shown_nothing());
	return whole ? STEP_ON : STEP_STOP;
}

/* Everything about a chain that is not in the cache. */
static int
establish(struct sgx_run *r, struct err *e)
{
	DEFER(key_unrefp) struct key *root_key = NULL;
	DEFER(key_unrefp) struct key *intermediate_key = NULL;
	struct pck_facts *f = arena_alloc(r->a, sizeof(*f));
	struct pck_chain chain;

	if (f == NULL)
		return arena_fail(e, "pck chain");
	r->facts = f;
	int rc = judge_format(r, &chain, e);

	if (rc != STEP_ON)
		return rc;
	const struct collateral_cert *known = same_root(r->c, chain.root);

	if (known != NULL)
		root_key = key_ref(known->key);
	else
		TRY(key_of(chain.root, &root_key, e));
	TRY(key_of(chain.intermediate, &intermediate_key, e));
	TRY(key_of(chain.leaf, &f->leaf_key, e));
	sha256(chain.root->spki, f->root_spki_sha256);
	f->root = validity_of(chain.root);
	f->intermediate = validity_of(chain.intermediate);
	f->leaf = validity_of(chain.leaf);
	f->leaf_serial = chain.leaf->serial;
	f->intermediate_serial = chain.intermediate->serial;
	f->intermediate_cn = cert_name_cn(chain.intermediate->subject);
	rc = judge_links(r, &chain, root_key, known != NULL, intermediate_key, f->leaf_key, e);
	if (rc == STEP_ON)
		rc = judge_extension(r, chain.leaf, &f->ext);
	if (rc != STEP_ON)
		return rc;
	TRY(sgx_crl_facts(r, chain.root->subject, root_key, chain.intermediate->serial,
	    &f->root_crls, e));
	TRY(sgx_crl_facts(r, chain.intermediate->subject, intermediate_key, chain.leaf->serial,
	    &f->pck_crls, e));
	return STEP_ON;
}

static int
judge_validity(struct sgx_run *r, enum check_id id, const struct validity *v)
{
	bool early = r->now_at < v->from_at;
	bool late = r->now_at > v->to_at;

	if (early)
		trace_note(r->t, id, "the time of the judgement is before notBefore");
	else if (late)
		trace_note(r->t, id, "the time of the judgement is after notAfter");
	JUDGE(r->t, id, !early && !late, shown_time(early ? v->from_at : v->to_at),
	    shown_nothing());
	return STEP_ON;
}

static int
judge_moment(struct sgx_run *r)
{
	const struct pck_facts *f = r->facts;
	const char *label = NULL;
	bool pinned = sgx_root_is_anchor(r->s, f->root_spki_sha256, &label);
	struct bytes shown =
	    arena_copy(r->a, bytes_of(f->root_spki_sha256, sizeof(f->root_spki_sha256)));

	JUDGE(r->t, CHECK_SGX_PCK_ROOT_PINNED, pinned, shown_hex(shown), shown_nothing());
	if (label != NULL)
		trace_remark(r->t, "the root is trusted by the appraisal settings alone: %s",
		    label);
	memcpy(r->out->root_spki_sha256, f->root_spki_sha256, SHA256_SIZE);
	if (judge_validity(r, CHECK_SGX_PCK_ROOT_VALIDITY, &f->root) != STEP_ON ||
	    judge_validity(r, CHECK_SGX_PCK_INTERMEDIATE_VALIDITY, &f->intermediate) != STEP_ON)
		return STEP_STOP;
	return judge_validity(r, CHECK_SGX_PCK_LEAF_VALIDITY, &f->leaf);
}

int
sgx_step_pck(struct sgx_run *r, struct err *e)
{
	const struct dcap_quote *q = &r->out->quote.dcap;
	int rc = STEP_ON;

	trace_span(r->t, CHECK_SGX_PCK_PRESENT, r->quote_at + q->cert_at - 6,
	    r->quote_at + q->cert_at);
	JUDGE(r->t, CHECK_SGX_PCK_PRESENT, q->cert_type == DCAP_CERT_PCK_CHAIN,
	    shown_uint(q->cert_type), shown_nothing());
	sha256(q->cert_data, r->chain_sha256);
	r->entry = cache_get_pck(r->cache, r->chain_sha256, collateral_id(r->c));
	if (r->entry != NULL) {
		r->facts = &r->entry->facts;
		trace_absorb(r->t, r->entry->records, r->entry->ids, r->entry->record_count);
	} else {
		rc = establish(r, e);
	}
	if (rc != STEP_ON)
		return rc;
	trace_span(r->t, CHECK_SGX_PCK_FORMAT, r->quote_at + q->cert_at,
	    r->quote_at + q->cert_at + q->cert_data.size);
	r->out->pck = r->facts->ext;
	return judge_moment(r);
}

void
sgx_pck_remember(struct sgx_run *r)
{
	if (r->cache == NULL || r->entry != NULL)
		return;
	DEFER(pck_entry_unrefp)
	struct pck_entry *entry = pck_entry_new(r->chain_sha256, collateral_id(r->c), r->facts,
	    r->t, lasting, COUNT_OF(lasting));

	cache_put_pck(r->cache, entry);
}
