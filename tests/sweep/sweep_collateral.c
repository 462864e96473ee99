/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each document of a snapshot, spoilt while the others and the evidence are good: a document that does not parse is not in
 * the snapshot, one that does not verify serves nobody, and the evidence is refused.
 *
 * A root or a CA certificate that stands in the snapshot twice, or comes with the evidence, is needed once only. Without
 * these second copies every document left carries the verdict; the copies themselves are swept as well: nothing may come of
 * them but the same claims.
 */
#include "collateral/collateral.h"

#include "../unit/appraise/judged.h"
#include "claims/sgx.h"
#include "sweep.h"

static struct synth_case whole_case;
static size_t doc; /* which is spoilt */
static bool alone; /* without second copies */
static struct arena kept;
static struct buf first;

/* Copies of what stands elsewhere: the root is in the signer's chain, the CAs come with the evidence. */
static bool
is_copy(const char *name)
{
	return strcmp(name, "root.pem") == 0 || strcmp(name, "collateral/pck-ca.pem") == 0;
}

/* The snapshot with INPUT instead of the document; NULL if there is none. */
static struct collateral *
seal_with(struct bytes input)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new((size_t)16 << 20);
	struct collateral *out = NULL;
	struct err e = { 0 };

	assert_non_null(b);
	for (size_t i = 0; i < whole_case.doc_count; i++) {
		struct bytes bytes = i == doc ? input : whole_case.docs[i].bytes;

		if (alone && i != doc && is_copy(whole_case.docs[i].name))
			continue;
		if (collateral_builder_add(b, bytes, "folder", NULL, &e) < 0 && i != doc)
			fail_msg("%s: %s", whole_case.docs[i].name, e.msg);
	}
	if (collateral_builder_seal(b, &out, &e) < 0)
		fail_msg("%s", e.msg);
	return out;
}

static void
emit_claims(struct buf *out)
{
	struct sgx_claims_spec spec = { .findings = &findings,
		.tcb_identifier = BYTES("azuredefault") };
	struct json *o = NULL;

	/* Digests of the documents as they came. */
	memset(&findings.collateral, 0, sizeof(findings.collateral));
	assert_int_equal(sgx_claims_emit(&spec, &arena, &o, NULL), 0);
	json_emit(out, o, JSON_SORTED);
	assert_true(buf_ok(out));
}

static enum sweep_answer
judge_document(struct bytes input)
{
	DEFER(buf_release) struct buf claims = { 0 };

	arena_reset(&arena);
	DEFER(collateral_unrefp) struct collateral *snapshot = seal_with(input);

	if (judge_with(&whole_case, snapshot, NULL, NOW) != VERDICT_ACCEPTED)
		return SWEEP_NO;
	buf_init(&claims, 65536);
	emit_claims(&claims);
	if (first.size == 0)
		buf_add(&first, buf_bytes(&claims));
	return bytes_eq(buf_bytes(&claims), buf_bytes(&first)) ? SWEEP_SAME : SWEEP_OTHER;
}

/* PEM: white space. JSON: the signature's hex, either case. DER: nothing. */
static bool
document_is_free(struct bytes whole, size_t at, uint8_t is)
{
	struct bytes before = bytes_slice(whole, 0, at);

	if (bytes_has_prefix(whole, "-----"))
		return sweep_white_is_free(whole, at, is);
	if (whole.p[0] != '{')
		return false;
	/* Behind the last "signature":" there is only hex and the end. */
	for (size_t i = before.size; i > 0 && sweep_is_hex(before.p[i - 1]); i--)
		before.size--;
	return before.size > 13 &&
	    memcmp(before.p + before.size - 13, "\"signature\":\"", 13) == 0 &&
	    sweep_hex_case_is_free(whole, at, is);
}

/* What ends in white space may end without it. */
static bool
document_may_end(struct bytes whole, size_t size)
{
	for (size_t i = size; i < whole.size; i++)
		if (!sweep_is_white(whole.p[i]))
			return false;
	return true;
}

static bool
copy_is_free(struct bytes whole, size_t at, uint8_t is)
{
	(void)whole;
	(void)at;
	(void)is;
	return true;
}

static bool
copy_may_end(struct bytes whole, size_t size)
{
	(void)whole;
	(void)size;
	return true;
}

static void
prepare(bool processor)
{
	struct synth_spec spec;

	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	spec.processor_ca = processor;
	whole_case = make(&spec, NULL);
	buf_init(&first, 65536);
	kept = arena;
	arena_init(&arena, (size_t)8 << 20);
}

static void
drop(void)
{
	arena_release(&arena);
	arena = kept;
	buf_release(&first);
}

/* The document of this name, without the copies or, being one, beside what it is a copy of. */
static void
sweep_document(const char *name)
{
	struct sweep s = { .format = name,
		.judge = judge_document,
		.is_free = is_copy(name) ? copy_is_free : document_is_free,
		.may_end = is_copy(name) ? copy_may_end : document_may_end };

	alone = !is_copy(name);
	for (doc = 0; doc < whole_case.doc_count; doc++)
		if (strcmp(whole_case.docs[doc].name, name) == 0)
			break;
	assert_true(doc < whole_case.doc_count);
	s.whole = whole_case.docs[doc].bytes;
	sweep_run(&s);
}

#define DOCUMENT(name, file, processor)                                                            \
	static void name(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		prepare(processor);                                                                \
		sweep_document(file);                                                              \
		drop();                                                                            \
	}

DOCUMENT(the_signers_chain, "collateral/tcb-signing-chain.pem", false)
DOCUMENT(the_crl_of_the_root, "collateral/root-ca.crl", false)
DOCUMENT(the_crl_of_the_platform_ca, "collateral/pck-platform.crl", false)
DOCUMENT(the_crl_of_the_processor_ca, "collateral/pck-processor.crl", true)
DOCUMENT(the_tcb_info, "collateral/tcb-info-00606a000000.json", false)
DOCUMENT(the_qe_identity, "collateral/qe-identity.json", false)
DOCUMENT(a_second_root, "root.pem", false)
DOCUMENT(a_second_ca, "collateral/pck-ca.pem", false)

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, judged_setup, judged_teardown)
	const struct CMUnitTest tests[] = {
		T(the_signers_chain),
		T(the_crl_of_the_root),
		T(the_crl_of_the_platform_ca),
		T(the_crl_of_the_processor_ca),
		T(the_tcb_info),
		T(the_qe_identity),
		T(a_second_root),
		T(a_second_ca),
	};

	return cmocka_run_group_tests(tests, NULL, judged_end);
}
