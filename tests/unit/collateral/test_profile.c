/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a certificate of each role must be (PCK-SPEC 1, RFC 5280): one that fits, and each demand broken alone, with the
 * reason that is then given.
 */
#include "collateral/profile.h"

#include "../../support/test.h"
#include "crypto/privkey.h"

static const uint8_t basic_constraints[] = { 0x55, 0x1d, 0x13 };
static const uint8_t name_constraints[] = { 0x55, 0x1d, 0x1e };
static const uint8_t policy_constraints[] = { 0x55, 0x1d, 0x24 };
static const uint8_t inhibit_any_policy[] = { 0x55, 0x1d, 0x36 };
static const uint8_t extended_usage[] = { 0x55, 0x1d, 0x25 };
static const uint8_t unheard_of[] = { 0x2a, 0x03 };
/* SEQUENCE { TRUE }, and one that narrows nothing; only that they are there counts. */
static const uint8_t ca_value[] = { 0x30, 0x03, 0x01, 0x01, 0xff };
static const uint8_t empty[] = { 0x30, 0x00 };

static struct privkey *p256, *p384;

static int
setup(void **state)
{
	(void)state;
	return privkey_generate(KEY_P256, &p256, NULL) < 0 ||
		privkey_generate(KEY_P384, &p384, NULL) < 0
	    ? -1
	    : 0;
}

static int
teardown(void **state)
{
	(void)state;
	privkey_free(p256);
	privkey_free(p384);
	return 0;
}

static struct cert_spec
ca_spec(void)
{
	return (struct cert_spec){ .subject_cn = "a CA",
		.not_after_at = 1000,
		.is_ca = true,
		.basic_constraints = true,
		.path_len = -1,
		.key_usage = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN };
}

static struct cert_spec
leaf_spec(void)
{
	return (struct cert_spec){ .subject_cn = "a leaf",
		.not_after_at = 1000,
		.basic_constraints = true,
		.path_len = -1,
		.key_usage = CERT_DIGITAL_SIGNATURE };
}

/* A certificate of SPEC, for SUBJECT, signed by ISSUER. */
static void
expect_of(const struct cert_spec *spec, const struct privkey *subject, const struct privkey *issuer,
    enum cert_role role, const char *want)
{
	DEFER(buf_release) struct buf der = { 0 };
	struct cert cert;
	const char *seen;

	buf_init(&der, MAX_CERT_SIZE);
	assert_int_equal(cert_emit(spec, privkey_public(subject), privkey_public(issuer), issuer,
			     &der, NULL),
	    0);
	assert_int_equal(cert_parse(buf_bytes(&der), &cert, NULL), 0);
	seen = cert_profile_misfit(&cert, privkey_public(subject), role);
	assert_string_equal(seen == NULL ? "it fits" : seen, want == NULL ? "it fits" : want);
}

static void
expect(const struct cert_spec *spec, enum cert_role role, const char *want)
{
	expect_of(spec, p256, p256, role, want);
}

static void
expect_ca(const struct cert_spec *spec, const char *want)
{
	expect(spec, ROLE_ROOT, want);
	expect(spec, ROLE_INTERMEDIATE, want);
}

static void
expect_leaf(const struct cert_spec *spec, const char *want)
{
	expect(spec, ROLE_PCK_LEAF, want);
	expect(spec, ROLE_TCB_SIGNER, want);
}

static void
add(struct cert_spec *spec, struct bytes oid, bool critical, struct bytes value)
{
	spec->extra[spec->extra_count++] = (struct cert_ext){ oid, critical, value };
}

static void
each_role_has_a_certificate_that_fits(void **state)
{
	struct cert_spec ca = ca_spec(), leaf = leaf_spec();

	(void)state;
	expect_ca(&ca, NULL);
	expect_leaf(&leaf, NULL);
	leaf.basic_constraints = false;
	expect_leaf(&leaf, NULL);
	/* An extension that narrows nothing of ours, and is not critical, is nobody's business. */
	add(&leaf, BYTES_OF(extended_usage), false, BYTES_OF(empty));
	add(&leaf, BYTES_OF(unheard_of), false, BYTES_OF(empty));
	expect_leaf(&leaf, NULL);
}

static void
key_or_signature_of_another_kind_fits_nowhere(void **state)
{
	(void)state;
	for (int role = ROLE_ROOT; role <= ROLE_TCB_SIGNER; role++) {
		bool is_ca = role == ROLE_ROOT || role == ROLE_INTERMEDIATE;
		struct cert_spec spec = is_ca ? ca_spec() : leaf_spec();
		struct cert none = { 0 };

		expect_of(&spec, p384, p256, (enum cert_role)role, "key is not P-256");
		expect_of(&spec, p256, p384, (enum cert_role)role,
		    "signature is not ecdsa-with-SHA256");
		assert_string_equal(cert_profile_misfit(&none, NULL, (enum cert_role)role),
		    "key is not P-256");
	}
}

static void
unknown_critical_extension_fits_nowhere(void **state)
{
	struct cert_spec ca = ca_spec(), leaf = leaf_spec();

	(void)state;
	add(&ca, BYTES_OF(unheard_of), true, BYTES_OF(empty));
	add(&leaf, BYTES_OF(unheard_of), true, BYTES_OF(empty));
	expect_ca(&ca, "a critical extension is unknown");
	expect_leaf(&leaf, "a critical extension is unknown");
}

static void
leaves_are_no_cas_and_cas_no_leaves(void **state)
{
	struct cert_spec ca = ca_spec(), leaf = leaf_spec();

	(void)state;
	expect_ca(&leaf, "not a CA");
	expect_leaf(&ca, "a CA");
	leaf.is_ca = true;
	expect_leaf(&leaf, "a CA");
	ca.is_ca = false;
	expect_ca(&ca, "not a CA");
	ca = ca_spec();
	ca.basic_constraints = false;
	expect_ca(&ca, "not a CA");
}

static void
key_usage_is_that_of_the_role(void **state)
{
	static const char lacks[] = "key usage lacks keyCertSign or cRLSign";
	static const unsigned of_ca[] = { CERT_KEY_CERT_SIGN, CERT_CRL_SIGN, CERT_DIGITAL_SIGNATURE,
		0 };
	static const unsigned of_leaf[] = { 1 << 1 /* nonRepudiation */, CERT_KEY_CERT_SIGN, 0 };
	struct cert_spec both = leaf_spec();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(of_ca); i++) {
		struct cert_spec ca = ca_spec();

		ca.key_usage = of_ca[i];
		expect_ca(&ca, lacks);
	}
	for (size_t i = 0; i < COUNT_OF(of_leaf); i++) {
		struct cert_spec leaf = leaf_spec();

		leaf.key_usage = of_leaf[i];
		expect_leaf(&leaf, "key usage lacks digitalSignature");
	}
	both.key_usage |= CERT_KEY_CERT_SIGN;
	expect_leaf(&both, "key usage has keyCertSign");
}

static void
path_lengths_are_those_of_the_chain(void **state)
{
	struct cert_spec ca = ca_spec();

	(void)state;
	ca.path_len = 0;
	expect(&ca, ROLE_INTERMEDIATE, NULL);
	expect(&ca, ROLE_ROOT, "path length below 1");
	ca.path_len = 1;
	expect(&ca, ROLE_INTERMEDIATE, "path length above 0");
	expect(&ca, ROLE_ROOT, NULL);
}

static void
a_ca_without_critical_basic_constraints_is_refused(void **state)
{
	struct cert_spec ca = ca_spec();

	(void)state;
	ca.basic_constraints = false;
	add(&ca, BYTES_OF(basic_constraints), true, BYTES_OF(ca_value));
	expect(&ca, ROLE_ROOT, NULL);
	ca.extra[0].critical = false;
	expect_ca(&ca, "basic constraints are not critical");
}

static void
constraints_that_nothing_enforces_are_refused(void **state)
{
	const struct bytes oids[] = { BYTES_OF(name_constraints), BYTES_OF(policy_constraints),
		BYTES_OF(inhibit_any_policy) };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(oids); i++) {
		struct cert_spec ca = ca_spec(), leaf = leaf_spec();

		add(&ca, oids[i], false, BYTES_OF(empty));
		expect_ca(&ca, "name or policy constraints");
		add(&leaf, oids[i], false, BYTES_OF(empty));
		expect_leaf(&leaf, "name or policy constraints");
		ca.extra[0].critical = true;
		expect(&ca, ROLE_ROOT, "a critical extension is unknown");
	}
}

static void
a_serial_number_that_is_not_positive_is_refused(void **state)
{
	static const uint8_t zero[] = { 0 };
	struct cert_spec ca = ca_spec(), leaf = leaf_spec();

	(void)state;
	ca.serial = BYTES_OF(zero);
	leaf.serial = BYTES_OF(zero);
	expect_ca(&ca, "serial number is not positive");
	expect_leaf(&leaf, "serial number is not positive");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_role_has_a_certificate_that_fits),
		cmocka_unit_test(key_or_signature_of_another_kind_fits_nowhere),
		cmocka_unit_test(unknown_critical_extension_fits_nowhere),
		cmocka_unit_test(leaves_are_no_cas_and_cas_no_leaves),
		cmocka_unit_test(key_usage_is_that_of_the_role),
		cmocka_unit_test(path_lengths_are_those_of_the_chain),
		cmocka_unit_test(a_ca_without_critical_basic_constraints_is_refused),
		cmocka_unit_test(constraints_that_nothing_enforces_are_refused),
		cmocka_unit_test(a_serial_number_that_is_not_positive_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
