/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/segment.h"

#include "../../support/test.h"

#include <string.h>

#define SIZE 4096

static void
make(struct buf *b, size_t records)
{
	buf_init(b, SIZE * 2);
	segment_header_emit(b, SIZE, 7);
	for (size_t i = 0; i < records; i++) {
		uint8_t record[3] = { 1, 2, (uint8_t)i }, hash[TLOG_HASH_SIZE];

		tlog_leaf_hash(BYTES_OF(record), hash);
		segment_frame_emit(b, hash, BYTES_OF(record));
	}
	while (b->size < SIZE)
		buf_u8(b, 0);
	assert_true(buf_ok(b));
}

static enum segment_step
walk(struct bytes all, size_t *frames)
{
	struct segment_reader r;
	struct segment_frame f;
	enum segment_step step;

	*frames = 0;
	assert_int_equal(segment_reader_init(&r, all, NULL), 0);
	while ((step = segment_next(&r, &f)) == SEGMENT_FRAME)
		(*frames)++;
	return step;
}

static void
frames_are_read_to_the_zeros(void **state)
{
	struct buf b;
	size_t frames;
	(void)state;

	make(&b, 5);
	assert_int_equal(walk(buf_bytes(&b), &frames), SEGMENT_END);
	assert_int_equal(frames, 5);
	buf_release(&b);
	make(&b, 0);
	assert_int_equal(walk(buf_bytes(&b), &frames), SEGMENT_END);
	assert_int_equal(frames, 0);
	buf_release(&b);
}

static void
a_bit_changed_in_any_frame_ends_the_walk_there(void **state)
{
	struct buf b;
	size_t frames;
	(void)state;

	make(&b, 5);
	for (size_t i = SEGMENT_HEADER_SIZE; i < SEGMENT_HEADER_SIZE + 5 * 39; i++) {
		b.p[i] ^= 1;
		assert_int_equal(walk(buf_bytes(&b), &frames), SEGMENT_TORN);
		assert_int_equal(frames, (i - SEGMENT_HEADER_SIZE) / 39);
		b.p[i] ^= 1;
	}
	/* Something behind the zeros. */
	b.p[SIZE - 1] = 1;
	assert_int_equal(walk(buf_bytes(&b), &frames), SEGMENT_TORN);
	assert_int_equal(frames, 5);
	buf_release(&b);
}

static void
a_frame_may_not_pass_the_end(void **state)
{
	uint8_t head[SEGMENT_FRAME_SIZE] = { 0xff, 0x1f, 0, 0xa1 };
	struct segment_frame f;
	(void)state;

	assert_false(segment_frame_parse(BYTES_OF(head), &f));
	head[1] = 0x20; /* MAX_TLOG_RECORD_SIZE + 255 */
	assert_false(segment_frame_parse(BYTES_OF(head), &f));
	assert_false(segment_frame_parse(bytes_slice(BYTES_OF(head), 0, 35), &f));
	head[0] = head[1] = 0;
	assert_false(segment_frame_parse(BYTES_OF(head), &f)); /* an empty record */
	head[3] = 0xe0;
	assert_true(segment_frame_parse(BYTES_OF(head), &f)); /* an expired one */
	assert_null(f.record.p);
	head[0] = 1;
	assert_false(segment_frame_parse(BYTES_OF(head), &f));
}

static void
headers_out_of_form_are_refused(void **state)
{
	struct segment_reader r;
	struct err e = { 0 };
	struct buf b;
	(void)state;

	make(&b, 1);
	for (size_t i = 0; i < SEGMENT_HEADER_SIZE; i++) {
		b.p[i] ^= 1;
		if (i < 16 || i >= 24)
			assert_int_equal(segment_reader_init(&r, buf_bytes(&b), NULL), -1);
		b.p[i] ^= 1;
	}
	b.p[8] = 2;
	assert_int_equal(segment_reader_init(&r, buf_bytes(&b), &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
	b.p[8] = 1;
	err_clear(&e);
	assert_int_equal(segment_reader_init(&r, bytes_slice(buf_bytes(&b), 0, SIZE - 1), &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	assert_int_equal(segment_reader_init(&r, (struct bytes){ 0 }, NULL), -1);
	assert_int_equal(segment_reader_init(&r, buf_bytes(&b), NULL), 0);
	assert_int_equal(r.first_index, 7);
	buf_release(&b);
}

static void
names_have_one_spelling(void **state)
{
	static const char *const bad[] = { "", "7.seg", "00000000000000000007.seg.tmp",
		"00000000000000000007.sex", "0000000000000000000x.seg", "99999999999999999999.seg",
		"0000000000000000000007.seg" };
	char name[SEGMENT_NAME_SIZE];
	uint64_t first;
	(void)state;

	segment_name(7, name);
	assert_string_equal(name, "00000000000000000007.seg");
	assert_true(segment_name_parse(name, &first));
	assert_int_equal(first, 7);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(segment_name_parse(bad[i], &first));
}

static void
too_large_records_are_not_written(void **state)
{
	static const uint8_t large[MAX_TLOG_RECORD_SIZE + 1];
	uint8_t hash[TLOG_HASH_SIZE] = { 0 };
	struct buf b;
	(void)state;

	buf_init(&b, 65536);
	segment_frame_emit(&b, hash, BYTES_OF(large));
	assert_false(buf_ok(&b));
	buf_release(&b);
	buf_init(&b, 65536);
	segment_frame_emit(&b, hash, (struct bytes){ 0 });
	assert_false(buf_ok(&b));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_read_to_the_zeros),
		cmocka_unit_test(a_bit_changed_in_any_frame_ends_the_walk_there),
		cmocka_unit_test(a_frame_may_not_pass_the_end),
		cmocka_unit_test(headers_out_of_form_are_refused),
		cmocka_unit_test(names_have_one_spelling),
		cmocka_unit_test(too_large_records_are_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
