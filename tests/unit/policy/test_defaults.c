/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/defaults.h"
#include "policy/policy.h"

#include "../../support/arena.h"
#include "../../support/test.h"
#include "../../support/vectors.h"

#include <string.h>

static void
assert_hash(struct bytes text, const char *want)
{
	char hash[POLICY_HASH_SIZE];

	assert_int_equal(policy_hash_of(text, hash, NULL), 0);
	assert_string_equal(hash, want);
}

static void
default_policies_have_the_recorded_hashes(void **state)
{
	(void)state;
	assert_hash(policy_default_text("SgxEnclave"),
	    "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc");
	assert_hash(policy_default_text("openenclave"),
	    "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc");
	assert_hash(policy_default_text("SevSnpVm"), "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco");
	assert_int_equal(policy_default_text("SgxEnclave").size, 592);
	assert_int_equal(policy_default_text("SevSnpVm").size, 46);
}

static void
tpm_and_unknown_types_have_no_default(void **state)
{
	(void)state;
	assert_null(policy_default_text("Tpm").p);
	assert_null(policy_default_text("").p);
	assert_null(policy_default_text("SgxEnclave2").p);
}

static void
default_policies_parse_and_keep_their_hash(void **state)
{
	static const char *const types[] = { "SgxEnclave", "OpenEnclave", "SevSnpVm", "TdxVm",
		"AzureGuest" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		DEFER(policy_unrefp) struct policy *p = NULL;
		char hash[POLICY_HASH_SIZE];

		assert_int_equal(policy_parse(policy_default_text(types[i]), &p, NULL, NULL), 0);
		assert_int_equal(policy_hash_of(policy_text(p), hash, NULL), 0);
		assert_string_equal(policy_hash(p), hash);
	}
}

static void
default_policies_equal_the_vectors(void **state)
{
	struct bytes file;

	(void)state;
	if (!vector_exists("maa/policies/default-sgx-oe-v1.1.txt"))
		skip();
	assert_true(vector_read("maa/policies/default-sgx-oe-v1.1.txt", &arena, &file));
	assert_true(bytes_eq(file, policy_default_text("SgxEnclave")));
	assert_true(vector_read("maa/policies/default-sevsnpvm-2025.txt", &arena, &file));
	assert_true(bytes_eq(file, policy_default_text("SevSnpVm")));
	assert_true(vector_read("maa/policies/default-sgx-oe-v1.0.txt", &arena, &file));
	assert_hash(file, "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw");
	assert_true(vector_read("maa/policies/sample-sevsnpvm-2022.txt", &arena, &file));
	assert_hash(file, "LTPRQQju-FejAwdYihF8YV_c2XWebG9joKvrHKc3bxs");
	assert_true(vector_read("maa/policies/sample-tdxvm-2023.txt", &arena, &file));
	assert_hash(file, "B56nbp5slhw66peoRYkpdq1WykMkEworvdol08hnMXE");
}

/* The example of maa-api.md 2.5. */
static void
token_hash_is_over_the_whole_jws(void **state)
{
	DEFER(buf_release) struct buf jws;
	char hash[POLICY_HASH_SIZE];

	(void)state;
	buf_init(&jws, 4096);
	policy_jws_emit(&jws,
	    BYTES("version=1.0; authorizationrules{=> permit();}; issuancerules{};"));
	policy_token_hash(buf_bytes(&jws), hash);
	assert_string_equal(hash, "c6sEJQItV50OeP9IrP_bzywAMOVvj5uDPbklA_bwdYQ");
}

static void
type_without_policy_has_the_empty_jws(void **state)
{
	DEFER(buf_release) struct buf jws;

	(void)state;
	buf_init(&jws, 4096);
	policy_jws_emit(&jws, (struct bytes){ 0 });
	assert_true(bytes_is_str(buf_bytes(&jws), "eyJhbGciOiJub25lIn0.."));
}

static void
policy_text_survives_the_payload(void **state)
{
	DEFER(buf_release) struct buf payload;
	struct bytes text;

	(void)state;
	buf_init(&payload, 4096);
	policy_jws_payload_emit(&payload, policy_default_text("TdxVm"));
	assert_int_equal(policy_jws_text(buf_bytes(&payload), false, &arena, &text, NULL), 0);
	assert_true(bytes_eq(text, policy_default_text("TdxVm")));
}

static void
padded_and_raw_policy_texts_are_read(void **state)
{
	struct bytes text;

	(void)state;
	assert_int_equal(policy_jws_text(BYTES("{\"AttestationPolicy\":\"YQ==\"}"), false, &arena,
			     &text, NULL),
	    0);
	assert_true(bytes_is_str(text, "a"));
	assert_int_equal(policy_jws_text(BYTES("{\"AttestationPolicy\":\"version= 1.0;\"}"), true,
			     &arena, &text, NULL),
	    0);
	assert_true(bytes_is_str(text, "version= 1.0;"));
}

static void
payload_that_holds_no_policy_is_refused(void **state)
{
	static const struct {
		const char *payload;
		enum err_code code;
	} rows[] = {
		{ "", ERR_MISSING },
		{ "x", ERR_MALFORMED },
		{ "[]", ERR_MALFORMED },
		{ "{}", ERR_MALFORMED },
		{ "{\"AttestationPolicy\":1}", ERR_MALFORMED },
		{ "{\"AttestationPolicy\":\"a)b\"}", ERR_MALFORMED },
		{ "{\"AttestationPolicy\":\"YQ\",\"AttestationPolicy\":\"YQ\"}", ERR_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err e = { 0 };
		struct bytes text;

		assert_int_equal(policy_jws_text(bytes_of_str(rows[i].payload), false, &arena,
				     &text, &e),
		    -1);
		assert_int_equal(e.code, rows[i].code);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_policies_have_the_recorded_hashes),
		cmocka_unit_test(tpm_and_unknown_types_have_no_default),
		cmocka_unit_test(default_policies_parse_and_keep_their_hash),
		cmocka_unit_test(default_policies_equal_the_vectors),
		cmocka_unit_test(token_hash_is_over_the_whole_jws),
		cmocka_unit_test(type_without_policy_has_the_empty_jws),
		cmocka_unit_test(policy_text_survives_the_payload),
		cmocka_unit_test(padded_and_raw_policy_texts_are_read),
		cmocka_unit_test(payload_that_holds_no_policy_is_refused),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
