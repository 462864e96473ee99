/* SPDX-License-Identifier: Apache-2.0 */
#include "net/message.h"

#include "../../support/test.h"

static bool
target(const char *text, const char *want_path, const char *want_query)
{
	struct arena a;
	struct bytes path = { 0 }, query = { 0 }, authority = { 0 };
	struct err e = { 0 };
	bool good;

	arena_init(&a, 65536);
	good = message_target(bytes_of_str(text), &a, &path, &query, &authority, &e) == 0;
	if (good && want_path != NULL)
		good = bytes_is_str(path, want_path) && bytes_is_str(query, want_query);
	if (!good && want_path == NULL)
		assert_int_equal(e.code, ERR_MALFORMED);
	arena_release(&a);
	return good;
}

static void
targets_are_decoded_once(void **state)
{
	(void)state;
	assert_true(target("/", "/", ""));
	assert_true(target("/certs?api-version=2022-08-01", "/certs", "api-version=2022-08-01"));
	assert_true(target("/policies/SgxEnclave%3Areset?x", "/policies/SgxEnclave:reset", "x"));
	assert_true(target("/policies/SgxEnclave%3areset", "/policies/SgxEnclave:reset", ""));
	assert_true(target("/a%2541", "/a%41", ""));
	assert_true(target("/a+b", "/a+b", ""));
	assert_true(target("https://localhost:8443/x?y?z", "/x", "y?z"));
}

static void
other_targets_are_refused(void **state)
{
	(void)state;
	assert_false(target("", NULL, NULL));
	assert_false(target("*", NULL, NULL));
	assert_false(target("certs", NULL, NULL));
	assert_false(target("/a%", NULL, NULL));
	assert_false(target("/a%4", NULL, NULL));
	assert_false(target("/a%zz", NULL, NULL));
	assert_false(target("/a%00", NULL, NULL));
	assert_false(target("/a%2Fb", NULL, NULL));
	assert_false(target("/a%5cb", NULL, NULL));
	assert_false(target("/a\x01", NULL, NULL));
	assert_false(target("/a%0d%0ab", NULL, NULL));
	assert_false(target("http:///x", NULL, NULL));
	assert_false(target("http://host", NULL, NULL));
	assert_false(target("ftp://host/x", NULL, NULL));
}

static void
target_without_memory_is_a_limit(void **state)
{
	struct arena a;
	struct bytes path, query, authority;
	struct err e = { 0 };

	(void)state;
	arena_init(&a, 2);
	assert_int_equal(message_target(BYTES("/certs"), &a, &path, &query, &authority, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	arena_release(&a);
}

static void
query_names_compare_without_case(void **state)
{
	struct bytes q = BYTES("Tee=SGX&api%2DVersion=2022-08-01&empty=&bare&tee=second");

	(void)state;
	assert_true(bytes_is_str(message_query(q, "tee"), "SGX"));
	assert_true(bytes_is_str(message_query(q, "API-VERSION"), "2022-08-01"));
	assert_non_null(message_query(q, "empty").p);
	assert_int_equal(message_query(q, "empty").size, 0);
	assert_non_null(message_query(q, "bare").p);
	assert_null(message_query(q, "te").p);
	assert_null(message_query(q, "teee").p);
	assert_null(message_query(BYTES(""), "tee").p);
	assert_null(message_query(BYTES("&&&%=1&%4=2"), "tee").p);
}

static void
malformed_query_values_are_absent(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 65536);
	assert_true(bytes_is_str(message_decode(BYTES("a+b%20c%3D"), &a), "a b c="));
	assert_null(message_decode(BYTES("a%"), &a).p);
	assert_null(message_decode(BYTES("a%0"), &a).p);
	assert_null(message_decode(BYTES("a%00b"), &a).p);
	arena_release(&a);
}

static void
hosts_with_other_characters_are_refused(void **state)
{
	(void)state;
	assert_true(message_host_is_sane(BYTES("localhost")));
	assert_true(message_host_is_sane(BYTES("localhost:8443")));
	assert_true(message_host_is_sane(BYTES("[::1]:8443")));
	assert_true(message_host_is_sane(BYTES("10.0.0.1")));
	assert_false(message_host_is_sane(BYTES("")));
	assert_false(message_host_is_sane(BYTES(":8443")));
	assert_false(message_host_is_sane(BYTES("a b")));
	assert_false(message_host_is_sane(BYTES("user@host")));
	assert_false(message_host_is_sane(BYTES("host/path")));
	assert_false(message_host_is_sane(BYTES("a:b:1")));
	assert_false(message_host_is_sane(BYTES("a[1]")));
	assert_false(message_host_is_sane(BYTES("[::1")));
	assert_true(bytes_is_str(message_host_name(BYTES("localhost:8443")), "localhost"));
	assert_true(bytes_is_str(message_host_name(BYTES("[::1]:8443")), "[::1]"));
	assert_true(bytes_is_str(message_host_name(BYTES("[::1]")), "[::1]"));
	assert_true(bytes_is_str(message_host_name(BYTES("10.0.0.1")), "10.0.0.1"));
}

static void
only_bearer_tokens_are_taken(void **state)
{
	(void)state;
	assert_true(bytes_is_str(message_bearer(BYTES("Bearer a.b.c")), "a.b.c"));
	assert_true(bytes_is_str(message_bearer(BYTES("bearer  a_-")), "a_-"));
	assert_null(message_bearer(BYTES("")).p);
	assert_null(message_bearer(BYTES("Bearer")).p);
	assert_null(message_bearer(BYTES("Bearer ")).p);
	assert_null(message_bearer(BYTES("Basic YTpi")).p);
	assert_null(message_bearer(BYTES("Bearer a b")).p);
	assert_null(message_bearer(BYTES("Bearer a\"b")).p);
}

static void
malformed_traceparent_is_passed_over(void **state)
{
	(void)state;
	assert_int_equal(message_traceparent(BYTES("00-4bf92f3577b34da6a3ce929d0e0e4736-"
						   "00f067aa0ba902b7-01"))
			     .size,
	    55);
	assert_int_equal(message_traceparent(BYTES("")).size, 0);
	assert_int_equal(message_traceparent(BYTES("00-4BF92F3577B34DA6A3CE929D0E0E4736-"
						   "00f067aa0ba902b7-01"))
			     .size,
	    0);
	assert_int_equal(message_traceparent(BYTES("00-00000000000000000000000000000000-"
						   "00f067aa0ba902b7-01"))
			     .size,
	    0);
	assert_int_equal(message_traceparent(BYTES("00-4bf92f3577b34da6a3ce929d0e0e4736-"
						   "00f067aa0ba902b7-01x"))
			     .size,
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_decoded_once),
		cmocka_unit_test(other_targets_are_refused),
		cmocka_unit_test(target_without_memory_is_a_limit),
		cmocka_unit_test(query_names_compare_without_case),
		cmocka_unit_test(malformed_query_values_are_absent),
		cmocka_unit_test(hosts_with_other_characters_are_refused),
		cmocka_unit_test(only_bearer_tokens_are_taken),
		cmocka_unit_test(malformed_traceparent_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
