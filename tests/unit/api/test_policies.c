/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "../../support/test.h"

#include "../../support/api.h"

static struct fake_service s;

static int
setup(void **state)
{
	struct service_config config = { .traces = EXEMPLARS_LIMITS_DEFAULT };
	struct err e = { 0 };

	(void)state;
	fake_service_init(&s, &config);
	s.authority.answer = BYTES("aaa.bbb.ccc");
	return fake_service_publish(&s, &e);
}

static int
teardown(void **state)
{
	(void)state;
	fake_service_release(&s);
	return 0;
}

static struct fake_call
ask(const char *path)
{
	return (struct fake_call){ .method = "GET",
		.path = path,
		.bearer = fake_bearer(&s, "[\"reader\"]"),
		.query = "api-version=2020-10-01" };
}

static void
a_reader_gets_the_authoritys_token(void **state)
{
	static const char *const paths[] = { "/policies/SgxEnclave", "/Policies/SGX-IntelSDK" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct fake_call call = ask(paths[i]);
		struct fake_http f;

		fake_api_call(&s, &call, &f);
		assert_int_equal(f.status, 200);
		assert_string_equal(f.content_type, HTTP_JSON);
		assert_string_equal(fake_text(&f), "{\"token\":\"aaa.bbb.ccc\"}");
		assert_true(bytes_is_str(s.authority.query.type, "SgxEnclave"));
		assert_true(bytes_is_str(s.authority.query.instance, "main"));
		fake_http_release(&f);
	}
}

static void
a_contributor_is_a_reader(void **state)
{
	struct fake_call call = ask("/policies/OpenEnclave");
	struct fake_http f;

	(void)state;
	call.bearer = fake_bearer(&s, "[\"contributor\"]");
	fake_api_call(&s, &call, &f);
	assert_int_equal(f.status, 200);
	fake_http_release(&f);
}

static void
on_a_shared_instance_any_valid_token_will_do(void **state)
{
	struct fake_call call = ask("/policies/SgxEnclave");
	struct fake_http f;

	(void)state;
	call.bearer = fake_bearer(&s, "[]");
	assert_fails(&s, &call, 401, "Unauthorized");
	call.host = "other.example";
	fake_api_call(&s, &call, &f);
	assert_int_equal(f.status, 200);
	fake_http_release(&f);
	call.bearer = "a.b.c";
	assert_fails(&s, &call, 401, "Unauthorized");
	call.bearer = NULL;
	assert_fails(&s, &call, 401, "Unauthorized");
}

static void
a_type_that_is_not_offered_is_501(void **state)
{
	struct fake_call call = ask("/policies/TdxVm");

	(void)state;
	assert_fails(&s, &call, 501, "NotImplemented");
}

static void
what_the_authority_cannot_do_is_not_the_callers_fault(void **state)
{
	static const struct {
		enum err_code code;
		unsigned http;
		const char *name;
	} rows[] = {
		{ ERR_DENIED, 500, "InternalServerError" },
		{ ERR_MISSING, 500, "InternalServerError" },
		{ ERR_IO, 500, "InternalServerError" },
		{ ERR_UNAVAILABLE, 503, "ServiceUnavailable" },
		{ ERR_BUSY, 429, "TooManyRequests" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fake_call call = ask("/policies/SgxEnclave");

		s.authority.fail = rows[i].code;
		assert_fails(&s, &call, rows[i].http, rows[i].name);
		s.authority.refuse_at_once = true;
		assert_fails(&s, &call, rows[i].http, rows[i].name);
		s.authority.refuse_at_once = false;
	}
	s.authority.fail = ERR_NONE;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_gets_the_authoritys_token),
		cmocka_unit_test(a_contributor_is_a_reader),
		cmocka_unit_test(on_a_shared_instance_any_valid_token_will_do),
		cmocka_unit_test(a_type_that_is_not_offered_is_501),
		cmocka_unit_test(what_the_authority_cannot_do_is_not_the_callers_fault),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
