/* SPDX-License-Identifier: Apache-2.0 */
/* Traces kept and shown: who may see how much (product.md 3). */
#pragma once

#include "service/attest.h"

/* Keeps an attestation's trace with its instance: refusals always, acceptances when at->is_kept. */
void traces_keep(struct attestation *at, struct arena *a);

/* What a caller shows to see a trace. */
struct traces_claim {
	struct bytes id;
	struct bytes key;            /* the submitter's; p == NULL: none */
	const struct caller *caller; /* NULL: nobody who is known */
	struct bytes
	    view; /* a narrower view he asks for: "submitter", "agent", "id-only"; p == NULL: his own */
};
/*
 * The document as text. ERR_DENIED: nothing was shown that opens any trace, said before the id is looked at. ERR_MISSING:
 * no such trace here, or the key is for another: the two are not told apart. ERR_UNSUPPORTED: an unknown view.
 */
int traces_read(const struct service *s, const struct service_instance *instance,
    const struct traces_claim *claim, int64_t now_at, struct arena *a, struct bytes *out,
    struct err *e) MUST_CHECK;
