/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "../../support/test.h"

#include <stdlib.h>
#include <string.h>

/* realloc fails while this is set; linked with -Wl,--wrap=realloc. */
static bool realloc_fails;

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *
__wrap_realloc(void *p, size_t size)
{
	return realloc_fails ? NULL : __real_realloc(p, size);
}

static void
everything_lands_in_order(void **state)
{
	static const uint8_t numbers[] = { 0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0f, 0x0e,
		0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09,
		0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f };
	DEFER(buf_release) struct buf b;

	(void)state;
	buf_init(&b, 4096);
	buf_str(&b, "a");
	buf_char(&b, 'b');
	buf_add(&b, BYTES("cd"));
	buf_add(&b, (struct bytes){ 0 });
	buf_fmt(&b, "%d-%s", 7, "e");
	buf_hex(&b, BYTES("\x00\xff"));
	buf_i64(&b, INT64_MIN);
	assert_true(buf_ok(&b));
	assert_true(bytes_is_str(buf_bytes(&b), "abcd7-e00ff-9223372036854775808"));

	buf_clear(&b);
	buf_u8(&b, 0x01);
	buf_le16(&b, 0x0203);
	buf_le32(&b, 0x04050607);
	buf_le64(&b, 0x08090a0b0c0d0e0f);
	buf_be16(&b, 0x0203);
	buf_be32(&b, 0x04050607);
	buf_be64(&b, 0x08090a0b0c0d0e0f);
	assert_true(bytes_eq(buf_bytes(&b), BYTES_OF(numbers)));
}

static void
what_is_reserved_is_not_moved_and_no_more_is_promised(void **state)
{
	DEFER(buf_release) struct buf b;
	const uint8_t *where;

	(void)state;
	buf_init(&b, 2000);
	buf_reserve(&b, 1500);
	buf_str(&b, "a");
	where = b.p;
	while (b.size < 1500)
		buf_char(&b, 'b');
	assert_ptr_equal(b.p, where);
	assert_int_equal(b.room, 1500);
	/* beyond the ceiling, or without memory, it is as if nobody had asked */
	buf_reserve(&b, 501);
	buf_reserve(&b, SIZE_MAX);
	realloc_fails = true;
	buf_reserve(&b, 400);
	realloc_fails = false;
	assert_true(buf_ok(&b));
	assert_int_equal(b.room, 1500);
	while (b.size < 2000)
		buf_char(&b, 'b');
	assert_true(buf_ok(&b));
	buf_char(&b, 'c');
	assert_false(buf_ok(&b));
	buf_reserve(&b, 1);
	assert_false(buf_ok(&b));
}

static void
one_byte_over_the_ceiling_is_refused_and_sticks(void **state)
{
	DEFER(buf_release) struct buf b;

	(void)state;
	buf_init(&b, 3);
	buf_str(&b, "abc");
	assert_true(buf_ok(&b));
	buf_char(&b, 'd');
	assert_false(buf_ok(&b));
	assert_int_equal(buf_bytes(&b).size, 0);
	buf_add(&b, (struct bytes){ 0 });
	assert_false(buf_ok(&b));
	/* Emptied it may be used again. */
	buf_clear(&b);
	buf_str(&b, "xyz");
	assert_true(bytes_is_str(buf_bytes(&b), "xyz"));
}

static void
sizes_near_the_end_of_the_address_space_are_refused(void **state)
{
	DEFER(buf_release) struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_char(&b, 'a');
	assert_null(buf_grow(&b, SIZE_MAX));
	buf_clear(&b);
	assert_null(buf_grow(&b, SIZE_MAX - 1));
	buf_clear(&b);
	buf_hex(&b, bytes_of("", SIZE_MAX / 2 + 1));
	assert_false(buf_ok(&b));
}

static void
a_formatted_part_that_would_be_cut_is_refused(void **state)
{
	DEFER(buf_release) struct buf b;
	char text[1100];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	buf_init(&b, 4096);
	buf_fmt(&b, "%s", text);
	assert_false(buf_ok(&b));
}

static void
taken_memory_ends_in_a_nul_that_is_not_counted(void **state)
{
	struct buf b;
	uint8_t *p;
	size_t size = 99;

	(void)state;
	buf_init(&b, 3);
	buf_str(&b, "abc");
	p = buf_take(&b, &size);
	assert_non_null(p);
	assert_int_equal(size, 3);
	assert_memory_equal(p, "abc", 4);
	free(p);
	/* The ceiling is what it was. */
	assert_int_equal(b.ceiling, 3);
	buf_str(&b, "abcd");
	assert_null(buf_take(&b, &size));
	buf_release(&b);

	buf_init(&b, 0);
	p = buf_take(&b, &size);
	assert_non_null(p);
	assert_int_equal(size, 0);
	free(p);
	buf_release(&b);
}

static void
out_of_memory_is_bad_and_no_crash(void **state)
{
	DEFER(buf_release) struct buf b;
	size_t size;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_str(&b, "abc");
	realloc_fails = true;
	for (int i = 0; i < 100; i++)
		buf_str(&b, "0123456789");
	realloc_fails = false;
	assert_false(buf_ok(&b));
	assert_null(buf_take(&b, &size));
}

static void
growing_keeps_what_was_there(void **state)
{
	DEFER(buf_release) struct buf b;
	struct rd r;

	(void)state;
	buf_init(&b, 4 * 70000);
	for (uint32_t i = 0; i < 70000; i++)
		buf_be32(&b, i);
	assert_true(buf_ok(&b));
	r = rd_from(buf_bytes(&b));
	for (uint32_t i = 0; i < 70000; i++)
		assert_int_equal(rd_be32(&r), i);
	assert_true(rd_done(&r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_lands_in_order),
		cmocka_unit_test(what_is_reserved_is_not_moved_and_no_more_is_promised),
		cmocka_unit_test(one_byte_over_the_ceiling_is_refused_and_sticks),
		cmocka_unit_test(sizes_near_the_end_of_the_address_space_are_refused),
		cmocka_unit_test(a_formatted_part_that_would_be_cut_is_refused),
		cmocka_unit_test(taken_memory_ends_in_a_nul_that_is_not_counted),
		cmocka_unit_test(out_of_memory_is_bad_and_no_crash),
		cmocka_unit_test(growing_keeps_what_was_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
