/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/collateral.h"

#include "../../support/test.h"
#include "base/hex.h"
#include "codec/pem.h"
#include "crypto/privkey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;
static struct privkey *root_key, *signer_key;
static struct bytes root_der, signer_der, crl_der;

static struct bytes
taken(const struct buf *b)
{
	assert_true(buf_ok(b));
	return arena_copy(&arena, buf_bytes(b));
}

static struct bytes
cert_of(const char *cn, const struct privkey *key, bool is_ca)
{
	DEFER(buf_release) struct buf out;
	struct cert_spec spec = { .subject_cn = cn,
		.issuer_cn = "Intel SGX Root CA",
		.not_before_at = 1700000000,
		.not_after_at = 1900000000,
		.is_ca = is_ca,
		.basic_constraints = true,
		.path_len = is_ca ? 1 : -1,
		.key_usage = is_ca ? CERT_KEY_CERT_SIGN | CERT_CRL_SIGN : CERT_DIGITAL_SIGNATURE,
		.key_ids = true };
	struct err e = { 0 };

	buf_init(&out, MAX_CERT_SIZE);
	assert_int_equal(cert_emit(&spec, privkey_public(key), privkey_public(root_key), root_key,
			     &out, &e),
	    0);
	return taken(&out);
}

static int
setup(void **state)
{
	DEFER(buf_release) struct buf crl;
	struct crl_spec spec = { .issuer_cn = "Intel SGX Root CA",
		.this_update_at = 1750000000,
		.next_update_at = 1760000000,
		.number = 1 };
	struct err e = { 0 };

	(void)state;
	arena_init(&arena, (size_t)16 << 20);
	buf_init(&crl, MAX_CRL_SIZE);
	if (privkey_generate(KEY_P256, &root_key, &e) < 0 ||
	    privkey_generate(KEY_P256, &signer_key, &e) < 0 ||
	    crl_emit(&spec, privkey_public(root_key), root_key, &crl, &e) < 0)
		return -1;
	crl_der = taken(&crl);
	root_der = cert_of("Intel SGX Root CA", root_key, true);
	signer_der = cert_of("Intel SGX TCB Signing", signer_key, false);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	privkey_free(root_key);
	privkey_free(signer_key);
	arena_release(&arena);
	return 0;
}

static struct bytes
pem_of(const char *label, struct bytes der)
{
	DEFER(buf_release) struct buf out;

	buf_init(&out, 1 << 20);
	pem_emit(&out, label, der);
	return taken(&out);
}

static enum doc_kind
add(struct collateral_builder *b, struct bytes doc)
{
	enum doc_kind kind = DOC_KIND_COUNT;
	struct err e = { 0 };

	assert_int_equal(collateral_builder_add(b, doc, "folder", &kind, &e), 0);
	return kind;
}

static struct collateral *
seal(struct collateral_builder *b)
{
	struct collateral *c = NULL;
	struct err e = { 0 };

	assert_int_equal(collateral_builder_seal(b, &c, &e), 0);
	return c;
}

static void
documents_are_recognised_by_their_content(void **state)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(1 << 22);
	char *hex = arena_array(&arena, crl_der.size, 2);

	(void)state;
	hex_encode(crl_der, hex);
	assert_int_equal(add(b, root_der), DOC_CERT);
	assert_int_equal(add(b, pem_of("CERTIFICATE", signer_der)), DOC_CERT);
	assert_int_equal(add(b, crl_der), DOC_CRL);
	assert_int_equal(add(b, bytes_of(hex, crl_der.size * 2)), DOC_CRL);
	assert_int_equal(add(b, pem_of("X509 CRL", crl_der)), DOC_CRL);
	assert_int_equal(add(b, BYTES(" {\"tcbInfo\":")), DOC_TCB_INFO);
	assert_int_equal(add(b, BYTES("{\"enclaveIdentity\": {}}")), DOC_QE_IDENTITY);
	assert_int_equal(add(b, BYTES("{\"tcbEvaluationDataNumbers\": {}}")), DOC_OTHER);
	assert_int_equal(add(b, BYTES("{\"what\": 1}")), DOC_UNKNOWN);
	assert_int_equal(add(b, BYTES("")), DOC_UNKNOWN);
	assert_int_equal(add(b, BYTES("0\x03\x02\x01")), DOC_CRL);
	DEFER(collateral_unrefp) struct collateral *c = seal(b);

	/* The CRL came three times, and is one document. */
	assert_int_equal(collateral_crl_count(c), 2);
	assert_int_equal(collateral_cert_count(c), 2);
	assert_int_equal(collateral_tcb_info_count(c), 1);
	assert_int_equal(collateral_qe_identity_count(c), 1);
}

static void
order_of_adding_does_not_matter(void **state)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *a = collateral_builder_new(1 << 22);
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(1 << 22);

	(void)state;
	(void)add(a, root_der);
	(void)add(a, signer_der);
	(void)add(b, signer_der);
	(void)add(b, root_der);
	(void)add(b, signer_der);
	DEFER(collateral_unrefp) struct collateral *ca = seal(a);
	DEFER(collateral_unrefp) struct collateral *cb = seal(b);

	assert_true(bytes_eq(collateral_id(ca), collateral_id(cb)));
	assert_int_equal(collateral_doc_count(cb), 2);
	DEFER(collateral_builder_freep)
	struct collateral_builder *n = collateral_builder_new(1 << 22);
	DEFER(collateral_unrefp) struct collateral *none = seal(n);

	assert_false(bytes_eq(collateral_id(ca), collateral_id(none)));
}

static void
signer_root_and_crl_find_each_other(void **state)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(1 << 22);

	(void)state;
	(void)add(b, root_der);
	(void)add(b, signer_der);
	(void)add(b, crl_der);
	DEFER(collateral_unrefp) struct collateral *c = seal(b);
	const struct collateral_cert *signer = collateral_signer_at(c, 0);

	assert_int_equal(collateral_signer_count(c), 1);
	assert_true(signer->fit);
	assert_true(collateral_cert_at(c, signer->root)->is_root);
	assert_int_equal(collateral_crl_at(c, 0)->issuer, signer->root);
	/* evidence-intel.md 8.2 */
	struct bytes parts[] = { pem_of("CERTIFICATE", signer_der), pem_of("CERTIFICATE", root_der),
		BYTES("\0") };
	uint8_t digest[SHA256_SIZE];

	digest_of_parts(DIGEST_SHA256, parts, 3, digest);
	assert_memory_equal(signer->chain_hash, digest, SHA256_SIZE);
}

static void
signer_without_its_root_has_none(void **state)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(1 << 22);

	(void)state;
	(void)add(b, signer_der);
	DEFER(collateral_unrefp) struct collateral *c = seal(b);

	assert_int_equal(collateral_signer_at(c, 0)->root, SIZE_MAX);
}

static void
damaged_documents_say_why(void **state)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(1 << 22);

	(void)state;
	(void)add(b, bytes_slice(root_der, 0, root_der.size - 1));
	(void)add(b, BYTES("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"));
	(void)add(b, BYTES("{\"tcbInfo\":1}"));
	DEFER(collateral_unrefp) struct collateral *c = seal(b);

	assert_int_equal(collateral_doc_count(c), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_not_equal(collateral_doc_at(c, i)->format.code, ERR_NONE);
	assert_int_equal(collateral_signer_count(c), 0);
}

static void
too_little_memory_is_a_limit(void **state)
{
	DEFER(collateral_builder_freep) struct collateral_builder *b = collateral_builder_new(200);
	struct collateral *c = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(collateral_builder_add(b, root_der, "folder", NULL, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	DEFER(collateral_builder_freep)
	struct collateral_builder *sealed = collateral_builder_new(1 << 20);

	DEFER(collateral_unrefp) struct collateral *first = seal(sealed);
	assert_non_null(first);
	err_clear(&e);
	assert_int_equal(collateral_builder_seal(sealed, &c, &e), -1);
	assert_int_equal(e.code, ERR_INTERNAL);
}

static void
document_over_the_ceiling_is_a_limit(void **state)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(1 << 24);
	size_t size = (size_t)MAX_CRL_SIZE * 2 + 3;
	struct err e = { 0 };
	uint8_t *big = calloc(1, size);

	(void)state;
	assert_non_null(big);
	assert_int_equal(collateral_builder_add(b, bytes_of(big, size), "folder", NULL, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	free(big);
}

static struct bytes
vector(const char *name)
{
	static uint8_t data[65536];
	const char *folder = getenv("ATTEST_VECTORS"), *root = getenv("ATTEST_ROOT");
	char path[1024];

	if (folder != NULL)
		(void)snprintf(path, sizeof(path), "%s/openenclave/maa/%s", folder, name);
	else
		(void)snprintf(path, sizeof(path), "%s/../shared/vectors/openenclave/maa/%s",
		    root != NULL ? root : ".", name);
	FILE *f = fopen(path, "rb");
	struct bytes out = { data, 0 };

	if (f == NULL)
		return out;
	out.size = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	return out;
}

/* The vendor's own inputs, with their NUL, are read as documents and give their own digests back. */
static void
hashes_of_recorded_tokens_are_reproduced(void **state)
{
	static const char *const names[] = { "root_ca_crl_2022.pem0", "tcb_signing_chain_2022.pem0",
		"tcb_signing_chain_2020.pem0" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct bytes doc = vector(names[i]);
		uint8_t digest[SHA256_SIZE];

		/* skip() jumps away: nothing is owned yet. */
		if (doc.size == 0) {
			print_message("no test vectors: set ATTEST_VECTORS\n");
			skip();
		}
		DEFER(collateral_builder_freep)
		struct collateral_builder *b = collateral_builder_new(1 << 22);
		sha256(doc, digest);
		enum doc_kind kind = add(b, doc);
		DEFER(collateral_unrefp) struct collateral *c = seal(b);

		if (kind == DOC_CRL)
			assert_memory_equal(collateral_crl_at(c, 0)->pem_hash, digest, SHA256_SIZE);
		else
			assert_memory_equal(collateral_signer_at(c, 0)->chain_hash, digest,
			    SHA256_SIZE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_are_recognised_by_their_content),
		cmocka_unit_test(order_of_adding_does_not_matter),
		cmocka_unit_test(signer_root_and_crl_find_each_other),
		cmocka_unit_test(signer_without_its_root_has_none),
		cmocka_unit_test(damaged_documents_say_why),
		cmocka_unit_test(too_little_memory_is_a_limit),
		cmocka_unit_test(document_over_the_ceiling_is_a_limit),
		cmocka_unit_test(hashes_of_recorded_tokens_are_reproduced),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
