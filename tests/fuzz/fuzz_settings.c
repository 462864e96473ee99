/* SPDX-License-Identifier: Apache-2.0 */
/*
 * appraise/settings: settings that are taken, written in full, are taken as the same settings and written as the same
 * text; Revoked is tolerated by none of them.
 */
#include "mutate.h"

#include "appraise/settings.h"

#include <string.h>

static bool
same(const struct settings *a, const struct settings *b)
{
	for (size_t i = 0; i < a->exception_count && i < b->exception_count; i++)
		if (a->exceptions[i].status != b->exceptions[i].status ||
		    a->exceptions[i].expires_at != b->exceptions[i].expires_at ||
		    a->exceptions[i].has_fmspc != b->exceptions[i].has_fmspc)
			return false;
	return a->tolerated == b->tolerated && a->exception_count == b->exception_count &&
	    a->anchor_count == b->anchor_count && a->max_age_crl_s == b->max_age_crl_s &&
	    a->max_age_qe_identity_s == b->max_age_qe_identity_s &&
	    a->max_age_tcb_info_s == b->max_age_tcb_info_s &&
	    a->min_evaluation_number == b->min_evaluation_number &&
	    a->accept_expired_tcb == b->accept_expired_tcb && a->binding_upper == b->binding_upper;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings s, again;
	static const uint8_t fmspc[6] = { 0x00, 0x60, 0x6a };
	DEFER(buf_release) struct buf once = { 0 }, twice = { 0 };
	uint8_t hash[SHA256_SIZE];
	struct err e = { 0 };

	if (settings_parse(bytes_of(data, size), &s, &e) < 0) {
		fuzz_refusal(&e);
		return 0;
	}
	sha256(bytes_of(data, size), hash);
	HOLDS(bytes_eq(BYTES_OF(hash), BYTES_OF(s.hash)));
	HOLDS(s.exception_count <= MAX_EXCEPTIONS && s.anchor_count <= MAX_EXTRA_ANCHORS);
	HOLDS(!settings_tolerates(&s, TCB_REVOKED, fmspc, 0, NULL));
	for (size_t i = 0; i < s.exception_count; i++) {
		const struct settings_exception *x = &s.exceptions[i];

		HOLDS(!settings_tolerates(&s, TCB_REVOKED, x->fmspc, x->expires_at, NULL));
		HOLDS(settings_tolerates(&s, x->status, x->fmspc, x->expires_at, NULL));
	}
	for (size_t i = 0; i < s.anchor_count; i++)
		HOLDS(settings_anchor_find(&s, s.anchors[i].spki_sha256) != NULL);
	buf_init(&once, 1u << 20);
	buf_init(&twice, 1u << 20);
	settings_emit(&s, &once);
	HOLDS(buf_ok(&once));
	/* The full form is longer than what is taken may be. */
	if (once.size > MAX_SETTINGS_SIZE)
		return 0;
	HOLDS(settings_parse(buf_bytes(&once), &again, &e) == 0 && same(&s, &again));
	settings_emit(&again, &twice);
	HOLDS(bytes_eq(buf_bytes(&once), buf_bytes(&twice)));
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_json(data, size, max_size, seed);
}
