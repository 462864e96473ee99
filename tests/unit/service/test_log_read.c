/* SPDX-License-Identifier: Apache-2.0 */
#include "service/log_read.h"

#include "../../support/test.h"

#include "codec/json.h"
#include "tlog/tile.h"

#include <string.h>

static bool
tile(const char *level, const char *rest, uint64_t n, uint32_t width)
{
	struct authority_query q;
	struct err e = { 0 };

	return log_tile_parse(bytes_of_str(level), bytes_of_str(rest), &q, &e) == 0 &&
	    q.from == n && q.count == width;
}

static bool
is_no_tile(const char *level, const char *rest)
{
	struct authority_query q;
	struct err e = { 0 };

	return log_tile_parse(bytes_of_str(level), bytes_of_str(rest), &q, &e) == -1 &&
	    e.code == ERR_MALFORMED;
}

static void
tiles_are_found_where_c2sp_puts_them(void **state)
{
	(void)state;
	assert_true(tile("0", "000", 0, 256));
	assert_true(tile("0", "067", 67, 256));
	assert_true(tile("1", "x001/067", 1067, 256));
	assert_true(tile("0", "x001/x234/067", 1234067, 256));
	assert_true(tile("0", "067.p/5", 67, 5));
	assert_true(tile("3", "x001/067.p/255", 1067, 255));
}

static void
every_path_that_is_written_is_read(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 255, 256, 999, 1000, 1234067, 999999999 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		char path[MAX_TILE_PATH_SIZE];

		tile_path(2, numbers[i], 256, path);
		assert_true(tile("2", path + strlen("tile/2/"), numbers[i], 256));
		tile_path(2, numbers[i], 17, path);
		assert_true(tile("2", path + strlen("tile/2/"), numbers[i], 17));
	}
}

static void
other_spellings_of_a_tile_are_refused(void **state)
{
	static const char *const wrong[] = { "", "67", "0067", "x000/067", "x01/067", "067/",
		"067/1", "067.p", "067.p/", "067.p/0", "067.p/256", "067.p/05", "067.p/5/6", "x001",
		"06a", "x001/x234/x567/x890/x123/x456/x789/000", "..", "067.q/5", "-67" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_true(is_no_tile("0", wrong[i]));
	assert_true(is_no_tile("64", "000"));
	assert_true(is_no_tile("00", "000"));
	assert_true(is_no_tile("entries", "000"));
}

static void
a_jti_is_a_leaf_hash(void **state)
{
	struct authority_query q;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(log_jti_parse(BYTES("00b109b068db7f225f3a0a77b6e2472cad03443537b10447f4bed"
					     "65c"
					     "5e21a683"),
			     &q, &e),
	    0);
	assert_int_equal(q.leaf_hash[1], 0xb1);
	assert_int_equal(log_jti_parse(BYTES("00"), &q, &e), -1);
	assert_int_equal(log_jti_parse((struct bytes){ 0 }, &q, &e), -1);
}

static void
ranges_are_bounded(void **state)
{
	struct authority_query q;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(log_range_parse((struct bytes){ 0 }, (struct bytes){ 0 }, &q, &e), 0);
	assert_int_equal(q.from, 0);
	assert_int_equal(q.count, MAX_LOG_RECORDS);
	assert_int_equal(log_range_parse(BYTES("7"), BYTES("3"), &q, &e), 0);
	assert_int_equal(q.from, 7);
	assert_int_equal(q.count, 3);
	assert_int_equal(log_range_parse(BYTES("7"), BYTES("0"), &q, &e), -1);
	assert_int_equal(log_range_parse(BYTES("7"), BYTES("257"), &q, &e), -1);
	assert_int_equal(log_range_parse(BYTES("-7"), BYTES("1"), &q, &e), -1);
	assert_int_equal(log_range_parse(BYTES("99999999999999999999"), BYTES("1"), &q, &e), -1);
}

static void
records_come_out_with_their_bytes_and_where_to_go_on(void **state)
{
	struct arena a;
	struct bytes out;
	struct err e = { 0 };
	DEFER(buf_release) struct buf answer = { 0 };
	const struct json *json;

	(void)state;
	arena_init(&a, 1u << 20);
	buf_init(&answer, 4096);
	assert_int_equal(log_records_emit((struct bytes){ 0 }, &a, &out, &e), -1);
	err_clear(&e);
	buf_le64(&answer, 20);
	buf_le64(&answer, 20);
	assert_int_equal(log_records_emit(buf_bytes(&answer), &a, &out, &e), 0);
	assert_true(bytes_is_str(out, "{\"records\":[]}"));
	buf_clear(&answer);
	buf_le64(&answer, 13);
	buf_le64(&answer, 20);
	assert_int_equal(log_records_emit(buf_bytes(&answer), &a, &out, &e), 0);
	assert_true(bytes_is_str(out, "{\"records\":[],\"next\":13}"));
	buf_le64(&answer, 12);
	ipc_put(&answer, BYTES("not a record of ours"));
	assert_int_equal(log_records_emit(buf_bytes(&answer), &a, &out, &e), 0);
	assert_int_equal(json_parse(out, out.size, &a, &json, &e), 0);
	assert_true(json_is_str(json_at(json_item(json_get(json, "records"), 0), "raw"),
	    "bm90IGEgcmVjb3JkIG9mIG91cnM"));
	assert_true(bytes_is_str(json_get(json, "next")->text, "13"));
	buf_u8(&answer, 1);
	assert_int_equal(log_records_emit(buf_bytes(&answer), &a, &out, &e), -1);
	assert_int_equal(e.code, ERR_INTERNAL);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiles_are_found_where_c2sp_puts_them),
		cmocka_unit_test(every_path_that_is_written_is_read),
		cmocka_unit_test(other_spellings_of_a_tile_are_refused),
		cmocka_unit_test(a_jti_is_a_leaf_hash),
		cmocka_unit_test(ranges_are_bounded),
		cmocka_unit_test(records_come_out_with_their_bytes_and_where_to_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
