/* SPDX-License-Identifier: Apache-2.0 */
/* An SGX attestation: warm from request bytes to answer bytes, and its verification with nothing known before. */
#include "floor.h"
#include "world.h"

#include "appraise/settings.h"
#include "appraise/sgx.h"
#include "jose/jws.h"

#include <string.h>

/* What no implementation can leave out: see hash_sizes(). */
#define WARM_FLOOR "2 P-256 verifications, 1 signature, hashes"

static struct bytes
issued_payload(const struct bench_thread *t, struct arena *a)
{
	struct jws jws;
	struct err e = { 0 };

	MUST(&e, jws_parse(bench_token_of(t), a, &jws, &e));
	return jws.payload;
}

/*
 * QE report, attestation key with authentication data, quote header and body; the chain as key of the cache; the evidence;
 * runtime data; the payload and the record of the log; the signing input.
 */
static void
hash_sizes(struct floor *f, const struct bench_thread *t)
{
	const struct bench_world *w = t->world;
	struct bytes token = bench_token_of(t);
	struct sgx_quote q;
	struct err e = { 0 };
	struct arena a;

	arena_init(&a, 1u << 20);
	MUST(&e, sgx_quote_parse(w->evidence.quote, &q, &e));
	const size_t sizes[] = { 384, 64 + q.dcap.qe_auth.size, q.dcap.signed_part.size,
		q.dcap.cert_data.size, w->evidence.quote.size, w->evidence.runtime.size,
		issued_payload(t, &a).size, 420, token.size - 43 };

	memcpy(f->hashes, sizes, sizeof(sizes));
	f->hash_count = COUNT_OF(sizes);
	arena_release(&a);
}

static void
warm(const struct bench_options *o, enum sig_alg alg)
{
	static struct bench_world w;
	static struct bench_thread t[2];
	bool rsa = alg == SIG_RS256;
	struct floor f[2];
	struct bench_work work[2] = { { bench_attest_once, &t[0] }, { bench_attest_once, &t[1] } };
	struct bench_work base[2] = { { floor_run, &f[0] }, { floor_run, &f[1] } };

	bench_world_make(&w, alg, o->real);
	for (size_t i = 0; i < 2; i++) {
		bench_thread_make(&t[i], &w);
		bench_attest_once(&t[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		f[i] = (struct floor){ .verify = floor_key_new(KEY_P256),
			.verify_count = 2,
			.sign = floor_key_new(rsa ? KEY_RSA : KEY_P256) };
		hash_sizes(&f[i], &t[0]);
	}
	bench_compare(o,
	    &(struct bench_row){ .job = rsa ? "sgx-warm-rs256" : "sgx-warm-es256",
		.what = "SGX request warm, policy and token included",
		.baseline = WARM_FLOOR,
		.goal = rsa ? 1.15 : 1.25,
		.heap = 16 },
	    &work[0], &base[0]);
	bench_two_threads(o,
	    &(struct bench_row){ .job = rsa ? "sgx-warm-rs256-2" : "sgx-warm-es256-2",
		.what = "the same on two threads, time per request",
		.baseline = "the same on one thread",
		.goal = 1.9 },
	    work, base);
	for (size_t i = 0; i < 2; i++) {
		bench_thread_drop(&t[i]);
		floor_key_free(f[i].verify);
		floor_key_free(f[i].sign);
	}
	bench_world_drop(&w);
}

/* --- cold --- */

struct cold {
	struct bench_evidence evidence;
	struct settings settings;
	struct arena arena;
};

static void
seal(const struct bench_evidence *ev, struct collateral **out)
{
	DEFER(collateral_builder_freep)
	struct collateral_builder *b = collateral_builder_new(MAX_COLLATERAL_SIZE);
	struct err e = { 0 };

	HOLDS(b != NULL);
	for (size_t i = 0; i < ev->doc_count; i++)
		MUST(&e, collateral_builder_add(b, ev->docs[i].bytes, "folder", NULL, &e));
	MUST(&e, collateral_builder_seal(b, out, &e));
}

/* Collateral from its documents, then the quote under it, nothing cached. */
static void
verify_cold(void *self)
{
	struct cold *c = self;
	DEFER(collateral_unrefp) struct collateral *collateral = NULL;
	struct appraise_input in = { .evidence = c->evidence.quote,
		.runtime_data = c->evidence.runtime };
	struct sgx_findings *found = arena_alloc(&c->arena, sizeof(*found));
	struct trace *t = arena_alloc(&c->arena, sizeof(*t));
	struct err e = { 0 };

	HOLDS(found != NULL && t != NULL);
	seal(&c->evidence, &collateral);
	trace_init(t, &c->arena, "SgxEnclave", c->evidence.at);
	MUST(&e,
	    sgx_appraise(&in, collateral, NULL, &c->settings, c->evidence.at, &c->arena, t, found,
		&e));
	HOLDS(trace_verdict(t) == VERDICT_ACCEPTED);
	arena_reset(&c->arena);
}

static void
cold(const struct bench_options *o)
{
	static struct cold c;
	struct floor f = { .verify_count = 9 };
	struct bench_work ours = { verify_cold, &c }, base = { floor_run, &f };
	struct err e = { 0 };

	bench_evidence_make(&c.evidence, o->real);
	arena_init(&c.arena, 64u << 20);
	MUST(&e, settings_parse(bytes_of_str(c.evidence.settings), &c.settings, &e));
	f.verify = floor_key_new(KEY_P256);
	bench_compare(o,
	    &(struct bench_row){ .job = "sgx-cold",
		.what = "SGX quote and collateral verified, all links from bytes",
		.baseline = "9 P-256 verifications",
		.goal = 1.5,
		.heap = 32 },
	    &ours, &base);
	floor_key_free(f.verify);
	arena_release(&c.arena);
	bench_evidence_drop(&c.evidence);
}

void
bench_attest(const struct bench_options *o)
{
	if (bench_wants(o, "sgx-warm-rs256") || bench_wants(o, "sgx-warm-rs256-2"))
		warm(o, SIG_RS256);
	if (bench_wants(o, "sgx-warm-es256") || bench_wants(o, "sgx-warm-es256-2"))
		warm(o, SIG_ES256);
	if (bench_wants(o, "sgx-cold"))
		cold(o);
}
