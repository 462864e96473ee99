/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/attest_request_parse, for every kind that has a verifier: what is taken is within its limits, is there in the
 * body, and data said to be JSON is JSON (claims_data_parse).
 */
#include "mutate.h"

#include "service/attest.h"

static void
holds_data(const struct claims_data *d)
{
	HOLDS((d->form == DATA_ABSENT) == (d->bytes.p == NULL) || d->bytes.size == 0);
	if (d->form == DATA_JSON) {
		const struct json *again;
		struct err e = { 0 };

		HOLDS(claims_data_parse(d->bytes, fuzz_arena_other(), &again, &e) == 0);
		HOLDS(again->type == JSON_OBJECT);
		HOLDS(d->json == NULL || json_eq(d->json, again));
	}
}

static void
fuzz_kind(struct bytes body, const struct kind *kind)
{
	struct arena *a = fuzz_arena();
	struct attest_request rq = { 0 };
	const struct json *doc;
	struct err e = { 0 };

	if (attest_request_parse(body, kind, a, &rq, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(json_parse(body, body.size, fuzz_arena_other(), &doc, NULL) == 0 &&
	    doc->type == JSON_OBJECT);
	HOLDS(rq.evidence.p != NULL && rq.evidence.size <= MAX_EVIDENCE_SIZE);
	HOLDS(json_get_nocase(doc, kind->evidence_member) != NULL ||
	    (kind->evidence_alias != NULL && json_get_nocase(doc, kind->evidence_alias) != NULL));
	HOLDS(rq.nonce.size <= MAX_NONCE_SIZE);
	HOLDS(rq.nonce.p == NULL || json_get_nocase(doc, "nonce") != NULL);
	HOLDS(
	    rq.draft_policy.p == NULL || json_get_nocase(doc, "draftPolicyForAttestation") != NULL);
	holds_data(&rq.runtime);
	holds_data(&rq.init);
}

static void
fuzz_data(struct bytes in)
{
	const struct json *v;
	struct err e = { 0 };

	if (claims_data_parse(in, fuzz_arena(), &v, &e) < 0)
		fuzz_refusal(&e);
	else
		HOLDS(v->type == JSON_OBJECT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes body = bytes_of(data, size);

	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kind_is_implemented(&kind_table[i]))
			fuzz_kind(body, &kind_table[i]);
	fuzz_data(body);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_json(data, size, max_size, seed);
}
