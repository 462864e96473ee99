/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/seal.h"

#include "../../support/test.h"

#include <string.h>

static struct secret
master_of(uint8_t fill)
{
	struct secret s;

	assert_true(secret_init(&s, SEAL_MASTER_SIZE));
	memset(s.p, fill, s.size);
	return s;
}

static struct bytes
sealed(const struct secret *master, struct bytes plain, struct buf *out)
{
	struct err e = { 0 };

	buf_init(out, 4096);
	assert_int_equal(seal_emit(master, BYTES("key 1"), plain, out, &e), 0);
	return buf_bytes(out);
}

static enum err_code
refusal_of(const struct secret *master, struct bytes context, struct bytes text)
{
	DEFER(secret_release) struct secret plain = { 0 };
	struct err e = { 0 };

	return seal_open(master, context, text, &plain, &e) == 0 ? ERR_NONE : e.code;
}

static void
what_was_sealed_is_opened(void **state)
{
	const struct bytes plains[] = { { 0 }, BYTES("x"), BYTES("a private key") };
	DEFER(secret_release) struct secret master = master_of(1);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(plains); i++) {
		DEFER(secret_release) struct secret plain = { 0 };
		DEFER(buf_release) struct buf out;
		struct bytes text = sealed(&master, plains[i], &out);
		struct err e = { 0 };

		assert_int_equal(text.size, 3 + 12 + plains[i].size + 16);
		assert_int_equal(seal_open(&master, BYTES("key 1"), text, &plain, &e), 0);
		assert_true(bytes_eq(secret_bytes(&plain), plains[i]));
	}
}

static void
the_same_thing_sealed_twice_differs(void **state)
{
	DEFER(secret_release) struct secret master = master_of(1);
	DEFER(buf_release) struct buf one;
	DEFER(buf_release) struct buf two;

	(void)state;
	assert_false(
	    bytes_eq(sealed(&master, BYTES("x"), &one), sealed(&master, BYTES("x"), &two)));
}

static void
another_master_or_context_opens_nothing(void **state)
{
	DEFER(secret_release) struct secret master = master_of(1);
	DEFER(secret_release) struct secret other = master_of(2);
	DEFER(buf_release) struct buf out;
	struct bytes text = sealed(&master, BYTES("x"), &out);

	(void)state;
	assert_int_equal(refusal_of(&master, BYTES("key 1"), text), ERR_NONE);
	assert_int_equal(refusal_of(&other, BYTES("key 1"), text), ERR_SIGNATURE);
	assert_int_equal(refusal_of(&master, BYTES("key 2"), text), ERR_SIGNATURE);
	assert_int_equal(refusal_of(&master, (struct bytes){ 0 }, text), ERR_SIGNATURE);
}

static void
a_changed_or_cut_seal_opens_nothing(void **state)
{
	DEFER(secret_release) struct secret master = master_of(1);
	DEFER(buf_release) struct buf out;
	struct bytes text = sealed(&master, BYTES("some text"), &out);

	(void)state;
	for (size_t at = 0; at < text.size; at++) {
		out.p[at] ^= 0x10;
		assert_int_equal(refusal_of(&master, BYTES("key 1"), text),
		    at < 3 ? ERR_MALFORMED : ERR_SIGNATURE);
		out.p[at] ^= 0x10;
	}
	for (size_t size = 0; size < text.size; size++)
		assert_int_equal(refusal_of(&master, BYTES("key 1"), bytes_of(text.p, size)),
		    size < 31 ? ERR_MALFORMED : ERR_SIGNATURE);
}

static void
a_master_of_another_size_is_refused(void **state)
{
	DEFER(secret_release) struct secret shorter = { 0 };
	DEFER(buf_release) struct buf out;
	struct err e = { 0 };

	(void)state;
	assert_true(secret_init(&shorter, 16));
	buf_init(&out, 4096);
	assert_int_equal(seal_emit(&shorter, BYTES("c"), BYTES("x"), &out, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	assert_int_equal(refusal_of(&shorter, BYTES("c"), BYTES("x")), ERR_INVALID);
}

static void
an_output_that_is_too_small_is_a_limit(void **state)
{
	DEFER(secret_release) struct secret master = master_of(1);
	DEFER(buf_release) struct buf out;
	struct err e = { 0 };

	(void)state;
	buf_init(&out, 16);
	assert_int_equal(seal_emit(&master, BYTES("c"), BYTES("x"), &out, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_is_opened),
		cmocka_unit_test(the_same_thing_sealed_twice_differs),
		cmocka_unit_test(another_master_or_context_opens_nothing),
		cmocka_unit_test(a_changed_or_cut_seal_opens_nothing),
		cmocka_unit_test(a_master_of_another_size_is_refused),
		cmocka_unit_test(an_output_that_is_too_small_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
