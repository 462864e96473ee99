/* SPDX-License-Identifier: Apache-2.0 */
#include "service/attest.h"

#include "../../support/test.h"

#include <string.h>

static struct arena arena;
static struct attest_request rq;
static struct err err;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 16u << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static int
parse_as(const char *kind, const char *body)
{
	arena_reset(&arena);
	err_clear(&err);
	memset(&rq, 0, sizeof(rq));
	return attest_request_parse(bytes_of_str(body), kind_find(bytes_of_str(kind)), &arena, &rq,
	    &err);
}

static bool
reads(const char *body)
{
	return parse_as("SgxEnclave", body) == 0;
}

static bool
fails(const char *body, enum err_code code)
{
	return parse_as("SgxEnclave", body) == -1 && err.code == code;
}

static void
names_are_read_in_any_case_and_others_are_passed_over(void **state)
{
	(void)state;
	assert_true(
	    reads("{\"QUOTE\":\"AQID\",\"future\":{\"x\":1},\"RuntimeData\":{\"DATA\":\"BA==\","
		  "\"datatype\":\"binary\"},\"inittimeData\":{\"data\":\"BQ\"}}"));
	assert_true(bytes_is_str(rq.evidence, "\1\2\3"));
	assert_int_equal(rq.runtime.form, DATA_BINARY);
	assert_true(bytes_is_str(rq.runtime.bytes, "\4"));
	assert_true(bytes_is_str(rq.init.bytes, "\5"));
	assert_null(rq.nonce.p);
	assert_null(rq.draft_policy.p);
}

static void
both_alphabets_and_any_padding_are_read(void **state)
{
	(void)state;
	assert_true(reads("{\"quote\":\"+/+/\"}"));
	assert_true(reads("{\"quote\":\"-_-_\"}"));
	assert_true(reads("{\"quote\":\"AQ==\"}"));
	assert_true(fails("{\"quote\":\"A)==\"}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQ=\"}", ERR_MALFORMED));
}

static void
empty_data_is_absent_data(void **state)
{
	(void)state;
	assert_true(
	    reads("{\"quote\":\"AQID\",\"initTimeData\":{\"data\":\"\",\"dataType\":\"\"},"
		  "\"runtimeData\":null,\"nonce\":\"\",\"draftPolicyForAttestation\":\"\"}"));
	assert_int_equal(rq.init.form, DATA_ABSENT);
	assert_int_equal(rq.runtime.form, DATA_ABSENT);
	assert_null(rq.nonce.p);
	assert_null(rq.draft_policy.p);
}

static void
json_data_must_be_an_object_and_may_end_in_garbage_of_c(void **state)
{
	(void)state;
	/* {"a":1} and a NUL */
	assert_true(reads("{\"quote\":\"AQID\",\"runtimeData\":{\"data\":\"eyJhIjoxfQA\","
			  "\"dataType\":\"JSON\"}}"));
	assert_int_equal(rq.runtime.form, DATA_JSON);
	assert_int_equal(rq.runtime.bytes.size, 8);
	assert_true(
	    fails("{\"quote\":\"AQID\",\"runtimeData\":{\"data\":\"WzFd\",\"dataType\":\"JSON\"}}",
		ERR_MALFORMED));
	assert_true(
	    fails("{\"quote\":\"AQID\",\"runtimeData\":{\"data\":\"AQID\",\"dataType\":\"JSON\"}}",
		ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\",\"runtimeData\":{\"data\":\"AQID\","
			  "\"dataType\":\"SIGNED_COSESIGN1_JSON\"}}",
	    ERR_UNSUPPORTED));
}

static void
a_nonce_may_be_a_number_and_keeps_its_digits(void **state)
{
	(void)state;
	assert_true(reads("{\"quote\":\"AQID\",\"nonce\":18446744073709551615}"));
	assert_true(bytes_is_str(rq.nonce, "18446744073709551615"));
	assert_true(reads("{\"quote\":\"AQID\",\"nonce\":\"a\\u00e9\"}"));
	assert_true(fails("{\"quote\":\"AQID\",\"nonce\":1.5}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\",\"nonce\":-1}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\",\"nonce\":1e3}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\",\"nonce\":true}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\",\"nonce\":{}}", ERR_MALFORMED));
}

static void
held_data_of_2018_is_runtime_data(void **state)
{
	(void)state;
	assert_true(reads("{\"Quote\":\"AQID\",\"EnclaveHeldData\":\"BA\"}"));
	assert_int_equal(rq.runtime.form, DATA_BINARY);
	assert_true(bytes_is_str(rq.runtime.bytes, "\4"));
	assert_true(fails("{\"quote\":\"AQID\",\"EnclaveHeldData\":\"BA\",\"runtimeData\":{"
			  "\"data\":\"BA\"}}",
	    ERR_MALFORMED));
}

static void
evidence_stands_under_either_name_but_once(void **state)
{
	(void)state;
	assert_int_equal(parse_as("OpenEnclave", "{\"report\":\"AQID\"}"), 0);
	assert_int_equal(parse_as("OpenEnclave", "{\"quote\":\"AQID\"}"), 0);
	assert_int_equal(parse_as("OpenEnclave", "{\"quote\":\"AQID\",\"report\":\"AQID\"}"), -1);
	assert_true(fails("{\"quote\":\"AQID\",\"Quote\":\"AQID\"}", ERR_MALFORMED));
	assert_true(fails("{}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"\"}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":7}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":null}", ERR_MALFORMED));
}

static void
what_is_no_object_is_refused(void **state)
{
	(void)state;
	assert_true(fails("", ERR_MALFORMED));
	assert_true(fails("[]", ERR_MALFORMED));
	assert_true(fails("\"eyJ\"", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\"", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\"}x", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\",\"runtimeData\":[]}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\",\"runtimeData\":\"AQID\"}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\",\"runtimeData\":{\"data\":7}}", ERR_MALFORMED));
	assert_true(fails("{\"quote\":\"AQID\",\"draftPolicyForAttestation\":{}}", ERR_MALFORMED));
}

static char *
body_with(const char *head, size_t size, const char *tail)
{
	static char body[1u << 20];

	strcpy(body, head);
	memset(body + strlen(head), 'A', size);
	strcpy(body + strlen(head) + size, tail);
	return body;
}

static void
every_member_has_its_ceiling(void **state)
{
	(void)state;
	assert_true(
	    fails(body_with("{\"quote\":\"", MAX_EVIDENCE_SIZE / 3 * 4 + 8, "\"}"), ERR_LIMIT));
	assert_true(fails(body_with("{\"quote\":\"AQID\",\"nonce\":\"", MAX_NONCE_SIZE + 1, "\"}"),
	    ERR_LIMIT));
	assert_true(reads(body_with("{\"quote\":\"AQID\",\"nonce\":\"", MAX_NONCE_SIZE, "\"}")));
	assert_true(fails(body_with("{\"quote\":\"AQID\",\"draftPolicyForAttestation\":\"",
			      MAX_POLICY_SIZE + 1, "\"}"),
	    ERR_LIMIT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_in_any_case_and_others_are_passed_over),
		cmocka_unit_test(both_alphabets_and_any_padding_are_read),
		cmocka_unit_test(empty_data_is_absent_data),
		cmocka_unit_test(json_data_must_be_an_object_and_may_end_in_garbage_of_c),
		cmocka_unit_test(a_nonce_may_be_a_number_and_keeps_its_digits),
		cmocka_unit_test(held_data_of_2018_is_runtime_data),
		cmocka_unit_test(evidence_stands_under_either_name_but_once),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(every_member_has_its_ceiling),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
