/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/master.h"

#include "../../support/test.h"
#include "../../support/tmpdir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void
put_file(const char *path, size_t size, mode_t mode)
{
	static const uint8_t zero[64];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, zero, size), (ssize_t)size);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
key_is_made_once_and_read_again(void **state)
{
	struct tmpdir d = tmpdir_new();
	struct secret a, b;
	struct stat st;
	const char *path = tmpdir_at(&d, "master.key");
	struct err e = { 0 };
	(void)state;

	assert_int_equal(master_key_load(path, false, &a, &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
	assert_int_equal(master_key_load(path, true, &a, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(master_key_load(path, true, &b, NULL), 0);
	assert_true(bytes_eq_secret(secret_bytes(&a), secret_bytes(&b)));
	assert_false(bytes_are_zero(secret_bytes(&a)));
	secret_release(&a);
	secret_release(&b);
	tmpdir_drop(&d);
}

static void
key_that_others_can_touch_is_refused(void **state)
{
	static const mode_t bad[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0777 };
	struct tmpdir d = tmpdir_new();
	const char *path = tmpdir_at(&d, "master.key");
	struct secret s;
	(void)state;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct err e = { 0 };

		put_file(path, SEAL_MASTER_SIZE, bad[i]);
		assert_int_equal(master_key_load(path, true, &s, &e), -1);
		assert_int_equal(e.code, ERR_DENIED);
	}
	put_file(path, SEAL_MASTER_SIZE, 0400);
	assert_int_equal(master_key_load(path, false, &s, NULL), 0);
	secret_release(&s);
	tmpdir_drop(&d);
}

static void
key_of_another_size_or_kind_is_refused(void **state)
{
	struct tmpdir d = tmpdir_new();
	const char *path = tmpdir_at(&d, "master.key");
	struct secret s;
	struct err e = { 0 };
	(void)state;

	put_file(path, SEAL_MASTER_SIZE - 1, 0600);
	assert_int_equal(master_key_load(path, false, &s, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	put_file(path, SEAL_MASTER_SIZE + 1, 0600);
	assert_int_equal(master_key_load(path, false, &s, NULL), -1);
	put_file(path, 0, 0600);
	assert_int_equal(master_key_load(path, true, &s, NULL), -1);
	err_clear(&e);
	assert_int_equal(master_key_load(d.path, false, &s, &e), -1);
	assert_int_equal(e.code, ERR_DENIED);
	err_clear(&e);
	assert_int_equal(master_key_load(tmpdir_at(&d, "no/such"), true, &s, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	tmpdir_drop(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_is_made_once_and_read_again),
		cmocka_unit_test(key_that_others_can_touch_is_refused),
		cmocka_unit_test(key_of_another_size_or_kind_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
