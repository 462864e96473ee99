/* SPDX-License-Identifier: Apache-2.0 */
#include "appraise/cache_entry.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ENTRY_SIZE ((size_t)256 << 10)

void
pck_entry_unref(struct pck_entry *entry)
{
	if (entry == NULL || atomic_fetch_sub_explicit(&entry->refs, 1, memory_order_acq_rel) != 1)
		return;
	key_unref(entry->facts.leaf_key);
	arena_release(&entry->arena);
	free(entry);
}

void
pck_entry_unrefp(struct pck_entry **entry)
{
	pck_entry_unref(*entry);
	*entry = NULL;
}

/* Clears *OK when memory ran out. */
static struct bytes
keep(struct arena *a, struct bytes view, bool *ok)
{
	struct bytes copy = arena_copy(a, view);

	*ok = *ok && copy.p != NULL;
	return copy;
}

static void
keep_crls(struct arena *a, struct crl_facts *facts, bool *ok)
{
	struct crl_fact *of = arena_array(a, facts->count, sizeof(*of));

	*ok = *ok && of != NULL;
	if (of != NULL && facts->count > 0)
		memcpy(of, facts->of, facts->count * sizeof(*of));
	facts->of = of;
}

static void
keep_shown(struct arena *a, struct shown *s, bool *ok)
{
	if (s->form == SHOWN_TEXT || s->form == SHOWN_HEX)
		s->bytes = keep(a, s->bytes, ok);
}

struct pck_entry *
pck_entry_new(const uint8_t chain_sha256[SHA256_SIZE], struct bytes collateral_id,
    const struct pck_facts *facts, const struct trace *t, const enum check_id *ids, size_t count)
{
	struct pck_entry *n = calloc(1, sizeof(*n));
	bool ok = count <= MAX_PCK_RECORDS && collateral_id.size == SHA256_SIZE;

	if (n == NULL)
		return NULL;
	atomic_init(&n->refs, 1);
	arena_init(&n->arena, MAX_ENTRY_SIZE);
	n->facts = *facts;
	n->facts.leaf_key = key_ref(facts->leaf_key);
	memcpy(n->chain_sha256, chain_sha256, SHA256_SIZE);
	if (ok)
		memcpy(n->collateral_id, collateral_id.p, SHA256_SIZE);
	keep_crls(&n->arena, &n->facts.root_crls, &ok);
	keep_crls(&n->arena, &n->facts.pck_crls, &ok);
	n->facts.leaf_serial = keep(&n->arena, facts->leaf_serial, &ok);
	n->facts.intermediate_serial = keep(&n->arena, facts->intermediate_serial, &ok);
	n->facts.intermediate_cn = keep(&n->arena, facts->intermediate_cn, &ok);
	for (size_t i = 0; ok && i < count; i++) {
		struct check_record *r = &n->records[i];

		*r = t->checks[ids[i]];
		keep_shown(&n->arena, &r->seen, &ok);
		keep_shown(&n->arena, &r->wanted, &ok);
		r->note = keep(&n->arena, r->note, &ok);
		n->ids[i] = ids[i];
		/* Only what passed is ever kept. */
		ok = ok && r->outcome == OUTCOME_PASS;
	}
	n->record_count = count;
	if (ok)
		return n;
	pck_entry_unref(n);
	return NULL;
}
