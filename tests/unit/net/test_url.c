/* SPDX-License-Identifier: Apache-2.0 */
#include "net/url.h"

#include "../../support/test.h"

#include <string.h>

static void
parts_are_read(void **state)
{
	struct url u;
	(void)state;

	assert_int_equal(url_parse(BYTES("https://a-b.Example:8443/p/q?x=1&y"), &u, NULL), 0);
	assert_true(u.is_https);
	assert_true(bytes_is_str(u.host, "a-b.Example"));
	assert_int_equal(u.port, 8443);
	assert_true(bytes_is_str(u.origin, "https://a-b.Example:8443"));
	assert_true(bytes_is_str(u.rest, "/p/q?x=1&y"));
	assert_int_equal(url_parse(BYTES("http://127.0.0.1"), &u, NULL), 0);
	assert_false(u.is_https);
	assert_int_equal(u.port, 80);
	assert_int_equal(u.rest.size, 0);
	assert_int_equal(url_parse(BYTES("https://1.a0x.0xg:1"), &u, NULL), 0);
	assert_true(bytes_is_str(u.host, "1.a0x.0xg"));
	assert_int_equal(url_parse(BYTES("https://[2001:db8::1]:1?q"), &u, NULL), 0);
	assert_true(u.is_v6);
	assert_true(bytes_is_str(u.host, "2001:db8::1"));
	assert_true(bytes_is_str(u.rest, "?q"));
	assert_int_equal(url_parse(BYTES("https://a/@b:c[d]"), &u, NULL), 0);
	assert_true(bytes_is_str(u.host, "a"));
}

static void
whatever_two_readers_could_read_differently_is_refused(void **state)
{
	static const char *const bad[] = { "", "https:", "https:/a", "https://", "https:///p",
		"HTTPS://a", "ftp://a", "file:///etc/passwd", "gopher://a", "//a", "a",
		"javascript:0", "https://a@b", "https://a:b@c/", "https://@c", "https://a\\@b",
		"https://a\\b", "https://a#b", "https://a/#", "https://a/ b", " https://a",
		"https://a\n", "https://a\t/", "https://a:", "https://a:0", "https://a:01",
		"https://a:65536", "https://a:99999999999", "https://a:8x", "https://a:-1",
		"https://a:80:80", "https://a%2eb", "https://%61", "https://.a", "https://a.",
		"https://a..b", "https://a,b", "https://a;b", "https://\xc3\xa9",
		"https://a/\xc3\xa9", "https://a/\x7f", "https://[::1", "https://[]",
		"https://[1.2.3.4]", "https://[fe80::1%25lo]", "https://[fe80::1%lo]",
		"https://[::1]x", "https://[::1]:", "https://::1", "https://[[::1]]",
		"https://2130706433", "https://0", "http://00/", "https://127.1",
		"https://0177.0.0.1", "https://127.0.0.01", "https://0x7f000001/",
		"https://127.0.0.0X1", "https://a.0x", "https://1.2.3.4.5",
		"https://256.0.0.1:8443", "https://a.1", "https://a/<b>", "https://a/\"",
		"https://a/^", "https://a?`" };
	struct err e = { 0 };
	struct url u;
	(void)state;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (url_parse(bytes_of_str(bad[i]), &u, &e) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(e.code, ERR_INVALID);
		err_clear(&e);
	}
	assert_int_equal(url_parse(bytes_of("https://a\0b", 11), &u, &e), -1);
}

static void
url_has_a_ceiling_and_its_error_does_not_repeat_it(void **state)
{
	char text[MAX_URL_SIZE + 2];
	struct err e = { 0 };
	struct url u;
	(void)state;

	memset(text, 'a', sizeof(text));
	memcpy(text, "https://h/", 10);
	assert_int_equal(url_parse(bytes_of(text, MAX_URL_SIZE), &u, &e), 0);
	assert_int_equal(url_parse(bytes_of(text, MAX_URL_SIZE + 1), &u, &e), -1);
	memset(text, 'a', sizeof(text));
	memcpy(text, "https://", 8);
	assert_int_equal(url_parse(bytes_of(text, 8 + 253), &u, &e), 0);
	err_clear(&e);
	assert_int_equal(url_parse(bytes_of(text, 8 + 254), &u, &e), -1);
	err_clear(&e);
	assert_int_equal(url_parse(BYTES("https://user:s3cret@a"), &u, &e), -1);
	assert_null(strstr(e.msg, "s3cret"));
}

static void
origin_is_scheme_host_and_port(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "https://a/x", "https://A:443?y", true },
		{ "http://a", "http://a:80", true },
		{ "https://[::1]", "https://[::1]:443/", true },
		{ "https://a", "http://a", false },
		{ "https://a:80", "http://a", false },
		{ "https://a", "https://a:8443", false },
		{ "https://a", "https://b", false },
		{ "https://a", "https://a.b", false },
		{ "https://a.evil", "https://a", false },
	};
	struct url a, b;
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(url_parse(bytes_of_str(rows[i].a), &a, NULL), 0);
		assert_int_equal(url_parse(bytes_of_str(rows[i].b), &b, NULL), 0);
		assert_int_equal(url_same_origin(&a, &b), rows[i].same);
		assert_int_equal(url_same_origin(&b, &a), rows[i].same);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_read),
		cmocka_unit_test(whatever_two_readers_could_read_differently_is_refused),
		cmocka_unit_test(url_has_a_ceiling_and_its_error_does_not_repeat_it),
		cmocka_unit_test(origin_is_scheme_host_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
