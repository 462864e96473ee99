/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/tile.h"

#include "../../support/test.h"

static void
path_is_that_of_the_specification(void **state)
{
	char path[MAX_TILE_PATH_SIZE];
	(void)state;

	tile_path(0, 0, 256, path);
	assert_string_equal(path, "tile/0/000");
	tile_path(0, 0, 5, path);
	assert_string_equal(path, "tile/0/000.p/5");
	/* The example of C2SP tlog-tiles. */
	tile_path(1, 1234067, 256, path);
	assert_string_equal(path, "tile/1/x001/x234/067");
	tile_path(4, 1000, 255, path);
	assert_string_equal(path, "tile/4/x001/000.p/255");
	tile_path(0, UINT64_MAX, 1, path);
	assert_string_equal(path, "tile/0/x018/x446/x744/x073/x709/x551/615.p/1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_is_that_of_the_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
