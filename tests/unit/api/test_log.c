/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "../../support/test.h"

#include "../../support/api_plain.h"

#define JTI "00b109b068db7f225f3a0a77b6e2472cad03443537b10447f4bed65c5e21a683"

static void
get(const char *path, const char *query, const char *bearer, struct fake_http *f)
{
	fake_api_call(&s,
	    &(struct fake_call){ .method = "GET", .path = path, .query = query, .bearer = bearer },
	    f);
}

static void
the_checkpoint_is_anybodys(void **state)
{
	struct fake_http f;

	(void)state;
	s.authority.answer = BYTES("localhost/log\n3\nAAAA\n");
	get("/attestd/log/checkpoint", NULL, NULL, &f);
	assert_int_equal(f.status, 200);
	assert_string_equal(f.content_type, "text/plain; charset=utf-8");
	assert_string_equal(fake_text(&f), "localhost/log\n3\nAAAA\n");
	fake_http_release(&f);
}

static void
the_logs_key_is_one_line_and_not_found_before_there_is_one(void **state)
{
	struct fake_http f;
	struct err e = { 0 };

	(void)state;
	get("/attestd/log/key", NULL, NULL, &f);
	assert_int_equal(f.status, 200);
	assert_string_equal(fake_text(&f), "localhost/log+00000000+AAAA\n");
	fake_http_release(&f);
	s.log_key = (struct bytes){ 0 };
	assert_int_equal(fake_service_publish(&s, &e), 0);
	assert_fails(&s, &(struct fake_call){ .method = "GET", .path = "/attestd/log/key" }, 404,
	    "NotFound");
}

static void
tiles_are_bytes_that_never_change(void **state)
{
	struct fake_http f;

	(void)state;
	s.authority.answer = BYTES("\1\2\3");
	get("/attestd/log/tile/1/x001/067.p/5", NULL, NULL, &f);
	assert_int_equal(f.status, 200);
	assert_string_equal(f.content_type, "application/octet-stream");
	assert_int_equal(f.body.size, 3);
	assert_non_null(strstr(fake_http_answer(&f, "Cache-Control"), "immutable"));
	assert_int_equal(s.authority.query.level, 1);
	assert_int_equal(s.authority.query.from, 1067);
	assert_int_equal(s.authority.query.count, 5);
	fake_http_release(&f);
	assert_fails(&s, &(struct fake_call){ .method = "GET", .path = "/attestd/log/tile/0/67" },
	    400, "InvalidParameter");
}

static void
a_proof_is_asked_for_this_instance(void **state)
{
	struct fake_http f;

	(void)state;
	s.authority.answer = BYTES("{}");
	get("/attestd/log/proof", "JTI=" JTI, NULL, &f);
	assert_int_equal(f.status, 200);
	assert_int_equal(s.authority.query.leaf_hash[1], 0xb1);
	assert_true(bytes_is_str(s.authority.query.instance, "main"));
	fake_http_release(&f);
	assert_fails(&s, &(struct fake_call){ .method = "GET", .path = "/attestd/log/proof" }, 400,
	    "InvalidParameter");
	s.authority.fail = ERR_MISSING;
	assert_fails(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/attestd/log/proof",
		.query = "jti=" JTI },
	    404, "NotFound");
	s.authority.fail = ERR_UNAVAILABLE;
	assert_fails(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/attestd/log/proof",
		.query = "jti=" JTI },
	    503, "ServiceUnavailable");
	s.authority.fail = ERR_NONE;
}

static void
records_are_for_auditors(void **state)
{
	DEFER(buf_release) struct buf answer = { 0 };
	struct fake_http f;

	(void)state;
	buf_init(&answer, 4096);
	buf_le64(&answer, 8);
	buf_le64(&answer, 9);
	buf_le64(&answer, 7);
	ipc_put(&answer, BYTES("raw"));
	s.authority.answer = buf_bytes(&answer);
	get("/attestd/log/records", "from=5&count=2", fake_bearer(&s, "[\"auditor\"]"), &f);
	assert_int_equal(f.status, 200);
	assert_string_equal(fake_text(&f),
	    "{\"records\":[{\"index\":7,\"raw\":\"cmF3\"}],\"next\":8}");
	assert_int_equal(s.authority.query.from, 5);
	assert_int_equal(s.authority.query.count, 2);
	assert_true(bytes_is_str(s.authority.query.instance, "main"));
	fake_http_release(&f);
	assert_fails(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/attestd/log/records",
		.query = "count=1000",
		.bearer = fake_bearer(&s, "[\"auditor\"]") },
	    400, "InvalidParameter");
	s.authority.answer = BYTES("cut");
	assert_fails(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/attestd/log/records",
		.bearer = fake_bearer(&s, "[\"auditor\"]") },
	    500, "InternalServerError");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_checkpoint_is_anybodys),
		cmocka_unit_test(the_logs_key_is_one_line_and_not_found_before_there_is_one),
		cmocka_unit_test(tiles_are_bytes_that_never_change),
		cmocka_unit_test(a_proof_is_asked_for_this_instance),
		cmocka_unit_test(records_are_for_auditors),
	};

	return cmocka_run_group_tests(tests, plain_setup, plain_teardown);
}
