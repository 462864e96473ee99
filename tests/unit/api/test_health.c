/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "../../support/test.h"

#include "../../support/api_plain.h"

static void
probes_need_no_known_host(void **state)
{
	static const char *const paths[] = { "/attestd/livez", "/attestd/readyz" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct fake_http f;

		fake_api_call(&s,
		    &(struct fake_call){ .method = "GET",
			.path = paths[i],
			.host = "10.0.0.7:8443" },
		    &f);
		assert_int_equal(f.status, 200);
		assert_string_equal(fake_text(&f), "ok\n");
		fake_http_release(&f);
	}
}

static void
without_the_authority_it_is_not_ready(void **state)
{
	struct fake_call call = { .method = "GET", .path = "/attestd/readyz" };

	(void)state;
	s.authority.fail = ERR_UNAVAILABLE;
	assert_fails(&s, &call, 503, "ServiceUnavailable");
	s.authority.refuse_at_once = true;
	assert_fails(&s, &call, 503, "ServiceUnavailable");
	s.authority.refuse_at_once = false;
	s.authority.fail = ERR_NONE;
}

static void
service_health_is_204(void **state)
{
	struct fake_http f;

	(void)state;
	fake_api_call(&s, &(struct fake_call){ .method = "GET", .path = "/servicehealth" }, &f);
	assert_int_equal(f.status, 204);
	assert_int_equal(f.body.size, 0);
	fake_http_release(&f);
}

static void
metrics_are_an_operators_unless_they_are_open(void **state)
{
	struct fake_call call = { .method = "GET", .path = "/attestd/metrics" };
	struct fake_http f;

	(void)state;
	assert_fails(&s, &call, 401, "Unauthorized");
	call.bearer = fake_bearer(&s, "[\"reader\"]");
	assert_fails(&s, &call, 401, "Unauthorized");
	call.bearer = fake_bearer(&s, "[\"operator\"]");
	fake_api_call(&s, &call, &f);
	assert_int_equal(f.status, 200);
	assert_non_null(strstr(f.content_type, "application/openmetrics-text"));
	assert_non_null(strstr(fake_text(&f), "attest_http_responses_total{status=\"401\"}"));
	assert_non_null(strstr(fake_text(&f), "# EOF\n"));
	fake_http_release(&f);
	s.service->config.open_metrics = true;
	call.bearer = NULL;
	fake_api_call(&s, &call, &f);
	assert_int_equal(f.status, 200);
	fake_http_release(&f);
	s.service->config.open_metrics = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_need_no_known_host),
		cmocka_unit_test(without_the_authority_it_is_not_ready),
		cmocka_unit_test(service_health_is_204),
		cmocka_unit_test(metrics_are_an_operators_unless_they_are_open),
	};

	return cmocka_run_group_tests(tests, plain_setup, plain_teardown);
}
