/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation from request to answer, with real evidence at its time. */
#include "api/api.h"

#include "../../support/test.h"

#include "../../support/quotes.h"

static struct fake_service s;
static struct fake_http f;

#define RUNTIME_BINARY ",\"runtimeData\":{\"data\":\"%R\",\"dataType\":\"Binary\"}"
#define RUNTIME_JSON   ",\"runtimeData\":{\"data\":\"%R\",\"dataType\":\"JSON\"}"
#define DRAFT(text)    ",\"draftPolicyForAttestation\":\"" text "\""

static int
setup(void **state)
{
	struct service_config config = { .traces = EXEMPLARS_LIMITS_DEFAULT };
	struct err e = { 0 };

	(void)state;
	fake_service_init(&s, &config);
	fake_quotes(&s);
	return fake_service_publish(&s, &e);
}

static int
teardown(void **state)
{
	(void)state;
	fake_service_release(&s);
	return 0;
}

static void
sgx(const char *more)
{
	fake_attest(&s, "/attest/SgxEnclave",
	    fake_body(&s, "quote", QUOTE_VECTOR, HELD_VECTOR, more), &f);
}

/* The payload of the token in the answer; *JWS is the token taken apart. */
static const struct json *
token(struct jws *jws)
{
	const struct json *claims;
	struct err e = { 0 };
	struct bytes text;

	assert_int_equal(f.status, 200);
	assert_string_equal(f.content_type, HTTP_JSON);
	text = json_text(json_get(fake_json(&f), "token"));
	assert_non_null(text.p);
	assert_int_equal(jws_parse(text, &f.arena, jws, &e), 0);
	assert_int_equal(json_parse(jws->payload, jws->payload.size, &f.arena, &claims, &e), 0);
	return claims;
}

static void
a_quote_gives_a_signed_token(void **state)
{
	const struct json *claims;
	struct jws jws;
	bool good = false;
	struct err e = { 0 };

	(void)state;
	sgx(RUNTIME_BINARY ",\"nonce\":18446744073709551615");
	claims = token(&jws);
	assert_int_equal(jws_verify(&jws, privkey_public(s.authority.key), SIG_ES256, &good, &e),
	    0);
	assert_true(good);
	assert_true(json_is_str(json_get(claims, "iss"), FAKE_ISSUER));
	assert_true(json_is_str(json_get(claims, "nonce"), "18446744073709551615"));
	assert_true(json_is_str(json_get(claims, "x-ms-sgx-ehd"), "AQIDBAUG"));
	assert_true(json_is_str(json_get(claims, "x-ms-policy-hash"),
	    "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc"));
	assert_true(json_is_str(json_get(claims, "tee"), "sgx"));
	assert_int_equal(json_text(json_get(claims, "jti")).size, 64);
	assert_non_null(json_get(claims, "attest-appraisal-hash"));
	assert_int_equal(strlen(fake_http_answer(&f, "x-attest-trace-id")), 26);
	assert_int_equal(strlen(fake_http_answer(&f, "x-attest-trace-key")), 32);
	assert_non_null(fake_http_answer(&f, "x-ms-request-id"));
	assert_int_equal(s.authority.refusals, 0);
	fake_http_release(&f);
}

/* Id of the request, id and key of the trace are of one draw, and each of its own part. */
static void
names_of_an_answer_tell_nothing_of_its_key(void **state)
{
	char keys[2][33], ids[2][27], part[9] = "";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sgx("");
		assert_int_equal(f.status, 200);
		snprintf(keys[i], sizeof(keys[i]), "%s",
		    fake_http_answer(&f, "x-attest-trace-key"));
		snprintf(ids[i], sizeof(ids[i]), "%s", fake_http_answer(&f, "x-attest-trace-id"));
		for (size_t at = 0; at + 8 <= 32; at += 2) {
			memcpy(part, keys[i] + at, 8);
			assert_null(strstr(fake_http_answer(&f, "x-ms-request-id"), part));
		}
		fake_http_release(&f);
	}
	assert_string_not_equal(keys[0], keys[1]);
	assert_string_not_equal(ids[0], ids[1]);
}

static void
runtime_data_may_be_left_out(void **state)
{
	struct jws jws;

	(void)state;
	sgx("");
	assert_null(json_get(token(&jws), "x-ms-sgx-ehd"));
	fake_http_release(&f);
}

static void
json_runtime_data_of_a_report_comes_back(void **state)
{
	const struct json *claims;
	struct jws jws;

	(void)state;
	fake_attest(&s, "/attest/openenclave",
	    fake_body(&s, "Report", REPORT_VECTOR, RUNTIME_VECTOR, RUNTIME_JSON), &f);
	claims = token(&jws);
	assert_int_equal(json_get(claims, "x-ms-runtime")->type, JSON_OBJECT);
	assert_null(json_get(claims, "x-ms-sgx-ehd"));
	assert_true(json_is_str(json_get(claims, "x-ms-attestation-type"), "sgx"));
	fake_http_release(&f);
}

static void
a_draft_gives_an_unsigned_token(void **state)
{
	const struct json *claims;
	struct jws jws;

	(void)state;
	sgx(DRAFT("version= 1.0; authorizationrules{=> permit();};"));
	claims = token(&jws);
	assert_true(jws_is_unsigned(&jws));
	assert_int_equal(jws.signature.size, 0);
	assert_true(s.authority.draft);
	assert_null(json_get(claims, "x-ms-policy"));
	assert_null(json_get(claims, "tee"));
	fake_http_release(&f);
}

static void
a_draft_that_denies_is_a_policy_evaluation_error(void **state)
{
	unsigned before = s.authority.refusals, issues = s.authority.issues;

	(void)state;
	sgx(DRAFT("version= 1.0; authorizationrules{=> deny();};"));
	assert_error(&f, 400, "PolicyEvaluationError");
	assert_non_null(strstr(fake_text(&f), "A Deny claim was issued, authorization failed."));
	assert_true(json_is_str(json_at(fake_json(&f), "error.innererror.check"), "policy.permit"));
	assert_true(json_is_str(json_at(fake_json(&f), "error.innererror.traceId"),
	    fake_http_answer(&f, "x-attest-trace-id")));
	assert_int_equal(s.authority.refusals, before + 1);
	assert_string_equal(s.authority.check, "policy.permit");
	assert_int_equal(s.authority.issues, issues);
	fake_http_release(&f);
	sgx(DRAFT("version= 1.0; authorizationrules{};"));
	assert_error(&f, 400, "PolicyEvaluationError");
	assert_non_null(strstr(fake_text(&f),
	    "No Permit claim was issued in the authorizationrules section, authorization failed."));
	fake_http_release(&f);
}

static void
a_draft_that_is_no_policy_is_a_policy_parsing_error(void **state)
{
	(void)state;
	sgx(DRAFT("version= 1.0\\n[authorizationrules{=> permit();};"));
	assert_error(&f, 400, "PolicyParsingError");
	assert_non_null(strstr(fake_text(&f), "line 2"));
	assert_null(fake_http_answer(&f, "x-attest-trace-id"));
	fake_http_release(&f);
}

static void
runtime_data_that_is_not_bound_is_refused(void **state)
{
	(void)state;
	sgx(",\"runtimeData\":{\"data\":\"AQID\",\"dataType\":\"Binary\"}");
	assert_error(&f, 400, "InvalidParameter");
	assert_non_null(json_at(fake_json(&f), "error.innererror.check"));
	assert_non_null(json_at(fake_json(&f), "error.innererror.remedy"));
	fake_http_release(&f);
}

static void
a_changed_bit_is_refused_with_the_vendors_stem(void **state)
{
	char *body;
	size_t at;

	(void)state;
	body = (char *)(uintptr_t)fake_body(&s, "quote", QUOTE_VECTOR, HELD_VECTOR, RUNTIME_BINARY);
	/* A character in the middle of the enclave's report. */
	at = strlen("{\"quote\":\"") + 200;
	body[at] = body[at] == 'A' ? 'B' : 'A';
	fake_attest(&s, "/attest/SgxEnclave", body, &f);
	assert_error(&f, 400, "InvalidParameter");
	assert_non_null(strstr(fake_text(&f), "The specified quote was invalid"));
	fake_http_release(&f);
}

static void
evidence_of_the_other_format_is_an_error(void **state)
{
	(void)state;
	fake_attest(&s, "/attest/OpenEnclave", fake_body(&s, "quote", QUOTE_VECTOR, NULL, ""), &f);
	assert_error(&f, 400, "InvalidParameter");
	fake_http_release(&f);
	fake_attest(&s, "/attest/SgxEnclave", fake_body(&s, "quote", REPORT_VECTOR, NULL, ""), &f);
	assert_error(&f, 400, "InvalidParameter");
	fake_http_release(&f);
}

static void
a_body_that_is_not_understood_is_400_and_has_no_trace(void **state)
{
	static const char *const wrong[] = { "", "{", "[]", "{}", "{\"quote\":\"A)\"}",
		"{\"quote\":\"AQID\",\"quote\":\"AQID\"}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		fake_attest(&s, "/attest/SgxEnclave", wrong[i], &f);
		assert_error(&f, 400, "InvalidParameter");
		assert_null(fake_http_answer(&f, "x-attest-trace-id"));
		fake_http_release(&f);
	}
}

static void
stale_collateral_is_undecided(void **state)
{
	char check[96];
	const struct json *id;

	(void)state;
	fake_time(QUOTE_AT + 400 * 86400);
	sgx(RUNTIME_BINARY);
	id = json_at(fake_json(&f), "error.innererror.check");
	assert_non_null(id);
	snprintf(check, sizeof(check), "%.*s", BYTES_FMT(json_text(id)));
	assert_true(f.status == 400 || f.status == 503);
	assert_int_equal(f.status == 503, check_table[check_find(check)].on_fail == UNDECIDED_WAIT);
	assert_int_equal(f.status == 503, fake_http_answer(&f, "Retry-After") != NULL);
	fake_http_release(&f);
	fake_time(QUOTE_AT);
}

static void
without_a_record_there_is_no_answer(void **state)
{
	static const struct {
		enum err_code code;
		unsigned http;
		const char *name;
	} rows[] = {
		{ ERR_DENIED, 500, "InternalServerError" },
		{ ERR_INVALID, 500, "InternalServerError" },
		{ ERR_IO, 500, "InternalServerError" },
		{ ERR_CONFLICT, 503, "ServiceUnavailable" },
		{ ERR_UNAVAILABLE, 503, "ServiceUnavailable" },
		{ ERR_BUSY, 429, "TooManyRequests" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		s.authority.fail = rows[i / 2].code;
		s.authority.refuse_at_once = i % 2 == 1;
		sgx(RUNTIME_BINARY);
		assert_error(&f, rows[i / 2].http, rows[i / 2].name);
		assert_null(strstr(fake_text(&f), "token\":"));
		assert_int_equal(rows[i / 2].http == 429 || rows[i / 2].http == 503,
		    fake_http_answer(&f, "Retry-After") != NULL);
		fake_http_release(&f);
	}
	s.authority.fail = ERR_NONE;
	s.authority.refuse_at_once = false;
}

static void
outcomes_are_counted_by_instance_and_type(void **state)
{
	(void)state;
	s.service->config.open_metrics = true;
	fake_api_call(&s, &(struct fake_call){ .method = "GET", .path = "/attestd/metrics" }, &f);
	assert_non_null(strstr(fake_text(&f),
	    "attest_requests_total{instance=\"main\",type=\"SgxEnclave\",outcome=\"accepted\"}"));
	assert_non_null(strstr(fake_text(&f), "outcome=\"refused\"}"));
	assert_non_null(strstr(fake_text(&f), "outcome=\"busy\"}"));
	fake_http_release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quote_gives_a_signed_token),
		cmocka_unit_test(names_of_an_answer_tell_nothing_of_its_key),
		cmocka_unit_test(runtime_data_may_be_left_out),
		cmocka_unit_test(json_runtime_data_of_a_report_comes_back),
		cmocka_unit_test(a_draft_gives_an_unsigned_token),
		cmocka_unit_test(a_draft_that_denies_is_a_policy_evaluation_error),
		cmocka_unit_test(a_draft_that_is_no_policy_is_a_policy_parsing_error),
		cmocka_unit_test(runtime_data_that_is_not_bound_is_refused),
		cmocka_unit_test(a_changed_bit_is_refused_with_the_vendors_stem),
		cmocka_unit_test(evidence_of_the_other_format_is_an_error),
		cmocka_unit_test(a_body_that_is_not_understood_is_400_and_has_no_trace),
		cmocka_unit_test(stale_collateral_is_undecided),
		cmocka_unit_test(without_a_record_there_is_no_answer),
		cmocka_unit_test(outcomes_are_counted_by_instance_and_type),
	};

	NEED_VECTORS(QUOTE_VECTOR);
	return cmocka_run_group_tests(tests, setup, teardown);
}
