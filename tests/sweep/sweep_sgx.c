/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SGX evidence of every version, Open Enclave reports, and the data that is bound to them.
 *
 * Accepted evidence must give, byte for byte, the claims that the whole gives; all but the digest of the evidence as it
 * came, which is that of other bytes (`quotehash` of x-ms-sgx-collateral).
 */
#include "appraise/sgx.h"

#include "../unit/appraise/judged.h"
#include "claims/sgx.h"
#include "sweep.h"

static struct synth_case evidence;
static struct collateral *snapshot;
static struct endorsement_cache *cache;
static struct arena kept;       /* what was made */
static struct buf first_claims; /* of the whole */
static enum { PART_EVIDENCE, PART_RUNTIME, PART_INIT } part;

static void
emit_claims(struct buf *out)
{
	struct sgx_claims_spec spec = { .findings = &findings,
		.tcb_identifier = BYTES("azuredefault") };
	struct json *o = NULL;
	struct err e = { 0 };

	memset(findings.collateral.quotehash, 0, sizeof(findings.collateral.quotehash));
	if (evidence.runtime_data.p != NULL)
		spec.runtime = (struct claims_data){ DATA_BINARY, evidence.runtime_data, NULL };
	if (evidence.init_data.p != NULL)
		spec.init = (struct claims_data){ DATA_BINARY, evidence.init_data, NULL };
	if (sgx_claims_emit(&spec, &arena, &o, &e) < 0)
		fail_msg("%s", e.msg);
	json_emit(out, o, JSON_SORTED);
	assert_true(buf_ok(out));
}

static enum sweep_answer
judge_part(struct bytes input)
{
	DEFER(buf_release) struct buf claims = { 0 };
	struct synth_case whole = evidence;

	if (part == PART_EVIDENCE)
		evidence.evidence = input;
	else if (part == PART_RUNTIME)
		evidence.runtime_data = input;
	else
		evidence.init_data = input;
	arena_reset(&arena);
	buf_init(&claims, 65536);
	enum sweep_answer a = SWEEP_NO;

	if (judge_with(&evidence, snapshot, cache, NOW) == VERDICT_ACCEPTED) {
		emit_claims(&claims);
		if (first_claims.size == 0)
			buf_add(&first_claims, buf_bytes(&claims));
		a = bytes_eq(buf_bytes(&claims), buf_bytes(&first_claims)) ? SWEEP_SAME
									   : SWEEP_OTHER;
	}
	evidence = whole;
	return a;
}

/* Evidence of this version with both kinds of data bound, and what it is judged with. */
static void
prepare(enum synth_type type, unsigned version)
{
	static const uint8_t runtime[] = "{\"keys\":[{\"kid\":\"k1\",\"kty\":\"oct\"}]}";
	static const uint8_t init[] = "what the enclave was started with";
	struct synth_spec spec;

	synth_spec_init(&spec, type);
	spec.quote_version = version;
	spec.runtime_data = bytes_of(runtime, sizeof(runtime) - 1);
	spec.init_data = bytes_of(init, sizeof(init) - 1);
	evidence = make(&spec, NULL);
	snapshot = seal(&evidence, NULL, 0);
	cache = endorsement_cache_new(1 << 20);
	assert_non_null(cache);
	buf_init(&first_claims, 65536);
	/* What was made stays; each judgement has the other arena to itself. */
	kept = arena;
	arena_init(&arena, (size_t)8 << 20);
}

static void
drop(void)
{
	arena_release(&arena);
	arena = kept;
	buf_release(&first_claims);
	endorsement_cache_freep(&cache);
	collateral_unrefp(&snapshot);
}

/* Where things are in the quote; behind an Open Enclave header everything is 16 bytes further. */
static size_t
quote_at(void)
{
	return evidence.type == SYNTH_OPEN_ENCLAVE ? 16 : 0;
}

static struct sgx_quote
layout(struct bytes whole)
{
	struct sgx_quote q;

	assert_int_equal(sgx_quote_parse(bytes_slice(whole, quote_at(), whole.size), &q, NULL), 0);
	return q;
}

/* The header and report that the attestation key signs, the QE report that the PCK key signs, the leaf certificate. */
static bool
is_signed(struct bytes whole, size_t at)
{
	struct sgx_quote q = layout(whole);

	if (at < quote_at())
		return false;
	at -= quote_at();
	return at < q.dcap.signed_part.size || (at >= q.dcap.qe_at && at < q.dcap.qe_at + 384);
}

/* White space in the PEM text of the PCK chain, and nothing before it. */
static bool
pem_white_is_free(struct bytes whole, size_t at, uint8_t is)
{
	return at >= quote_at() + layout(whole).dcap.cert_at && sweep_white_is_free(whole, at, is);
}

static void
sweep_evidence(const char *format, enum synth_type type, unsigned version, bool dense)
{
	struct sweep s = { .format = format,
		.judge = judge_part,
		.is_free = pem_white_is_free,
		.is_dense = dense ? is_signed : NULL };

	part = PART_EVIDENCE;
	prepare(type, version);
	s.whole = evidence.evidence;
	sweep_run(&s);
	drop();
}

static void
quotes_of_version_3(void **state)
{
	(void)state;
	sweep_evidence("sgx quote 3", SYNTH_SGX_ENCLAVE, 3, true);
}

static void
quotes_of_version_4(void **state)
{
	(void)state;
	sweep_evidence("sgx quote 4", SYNTH_SGX_ENCLAVE, 4, false);
}

static void
quotes_of_version_5(void **state)
{
	(void)state;
	sweep_evidence("sgx quote 5", SYNTH_SGX_ENCLAVE, 5, false);
}

static void
open_enclave_reports(void **state)
{
	(void)state;
	sweep_evidence("open enclave report", SYNTH_OPEN_ENCLAVE, 3, false);
}

static bool
everywhere(struct bytes whole, size_t at)
{
	(void)whole;
	(void)at;
	return true;
}

static void
data_that_is_bound(void **state)
{
	struct sweep s = { .judge = judge_part, .is_dense = everywhere };

	(void)state;
	prepare(SYNTH_SGX_ENCLAVE, 3);
	part = PART_RUNTIME;
	s.format = "runtime data";
	s.whole = evidence.runtime_data;
	sweep_run(&s);
	part = PART_INIT;
	s.format = "init data";
	s.whole = evidence.init_data;
	sweep_run(&s);
	drop();
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, judged_setup, judged_teardown)
	const struct CMUnitTest tests[] = {
		T(quotes_of_version_3),
		T(quotes_of_version_4),
		T(quotes_of_version_5),
		T(open_enclave_reports),
		T(data_that_is_bound),
	};

	return cmocka_run_group_tests(tests, NULL, judged_end);
}
