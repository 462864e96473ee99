/* SPDX-License-Identifier: Apache-2.0 */
#include "claims/claim_set.h"

#include <string.h>

#define FIRST_ROOM 32

bool
claim_eq(const struct claim *a, const struct claim *b)
{
	/* the name before the text: texts can be long, and many claims can share one */
	if (a->type != b->type || a->issuer != b->issuer || !bytes_eq(a->name, b->name))
		return false;
	switch (a->type) {
	case CLAIM_BOOLEAN:
		return a->truth == b->truth;
	case CLAIM_INTEGER:
		return a->number == b->number;
	case CLAIM_STRING:
		break;
	}
	return bytes_eq(a->text, b->text);
}

static int
set_grow(struct claim_set *set, struct arena *a, struct err *e)
{
	size_t room = set->room == 0 ? FIRST_ROOM : set->room * 2;
	struct claim *claims = arena_array(a, room, sizeof(*claims));

	if (claims == NULL)
		return arena_fail(e, "claim set");
	if (set->count > 0)
		memcpy(claims, set->claims, set->count * sizeof(*claims));
	set->claims = claims;
	set->room = room;
	return 0;
}

int
claim_set_add(struct claim_set *set, struct arena *a, const struct claim *claim, struct err *e)
{
	if (claim->name.size == 0 || claim->name.size > MAX_CLAIM_NAME_SIZE)
		return err_set(e, ERR_LIMIT, "claim: a name of %zu bytes, want 1 to %d",
		    claim->name.size, MAX_CLAIM_NAME_SIZE);
	for (size_t i = 0; i < set->count; i++) {
		if (claim_eq(&set->claims[i], claim)) {
			set->claims[i].read_only = set->claims[i].read_only || claim->read_only;
			return 0;
		}
	}
	if (set->count >= MAX_CLAIMS)
		return err_set(e, ERR_LIMIT, "claim set: more than %d claims", MAX_CLAIMS);
	if (set->count == set->room)
		TRY(set_grow(set, a, e));
	set->claims[set->count++] = *claim;
	return 0;
}

int
claim_set_bool(struct claim_set *set, struct arena *a, const char *name, bool v, struct err *e)
{
	struct claim c = { .name = bytes_of_str(name), .type = CLAIM_BOOLEAN, .truth = v };

	return claim_set_add(set, a, &c, e);
}

int
claim_set_int(struct claim_set *set, struct arena *a, const char *name, int64_t v, struct err *e)
{
	struct claim c = { .name = bytes_of_str(name), .type = CLAIM_INTEGER, .number = v };

	return claim_set_add(set, a, &c, e);
}

int
claim_set_text(struct claim_set *set, struct arena *a, const char *name, struct bytes v,
    struct err *e)
{
	struct claim c = { .name = bytes_of_str(name), .type = CLAIM_STRING, .text = v };

	return claim_set_add(set, a, &c, e);
}

const struct claim *
claim_set_find(const struct claim_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++) {
		if (bytes_is_str(set->claims[i].name, name))
			return &set->claims[i];
	}
	return NULL;
}

static const char *const type_names[] = {
	[CLAIM_BOOLEAN] = "Boolean",
	[CLAIM_INTEGER] = "Integer",
	[CLAIM_STRING] = "String",
};

static const char *const issuer_names[] = {
	[ISSUER_SERVICE] = "AttestationService",
	[ISSUER_POLICY] = "AttestationPolicy",
	[ISSUER_CUSTOM] = "CustomClaim",
};

const char *
claim_type_name(enum claim_type t)
{
	return type_names[t];
}

const char *
claim_issuer_name(enum claim_issuer i)
{
	return issuer_names[i];
}
