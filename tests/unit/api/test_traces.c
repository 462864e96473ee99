/* SPDX-License-Identifier: Apache-2.0 */
/* Who sees how much of a trace. */
#include "api/api.h"

#include "../../support/test.h"

#include "../../support/quotes.h"

static struct fake_service s;
static struct fake_http f;
static char path[96], key[64];

static int
setup(void **state)
{
	struct service_config config = { .traces = EXEMPLARS_LIMITS_DEFAULT };
	struct err e = { 0 };

	(void)state;
	fake_service_init(&s, &config);
	fake_quotes(&s);
	if (fake_service_publish(&s, &e) < 0)
		return -1;
	/* One refusal, whose trace everything below is about. */
	fake_attest(&s, "/attest/SgxEnclave",
	    fake_body(&s, "quote", QUOTE_VECTOR, NULL,
		",\"draftPolicyForAttestation\":\"version= 1.0; authorizationrules{=> deny();};\""),
	    &f);
	assert_int_equal(f.status, 400);
	snprintf(path, sizeof(path), "/attestd/traces/%s",
	    fake_http_answer(&f, "x-attest-trace-id"));
	snprintf(key, sizeof(key), "%s", fake_http_answer(&f, "x-attest-trace-key"));
	fake_http_release(&f);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fake_service_release(&s);
	return 0;
}

static void
get(const char *query, const char *trace_key, const char *bearer, const char *host)
{
	struct fake_call call = { .method = "GET",
		.path = path,
		.query = query,
		.bearer = bearer,
		.host = host };

	if (trace_key != NULL) {
		call.headers[0] = "x-attest-trace-key";
		call.headers[1] = trace_key;
	}
	fake_api_call(&s, &call, &f);
}

static void
the_submitter_sees_his_evidence_and_no_rule(void **state)
{
	const struct json *json;

	(void)state;
	get(NULL, key, NULL, NULL);
	assert_int_equal(f.status, 200);
	assert_string_equal(fake_http_answer(&f, "Cache-Control"), "no-store");
	json = fake_json(&f);
	assert_true(json_is_str(json_get(json, "format"), "attest-trace/1"));
	assert_true(json_is_str(json_get(json, "verdict"), "refused"));
	assert_non_null(json_get(json, "checks"));
	assert_null(json_item(json_at(json, "policy.rules"), 0));
	fake_http_release(&f);
}

static void
the_key_may_stand_in_the_query(void **state)
{
	char query[96];

	(void)state;
	snprintf(query, sizeof(query), "key=%s", key);
	get(query, NULL, NULL, NULL);
	assert_int_equal(f.status, 200);
	fake_http_release(&f);
}

static void
a_reader_sees_all_and_may_ask_for_less(void **state)
{
	(void)state;
	get(NULL, NULL, fake_bearer(&s, "[\"reader\"]"), NULL);
	assert_int_equal(f.status, 200);
	assert_non_null(json_item(json_at(fake_json(&f), "policy.rules"), 0));
	assert_non_null(json_get(fake_json(&f), "claims"));
	fake_http_release(&f);
	get("view=id-only", NULL, fake_bearer(&s, "[\"reader\"]"), NULL);
	assert_int_equal(f.status, 200);
	assert_null(json_get(fake_json(&f), "claims"));
	fake_http_release(&f);
	get("view=everything", NULL, fake_bearer(&s, "[\"reader\"]"), NULL);
	assert_error(&f, 400, "InvalidParameter");
	fake_http_release(&f);
}

static void
a_submitter_cannot_ask_for_more(void **state)
{
	(void)state;
	get("view=reader", key, NULL, NULL);
	assert_int_equal(f.status, 200);
	assert_null(json_item(json_at(fake_json(&f), "policy.rules"), 0));
	fake_http_release(&f);
}

static void
nobody_sees_nothing_and_learns_nothing(void **state)
{
	static const char *const no_role = "[\"operator\"]";
	char missing[4096] = "", found[4096] = "";

	(void)state;
	get(NULL, NULL, NULL, NULL);
	assert_error(&f, 401, "Unauthorized");
	fake_http_release(&f);
	get(NULL, NULL, fake_bearer(&s, no_role), NULL);
	assert_error(&f, 401, "Unauthorized");
	fake_http_release(&f);
	/* A wrong key for a trace that is there, and any key for one that is not: the same words. */
	get(NULL, "00000000000000000000000000000000", NULL, NULL);
	assert_error(&f, 404, "NotFound");
	memcpy(found, fake_text(&f), f.body.size < 4095 ? f.body.size : 4095);
	fake_http_release(&f);
	fake_api_call(&s,
	    &(struct fake_call){ .method = "GET",
		.path = "/attestd/traces/01ARZ3NDEKTSV4RRFFQ69G5FAV",
		.headers = { "x-attest-trace-key", key } },
	    &f);
	memcpy(missing, fake_text(&f), f.body.size < 4095 ? f.body.size : 4095);
	assert_string_equal(found, missing);
	fake_http_release(&f);
	get(NULL, "", NULL, NULL);
	assert_error(&f, 404, "NotFound");
	fake_http_release(&f);
}

static void
an_id_of_one_instance_says_nothing_at_another(void **state)
{
	(void)state;
	get(NULL, key, NULL, "other.example");
	assert_error(&f, 404, "NotFound");
	fake_http_release(&f);
	get(NULL, NULL, fake_bearer(&s, "[\"reader\"]"), "other.example");
	assert_error(&f, 404, "NotFound");
	fake_http_release(&f);
}

static void
an_instance_may_show_its_submitters_no_more_than_the_check(void **state)
{
	struct err e = { 0 };

	(void)state;
	s.explain_id_only = true;
	assert_int_equal(fake_service_publish(&s, &e), 0);
	get(NULL, key, NULL, NULL);
	assert_int_equal(f.status, 200);
	assert_true(json_is_str(json_get(fake_json(&f), "verdict"), "refused"));
	assert_null(json_get(fake_json(&f), "measurements"));
	assert_null(json_get(fake_json(&f), "claims"));
	fake_http_release(&f);
	get(NULL, NULL, fake_bearer(&s, "[\"reader\"]"), NULL);
	assert_non_null(json_get(fake_json(&f), "claims"));
	fake_http_release(&f);
	s.explain_id_only = false;
	assert_int_equal(fake_service_publish(&s, &e), 0);
}

static void
traces_outlive_a_new_state_and_not_their_time(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(fake_service_publish(&s, &e), 0);
	get(NULL, key, NULL, NULL);
	assert_int_equal(f.status, 200);
	fake_http_release(&f);
	fake_time(QUOTE_AT + 86400 + 60);
	get(NULL, key, NULL, NULL);
	assert_error(&f, 404, "NotFound");
	fake_http_release(&f);
	fake_time(QUOTE_AT);
}

static void
an_acceptance_is_kept_when_its_submitter_asks_for_it(void **state)
{
	const char *body;

	(void)state;
	s.service->config.show_all = true;
	for (int i = 0; i < 20; i++) {
		body = fake_body(&s, "quote", QUOTE_VECTOR, NULL, "");
		fake_api_call(&s,
		    &(struct fake_call){ .method = "POST",
			.path = "/attest/SgxEnclave",
			.body = body,
			.headers = { "x-attest-trace", "keep" } },
		    &f);
		assert_int_equal(f.status, 200);
		snprintf(path, sizeof(path), "/attestd/traces/%s",
		    fake_http_answer(&f, "x-attest-trace-id"));
		fake_http_release(&f);
		get(NULL, NULL, NULL, NULL); /* the dev program shows all to everybody */
		assert_int_equal(f.status, 200);
		assert_true(json_is_str(json_get(fake_json(&f), "verdict"), "accepted"));
		assert_non_null(json_get(fake_json(&f), "claims"));
		fake_http_release(&f);
	}
	s.service->config.show_all = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_submitter_sees_his_evidence_and_no_rule),
		cmocka_unit_test(the_key_may_stand_in_the_query),
		cmocka_unit_test(a_reader_sees_all_and_may_ask_for_less),
		cmocka_unit_test(a_submitter_cannot_ask_for_more),
		cmocka_unit_test(nobody_sees_nothing_and_learns_nothing),
		cmocka_unit_test(an_id_of_one_instance_says_nothing_at_another),
		cmocka_unit_test(an_instance_may_show_its_submitters_no_more_than_the_check),
		cmocka_unit_test(traces_outlive_a_new_state_and_not_their_time),
		cmocka_unit_test(an_acceptance_is_kept_when_its_submitter_asks_for_it),
	};

	NEED_VECTORS(QUOTE_VECTOR);
	return cmocka_run_group_tests(tests, setup, teardown);
}
