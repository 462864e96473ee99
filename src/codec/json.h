/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259), strict, over an arena.
 *
 * The only place where JSON text becomes a value. Refused: duplicate member names (after escapes are resolved), nesting
 * beyond MAX_JSON_DEPTH, text beyond the caller's size, invalid UTF-8, lone surrogates, a raw NUL, an escaped one in a
 * name, anything after the value but white space, a byte order mark. Numbers keep their spelling, and every value keeps
 * its span, the exact bytes it was read from, because signatures cover bytes and not values. A string may hold NUL: who
 * hands one on as a C string looks for it first.
 *
 *	const struct json *doc;
 *	TRY(json_parse(text, MAX_TCB_INFO_SIZE, arena, &doc, e));
 *	const struct json *version = json_get(doc, "version");
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define MAX_JSON_DEPTH   32
#define MAX_JSON_MEMBERS 16384 /* of one object or array */

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* One value. All views live as long as the parsed text and the arena. */
struct json {
	enum json_type type;
	bool truth;   /* JSON_BOOL */
	size_t count; /* JSON_ARRAY, JSON_OBJECT: how many follow `first` */
	struct bytes
	    text; /* JSON_STRING: with escapes resolved, may hold NUL; JSON_NUMBER: as spelt */
	struct bytes span; /* the bytes it was read from; empty for a value that was built */
	struct bytes name; /* a member's name, with escapes resolved */
	const struct json *first, *next;
	struct json *last; /* of a value that was built: where json_add() and json_append() go on */
};

/* ERR_MALFORMED names line and column; ERR_LIMIT for SIZE, depth, members, memory. */
int json_parse(struct bytes text, size_t max_size, struct arena *a, const struct json **out,
    struct err *e) MUST_CHECK;

/* NULL if OBJECT is NULL, no object, or has no such member. */
const struct json *json_get(const struct json *object, const char *name);
/* Without case (maa-api.md 1.1); NULL also when two members differ only by case. */
const struct json *json_get_nocase(const struct json *object, const char *name);
/* "a.b.c" walks objects. */
const struct json *json_at(const struct json *object, const char *path);
const struct json *json_item(const struct json *array, size_t index);

/* False for NULL, another type, a fraction, an exponent, "-0", or a value outside the range. */
bool json_int(const struct json *v, int64_t *out) MUST_CHECK;
bool json_uint(const struct json *v, uint64_t max, uint64_t *out) MUST_CHECK;
/* The decoded string; p is NULL for another type (an empty string has p != NULL). */
struct bytes json_text(const struct json *v);
bool json_is_str(const struct json *v, const char *s);
bool json_bool(const struct json *v, bool *out) MUST_CHECK;
/* A string anywhere in V holds NUL: readers of C strings would see another text than was signed. */
bool json_has_nul(const struct json *v);
/* Equal as values: member order is free, numbers are equal when their spelling is. */
bool json_eq(const struct json *a, const struct json *b);

/* Building. NULL when memory ran out; adding NULL to anything fails, so check once at the end. Strings are borrowed. */
struct json *json_new(struct arena *a, enum json_type type);
struct json *json_new_str(struct arena *a, struct bytes text);
struct json *json_new_cstr(struct arena *a, const char *text);
struct json *json_new_int(struct arena *a, int64_t v);
struct json *json_new_bool(struct arena *a, bool v);
struct json *json_new_hex(struct arena *a, struct bytes raw);
struct json *json_new_b64url(struct arena *a, struct bytes raw);
/*
 * A shallow copy that can be added elsewhere (a value can stand in one list only). It shares its members with V, so
 * none can be added to it.
 */
struct json *json_copy(struct arena *a, const struct json *v);
/* False when OBJECT or VALUE is NULL, the name is taken, or OBJECT was parsed or copied. NAME is borrowed. */
bool json_add(struct json *object, struct bytes name, struct json *value);
bool json_put(struct json *object, const char *name, struct json *value);
bool json_append(struct json *array, struct json *value);

/*
 * Writing: compact, ASCII only (\uXXXX, pairs above U+FFFF; \" \\ \b \f \n \r \t, other controls \u00xx), numbers as
 * they were spelt. Text that is not UTF-8 and trees deeper than MAX_JSON_DEPTH make OUT bad: what may be signed is
 * never repaired.
 */
enum json_order { JSON_AS_IS, JSON_SORTED /* member names bytewise, at every level */ };
void json_emit(struct buf *out, const struct json *v, enum json_order order);
/* For people: two blanks of indentation, UTF-8 kept. */
void json_print(struct buf *out, const struct json *v);
/* The letter behind the backslash where JSON has a short form for C (RFC 8259 section 7); 0 where it has none. */
char json_short_escape(uint32_t c);
/* One quoted ASCII string. */
void json_emit_str(struct buf *out, struct bytes text);
