/* SPDX-License-Identifier: Apache-2.0 */
/* One synthetic root for a test program, and evidence under it, judged. */
#pragma once

#include "../../support/verdict.h"
#include "appraise/sgx.h"
#include "codec/pem.h"
#include "crypto/privkey.h"
#include "synth/synth.h"

#include <stdlib.h>
#include <string.h>

#define NOW 1795000000

static struct synth_root *root;
static struct settings settings; /* the defaults and the test root */
static struct arena arena;
static struct trace trace;
static struct sgx_findings findings;

static void
trust_root(void)
{
	uint8_t spki[SHA256_SIZE];
	struct err e = { 0 };

	sha256(key_spki(synth_root_key(root)), spki);
	settings_default(&settings);
	assert_int_equal(settings_add_anchor(&settings, "test root", spki, &e), 0);
}

static int
judged_setup(void **state)
{
	struct err e = { 0 };

	(void)state;
	if (root == NULL && synth_root_generate(NOW, &root, &e) < 0)
		return -1;
	arena_init(&arena, (size_t)32 << 20);
	trust_root();
	return 0;
}

static int
judged_teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static int
judged_end(void **state)
{
	(void)state;
	synth_root_free(root);
	return 0;
}

static inline struct synth_case
make(const struct synth_spec *spec, const char *damage)
{
	struct synth_case c = { 0 };
	struct err e = { 0 };
	const struct synth_damage *d = NULL;

	if (damage != NULL) {
		d = synth_damage_find(damage, spec->type);
		assert_non_null(d);
	}
	if (synth_case_emit(root, spec, d, NOW, &arena, &c, &e) < 0)
		fail_msg("%s", e.msg);
	return c;
}

static inline struct synth_case
make_plain(void)
{
	struct synth_spec spec;

	synth_spec_init(&spec, SYNTH_SGX_ENCLAVE);
	return make(&spec, NULL);
}

/* The snapshot of C's documents and of EXTRA ones. */
static inline struct collateral *
seal(const struct synth_case *c, const struct bytes *extra, size_t extra_count)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new((size_t)16 << 20);
	struct collateral *out = NULL;
	struct err e = { 0 };

	assert_non_null(b);
	for (size_t i = 0; i < c->doc_count; i++)
		assert_int_equal(collateral_builder_add(b, c->docs[i].bytes, "folder", NULL, &e),
		    0);
	for (size_t i = 0; i < extra_count; i++)
		assert_int_equal(collateral_builder_add(b, extra[i], "folder", NULL, &e), 0);
	if (collateral_builder_seal(b, &out, &e) < 0)
		fail_msg("%s", e.msg);
	return out;
}

static inline enum verdict
judge_with(const struct synth_case *c, const struct collateral *snapshot,
    struct endorsement_cache *cache, int64_t at)
{
	struct appraise_input in = { .evidence = c->evidence,
		.runtime_data = c->runtime_data,
		.init_data = c->init_data };
	struct err e = { 0 };
	bool oe = c->type == SYNTH_OPEN_ENCLAVE;

	trace_init(&trace, &arena, synth_type_name(c->type), at);
	int rc = oe
	    ? oe_appraise(&in, snapshot, cache, &settings, at, &arena, &trace, &findings, &e)
	    : sgx_appraise(&in, snapshot, cache, &settings, at, &arena, &trace, &findings, &e);

	if (rc < 0)
		fail_msg("%s", e.msg);
	return trace_verdict(&trace);
}

static inline enum verdict
judge(const struct synth_case *c)
{
	DEFER(collateral_unrefp) struct collateral *snapshot = seal(c, NULL, 0);

	return judge_with(c, snapshot, NULL, NOW);
}

static inline struct bytes
taken(const struct buf *b)
{
	assert_true(buf_ok(b));
	return arena_copy(&arena, buf_bytes(b));
}

/* The private keys of the synthetic root stand in this order. */
enum { FIRST_KEY_ROOT, SECOND_KEY_PLATFORM_CA };

static inline struct privkey *
key_at(size_t index)
{
	struct secret pem = { 0 };
	struct bytes left, der = { 0 };
	struct privkey *key = NULL;
	struct err e = { 0 };

	assert_int_equal(synth_root_emit_keys(root, &pem, &e), 0);
	left = secret_bytes(&pem);
	for (size_t i = 0; i <= index; i++)
		assert_int_equal(pem_next(&left, "PRIVATE KEY", &arena, &der, &e), 1);
	assert_int_equal(privkey_from_der(der, &key, &e), 0);
	secret_release(&pem);
	return key;
}

static inline struct bytes
crl_with(const char *issuer_cn, const struct privkey *issuer, struct bytes serial, int64_t from_at,
    int64_t to_at)
{
	DEFER(buf_release) struct buf out;
	struct crl_spec spec = { .issuer_cn = issuer_cn,
		.issuer_organization = "Intel Corporation",
		.issuer_locality = "Santa Clara",
		.issuer_state = "CA",
		.issuer_country = "US",
		.this_update_at = from_at,
		.next_update_at = to_at,
		.number = 7,
		.serials = &serial,
		.serial_count = serial.size > 0 ? 1 : 0 };
	struct err e = { 0 };

	buf_init(&out, MAX_CRL_SIZE);
	assert_int_equal(crl_emit(&spec, privkey_public(issuer), issuer, &out, &e), 0);
	return taken(&out);
}

static inline void
assert_ends_at(enum check_id id)
{
	assert_ended_at(&trace, id);
}
