/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/json: what is read can be written and is read as the same value; the written form is stable, sorted or not; spans
 * are the bytes that a value was read from, so that they are read as the same value.
 */
#include "mutate.h"

#include "base/utf8.h"
#include "codec/json.h"

#include <string.h>

static void
fuzz_node(const struct json *v, struct bytes text, unsigned depth)
{
	size_t count = 0;
	int64_t n;
	uint64_t u;

	HOLDS(depth <= MAX_JSON_DEPTH);
	HOLDS(v->span.size > 0 && v->span.p >= text.p &&
	    v->span.p + v->span.size <= text.p + text.size);
	if (v->type == JSON_STRING)
		HOLDS(v->text.p != NULL && utf8_is_valid(v->text) &&
		    (v->text.size == 0 || memchr(v->text.p, 0, v->text.size) == NULL));
	if (v->type == JSON_NUMBER)
		HOLDS(bytes_eq(v->text, v->span));
	if (json_int(v, &n) && n >= 0)
		HOLDS(json_uint(v, UINT64_MAX, &u) && u == (uint64_t)n);
	for (const struct json *c = v->first; c != NULL; c = c->next, count++) {
		if (v->type == JSON_OBJECT) {
			HOLDS(utf8_is_valid(c->name));
			for (const struct json *o = c->next; o != NULL && count < 64; o = o->next)
				HOLDS(!bytes_eq(o->name, c->name));
		}
		fuzz_node(c, text, depth + 1);
	}
	HOLDS(count == v->count);
}

/* Both orders, and the form for people: read again they are the value, written again they are the text. */
static void
fuzz_written(const struct json *v, struct arena *a)
{
	for (int form = 0; form < 3; form++) {
		DEFER(buf_release) struct buf once = { 0 }, twice = { 0 };
		const struct json *again;
		struct err e = { 0 };

		buf_init(&once, 1u << 24);
		buf_init(&twice, 1u << 24);
		if (form == 2)
			json_print(&once, v);
		else
			json_emit(&once, v, (enum json_order)form);
		HOLDS(buf_ok(&once));
		HOLDS(json_parse(buf_bytes(&once), once.size, a, &again, &e) == 0);
		HOLDS(json_eq(v, again));
		if (form == 2)
			json_print(&twice, again);
		else
			json_emit(&twice, again, (enum json_order)form);
		HOLDS(buf_ok(&twice) && bytes_eq(buf_bytes(&once), buf_bytes(&twice)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = fuzz_arena();
	struct bytes text = bytes_of(data, size);
	const struct json *v = NULL, *span;
	struct err e = { 0 };

	if (json_parse(text, size, a, &v, &e) < 0) {
		fuzz_refusal(&e);
		HOLDS(v == NULL);
		return 0;
	}
	HOLDS(utf8_is_valid(text));
	fuzz_node(v, text, 0);
	HOLDS(json_parse(v->span, v->span.size, a, &span, &e) == 0 && json_eq(v, span));
	fuzz_written(v, a);
	/* One byte less is too much. */
	HOLDS(json_parse(text, size - 1, a, &span, &e) < 0 && e.code == ERR_LIMIT);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_json(data, size, max_size, seed);
}
