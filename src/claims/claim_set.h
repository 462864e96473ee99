/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims as the policy language knows them (maa-policy.md 5): a set of whole claims in insertion order.
 */
#pragma once

#include "base/arena.h"

#define MAX_CLAIMS          4096
#define MAX_CLAIM_NAME_SIZE 1024

enum claim_type { CLAIM_BOOLEAN, CLAIM_INTEGER, CLAIM_STRING };
enum claim_issuer { ISSUER_SERVICE, ISSUER_POLICY, ISSUER_CUSTOM };

struct claim {
	struct bytes name;    /* the property `type` */
	enum claim_type type; /* the property `valueType` */
	enum claim_issuer issuer;
	bool read_only; /* maa-policy.md 9.8 */
	bool truth;
	int64_t number;
	struct bytes text;
};

struct claim_set {
	struct claim *claims;
	size_t count, room;
};

/* Views are borrowed. A claim equal in all four properties is there already: nothing changes, but that what is
 * read-only once stays so. ERR_LIMIT beyond the ceilings. */
int claim_set_add(struct claim_set *set, struct arena *a, const struct claim *claim, struct err *e)
    MUST_CHECK;
/* Issuer ISSUER_SERVICE. NAME is a literal or outlives the set. */
int claim_set_bool(struct claim_set *set, struct arena *a, const char *name, bool v, struct err *e)
    MUST_CHECK;
int claim_set_int(struct claim_set *set, struct arena *a, const char *name, int64_t v,
    struct err *e) MUST_CHECK;
int claim_set_text(struct claim_set *set, struct arena *a, const char *name, struct bytes v,
    struct err *e) MUST_CHECK;
bool claim_eq(const struct claim *a, const struct claim *b);
/* The first of this name, NULL. */
const struct claim *claim_set_find(const struct claim_set *set, const char *name);
const char *claim_type_name(enum claim_type t);     /* "Boolean" … */
const char *claim_issuer_name(enum claim_issuer i); /* "AttestationService" … */
