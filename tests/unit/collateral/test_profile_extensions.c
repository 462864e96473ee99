/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that fit their role, and each way not to. */
#include "collateral/profile.h"

#include "crypto/privkey.h"

#include "../../support/test.h"

static const uint8_t basic_constraints[] = { 0x55, 0x1d, 0x13 };
static const uint8_t name_constraints[] = { 0x55, 0x1d, 0x1e };
static const uint8_t policy_constraints[] = { 0x55, 0x1d, 0x24 };
static const uint8_t inhibit_any_policy[] = { 0x55, 0x1d, 0x36 };
static const uint8_t extended_usage[] = { 0x55, 0x1d, 0x25 };
/* SEQUENCE { TRUE }, and one that narrows nothing; only that they are there counts. */
static const uint8_t ca_value[] = { 0x30, 0x03, 0x01, 0x01, 0xff };
static const uint8_t empty[] = { 0x30, 0x00 };

static struct privkey *key;

static int
setup(void **state)
{
	(void)state;
	return privkey_generate(KEY_P256, &key, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	privkey_free(key);
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

static void
expect(const struct cert_spec *spec, enum cert_role role, const char *want)
{
	DEFER(buf_release) struct buf der;
	struct cert cert;
	const char *seen;

	buf_init(&der, MAX_CERT_SIZE);
	assert_int_equal(cert_emit(spec, privkey_public(key), privkey_public(key), key, &der, NULL),
	    0);
	assert_int_equal(cert_parse(buf_bytes(&der), &cert, NULL), 0);
	seen = cert_profile_misfit(&cert, privkey_public(key), role);
	if (want == NULL)
		assert_null(seen);
	else
		assert_string_equal(seen == NULL ? "it fits" : seen, want);
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
	expect(&ca, ROLE_ROOT, NULL);
	expect(&ca, ROLE_INTERMEDIATE, NULL);
	expect(&leaf, ROLE_PCK_LEAF, NULL);
	expect(&leaf, ROLE_TCB_SIGNER, NULL);
	leaf.basic_constraints = false;
	expect(&leaf, ROLE_PCK_LEAF, NULL);
	/* An extension that narrows nothing of ours, and is not critical, is nobody's business. */
	add(&leaf, BYTES_OF(extended_usage), false, BYTES_OF(empty));
	expect(&leaf, ROLE_PCK_LEAF, NULL);
}

static void
leaves_are_no_cas_and_cas_no_leaves(void **state)
{
	struct cert_spec ca = ca_spec(), leaf = leaf_spec();

	(void)state;
	expect(&leaf, ROLE_ROOT, "not a CA");
	expect(&leaf, ROLE_INTERMEDIATE, "not a CA");
	expect(&ca, ROLE_PCK_LEAF, "a CA");
	leaf.key_usage |= CERT_KEY_CERT_SIGN;
	expect(&leaf, ROLE_PCK_LEAF, "key usage has keyCertSign");
	expect(&leaf, ROLE_TCB_SIGNER, "key usage has keyCertSign");
	leaf.key_usage = 1 << 1; /* nonRepudiation */
	expect(&leaf, ROLE_PCK_LEAF, "key usage lacks digitalSignature");
	ca.key_usage = CERT_KEY_CERT_SIGN;
	expect(&ca, ROLE_ROOT, "key usage lacks keyCertSign or cRLSign");
	ca.key_usage = CERT_CRL_SIGN;
	expect(&ca, ROLE_INTERMEDIATE, "key usage lacks keyCertSign or cRLSign");
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
	expect(&ca, ROLE_ROOT, "basic constraints are not critical");
	expect(&ca, ROLE_INTERMEDIATE, "basic constraints are not critical");
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
		expect(&ca, ROLE_ROOT, "name or policy constraints");
		expect(&ca, ROLE_INTERMEDIATE, "name or policy constraints");
		add(&leaf, oids[i], false, BYTES_OF(empty));
		expect(&leaf, ROLE_PCK_LEAF, "name or policy constraints");
		ca.extra[0].critical = true;
		expect(&ca, ROLE_ROOT, "a critical extension is unknown");
	}
}

static void
a_serial_number_that_is_not_positive_is_refused(void **state)
{
	static const uint8_t zero[] = { 0 };
	struct cert_spec ca = ca_spec();

	(void)state;
	ca.serial = BYTES_OF(zero);
	expect(&ca, ROLE_ROOT, "serial number is not positive");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_role_has_a_certificate_that_fits),
		cmocka_unit_test(leaves_are_no_cas_and_cas_no_leaves),
		cmocka_unit_test(path_lengths_are_those_of_the_chain),
		cmocka_unit_test(a_ca_without_critical_basic_constraints_is_refused),
		cmocka_unit_test(constraints_that_nothing_enforces_are_refused),
		cmocka_unit_test(a_serial_number_that_is_not_positive_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
