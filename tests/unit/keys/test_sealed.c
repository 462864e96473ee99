/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/sealed.h"

#include "../../support/test.h"
#include "crypto/seal.h"

#include <string.h>

static struct secret
master_of(uint8_t fill)
{
	struct secret s;

	assert_true(secret_init(&s, SEAL_MASTER_SIZE));
	memset(s.p, fill, s.size);
	return s;
}

static void
key_opens_under_its_master_and_name_only(void **state)
{
	struct secret master = master_of(1), other = master_of(2);
	struct privkey *key, *back = NULL;
	struct err e = { 0 };
	struct buf sealed;
	(void)state;

	buf_init(&sealed, MAX_SEALED_KEY_SIZE);
	assert_int_equal(privkey_generate(KEY_ED25519, &key, NULL), 0);
	assert_int_equal(sealed_key_emit(&master, BYTES("log"), key, &sealed, NULL), 0);
	assert_int_equal(sealed_key_open(&master, BYTES("log"), buf_bytes(&sealed), &back, NULL),
	    0);
	assert_true(key_eq(privkey_public(key), privkey_public(back)));
	privkey_free(back);
	assert_int_equal(sealed_key_open(&other, BYTES("log"), buf_bytes(&sealed), &back, &e), -1);
	assert_int_equal(sealed_key_open(&master, BYTES("lag"), buf_bytes(&sealed), &back, NULL),
	    -1);
	for (size_t i = 0; i < sealed.size; i++) {
		sealed.p[i] ^= 1;
		assert_int_equal(sealed_key_open(&master, BYTES("log"), buf_bytes(&sealed), &back,
				     NULL),
		    -1);
		sealed.p[i] ^= 1;
	}
	buf_release(&sealed);
	privkey_free(key);
	secret_release(&master);
	secret_release(&other);
}

static void
name_without_end_is_a_limit(void **state)
{
	static const uint8_t name[2000];
	struct secret master = master_of(1);
	struct privkey *key;
	struct err e = { 0 };
	struct buf sealed;
	(void)state;

	buf_init(&sealed, MAX_SEALED_KEY_SIZE);
	assert_int_equal(privkey_generate(KEY_ED25519, &key, NULL), 0);
	assert_int_equal(sealed_key_emit(&master, BYTES_OF(name), key, &sealed, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	buf_release(&sealed);
	privkey_free(key);
	secret_release(&master);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_opens_under_its_master_and_name_only),
		cmocka_unit_test(name_without_end_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
