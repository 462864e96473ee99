/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/record.h"

#include "../../support/test.h"

#include <string.h>

static const uint8_t two_digests[64] = { 1, 2, 3 };

static struct tlog_record
sample(void)
{
	struct tlog_record r = {
		.kind = TLOG_TOKEN,
		.salt = { 9, 8, 7 },
		.at = 1790000000,
		.instance = BYTES("localhost:8443"),
		.type = BYTES("SgxEnclave"),
		.trace_id = BYTES("01J00000000000000000000000"),
		.kid = BYTES("kid="),
		.payload_sha256 = { 1 },
		.evidence_sha256 = { 2 },
		.policy_hash = { 3 },
		.settings_hash = { 4 },
		.collateral = BYTES_OF(two_digests),
	};

	return r;
}

static void
record_reads_as_it_was_written(void **state)
{
	struct tlog_record r = sample(), q;
	struct buf b;
	(void)state;

	buf_init(&b, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&b, &r);
	assert_true(buf_ok(&b));
	assert_int_equal(tlog_record_parse(buf_bytes(&b), &q, NULL), 0);
	assert_int_equal(q.kind, r.kind);
	assert_int_equal(q.at, r.at);
	assert_true(bytes_eq(q.instance, r.instance));
	assert_true(bytes_eq(q.type, r.type));
	assert_true(bytes_eq(q.trace_id, r.trace_id));
	assert_true(bytes_eq(q.kid, r.kid));
	assert_int_equal(q.detail.size, 0);
	assert_true(bytes_eq(q.collateral, r.collateral));
	assert_memory_equal(q.salt, r.salt, sizeof(q.salt));
	assert_memory_equal(q.payload_sha256, r.payload_sha256, 32);
	assert_memory_equal(q.evidence_sha256, r.evidence_sha256, 32);
	assert_memory_equal(q.policy_hash, r.policy_hash, 32);
	assert_memory_equal(q.settings_hash, r.settings_hash, 32);
	buf_release(&b);
}

static void
record_cut_anywhere_or_with_a_byte_more_is_refused(void **state)
{
	struct tlog_record r = sample(), q;
	struct err e = { 0 };
	struct buf b;
	(void)state;

	buf_init(&b, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&b, &r);
	for (size_t i = 0; i < b.size; i++) {
		struct bytes cut = bytes_slice(buf_bytes(&b), 0, i);

		assert_int_equal(tlog_record_parse(cut, &q, NULL), -1);
	}
	buf_u8(&b, 0);
	assert_int_equal(tlog_record_parse(buf_bytes(&b), &q, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	buf_release(&b);
}

/* Lengths have two bytes. */
static void
text_that_is_too_long_makes_no_record(void **state)
{
	static uint8_t text[UINT16_MAX + 1];
	struct tlog_record r = sample();
	struct buf b;
	(void)state;

	buf_init(&b, 1 << 20);
	r.trace_id = BYTES_OF(text);
	tlog_record_emit(&b, &r);
	assert_false(buf_ok(&b));
	buf_release(&b);
}

static void
unknown_version_or_kind_is_refused(void **state)
{
	struct tlog_record r = sample(), q;
	struct err e = { 0 };
	struct buf b;
	(void)state;

	buf_init(&b, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&b, &r);
	b.p[0] = 2;
	assert_int_equal(tlog_record_parse(buf_bytes(&b), &q, &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
	b.p[0] = 1;
	b.p[1] = 0;
	assert_int_equal(tlog_record_parse(buf_bytes(&b), &q, NULL), -1);
	b.p[1] = TLOG_REFUSAL + 1;
	assert_int_equal(tlog_record_parse(buf_bytes(&b), &q, NULL), -1);
	buf_release(&b);
}

static void
too_much_collateral_is_not_written(void **state)
{
	static const uint8_t many[32 * (MAX_TLOG_COLLATERAL + 1)];
	struct tlog_record r = sample();
	struct buf b;
	(void)state;

	r.collateral = BYTES_OF(many);
	buf_init(&b, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&b, &r);
	assert_false(buf_ok(&b));
	buf_release(&b);
	r.collateral = bytes_slice(BYTES_OF(many), 0, 31);
	buf_init(&b, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&b, &r);
	assert_false(buf_ok(&b));
	buf_release(&b);
}

static void
json_shows_what_is_there(void **state)
{
	struct tlog_record r = sample();
	struct arena a;
	struct json *doc;
	(void)state;

	arena_init(&a, 65536);
	doc = tlog_record_json(&r, &a);
	assert_non_null(doc);
	assert_true(json_is_str(json_get(doc, "kind"), "token"));
	assert_true(json_is_str(json_get(doc, "at"), "2026-09-21T14:13:20Z"));
	assert_null(json_get(doc, "detail"));
	assert_int_equal(json_get(doc, "collateral_sha256")->count, 2);
	assert_string_equal(tlog_kind_name(TLOG_POLICY_READ), "policy-read");
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_reads_as_it_was_written),
		cmocka_unit_test(record_cut_anywhere_or_with_a_byte_more_is_refused),
		cmocka_unit_test(text_that_is_too_long_makes_no_record),
		cmocka_unit_test(unknown_version_or_kind_is_refused),
		cmocka_unit_test(too_much_collateral_is_not_written),
		cmocka_unit_test(json_shows_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
