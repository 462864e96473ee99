/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlog/record, authority/segment: a record that is taken, written again, is the same bytes; a segment's frames follow each
 * other without a gap, each is the frame at its offset, and only zeros are its end. The input is a record, or the segment
 * whose header the mutator keeps whole.
 */
#include "mutate.h"

#include "authority/segment.h"

#include <string.h>

static void
fuzz_record(struct bytes raw)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct tlog_record r = { 0 };
	struct err e = { 0 };

	if (tlog_record_parse(raw, &r, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	buf_init(&out, raw.size);
	tlog_record_emit(&out, &r);
	HOLDS(buf_ok(&out) && bytes_eq(raw, buf_bytes(&out)));
	HOLDS(r.collateral.size <= MAX_TLOG_COLLATERAL * 32);
	HOLDS(strcmp(tlog_kind_name(r.kind), "unknown") != 0);
	HOLDS(tlog_record_json(&r, fuzz_arena()) != NULL);
}

static void
fuzz_segment(struct bytes all)
{
	struct segment_reader r;
	struct segment_frame f = { 0 }, again;
	struct err e = { 0 };
	size_t at = SEGMENT_HEADER_SIZE;
	enum segment_step step;

	if (segment_reader_init(&r, all, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	while ((step = segment_next(&r, &f)) == SEGMENT_FRAME) {
		uint8_t hash[TLOG_HASH_SIZE];

		HOLDS(f.offset == at && r.offset > at);
		at += SEGMENT_FRAME_SIZE + f.record.size;
		HOLDS(segment_frame_parse(bytes_slice(all, f.offset, all.size), &again));
		HOLDS(bytes_eq(f.record, again.record));
		if (f.record.p != NULL) {
			tlog_leaf_hash(f.record, hash);
			HOLDS(memcmp(hash, f.leaf_hash, sizeof(hash)) == 0);
			fuzz_record(f.record);
		}
	}
	HOLDS(r.offset == at && at <= all.size);
	HOLDS((step == SEGMENT_END) == bytes_are_zero(bytes_slice(all, at, all.size)));
}

static void
fuzz_name(struct bytes in)
{
	char name[SEGMENT_NAME_SIZE + 8], again[SEGMENT_NAME_SIZE];
	size_t size = in.size < sizeof(name) - 1 ? in.size : sizeof(name) - 1;
	uint64_t first;

	if (size > 0)
		memcpy(name, in.p, size);
	name[size] = '\0';
	if (segment_name_parse(name, &first)) {
		segment_name(first, again);
		HOLDS(strcmp(name, again) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	fuzz_record(in);
	fuzz_segment(in);
	fuzz_name(in);
	return 0;
}

/* Frames with their checksum, from records that are parts of what is there. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	DEFER(buf_release) struct buf out = { 0 };
	static uint8_t record[MAX_TLOG_RECORD_SIZE];
	struct dice d = dice_of(seed);
	struct segment_reader r;
	struct segment_frame f;
	size_t target = dice_below(&d, 6), n = 0;

	if (dice_below(&d, 3) == 0 || segment_reader_init(&r, bytes_of(data, size), NULL) < 0)
		return LLVMFuzzerMutate(data, size, max_size);
	buf_init(&out, max_size);
	segment_header_emit(&out, 0, r.first_index);
	for (; segment_next(&r, &f) == SEGMENT_FRAME; n++) {
		struct bytes made = f.record;
		uint8_t hash[TLOG_HASH_SIZE];

		if (n == target && f.record.size < sizeof(record) / 2 && f.record.p != NULL) {
			memcpy(record, f.record.p, f.record.size);
			made = bytes_of(record,
			    LLVMFuzzerMutate(record, f.record.size, sizeof(record)));
		}
		if (made.size == 0) {
			buf_add(&out, bytes_slice(r.all, f.offset, SEGMENT_FRAME_SIZE));
			continue;
		}
		tlog_leaf_hash(made, hash);
		segment_frame_emit(&out, hash, made);
		if (dice_below(&d, 8) == 0)
			segment_frame_emit(&out, hash, made);
	}
	for (size_t i = dice_below(&d, 40); i > 0; i--)
		buf_u8(&out, dice_below(&d, 16) == 0);
	if (!buf_ok(&out))
		return LLVMFuzzerMutate(data, size, max_size);
	for (size_t i = 0; i < 4; i++)
		out.p[12 + i] = (uint8_t)(out.size >> 8 * i);
	return mutate_take(&out, data, size, max_size);
}
