/* SPDX-License-Identifier: Apache-2.0 */
/* Writing values: for machines (json_emit) and for people (json_print). */
#include "codec/json.h"

#include "base/utf8.h"
#include "codec/json_order.h"
#include "codec/json_scan.h"

#include <stdlib.h>
#include <string.h>

/* Members of most objects; more than these are sorted in memory from the heap. */
#define FEW_MEMBERS 64

struct writer {
	struct buf *out;
	enum json_order order;
	bool pretty;
	unsigned depth;
};

static void emit_value(struct writer *w, const struct json *v);

static void
emit_u(struct buf *out, uint32_t unit)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *p = buf_grow(out, 6);

	if (p == NULL)
		return;
	p[0] = '\\';
	p[1] = 'u';
	for (unsigned i = 0; i < 4; i++)
		p[2 + i] = (uint8_t)digits[unit >> (12 - 4 * i) & 15];
}

char
json_short_escape(uint32_t c)
{
	static const char short_form[] = {
		['\b'] = 'b',
		['\t'] = 't',
		['\n'] = 'n',
		['\f'] = 'f',
		['\r'] = 'r',
		['"'] = '"',
		['\\'] = '\\',
	};

	return c < sizeof(short_form) ? short_form[c] : 0;
}

static void
emit_escaped(struct buf *out, uint32_t c)
{
	char letter = json_short_escape(c);

	if (letter != 0) {
		buf_char(out, '\\');
		buf_char(out, letter);
	} else if (c < 0x10000) {
		emit_u(out, c);
	} else {
		emit_u(out, 0xd800 + ((c - 0x10000) >> 10));
		emit_u(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
	}
}

/* What could move a terminal's cursor or turn the direction of its text; a person should see it as an escape. */
static bool
misleads(uint32_t c)
{
	return (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* DEL is plain to machines, and misleads people. */
static size_t
plain_size(struct bytes text, bool pretty)
{
	size_t size = json_plain_size(text.p, text.size);
	const uint8_t *found = pretty && size > 0 ? memchr(text.p, 0x7f, size) : NULL;

	return found == NULL ? size : (size_t)(found - text.p);
}

/* Most strings are plain from end to end, and written in one piece with the colon that may FOLLOW. */
static bool
emit_plain_str(struct buf *out, struct bytes text, bool pretty, struct bytes follow)
{
	uint8_t *p;

	if (plain_size(text, pretty) < text.size)
		return false;
	p = buf_grow(out, text.size + 2 + follow.size);
	if (p == NULL)
		return true;
	p[0] = '"';
	if (text.size > 0)
		memcpy(p + 1, text.p, text.size);
	p[text.size + 1] = '"';
	for (size_t i = 0; i < follow.size; i++)
		p[text.size + 2 + i] = follow.p[i];
	return true;
}

static void
emit_str(struct buf *out, struct bytes text, bool pretty, struct bytes follow)
{
	if (emit_plain_str(out, text, pretty, follow))
		return;
	buf_char(out, '"');
	while (text.size > 0) {
		struct bytes rest = text;
		size_t plain = plain_size(text, pretty);
		int32_t c;

		buf_add(out, bytes_slice(text, 0, plain));
		rest = text = bytes_slice(text, plain, text.size);
		if (text.size == 0)
			break;
		c = utf8_next(&rest);
		if (c < 0) {
			out->bad = true;
			return;
		}
		if (pretty && c >= 0x80 && !misleads((uint32_t)c))
			buf_add(out, bytes_slice(text, 0, text.size - rest.size));
		else
			emit_escaped(out, (uint32_t)c);
		text = rest;
	}
	buf_char(out, '"');
	buf_add(out, follow);
}

static void
new_line(struct writer *w)
{
	if (!w->pretty)
		return;
	buf_char(w->out, '\n');
	for (unsigned i = 0; i < w->depth; i++)
		buf_str(w->out, "  ");
}

static void
emit_element(struct writer *w, const struct json *v, bool is_first, bool is_member)
{
	if (!is_first)
		buf_char(w->out, ',');
	new_line(w);
	if (is_member)
		emit_str(w->out, v->name, w->pretty, w->pretty ? BYTES(": ") : BYTES(":"));
	emit_value(w, v);
}

static void
emit_sorted(struct writer *w, const struct json *object)
{
	const struct json *few[FEW_MEMBERS], **members = few;
	DEFER(freep) const struct json **many = NULL;

	if (object->count > FEW_MEMBERS) {
		members = many = calloc(object->count, sizeof(const struct json *));
		if (many == NULL) {
			w->out->bad = true;
			return;
		}
	}
	json_members(object, members);
	json_order(members, object->count);
	for (size_t i = 0; i < object->count; i++)
		emit_element(w, members[i], i == 0, true);
}

static void
emit_list(struct writer *w, const struct json *list)
{
	bool is_object = list->type == JSON_OBJECT;

	buf_char(w->out, is_object ? '{' : '[');
	w->depth++;
	if (is_object && w->order == JSON_SORTED)
		emit_sorted(w, list);
	else
		for (const struct json *v = list->first; v != NULL; v = v->next)
			emit_element(w, v, v == list->first, is_object);
	w->depth--;
	if (list->count > 0)
		new_line(w);
	buf_char(w->out, is_object ? '}' : ']');
}

static void
emit_value(struct writer *w, const struct json *v)
{
	if (v == NULL) {
		w->out->bad = true;
		return;
	}
	switch (v->type) {
	case JSON_NULL:
		buf_str(w->out, "null");
		return;
	case JSON_BOOL:
		buf_str(w->out, v->truth ? "true" : "false");
		return;
	case JSON_NUMBER:
		buf_add(w->out, v->text);
		return;
	case JSON_STRING:
		emit_str(w->out, v->text, w->pretty, (struct bytes){ 0 });
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		if (w->depth >= MAX_JSON_DEPTH || w->out->bad) {
			w->out->bad = true;
			return;
		}
		emit_list(w, v);
		return;
	}
	w->out->bad = true;
}

void
json_emit(struct buf *out, const struct json *v, enum json_order order)
{
	struct writer w = { .out = out, .order = order };

	emit_value(&w, v);
}

void
json_print(struct buf *out, const struct json *v)
{
	struct writer w = { .out = out, .order = JSON_AS_IS, .pretty = true };

	emit_value(&w, v);
	buf_char(out, '\n');
}

void
json_emit_str(struct buf *out, struct bytes text)
{
	emit_str(out, text, false, (struct bytes){ 0 });
}
