/* SPDX-License-Identifier: Apache-2.0 */
/* What every call has in common: instance, route, role, version, names; each shape of error once. */
#include "api/api.h"

#include "../../support/test.h"

#include "../../support/api_plain.h"

static void
an_unknown_path_is_404(void **state)
{
	(void)state;
	assert_fails(&s, &(struct fake_call){ .method = "GET", .path = "/nothing" }, 404,
	    "NotFound");
	assert_fails(&s, &(struct fake_call){ .method = "POST", .path = "/attest/Bogus" }, 404,
	    "NotFound");
	assert_fails(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/policies/Bogus",
		.bearer = fake_bearer(&s, "[\"reader\"]") },
	    404, "NotFound");
}

static void
an_unknown_instance_is_404_and_names_nothing(void **state)
{
	struct fake_http f;

	(void)state;
	fake_api_call(&s,
	    &(struct fake_call){ .method = "GET", .path = "/certs", .host = "evil.example" }, &f);
	assert_error(&f, 404, "NotFound");
	assert_null(strstr(fake_text(&f), "localhost"));
	assert_null(strstr(fake_text(&f), "evil"));
	fake_http_release(&f);
	assert_fails(&s, &(struct fake_call){ .method = "GET", .path = "/certs", .host = "" }, 404,
	    "NotFound");
}

static unsigned
status_at(const char *host)
{
	struct fake_http f;
	unsigned status;

	fake_api_call(&s, &(struct fake_call){ .method = "GET", .path = "/certs", .host = host },
	    &f);
	status = f.status;
	fake_http_release(&f);
	return status;
}

static void
an_instance_is_found_by_host_and_port(void **state)
{
	(void)state;
	assert_int_equal(status_at("localhost:8443"), 200);
	assert_int_equal(status_at("LocalHost:8443"), 200);
	assert_int_equal(status_at("localhost"), 200); /* the listener's port */
	assert_int_equal(status_at("localhost:8444"), 404);
	assert_int_equal(status_at("other.example"), 200);
	assert_int_equal(status_at("other.example:443"), 200);
	assert_int_equal(status_at("other.example:8443"), 404);
}

static void
another_method_is_405_with_allow(void **state)
{
	struct fake_http f;

	(void)state;
	fake_api_call(&s, &(struct fake_call){ .method = "DELETE", .path = "/certs" }, &f);
	assert_error(&f, 405, "MethodNotAllowed");
	assert_string_equal(fake_http_answer(&f, "Allow"), "GET");
	fake_http_release(&f);
}

static void
what_is_known_and_not_built_is_501(void **state)
{
	static const struct fake_call calls[] = {
		{ .method = "PUT", .path = "/policies/SgxEnclave" },
		{ .method = "POST", .path = "/policies/SgxEnclave:reset" },
		{ .method = "POST", .path = "/certificates:add" },
		{ .method = "GET", .path = "/tcbbaselines/SgxEnclave" },
		{ .method = "POST", .path = "/operations/policy/updatepolicy" },
		{ .method = "POST", .path = "/attest/TdxVm" },
		{ .method = "POST", .path = "/attest/sevsnpvm" },
		{ .method = "POST", .path = "/attest/Tpm" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(calls); i++)
		assert_fails(&s, &calls[i], 501, "NotImplemented");
	/* Known and built, and not offered by that instance. */
	assert_fails(&s,
	    &(struct fake_call){ .method = "POST",
		.path = "/attest/OpenEnclave",
		.host = "other.example",
		.body = "{}" },
	    501, "NotImplemented");
}

static void
no_token_a_wrong_one_and_a_missing_role_are_401(void **state)
{
	struct fake_http f;

	(void)state;
	fake_api_call(&s, &(struct fake_call){ .method = "GET", .path = "/policies/SgxEnclave" },
	    &f);
	assert_error(&f, 401, "Unauthorized");
	assert_non_null(fake_http_answer(&f, "WWW-Authenticate"));
	fake_http_release(&f);
	assert_fails(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/policies/SgxEnclave",
		.bearer = "a.b.c" },
	    401, "Unauthorized");
	assert_fails(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/policies/SgxEnclave",
		.bearer = fake_bearer(&s, "[\"operator\"]") },
	    401, "Unauthorized");
	assert_fails(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/attestd/log/records",
		.bearer = fake_bearer(&s, "[\"reader\"]") },
	    401, "Unauthorized");
}

static void
a_wrong_token_does_not_fail_an_anonymous_call(void **state)
{
	struct fake_http f;

	(void)state;
	fake_api_call(&s,
	    &(struct fake_call){ .method = "GET", .path = "/certs", .bearer = "not a token" }, &f);
	assert_int_equal(f.status, 200);
	fake_http_release(&f);
}

static void
versions_do_not_gate_but_must_be_known(void **state)
{
	(void)state;
	assert_fails(&s,
	    &(struct fake_call){ .method = "POST",
		.path = "/attest/SgxEnclave",
		.query = "API-Version=2030-01-01",
		.body = "{}" },
	    400, "InvalidParameter");
	/* The body is looked at: the version was fine. */
	assert_fails(&s,
	    &(struct fake_call){ .method = "POST",
		.path = "/attest/SgxEnclave",
		.query = "api-version=2018-09-01-preview&tee=x",
		.body = "[]" },
	    400, "InvalidParameter");
}

static void
a_request_is_named_like_its_callers_trace(void **state)
{
	struct fake_http f;
	const char *id;

	(void)state;
	fake_api_call(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/x",
		.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
	    &f);
	id = fake_http_answer(&f, "x-ms-request-id");
	assert_memory_equal(id, "00-0af7651916cd43dd8448eb211c80319c-", 36);
	assert_int_equal(strlen(id), 55);
	assert_string_equal(id + 52, "-00");
	assert_memory_not_equal(id + 36, "b7ad6b7169203331", 16);
	fake_http_release(&f);
	fake_api_call(&s, &(struct fake_call){ .method = "GET", .path = "/x" }, &f);
	assert_int_equal(strlen(fake_http_answer(&f, "x-ms-request-id")), 55);
	assert_string_equal(fake_http_answer(&f, "x-ms-maa-service-version"), ATTEST_VERSION);
	fake_http_release(&f);
}

static void
before_the_first_state_everything_but_livez_is_503(void **state)
{
	struct service_config config = { .traces = EXEMPLARS_LIMITS_DEFAULT };
	struct fake_service young;
	struct fake_http f;

	(void)state;
	fake_service_init(&young, &config);
	fake_api_call(&young, &(struct fake_call){ .method = "GET", .path = "/certs" }, &f);
	assert_error(&f, 503, "ServiceUnavailable");
	assert_non_null(fake_http_answer(&f, "Retry-After"));
	fake_http_release(&f);
	assert_fails(&young, &(struct fake_call){ .method = "GET", .path = "/attestd/readyz" }, 503,
	    "ServiceUnavailable");
	fake_api_call(&young, &(struct fake_call){ .method = "GET", .path = "/attestd/livez" }, &f);
	assert_int_equal(f.status, 200);
	fake_http_release(&f);
	fake_service_release(&young);
}

static void
what_the_server_refuses_itself_has_the_same_shape(void **state)
{
	struct api api = { .service = s.service };
	struct http_response out = { .status = 413 };
	struct fake_http f;

	(void)state;
	fake_http_init(&f, "POST", "/attest/SgxEnclave", "", BYTES(""));
	api_refuse(&f.rq, "too large", &out, &api);
	assert_non_null(memmem(out.body.p, out.body.size, "\"code\":\"RequestTooLarge\"", 24));
	assert_non_null(memmem(out.body.p, out.body.size, "\"innererror\"", 12));
	fake_http_release(&f);
}

static void
bodies_are_taken_only_where_they_are_read(void **state)
{
	struct api api = { .service = s.service };
	struct fake_http f;

	(void)state;
	fake_http_init(&f, "POST", "/attest/SgxEnclave", "", BYTES(""));
	assert_int_equal(api_max_body(&f.rq, &api), 1u << 20);
	fake_http_release(&f);
	fake_http_init(&f, "GET", "/certs", "", BYTES(""));
	assert_int_equal(api_max_body(&f.rq, &api), 4096);
	fake_http_release(&f);
	fake_http_init(&f, "POST", "/nothing", "", BYTES(""));
	assert_int_equal(api_max_body(&f.rq, &api), 4096);
	fake_http_release(&f);
}

static void
further_documents_of_the_dev_program_are_served(void **state)
{
	struct http_response r = { .status = 200,
		.content_type = HTTP_JSON,
		.body = BYTES("{\"a\":1}") };
	struct api_extra extra = { .path = "/attestd/dev/issuer/keys" };
	struct api api = { .service = s.service, .extra = &extra, .extra_count = 1 };
	struct fake_http f;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(http_prebuilt_new(&r, &extra.answer, &e), 0);
	fake_http_init(&f, "GET", "/attestd/dev/issuer/KEYS", "", BYTES(""));
	api_handle(&f.rq, &api);
	assert_int_equal(f.status, 200);
	fake_http_release(&f);
	fake_http_init(&f, "POST", "/attestd/dev/issuer/keys", "", BYTES(""));
	api_handle(&f.rq, &api);
	assert_int_equal(f.status, 404);
	fake_http_release(&f);
	http_prebuilt_unref(extra.answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_path_is_404),
		cmocka_unit_test(an_unknown_instance_is_404_and_names_nothing),
		cmocka_unit_test(an_instance_is_found_by_host_and_port),
		cmocka_unit_test(another_method_is_405_with_allow),
		cmocka_unit_test(what_is_known_and_not_built_is_501),
		cmocka_unit_test(no_token_a_wrong_one_and_a_missing_role_are_401),
		cmocka_unit_test(a_wrong_token_does_not_fail_an_anonymous_call),
		cmocka_unit_test(versions_do_not_gate_but_must_be_known),
		cmocka_unit_test(a_request_is_named_like_its_callers_trace),
		cmocka_unit_test(before_the_first_state_everything_but_livez_is_503),
		cmocka_unit_test(what_the_server_refuses_itself_has_the_same_shape),
		cmocka_unit_test(bodies_are_taken_only_where_they_are_read),
		cmocka_unit_test(further_documents_of_the_dev_program_are_served),
	};

	return cmocka_run_group_tests(tests, plain_setup, plain_teardown);
}
