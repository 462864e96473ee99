/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/sgx/quote.h"

#include "../../support/test.h"
#include "base/buf.h"

#include <string.h>

#define AUTH_SIZE 32

static struct buf made;

/* A quote of VERSION, all bytes of a field alike; nothing in it is signed. */
static struct bytes
quote(unsigned version, uint32_t tee_type, uint16_t cert_type)
{
	uint8_t fill[SGX_REPORT_SIZE];
	uint32_t inner = SGX_REPORT_SIZE + 64 + 2 + AUTH_SIZE + 6 + 4;

	buf_clear(&made);
	buf_le16(&made, (uint16_t)version);
	buf_le16(&made, DCAP_KEY_ECDSA_P256);
	buf_le32(&made, tee_type);
	buf_le16(&made, 9);
	buf_le16(&made, 14);
	buf_add(&made, BYTES_OF(dcap_vendor_intel));
	memset(fill, 0xaa, sizeof(fill));
	buf_add(&made, bytes_of(fill, 20));
	if (version == 5) {
		buf_le16(&made, DCAP_BODY_SGX);
		buf_le32(&made, SGX_REPORT_SIZE);
	}
	memset(fill, 0x11, sizeof(fill));
	buf_add(&made, BYTES_OF(fill));
	buf_le32(&made, 128 + inner + (version >= 4 ? 6 : 0));
	memset(fill, 0x22, sizeof(fill));
	buf_add(&made, bytes_of(fill, 128));
	if (version >= 4) {
		buf_le16(&made, DCAP_CERT_QE_REPORT);
		buf_le32(&made, inner);
	}
	memset(fill, 0x33, sizeof(fill));
	buf_add(&made, BYTES_OF(fill));
	buf_add(&made, bytes_of(fill, 64));
	buf_le16(&made, AUTH_SIZE);
	memset(fill, 0x44, sizeof(fill));
	buf_add(&made, bytes_of(fill, AUTH_SIZE));
	buf_le16(&made, cert_type);
	buf_le32(&made, 4);
	buf_str(&made, "PEM\n");
	assert_true(buf_ok(&made));
	return buf_bytes(&made);
}

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

static enum err_code
code_of(struct bytes raw)
{
	struct sgx_quote q;
	struct err e = { 0 };

	return sgx_quote_parse(raw, &q, &e) < 0 ? e.code : ERR_NONE;
}

static void
quote_of_each_version_is_read(void **state)
{
	(void)state;
	for (unsigned version = 3; version <= 5; version++) {
		struct bytes raw = quote(version, DCAP_TEE_SGX, DCAP_CERT_PCK_CHAIN);
		struct sgx_quote q;
		struct err e = { 0 };

		assert_int_equal(sgx_quote_parse(raw, &q, &e), 0);
		assert_int_equal(q.dcap.header.version, version);
		assert_int_equal(q.dcap.header.qe_svn, 9);
		assert_int_equal(q.dcap.signed_part.size, version == 5 ? 438 : 432);
		assert_int_equal(q.report.mrenclave.p[0], 0x11);
		assert_int_equal(q.dcap.sig.p[0], 0x22);
		assert_int_equal(q.dcap.qe.mrsigner.p[31], 0x33);
		assert_int_equal(q.dcap.qe_auth.size, AUTH_SIZE);
		assert_true(bytes_is_str(q.dcap.cert_data, "PEM\n"));
		/* The offsets a trace shows. */
		assert_ptr_equal(raw.p + q.dcap.sig_at, q.dcap.sig.p);
		assert_ptr_equal(raw.p + q.dcap.key_at, q.dcap.attestation_key.p);
		assert_ptr_equal(raw.p + q.dcap.qe_at, q.dcap.qe.raw.p);
		assert_ptr_equal(raw.p + q.dcap.qe_sig_at, q.dcap.qe_sig.p);
		assert_ptr_equal(raw.p + q.dcap.qe_auth_at, q.dcap.qe_auth.p);
		assert_ptr_equal(raw.p + q.dcap.cert_at, q.dcap.cert_data.p);
	}
}

static void
quote_cut_at_any_length_is_malformed(void **state)
{
	(void)state;
	for (unsigned version = 3; version <= 5; version++) {
		struct bytes raw = quote(version, DCAP_TEE_SGX, DCAP_CERT_PCK_CHAIN);

		for (size_t size = 0; size < raw.size; size++)
			assert_int_equal(code_of(bytes_of(raw.p, size)), ERR_MALFORMED);
	}
}

static void
quote_with_trailing_byte_is_malformed(void **state)
{
	(void)state;
	(void)quote(3, DCAP_TEE_SGX, DCAP_CERT_PCK_CHAIN);
	buf_u8(&made, 0);
	assert_int_equal(code_of(buf_bytes(&made)), ERR_MALFORMED);
}

/* Every length field, one less, one more, and as large as it can be. */
static void
length_that_does_not_add_up_is_malformed(void **state)
{
	static const struct {
		size_t at;
		unsigned size;
	} lengths[] = { { 432, 4 }, { 1012, 2 }, { 1048, 4 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		for (int change = -1; change <= 1; change++) {
			(void)quote(3, DCAP_TEE_SGX, DCAP_CERT_PCK_CHAIN);
			uint8_t *p = made.p + lengths[i].at;

			if (change == 0)
				memset(p, 0xff, lengths[i].size);
			else
				p[0] = (uint8_t)(p[0] + change);
			assert_int_equal(code_of(buf_bytes(&made)), ERR_MALFORMED);
		}
	}
}

/* The outer part of version 4: a byte that none of its fields holds, with all lengths around it right. */
static void
byte_left_over_in_the_outer_part_is_malformed(void **state)
{
	(void)state;
	(void)quote(4, DCAP_TEE_SGX, DCAP_CERT_PCK_CHAIN);
	made.p[432]++;
	made.p[566]++;
	buf_u8(&made, 0);
	assert_int_equal(code_of(buf_bytes(&made)), ERR_MALFORMED);
}

static void
values_that_are_not_accepted_are_unsupported(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} values[] = { { 0, 2 }, { 0, 6 }, { 1, 1 }, { 2, 3 }, { 4, 0x81 }, { 7, 1 }, { 12, 0 },
		{ 1046, 0 }, { 1046, 6 }, { 1046, 7 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		(void)quote(3, DCAP_TEE_SGX, DCAP_CERT_PCK_CHAIN);
		made.p[values[i].at] = values[i].value;
		assert_int_equal(code_of(buf_bytes(&made)), ERR_UNSUPPORTED);
	}
	(void)quote(4, DCAP_TEE_SGX, DCAP_CERT_PCK_CHAIN);
	made.p[564] = 5;
	assert_int_equal(code_of(buf_bytes(&made)), ERR_UNSUPPORTED);
	(void)quote(5, DCAP_TEE_SGX, DCAP_CERT_PCK_CHAIN);
	made.p[48] = 2;
	assert_int_equal(code_of(buf_bytes(&made)), ERR_UNSUPPORTED);
}

static void
body_of_another_size_is_malformed(void **state)
{
	(void)state;
	(void)quote(5, DCAP_TEE_SGX, DCAP_CERT_PCK_CHAIN);
	memset(made.p + 50, 0xff, 4);
	assert_int_equal(code_of(buf_bytes(&made)), ERR_MALFORMED);
}

static void
quote_over_the_ceiling_is_a_limit(void **state)
{
	static uint8_t big[MAX_QUOTE_SIZE + 1];

	(void)state;
	assert_int_equal(code_of(BYTES_OF(big)), ERR_LIMIT);
}

static void
report_of_another_size_is_malformed(void **state)
{
	static uint8_t raw[SGX_REPORT_SIZE + 1];
	struct sgx_report r;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(sgx_report_parse(BYTES_OF(raw), &r, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
}

static void
report_fields_stand_where_the_manual_has_them(void **state)
{
	uint8_t raw[SGX_REPORT_SIZE];
	struct sgx_report r;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)i;
	raw[48] = SGX_FLAG_DEBUG | SGX_FLAG_KSS;
	assert_int_equal(sgx_report_parse(BYTES_OF(raw), &r, &e), 0);
	assert_ptr_equal(r.isvextprodid.p, raw + 32);
	assert_ptr_equal(r.attributes.p, raw + 48);
	assert_ptr_equal(r.mrenclave.p, raw + 64);
	assert_ptr_equal(r.mrsigner.p, raw + 128);
	assert_ptr_equal(r.configid.p, raw + 192);
	assert_int_equal(r.isvprodid, 0x0100);
	assert_int_equal(r.isvsvn, 0x0302);
	assert_int_equal(r.configsvn, 0x0504);
	assert_ptr_equal(r.isvfamilyid.p, raw + 304);
	assert_ptr_equal(r.reportdata.p, raw + 320);
	assert_true(sgx_report_is_debug(&r));
	assert_true(sgx_report_has_kss(&r));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(quote_of_each_version_is_read),
		T(quote_cut_at_any_length_is_malformed),
		T(quote_with_trailing_byte_is_malformed),
		T(length_that_does_not_add_up_is_malformed),
		T(byte_left_over_in_the_outer_part_is_malformed),
		T(values_that_are_not_accepted_are_unsupported),
		T(body_of_another_size_is_malformed),
		T(quote_over_the_ceiling_is_a_limit),
		T(report_of_another_size_is_malformed),
		T(report_fields_stand_where_the_manual_has_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
