/* SPDX-License-Identifier: Apache-2.0 */
#include "token/build.h"

#include "../../support/arena.h"
#include "../../support/test.h"

#include <stdio.h>
#include <string.h>

#define GOOD                                                                                       \
	"{\"exp\":2,\"iat\":1,\"iss\":\"https://h\",\"nbf\":1,\"x-ms-attestation-type\":\"sgx\","  \
	"\"x-ms-policy-hash\":\"P\",\"x-ms-ver\":\"1.0\"}"
#define JTI "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
canonical_payload_is_accepted_and_read(void **state)
{
	struct token_facts f;

	(void)state;
	assert_int_equal(token_check_payload(BYTES(GOOD), &arena, &f, NULL), 0);
	assert_true(bytes_is_str(f.issuer, "https://h"));
	assert_true(bytes_is_str(f.attestation_type, "sgx"));
	assert_true(bytes_is_str(f.policy_hash, "P"));
	assert_null(f.appraisal_hash.p);
	assert_false(f.dev);
	assert_int_equal(f.exp, 2);
	assert_int_equal(f.iat, 1);
	assert_int_equal(f.nbf, 1);
	assert_int_equal(token_check_payload(
			     BYTES("{\"attest-appraisal-hash\":\"A\",\"attest-dev\":true,\"exp\":2,"
				   "\"iat\":1,\"iss\":\"https://h\",\"nbf\":1,"
				   "\"x-ms-attestation-type\":\"sgx\",\"x-ms-policy-hash\":\"P\","
				   "\"x-ms-ver\":\"1.0\"}"),
			     &arena, &f, NULL),
	    0);
	assert_true(f.dev);
	assert_true(bytes_is_str(f.appraisal_hash, "A"));
}

/* GOOD with its first FROM turned into TO. */
static enum err_code
check_changed(const char *from, const char *to)
{
	static const char good[] = GOOD;
	const char *at = strstr(good, from);
	struct token_facts f;
	struct err e = { 0 };
	char text[1024];

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	return token_check_payload(bytes_of_str(text), &arena, &f, &e) == 0 ? ERR_NONE : e.code;
}

static void
payload_that_we_would_not_write_is_refused(void **state)
{
	static const struct {
		const char *from, *to;
		enum err_code code;
	} rows[] = {
		{ "{", "{ ", ERR_MALFORMED },
		{ "{", " {", ERR_MALFORMED },
		{ "}", "} ", ERR_MALFORMED },
		{ "}", "}}", ERR_MALFORMED },
		{ "sgx", "\xc3\xa9", ERR_MALFORMED },
		{ "sgx", "\\u0073gx", ERR_MALFORMED },
		{ "https://h", "https:\\/\\/h", ERR_MALFORMED },
		{ "\"exp\":2,\"iat\":1,", "\"iat\":1,\"exp\":2,", ERR_MALFORMED },
		{ "\"nbf\":1", "\"iss\":\"https://other\",\"nbf\":1", ERR_MALFORMED },
		{ "\"nbf\":1", "\"jti\":\"x\",\"nbf\":1", ERR_INVALID },
		{ "\"exp\":2", "\"exp\":2.0", ERR_MALFORMED },
		{ "\"exp\":2", "\"exp\":-2", ERR_MALFORMED },
		{ "\"exp\":2", "\"exp\":\"2\"", ERR_MALFORMED },
		{ "\"exp\":2,", "", ERR_MALFORMED },
		{ "\"iat\":1,", "", ERR_MALFORMED },
		{ ",\"nbf\":1", "", ERR_MALFORMED },
		{ "\"iss\":\"https://h\",", "", ERR_MALFORMED },
		{ "\"https://h\"", "\"\"", ERR_MALFORMED },
		{ "\"https://h\"", "1", ERR_MALFORMED },
		{ "\"x-ms-policy-hash\":\"P\",", "", ERR_MALFORMED },
		{ "\"x-ms-attestation-type\":\"sgx\",", "", ERR_MALFORMED },
		{ "1.0", "1.1", ERR_MALFORMED },
		{ "{", "{\"attest-dev\":false,", ERR_MALFORMED },
		{ "{", "{\"attest-dev\":\"true\",", ERR_MALFORMED },
		{ "{", "{\"attest-appraisal-hash\":1,", ERR_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum err_code code = check_changed(rows[i].from, rows[i].to);

		if (code != rows[i].code)
			fail_msg("%s for %s: %s", rows[i].to, rows[i].from, err_code_name(code));
	}
}

static void
what_is_no_object_is_refused(void **state)
{
	static const char *const texts[] = { "", "[]", "1", "\"x\"", "{}", "null", "{" };
	struct token_facts f;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_int_equal(token_check_payload(bytes_of_str(texts[i]), &arena, &f, NULL), -1);
}

static void
jti_goes_to_its_sorted_place(void **state)
{
	/* members that sort on either side, as canonical JSON writes them */
	static const char *const names[] = { "\"\"", "\"\\u0001\"", "\"\\b\"", "\"\\\"\"", "\"J\"",
		"\"\\\\\"", "\"a\"", "\"iss\"", "\"j\"", "\"jt\"", "\"jtA\"", "\"jt\\n\"",
		"\"jt\\u001f\"", "\"jt\\\\\"", "\"jth\"", "\"jtiA\"", "\"jti\\n\"", "\"jtj\"",
		"\"jt\\u00e9\"", "\"ju\"", "\"j\\u00e9\"", "\"k\"", "\"{\"", "\"\\u0080\"",
		"\"\\ud83d\\ude00\"" };
	static const char *const values[] = { "1", "\"a,}\\\"\"",
		"{\"x\":[1,{\"y\":\"}\"}],\"z\":2}", "[]", "{}", "[\"]\",\"\\\\\"]", "true" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		for (size_t j = 0; j < COUNT_OF(names); j++) {
			DEFER(buf_release) struct buf in, want, got;
			const struct json *v;
			char text[512];

			buf_init(&in, 4096);
			buf_init(&want, 4096);
			buf_init(&got, 4096);
			if (i == j)
				continue;
			snprintf(text, sizeof(text), "{%s:%s,%s:%s}", names[i],
			    values[i % COUNT_OF(values)], names[j], values[j % COUNT_OF(values)]);
			assert_int_equal(json_parse(bytes_of_str(text), 4096, &arena, &v, NULL), 0);
			json_emit(&in, v, JSON_SORTED);
			snprintf(text, sizeof(text), "{\"jti\":\"" JTI "\",%s:%s,%s:%s}", names[i],
			    values[i % COUNT_OF(values)], names[j], values[j % COUNT_OF(values)]);
			assert_int_equal(json_parse(bytes_of_str(text), 4096, &arena, &v, NULL), 0);
			json_emit(&want, v, JSON_SORTED);
			assert_int_equal(token_insert_jti(buf_bytes(&in), BYTES(JTI), &got, NULL),
			    0);
			if (!bytes_eq(buf_bytes(&want), buf_bytes(&got)))
				fail_msg("%.*s\n%.*s", BYTES_FMT(buf_bytes(&want)),
				    BYTES_FMT(buf_bytes(&got)));
		}
	}
}

static void
jti_can_stand_alone(void **state)
{
	DEFER(buf_release) struct buf got;

	(void)state;
	buf_init(&got, 4096);
	assert_int_equal(token_insert_jti(BYTES("{}"), BYTES(JTI), &got, NULL), 0);
	assert_true(bytes_is_str(buf_bytes(&got), "{\"jti\":\"" JTI "\"}"));
}

static void
jti_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "", "0123", JTI "0",
		"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\"" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		DEFER(buf_release) struct buf got;
		struct err e = { 0 };

		buf_init(&got, 4096);
		assert_int_equal(token_insert_jti(BYTES(GOOD), bytes_of_str(bad[i]), &got, &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
	}
}

/* Not what token_check_payload() lets through, but it must not run away. */
static void
payload_cut_anywhere_gets_no_jti_outside_an_object(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(GOOD) - 1; n++) {
		DEFER(buf_release) struct buf got;
		char text[sizeof(GOOD)];
		const struct json *v;

		buf_init(&got, 4096);
		memcpy(text, GOOD, n);
		if (token_insert_jti(bytes_of(text, n), BYTES(JTI), &got, NULL) == 0)
			assert_int_equal(json_parse(buf_bytes(&got), 4096, &arena, &v, NULL), -1);
	}
}

static void
jti_goes_into_no_text_that_is_no_object(void **state)
{
	static const char *const texts[] = { "", "x", "[}", "[]", "}", "\"a\":1}", "{\"a\"}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		DEFER(buf_release) struct buf got;
		struct err e = { 0 };

		buf_init(&got, 4096);
		assert_int_equal(token_insert_jti(bytes_of_str(texts[i]), BYTES(JTI), &got, &e),
		    -1);
		assert_int_equal(e.code, ERR_MALFORMED);
	}
}

static void
payload_that_does_not_fit_is_refused(void **state)
{
	DEFER(buf_release) struct buf got;
	struct err e = { 0 };

	(void)state;
	buf_init(&got, 64);
	assert_int_equal(token_insert_jti(BYTES(GOOD), BYTES(JTI), &got, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_payload_is_accepted_and_read),
		cmocka_unit_test(payload_that_we_would_not_write_is_refused),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(jti_goes_to_its_sorted_place),
		cmocka_unit_test(jti_can_stand_alone),
		cmocka_unit_test(jti_that_is_none_is_refused),
		cmocka_unit_test(payload_cut_anywhere_gets_no_jti_outside_an_object),
		cmocka_unit_test(jti_goes_into_no_text_that_is_no_object),
		cmocka_unit_test(payload_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
