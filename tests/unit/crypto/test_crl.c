/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crl.h"

#include "../../support/test.h"
#include "codec/der_emit.h"
#include "crypto/privkey.h"

#include <string.h>

#define NOW 1750000000

static struct privkey *ca_key;

static int
make_key(void **state)
{
	struct err e = { 0 };

	(void)state;
	return privkey_generate(KEY_P256, &ca_key, &e);
}

static int
free_key(void **state)
{
	(void)state;
	privkey_free(ca_key);
	return 0;
}

static struct crl_spec
full_spec(void)
{
	static const struct bytes serials[] = { { (const uint8_t *)"\x80\x01", 2 },
		{ (const uint8_t *)"\x00\x05", 2 } };

	return (struct crl_spec){
		.issuer_cn = "CA",
		.issuer_country = "US",
		.this_update_at = NOW,
		.next_update_at = NOW + 86400,
		.number = 7,
		.serials = serials,
		.serial_count = 2,
	};
}

static struct bytes
made(const struct crl_spec *spec, struct buf *out)
{
	struct err e = { 0 };

	buf_init(out, MAX_CRL_SIZE);
	assert_int_equal(crl_emit(spec, privkey_public(ca_key), ca_key, out, &e), 0);
	return buf_bytes(out);
}

static void
what_was_asked_for_is_read_back(void **state)
{
	struct crl_spec spec = full_spec();
	DEFER(buf_release) struct buf out;
	struct err e = { 0 };
	struct crl c;
	bool good = false;

	(void)state;
	assert_int_equal(crl_parse(made(&spec, &out), &c, &e), 0);
	assert_true(bytes_is_str(cert_name_cn(c.issuer), "CA"));
	assert_int_equal(c.this_update_at, NOW);
	assert_int_equal(c.next_update_at, NOW + 86400);
	assert_int_equal(c.entry_count, 2);
	assert_true(bytes_eq(c.number, BYTES("\x07")));
	assert_int_equal(c.aki.size, 20);
	assert_false(c.has_unknown_critical);
	assert_true(crl_has(&c, BYTES("\x00\x80\x01")));
	assert_true(crl_has(&c, BYTES("\x80\x01")));
	assert_true(crl_has(&c, BYTES("\x05")));
	assert_false(crl_has(&c, BYTES("\x80")));
	assert_false(crl_has(&c, BYTES("\x06")));
	assert_false(crl_has(&c, (struct bytes){ 0 }));
	assert_int_equal(crl_verify(&c, privkey_public(ca_key), &good, &e), 0);
	assert_true(good);
}

static void
an_empty_list_revokes_nothing(void **state)
{
	struct crl_spec spec = { .issuer_cn = "CA",
		.this_update_at = NOW,
		.leave_out_aki = true,
		.leave_out_number = true };
	DEFER(buf_release) struct buf out;
	struct err e = { 0 };
	struct crl c;

	(void)state;
	assert_int_equal(crl_parse(made(&spec, &out), &c, &e), 0);
	assert_int_equal(c.entry_count, 0);
	assert_int_equal(c.next_update_at, 0);
	assert_null(c.number.p);
	assert_null(c.aki.p);
	assert_false(crl_has(&c, BYTES("\x01")));
}

static void
a_list_cut_or_lengthened_is_refused(void **state)
{
	struct crl_spec spec = full_spec();
	DEFER(buf_release) struct buf out;
	struct bytes der = made(&spec, &out);
	struct err e = { 0 };
	struct crl c;

	(void)state;
	for (size_t size = 0; size < der.size; size++) {
		err_clear(&e);
		assert_int_equal(crl_parse(bytes_of(der.p, size), &c, &e), -1);
		assert_int_equal(e.code, ERR_MALFORMED);
	}
	buf_u8(&out, 0);
	assert_int_equal(crl_parse(buf_bytes(&out), &c, &e), -1);
}

static void
a_flipped_bit_leaves_no_good_list(void **state)
{
	struct crl_spec spec = full_spec();
	DEFER(buf_release) struct buf out;
	struct bytes der = made(&spec, &out);

	(void)state;
	for (size_t at = 0; at < der.size; at++) {
		struct err e = { 0 };
		struct crl c;
		bool good = false;

		out.p[at] ^= (uint8_t)(1 << at % 8);
		if (crl_parse(der, &c, &e) == 0) {
			assert_int_equal(crl_verify(&c, privkey_public(ca_key), &good, &e), 0);
			assert_false(good);
		}
		out.p[at] ^= (uint8_t)(1 << at % 8);
	}
}

static void
add_ext(struct buf *out, struct bytes oid, bool critical, struct bytes value)
{
	size_t seq = der_open(out, DER_SEQUENCE);

	der_emit(out, DER_OID, oid);
	if (critical)
		der_emit_boolean(out, true);
	der_emit(out, DER_OCTET_STRING, value);
	der_close(out, seq);
}

/* A list of our own with one entry that has EXT, or the list itself has it (FLAGS). */
enum {
	IN_ENTRY = 1,
	CRITICAL = 2,
	TWICE = 4,
	VERSION_1 = 8,
	VERSION_3 = 16,
	NO_EXTS = 32,
	BAD_EXT = 64,
	ENTRY_MORE = 128,
	MANY = 256,
	OTHER_ALG = 512,
	NUMBER = 1024
};

static struct bytes
put_together(unsigned flags, struct buf *out)
{
	static const uint8_t es256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04,
		0x03, 0x02 };
	/* ecdsa-with-SHA1 */
	static const uint8_t other[] = { 0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04,
		0x01 };
	bool critical = (flags & CRITICAL) != 0;
	struct bytes alg = (flags & OTHER_ALG) != 0 ? BYTES_OF(other) : BYTES_OF(es256);

	buf_init(out, 4096);
	size_t whole = der_open(out, DER_SEQUENCE);
	size_t tbs = der_open(out, DER_SEQUENCE);

	if ((flags & VERSION_1) == 0)
		der_emit_uint(out, DER_INTEGER, (flags & VERSION_3) != 0 ? 2 : 1);
	buf_add(out, alg);
	der_emit(out, DER_SEQUENCE, (struct bytes){ 0 });
	der_emit_time(out, NOW);
	size_t list = der_open(out, DER_SEQUENCE);
	size_t entry = der_open(out, DER_SEQUENCE);

	der_emit_uint(out, DER_INTEGER, 9);
	der_emit_time(out, NOW);
	if ((flags & IN_ENTRY) != 0) {
		size_t exts = der_open(out, DER_SEQUENCE);

		if ((flags & NO_EXTS) == 0)
			add_ext(out, BYTES("\x2a\x03"), critical, BYTES("x"));
		if ((flags & BAD_EXT) != 0)
			der_emit_uint(out, DER_INTEGER, 1);
		der_close(out, exts);
	}
	if ((flags & ENTRY_MORE) != 0)
		der_emit_uint(out, DER_INTEGER, 1);
	der_close(out, entry);
	der_close(out, list);
	if ((flags & IN_ENTRY) == 0) {
		size_t outer = der_open(out, DER_CONTEXT_0);
		size_t exts = der_open(out, DER_SEQUENCE);

		if ((flags & NUMBER) != 0)
			add_ext(out, BYTES("\x55\x1d\x14"), critical, BYTES("\x02\x01\x07"));
		else
			add_ext(out, BYTES("\x2a\x03"), critical, BYTES("x"));
		if ((flags & TWICE) != 0)
			add_ext(out, BYTES("\x2a\x03"), critical, BYTES("y"));
		for (uint8_t i = 0; (flags & MANY) != 0 && i < MAX_CERT_EXTENSIONS; i++) {
			const uint8_t oid[] = { 0x2a, 0x04, i };

			add_ext(out, BYTES_OF(oid), false, BYTES("z"));
		}
		der_close(out, exts);
		der_close(out, outer);
	}
	der_close(out, tbs);
	buf_add(out, alg);
	der_emit_bits(out, BYTES("sig"));
	der_close(out, whole);
	return buf_bytes(out);
}

static void
critical_extensions_are_seen_in_list_and_entry(void **state)
{
	(void)state;
	for (unsigned flags = 0; flags < 4; flags++) {
		DEFER(buf_release) struct buf out;
		struct err e = { 0 };
		struct crl c;

		assert_int_equal(crl_parse(put_together(flags, &out), &c, &e), 0);
		assert_int_equal(c.has_unknown_critical, (flags & CRITICAL) != 0);
		assert_true(crl_has(&c, BYTES("\x09")));
	}
}

static void
lists_out_of_the_profile_are_refused(void **state)
{
	static const struct {
		unsigned flags;
		enum err_code want;
	} cases[] = { { TWICE, ERR_MALFORMED }, { VERSION_1, ERR_MALFORMED },
		{ IN_ENTRY | NO_EXTS, ERR_MALFORMED }, { IN_ENTRY | BAD_EXT, ERR_MALFORMED },
		{ ENTRY_MORE, ERR_MALFORMED }, { MANY, ERR_LIMIT }, { OTHER_ALG, ERR_UNSUPPORTED },
		{ VERSION_3, ERR_UNSUPPORTED }, { NUMBER, ERR_NONE },
		{ NUMBER | CRITICAL, ERR_MALFORMED }, { VERSION_1 | IN_ENTRY, ERR_NONE } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		DEFER(buf_release) struct buf out;
		struct err e = { 0 };
		struct crl c;

		assert_int_equal(crl_parse(put_together(cases[i].flags, &out), &c, &e),
		    cases[i].want == ERR_NONE ? 0 : -1);
		assert_int_equal(e.code, cases[i].want);
	}
}

static void
a_list_beyond_the_ceiling_is_refused(void **state)
{
	static uint8_t big[MAX_CRL_SIZE + 1];
	struct err e = { 0 };
	struct crl c;

	(void)state;
	assert_int_equal(crl_parse(BYTES_OF(big), &c, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_asked_for_is_read_back),
		cmocka_unit_test(an_empty_list_revokes_nothing),
		cmocka_unit_test(a_list_cut_or_lengthened_is_refused),
		cmocka_unit_test(a_flipped_bit_leaves_no_good_list),
		cmocka_unit_test(critical_extensions_are_seen_in_list_and_entry),
		cmocka_unit_test(lists_out_of_the_profile_are_refused),
		cmocka_unit_test(a_list_beyond_the_ceiling_is_refused),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
