/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/judge.h"

#include "authority_help.h"
#include "crypto/digest.h"

#define TEXT(s)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}
#define HASH_A "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw"
#define HASH_B "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc"
#define NOW    1790000000

static struct snapshot_type types[2] = {
	{ .type = TEXT("SgxEnclave"),
	    .token_type = TEXT("sgx"),
	    .policy_hash_text = TEXT(HASH_A),
	    .settings_hash_text = TEXT(HASH_B) },
	{ .type = TEXT("Tpm"), .token_type = TEXT("tpm"), .settings_hash_text = TEXT(HASH_B) },
};
static struct snapshot_instance instances[1] = { { .id = TEXT("one"),
    .issuer = TEXT("https://localhost:8443"),
    .kid = TEXT("kid"),
    .types = types,
    .type_count = 2 } };
static struct snapshot state = { .instances = instances,
	.instance_count = 1,
	.limits = { .leeway_s = 60, .token_lifetime_s = 28800 } };

static struct payload_spec
honest(void)
{
	return (struct payload_spec){ .issuer = "https://localhost:8443",
		.type = "sgx",
		.policy_hash = HASH_A,
		.appraisal_hash = HASH_B,
		.iat = NOW,
		.nbf = NOW,
		.exp = NOW + 28800 };
}

/* The code that judging ends with, ERR_NONE for yes. */
static enum err_code
judge_as(const struct payload_spec *p, const char *type, bool draft)
{
	struct err e = { 0 };
	struct arena a;
	struct buf payload;
	struct judged j;
	struct issue_request r = { .instance = BYTES("one"),
		.type = bytes_of_str(type),
		.draft = draft,
		.trace_id = BYTES("01J") };
	int got;

	arena_init(&a, 1048576);
	buf_init(&payload, 65536);
	help_payload(&payload, p);
	r.payload = buf_bytes(&payload);
	got = judge_issue(&state, &r, NOW, &a, &j, &e);
	assert_int_equal(got, e.code == ERR_NONE ? 0 : -1);
	buf_release(&payload);
	arena_release(&a);
	return e.code;
}

static enum err_code
judge_sgx(const struct payload_spec *p)
{
	return judge_as(p, "SgxEnclave", false);
}

static void
an_honest_payload_is_accepted(void **unused)
{
	struct payload_spec p = honest();
	(void)unused;

	assert_int_equal(judge_sgx(&p), ERR_NONE);
	for (int64_t off = -60; off <= 60; off += 120) {
		p.iat = p.nbf = NOW + off;
		p.exp = p.iat + 28800;
		assert_int_equal(judge_sgx(&p), ERR_NONE);
	}
}

static void
another_issuer_or_type_is_denied(void **unused)
{
	static const char *const bad[] = { "https://localhost:8444", "https://localhost:8443/",
		"https://LOCALHOST:8443", "http://localhost:8443", "https://localhost:84430" };
	struct payload_spec p = honest();
	(void)unused;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		p.issuer = bad[i];
		assert_int_equal(judge_sgx(&p), ERR_DENIED);
	}
	p = honest();
	p.type = "sevsnpvm";
	assert_int_equal(judge_sgx(&p), ERR_DENIED);
	p = honest();
	assert_int_equal(judge_as(&p, "Tpm", false), ERR_DENIED);
	assert_int_equal(judge_as(&p, "sgxenclave", false), ERR_MISSING);
	assert_int_equal(judge_as(&p, "", false), ERR_MISSING);
}

static void
policy_and_settings_not_in_force_are_conflicts(void **unused)
{
	struct payload_spec p = honest();
	(void)unused;

	p.policy_hash = HASH_B;
	assert_int_equal(judge_sgx(&p), ERR_CONFLICT);
	assert_int_equal(judge_as(&p, "SgxEnclave", true), ERR_NONE);
	p.policy_hash = "short";
	assert_int_equal(judge_sgx(&p), ERR_INVALID);
	assert_int_equal(judge_as(&p, "SgxEnclave", true), ERR_INVALID);
	p = honest();
	p.appraisal_hash = HASH_A;
	assert_int_equal(judge_sgx(&p), ERR_CONFLICT);
	assert_int_equal(judge_as(&p, "SgxEnclave", true), ERR_CONFLICT);
	p.appraisal_hash = NULL;
	assert_int_equal(judge_sgx(&p), ERR_CONFLICT);
	/* A type without a policy yields drafts only. */
	p = honest();
	p.type = "tpm";
	assert_int_equal(judge_as(&p, "Tpm", false), ERR_CONFLICT);
	assert_int_equal(judge_as(&p, "Tpm", true), ERR_NONE);
}

static void
times_that_are_not_ours_are_stale(void **unused)
{
	static const int64_t bad[] = { NOW - 61, NOW + 61, 0, INT64_MAX, INT64_MAX - 28800 };
	struct payload_spec p = honest();
	(void)unused;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		p.iat = p.nbf = bad[i];
		p.exp = bad[i] > INT64_MAX - 28800 ? INT64_MAX : bad[i] + 28800;
		assert_int_equal(judge_sgx(&p), ERR_STALE);
	}
	p = honest();
	p.exp++;
	assert_int_equal(judge_sgx(&p), ERR_STALE);
	p.exp -= 2;
	assert_int_equal(judge_sgx(&p), ERR_STALE);
	p = honest();
	p.nbf--;
	assert_int_equal(judge_sgx(&p), ERR_STALE);
}

static void
payloads_out_of_form_are_refused(void **unused)
{
	struct payload_spec p = honest();
	(void)unused;

	p.extra = ",\"x-ms-ver\":\"1.0\"";
	assert_int_equal(judge_sgx(&p), ERR_MALFORMED);
	p.extra = ",\"jti\":\"00\"";
	assert_int_not_equal(judge_sgx(&p), ERR_NONE);
	p.extra = " ";
	assert_int_equal(judge_sgx(&p), ERR_MALFORMED);
	p.extra = ",\"a\":1";
	assert_int_equal(judge_sgx(&p), ERR_MALFORMED);
	p.extra = ",\"z\":\"\xc3\xa9\"";
	assert_int_equal(judge_sgx(&p), ERR_MALFORMED);
	p.extra = ",\"z\":1";
	assert_int_equal(judge_sgx(&p), ERR_NONE);
}

static void
dev_claim_needs_the_dev_program(void **unused)
{
	static const char text[] =
	    "{\"attest-appraisal-hash\":\"" HASH_B "\",\"attest-dev\":true,\"exp\":1790028800,"
	    "\"iat\":1790000000,\"iss\":\"https://localhost:8443\",\"nbf\":1790000000,"
	    "\"x-ms-attestation-type\":\"sgx\",\"x-ms-policy-hash\":\"" HASH_A
	    "\",\"x-ms-ver\":\"1.0\"}";
	struct issue_request r = { .instance = BYTES("one"),
		.type = BYTES("SgxEnclave"),
		.payload = BYTES(text) };
	struct err e = { 0 };
	struct judged j;
	struct arena a;
	(void)unused;

	arena_init(&a, 1048576);
	assert_int_equal(judge_issue(&state, &r, NOW, &a, &j, &e), -1);
	assert_int_equal(e.code, ERR_DENIED);
	state.dev = true;
	assert_int_equal(judge_issue(&state, &r, NOW, &a, &j, NULL), 0);
	state.dev = false;
	r.trace_id = BYTES("a\nb");
	err_clear(&e);
	assert_int_equal(judge_issue(&state, &r, NOW, &a, &j, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	arena_release(&a);
}

static void
record_says_what_was_judged(void **unused)
{
	static const uint8_t digests[32] = { 4 };
	struct issue_request r = { .instance = BYTES("one"),
		.type = BYTES("SgxEnclave"),
		.payload = BYTES("{}"),
		.evidence_sha256 = { 9 },
		.trace_id = BYTES("01J"),
		.collateral = BYTES_OF(digests) };
	struct judged j = { .instance = &instances[0], .type = &types[0], .policy_hash = { 7 } };
	struct tlog_record record;
	uint8_t digest[32];
	(void)unused;

	judge_record(&r, &j, NOW, &record);
	sha256(BYTES("{}"), digest);
	assert_int_equal(record.kind, TLOG_TOKEN);
	assert_memory_equal(record.payload_sha256, digest, 32);
	assert_int_equal(record.policy_hash[0], 7);
	assert_int_equal(record.evidence_sha256[0], 9);
	assert_true(bytes_is_str(record.kid, "kid"));
	assert_int_equal(record.collateral.size, 32);
	r.draft = true;
	judge_record(&r, &j, NOW, &record);
	assert_int_equal(record.kind, TLOG_DRAFT);
	assert_int_equal(record.kid.size, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_payload_is_accepted),
		cmocka_unit_test(another_issuer_or_type_is_denied),
		cmocka_unit_test(policy_and_settings_not_in_force_are_conflicts),
		cmocka_unit_test(times_that_are_not_ours_are_stale),
		cmocka_unit_test(payloads_out_of_form_are_refused),
		cmocka_unit_test(dev_claim_needs_the_dev_program),
		cmocka_unit_test(record_says_what_was_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
