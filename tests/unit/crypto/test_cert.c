/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert.h"
#include "crypto/x509.h"

#include "../../support/test.h"
#include "codec/der_emit.h"
#include "codec/pem.h"
#include "crypto/privkey.h"
#include "crypto/x509.h"

#include <string.h>

#define NOW 1750000000

static struct privkey *root_key, *leaf_key;

static int
make_keys(void **state)
{
	struct err e = { 0 };

	(void)state;
	return privkey_generate(KEY_P256, &root_key, &e) < 0 ||
		privkey_generate(KEY_P256, &leaf_key, &e) < 0
	    ? -1
	    : 0;
}

static int
free_keys(void **state)
{
	(void)state;
	privkey_free(root_key);
	privkey_free(leaf_key);
	return 0;
}

static const char *const dns[] = { "localhost", NULL };
static const char *const ips[] = { "127.0.0.1", "::1", NULL };

static struct cert_spec
full_spec(void)
{
	static const uint8_t extra_oid[] = { 0x2a, 0x03 };

	return (struct cert_spec){
		.subject_cn = "Leaf",
		.organization = "Organization",
		.locality = "Santa Clara",
		.state = "CA",
		.country = "US",
		.issuer_cn = "Root",
		.serial = BYTES("\x80\x01"),
		.not_before_at = NOW - 60,
		.not_after_at = NOW + 60,
		.is_ca = true,
		.basic_constraints = true,
		.path_len = 0,
		.key_usage = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN,
		.key_ids = true,
		.ext_key_usage_server = true,
		.dns_names = dns,
		.ip_names = ips,
		.crl_url = "https://example.org/root.crl",
		.extra = { { .oid = BYTES_OF(extra_oid), .value = BYTES("\x05\x00") } },
		.extra_count = 1,
	};
}

/* The DER of SPEC, signed by the root key; OUT is the caller's. */
static struct bytes
made(const struct cert_spec *spec, struct buf *out)
{
	struct err e = { 0 };

	buf_init(out, MAX_CERT_SIZE + 4096);
	assert_int_equal(cert_emit(spec, privkey_public(leaf_key), privkey_public(root_key),
			     root_key, out, &e),
	    0);
	return buf_bytes(out);
}

static enum err_code
refusal_of(struct bytes der)
{
	struct cert c;
	struct err e = { 0 };

	if (cert_parse(der, &c, &e) == 0)
		return ERR_NONE;
	return e.code;
}

static void
what_was_asked_for_is_read_back(void **state)
{
	struct cert_spec spec = full_spec();
	DEFER(buf_release) struct buf out;
	struct bytes der = made(&spec, &out);
	struct err e = { 0 };
	struct cert c;
	bool good = false;

	(void)state;
	assert_int_equal(cert_parse(der, &c, &e), 0);
	assert_true(bytes_is_str(cert_name_cn(c.subject), "Leaf"));
	assert_true(bytes_is_str(cert_name_cn(c.issuer), "Root"));
	assert_true(bytes_eq(c.serial, BYTES("\x00\x80\x01")));
	assert_int_equal(c.not_before_at, NOW - 60);
	assert_int_equal(c.not_after_at, NOW + 60);
	assert_true(c.is_ca && c.has_basic_constraints && c.has_key_usage);
	assert_int_equal(c.path_len, 0);
	assert_int_equal(c.key_usage, CERT_KEY_CERT_SIGN | CERT_CRL_SIGN);
	assert_int_equal(c.sig_alg, SIG_ES256);
	assert_int_equal(c.ski.size, 20);
	assert_int_equal(c.aki.size, 20);
	assert_false(bytes_eq(c.ski, c.aki));
	assert_int_equal(c.ext_count, 8);
	assert_false(cert_has_unknown_critical(&c));
	assert_true(bytes_eq(c.spki, key_spki(privkey_public(leaf_key))));
	assert_int_equal(cert_verify(&c, privkey_public(root_key), &good, &e), 0);
	assert_true(good);
	assert_int_equal(cert_verify(&c, privkey_public(leaf_key), &good, &e), 0);
	assert_false(good);
}

static void
validity_includes_both_ends(void **state)
{
	struct cert_spec spec = full_spec();
	DEFER(buf_release) struct buf out;
	struct err e = { 0 };
	struct cert c;

	(void)state;
	assert_int_equal(cert_parse(made(&spec, &out), &c, &e), 0);
	assert_false(cert_is_current(&c, NOW - 61));
	assert_true(cert_is_current(&c, NOW - 60));
	assert_true(cert_is_current(&c, NOW + 60));
	assert_false(cert_is_current(&c, NOW + 61));
}

static void
every_kind_of_issuer_verifies(void **state)
{
	(void)state;
	for (int kind = KEY_RSA; kind <= KEY_ED25519; kind++) {
		DEFER(privkey_freep) struct privkey *issuer = NULL;
		DEFER(buf_release) struct buf out;
		struct cert_spec spec = { .subject_cn = "Self",
			.not_after_at = NOW,
			.path_len = -1 };
		struct err e = { 0 };
		struct cert c;
		bool good = false;

		buf_init(&out, MAX_CERT_SIZE);
		assert_int_equal(privkey_generate((enum key_kind)kind, &issuer, &e), 0);
		assert_int_equal(cert_emit(&spec, privkey_public(issuer), privkey_public(issuer),
				     issuer, &out, &e),
		    0);
		assert_int_equal(cert_parse(buf_bytes(&out), &c, &e), 0);
		assert_true(bytes_eq(c.issuer, c.subject));
		assert_true(bytes_eq(c.serial, BYTES("\x01")));
		assert_int_equal(c.ext_count, 0);
		assert_int_equal(c.path_len, -1);
		assert_int_equal(cert_verify(&c, privkey_public(issuer), &good, &e), 0);
		assert_true(good);
	}
}

static void
a_certificate_cut_or_lengthened_is_refused(void **state)
{
	struct cert_spec spec = full_spec();
	DEFER(buf_release) struct buf out;
	struct bytes der = made(&spec, &out);

	(void)state;
	for (size_t size = 0; size < der.size; size++)
		assert_int_equal(refusal_of(bytes_of(der.p, size)), ERR_MALFORMED);
	buf_u8(&out, 0);
	assert_int_equal(refusal_of(buf_bytes(&out)), ERR_MALFORMED);
}

static void
a_flipped_bit_leaves_no_good_certificate(void **state)
{
	struct cert_spec spec = full_spec();
	DEFER(buf_release) struct buf out;
	struct bytes der = made(&spec, &out);

	(void)state;
	for (size_t at = 0; at < der.size; at++) {
		struct err e = { 0 };
		struct cert c;
		bool good = false;

		out.p[at] ^= (uint8_t)(1 << at % 8);
		if (cert_parse(der, &c, &e) == 0) {
			assert_int_equal(cert_verify(&c, privkey_public(root_key), &good, &e), 0);
			assert_false(good);
		}
		out.p[at] ^= (uint8_t)(1 << at % 8);
	}
}

static void
the_same_extension_twice_is_refused(void **state)
{
	struct cert_spec spec = full_spec();
	DEFER(buf_release) struct buf out;

	(void)state;
	spec.extra[1] = spec.extra[0];
	spec.extra_count = 2;
	assert_int_equal(refusal_of(made(&spec, &out)), ERR_MALFORMED);
}

static void
an_extension_that_says_it_is_not_critical_is_refused(void **state)
{
	struct rd list = rd_from(BYTES("\x30\x0a\x06\x03\x55\x1d\x0e\x01\x01\x00\x04\x00"));
	struct rd silent = rd_from(BYTES("\x30\x07\x06\x03\x55\x1d\x0e\x04\x00"));
	struct cert_ext ext;

	(void)state;
	assert_true(ext_take(&silent, &ext));
	assert_false(ext_take(&list, &ext));
}

static void
an_unknown_critical_extension_is_seen(void **state)
{
	struct cert_spec spec = full_spec();
	DEFER(buf_release) struct buf out;
	struct err e = { 0 };
	struct cert c;

	(void)state;
	spec.extra[0].critical = true;
	assert_int_equal(cert_parse(made(&spec, &out), &c, &e), 0);
	assert_true(cert_has_unknown_critical(&c));
}

static void
extensions_that_are_not_what_they_say_are_refused(void **state)
{
	static const struct {
		const char *oid, *value;
		size_t size;
	} cases[] = {
		{ "\x55\x1d\x13", "\x30\x03\x02\x01\x00", 5 }, /* a path length without CA */
		{ "\x55\x1d\x13", "\x30\x03\x01\x01\x01", 5 }, /* TRUE is 0xff */
		{ "\x55\x1d\x13", "\x30\x00\x00", 3 },         /* a byte behind */
		{ "\x55\x1d\x0f", "\x03\x02\x08\x80", 4 },     /* eight unused bits */
		{ "\x55\x1d\x0f", "\x03\x02\x01\x81", 4 },     /* an unused bit set */
		{ "\x55\x1d\x0f", "\x03\x01\x00", 3 },         /* no bits */
		{ "\x55\x1d\x0e", "\x04\x02\x01", 3 },         /* cut */
		{ "\x55\x1d\x23", "\x30\x03\x83\x01\x01", 5 }, /* an unknown member */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		DEFER(buf_release) struct buf out;
		struct cert_spec spec = { .subject_cn = "x", .extra_count = 1, .path_len = -1 };

		spec.extra[0].oid = bytes_of(cases[i].oid, 3);
		spec.extra[0].value = bytes_of(cases[i].value, cases[i].size);
		assert_int_equal(refusal_of(made(&spec, &out)), ERR_MALFORMED);
	}
}

/* A certificate from parts, the signature not being of interest. */
struct parts {
	uint64_t version;          /* as written; 99: left out */
	const char *inner, *outer; /* AlgorithmIdentifiers in full */
	size_t inner_size, outer_size;
	size_t serial_size;
	bool unique_id;
	uint8_t extensions; /* how many, each of its own name */
};

static struct bytes
put_together(const struct parts *p, struct buf *out)
{
	static const uint8_t serial[32] = { 1 };

	buf_init(out, 4096);
	size_t whole = der_open(out, DER_SEQUENCE);
	size_t tbs = der_open(out, DER_SEQUENCE);

	if (p->version != 99) {
		size_t version = der_open(out, DER_CONTEXT_0);

		der_emit_uint(out, DER_INTEGER, p->version);
		der_close(out, version);
	}
	der_emit(out, DER_INTEGER, bytes_of(serial, p->serial_size));
	buf_add(out, bytes_of(p->inner, p->inner_size));
	der_emit(out, DER_SEQUENCE, (struct bytes){ 0 });
	size_t validity = der_open(out, DER_SEQUENCE);

	der_emit_time(out, NOW);
	der_emit_time(out, NOW);
	der_close(out, validity);
	der_emit(out, DER_SEQUENCE, (struct bytes){ 0 });
	buf_add(out, key_spki(privkey_public(leaf_key)));
	if (p->unique_id)
		der_emit(out, 0x81, BYTES("\x00\x01"));
	if (p->extensions > 0) {
		size_t outer = der_open(out, DER_CONTEXT_0 + 3);
		size_t list = der_open(out, DER_SEQUENCE);

		for (uint8_t i = 0; i < p->extensions; i++) {
			const uint8_t oid[] = { 0x2a, 0x04, i };

			ext_emit(out, BYTES_OF(oid), false, BYTES("x"));
		}
		der_close(out, list);
		der_close(out, outer);
	}
	der_close(out, tbs);
	buf_add(out, bytes_of(p->outer, p->outer_size));
	der_emit_bits(out, BYTES("sig"));
	der_close(out, whole);
	return buf_bytes(out);
}

#define ES256        "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define ES384        "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"
#define ES256_NULL   "\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00"
#define RSA_SHA1     "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00"
#define PSS_DEFAULTS "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x00"
#define ALG(text)    text, text, sizeof(text) - 1, sizeof(text) - 1

static void
headers_out_of_the_profile_are_refused(void **state)
{
	static const struct {
		struct parts parts;
		enum err_code want;
	} cases[] = {
		{ { 2, ALG(ES256), 1, false }, ERR_NONE },
		{ { 99, ALG(ES256), 1, false }, ERR_UNSUPPORTED },
		{ { 0, ALG(ES256), 1, false }, ERR_UNSUPPORTED },
		{ { 1, ALG(ES256), 1, false }, ERR_UNSUPPORTED },
		{ { 3, ALG(ES256), 1, false }, ERR_UNSUPPORTED },
		{ { 2, ALG(ES256), 21, false }, ERR_NONE },
		{ { 2, ALG(ES256), 22, false }, ERR_MALFORMED },
		{ { 2, ALG(ES256), 0, false }, ERR_MALFORMED },
		{ { 2, ALG(ES256), 1, true }, ERR_MALFORMED },
		{ { 2, ES256, ES384, 12, 12, 1, false }, ERR_MALFORMED },
		{ { 2, ALG(ES256_NULL), 1, false }, ERR_UNSUPPORTED },
		{ { 2, ALG(RSA_SHA1), 1, false }, ERR_UNSUPPORTED },
		{ { 2, ALG(PSS_DEFAULTS), 1, false }, ERR_UNSUPPORTED },
		{ { 2, ALG("\x30\x00"), 1, false }, ERR_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		DEFER(buf_release) struct buf out;

		assert_int_equal(refusal_of(put_together(&cases[i].parts, &out)), cases[i].want);
	}
}

/* SEQUENCE { SET { SEQUENCE { 2.5.4.3, value } } } */
#define NAME(value) BYTES("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03" value)

static void
names_are_text_of_the_usual_types(void **state)
{
	const struct {
		struct bytes name;
		bool good;
	} cases[] = {
		{ NAME("\x0c\x02"
		       "ab"),
		    true },
		{ NAME("\x13\x02"
		       "ab"),
		    true },
		{ NAME("\x14\x02"
		       "ab"),
		    true },
		{ NAME("\x16\x02"
		       "ab"),
		    true },
		{ NAME("\x0c\x02\xc3\xa9"), true },
		{ NAME("\x0c\x02\xc3\x28"), false },
		{ NAME("\x1e\x02\x00\x61"), false },
		{ NAME("\x04\x02"
		       "ab"),
		    false },
		{ NAME("\x30\x02\x05\x00"), false },
		{ BYTES("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x80\x03\x0c\x02"
			"ab"),
		    false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(name_is_exact(cases[i].name), cases[i].good);
}

static void
a_certificate_with_too_many_extensions_is_refused(void **state)
{
	DEFER(buf_release) struct buf out;
	const struct parts p = { .version = 2,
		ALG(ES256),
		.serial_size = 1,
		.extensions = MAX_CERT_EXTENSIONS + 1 };

	(void)state;
	struct parts most = p;

	assert_int_equal(refusal_of(put_together(&p, &out)), ERR_LIMIT);
	most.extensions--;
	buf_release(&out);
	assert_int_equal(refusal_of(put_together(&most, &out)), ERR_NONE);
}

static void
a_certificate_beyond_the_ceiling_is_refused(void **state)
{
	static uint8_t big[MAX_CERT_SIZE + 1];

	(void)state;
	assert_int_equal(refusal_of(BYTES_OF(big)), ERR_LIMIT);
}

static void
an_address_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "127.0.0.256", NULL };
	struct cert_spec spec = { .subject_cn = "x", .ip_names = bad };
	DEFER(buf_release) struct buf out;
	struct err e = { 0 };

	(void)state;
	buf_init(&out, MAX_CERT_SIZE);
	assert_int_equal(cert_emit(&spec, privkey_public(leaf_key), privkey_public(root_key),
			     root_key, &out, &e),
	    -1);
	assert_int_equal(e.code, ERR_INVALID);
}

static void
a_chain_in_pem_has_its_ceiling(void **state)
{
	struct cert_spec spec = full_spec();
	DEFER(buf_release) struct buf der;
	DEFER(buf_release) struct buf pem;
	DEFER(arena_release) struct arena a;
	struct cert *certs = NULL;
	struct err e = { 0 };
	size_t count = 0;

	(void)state;
	arena_init(&a, 1 << 20);
	buf_init(&pem, 1 << 16);
	(void)made(&spec, &der);
	for (int i = 0; i < 3; i++)
		pem_emit(&pem, "CERTIFICATE", buf_bytes(&der));
	assert_int_equal(certs_from_pem(buf_bytes(&pem), 3, &a, &certs, &count, &e), 0);
	assert_int_equal(count, 3);
	assert_true(bytes_eq(certs[2].raw, buf_bytes(&der)));
	assert_int_equal(certs_from_pem(buf_bytes(&pem), 2, &a, &certs, &count, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	err_clear(&e);
	buf_str(&pem, "x");
	assert_int_equal(certs_from_pem(buf_bytes(&pem), 8, &a, &certs, &count, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
}

static void
a_name_with_two_common_names_has_none(void **state)
{
	static const uint8_t one[] = { 0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04,
		0x03, 0x0c, 0x01, 'a' };
	static const uint8_t two[] = { 0x30, 0x18, 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04,
		0x03, 0x0c, 0x01, 'a', 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c,
		0x01, 'b' };

	(void)state;
	assert_true(bytes_is_str(cert_name_cn(BYTES_OF(one)), "a"));
	assert_null(cert_name_cn(BYTES_OF(two)).p);
	assert_null(cert_name_cn(BYTES("\x30\x00")).p);
	assert_null(cert_name_cn((struct bytes){ 0 }).p);
}

/* The locality of issuer and subject, a UTF8String of eleven characters, becomes something else of the same size. */
static void
a_name_whose_text_is_no_string_is_refused(void **state)
{
	static const struct {
		uint8_t tag, first;
		enum err_code code;
	} rows[] = {
		{ DER_PRINTABLE_STRING, 'S', ERR_NONE },
		{ 0x14, 'S', ERR_NONE }, /* TeletexString */
		{ DER_UTF8_STRING, 0xff, ERR_MALFORMED },
		{ DER_UTC_TIME, 'S', ERR_MALFORMED },
		{ DER_OCTET_STRING, 'S', ERR_MALFORMED },
		{ DER_SEQUENCE, 'S', ERR_MALFORMED },
	};
	static const uint8_t locality[] = { 0x06, 0x03, 0x55, 0x04, 0x07, DER_UTF8_STRING, 11,
		'S' };
	struct cert_spec spec = full_spec();
	DEFER(buf_release) struct buf out;
	struct bytes der = made(&spec, &out);
	uint8_t *at = memmem(out.p, out.size, locality, sizeof(locality));

	(void)state;
	assert_non_null(at);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		at[5] = rows[i].tag;
		at[7] = rows[i].first;
		assert_int_equal(refusal_of(der), rows[i].code);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_asked_for_is_read_back),
		cmocka_unit_test(validity_includes_both_ends),
		cmocka_unit_test(every_kind_of_issuer_verifies),
		cmocka_unit_test(a_certificate_cut_or_lengthened_is_refused),
		cmocka_unit_test(a_flipped_bit_leaves_no_good_certificate),
		cmocka_unit_test(the_same_extension_twice_is_refused),
		cmocka_unit_test(an_extension_that_says_it_is_not_critical_is_refused),
		cmocka_unit_test(a_certificate_with_too_many_extensions_is_refused),
		cmocka_unit_test(an_unknown_critical_extension_is_seen),
		cmocka_unit_test(extensions_that_are_not_what_they_say_are_refused),
		cmocka_unit_test(headers_out_of_the_profile_are_refused),
		cmocka_unit_test(names_are_text_of_the_usual_types),
		cmocka_unit_test(a_certificate_beyond_the_ceiling_is_refused),
		cmocka_unit_test(an_address_that_is_none_is_refused),
		cmocka_unit_test(a_chain_in_pem_has_its_ceiling),
		cmocka_unit_test(a_name_with_two_common_names_has_none),
		cmocka_unit_test(a_name_whose_text_is_no_string_is_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
