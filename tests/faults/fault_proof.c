/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a relying party asks beyond the token: whatever fails while a log proof or a proof of possession is judged, there
 * is the verdict that is right, or an honest error, and never a refusal that blames the one who is judged.
 */
#include "../support/fault.h"
#include "../support/test.h"
#include "../support/token.h"
#include "base/hex.h"
#include "client/log_proof.h"
#include "client/possession.h"
#include "tlog/record.h"

#include <string.h>

#define LEAVES 5

struct subject {
	struct buf log_key, payload, proof, kept, growth, answer;
	struct token_seen token;
	struct arena arena;
	struct privkey *key;
};

static struct subject s;

static int
head(const struct tlog_tree *tree, uint64_t size, const struct privkey *signer, struct buf *out)
{
	uint8_t root[TLOG_HASH_SIZE];

	buf_init(out, MAX_CHECKPOINT_SIZE);
	TRY(tlog_tree_root(tree, size, root, NULL));
	return checkpoint_emit(BYTES("log"), size, root, signer, out, NULL);
}

static int
make_proofs(const struct privkey *signer)
{
	static const char front[] = "{\"iss\":\"https://i.example\"", back[] = ",\"nbf\":1}";
	struct tlog_record r = { .kind = TLOG_TOKEN, .at = 5, .instance = BYTES("i") };
	struct bytes parts[] = { BYTES(front), BYTES(back) };
	DEFER(buf_release) struct buf record = { 0 }, note = { 0 };
	struct tlog_bundle b = { .leaf_index = 2, .tree_size = LEAVES };
	struct tlog_growth g = { .from = 3 };
	struct tlog_tree tree;
	int got;

	digest_of_parts(DIGEST_SHA256, parts, 2, r.payload_sha256);
	buf_init(&record, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&record, &r);
	tlog_leaf_hash(buf_bytes(&record), b.leaf_hash);
	b.record = buf_bytes(&record);
	buf_init(&s.payload, 4096);
	buf_fmt(&s.payload, "%s,\"jti\":\"", front);
	buf_hex(&s.payload, BYTES_OF(b.leaf_hash));
	buf_fmt(&s.payload, "\"%s", back);
	tlog_tree_init(&tree);
	for (uint8_t i = 0; i < LEAVES; i++) {
		uint8_t other[TLOG_HASH_SIZE] = { i };

		TRY(tlog_tree_append(&tree, i == b.leaf_index ? b.leaf_hash : other, NULL));
	}
	got = head(&tree, LEAVES, signer, &note) + head(&tree, 3, signer, &s.kept) +
	    tlog_tree_inclusion(&tree, 2, LEAVES, &b.proof, NULL) +
	    tlog_tree_consistency(&tree, 3, LEAVES, &g.proof, NULL);
	tlog_tree_release(&tree);
	b.checkpoint = g.checkpoint = buf_bytes(&note);
	buf_init(&s.proof, MAX_TLOG_BUNDLE_SIZE);
	tlog_bundle_emit(&s.proof, &b);
	buf_init(&s.growth, MAX_TLOG_GROWTH_SIZE);
	tlog_growth_emit(&s.growth, &g);
	return got;
}

static struct challenge
challenge(void)
{
	return (struct challenge){ .audience = BYTES("https://rp.example"),
		.context = BYTES("session"),
		.text = BYTES("n-1"),
		.made_at = TEST_NOW,
		.expires_at = TEST_NOW + 60 };
}

/* An answer of the attester, and how the token looks to the relying party. */
static int
make_answer(struct arena *a, struct buf *out, struct err *e)
{
	struct challenge c = challenge();
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(possession_draft_release) struct possession_draft d = { 0 };
	struct possession_request rq = { .audience = c.audience,
		.challenge = c.text,
		.context = c.context };
	uint8_t sig[MAX_SIG_SIZE];
	size_t size;

	buf_init(&text, 65536);
	jws_emit_signing_input(&text, s.token.part[0], s.token.part[1]);
	jws_emit_signature(&text, s.token.part[2]);
	if (!buf_ok(&text))
		return arena_fail(e, "test");
	rq.token = buf_bytes(&text);
	TRY(possession_begin(&rq, (struct bytes){ 0 }, a, &d, e));
	TRY(privkey_sign(s.key, SIG_ES256, SIG_RAW, buf_bytes(&d.text), sig, &size, e));
	TRY(possession_finish(&d, bytes_of(sig, size), e));
	buf_add(out, buf_bytes(&d.text));
	return buf_ok(out) ? 0 : arena_fail(e, "test");
}

static int
setup(void **state)
{
	DEFER(privkey_freep) struct privkey *signer = NULL;
	DEFER(buf_release) struct buf text = { 0 };

	(void)state;
	arena_init(&s.arena, 1u << 20);
	buf_init(&s.log_key, MAX_LOG_KEY_SIZE);
	if (privkey_generate(KEY_ED25519, &signer, NULL) < 0 ||
	    privkey_generate(KEY_P256, &s.key, NULL) < 0 ||
	    log_key_emit(BYTES("log"), privkey_public(signer), &s.log_key, NULL) < 0 ||
	    make_proofs(signer) < 0)
		return -1;
	buf_init(&text, 65536);
	buf_str(&text, "{\"cnf\":{\"jwk\":");
	json_emit(&text,
	    jwk_emit(&s.arena, privkey_public(s.key), SIG_ES256, BYTES("k"), (struct bytes){ 0 }),
	    JSON_SORTED);
	buf_str(&text, "},\"exp\":1790000600}");
	s.token.part[0] = BYTES("{\"alg\":\"ES256\"}");
	s.token.part[1] = arena_copy(&s.arena, buf_bytes(&text));
	s.token.part[2] = BYTES("s");
	buf_init(&s.answer, MAX_POSSESSION_SIZE);
	return json_parse(s.token.part[1], 65536, &s.arena, &s.token.claims, NULL) < 0
	    ? -1
	    : make_answer(&s.arena, &s.answer, NULL);
}

static int
teardown(void **state)
{
	struct buf *const each[] = { &s.log_key, &s.payload, &s.proof, &s.kept, &s.growth,
		&s.answer };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(each); i++)
		buf_release(each[i]);
	privkey_free(s.key);
	arena_release(&s.arena);
	return 0;
}

/* Everything is as it should be: whoever was judged is accepted, or we failed. */
static int
ended(int got, const struct trace *t, struct arena *a)
{
	fault_disarm();
	if (got == 0)
		assert_int_equal(trace_verdict(t), VERDICT_ACCEPTED);
	else
		assert_true(t->fault);
	arena_release(a);
	return got;
}

static int
run_proof(void *ctx, struct err *e)
{
	const enum verdict accepted = VERDICT_ACCEPTED;
	struct log_proof_case c = { .log_key = buf_bytes(&s.log_key),
		.proof = buf_bytes(&s.proof),
		.payload = buf_bytes(&s.payload),
		.token = &accepted };
	struct log_proof_seen seen;
	struct arena a;
	struct trace t;

	(void)ctx;
	arena_init(&a, 1u << 20);
	trace_init(&t, &a, "log-proof", TEST_NOW);
	return ended(log_proof_judge(&c, &a, &t, &seen, e), &t, &a);
}

static int
run_growth(void *ctx, struct err *e)
{
	struct log_proof_seen seen;
	struct arena a;
	struct trace t;

	(void)ctx;
	arena_init(&a, 1u << 20);
	trace_init(&t, &a, "log-growth", TEST_NOW);
	return ended(log_growth_judge(buf_bytes(&s.log_key), buf_bytes(&s.kept),
			 buf_bytes(&s.growth), &a, &t, &seen, e),
	    &t, &a);
}

static int
run_possession(void *ctx, struct err *e)
{
	struct possession_token of = { VERDICT_ACCEPTED, &s.token };
	struct challenge c = challenge();
	struct possession_seen seen;
	struct arena a;
	struct trace t;

	(void)ctx;
	arena_init(&a, 1u << 20);
	trace_init(&t, &a, "possession", TEST_NOW);
	return ended(possession_judge(buf_bytes(&s.answer), &c, &of, TEST_NOW, &a, &t, &seen, e),
	    &t, &a);
}

static int
run_answer(void *ctx, struct err *e)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct arena a;
	int got;

	(void)ctx;
	arena_init(&a, 1u << 20);
	buf_init(&out, MAX_POSSESSION_SIZE);
	got = make_answer(&a, &out, e);
	fault_disarm();
	arena_release(&a);
	return got;
}

static void
log_is_judged_rightly_or_not_at_all(void **state)
{
	(void)state;
	fault_sweep("log proof", run_proof, NULL, fault_crypto_sites);
	fault_sweep("log growth", run_growth, NULL, fault_crypto_sites);
}

static void
possession_is_judged_rightly_or_not_at_all(void **state)
{
	(void)state;
	fault_sweep("possession", run_possession, NULL, fault_crypto_sites);
}

static void
answer_is_whole_or_an_error(void **state)
{
	(void)state;
	fault_sweep("answer", run_answer, NULL, fault_crypto_sites);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_is_judged_rightly_or_not_at_all),
		cmocka_unit_test(possession_is_judged_rightly_or_not_at_all),
		cmocka_unit_test(answer_is_whole_or_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
