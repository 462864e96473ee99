/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/der.h"

#include "../../support/test.h"

#include <stdlib.h>
#include <string.h>

#define RD(literal) rd_from(BYTES(literal))

static void
elements_are_read_in_place(void **state)
{
	struct rd r = RD("\x30\x0b\x02\x01\x05\x01\x01\xff\x04\x03"
			 "abc"),
		  seq;
	struct bytes v;

	(void)state;
	assert_int_equal(der_peek(&r), DER_SEQUENCE);
	seq = der_sub(&r, DER_SEQUENCE);
	assert_true(rd_done(&r));
	v = der_integer(&seq);
	assert_true(bytes_eq(v, BYTES("\x05")));
	assert_null(der_optional(&seq, DER_NULL).p);
	assert_true(der_boolean(&seq));
	assert_true(bytes_is_str(der_optional(&seq, DER_OCTET_STRING), "abc"));
	assert_null(der_optional(&seq, DER_OCTET_STRING).p);
	assert_int_equal(der_peek(&seq), 0);
	assert_true(rd_done(&seq));
}

static void
whole_elements_come_with_their_header(void **state)
{
	struct rd r = RD("\x05\x00\x04\x81\x80"
			 "................................................................"
			 "................................................................"
			 "\x02\x01\x01");
	struct bytes v;
	uint8_t tag;

	(void)state;
	assert_true(bytes_eq(der_any(&r, &tag), BYTES("\x05\x00")));
	assert_int_equal(tag, DER_NULL);
	v = der_any(&r, NULL);
	assert_int_equal(v.size, 131);
	assert_int_equal(v.p[0], 0x04);
	assert_true(bytes_eq(der_any(&r, &tag), BYTES("\x02\x01\x01")));
	assert_true(rd_done(&r));
	assert_null(der_any(&r, &tag).p);
	assert_false(rd_ok(&r));
}

static void
headers_that_are_not_der_are_refused(void **state)
{
	const struct bytes bad[] = {
		{ 0 }, BYTES("\x04"), BYTES("\x04\x01"), BYTES("\x04\x80\x00\x00"), /* indefinite */
		BYTES("\x04\x81\x01"
		      "a"),                                       /* long form of a short length */
		BYTES("\x04\x81\x7f"), BYTES("\x04\x82\x00\x80"), /* leading zero */
		BYTES("\x04\x81"), BYTES("\x04\x82\x01"), BYTES("\x04\x84\xff\xff\xff\xff"),
		BYTES("\x04\x85\x01\x00\x00\x00\x00"),
		BYTES("\x04\x88\xff\xff\xff\xff\xff\xff\xff\xff"), BYTES("\x04\xff"),
		BYTES("\x1f\x01\x00"), /* tag numbers of 31 and more */
		BYTES("\xbf\x20\x01\x00"), BYTES("\x7f\x81\x00\x00"),
		BYTES("\x00\x00"), /* end of contents */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct rd any = rd_from(bad[i]), take = any, sub = any, in;
		uint8_t tag = 7, want = bad[i].size == 0 ? DER_OCTET_STRING : bad[i].p[0];

		assert_null(der_any(&any, &tag).p);
		assert_int_equal(tag, 7);
		assert_false(rd_ok(&any));
		assert_null(der_take(&take, want).p);
		assert_false(rd_ok(&take));
		in = der_sub(&sub, want);
		assert_false(rd_ok(&in));
		assert_false(rd_ok(&sub));
		assert_int_equal(der_peek(&sub), 0);
	}
}

static void
another_tag_is_refused(void **state)
{
	struct rd r = RD("\x04\x01"
			 "a");

	(void)state;
	assert_null(der_take(&r, DER_SEQUENCE).p);
	assert_null(der_take(&r, DER_OCTET_STRING).p);
	assert_false(rd_ok(&r));
}

static void
integers_must_be_minimal(void **state)
{
	const struct bytes bad[] = {
		BYTES("\x02\x00"),
		BYTES("\x02\x02\x00\x00"),
		BYTES("\x02\x02\x00\x7f"),
		BYTES("\x02\x02\xff\x80"),
		BYTES("\x02\x03\xff\xff\x00"),
		BYTES("\x0a\x01\x00"),
	};
	const struct bytes good[] = {
		BYTES("\x02\x01\x00"),
		BYTES("\x02\x02\x00\x80"),
		BYTES("\x02\x01\xff"),
		BYTES("\x02\x02\xff\x7f"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct rd r = rd_from(bad[i]);

		assert_null(der_integer(&r).p);
		assert_false(rd_ok(&r));
	}
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct rd r = rd_from(good[i]);

		assert_int_equal(der_integer(&r).size, good[i].size - 2);
		assert_true(rd_done(&r));
	}
}

static bool
reads_uint(struct bytes der, uint64_t max, uint64_t want)
{
	struct rd r = rd_from(der);

	return der_uint(&r, DER_INTEGER, max) == want && rd_done(&r);
}

static void
numbers_outside_their_range_are_refused(void **state)
{
	struct rd r = RD("\x0a\x01\x02");

	(void)state;
	assert_true(reads_uint(BYTES("\x02\x01\x00"), 0, 0));
	assert_true(reads_uint(BYTES("\x02\x02\x00\xff"), 255, 255));
	assert_true(reads_uint(BYTES("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX,
	    UINT64_MAX));
	assert_int_equal(der_uint(&r, DER_ENUMERATED, 2), 2);
	assert_true(rd_done(&r));
	assert_false(reads_uint(BYTES("\x02\x02\x01\x00"), 255, 256));
	assert_false(reads_uint(BYTES("\x02\x01\xff"), 255, 255));
	assert_false(reads_uint(BYTES("\x02\x01\x80"), UINT64_MAX, 128));
	assert_false(
	    reads_uint(BYTES("\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00"), UINT64_MAX, 0));
	assert_false(
	    reads_uint(BYTES("\x02\x0a\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX, 0));
}

static void
booleans_and_bit_strings_have_one_form(void **state)
{
	const struct bytes no_boolean[] = { BYTES("\x01\x01\x01"), BYTES("\x01\x00"),
		BYTES("\x01\x02\xff\xff"), BYTES("\x02\x01\xff") };
	const struct bytes no_bits[] = { BYTES("\x03\x00"), BYTES("\x03\x02\x01\x80"),
		BYTES("\x03\x01\x08"), BYTES("\x04\x02\x00\x00") };
	struct rd r = RD("\x01\x01\x00\x03\x02\x00\x55\x03\x01\x00");

	(void)state;
	assert_false(der_boolean(&r));
	assert_true(bytes_eq(der_bits(&r), BYTES("\x55")));
	assert_int_equal(der_bits(&r).size, 0);
	assert_true(rd_done(&r));
	for (size_t i = 0; i < COUNT_OF(no_boolean); i++) {
		r = rd_from(no_boolean[i]);
		assert_false(der_boolean(&r));
		assert_false(rd_ok(&r));
	}
	for (size_t i = 0; i < COUNT_OF(no_bits); i++) {
		r = rd_from(no_bits[i]);
		assert_null(der_bits(&r).p);
		assert_false(rd_ok(&r));
	}
}

/* -1 when refused. */
static int64_t
time_of(uint8_t tag, const char *text)
{
	uint8_t der[64] = { tag, (uint8_t)strlen(text) };
	struct rd r = rd_from(bytes_of(der, 2 + strlen(text)));
	int64_t at;

	memcpy(der + 2, text, strlen(text));
	at = der_time(&r);
	return rd_done(&r) ? at : -1;
}

static void
object_identifiers_have_whole_arcs_in_their_fewest_octets(void **state)
{
	const struct {
		struct bytes der;
		bool good;
	} cases[] = {
		{ BYTES("\x06\x01\x2a"), true },
		{ BYTES("\x06\x03\x2a\x86\x48"), true },
		{ BYTES("\x06\x03\x2a\x00\x7f"), true },
		{ BYTES("\x06\x00"), false },
		{ BYTES("\x06\x02\x2a\x86"), false },
		{ BYTES("\x06\x03\x2a\x80\x01"), false },
		{ BYTES("\x06\x02\x80\x2a"), false },
		{ BYTES("\x04\x01\x2a"), false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct rd r = rd_from(cases[i].der);
		struct bytes oid = der_oid(&r);

		assert_int_equal(rd_done(&r), cases[i].good);
		assert_int_equal(oid.size, cases[i].good ? cases[i].der.size - 2 : 0);
	}
}

static void
times_are_those_of_rfc_5280(void **state)
{
	static const char *const no_utc[] = { "", "7001010000Z", "700101000000",
		"700101000000+0000", "701301000000Z", "700230000000Z", "700101240000Z",
		"700101006000Z", "700101000060Z", "700101000000Z ", "7001010000 0Z",
		"19700101000000Z", "700101000000.0Z" };
	static const char *const no_general[] = { "700101000000Z", "20500101000000",
		"20500101000000.5Z", "205001010000Z", "20500101000000+0000", "20500229000000Z",
		"00000101000000Z" };

	(void)state;
	assert_int_equal(time_of(DER_UTC_TIME, "700101000001Z"), 1);
	assert_int_equal(time_of(DER_UTC_TIME, "500101000000Z"), -631152000);
	assert_int_equal(time_of(DER_UTC_TIME, "491231235959Z"), 2524607999);
	assert_int_equal(time_of(DER_UTC_TIME, "240229120000Z"), 1709208000);
	assert_int_equal(time_of(DER_GENERALIZED_TIME, "20500101000000Z"), 2524608000);
	assert_int_equal(time_of(DER_GENERALIZED_TIME, "20190501000000Z"), 1556668800);
	assert_true(time_of(DER_GENERALIZED_TIME, "99991231235959Z") == 253402300799);
	for (size_t i = 0; i < COUNT_OF(no_utc); i++)
		assert_int_equal(time_of(DER_UTC_TIME, no_utc[i]), -1);
	for (size_t i = 0; i < COUNT_OF(no_general); i++)
		assert_int_equal(time_of(DER_GENERALIZED_TIME, no_general[i]), -1);
	assert_int_equal(time_of(DER_OCTET_STRING, "700101000001Z"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_read_in_place),
		cmocka_unit_test(whole_elements_come_with_their_header),
		cmocka_unit_test(headers_that_are_not_der_are_refused),
		cmocka_unit_test(another_tag_is_refused),
		cmocka_unit_test(integers_must_be_minimal),
		cmocka_unit_test(numbers_outside_their_range_are_refused),
		cmocka_unit_test(booleans_and_bit_strings_have_one_form),
		cmocka_unit_test(object_identifiers_have_whole_arcs_in_their_fewest_octets),
		cmocka_unit_test(times_are_those_of_rfc_5280),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
