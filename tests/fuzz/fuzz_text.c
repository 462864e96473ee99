/* SPDX-License-Identifier: Apache-2.0 */
/* base/b64, hex, utf8, stamp: what is accepted is canonical, so that writing it again gives the same text. */
#include "fuzz.h"

#include "base/b64.h"
#include "base/hex.h"
#include "base/stamp.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static void
fuzz_b64(enum b64_form form, struct bytes text)
{
	size_t size = 0, written;
	DEFER(freep) uint8_t *raw = malloc(b64_decoded_max(text.size) + 1);
	DEFER(freep) char *again = NULL;
	struct bytes in_arena;
	struct err e = { 0 };
	bool good;

	HOLDS(raw != NULL);
	good = b64_decode(form, text, raw, &size);
	if (b64_decode_arena(form, text, fuzz_arena(), &in_arena, &e) < 0) {
		fuzz_refusal(&e);
		HOLDS(!good);
		return;
	}
	HOLDS(good && bytes_eq(in_arena, bytes_of(raw, size)));
	if (form == B64_LENIENT)
		return;
	written = b64_encoded_size(form, size);
	HOLDS(written == text.size);
	again = malloc(written + 1);
	HOLDS(again != NULL);
	b64_encode(form, bytes_of(raw, size), again);
	HOLDS(bytes_eq(text, bytes_of(again, written)));
}

static void
fuzz_hex(struct bytes text)
{
	size_t size = text.size / 2;
	DEFER(freep) uint8_t *raw = malloc(size + 1);
	DEFER(freep) char *again = malloc(2 * size + 1);

	HOLDS(raw != NULL && again != NULL);
	HOLDS(!hex_decode(text, raw, size + 1));
	if (!hex_decode(text, raw, size))
		return;
	HOLDS(text.size == 2 * size);
	hex_encode(bytes_of(raw, size), again);
	HOLDS(bytes_eq_nocase(text, bytes_of(again, 2 * size)));
}

static void
fuzz_utf8(struct bytes text)
{
	DEFER(buf_release) struct buf again = { 0 };
	struct bytes left = text;
	int32_t point = 0;

	buf_init(&again, text.size + 1);
	while (left.size > 0 && (point = utf8_next(&left)) >= 0) {
		HOLDS(point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff));
		buf_utf8(&again, (uint32_t)point);
	}
	HOLDS(utf8_is_valid(text) == (point >= 0));
	if (point >= 0)
		HOLDS(buf_ok(&again) && bytes_eq(buf_bytes(&again), text));
}

static void
fuzz_stamp(struct bytes text)
{
	char again[STAMP_SIZE];
	int64_t at;

	if (!stamp_parse(text, &at))
		return;
	stamp_format(at, again);
	HOLDS(bytes_is_str(text, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);

	fuzz_b64(B64_URL, text);
	fuzz_b64(B64_STD, text);
	fuzz_b64(B64_LENIENT, text);
	fuzz_hex(text);
	fuzz_utf8(text);
	fuzz_stamp(text);
	return 0;
}
