/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate of each role must be (PCK-SPEC 1), each demand broken alone. */
#include "collateral/profile.h"

#include "../../support/test.h"
#include "crypto/privkey.h"

static const uint8_t basic_constraints[] = { 0x55, 0x1d, 0x13 };
static struct privkey *p256, *p384;

static int
make_keys(void **state)
{
	(void)state;
	return privkey_generate(KEY_P256, &p256, NULL) < 0 ||
		privkey_generate(KEY_P384, &p384, NULL) < 0
	    ? -1
	    : 0;
}

static int
free_keys(void **state)
{
	(void)state;
	privkey_free(p256);
	privkey_free(p384);
	return 0;
}

/* A certificate that fits ROLE. */
static struct cert
fitting(enum cert_role role)
{
	bool is_ca = role == ROLE_ROOT || role == ROLE_INTERMEDIATE;

	return (struct cert){ .sig_alg = SIG_ES256,
		.serial = BYTES("\x01"),
		.ext = { { .oid = BYTES_OF(basic_constraints), .critical = true } },
		.ext_count = is_ca ? 1 : 0,
		.is_ca = is_ca,
		.has_basic_constraints = true,
		.path_len = role == ROLE_ROOT ? 1
		    : is_ca                   ? 0
					      : -1,
		.has_key_usage = true,
		.key_usage = is_ca ? CERT_KEY_CERT_SIGN | CERT_CRL_SIGN : CERT_DIGITAL_SIGNATURE };
}

static bool
fits(const struct cert *c, enum cert_role role)
{
	return cert_profile_misfit(c, privkey_public(p256), role) == NULL;
}

static void
certificate_of_each_role_fits_it(void **state)
{
	(void)state;
	for (int role = ROLE_ROOT; role <= ROLE_TCB_SIGNER; role++) {
		struct cert c = fitting((enum cert_role)role);

		assert_true(fits(&c, (enum cert_role)role));
	}
}

static void
key_or_signature_of_another_kind_fits_nowhere(void **state)
{
	(void)state;
	for (int role = ROLE_ROOT; role <= ROLE_TCB_SIGNER; role++) {
		struct cert c = fitting((enum cert_role)role);

		assert_non_null(
		    cert_profile_misfit(&c, privkey_public(p384), (enum cert_role)role));
		assert_non_null(cert_profile_misfit(&c, NULL, (enum cert_role)role));
		c.sig_alg = SIG_ES384;
		assert_false(fits(&c, (enum cert_role)role));
	}
}

static void
unknown_critical_extension_fits_nowhere(void **state)
{
	(void)state;
	for (int role = ROLE_ROOT; role <= ROLE_TCB_SIGNER; role++) {
		struct cert c = fitting((enum cert_role)role);

		c.ext[c.ext_count++] =
		    (struct cert_ext){ .oid = BYTES("\x2a\x03"), .critical = true };
		assert_false(fits(&c, (enum cert_role)role));
	}
}

static void
ca_without_its_constraints_does_not_fit(void **state)
{
	(void)state;
	for (int role = ROLE_ROOT; role <= ROLE_INTERMEDIATE; role++) {
		struct cert c = fitting((enum cert_role)role);

		c.is_ca = false;
		assert_false(fits(&c, (enum cert_role)role));
		c = fitting((enum cert_role)role);
		c.key_usage = CERT_KEY_CERT_SIGN;
		assert_false(fits(&c, (enum cert_role)role));
		c.key_usage = CERT_CRL_SIGN;
		assert_false(fits(&c, (enum cert_role)role));
		c = fitting((enum cert_role)role);
		c.has_key_usage = false;
		c.key_usage = 0;
		assert_false(fits(&c, (enum cert_role)role));
	}
}

static void
path_length_that_does_not_fit_the_chain_is_seen(void **state)
{
	struct cert root = fitting(ROLE_ROOT), intermediate = fitting(ROLE_INTERMEDIATE);

	(void)state;
	root.path_len = 0;
	assert_false(fits(&root, ROLE_ROOT));
	intermediate.path_len = 1;
	assert_false(fits(&intermediate, ROLE_INTERMEDIATE));
}

static void
leaf_that_is_a_ca_or_may_not_sign_does_not_fit(void **state)
{
	(void)state;
	for (int role = ROLE_PCK_LEAF; role <= ROLE_TCB_SIGNER; role++) {
		struct cert c = fitting((enum cert_role)role);

		c.is_ca = true;
		assert_false(fits(&c, (enum cert_role)role));
		c = fitting((enum cert_role)role);
		c.key_usage = CERT_KEY_CERT_SIGN;
		assert_false(fits(&c, (enum cert_role)role));
		c.key_usage = 0;
		c.has_key_usage = false;
		assert_false(fits(&c, (enum cert_role)role));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_of_each_role_fits_it),
		cmocka_unit_test(key_or_signature_of_another_kind_fits_nowhere),
		cmocka_unit_test(unknown_critical_extension_fits_nowhere),
		cmocka_unit_test(ca_without_its_constraints_does_not_fit),
		cmocka_unit_test(path_length_that_does_not_fit_the_chain_is_seen),
		cmocka_unit_test(leaf_that_is_a_ca_or_may_not_sign_does_not_fit),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
