/* SPDX-License-Identifier: Apache-2.0 */
#include "token/build.h"

#include "../../support/test.h"

#include <string.h>

static struct arena arena;
static struct buf out;
static struct claim_set issued;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 4 << 20);
	buf_init(&out, 65536);
	issued = (struct claim_set){ 0 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&out);
	arena_release(&arena);
	return 0;
}

static const struct json *
known(const char *text)
{
	const struct json *v = NULL;

	assert_int_equal(json_parse(bytes_of_str(text), 65536, &arena, &v, NULL), 0);
	return v;
}

static struct token_spec
plain(const char *service)
{
	return (struct token_spec){
		.issuer = BYTES("https://host"),
		.now_at = 1000,
		.lifetime_s = TOKEN_LIFETIME_S,
		.service = known(service),
		.issued = &issued,
		.policy_hash = BYTES("PPP"),
	};
}

static void
assert_out(const char *want)
{
	buf_char(&out, '\0');
	assert_true(buf_ok(&out));
	assert_string_equal((const char *)out.p, want);
}

static void
assert_payload(const struct token_spec *spec, const char *want)
{
	struct err e = { 0 };

	if (token_payload_emit(spec, &arena, &out, &e) < 0)
		fail_msg("%s", e.msg);
	assert_out(want);
}

static void
members_are_sorted_at_every_level_and_ascii(void **state)
{
	struct token_spec spec =
	    plain("{\"x-ms-runtime\":{\"b\":{\"d\":1.0,\"c\":\"\xc3\xa9\"},\"a\":[]},"
		  "\"x-ms-attestation-type\":\"sgx\"}");

	(void)state;
	assert_payload(&spec,
	    "{\"exp\":29800,\"iat\":1000,\"iss\":\"https://host\",\"nbf\":1000,"
	    "\"x-ms-attestation-type\":\"sgx\",\"x-ms-policy-hash\":\"PPP\","
	    "\"x-ms-runtime\":{\"a\":[],\"b\":{\"c\":\"\\u00e9\",\"d\":1.0}},\"x-ms-ver\":\"1."
	    "0\"}");
}

static void
optional_members_are_there_when_they_are_given(void **state)
{
	struct token_spec spec = plain("{}");

	(void)state;
	spec.nonce = BYTES("");
	spec.appraisal_hash = BYTES("AAA");
	spec.dev = true;
	spec.policy_signer = known("{\"kty\":\"RSA\",\"alg\":\"RS256\"}");
	assert_payload(&spec,
	    "{\"attest-appraisal-hash\":\"AAA\",\"attest-dev\":true,\"exp\":29800,\"iat\":1000,"
	    "\"iss\":\"https://host\",\"nbf\":1000,\"nonce\":\"\",\"x-ms-policy-hash\":\"PPP\","
	    "\"x-ms-policy-signer\":{\"alg\":\"RS256\",\"kty\":\"RSA\"},\"x-ms-ver\":\"1.0\"}");
}

static void
issued_claims_stand_twice(void **state)
{
	struct token_spec spec = plain("{}");

	(void)state;
	assert_int_equal(claim_set_int(&issued, &arena, "svn", 2, NULL), 0);
	assert_int_equal(claim_set_text(&issued, &arena, "list", BYTES("{\"a\":1}"), NULL), 0);
	assert_int_equal(claim_set_bool(&issued, &arena, "list", true, NULL), 0);
	assert_payload(&spec,
	    "{\"exp\":29800,\"iat\":1000,\"iss\":\"https://"
	    "host\",\"list\":[\"{\\\"a\\\":1}\",true],"
	    "\"nbf\":1000,\"svn\":2,\"x-ms-policy\":{\"list\":[\"{\\\"a\\\":1}\",true],\"svn\":2},"
	    "\"x-ms-policy-hash\":\"PPP\",\"x-ms-ver\":\"1.0\"}");
}

static void
tpm_tokens_have_no_policy_object(void **state)
{
	struct token_spec spec = plain("{}");

	(void)state;
	spec.tpm_kind = true;
	assert_int_equal(claim_set_text(&issued, &arena, "aas-ehd", BYTES("x"), NULL), 0);
	assert_payload(&spec,
	    "{\"aas-ehd\":\"x\",\"exp\":29800,\"iat\":1000,\"iss\":\"https://host\",\"nbf\":1000,"
	    "\"x-ms-policy-hash\":\"PPP\",\"x-ms-ver\":\"1.0\"}");
}

/* Whether the service has a value of its own or not: neither is the policy's (maa-policy.md 12). */
static void
a_policy_cannot_forge_what_the_service_issues(void **state)
{
	static const char *const names[] = { "iss", "exp", "nbf", "iat", "jti", "nonce", "cnf",
		"eat_profile", "x-ms-ver", "x-ms-policy", "x-ms-policy-hash", "x-ms-policy-signer",
		"x-ms-sgx-mrenclave", "x-ms-compliance-status", "attest-appraisal-hash",
		"attest-dev", "maa-ehd", "tdx_mrtd", "secureboot" };
	struct token_spec spec = plain("{\"x-ms-sgx-mrenclave\":\"true\"}");
	const struct json *o, *object;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(claim_set_text(&issued, &arena, names[i], BYTES("forged"), NULL),
		    0);
	assert_int_equal(token_payload_emit(&spec, &arena, &out, NULL), 0);
	assert_int_equal(json_parse(buf_bytes(&out), 65536, &arena, &o, NULL), 0);
	object = json_get(o, "x-ms-policy");
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_false(json_is_str(json_get(o, names[i]), "forged"));
		assert_true(json_is_str(json_get(object, names[i]), "forged"));
	}
	assert_null(json_get(o, "jti"));
	assert_null(json_get(o, "tdx_mrtd"));
	assert_true(json_is_str(json_get(o, "x-ms-sgx-mrenclave"), "true"));
}

static void
service_claims_win_over_free_names_too(void **state)
{
	struct token_spec spec = plain("{\"own\":1}");

	(void)state;
	assert_int_equal(claim_set_int(&issued, &arena, "own", 2, NULL), 0);
	assert_payload(&spec,
	    "{\"exp\":29800,\"iat\":1000,\"iss\":\"https://host\",\"nbf\":1000,\"own\":1,"
	    "\"x-ms-policy\":{\"own\":2},\"x-ms-policy-hash\":\"PPP\",\"x-ms-ver\":\"1.0\"}");
}

static void
service_claim_that_stands_there_already_is_our_fault(void **state)
{
	struct token_spec spec = plain("{\"iss\":\"x\"}");
	struct err e = { 0 };

	(void)state;
	assert_int_equal(token_payload_emit(&spec, &arena, &out, &e), -1);
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_int_equal(out.size, 0);
}

static void
payload_over_the_ceiling_is_refused(void **state)
{
	struct token_spec spec = plain("{}");
	struct arena small;
	struct err e = { 0 };

	(void)state;
	buf_release(&out);
	buf_init(&out, 32);
	assert_int_equal(token_payload_emit(&spec, &arena, &out, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	arena_init(&small, 128);
	err_clear(&e);
	assert_int_equal(token_payload_emit(&spec, &small, &out, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	arena_release(&small);
}

static void
header_has_four_members_in_order(void **state)
{
	(void)state;
	token_header_emit(&out, "none", BYTES("https://host"), BYTES("a+/="));
	assert_out(
	    "{\"alg\":\"none\",\"jku\":\"https://host/certs\",\"kid\":\"a+/=\",\"typ\":\"JWT\"}");
}

static void
policy_get_token_has_the_jws_as_text(void **state)
{
	(void)state;
	token_policy_get_emit(&out, BYTES("https://host"), 10, BYTES("eyJhbGciOiJub25lIn0.."));
	assert_out("{\"exp\":3610,\"iat\":10,\"iss\":\"https://host\",\"nbf\":10,"
		   "\"x-ms-policy\":\"eyJhbGciOiJub25lIn0..\"}");
}

static void
policy_result_names_hash_and_signer_only_when_updated(void **state)
{
	const struct json *signer = known("{\"kty\":\"RSA\"}");

	(void)state;
	assert_int_equal(token_policy_result_emit(&out, BYTES("https://host"), 10, true,
			     BYTES("HH"), signer, &arena, NULL),
	    0);
	buf_char(&out, '\n');
	assert_int_equal(token_policy_result_emit(&out, BYTES("https://host"), 10, true,
			     BYTES("HH"), NULL, &arena, NULL),
	    0);
	buf_char(&out, '\n');
	assert_int_equal(token_policy_result_emit(&out, BYTES("https://host"), 10, false,
			     BYTES("HH"), signer, &arena, NULL),
	    0);
	assert_out("{\"exp\":3610,\"iat\":10,\"iss\":\"https://host\",\"nbf\":10,"
		   "\"x-ms-policy-result\":\"Updated\",\"x-ms-policy-signer\":{\"kty\":\"RSA\"},"
		   "\"x-ms-policy-token-hash\":\"HH\"}\n"
		   "{\"exp\":3610,\"iat\":10,\"iss\":\"https://host\",\"nbf\":10,"
		   "\"x-ms-policy-result\":\"Updated\",\"x-ms-policy-token-hash\":\"HH\"}\n"
		   "{\"exp\":3610,\"iat\":10,\"iss\":\"https://host\",\"nbf\":10,"
		   "\"x-ms-policy-result\":\"Removed\"}");
}

static void
certificates_token_may_be_empty(void **state)
{
	(void)state;
	assert_int_equal(token_certificates_emit(&out, BYTES("https://host"), 10, NULL, &arena,
			     NULL),
	    0);
	assert_out("{\"exp\":3610,\"iat\":10,\"iss\":\"https://host\",\"nbf\":10,"
		   "\"x-ms-policy-certificates\":{\"keys\":[]}}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(members_are_sorted_at_every_level_and_ascii),
		TEST(optional_members_are_there_when_they_are_given),
		TEST(issued_claims_stand_twice),
		TEST(tpm_tokens_have_no_policy_object),
		TEST(a_policy_cannot_forge_what_the_service_issues),
		TEST(service_claims_win_over_free_names_too),
		TEST(service_claim_that_stands_there_already_is_our_fault),
		TEST(payload_over_the_ceiling_is_refused),
		TEST(header_has_four_members_in_order),
		TEST(policy_get_token_has_the_jws_as_text),
		TEST(policy_result_names_hash_and_signer_only_when_updated),
		TEST(certificates_token_may_be_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
