/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain judged as the product judges Intel's, link by link: collateral/link.h and profile.h for each, in the order of
 * appraise/sgx_pck.c and sgx_crl.c, without a trace, so that other people's chains can be given to it. Finding a path is
 * the tests' alone: the product's chains have three certificates in known places.
 *
 * A chain is root and leaf (TCB signing), or root, intermediate and leaf (PCK). Roots are pinned by their key. What the
 * product takes from Intel's names, and the SGX extension, is left out: nobody else's certificates have them. CRLs are
 * asked for when any is given, as by the product always.
 */
#pragma once

#include "collateral/link.h"

#include "../support/test.h"

#include <stdio.h>

#define MAX_TEST_CERTS 512
#define MAX_TEST_CRLS  8

/* DER. Certificates of the pool that cannot be read are passed over. */
struct test_chain {
	struct bytes leaf, pool[MAX_TEST_CERTS], roots[MAX_TEST_CERTS], crls[MAX_TEST_CRLS];
	size_t pool_count, root_count, crl_count;
	int64_t now_at;
	bool
	    spare_crl_sign; /* a CA that may sign certificates need not be one that may sign CRLs */
};

struct chain_member {
	struct cert cert;
	struct key *key;
	bool readable;
	struct err why;
};

struct chain_run {
	const struct test_chain *in;
	struct chain_member leaf, pool[MAX_TEST_CERTS], roots[MAX_TEST_CERTS];
	/* How far the path came that came farthest, and what stopped it. */
	int farthest;
	const char *reason;
};

static inline void
chain_member_read(struct chain_member *m, struct bytes der)
{
	m->why = (struct err){ 0 };
	m->readable = cert_parse(der, &m->cert, &m->why) == 0;
	/* As in the product: a key that is not for us is one that the profile refuses. */
	if (!m->readable || key_from_spki(m->cert.spki, &m->key, NULL) < 0)
		m->key = NULL;
}

/* Notes why a path ended; always false. */
static inline bool
chain_stop(struct chain_run *r, int step, const char *why)
{
	if (step > r->farthest) {
		r->farthest = step;
		r->reason = why;
	}
	return false;
}

static inline bool
chain_link(struct chain_run *r, int step, const struct chain_member *m,
    const struct chain_member *issuer, enum cert_role role)
{
	struct cert cert = m->cert;
	const struct chain_link link = { .cert = &cert,
		.key = m->key,
		.issuer = &issuer->cert,
		.issuer_key = issuer->key,
		.role = role };
	struct chain_link_found found;

	if (r->in->spare_crl_sign && (cert.key_usage & CERT_KEY_CERT_SIGN) != 0)
		cert.key_usage |= CERT_CRL_SIGN;
	assert_int_equal(chain_link_examine(&link, &found, NULL), 0);
	if (!found.is_named)
		return chain_stop(r, step, "no issuer of that name");
	if (!found.is_verified)
		return chain_stop(r, step + 1, "the signature does not verify");
	if (found.misfit != NULL)
		return chain_stop(r, step + 2, found.misfit);
	if (r->in->now_at < m->cert.not_before_at)
		return chain_stop(r, step + 3, "not yet valid");
	if (r->in->now_at > m->cert.not_after_at)
		return chain_stop(r, step + 3, "expired");
	return true;
}

/* What stands against a CRL of ISSUER at this time; NULL if nothing does. */
static inline const char *
chain_crl_misfit(const struct chain_run *r, const struct crl *crl,
    const struct chain_member *issuer)
{
	bool good = false;

	assert_int_equal(crl_verify(crl, issuer->key, &good, NULL), 0);
	if (!good)
		return "crl: the signature does not verify";
	if (!crl_profile_fits(crl))
		return "crl: extensions are missing or unknown";
	if (crl->this_update_at > r->in->now_at)
		return "crl: not yet valid";
	return crl->next_update_at < r->in->now_at ? "crl: expired" : NULL;
}

static inline bool
chain_unrevoked(struct chain_run *r, int step, const struct chain_member *m,
    const struct chain_member *issuer)
{
	const char *why = "crl: none of this issuer";

	for (size_t i = 0; i < r->in->crl_count; i++) {
		struct crl crl;

		if (crl_parse(r->in->crls[i], &crl, NULL) < 0)
			return chain_stop(r, step, "crl: cannot be read");
		if (!bytes_eq(crl.issuer, issuer->cert.subject))
			continue;
		why = chain_crl_misfit(r, &crl, issuer);
		if (why == NULL)
			return crl_has(&crl, m->cert.serial) ? chain_stop(r, step, "revoked")
							     : true;
	}
	return r->in->crl_count == 0 ? true : chain_stop(r, step, why);
}

static inline bool
chain_path(struct chain_run *r, const struct chain_member *root, const struct chain_member *middle)
{
	const struct chain_member *issuer = middle != NULL ? middle : root;
	enum cert_role role = middle != NULL ? ROLE_PCK_LEAF : ROLE_TCB_SIGNER;

	/* The step grows with the links that hold, the leaf's name first: that picks the path that was meant. */
	if (!bytes_eq(r->leaf.cert.issuer, issuer->cert.subject))
		return chain_stop(r, 1, "no issuer of that name");
	if (!chain_link(r, 2, root, root, ROLE_ROOT))
		return false;
	if (middle != NULL && !chain_link(r, 10, middle, root, ROLE_INTERMEDIATE))
		return false;
	if (!chain_link(r, 20, &r->leaf, issuer, role))
		return false;
	if (middle != NULL && !chain_unrevoked(r, 30, middle, root))
		return false;
	return chain_unrevoked(r, 31, &r->leaf, issuer);
}

static inline bool
chain_paths(struct chain_run *r)
{
	for (size_t i = 0; i < r->in->root_count; i++) {
		if (!r->roots[i].readable) {
			(void)chain_stop(r, 0, r->roots[i].why.msg);
			continue;
		}
		if (chain_path(r, &r->roots[i], NULL))
			return true;
		for (size_t j = 0; j < r->in->pool_count; j++) {
			if (!r->pool[j].readable)
				(void)chain_stop(r, 0, r->pool[j].why.msg);
			else if (chain_path(r, &r->roots[i], &r->pool[j]))
				return true;
		}
	}
	return false;
}

/* NULL: accepted. Otherwise why not, in words; copied to ROOM where they are not constant. */
static inline const char *
chain_refusal(const struct test_chain *in, char room[256])
{
	static struct chain_run r;
	const char *why = NULL;

	r = (struct chain_run){ .in = in, .farthest = -1, .reason = "no root" };
	chain_member_read(&r.leaf, in->leaf);
	for (size_t i = 0; i < in->root_count; i++)
		chain_member_read(&r.roots[i], in->roots[i]);
	for (size_t i = 0; i < in->pool_count; i++)
		chain_member_read(&r.pool[i], in->pool[i]);
	if (!r.leaf.readable)
		why = r.leaf.why.msg;
	else if (!chain_paths(&r))
		why = r.reason;
	if (why != NULL) {
		(void)snprintf(room, 256, "%s", why);
		why = room;
	}
	key_unref(r.leaf.key);
	for (size_t i = 0; i < in->root_count; i++)
		key_unref(r.roots[i].key);
	for (size_t i = 0; i < in->pool_count; i++)
		key_unref(r.pool[i].key);
	return why;
}
