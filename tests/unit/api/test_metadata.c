/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "../../support/test.h"

#include "../../support/api_plain.h"

static void
certs_lists_the_key_that_tokens_name(void **state)
{
	struct fake_http f;
	const struct json *key;

	(void)state;
	fake_api_call(&s, &(struct fake_call){ .method = "GET", .path = "/certs" }, &f);
	assert_int_equal(f.status, 200);
	assert_string_equal(f.content_type, HTTP_JSON);
	assert_string_equal(fake_http_answer(&f, "Cache-Control"), "max-age=3600");
	key = json_item(json_get(fake_json(&f), "keys"), 0);
	assert_true(json_is_str(json_get(key, "kid"), s.authority.kid));
	assert_int_equal(json_get(key, "x5c")->type, JSON_ARRAY);
	fake_http_release(&f);
}

static void
discovery_names_issuer_and_keys(void **state)
{
	struct fake_http f;

	(void)state;
	fake_api_call(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/.well-known/openid-configuration",
		.query = "api-version=2025-06-01" },
	    &f);
	assert_int_equal(f.status, 200);
	assert_true(json_is_str(json_get(fake_json(&f), "issuer"), FAKE_ISSUER));
	assert_true(json_is_str(json_get(fake_json(&f), "jwks_uri"), FAKE_ISSUER "/certs"));
	assert_true(
	    json_is_str(json_item(json_get(fake_json(&f), "id_token_signing_alg_values_supported"),
			    0),
		"ES256"));
	fake_http_release(&f);
}

static void
who_has_the_document_already_is_told_so(void **state)
{
	struct fake_http f;
	char tag[64], list[128];

	(void)state;
	fake_api_call(&s, &(struct fake_call){ .method = "GET", .path = "/certs" }, &f);
	snprintf(tag, sizeof(tag), "%s", fake_http_answer(&f, "ETag"));
	fake_http_release(&f);
	snprintf(list, sizeof(list), "\"x\", W/%s", tag);
	fake_api_call(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/certs",
		.headers = { "If-None-Match", list } },
	    &f);
	assert_int_equal(f.status, 304);
	assert_int_equal(f.body.size, 0);
	assert_string_equal(fake_http_answer(&f, "ETag"), tag);
	fake_http_release(&f);
	fake_api_call(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/certs",
		.headers = { "If-None-Match", "\"other\"" } },
	    &f);
	assert_int_equal(f.status, 200);
	fake_http_release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certs_lists_the_key_that_tokens_name),
		cmocka_unit_test(discovery_names_issuer_and_keys),
		cmocka_unit_test(who_has_the_document_already_is_told_so),
	};

	return cmocka_run_group_tests(tests, plain_setup, plain_teardown);
}
