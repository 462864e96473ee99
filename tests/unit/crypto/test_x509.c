/* SPDX-License-Identifier: Apache-2.0 */
/* AlgorithmIdentifiers with parameters (RFC 4055 3.1): RSASSA-PSS, one thing wrong at a time. */
#include "crypto/x509.h"

#include "../../support/test.h"
#include "codec/der_emit.h"

/* What stands in the parameters besides what must. */
enum {
	NULL_WITH_BYTES = 1,
	HASH_MORE = 2,
	TRAILER = 4,
	TRAILER_2 = 8,
	TRAILER_MORE = 16,
	SEQ_MORE = 32,
	MGF_MORE = 64,
	SALT_MORE = 128,
	NO_NULL = 256,
	OTHER_MGF_HASH = 512,
	SALT_20 = 1024,
	HASH_BEHIND = 2048,
	MASK_BEHIND = 4096,
	PARAMS_BEHIND = 8192
};

static void
emit_hash(struct buf *out, unsigned flags, bool other)
{
	size_t seq = der_open(out, DER_SEQUENCE);

	der_emit(out, DER_OID,
	    other ? BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x02")
		  : BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x01"));
	if ((flags & NULL_WITH_BYTES) != 0)
		der_emit(out, DER_NULL, BYTES("x"));
	else if ((flags & NO_NULL) == 0)
		der_emit(out, DER_NULL, (struct bytes){ 0 });
	if ((flags & HASH_MORE) != 0)
		der_emit_uint(out, DER_INTEGER, 1);
	der_close(out, seq);
}

static void
more(struct buf *out, bool wanted)
{
	if (wanted)
		der_emit_uint(out, DER_INTEGER, 1);
}

static enum err_code
pss_code(unsigned flags)
{
	DEFER(buf_release) struct buf out;
	enum sig_alg alg = SIG_ES256;
	struct err e = { 0 };

	buf_init(&out, 1024);
	size_t whole = der_open(&out, DER_SEQUENCE);

	der_emit(&out, DER_OID, BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"));
	size_t params = der_open(&out, DER_SEQUENCE);
	size_t hash = der_open(&out, DER_CONTEXT_0);

	emit_hash(&out, flags, false);
	more(&out, (flags & HASH_BEHIND) != 0);
	der_close(&out, hash);
	size_t mask = der_open(&out, DER_CONTEXT_0 + 1);
	size_t mgf = der_open(&out, DER_SEQUENCE);

	der_emit(&out, DER_OID, BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"));
	emit_hash(&out, flags & NO_NULL, (flags & OTHER_MGF_HASH) != 0);
	more(&out, (flags & MGF_MORE) != 0);
	der_close(&out, mgf);
	more(&out, (flags & MASK_BEHIND) != 0);
	der_close(&out, mask);
	size_t salt = der_open(&out, DER_CONTEXT_0 + 2);

	der_emit_uint(&out, DER_INTEGER, (flags & SALT_20) != 0 ? 20 : 32);
	more(&out, (flags & SALT_MORE) != 0);
	der_close(&out, salt);
	if ((flags & (TRAILER | TRAILER_2 | TRAILER_MORE)) != 0) {
		size_t trailer = der_open(&out, DER_CONTEXT_0 + 3);

		der_emit_uint(&out, DER_INTEGER, (flags & TRAILER_2) != 0 ? 2 : 1);
		more(&out, (flags & TRAILER_MORE) != 0);
		der_close(&out, trailer);
	}
	more(&out, (flags & SEQ_MORE) != 0);
	der_close(&out, params);
	more(&out, (flags & PARAMS_BEHIND) != 0);
	der_close(&out, whole);
	assert_true(buf_ok(&out));
	if (alg_id_parse(buf_bytes(&out), &alg, &e) < 0)
		return e.code;
	assert_int_equal(alg, SIG_PS256);
	return ERR_NONE;
}

static void
pss_as_it_is_written_is_read(void **state)
{
	(void)state;
	assert_int_equal(pss_code(0), ERR_NONE);
	assert_int_equal(pss_code(NO_NULL), ERR_NONE);
	assert_int_equal(pss_code(TRAILER), ERR_NONE);
}

static void
pss_with_anything_else_is_refused(void **state)
{
	static const unsigned flags[] = { NULL_WITH_BYTES, HASH_MORE, TRAILER_2, TRAILER_MORE,
		SEQ_MORE, MGF_MORE, SALT_MORE, OTHER_MGF_HASH, SALT_20, HASH_BEHIND, MASK_BEHIND,
		PARAMS_BEHIND };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		assert_int_equal(pss_code(flags[i]), ERR_UNSUPPORTED);
}

static void
name_that_is_not_exact_is_seen(void **state)
{
	(void)state;
	assert_true(name_is_exact(BYTES("\x30\x00")));
	assert_true(name_is_exact(BYTES("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x13\x01x")));
	/* A byte behind the string; a set that is cut; a set with a number in it. */
	assert_false(
	    name_is_exact(BYTES("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x13\x01xy")));
	assert_false(name_is_exact(BYTES("\x30\x0c\x31\x0b\x30\x08\x06\x03\x55\x04\x03\x13\x01x")));
	assert_false(name_is_exact(BYTES("\x30\x05\x31\x03\x02\x01\x01")));
	assert_false(
	    name_is_exact(BYTES("\x30\x0d\x31\x0b\x30\x08\x06\x03\x55\x04\x03\x13\x01x\x00")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pss_as_it_is_written_is_read),
		cmocka_unit_test(pss_with_anything_else_is_refused),
		cmocka_unit_test(name_that_is_not_exact_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
