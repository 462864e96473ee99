/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral/tcb_info and signed_json: what is taken stands in the signed part, levels are in falling order, and the level
 * that a platform reaches is the first one of the document that a plain comparison finds.
 */
#include "mutate.h"

#include "codec/json.h"
#include "collateral/signed_json.h"

#include <string.h>

static bool
reaches(const struct tcb_level *l, const uint8_t components[TCB_COMPONENTS], uint16_t pcesvn)
{
	for (size_t i = 0; i < TCB_COMPONENTS; i++)
		if (components[i] < l->sgx[i])
			return false;
	return pcesvn >= l->pcesvn;
}

static void
fuzz_level(const struct tcb_info *info, const uint8_t components[TCB_COMPONENTS], uint16_t pcesvn)
{
	const struct tcb_level *found = NULL;

	for (size_t i = info->level_count; i > 0; i--)
		if (reaches(&info->levels[i - 1], components, pcesvn))
			found = &info->levels[i - 1];
	HOLDS(tcb_info_level(info, components, pcesvn) == found);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t most[TCB_COMPONENTS] = { 255, 255, 255, 255, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255, 255 };
	static const uint8_t usual[TCB_COMPONENTS] = { 8, 7, 2, 4, 3, 1, 0, 3 };
	struct bytes text = bytes_of(data, size);
	struct arena *a = fuzz_arena(), *other = fuzz_arena_other();
	struct tcb_info info = { 0 };
	const struct json *doc, *inner;
	struct err e = { 0 };

	if (tcb_info_parse(text, a, &info, &e) < 0) {
		fuzz_refusal(&e);
		return 0;
	}
	/* A second reading, by name. */
	HOLDS(json_parse(text, size, other, &doc, &e) == 0 && doc->count == 2);
	inner = json_get(doc, "tcbInfo");
	HOLDS(bytes_eq(info.signed_part, inner->span));
	HOLDS(info.level_count >= 1 && info.level_count <= MAX_TCB_LEVELS);
	HOLDS(json_get(inner, "tcbLevels")->count == info.level_count);
	HOLDS(info.version == 2 || info.version == 3);
	for (size_t i = 0; i < info.level_count; i++) {
		const struct tcb_level *l = &info.levels[i];

		HOLDS(tcb_status_name(l->status) != NULL && l->advisories.count <= MAX_ADVISORIES);
		HOLDS(i == 0 || memcmp(info.levels[i - 1].sgx, l->sgx, TCB_COMPONENTS) >= 0);
		HOLDS(tcb_info_level(&info, l->sgx, l->pcesvn) != NULL);
		fuzz_level(&info, l->sgx, l->pcesvn);
		fuzz_level(&info, l->sgx, (uint16_t)(l->pcesvn - 1));
	}
	HOLDS(tcb_info_level(&info, most, UINT16_MAX) == &info.levels[0]);
	fuzz_level(&info, usual, 11);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_json(data, size, max_size, seed);
}
