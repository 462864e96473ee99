/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority/snapshot: a state that is taken, written again, is the same bytes, and is found by what it says of itself.
 */
#include "mutate.h"

#include "authority/snapshot.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct snapshot *s = NULL;
	struct err e = { 0 };

	if (snapshot_parse(bytes_of(data, size), &s, &e) < 0) {
		HOLDS(s == NULL);
		fuzz_refusal(&e);
		return 0;
	}
	HOLDS(s->instance_count <= MAX_SNAPSHOT_INSTANCES &&
	    s->document_count <= MAX_SNAPSHOT_DOCUMENTS);
	for (size_t i = 0; i < s->instance_count; i++) {
		const struct snapshot_instance *in = &s->instances[i];

		HOLDS(
		    snapshot_find_id(s, in->id) != NULL && snapshot_find_host(s, in->host) != NULL);
		HOLDS(trust_mode_name(in->mode) != NULL);
		for (size_t k = 0; k < in->type_count; k++)
			HOLDS(snapshot_find_type(in, in->types[k].type) != NULL);
	}
	buf_init(&out, size);
	snapshot_emit(&out, s);
	HOLDS(buf_ok(&out) && bytes_eq(bytes_of(data, size), buf_bytes(&out)));
	snapshot_unref(s);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_sized(data, size, max_size, seed);
}
