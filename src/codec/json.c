/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include "base/hex.h"
#include "base/utf8.h"
#include "codec/json_order.h"
#include "codec/json_scan.h"

#include <string.h>

/* Objects up to this size compare each new name with those before it; larger ones are sorted once, at their end. */
#define FEW_MEMBERS 32

struct parser {
	struct bytes text;
	size_t at; /* <= text.size */
	unsigned depth;
	struct arena *arena;
	struct err *e;
};

/* Where a string stands: a name may hold no NUL, because json_get() and its kin take names as C strings. */
enum place { IN_NAME, IN_VALUE };

static int parse_value(struct parser *p, struct json *v);

/* The text from FROM up to where the parser stands. */
static struct bytes
since(const struct parser *p, size_t from)
{
	return (struct bytes){ p->text.p + from, p->at - from };
}

/* The next byte, 0 at the end. A raw NUL in the text is refused wherever it stands, so 0 needs no second test. */
static inline uint8_t
peek(const struct parser *p)
{
	return p->at < p->text.size ? p->text.p[p->at] : 0;
}

static int
refuse(struct parser *p, size_t at, enum err_code code, const char *why)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at && i < p->text.size; i++) {
		column++;
		if (p->text.p[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return err_set(p->e, code, "json: line %zu, column %zu: %s", line, column, why);
}

static int
malformed(struct parser *p, const char *why)
{
	return refuse(p, p->at, ERR_MALFORMED,
	    p->at == p->text.size ? "the text ends inside a value" : why);
}

static inline void
skip_space(struct parser *p)
{
	uint8_t c = peek(p);

	while (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
		p->at++;
		c = peek(p);
	}
}

static int
parse_word(struct parser *p, const char *word)
{
	for (; *word != '\0'; word++) {
		if (peek(p) != (uint8_t)*word)
			return malformed(p, "no JSON value begins like this");
		p->at++;
	}
	return 0;
}

static inline bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int
parse_digits(struct parser *p)
{
	if (!is_digit(peek(p)))
		return malformed(p, "a digit must stand here");
	while (is_digit(peek(p)))
		p->at++;
	return 0;
}

/* RFC 8259 section 6. */
static int
parse_number(struct parser *p, struct json *v)
{
	size_t from = p->at;

	v->type = JSON_NUMBER;
	if (peek(p) == '-')
		p->at++;
	if (peek(p) == '0')
		p->at++;
	else
		TRY(parse_digits(p));
	if (is_digit(peek(p)))
		return malformed(p, "a number has a leading zero");
	if (peek(p) == '.') {
		p->at++;
		TRY(parse_digits(p));
	}
	if (peek(p) == 'e' || peek(p) == 'E') {
		p->at++;
		if (peek(p) == '+' || peek(p) == '-')
			p->at++;
		TRY(parse_digits(p));
	}
	v->text = since(p, from);
	return 0;
}

/* Four hex digits; -1 if they are not there. */
static int32_t
hex4(struct rd *r)
{
	int32_t v = 0;

	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(rd_u8(r));

		if (r->bad || digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

/* The code point after "\u"; -1 for no hex, -2 for half a surrogate pair. */
static int32_t
escaped_point(struct rd *r)
{
	int32_t v = hex4(r), low;

	if (v < 0xd800 || v > 0xdfff)
		return v;
	if (v > 0xdbff || rd_u8(r) != '\\' || rd_u8(r) != 'u')
		return -2;
	low = hex4(r);
	if (low < 0xdc00 || low > 0xdfff)
		return -2;
	return 0x10000 + ((v - 0xd800) << 10 | (low - 0xdc00));
}

static uint8_t
escaped_byte(uint8_t c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/':
		return c;
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return 0;
	}
}

static size_t
put_utf8(uint8_t *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

/* Resolves the escapes of RAW, which begins at FROM in the text. No escape is shorter than what it stands for. */
static int
unescape(struct parser *p, struct bytes raw, size_t from, enum place where, struct bytes *out)
{
	uint8_t *to = arena_alloc(p->arena, raw.size);
	struct rd r = rd_from(raw);
	size_t size = 0;

	if (to == NULL)
		return arena_fail(p->e, "json");
	while (r.left.size > 0) {
		size_t place = from + (raw.size - r.left.size);
		uint8_t c = rd_u8(&r);
		int32_t point;

		if (c != '\\') {
			to[size++] = c;
			continue;
		}
		c = rd_u8(&r);
		if (c != 'u') {
			to[size] = escaped_byte(c);
			if (to[size++] == 0)
				return refuse(p, place, ERR_MALFORMED, "no such escape");
			continue;
		}
		point = escaped_point(&r);
		if (point < 0)
			return refuse(p, place, ERR_MALFORMED,
			    point == -1 ? "\\u wants four hex digits" : "half a surrogate pair");
		if (point == 0 && where == IN_NAME)
			return refuse(p, place, ERR_MALFORMED, "NUL in a name");
		size += put_utf8(to + size, (uint32_t)point);
	}
	*out = (struct bytes){ to, size };
	return 0;
}

/* RFC 8259 section 7. Most strings are plain: one pass, and a view of the text. */
static int
parse_string(struct parser *p, enum place where, struct bytes *out)
{
	bool has_escape = false, has_high = false;
	size_t from = ++p->at;
	struct bytes raw;

	for (;;) {
		uint8_t c;

		p->at += json_plain_size(p->text.p + p->at, p->text.size - p->at);
		if (p->at >= p->text.size)
			return malformed(p, "");
		c = p->text.p[p->at];
		if (c == '"')
			break;
		if (c < 0x20)
			return malformed(p, "a control character in a string");
		has_high |= c >= 0x80;
		if (c == '\\') {
			/* The byte after it is looked at here only so that \" does not end the string. */
			has_escape = true;
			p->at++;
			if (peek(p) < 0x20)
				return malformed(p, "a control character in a string");
		}
		p->at++;
	}
	raw = since(p, from);
	p->at++;
	if (has_high && !utf8_is_valid(raw))
		return refuse(p, from, ERR_MALFORMED, "a string that is not UTF-8");
	if (has_escape)
		return unescape(p, raw, from, where, out);
	*out = raw;
	return 0;
}

static int
twice(struct parser *p, const struct json *member)
{
	size_t at = (size_t)(member->span.p - p->text.p);

	return refuse(p, at, ERR_MALFORMED, "the value of a name that its object already has");
}

/*
 * A few bits of a name: equal names have equal marks. Names that were made to have equal marks cost a comparison each, of
 * which FEW_MEMBERS bounds the number.
 */
static uint64_t
mark_of(struct bytes name)
{
	uint64_t head = 0, tail = 0;
	size_t part = name.size < sizeof(head) ? name.size : sizeof(head);

	if (part > 0) {
		memcpy(&head, name.p, part);
		memcpy(&tail, name.p + (name.size - part), part);
	}
	return (head ^ name.size) * UINT64_C(0x9e3779b97f4a7c15) + tail;
}

/* The first FEW_MEMBERS names of an object, by their marks. */
struct seen {
	uint64_t marks[FEW_MEMBERS];
	size_t count;
};

/* LATEST is linked in already. */
static int
refuse_twin(struct parser *p, const struct json *object, const struct json *latest, struct seen *s)
{
	uint64_t mark = mark_of(latest->name);
	const struct json *m;
	bool alike = false;

	if (s->count >= FEW_MEMBERS)
		return 0; /* refuse_twins() will look at them all */
	for (size_t i = 0; i < s->count; i++)
		alike |= s->marks[i] == mark;
	s->marks[s->count++] = mark;
	for (m = object->first; alike && m != latest; m = m->next)
		if (bytes_eq(m->name, latest->name))
			return twice(p, latest);
	return 0;
}

static int
refuse_twins(struct parser *p, const struct json *object)
{
	const struct json **members = arena_array(p->arena, object->count, sizeof(*members));

	if (members == NULL)
		return arena_fail(p->e, "json");
	json_members(object, members);
	json_order(members, object->count);
	for (size_t i = 1; i < object->count; i++)
		if (bytes_eq(members[i - 1]->name, members[i]->name))
			return twice(p, members[i]);
	return 0;
}

/* One value of a list, counted against the ceiling before anything is allocated for it. */
static int
parse_element(struct parser *p, struct json *list, struct bytes name, struct json **last)
{
	struct json *v;

	if (list->count >= MAX_JSON_MEMBERS)
		return refuse(p, p->at, ERR_LIMIT, "more than 16384 values in one list");
	v = arena_alloc(p->arena, sizeof(*v));
	if (v == NULL)
		return arena_fail(p->e, "json");
	v->name = name;
	TRY(parse_value(p, v));
	if (*last == NULL)
		list->first = v;
	else
		(*last)->next = v;
	*last = v;
	list->count++;
	return 0;
}

static int
parse_array(struct parser *p, struct json *v)
{
	struct json *last = NULL;

	v->type = JSON_ARRAY;
	p->at++;
	skip_space(p);
	if (peek(p) == ']') {
		p->at++;
		return 0;
	}
	for (;;) {
		TRY(parse_element(p, v, (struct bytes){ 0 }, &last));
		skip_space(p);
		if (peek(p) != ',')
			break;
		p->at++;
		skip_space(p);
	}
	if (peek(p) != ']')
		return malformed(p, "want ',' or ']'");
	p->at++;
	return 0;
}

static int
parse_member(struct parser *p, struct json *v, struct json **last, struct seen *s)
{
	struct bytes name;

	if (peek(p) != '"')
		return malformed(p, "want a name in quotes");
	TRY(parse_string(p, IN_NAME, &name));
	skip_space(p);
	if (peek(p) != ':')
		return malformed(p, "want ':'");
	p->at++;
	skip_space(p);
	TRY(parse_element(p, v, name, last));
	return refuse_twin(p, v, *last, s);
}

static int
parse_object(struct parser *p, struct json *v)
{
	struct json *last = NULL;
	struct seen s;

	v->type = JSON_OBJECT;
	s.count = 0;
	p->at++;
	skip_space(p);
	if (peek(p) == '}') {
		p->at++;
		return 0;
	}
	for (;;) {
		TRY(parse_member(p, v, &last, &s));
		skip_space(p);
		if (peek(p) != ',')
			break;
		p->at++;
		skip_space(p);
	}
	if (peek(p) != '}')
		return malformed(p, "want ',' or '}'");
	p->at++;
	return v->count > FEW_MEMBERS ? refuse_twins(p, v) : 0;
}

static int
parse_inner(struct parser *p, struct json *v)
{
	switch (peek(p)) {
	case '{':
		return parse_object(p, v);
	case '[':
		return parse_array(p, v);
	case '"':
		v->type = JSON_STRING;
		return parse_string(p, IN_VALUE, &v->text);
	case 't':
		v->type = JSON_BOOL;
		v->truth = true;
		return parse_word(p, "true");
	case 'f':
		v->type = JSON_BOOL;
		return parse_word(p, "false");
	case 'n':
		v->type = JSON_NULL;
		return parse_word(p, "null");
	case '-':
		return parse_number(p, v);
	default:
		if (is_digit(peek(p)))
			return parse_number(p, v);
		return malformed(p, "no JSON value begins like this");
	}
}

/* Recursion is bounded by MAX_JSON_DEPTH: the outermost array or object is depth 1. */
static int
parse_value(struct parser *p, struct json *v)
{
	bool nests = peek(p) == '{' || peek(p) == '[';
	size_t from = p->at;

	if (nests && p->depth >= MAX_JSON_DEPTH)
		return refuse(p, p->at, ERR_LIMIT, "nested deeper than 32");
	p->depth += nests;
	TRY(parse_inner(p, v));
	p->depth -= nests;
	v->span = since(p, from);
	return 0;
}

int
json_parse(struct bytes text, size_t max_size, struct arena *a, const struct json **out,
    struct err *e)
{
	struct parser p = { .text = text, .arena = a, .e = e };
	struct json *v;

	if (text.size > max_size)
		return err_set(e, ERR_LIMIT, "json: %zu bytes, at most %zu", text.size, max_size);
	if (text.size == 0)
		return err_set(e, ERR_MALFORMED, "json: line 1, column 1: no text");
	v = arena_alloc(a, sizeof(*v));
	if (v == NULL)
		return arena_fail(e, "json");
	skip_space(&p);
	TRY(parse_value(&p, v));
	skip_space(&p);
	if (p.at != text.size)
		return refuse(&p, p.at, ERR_MALFORMED, "something stands after the value");
	*out = v;
	return 0;
}
