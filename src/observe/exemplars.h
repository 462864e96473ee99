/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where traces wait to be asked for (product.md 3): one store per instance, so that an id of one instance says nothing
 * at another, and one instance's flood empties no other's.
 *
 * A store holds documents within a budget of bytes and a lifetime. The budget has three shares, each of which drops its
 * own oldest: a refusal at a check at which nobody failed before stays when the same refusal is repeated a million
 * times, and refusals never push out acceptances. Acceptances are sampled.
 *
 * A document is the reader's view as text (trace/trace.h); views are cut from it when it is read. The submitter's key
 * is kept as its SHA-256 only.
 */
#pragma once

#include "base/arena.h"

#define EXEMPLAR_KEY_HASH_SIZE 32
#define MAX_EXEMPLAR_SIZE      262144

struct exemplars_limits {
	size_t max_bytes; /* of all documents and what stands around them */
	int64_t lifetime_s;
	unsigned accepted_every; /* keep one of so many acceptances; 1: all, 0: none */
};
#define EXEMPLARS_LIMITS_DEFAULT                                                                   \
	(struct exemplars_limits)                                                                  \
	{                                                                                          \
		.max_bytes = 8u << 20, .lifetime_s = 86400, .accepted_every = 16                   \
	}

struct exemplars;

/* NULL when memory ran out. One reference is the caller's. */
struct exemplars *exemplars_new(struct exemplars_limits limits);
struct exemplars *exemplars_ref(struct exemplars *x);
void exemplars_unref(struct exemplars *x);

/* Is the next acceptance one to keep? Asked before its document is made, because making it costs more than keeping. */
bool exemplars_wants_accepted(struct exemplars *x);

struct exemplar {
	struct bytes id; /* a trace id */
	uint8_t key_hash[EXEMPLAR_KEY_HASH_SIZE];
	bool accepted;
	uint32_t reason; /* type and failed check: equal for refusals that are repetitions */
	struct bytes document;
};

/* Copies. A document that does not fit its share, or no memory, is simply not kept: the answer does not depend on it. */
void exemplars_add(struct exemplars *x, const struct exemplar *in, int64_t now_at);
/* False when there is no such id, or no longer. OUT's views are copies in the arena. */
bool exemplars_find(struct exemplars *x, struct bytes id, int64_t now_at, struct arena *a,
    struct exemplar *out) MUST_CHECK;

/* For metrics. */
void exemplars_amount(struct exemplars *x, size_t *count, size_t *bytes);
