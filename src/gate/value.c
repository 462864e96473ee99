/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/value.h"

#include <stdio.h>

static bool
is_visible(uint8_t c)
{
	return c > 0x20 && c < 0x7f && c != '%';
}

static void
escape(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.size && buf_ok(out); i++) {
		if (is_visible(text.p[i]))
			buf_u8(out, text.p[i]);
		else
			buf_fmt(out, "%%%02X", text.p[i]);
	}
}

int
gate_value(const struct json *v, struct arena *a, const char **out, struct err *e)
{
	DEFER(buf_release) struct buf text = { 0 }, safe = { 0 };
	struct bytes kept;

	*out = NULL;
	if (v == NULL)
		return 0;
	buf_init(&text, MAX_GATE_VALUE);
	buf_init(&safe, MAX_GATE_VALUE);
	if (v->type == JSON_STRING)
		buf_add(&text, json_text(v));
	else
		json_emit(&text, v, JSON_AS_IS);
	escape(&safe, buf_bytes(&text));
	if (!buf_ok(&text) || !buf_ok(&safe) || safe.size == 0)
		return 0;
	kept = arena_copy(a, buf_bytes(&safe));
	if (kept.p == NULL)
		return arena_fail(e, "header");
	*out = (const char *)kept.p;
	return 0;
}
