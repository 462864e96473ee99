/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/oe/report.h"

#include "../../support/test.h"
#include "base/buf.h"

#include <string.h>

static struct buf made;

static int
setup(void **state)
{
	(void)state;
	buf_init(&made, 8192);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&made);
	return 0;
}

static struct bytes
report(uint32_t version, uint32_t type, uint64_t size)
{
	buf_clear(&made);
	buf_le32(&made, version);
	buf_le32(&made, type);
	buf_le64(&made, size);
	buf_str(&made, "quote");
	return buf_bytes(&made);
}

static void
report_header_is_read(void **state)
{
	struct oe_report r;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(oe_report_parse(report(1, 2, 5), &r, &e), 0);
	assert_int_equal(r.version, 1);
	assert_int_equal(r.type, 2);
	assert_int_equal(r.size, 5);
	assert_true(bytes_is_str(r.quote, "quote"));
}

static void
report_shorter_than_its_header_is_malformed(void **state)
{
	struct bytes raw = report(1, 2, 5);
	struct oe_report r;

	(void)state;
	for (size_t size = 0; size < OE_REPORT_HEADER_SIZE; size++) {
		struct err e = { 0 };

		assert_int_equal(oe_report_parse(bytes_of(raw.p, size), &r, &e), -1);
		assert_int_equal(e.code, ERR_MALFORMED);
	}
}

static struct bytes
evidence(uint32_t version, const char *uuid, struct bytes data, uint64_t size)
{
	buf_clear(&made);
	buf_le32(&made, version);
	buf_add(&made, bytes_of(uuid, 16));
	buf_le32(&made, 0);
	buf_le64(&made, size);
	buf_add(&made, data);
	return buf_bytes(&made);
}

#define RAW_QUOTE "\x19\x23\xd9\x1e\x12\xd2\x4c\x72\xb2\x20\x25\xcd\x8d\xac\xe8\x71"
#define LEGACY    "\xc8\x30\x34\x54\xd9\x23\x4c\x2c\xa6\x91\xdf\x7d\xef\x46\x0a\x76"
#define ECDSA     "\xa3\xa2\x1e\x87\x1b\x4d\x40\x14\xb7\x0a\xa1\x25\xd2\xfb\xcd\x8c"
#define EEID      "\x17\x04\x94\xa6\xab\x23\x47\x98\x8c\x38\x35\x1c\xb0\xb6\xaf\x0a"

static enum err_code
evidence_code(struct bytes raw)
{
	struct oe_evidence out;
	struct err e = { 0 };

	return oe_evidence_parse(raw, &out, &e) < 0 ? e.code : ERR_NONE;
}

static void
evidence_header_is_judged(void **state)
{
	static const uint8_t inner[] = { 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 'q' };
	static const uint8_t local[] = { 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 'q' };
	static const uint8_t longer[] = { 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 'q' };

	(void)state;
	assert_int_equal(evidence_code(evidence(3, RAW_QUOTE, BYTES("q"), 1)), ERR_NONE);
	assert_int_equal(evidence_code(evidence(2, RAW_QUOTE, BYTES("q"), 1)), ERR_UNSUPPORTED);
	assert_int_equal(evidence_code(evidence(3, EEID, BYTES("q"), 1)), ERR_UNSUPPORTED);
	assert_int_equal(evidence_code(evidence(3, RAW_QUOTE, BYTES("q"), 2)), ERR_MALFORMED);
	assert_int_equal(evidence_code(evidence(3, RAW_QUOTE, BYTES("q"), UINT64_MAX)),
	    ERR_MALFORMED);
	assert_int_equal(evidence_code(BYTES("\3\0\0\0")), ERR_MALFORMED);
	assert_int_equal(evidence_code(evidence(3, LEGACY, BYTES_OF(inner), 17)), ERR_NONE);
	assert_int_equal(evidence_code(evidence(3, LEGACY, BYTES_OF(local), 17)), ERR_UNSUPPORTED);
	assert_int_equal(evidence_code(evidence(3, LEGACY, BYTES_OF(longer), 17)), ERR_MALFORMED);
}

static void
quote_and_claims_are_told_apart(void **state)
{
	uint8_t body[440 + 3];
	struct oe_evidence out;
	struct err e = { 0 };

	(void)state;
	memset(body, 0, sizeof(body));
	body[432] = 4;
	memcpy(body + 440, "abc", 3);
	assert_int_equal(oe_evidence_parse(evidence(3, ECDSA, BYTES_OF(body), sizeof(body)), &out,
			     &e),
	    0);
	assert_int_equal(out.quote.size, 440);
	assert_true(bytes_is_str(out.claims, "abc"));
	memset(body + 432, 0xff, 4);
	assert_int_equal(oe_sgx_body_parse(BYTES_OF(body), &out, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
}

static void
claim(struct buf *b, uint64_t name_size, uint64_t value_size, struct bytes both)
{
	buf_le64(b, name_size);
	buf_le64(b, value_size);
	buf_add(b, both);
}

static enum err_code
claims_code(void)
{
	struct oe_claims claims;
	struct err e = { 0 };

	return oe_claims_parse(buf_bytes(&made), &claims, &e) < 0 ? e.code : ERR_NONE;
}

static void
claims_header(uint64_t version, uint64_t count)
{
	buf_clear(&made);
	buf_le64(&made, version);
	buf_le64(&made, count);
}

static void
custom_claims_are_read_in_order(void **state)
{
	struct oe_claims claims;
	struct oe_claim c;
	struct err e = { 0 };

	(void)state;
	claims_header(1, 2);
	claim(&made, 2, 3, BYTES("a\0xyz"));
	claim(&made, 1, 0, BYTES("\0"));
	assert_int_equal(oe_claims_parse(buf_bytes(&made), &claims, &e), 0);
	assert_true(oe_claims_next(&claims, &c));
	assert_true(bytes_is_str(c.name, "a"));
	assert_true(bytes_is_str(c.value, "xyz"));
	assert_true(oe_claims_next(&claims, &c));
	assert_int_equal(c.name.size + c.value.size, 0);
	assert_false(oe_claims_next(&claims, &c));
}

static void
custom_claims_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	claims_header(2, 0);
	assert_int_equal(claims_code(), ERR_UNSUPPORTED);
	claims_header(1, UINT64_MAX);
	assert_int_equal(claims_code(), ERR_MALFORMED);
	claims_header(1, 1);
	claim(&made, 2, UINT64_MAX, BYTES("a\0"));
	assert_int_equal(claims_code(), ERR_MALFORMED);
	claims_header(1, 1);
	claim(&made, UINT64_MAX, 2, BYTES("a\0"));
	assert_int_equal(claims_code(), ERR_MALFORMED);
	claims_header(1, 1);
	claim(&made, 1, 1, BYTES("ab"));
	assert_int_equal(claims_code(), ERR_MALFORMED);
	claims_header(1, 1);
	claim(&made, 0, 1, BYTES("b"));
	assert_int_equal(claims_code(), ERR_MALFORMED);
	claims_header(1, 0);
	buf_u8(&made, 0);
	assert_int_equal(claims_code(), ERR_MALFORMED);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(report_header_is_read),
		T(report_shorter_than_its_header_is_malformed),
		T(evidence_header_is_judged),
		T(quote_and_claims_are_told_apart),
		T(custom_claims_are_read_in_order),
		T(custom_claims_that_do_not_fit_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
