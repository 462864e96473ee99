/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/yaml.h"

#include "base/utf8.h"

#include <string.h>
#include <yaml.h>

/* One open collection. */
struct level {
	struct json *list;
	struct bytes name; /* the key whose value is next; p == NULL when a key is next */
};

struct loader {
	yaml_parser_t parser;
	struct arena *arena;
	struct err *e;
	struct rd left;    /* the text from the last mark on */
	size_t left_index; /* and the characters before it: the library counts those */
	struct level open[MAX_JSON_DEPTH];
	size_t depth;
	struct json *root;
};

static int
refuse(const struct loader *l, enum err_code code, const yaml_mark_t *at, const char *why)
{
	return err_set(l->e, code, "yaml: line %zu, column %zu: %s", at->line + 1, at->column + 1,
	    why);
}

static int
parser_failed(const struct loader *l)
{
	const yaml_mark_t *at = &l->parser.problem_mark;

	if (l->parser.error == YAML_MEMORY_ERROR)
		return arena_fail(l->e, "yaml");
	return refuse(l, ERR_MALFORMED, at,
	    l->parser.problem == NULL ? "no YAML" : l->parser.problem);
}

/* As JSON spells integers: "007", "+1", "0x10" and "1_000" stay strings. */
static bool
looks_like_integer(struct bytes text)
{
	struct bytes digits = bytes_slice(text, bytes_has_prefix(text, "-"), text.size);

	if (digits.size == 0 || (digits.size > 1 && digits.p[0] == '0'))
		return false;
	for (size_t i = 0; i < digits.size; i++)
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
	return true;
}

/* YAML 1.2.2 section 10.2, less its second spellings: yes, True and ~ are strings here, and nobody has to guess. */
static void
plain_scalar(struct json *v)
{
	v->type = JSON_STRING;
	if (v->text.size == 0 || bytes_is_str(v->text, "null")) {
		v->type = JSON_NULL;
		v->text = (struct bytes){ 0 };
	} else if (bytes_is_str(v->text, "true") || bytes_is_str(v->text, "false")) {
		v->type = JSON_BOOL;
		v->truth = bytes_is_str(v->text, "true");
		v->text = (struct bytes){ 0 };
	} else if (looks_like_integer(v->text)) {
		v->type = JSON_NUMBER;
	}
}

/* The text from MARK to END; starts come in order, so the text is walked once. */
static struct bytes
span_at(struct loader *l, const yaml_mark_t *mark, const yaml_mark_t *end)
{
	struct rd r;
	size_t i;

	for (; l->left_index < mark->index && l->left.left.size > 0; l->left_index++)
		do
			(void)rd_u8(&l->left);
		while (l->left.left.size > 0 && (l->left.left.p[0] & 0xc0) == 0x80);
	r = l->left;
	for (i = mark->index; i < end->index && r.left.size > 0; i++)
		do
			(void)rd_u8(&r);
		while (r.left.size > 0 && (r.left.p[0] & 0xc0) == 0x80);
	return bytes_slice(l->left.left, 0, l->left.left.size - r.left.size);
}

/* Stands V where the document is: as its root, as the next item, or as the value of the key that was read. */
static int
place(struct loader *l, struct json *v, const yaml_mark_t *at)
{
	struct level *top;

	if (v == NULL)
		return arena_fail(l->e, "yaml");
	if (l->depth == 0) {
		l->root = v;
		return 0;
	}
	top = &l->open[l->depth - 1];
	if (top->list->count >= MAX_JSON_MEMBERS)
		return refuse(l, ERR_LIMIT, at, "more than 16384 values in one list");
	if (top->list->type == JSON_ARRAY) {
		if (!json_append(top->list, v))
			return err_set(l->e, ERR_INTERNAL, "yaml: an item has no place");
		return 0;
	}
	if (top->name.p == NULL)
		return refuse(l, ERR_MALFORMED, at, "a key must be a scalar");
	if (!json_add(top->list, top->name, v))
		return refuse(l, ERR_MALFORMED, at,
		    "the value of a key that its mapping already has");
	top->name = (struct bytes){ 0 };
	return 0;
}

static int
take_scalar(struct loader *l, const yaml_event_t *event)
{
	struct level *top = l->depth == 0 ? NULL : &l->open[l->depth - 1];
	struct bytes text =
	    arena_copy(l->arena, bytes_of(event->data.scalar.value, event->data.scalar.length));
	struct json *v;

	if (text.p == NULL)
		return arena_fail(l->e, "yaml");
	if (event->data.scalar.anchor != NULL)
		return refuse(l, ERR_UNSUPPORTED, &event->start_mark, "anchors are not accepted");
	if (event->data.scalar.tag != NULL)
		return refuse(l, ERR_UNSUPPORTED, &event->start_mark, "tags are not accepted");
	if (memchr(text.p, 0, text.size + 1) != text.p + text.size)
		return refuse(l, ERR_MALFORMED, &event->start_mark, "NUL in a scalar");
	if (top != NULL && top->list->type == JSON_OBJECT && top->name.p == NULL) {
		top->name = text;
		return 0;
	}
	v = json_new_str(l->arena, text);
	if (v != NULL && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		plain_scalar(v);
	if (v != NULL)
		v->span = span_at(l, &event->start_mark, &event->end_mark);
	return place(l, v, &event->start_mark);
}

static int
open_list(struct loader *l, enum json_type type, const yaml_char_t *anchor, const yaml_char_t *tag,
    const yaml_mark_t *at)
{
	struct json *list = json_new(l->arena, type);

	if (anchor != NULL)
		return refuse(l, ERR_UNSUPPORTED, at, "anchors are not accepted");
	if (tag != NULL)
		return refuse(l, ERR_UNSUPPORTED, at, "tags are not accepted");
	if (l->depth >= MAX_JSON_DEPTH)
		return refuse(l, ERR_LIMIT, at, "nested deeper than 32");
	if (list != NULL)
		list->span = span_at(l, at, at);
	TRY(place(l, list, at));
	l->open[l->depth++] = (struct level){ .list = list };
	return 0;
}

/* One event; 1 when the stream is over. */
static int
take_event(struct loader *l, const yaml_event_t *event)
{
	const yaml_mark_t *at = &event->start_mark;

	switch (event->type) {
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		if (l->root != NULL)
			return refuse(l, ERR_UNSUPPORTED, at, "a second document");
		return 0;
	case YAML_SCALAR_EVENT:
		return take_scalar(l, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_list(l, JSON_ARRAY, event->data.sequence_start.anchor,
		    event->data.sequence_start.tag, at);
	case YAML_MAPPING_START_EVENT:
		return open_list(l, JSON_OBJECT, event->data.mapping_start.anchor,
		    event->data.mapping_start.tag, at);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		l->depth--;
		return 0;
	case YAML_ALIAS_EVENT:
		return refuse(l, ERR_UNSUPPORTED, at, "aliases are not accepted");
	case YAML_STREAM_END_EVENT:
		return 1;
	case YAML_NO_EVENT:
		break;
	}
	return err_set(l->e, ERR_INTERNAL, "yaml: event %d", (int)event->type);
}

static int
load(struct loader *l)
{
	for (;;) {
		yaml_event_t event;
		int over;

		if (!yaml_parser_parse(&l->parser, &event))
			return parser_failed(l);
		over = take_event(l, &event);
		yaml_event_delete(&event);
		TRY(over);
		if (over > 0)
			break;
	}
	if (l->root == NULL)
		return err_set(l->e, ERR_MALFORMED, "yaml: line 1, column 1: no document");
	return 0;
}

int
yaml_parse(struct bytes text, size_t max_size, struct arena *a, const struct json **out,
    struct err *e)
{
	struct loader l = { .arena = a, .e = e, .left = rd_from(text) };
	int done;

	if (text.size > max_size)
		return err_set(e, ERR_LIMIT, "yaml: %zu bytes, at most %zu", text.size, max_size);
	if (!utf8_is_valid(text))
		return err_set(e, ERR_MALFORMED, "yaml: the text is not UTF-8");
	if (text.size == 0)
		return err_set(e, ERR_MALFORMED, "yaml: line 1, column 1: no document");
	if (!yaml_parser_initialize(&l.parser))
		return arena_fail(e, "yaml");
	yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&l.parser, text.p, text.size);
	done = load(&l);
	yaml_parser_delete(&l.parser);
	if (done == 0)
		*out = l.root;
	return done;
}
