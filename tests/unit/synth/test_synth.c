/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic evidence reads back as what was asked for, and every signature in it holds. */
#include "synth/synth.h"

#include "../../support/test.h"
#include "collateral/qe_identity.h"
#include "collateral/tcb_info.h"
#include "crypto/crl.h"
#include "crypto/digest.h"
#include "evidence/dcap/pck.h"
#include "evidence/oe/report.h"
#include "evidence/sgx/quote.h"

#include <string.h>

#define NOW 1795000000

static struct synth_root *root;

static int
make_root(void **state)
{
	struct err e = { 0 };

	(void)state;
	return synth_root_generate(NOW, &root, &e);
}

static int
free_root(void **state)
{
	(void)state;
	synth_root_free(root);
	return 0;
}

static struct bytes
doc_of(const struct synth_case *c, const char *name)
{
	for (size_t i = 0; i < c->doc_count; i++)
		if (strcmp(c->docs[i].name, name) == 0)
			return c->docs[i].bytes;
	return (struct bytes){ 0 };
}

static void
assert_signed(struct bytes spki, enum sig_form form, struct bytes message, struct bytes sig)
{
	DEFER(key_unrefp) struct key *key = NULL;
	struct err e = { 0 };
	bool good = false;

	assert_int_equal(key_from_spki(spki, &key, &e), 0);
	assert_int_equal(key_verify(key, SIG_ES256, form, message, sig, &good, &e), 0);
	assert_true(good);
}

static void
assert_chain_holds(const struct pck_chain *chain)
{
	assert_non_null(chain->leaf);
	assert_non_null(chain->intermediate);
	assert_non_null(chain->root);
	assert_true(bytes_eq(chain->root->spki, key_spki(synth_root_key(root))));
	assert_signed(chain->root->spki, SIG_DER, chain->root->tbs, chain->root->sig);
	assert_signed(chain->root->spki, SIG_DER, chain->intermediate->tbs,
	    chain->intermediate->sig);
	assert_signed(chain->intermediate->spki, SIG_DER, chain->leaf->tbs, chain->leaf->sig);
	assert_true(bytes_eq(chain->intermediate->issuer, chain->root->subject));
	assert_true(bytes_eq(chain->leaf->issuer, chain->intermediate->subject));
}

static struct synth_case
made(struct synth_spec *spec, struct arena *a)
{
	struct synth_case c = { 0 };
	struct err e = { 0 };

	assert_int_equal(synth_case_emit(root, spec, NULL, NOW, a, &c, &e), 0);
	return c;
}

static void
every_signature_of_a_quote_holds(void **state)
{
	(void)state;
	for (unsigned version = 3; version <= 5; version++) {
		DEFER(arena_release) struct arena a;
		struct synth_spec spec;
		struct pck_chain chain;
		struct sgx_quote q;
		struct err e = { 0 };

		arena_init(&a, 1 << 20);
		synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
		spec.quote_version = version;
		struct synth_case c = made(&spec, &a);

		assert_int_equal(sgx_quote_parse(c.evidence, &q, &e), 0);
		assert_int_equal(q.dcap.header.version, version);
		assert_int_equal(q.dcap.cert_type, DCAP_CERT_PCK_CHAIN);
		assert_int_equal(pck_chain_parse(q.dcap.cert_data, &a, &chain, &e), 0);
		assert_chain_holds(&chain);
		assert_signed(chain.leaf->spki, SIG_RAW, q.dcap.qe.raw, q.dcap.qe_sig);

		DEFER(key_unrefp) struct key *key = NULL;
		bool good = false;

		assert_int_equal(key_from_point(KEY_P256, q.dcap.attestation_key, &key, &e), 0);
		assert_int_equal(key_verify(key, SIG_ES256, SIG_RAW, q.dcap.signed_part, q.dcap.sig,
				     &good, &e),
		    0);
		assert_true(good);
	}
}

static void
an_open_enclave_report_wraps_a_quote(void **state)
{
	DEFER(arena_release) struct arena a;
	struct synth_spec spec;
	struct oe_report report;
	struct sgx_quote q;
	struct err e = { 0 };

	(void)state;
	arena_init(&a, 1 << 20);
	synth_spec_init(&spec, SYNTH_OPEN_ENCLAVE);
	struct synth_case c = made(&spec, &a);

	assert_int_equal(oe_report_parse(c.evidence, &report, &e), 0);
	assert_int_equal(report.version, OE_REPORT_VERSION);
	assert_int_equal(report.type, OE_REPORT_SGX_REMOTE);
	assert_int_equal(report.size, report.quote.size);
	assert_int_equal(sgx_quote_parse(report.quote, &q, &e), 0);
}

static void
set(struct synth_spec *spec, const char *field, const char *value)
{
	struct err e = { 0 };

	assert_int_equal(synth_spec_set(spec, field, value, &e), 0);
}

static void
fields_that_are_set_are_read_back(void **state)
{
	DEFER(arena_release) struct arena a;
	struct synth_spec spec;
	struct pck_chain chain;
	struct pck_ext ext;
	struct sgx_quote q;
	struct err e = { 0 };

	(void)state;
	arena_init(&a, 1 << 20);
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	set(&spec, "mrenclave", "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF");
	set(&spec, "isvprodid", "65535");
	set(&spec, "isvsvn", "7");
	set(&spec, "miscselect", "1");
	set(&spec, "debug", "true");
	set(&spec, "configsvn", "9");
	set(&spec, "fmspc", "00906ED50000");
	set(&spec, "pceid", "0100");
	set(&spec, "pcesvn", "12");
	set(&spec, "ca", "processor");
	set(&spec, "tcb_status", "ConfigurationNeeded");
	set(&spec, "qe_isvsvn", "6");
	struct synth_case c = made(&spec, &a);

	assert_int_equal(sgx_quote_parse(c.evidence, &q, &e), 0);
	assert_true(bytes_eq(q.report.mrenclave, BYTES_OF(spec.mrenclave)));
	assert_int_equal(q.report.mrenclave.p[31], 0xff);
	assert_int_equal(q.report.isvprodid, 65535);
	assert_int_equal(q.report.isvsvn, 7);
	assert_int_equal(q.report.miscselect, 1);
	assert_int_equal(q.report.configsvn, 9);
	assert_true(sgx_report_is_debug(&q.report));
	assert_true(sgx_report_has_kss(&q.report));
	assert_int_equal(q.dcap.qe.isvsvn, 6);
	assert_int_equal(pck_chain_parse(q.dcap.cert_data, &a, &chain, &e), 0);
	assert_true(bytes_is_str(cert_name_cn(chain.intermediate->subject), PCK_PROCESSOR_CA_CN));
	assert_int_equal(pck_ext_of(chain.leaf, &ext, &e), 0);
	assert_memory_equal(ext.fmspc, "\x00\x90\x6e\xd5\x00\x00", 6);
	assert_memory_equal(ext.pceid, "\x01\x00", 2);
	assert_int_equal(ext.pcesvn, 12);
	assert_false(ext.has_platform);
	/* A TCB info for this platform came with it, beside the root's. */
	assert_false(c.own_collateral);
	assert_non_null(doc_of(&c, "collateral/tcb-info-00906ed50000-0100.json").p);
	assert_non_null(doc_of(&c, "collateral/tcb-info-00606a000000.json").p);
}

static void
a_platform_certificate_has_the_platform_members(void **state)
{
	DEFER(arena_release) struct arena a;
	struct synth_spec spec;
	struct pck_chain chain;
	struct pck_ext ext;
	struct sgx_quote q;
	struct err e = { 0 };

	(void)state;
	arena_init(&a, 1 << 20);
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	set(&spec, "cachedkeys", "true");
	set(&spec, "sgx_type", "2");
	struct synth_case c = made(&spec, &a);

	assert_int_equal(sgx_quote_parse(c.evidence, &q, &e), 0);
	assert_int_equal(pck_chain_parse(q.dcap.cert_data, &a, &chain, &e), 0);
	assert_int_equal(pck_ext_of(chain.leaf, &ext, &e), 0);
	assert_true(ext.has_platform);
	assert_true(ext.cached_keys);
	assert_int_equal(ext.sgx_type, 2);
	assert_memory_equal(ext.components, spec.components, 16);
}

static void
documents_parse_and_their_lists_are_current(void **state)
{
	static const char *const lists[] = { "collateral/root-ca.crl",
		"collateral/pck-platform.crl", "collateral/pck-processor.crl" };
	DEFER(arena_release) struct arena a;
	struct synth_spec spec;
	struct tcb_info info;
	struct qe_identity identity;
	struct err e = { 0 };

	(void)state;
	arena_init(&a, 1 << 20);
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	struct synth_case c = made(&spec, &a);

	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct crl crl;

		assert_int_equal(crl_parse(doc_of(&c, lists[i]), &crl, &e), 0);
		assert_true(crl.this_update_at < NOW && NOW < crl.next_update_at);
		assert_non_null(crl.number.p);
		assert_int_equal(crl.aki.size, 20);
	}
	assert_int_equal(tcb_info_parse(doc_of(&c, "collateral/tcb-info-00606a000000.json"), &a,
			     &info, &e),
	    0);
	assert_int_equal(info.level_count, 7);
	assert_int_equal(qe_identity_parse(doc_of(&c, "collateral/qe-identity.json"), &a, &identity,
			     &e),
	    0);
	assert_int_equal(identity.level_count, 3);
}

static void
data_that_is_bound_is_in_the_report(void **state)
{
	DEFER(arena_release) struct arena a;
	struct synth_spec spec;
	struct sgx_quote q;
	struct err e = { 0 };
	uint8_t hash[SHA256_SIZE];

	(void)state;
	arena_init(&a, 1 << 20);
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	spec.runtime_data = BYTES("runtime");
	spec.init_data = BYTES("init");
	struct synth_case c = made(&spec, &a);

	assert_int_equal(sgx_quote_parse(c.evidence, &q, &e), 0);
	sha256(spec.runtime_data, hash);
	assert_memory_equal(q.report.reportdata.p, hash, sizeof(hash));
	assert_true(bytes_are_zero(bytes_slice(q.report.reportdata, 32, 32)));
	sha256(spec.init_data, hash);
	assert_memory_equal(q.report.configid.p, hash, sizeof(hash));
	assert_true(sgx_report_has_kss(&q.report));
	assert_true(bytes_eq(c.runtime_data, spec.runtime_data));
}

static void
two_wishes_for_one_field_conflict(void **state)
{
	static const char *const fields[] = { "reportdata", "configid" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		DEFER(arena_release) struct arena a;
		struct synth_spec spec;
		struct synth_case c;
		struct err e = { 0 };

		arena_init(&a, 1 << 20);
		synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
		set(&spec, fields[i],
		    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
		spec.runtime_data = spec.init_data = BYTES("data");
		assert_int_equal(synth_case_emit(root, &spec, NULL, NOW, &a, &c, &e), -1);
		assert_int_equal(e.code, ERR_CONFLICT);
	}
}

static void
values_that_a_field_cannot_have_are_refused(void **state)
{
	static const char *const bad[][2] = { { "mrenclave", "00" }, { "mrenclave", "" },
		{ "mrenclave", "zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" },
		{ "isvprodid", "65536" }, { "isvprodid", "-1" }, { "isvprodid", "" },
		{ "isvprodid", "1a" }, { "isvprodid", "99999999999999999999" },
		{ "miscselect", "4294967296" }, { "sgx_type", "3" }, { "debug", "yes" },
		{ "tcb_status", "uptodate" }, { "qe_tcb_status", "SWHardeningNeeded" },
		{ "ca", "root" }, { "version", "2" }, { "version", "6" }, { "fmspc", "0060" } };
	struct synth_spec spec, before;

	(void)state;
	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	before = spec;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct err e = { 0 };

		assert_int_equal(synth_spec_set(&spec, bad[i][0], bad[i][1], &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		assert_memory_equal(&spec, &before, sizeof(spec));
	}
	struct err e = { 0 };

	assert_int_equal(synth_spec_set(&spec, "mrtd", "00", &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
}

static void
a_root_survives_its_files(void **state)
{
	DEFER(synth_root_freep) struct synth_root *again = NULL;
	DEFER(secret_release) struct secret keys = { 0 };
	struct synth_doc docs[MAX_SYNTH_DOCS];
	size_t count = synth_root_doc_count(root);
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < count; i++)
		docs[i] = synth_root_doc_at(root, i);
	assert_int_equal(synth_root_emit_keys(root, &keys, &e), 0);
	assert_int_equal(synth_root_load(secret_bytes(&keys), docs, count, &again, &e), 0);
	assert_true(key_eq(synth_root_key(root), synth_root_key(again)));
	for (size_t i = 0; i < count; i++)
		assert_true(bytes_eq(docs[i].bytes, synth_root_doc_at(again, i).bytes));
	assert_true(synth_root_is_current(again, NOW));
	assert_false(synth_root_is_current(again, NOW + 31 * 86400));
	assert_int_equal(synth_root_refresh(again, NOW + 31 * 86400, &e), 0);
	assert_true(synth_root_is_current(again, NOW + 31 * 86400));
	assert_true(bytes_eq(docs[0].bytes, synth_root_doc_at(again, 0).bytes));
}

static void
a_root_with_a_file_missing_or_foreign_is_refused(void **state)
{
	DEFER(synth_root_freep) struct synth_root *other = NULL;
	DEFER(secret_release) struct secret keys = { 0 };
	struct synth_doc docs[MAX_SYNTH_DOCS];
	size_t count = synth_root_doc_count(root);
	struct synth_root *out = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(synth_root_generate(NOW, &other, &e), 0);
	assert_int_equal(synth_root_emit_keys(other, &keys, &e), 0);
	for (size_t i = 0; i < count; i++)
		docs[i] = synth_root_doc_at(root, i);
	assert_int_equal(synth_root_load(secret_bytes(&keys), docs, count, &out, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	err_clear(&e);
	assert_int_equal(synth_root_load(secret_bytes(&keys), docs, count - 1, &out, &e), -1);
	assert_int_equal(e.code, ERR_MISSING);
	err_clear(&e);
	assert_int_equal(synth_root_load(bytes_slice(secret_bytes(&keys), 0, 241), docs, count,
			     &out, &e),
	    -1);
	assert_int_equal(e.code, ERR_MISSING);
	err_clear(&e);
	assert_int_equal(synth_root_load(BYTES("text"), docs, count, &out, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	assert_null(out);
}

static void
names_of_damage_are_unlike_each_other_and_of_their_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < synth_damage_count(); i++) {
		const struct synth_damage *d = synth_damage_at(i);

		assert_true(d->check < CHECK_COUNT);
		assert_ptr_equal(synth_damage_find(d->name, SYNTH_SGX_ENCLAVE), d->sgx ? d : NULL);
		assert_ptr_equal(synth_damage_find(d->name, SYNTH_OPEN_ENCLAVE), d->oe ? d : NULL);
	}
	assert_null(synth_damage_at(synth_damage_count()));
	assert_null(synth_damage_find("none", SYNTH_SGX_ENCLAVE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_signature_of_a_quote_holds),
		cmocka_unit_test(an_open_enclave_report_wraps_a_quote),
		cmocka_unit_test(fields_that_are_set_are_read_back),
		cmocka_unit_test(a_platform_certificate_has_the_platform_members),
		cmocka_unit_test(documents_parse_and_their_lists_are_current),
		cmocka_unit_test(data_that_is_bound_is_in_the_report),
		cmocka_unit_test(two_wishes_for_one_field_conflict),
		cmocka_unit_test(values_that_a_field_cannot_have_are_refused),
		cmocka_unit_test(a_root_survives_its_files),
		cmocka_unit_test(a_root_with_a_file_missing_or_foreign_is_refused),
		cmocka_unit_test(names_of_damage_are_unlike_each_other_and_of_their_type),
	};

	return cmocka_run_group_tests(tests, make_root, free_root);
}
