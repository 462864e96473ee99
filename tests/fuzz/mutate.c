/* SPDX-License-Identifier: Apache-2.0 */
#include "mutate.h"

#include "codec/der_emit.h"
#include "codec/json.h"
#include "codec/pem.h"

#include <stdlib.h>
#include <string.h>

#define MAX_MUTATED       1048576
#define MAX_ELEMENTS      4096
#define ROOM              4096 /* what one change may add */
#define FRAME_HEADER_SIZE 16   /* net/ipc.h */

struct dice
dice_of(unsigned seed)
{
	return (struct dice){ (uint64_t)seed * UINT64_C(0x9e3779b97f4a7c15) + 1 };
}

size_t
dice_below(struct dice *d, size_t n)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return n == 0 ? 0 : (size_t)(d->state >> 16) % n;
}

size_t
mutate_take(struct buf *out, uint8_t *data, size_t size, size_t max_size)
{
	struct bytes made = buf_bytes(out);

	if (!buf_ok(out) || made.size == 0 || made.size > max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	memcpy(data, made.p, made.size);
	return made.size;
}

/* Appends a libFuzzer change of PART. */
static void
put_changed(struct buf *out, struct bytes part)
{
	uint8_t *room = malloc(part.size + ROOM);

	if (room == NULL)
		return;
	if (part.size > 0)
		memcpy(room, part.p, part.size);
	buf_add(out, bytes_of(room, LLVMFuzzerMutate(room, part.size, part.size + ROOM)));
	free(room);
}

size_t
mutate_part(uint8_t *data, size_t size, size_t max_size, size_t from, size_t part_size)
{
	DEFER(buf_release) struct buf out = { 0 };

	if (from > size || part_size > size - from)
		return LLVMFuzzerMutate(data, size, max_size);
	buf_init(&out, MAX_MUTATED);
	buf_add(&out, bytes_of(data, from));
	put_changed(&out, bytes_of(data + from, part_size));
	buf_add(&out, bytes_of(data + from + part_size, size - from - part_size));
	return mutate_take(&out, data, size, max_size);
}

size_t
mutate_sized(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct dice d = dice_of(seed);
	size_t at, field = 0;

	if (dice_below(&d, 3) == 0 || size < 8)
		return LLVMFuzzerMutate(data, size, max_size);
	/* From a random place on, the first thing that can be a size of what follows. */
	for (at = dice_below(&d, size); at + 4 < size; at++) {
		field = data[at] | (size_t)data[at + 1] << 8;
		if (data[at + 2] == 0 && data[at + 3] == 0 && field > 0 && field <= size - at - 4)
			break;
	}
	if (at + 4 >= size)
		return LLVMFuzzerMutate(data, size, max_size);
	size_t changed = mutate_part(data, size, max_size, at + 4, field);
	size_t now = field + changed - size;

	for (size_t i = 0; i < 4; i++)
		data[at + i] = (uint8_t)(now >> 8 * i);
	return changed;
}

/* The next frame of FRAMES whole; p == NULL when there is none. */
static struct bytes
take_frame(struct rd *frames)
{
	struct rd head = *frames;
	uint32_t size = rd_le32(&head);

	return rd_take(frames, FRAME_HEADER_SIZE + (size_t)size);
}

static void
put_frame(struct buf *out, struct bytes frame, unsigned seed,
    size_t (*change)(uint8_t *data, size_t size, size_t max_size, unsigned seed))
{
	size_t size = frame.size - FRAME_HEADER_SIZE;
	uint8_t *room = malloc(size + ROOM);

	if (room == NULL)
		return;
	if (size > 0)
		memcpy(room, frame.p + FRAME_HEADER_SIZE, size);
	size = change(room, size, size + ROOM, seed);
	buf_le32(out, (uint32_t)size);
	buf_add(out, bytes_of(frame.p + 4, FRAME_HEADER_SIZE - 4));
	buf_add(out, bytes_of(room, size));
	free(room);
}

size_t
mutate_frames(uint8_t *data, size_t size, size_t max_size, unsigned seed,
    size_t (*body)(uint8_t *data, size_t size, size_t max_size, unsigned seed))
{
	DEFER(buf_release) struct buf out = { 0 };
	struct dice d = dice_of(seed);
	struct rd r = rd_from(bytes_of(data, size));
	size_t target = dice_below(&d, 5), change = dice_below(&d, 6), n = 0;
	struct bytes rest = r.left;

	if (change == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	buf_init(&out, MAX_MUTATED);
	for (; r.left.size > 0; n++) {
		struct bytes frame = take_frame(&r);

		if (!rd_ok(&r)) {
			buf_add(&out, rest);
			break;
		}
		rest = r.left;
		if (n != target || change == 1)
			buf_add(&out, frame);
		if (n == target && change != 2)
			put_frame(&out, frame, seed, body);
	}
	return mutate_take(&out, data, size, max_size);
}

/* DER. */

/* The last is libFuzzer's. */
enum der_change {
	DER_TAG,
	DER_REMOVE,
	DER_DOUBLE,
	DER_REPLACE,
	DER_EMPTY,
	DER_CONTENTS,
	DER_CHANGES
};

struct der_walk {
	size_t target; /* which element, counted from the front */
	size_t count;
	enum der_change change;
	struct bytes other; /* a whole element, for DER_REPLACE */
	struct dice *dice;
	struct buf *out;
};

/* Does it hold elements, exactly? OCTET and BIT STRINGs often do. */
static bool
holds_elements(uint8_t tag, struct bytes contents)
{
	struct rd r = rd_from(contents);

	if ((tag & 0x20) != 0)
		return true;
	if (tag != DER_OCTET_STRING || contents.size < 2)
		return false;
	while (r.left.size > 0 && rd_ok(&r))
		(void)der_any(&r, NULL);
	return rd_done(&r);
}

static void der_walk(struct der_walk *w, struct bytes contents);

static void
der_put_inside(struct der_walk *w, uint8_t tag, struct bytes contents)
{
	size_t mark = der_open(w->out, tag);

	if (holds_elements(tag, contents))
		der_walk(w, contents);
	else
		buf_add(w->out, contents);
	der_close(w->out, mark);
}

static void
der_put_changed(struct der_walk *w, uint8_t tag, struct bytes whole, struct bytes contents)
{
	size_t mark;

	switch (w->change) {
	case DER_REMOVE:
		return;
	case DER_REPLACE:
		buf_add(w->out, w->other);
		return;
	case DER_DOUBLE:
		buf_add(w->out, whole);
		buf_add(w->out, whole);
		return;
	case DER_TAG:
		tag ^= (uint8_t)(1u << dice_below(w->dice, 8));
		/* Numbers from 31 on would need another form. */
		if ((tag & 0x1f) == 0x1f)
			tag ^= 1;
		mark = der_open(w->out, tag);
		buf_add(w->out, contents);
		der_close(w->out, mark);
		return;
	case DER_EMPTY:
		mark = der_open(w->out, tag);
		der_close(w->out, mark);
		return;
	case DER_CONTENTS:
	case DER_CHANGES:
	default:
		mark = der_open(w->out, tag);
		put_changed(w->out, contents);
		der_close(w->out, mark);
	}
}

/* Writes CONTENTS again, its TARGETth element changed. */
static void
der_walk(struct der_walk *w, struct bytes contents)
{
	struct rd r = rd_from(contents);

	while (r.left.size > 0) {
		struct bytes rest = r.left;
		uint8_t tag;
		struct bytes whole = der_any(&r, &tag);

		if (!rd_ok(&r) || w->count > MAX_ELEMENTS) {
			buf_add(w->out, rest);
			return;
		}
		struct rd inner = rd_from(whole);
		struct bytes in = der_take(&inner, tag);

		if (w->count++ == w->target)
			der_put_changed(w, tag, whole, in);
		else
			der_put_inside(w, tag, in);
	}
}

/* The Nth element, counted as der_walk() counts; *COUNT is how many there are. */
static struct bytes
der_nth(struct bytes contents, size_t n, size_t *count)
{
	struct rd r = rd_from(contents);
	struct bytes found = { 0 };

	while (r.left.size > 0 && *count < MAX_ELEMENTS) {
		uint8_t tag;
		struct bytes whole = der_any(&r, &tag), in;

		if (!rd_ok(&r))
			break;
		struct rd inner = rd_from(whole);

		in = der_take(&inner, tag);
		if ((*count)++ == n)
			found = whole;
		if (holds_elements(tag, in)) {
			struct bytes below = der_nth(in, n, count);

			if (below.p != NULL)
				found = below;
		}
	}
	return found;
}

static void
der_change(struct bytes der, struct dice *d, size_t changes, struct buf *out)
{
	size_t count = 0;
	struct der_walk w = { .dice = d, .out = out };

	(void)der_nth(der, SIZE_MAX, &count);
	w.target = dice_below(d, count);
	w.change = (enum der_change)dice_below(d, changes);
	count = 0;
	w.other = der_nth(der, dice_below(d, w.target + 8), &count);
	der_walk(&w, der);
}

void
mutate_der_exact(struct bytes der, unsigned seed, struct buf *out)
{
	struct dice d = dice_of(seed);

	der_change(der, &d, DER_CONTENTS, out);
}

size_t
mutate_der(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct dice d = dice_of(seed);

	if (dice_below(&d, 8) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	buf_init(&out, MAX_MUTATED);
	der_change(bytes_of(data, size), &d, DER_CHANGES, &out);
	return mutate_take(&out, data, size, max_size);
}

size_t
mutate_pem(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	DEFER(buf_release) struct buf out = { 0 }, der = { 0 };
	struct dice d = dice_of(seed);
	struct bytes text = bytes_of(data, size), block;
	size_t target = dice_below(&d, 4), n = 0;
	struct arena *a = fuzz_arena();

	if (dice_below(&d, 6) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	buf_init(&out, MAX_MUTATED);
	buf_init(&der, MAX_MUTATED);
	for (; pem_next(&text, "CERTIFICATE", a, &block, NULL) == 1; n++) {
		buf_clear(&der);
		if (n == target)
			der_change(block, &d, DER_CHANGES, &der);
		else
			buf_add(&der, block);
		/* A chain is also reordered, doubled, cut. */
		if (dice_below(&d, 16) == 0)
			continue;
		pem_emit(&out, "CERTIFICATE", buf_bytes(&der));
	}
	return mutate_take(&out, data, size, max_size);
}

/* JSON. */

static const char *const odd_values[] = { "null", "true", "false", "0", "-1", "-0", "1", "65535",
	"65536", "4294967296", "9223372036854775807", "9223372036854775808", "1.0", "1e2", "1E400",
	"\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "[]", "{}", "[[]]", "\"A\"",
	"\"2026-11-24T06:30:00Z\"", "\"9999-12-31T23:59:59Z\"", "\"00\"" };

static const struct json *
json_nth(const struct json *v, size_t n, size_t *count)
{
	const struct json *found = NULL;

	if ((*count)++ == n)
		return v;
	for (const struct json *child = v->first; child != NULL && found == NULL;
	     child = child->next)
		found = json_nth(child, n, count);
	return found;
}

/* From the name of a member on, where V is one; RAW holds V. */
static size_t
member_from(struct bytes raw, const struct json *v)
{
	size_t at = (size_t)(v->span.p - raw.p);

	/* Back over the colon to the name's first quote: good enough for a mutator. */
	if (v->name.p != NULL)
		for (size_t back = at; back > 0 && at - back < 512; back--)
			if (raw.p[back - 1] == '"' &&
			    (back < 2 || raw.p[back - 2] == '{' || raw.p[back - 2] == ','))
				return back - 1;
	return at;
}

static void
json_put_changed(struct buf *out, struct bytes raw, const struct json *v, const struct json *other,
    struct dice *d, size_t changes)
{
	size_t from = (size_t)(v->span.p - raw.p), to = from + v->span.size;
	size_t change = dice_below(d, changes);

	if (change == 0 || change == 1)
		from = member_from(raw, v);
	buf_add(out, bytes_of(raw.p, from));
	if (change == 0) { /* removed, with the comma behind it */
		to += to < raw.size && raw.p[to] == ',';
	} else if (change == 1) { /* doubled */
		buf_add(out, bytes_of(raw.p + from, to - from));
		buf_char(out, ',');
		buf_add(out, bytes_of(raw.p + from, to - from));
	} else if (change == 2 && other != NULL) {
		buf_add(out, other->span);
	} else if (change == 3) {
		buf_str(out, odd_values[dice_below(d, COUNT_OF(odd_values))]);
	} else {
		put_changed(out, v->span);
	}
	buf_add(out, bytes_of(raw.p + to, raw.size - to));
}

#define EXACT_CHANGES 4
#define ALL_CHANGES   7

static void
json_change(struct bytes raw, const struct json *doc, struct dice *d, size_t changes,
    struct buf *out)
{
	size_t count = 0, all;
	const struct json *v, *other;

	(void)json_nth(doc, SIZE_MAX, &count);
	all = count;
	count = 0;
	v = json_nth(doc, dice_below(d, all), &count);
	count = 0;
	other = json_nth(doc, dice_below(d, all), &count);
	json_put_changed(out, raw, v, other, d, changes);
}

void
mutate_json_exact(struct bytes text, unsigned seed, struct buf *out)
{
	DEFER(arena_release) struct arena a;
	struct dice d = dice_of(seed);
	const struct json *doc;

	arena_init(&a, 16u << 20);
	if (json_parse(text, text.size, &a, &doc, NULL) < 0)
		buf_add(out, text);
	else
		json_change(text, doc, &d, EXACT_CHANGES, out);
}

size_t
mutate_json(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct dice d = dice_of(seed);
	struct bytes raw = bytes_of(data, size);
	const struct json *doc;

	if (dice_below(&d, 8) == 0 || json_parse(raw, size, fuzz_arena(), &doc, NULL) < 0)
		return LLVMFuzzerMutate(data, size, max_size);
	buf_init(&out, MAX_MUTATED);
	json_change(raw, doc, &d, ALL_CHANGES, &out);
	return mutate_take(&out, data, size, max_size);
}

size_t
mutate_pair(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	static uint8_t room[65536];
	struct rd r = rd_from(bytes_of(data, size));
	struct bytes flags = rd_take(&r, 1), header = rd_take(&r, rd_le16(&r)),
		     payload = rd_rest(&r);
	bool in_header = seed % 4 == 1;
	struct bytes part = in_header ? header : payload;
	DEFER(buf_release) struct buf out = { 0 };

	if (seed % 8 == 0 || !rd_ok(&r) || part.size > sizeof(room))
		return LLVMFuzzerMutate(data, size, max_size);
	if (part.size > 0)
		memcpy(room, part.p, part.size);
	part = bytes_of(room, mutate_json(room, part.size, sizeof(room), seed));
	if (in_header && part.size > UINT16_MAX)
		return size;
	buf_init(&out, max_size);
	buf_add(&out, flags);
	buf_le16(&out, (uint16_t)(in_header ? part.size : header.size));
	buf_add(&out, in_header ? part : header);
	buf_add(&out, in_header ? payload : part);
	if (!buf_ok(&out))
		return size;
	memcpy(data, out.p, out.size);
	return out.size;
}

/* Words. */

static size_t
mutate_behind_nul(struct bytes text, struct bytes json, uint8_t *data, size_t size, size_t max_size,
    unsigned seed)
{
	static uint8_t room[65536];
	DEFER(buf_release) struct buf out = { 0 };
	size_t changed;

	memcpy(room, json.p, json.size);
	changed = mutate_json(room, json.size, sizeof(room), seed);
	buf_init(&out, max_size);
	buf_add(&out, text);
	buf_u8(&out, 0);
	buf_add(&out, bytes_of(room, changed));
	return mutate_take(&out, data, size, max_size);
}

/* What becomes of a run of words. */
enum word_change {
	WORDS_JSON = 1,
	WORDS_GO,
	WORDS_DOUBLE,
	WORDS_REPLACE,
	WORDS_INSERT,
	WORD_CHANGES
};

size_t
mutate_words(uint8_t *data, size_t size, size_t max_size, unsigned seed,
    size_t (*split)(struct bytes text, struct bytes words[MAX_MUTATED_WORDS]), const char *gap)
{
	static struct bytes words[MAX_MUTATED_WORDS];
	struct dice d = dice_of(seed);
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	struct bytes text = bytes_of(data, end == NULL ? size : (size_t)(end - data));
	struct bytes rest = bytes_slice(bytes_of(data, size), text.size, size);
	DEFER(buf_release) struct buf out = { 0 };
	size_t change = dice_below(&d, WORD_CHANGES), count, at, from, run;

	if (change == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	if (change == WORDS_JSON && rest.size > 1 && rest.size < 32768)
		return mutate_behind_nul(text, bytes_slice(rest, 1, rest.size), data, size,
		    max_size, seed);
	count = split(text, words);
	at = dice_below(&d, count);
	from = dice_below(&d, count);
	run = 1 + dice_below(&d, 8);
	if (change == WORDS_DOUBLE)
		from = at;
	buf_init(&out, max_size);
	for (size_t i = 0; i < count; i++) {
		bool goes =
		    i >= at && i < at + run && (change == WORDS_GO || change == WORDS_REPLACE);

		if (!goes) {
			buf_add(&out, words[i]);
			buf_str(&out, gap);
		}
		for (size_t k = 0; i == at && change >= WORDS_DOUBLE && k < run; k++)
			if (from + k < count) {
				buf_add(&out, words[from + k]);
				buf_str(&out, gap);
			}
	}
	buf_add(&out, rest);
	return mutate_take(&out, data, size, max_size);
}
