/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listen.h"

#include "../../support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void
expect(const char *text, const char *host, int port, bool local)
{
	struct listen_address at;
	struct err e = { 0 };

	if (listen_address_parse(text, &at, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(at.host, host);
	assert_int_equal(at.port, port);
	assert_int_equal(listen_address_is_local(&at), local);
}

static void
addresses_are_read(void **state)
{
	(void)state;
	expect("127.0.0.1:8443", "127.0.0.1", 8443, true);
	expect("127.9.9.9:1", "127.9.9.9", 1, true);
	expect("localhost:0", "127.0.0.1", 0, true);
	expect("0.0.0.0:443", "0.0.0.0", 443, false);
	expect("[::1]:8443", "::1", 8443, true);
	expect("[::]:8443", "::", 8443, false);
	expect("10.0.0.1:65535", "10.0.0.1", 65535, false);
}

static void
other_spellings_are_refused(void **state)
{
	static const char *const bad[] = { "", ":", "8443", "127.0.0.1", "127.0.0.1:", ":8443",
		"127.0.0.1:65536", "127.0.0.1:99999999999", "127.0.0.1:8443x", "127.0.0.1:-1",
		"::1:8443", "[127.0.0.1]:80", "[::1]", "[]:80", "example.org:443", "127.1:80",
		"0127.0.0.1:80", "unix:/run/x", "relative/path" };
	struct listen_address at;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (listen_address_parse(bad[i], &at, &e) == 0)
			fail_msg("%s", bad[i]);
		assert_int_equal(e.code, ERR_INVALID);
		err_clear(&e);
	}
}

static void
free_port_is_told(void **state)
{
	struct listen_address at;
	struct err e = { 0 };
	uint16_t port = 0, again;
	int fd, other;

	(void)state;
	assert_int_equal(listen_address_parse("127.0.0.1:0", &at, &e), 0);
	assert_int_equal(listen_open(&at, &fd, &port, &e), 0);
	assert_int_not_equal(port, 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	at.port = port;
	assert_int_equal(listen_open(&at, &other, &again, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	close(fd);
}

static void
unix_socket_is_not_taken_from_who_serves_it(void **state)
{
	char dir[] = "/tmp/attest-listen-XXXXXX", path[64];
	struct listen_address at;
	struct err e = { 0 };
	struct stat st;
	int fd, other;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(listen_address_parse(path, &at, &e), 0);
	assert_true(listen_address_is_local(&at));
	assert_int_equal(listen_open(&at, &fd, NULL, &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(listen_open(&at, &other, NULL, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	err_clear(&e);
	close(fd);
	/* Left over from one that has ended. */
	assert_int_equal(listen_open(&at, &fd, NULL, &e), 0);
	close(fd);
	unlink(path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(listen_open(&at, &fd, NULL, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(other_spellings_are_refused),
		cmocka_unit_test(free_port_is_told),
		cmocka_unit_test(unix_socket_is_not_taken_from_who_serves_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
