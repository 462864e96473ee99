/* SPDX-License-Identifier: Apache-2.0 */
/* codec/yaml: what is read is a tree that can be written as JSON and is read as the same value. */
#include "fuzz.h"

#include "codec/yaml.h"

static unsigned
depth_of(const struct json *v)
{
	unsigned depth = 0;

	for (const struct json *c = v->first; c != NULL; c = c->next) {
		unsigned below = depth_of(c);

		depth = below > depth ? below : depth;
	}
	return depth + 1;
}

static void
fuzz_names(const struct json *v)
{
	for (const struct json *c = v->first; c != NULL; c = c->next) {
		if (v->type == JSON_OBJECT)
			for (const struct json *o = c->next; o != NULL; o = o->next)
				HOLDS(!bytes_eq(o->name, c->name));
		fuzz_names(c);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct arena *a = fuzz_arena();
	const struct json *v = NULL, *again;
	struct err e = { 0 };

	if (yaml_parse(bytes_of(data, size), 65536, a, &v, &e) < 0) {
		fuzz_refusal(&e);
		return 0;
	}
	HOLDS(depth_of(v) <= MAX_JSON_DEPTH + 1);
	fuzz_names(v);
	buf_init(&out, 1u << 24);
	json_emit(&out, v, JSON_AS_IS);
	HOLDS(buf_ok(&out));
	HOLDS(json_parse(buf_bytes(&out), out.size, a, &again, &e) == 0 && json_eq(v, again));
	return 0;
}
