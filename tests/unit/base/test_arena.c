/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "../../support/test.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* malloc fails while this is set; linked with -Wl,--wrap=malloc. */
static bool malloc_fails;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *
__wrap_malloc(size_t size)
{
	return malloc_fails ? NULL : __real_malloc(size);
}

static void
allocations_are_zeroed_and_aligned_for_any_type(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t size = 0; size < 200; size++) {
		uint8_t *p = arena_alloc(&a, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		assert_true(bytes_are_zero(bytes_of(p, size)));
		memset(p, 0xff, size);
	}
	arena_release(&a);
}

static void
memory_is_zeroed_again_after_a_reset(void **state)
{
	struct arena a;
	uint8_t *first, *again;

	(void)state;
	arena_init(&a, 1 << 20);
	first = arena_alloc(&a, 64);
	assert_non_null(first);
	memset(first, 0xff, 64);
	arena_reset(&a);
	again = arena_alloc(&a, 64);
	assert_ptr_equal(first, again); /* the first block was kept */
	assert_true(bytes_are_zero(bytes_of(again, 64)));
	arena_release(&a);
}

static void
nothing_is_given_beyond_the_ceiling(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	assert_null(arena_alloc(&a, 4097));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_non_null(arena_alloc(&a, 4096));
	assert_null(arena_alloc(&a, 1));
	arena_reset(&a);
	assert_non_null(arena_alloc(&a, 4096));
	arena_release(&a);
}

static void
many_small_things_meet_the_ceiling_by_the_memory_they_take(void **state)
{
	struct arena a;
	size_t count = 0;

	(void)state;
	arena_init(&a, 4096);
	while (count < 5000 && arena_alloc(&a, 1) != NULL)
		count++;
	assert_int_equal(count, 4096 / alignof(max_align_t));
	arena_release(&a);
}

static void
sizes_near_the_end_of_the_address_space_are_refused(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, SIZE_MAX);
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 7));
	assert_null(arena_alloc(&a, SIZE_MAX - 15));
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	assert_null(arena_array(&a, 2, SIZE_MAX / 2 + 1));
	assert_null(arena_copy(&a, (struct bytes){ (const uint8_t *)"", SIZE_MAX }).p);
	assert_non_null(arena_array(&a, SIZE_MAX, 0));
	arena_release(&a);
}

static void
blocks_larger_than_the_first_are_found_room_for(void **state)
{
	struct arena a;
	uint8_t *p[40];

	(void)state;
	arena_init(&a, 64 << 20);
	for (size_t i = 0; i < COUNT_OF(p); i++) {
		p[i] = arena_alloc(&a, 20000 + 30000 * i);
		assert_non_null(p[i]);
		memset(p[i], (int)i, 20000 + 30000 * i);
	}
	for (size_t i = 0; i < COUNT_OF(p); i++) {
		assert_int_equal(p[i][0], i);
		assert_int_equal(p[i][20000 + 30000 * i - 1], i);
	}
	arena_reset(&a);
	assert_non_null(arena_alloc(&a, 1));
	arena_release(&a);
}

static void
a_copy_has_a_nul_behind_it_that_is_not_counted(void **state)
{
	struct arena a;
	struct bytes copy;

	(void)state;
	arena_init(&a, 4096);
	copy = arena_copy(&a, BYTES("abc"));
	assert_int_equal(copy.size, 3);
	assert_memory_equal(copy.p, "abc", 4);
	copy = arena_copy(&a, (struct bytes){ 0 });
	assert_non_null(copy.p);
	assert_int_equal(copy.size, 0);
	assert_int_equal(copy.p[0], 0);
	arena_release(&a);
}

static void
out_of_memory_is_no_crash_and_is_called_limit(void **state)
{
	struct err e = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	malloc_fails = true;
	assert_null(arena_alloc(&a, 1));
	assert_null(arena_copy(&a, BYTES("abc")).p);
	malloc_fails = false;
	assert_non_null(arena_alloc(&a, 1));
	arena_release(&a);
	arena_release(&a);
	assert_int_equal(arena_fail(&e, "json"), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_string_equal(e.msg, "json: out of memory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_zeroed_and_aligned_for_any_type),
		cmocka_unit_test(memory_is_zeroed_again_after_a_reset),
		cmocka_unit_test(nothing_is_given_beyond_the_ceiling),
		cmocka_unit_test(many_small_things_meet_the_ceiling_by_the_memory_they_take),
		cmocka_unit_test(sizes_near_the_end_of_the_address_space_are_refused),
		cmocka_unit_test(blocks_larger_than_the_first_are_found_room_for),
		cmocka_unit_test(a_copy_has_a_nul_behind_it_that_is_not_counted),
		cmocka_unit_test(out_of_memory_is_no_crash_and_is_called_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
