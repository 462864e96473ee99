/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery's reading and its configuration, without a server: each mistake is called by its name. */
#include "client/discovery.h"

#include "../../support/test.h"

#include <string.h>

#define ISSUER "https://a.example:8443/t"

struct row {
	const char *document;
	enum err_code code;
	const char *says;
};

static void
document_names_one_place_for_its_keys(void **state)
{
	struct discovery_config from = { .issuer = ISSUER };
	DEFER(buf_release) struct buf uri = { 0 };

	(void)state;
	buf_init(&uri, 256);
	assert_int_equal(discovery_document_read(&from,
			     BYTES("{\"issuer\":\"" ISSUER
				   "\",\"jwks_uri\":\"https://a.example:8443/c\"}"),
			     &uri, NULL),
	    0);
	assert_string_equal(uri.p, "https://a.example:8443/c");
}

static void
mistakes_of_a_document_are_called_by_name(void **state)
{
	static const struct row rows[] = {
		{ "[]", ERR_INVALID, "issuer" },
		{ "{\"issuer\":\"https://b.example\"}", ERR_INVALID, "issuer" },
		{ "{\"issuer\":\"" ISSUER "\"}", ERR_MALFORMED, "no jwks_uri" },
		{ "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://[::1\"}", ERR_INVALID,
		    "jwks_uri: URL" },
		{ "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"http://a.example:8443/c\"}",
		    ERR_INVALID, "not a URL of https" },
		{ "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://b.example/c\"}", ERR_DENIED,
		    "of another host" },
	};
	struct discovery_config from = { .issuer = ISSUER };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		DEFER(buf_release) struct buf uri = { 0 };
		struct err e = { 0 };

		buf_init(&uri, 256);
		assert_int_equal(discovery_document_read(&from, bytes_of_str(rows[i].document),
				     &uri, &e),
		    -1);
		assert_int_equal(e.code, rows[i].code);
		assert_non_null(strstr(e.msg, rows[i].says));
		assert_int_equal(uri.size, 0);
	}
}

static void
mistakes_of_a_configuration_are_called_by_name(void **state)
{
	static const char *const origins[] = { "https://[::1", NULL };
	static const struct {
		struct discovery_config from;
		const char *says;
	} rows[] = {
		{ { 0 }, "neither an issuer nor" },
		{ { .issuer = "https://[::1" }, "issuer: URL" },
		{ { .issuer = "http://a.example" }, "issuer: not a URL of https" },
		{ { .jwks_url = "nowhere" }, "URL of the JWKS: URL" },
		{ { .issuer = ISSUER, .jwks_origins = origins }, "allowed origin: URL" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err e = { 0 };

		assert_int_equal(discovery_config_check(&rows[i].from, &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		assert_non_null(strstr(e.msg, rows[i].says));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_names_one_place_for_its_keys),
		cmocka_unit_test(mistakes_of_a_document_are_called_by_name),
		cmocka_unit_test(mistakes_of_a_configuration_are_called_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
