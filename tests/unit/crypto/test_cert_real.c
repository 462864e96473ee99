/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and lists of Intel, as they are in the world, and quotes whose chain is not DER. */
#include "crypto/cert.h"

#include "../../support/test.h"
#include "../../support/vectors.h"
#include "crypto/crl.h"

#include <dirent.h>
#include <string.h>

#define CERTS "sgx/collateral/certs/"

static struct cert
cert_of(struct arena *a, const char *name)
{
	struct err e = { 0 };
	struct bytes der;
	struct cert c;

	assert_true(vector_read(name, a, &der));
	assert_int_equal(cert_parse(der, &c, &e), 0);
	return c;
}

static bool
is_signed_by(const struct cert *cert, const struct cert *issuer)
{
	DEFER(key_unrefp) struct key *key = NULL;
	struct err e = { 0 };
	bool good = false;

	assert_int_equal(key_from_spki(issuer->spki, &key, &e), 0);
	assert_int_equal(cert_verify(cert, key, &good, &e), 0);
	return good;
}

static void
intels_certificates_verify_up_to_the_root(void **state)
{
	static const char *const others[] = { CERTS "intel_pck_platform_ca.der",
		CERTS "intel_pck_processor_ca_13b2.der", CERTS "intel_pck_processor_ca_f65b.der",
		CERTS "intel_tcb_signing_2018_2025.der", CERTS "intel_tcb_signing_2025_2032.der",
		CERTS "intel_tcb_signing_2018_2033.der" };
	DEFER(arena_release) struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	struct cert new_root = cert_of(&a, CERTS "intel_sgx_root_ca_notafter_2049.der");
	struct cert old_root = cert_of(&a, CERTS "intel_sgx_root_ca_notafter_2033.der");

	assert_true(bytes_eq(new_root.spki, old_root.spki));
	assert_true(is_signed_by(&new_root, &old_root));
	assert_true(new_root.is_ca);
	assert_int_equal(new_root.path_len, 1);
	assert_int_equal(new_root.key_usage, CERT_KEY_CERT_SIGN | CERT_CRL_SIGN);
	assert_true(bytes_is_str(cert_name_cn(new_root.subject), "Intel SGX Root CA"));
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		struct cert c = cert_of(&a, others[i]);

		assert_true(bytes_eq(c.issuer, new_root.subject));
		assert_true(is_signed_by(&c, &new_root));
		assert_false(is_signed_by(&new_root, &c));
		assert_true(bytes_eq(c.aki, new_root.ski));
	}
}

static void
intels_lists_verify_and_hold_what_they_revoke(void **state)
{
	char folder[MAX_VECTOR_PATH];
	size_t seen = 0;

	(void)state;
	vector_path("sgx/collateral/crl", folder);
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir)) != NULL;) {
		static const char *const issuers[] = { CERTS "intel_sgx_root_ca_notafter_2049.der",
			CERTS "intel_pck_platform_ca.der", CERTS "intel_pck_processor_ca_13b2.der",
			CERTS "intel_pck_processor_ca_f65b.der" };
		DEFER(arena_release) struct arena a;
		char name[300];
		struct bytes der;
		struct crl c;
		struct err e = { 0 };
		bool verified = false;

		arena_init(&a, 1 << 22);
		if (d->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "sgx/collateral/crl/%s", d->d_name);
		assert_true(vector_read(name, &a, &der));
		assert_int_equal(crl_parse(der, &c, &e), 0);
		assert_non_null(c.number.p);
		assert_int_equal(c.aki.size, 20);
		assert_true(c.this_update_at < c.next_update_at);
		assert_false(c.has_unknown_critical);
		for (size_t i = 0; i < COUNT_OF(issuers); i++) {
			struct cert issuer = cert_of(&a, issuers[i]);
			DEFER(key_unrefp) struct key *key = NULL;
			bool good = false;

			assert_int_equal(key_from_spki(issuer.spki, &key, &e), 0);
			assert_int_equal(crl_verify(&c, key, &good, &e), 0);
			verified = verified || (good && bytes_eq(c.issuer, issuer.subject));
		}
		assert_true(verified);
		seen++;
	}
	closedir(dir);
	assert_true(seen > 30);
}

/* The PEM chain of a version 3 quote (evidence-intel.md 2.1). */
static struct bytes
chain_of(struct bytes quote)
{
	struct rd r = rd_from(quote);

	(void)rd_take(&r, 436 + 576);
	(void)rd_take(&r, rd_le16(&r));
	(void)rd_le16(&r);
	struct rd chain = rd_sub(&r, rd_le32(&r));

	assert_true(rd_ok(&chain));
	return chain.left;
}

static void
chains_that_are_not_der_are_refused(void **state)
{
	static const struct {
		const char *quote;
		int want;
	} cases[] = { { "sgx/synthetic/sgx_v3_platform.bin", 0 },
		{ "sgx/synthetic/leaf_ber_length.bin", -1 },
		{ "sgx/synthetic/leaf_trailing.bin", -1 },
		{ "sgx/synthetic/chain_garbage.bin", -1 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		DEFER(arena_release) struct arena a;
		struct cert *certs = NULL;
		struct err e = { 0 };
		struct bytes quote;
		size_t count = 0;

		arena_init(&a, 1 << 20);
		assert_true(vector_read(cases[i].quote, &a, &quote));
		assert_int_equal(certs_from_pem(chain_of(quote), MAX_CHAIN_CERTS, &a, &certs,
				     &count, &e),
		    cases[i].want);
		assert_int_equal(e.code, cases[i].want == 0 ? ERR_NONE : ERR_MALFORMED);
	}
}

int
main(void)
{
	NEED_VECTORS("sgx/collateral/certs");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intels_certificates_verify_up_to_the_root),
		cmocka_unit_test(intels_lists_verify_and_hold_what_they_revoke),
		cmocka_unit_test(chains_that_are_not_der_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
