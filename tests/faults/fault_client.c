/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands between a token and its issuer's keys: whatever fails while a set of keys is read or a credential is made,
 * there is an honest error, and never half a set.
 */
#include "../support/fault.h"
#include "../support/test.h"
#include "base/clock.h"
#include "client/attest.h"
#include "client/credential.h"
#include "client/key_set.h"
#include "codec/pem.h"
#include "crypto/privkey.h"

#include <string.h>

#define KEYS 3

struct subject {
	struct buf jwks, key_pem, cert_pem;
};

static struct subject subject;

static int
setup(void **state)
{
	DEFER(arena_release) struct arena a;
	DEFER(buf_release) struct buf der = { 0 };
	DEFER(secret_release) struct secret pem = { 0 };
	DEFER(privkey_freep) struct privkey *rsa = NULL;
	struct cert_spec spec = { .subject_cn = "client",
		.not_before_at = 1790000000,
		.not_after_at = 1800000000,
		.path_len = -1 };

	(void)state;
	arena_init(&a, 1u << 20);
	buf_init(&subject.jwks, 65536);
	buf_init(&subject.key_pem, 65536);
	buf_init(&subject.cert_pem, 65536);
	buf_init(&der, 65536);
	buf_str(&subject.jwks, "{\"keys\":[");
	for (int i = 0; i < KEYS; i++) {
		DEFER(privkey_freep) struct privkey *key = NULL;
		char kid[3] = { 'k', (char)('0' + i), '\0' };

		if (privkey_generate(KEY_P256, &key, NULL) < 0)
			return -1;
		if (i > 0)
			buf_char(&subject.jwks, ',');
		json_emit(&subject.jwks,
		    jwk_emit(&a, privkey_public(key), SIG_ES256, bytes_of_str(kid),
			(struct bytes){ 0 }),
		    JSON_SORTED);
	}
	buf_str(&subject.jwks, "]}");
	if (privkey_generate_rsa(2048, &rsa, NULL) < 0 ||
	    cert_emit(&spec, privkey_public(rsa), privkey_public(rsa), rsa, &der, NULL) < 0 ||
	    privkey_to_pem(rsa, &pem, NULL) < 0)
		return -1;
	pem_emit(&subject.cert_pem, "CERTIFICATE", buf_bytes(&der));
	buf_add(&subject.key_pem, secret_bytes(&pem));
	return buf_ok(&subject.jwks) && buf_ok(&subject.cert_pem) && buf_ok(&subject.key_pem) ? 0
											      : -1;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&subject.jwks);
	buf_release(&subject.key_pem);
	buf_release(&subject.cert_pem);
	return 0;
}

static int
read_set(struct cache_life *life, struct err *e)
{
	struct key_set *set = NULL, **held;

	TRY(key_set_new(buf_bytes(&subject.jwks), life, &set, e));
	/* Never half a set: a key that is missing would make an honest token undecided. */
	assert_int_equal(set->jwks.count, KEYS);
	assert_int_equal(set->jwks.skipped, 0);
	held = key_set_held(life);
	if (held == NULL) {
		key_set_unref(set);
		return err_set(e, ERR_LIMIT, "keys: out of memory");
	}
	key_set_unref(*held);
	*held = set;
	return 0;
}

static int
run_set(void *ctx, struct err *e)
{
	struct cache_life *life = cache_life_new();
	int got;

	(void)ctx;
	if (life == NULL)
		return err_set(e, ERR_LIMIT, "keys: out of memory");
	got = read_set(life, e);
	fault_disarm();
	key_set_forget(life);
	cache_life_unref(life);
	return got;
}

static int
run_entra(void *ctx, struct err *e)
{
	struct credential_entra who = { .tenant = "t",
		.client_id = "c",
		.key_pem = buf_bytes(&subject.key_pem),
		.certificate = buf_bytes(&subject.cert_pem) };
	struct credential *c = NULL;
	int got = credential_new_entra(&who, &c, e);

	(void)ctx;
	fault_disarm();
	assert_true((got == 0) == (c != NULL));
	credential_unref(c);
	return got;
}

static int
run_bearer(void *ctx, struct err *e)
{
	struct credential *c = NULL;
	struct secret token = { 0 };
	int got = credential_new_bearer("abc", &c, e);

	(void)ctx;
	if (got == 0)
		got = credential_token(c, 0, &token, e);
	fault_disarm();
	if (got == 0)
		assert_string_equal((const char *)token.p, "abc");
	secret_release(&token);
	credential_unref(c);
	return got;
}

static int
run_body(void *ctx, struct err *e)
{
	struct client_attest rq = { .type = "SgxEnclave",
		.evidence = buf_bytes(&subject.jwks),
		.runtime_data = buf_bytes(&subject.key_pem) };
	struct buf out;
	int got;

	(void)ctx;
	buf_init(&out, MAX_ATTEST_BODY);
	got = client_attest_emit(&rq, &out, e);
	fault_disarm();
	buf_release(&out);
	return got;
}

static void
set_of_keys_is_whole_or_an_error(void **state)
{
	(void)state;
	fault_sweep("set of keys", run_set, NULL, fault_pure_sites);
	fault_sweep("set of keys", run_set, NULL, fault_crypto_sites);
}

static void
credential_is_made_or_an_error(void **state)
{
	(void)state;
	fault_sweep("certificate", run_entra, NULL, fault_crypto_sites);
	fault_sweep("bearer", run_bearer, NULL, fault_pure_sites);
}

static void
request_is_whole_or_an_error(void **state)
{
	(void)state;
	fault_sweep("attest request", run_body, NULL, fault_pure_sites);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_of_keys_is_whole_or_an_error),
		cmocka_unit_test(credential_is_made_or_an_error),
		cmocka_unit_test(request_is_whole_or_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
