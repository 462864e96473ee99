/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, signatures, sealing: a good signature is never called bad by our own failure, nor a good key. */
#include "../support/fault.h"
#include "../support/test.h"

#include "crypto/cert.h"
#include "crypto/crl.h"
#include "crypto/digest.h"
#include "crypto/privkey.h"
#include "crypto/seal.h"

#include <stdio.h>
#include <string.h>

struct subject {
	enum key_kind kind;
	enum sig_alg alg;
	struct privkey *private;
	uint8_t sig[MAX_SIG_SIZE];
	size_t sig_size;
	bool good;
	struct secret der, pem;
};

static const struct row {
	const char *name;
	enum key_kind kind;
	enum sig_alg alg;
} rows[] = {
	{ "RS256", KEY_RSA, SIG_RS256 },
	{ "PS384", KEY_RSA, SIG_PS384 },
	{ "ES256", KEY_P256, SIG_ES256 },
	{ "ES384", KEY_P384, SIG_ES384 },
	{ "ES512", KEY_P521, SIG_ES512 },
	{ "EdDSA", KEY_ED25519, SIG_EDDSA },
};

static void
begin(struct subject *s, const struct row *row)
{
	*s = (struct subject){ .kind = row->kind, .alg = row->alg };
	assert_int_equal(privkey_generate(row->kind, &s->private, NULL), 0);
	assert_int_equal(privkey_sign(s->private, s->alg, SIG_RAW, BYTES("message"), s->sig,
			     &s->sig_size, NULL),
	    0);
	assert_int_equal(privkey_to_der(s->private, &s->der, NULL), 0);
	assert_int_equal(privkey_to_pem(s->private, &s->pem, NULL), 0);
}

static void
end(struct subject *s)
{
	privkey_free(s->private);
	secret_release(&s->der);
	secret_release(&s->pem);
}

/* With a key made anew, so that no context lies ready. */
static int
run_verify(void *ctx, struct err *e)
{
	struct subject *s = ctx;
	DEFER(key_unrefp) struct key *key = NULL;
	bool good = !s->good;
	int got = key_from_spki(key_spki(privkey_public(s->private)), &key, e);

	if (got == 0)
		got = key_verify(key, s->alg, SIG_RAW, BYTES("message"),
		    bytes_of(s->sig, s->sig_size), &good, e);
	fault_disarm();
	if (got == 0)
		assert_int_equal(good, s->good);
	return got;
}

static int
run_sign(void *ctx, struct err *e)
{
	struct subject *s = ctx;
	uint8_t sig[MAX_SIG_SIZE];
	size_t size = 0;
	bool good = false;
	int got = privkey_sign(s->private, s->alg, SIG_RAW, BYTES("message"), sig, &size, e);

	fault_disarm();
	if (got == 0) {
		assert_int_equal(key_verify(privkey_public(s->private), s->alg, SIG_RAW,
				     BYTES("message"), bytes_of(sig, size), &good, NULL),
		    0);
		assert_true(good);
	}
	return got;
}

static int
run_load(void *ctx, struct err *e)
{
	struct subject *s = ctx;
	DEFER(privkey_freep) struct privkey *der = NULL;
	DEFER(privkey_freep) struct privkey *pem = NULL;
	int got = privkey_from_der(secret_bytes(&s->der), &der, e);

	if (got == 0)
		got = privkey_from_pem(secret_bytes(&s->pem), &pem, e);
	fault_disarm();
	if (got == 0) {
		assert_true(key_eq(privkey_public(der), privkey_public(s->private)));
		assert_true(key_eq(privkey_public(pem), privkey_public(s->private)));
	}
	return got;
}

static int
run_write(void *ctx, struct err *e)
{
	struct subject *s = ctx;
	DEFER(secret_release) struct secret der = { 0 }, pem = { 0 };
	int got = privkey_to_der(s->private, &der, e);

	if (got == 0)
		got = privkey_to_pem(s->private, &pem, e);
	fault_disarm();
	if (got == 0) {
		assert_true(bytes_eq(secret_bytes(&der), secret_bytes(&s->der)));
		assert_true(bytes_eq(secret_bytes(&pem), secret_bytes(&s->pem)));
	}
	return got;
}

static int
run_generate(void *ctx, struct err *e)
{
	struct subject *s = ctx;
	DEFER(privkey_freep) struct privkey *k = NULL;
	int got = privkey_generate(s->kind, &k, e);

	fault_disarm();
	return got;
}

static void
sweep(const struct row *row, const char *what, int (*run)(void *, struct err *), struct subject *s)
{
	char name[64];

	snprintf(name, sizeof(name), "%s %s", row->name, what);
	fault_sweep(name, run, s, fault_crypto_sites);
}

static void
a_good_signature_is_good_or_not_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct subject s;

		begin(&s, &rows[i]);
		s.good = true;
		sweep(&rows[i], "verify good", run_verify, &s);
		end(&s);
	}
}

static void
a_bad_signature_is_bad_or_not_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct subject s;

		begin(&s, &rows[i]);
		s.sig[s.sig_size / 2] ^= 1;
		sweep(&rows[i], "verify bad", run_verify, &s);
		end(&s);
	}
}

static void
private_keys_work_or_say_why_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct subject s;

		begin(&s, &rows[i]);
		sweep(&rows[i], "sign", run_sign, &s);
		if (rows[i].alg != SIG_PS384) {
			sweep(&rows[i], "load", run_load, &s);
			sweep(&rows[i], "write", run_write, &s);
		}
		/* Of RSA no two generations make the same calls. */
		if (rows[i].kind != KEY_RSA)
			sweep(&rows[i], "generate", run_generate, &s);
		end(&s);
	}
}

static struct secret master;

static int
run_seal(void *ctx, struct err *e)
{
	DEFER(buf_release) struct buf sealed = { 0 };
	DEFER(secret_release) struct secret plain = { 0 };
	int got;

	(void)ctx;
	buf_init(&sealed, 4096);
	got = seal_emit(&master, BYTES("context"), BYTES("plain text"), &sealed, e);
	if (got == 0 && !buf_ok(&sealed))
		got = err_set(e, ERR_LIMIT, "seal: out of memory");
	if (got == 0)
		got = seal_open(&master, BYTES("context"), buf_bytes(&sealed), &plain, e);
	fault_disarm();
	if (got == 0)
		assert_true(bytes_eq(secret_bytes(&plain), BYTES("plain text")));
	return got;
}

static void
what_was_sealed_opens_or_we_say_that_it_is_us(void **state)
{
	(void)state;
	assert_true(secret_init(&master, SEAL_MASTER_SIZE));
	memset(master.p, 7, master.size);
	fault_sweep("seal and open", run_seal, NULL, fault_crypto_sites);
	secret_release(&master);
}

static int
run_digests(void *ctx, struct err *e)
{
	struct bytes parts[] = { BYTES("a"), { 0 }, BYTES("bc") };
	uint8_t out[DIGEST_SHA512 + 1][MAX_DIGEST_SIZE] = { 0 };

	(void)ctx;
	(void)e;
	for (size_t i = 0; i < COUNT_OF(out); i++)
		digest_of_parts((enum digest_alg)i, parts, COUNT_OF(parts), out[i]);
	fault_disarm();
	for (size_t i = 0; i < COUNT_OF(out); i++) {
		uint8_t want[MAX_DIGEST_SIZE] = { 0 };

		digest_of((enum digest_alg)i, BYTES("abc"), want);
		assert_memory_equal(out[i], want, sizeof(want));
	}
	return 0;
}

static void
a_digest_cannot_fail(void **state)
{
	(void)state;
	fault_sweep("digests", run_digests, NULL, fault_crypto_sites);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_digest_cannot_fail),
		cmocka_unit_test(a_good_signature_is_good_or_not_judged),
		cmocka_unit_test(a_bad_signature_is_bad_or_not_judged),
		cmocka_unit_test(private_keys_work_or_say_why_not),
		cmocka_unit_test(what_was_sealed_opens_or_we_say_that_it_is_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
