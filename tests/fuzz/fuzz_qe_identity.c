/* SPDX-License-Identifier: Apache-2.0 */
/* collateral/qe_identity, tcb_status: as fuzz_tcb_info.c; the level of a version is the highest one not above it. */
#include "mutate.h"

#include "codec/json.h"
#include "collateral/qe_identity.h"
#include "collateral/signed_json.h"

static void
fuzz_status(struct bytes text)
{
	enum tcb_status s;

	if (tcb_status_parse(text, &s)) {
		HOLDS(s < TCB_STATUS_COUNT && bytes_is_str(text, tcb_status_name(s)));
		/* Merging with the best is the identity; nothing gets better by merging. */
		HOLDS(tcb_status_merge(s, TCB_UP_TO_DATE) == s);
		HOLDS(tcb_status_merge(s, TCB_REVOKED) == TCB_REVOKED);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);
	struct arena *a = fuzz_arena(), *other = fuzz_arena_other();
	struct qe_identity id = { 0 };
	const struct json *doc, *body;
	struct err e = { 0 };
	uint8_t sig[64];

	fuzz_status(text);
	if (qe_identity_parse(text, a, &id, &e) < 0) {
		fuzz_refusal(&e);
		return 0;
	}
	HOLDS(signed_json_parse(text, "enclaveIdentity", other, &body, sig, &e) == 0);
	HOLDS(json_parse(text, size, other, &doc, &e) == 0 && doc->count == 2);
	HOLDS(bytes_eq(id.signed_part, body->span));
	HOLDS(json_is_str(json_get(body, "id"), qe_identity_id_name(id.id)));
	HOLDS(id.level_count >= 1 && id.level_count <= MAX_TCB_LEVELS);
	for (size_t i = 0; i < id.level_count; i++) {
		const struct qe_level *l = &id.levels[i];

		HOLDS(i == 0 || id.levels[i - 1].isvsvn > l->isvsvn);
		HOLDS(qe_identity_level(&id, l->isvsvn) == l);
		if (l->isvsvn > 0)
			HOLDS(qe_identity_level(&id, (uint16_t)(l->isvsvn - 1)) != l);
		fuzz_status(bytes_of_str(tcb_status_name(l->status)));
	}
	HOLDS(qe_identity_level(&id, UINT16_MAX) == &id.levels[0]);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_json(data, size, max_size, seed);
}
