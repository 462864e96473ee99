/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of maa-api.md 2.2, from findings made by hand. */
#include "claims/sgx.h"

#include "appraise/sgx.h"
#include "claims/names.h"

#include "../../support/test.h"

#include <string.h>

static struct arena arena;
static struct sgx_findings findings;
static struct claim_set incoming;

static const uint8_t sixteen[16] = { 0x10 }, thirty_two[32] = { 0x20 }, sixty_four[64] = { 0x40 };

static int
setup(void **state)
{
	struct sgx_report *r = &findings.quote.report;

	(void)state;
	arena_init(&arena, 16 << 20);
	incoming = (struct claim_set){ 0 };
	findings = (struct sgx_findings){ .complete = true, .debuggable = true };
	r->mrenclave = BYTES_OF(thirty_two);
	r->mrsigner = BYTES_OF(thirty_two);
	r->reportdata = BYTES_OF(sixty_four);
	r->configid = BYTES_OF(sixty_four);
	r->isvextprodid = BYTES_OF(sixteen);
	r->isvfamilyid = BYTES_OF(sixteen);
	r->isvprodid = 1;
	r->isvsvn = 65535;
	r->configsvn = 3;
	findings.collateral.quotehash[0] = 0xab;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct sgx_claims_spec
plain(void)
{
	return (struct sgx_claims_spec){ .findings = &findings,
		.tcb_identifier = BYTES("azuredefault") };
}

static const struct json *
emitted(const struct sgx_claims_spec *spec)
{
	struct json *o = NULL;
	struct err e = { 0 };

	if (sgx_claims_emit(spec, &arena, &o, &e) < 0)
		fail_msg("%s", e.msg);
	return o;
}

static void
service_claims_are_those_of_the_recorded_token(void **state)
{
	static const char *const names[] = { "maa-attestationcollateral", "x-ms-attestation-type",
		"x-ms-sgx-collateral", "x-ms-sgx-is-debuggable", "x-ms-sgx-mrenclave",
		"x-ms-sgx-mrsigner", "x-ms-sgx-product-id", "x-ms-sgx-report-data", "x-ms-sgx-svn",
		"x-ms-sgx-tcbidentifier" };
	struct sgx_claims_spec spec = plain();
	const struct json *o = emitted(&spec);

	(void)state;
	assert_int_equal(o->count, COUNT_OF(names));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_non_null(json_get(o, names[i]));
	assert_true(json_is_str(json_get(o, "x-ms-sgx-mrenclave"),
	    "2000000000000000000000000000000000000000000000000000000000000000"));
	assert_int_equal(json_get(o, "x-ms-sgx-report-data")->text.size, 128);
	assert_true(json_is_str(json_at(o, "x-ms-sgx-collateral.quotehash"),
	    "ab00000000000000000000000000000000000000000000000000000000000000"));
	assert_int_equal(json_get(o, "x-ms-sgx-collateral")->count, 7);
	assert_true(
	    json_eq(json_get(o, "x-ms-sgx-collateral"), json_get(o, "maa-attestationcollateral")));
}

static void
key_separation_claims_need_the_attribute(void **state)
{
	struct sgx_claims_spec spec = plain();
	const struct json *o;

	(void)state;
	findings.kss = true;
	o = emitted(&spec);
	assert_int_equal(o->count, 14);
	assert_int_equal(json_get(o, "x-ms-sgx-config-id")->text.size, 128);
	assert_int_equal(json_get(o, "x-ms-sgx-isv-extended-product-id")->text.size, 32);
	assert_int_equal(json_get(o, "x-ms-sgx-isv-family-id")->text.size, 32);
	assert_true(bytes_is_str(json_get(o, "x-ms-sgx-config-svn")->text, "3"));
	assert_int_equal(sgx_claims_incoming(&spec, &arena, &incoming, NULL), 0);
	assert_int_equal(claim_set_find(&incoming, "x-ms-sgx-config-svn")->number, 3);
}

static void
binary_runtime_data_has_three_names(void **state)
{
	struct sgx_claims_spec spec = plain();
	const struct json *o;

	(void)state;
	findings.runtime_bound = true;
	spec.runtime = (struct claims_data){ .form = DATA_BINARY, .bytes = BYTES("\xff\xfe") };
	o = emitted(&spec);
	assert_true(json_is_str(json_get(o, "x-ms-sgx-ehd"), "__4"));
	assert_true(json_is_str(json_get(o, "maa-ehd"), "__4"));
	assert_true(json_is_str(json_get(o, "aas-ehd"), "__4"));
	assert_null(json_get(o, "x-ms-runtime"));
	assert_int_equal(sgx_claims_incoming(&spec, &arena, &incoming, NULL), 0);
	assert_true(bytes_is_str(claim_set_find(&incoming, "$aas-ehd")->text, "__4"));
	assert_true(bytes_is_str(claim_set_find(&incoming, "$maa-ehd")->text, "__4"));
}

static void
json_data_comes_out_as_it_came_in(void **state)
{
	DEFER(buf_release) struct buf b;
	struct sgx_claims_spec spec = plain();
	const struct json *o;

	(void)state;
	buf_init(&b, 4096);
	findings.runtime_bound = findings.init_bound = true;
	spec.runtime = (struct claims_data){ .form = DATA_JSON,
		.bytes = BYTES("{\"b\":1.50,\"a\":\"\xc3\xa9\"}  \0") };
	spec.init = (struct claims_data){ .form = DATA_JSON, .bytes = BYTES("{}") };
	o = emitted(&spec);
	assert_null(json_get(o, "x-ms-sgx-ehd"));
	json_emit(&b, json_get(o, "x-ms-runtime"), JSON_SORTED);
	json_emit(&b, json_get(o, "x-ms-inittime"), JSON_SORTED);
	assert_true(bytes_is_str(buf_bytes(&b), "{\"a\":\"\\u00e9\",\"b\":1.50}{}"));
	assert_int_equal(sgx_claims_incoming(&spec, &arena, &incoming, NULL), 0);
	assert_true(bytes_is_str(claim_set_find(&incoming, "x-ms-runtime")->text,
	    "{\"b\":1.50,\"a\":\"\xc3\xa9\"}"));
}

static void
data_that_is_not_bound_is_never_a_claim(void **state)
{
	struct sgx_claims_spec spec = plain();
	struct json *o = NULL;
	struct err e = { 0 };

	(void)state;
	spec.runtime = (struct claims_data){ .form = DATA_BINARY, .bytes = BYTES("a") };
	assert_int_equal(sgx_claims_emit(&spec, &arena, &o, &e), -1);
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_int_equal(sgx_claims_incoming(&spec, &arena, &incoming, NULL), 0);
	assert_null(claim_set_find(&incoming, "x-ms-sgx-ehd"));
	spec.runtime = (struct claims_data){ 0 };
	spec.init = (struct claims_data){ .form = DATA_JSON, .bytes = BYTES("{}") };
	assert_int_equal(sgx_claims_emit(&spec, &arena, &o, NULL), -1);
	assert_null(o);
}

static void
json_data_that_is_none_is_refused(void **state)
{
	struct sgx_claims_spec spec = plain();
	struct json *o = NULL;
	struct err e = { 0 };

	(void)state;
	findings.runtime_bound = true;
	spec.runtime = (struct claims_data){ .form = DATA_JSON, .bytes = BYTES("[]") };
	assert_int_equal(sgx_claims_emit(&spec, &arena, &o, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	assert_int_equal(sgx_claims_incoming(&spec, &arena, &incoming, &e), -1);
}

static void
incomplete_findings_are_no_claims(void **state)
{
	struct sgx_claims_spec spec = plain();
	struct json *o = NULL;
	struct err e = { 0 };

	(void)state;
	findings.complete = false;
	assert_int_equal(sgx_claims_emit(&spec, &arena, &o, &e), -1);
	assert_int_equal(e.code, ERR_INTERNAL);
}

static void
policies_see_the_claims_under_both_names(void **state)
{
	static const char *const pairs[][2] = {
		{ "x-ms-sgx-is-debuggable", "$is-debuggable" },
		{ "x-ms-sgx-product-id", "$product-id" },
		{ "x-ms-sgx-mrsigner", "$sgx-mrsigner" },
		{ "x-ms-sgx-mrenclave", "$sgx-mrenclave" },
		{ "x-ms-sgx-svn", "$svn" },
		{ "x-ms-attestation-type", "$tee" },
		{ "x-ms-sgx-collateral", "$maa-attestationcollateral" },
	};
	struct sgx_claims_spec spec = plain();

	(void)state;
	assert_int_equal(sgx_claims_incoming(&spec, &arena, &incoming, NULL), 0);
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		const struct claim *a = claim_set_find(&incoming, pairs[i][0]);
		const struct claim *b = claim_set_find(&incoming, pairs[i][1]);
		struct claim renamed = *b;

		assert_non_null(a);
		renamed.name = a->name;
		assert_true(claim_eq(a, &renamed));
		assert_int_equal(a->issuer, ISSUER_SERVICE);
	}
	assert_int_equal(claim_set_find(&incoming, "$svn")->number, 65535);
	assert_null(claim_set_find(&incoming, "x-ms-sgx-config-id"));
	assert_null(claim_set_find(&incoming, "x-ms-runtime"));
}

static void
every_service_claim_is_protected_from_policies(void **state)
{
	struct sgx_claims_spec spec = plain();
	const struct json *o;

	(void)state;
	findings.kss = findings.runtime_bound = findings.init_bound = true;
	spec.runtime = (struct claims_data){ .form = DATA_BINARY, .bytes = BYTES("a") };
	spec.init = (struct claims_data){ .form = DATA_JSON, .bytes = BYTES("{}") };
	o = emitted(&spec);
	for (const struct json *c = o->first; c != NULL; c = c->next)
		assert_int_equal(claim_name_rule(c->name, false), NAME_PROTECTED);
}

static void
memory_that_runs_out_is_told(void **state)
{
	struct sgx_claims_spec spec = plain();

	(void)state;
	for (size_t ceiling = 0; ceiling < 16384; ceiling += 512) {
		struct arena small;
		struct json *o = NULL;
		struct err e = { 0 };

		arena_init(&small, ceiling);
		incoming = (struct claim_set){ 0 };
		if (sgx_claims_emit(&spec, &small, &o, &e) < 0)
			assert_int_equal(e.code, ERR_LIMIT);
		err_clear(&e);
		if (sgx_claims_incoming(&spec, &small, &incoming, &e) < 0)
			assert_int_equal(e.code, ERR_LIMIT);
		arena_release(&small);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(service_claims_are_those_of_the_recorded_token),
		TEST(key_separation_claims_need_the_attribute),
		TEST(binary_runtime_data_has_three_names),
		TEST(json_data_comes_out_as_it_came_in),
		TEST(data_that_is_not_bound_is_never_a_claim),
		TEST(json_data_that_is_none_is_refused),
		TEST(incomplete_findings_are_no_claims),
		TEST(policies_see_the_claims_under_both_names),
		TEST(every_service_claim_is_protected_from_policies),
		TEST(memory_that_runs_out_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
