/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is signed, sealed or hashed on its own: a token and the keys it is judged by, the log's proof document, checkpoint,
 * record and segment, a private key at rest. And the snapshot, which nobody signs: it comes from the authority over a pair of
 * sockets, so that a cut one must be refused and a flipped one must only be safe to read.
 */
#include "authority/segment.h"
#include "authority/snapshot.h"
#include "client/verify.h"
#include "crypto/privkey.h"
#include "crypto/seal.h"
#include "keys/sealed.h"
#include "tlog/bundle.h"

#include "../unit/tlog/naive.h"
#include "sweep.h"

#define NOW 1790000000

static struct arena arena, scratch;
static struct privkey *key;

/* A token of our own making and the key set it is judged with. */
static struct buf token, key_set;

static void
make_token(void)
{
	uint8_t sig[MAX_SIG_SIZE];
	size_t size = 0;

	buf_init(&token, 65536);
	buf_init(&key_set, 65536);
	jws_emit_signing_input(&token, BYTES("{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}"),
	    BYTES("{\"exp\":1790028800,\"iat\":1790000000,\"iss\":\"https://"
		  "i\",\"jti\":\"j\",\"nbf\":1790000000,"
		  "\"x-ms-attestation-type\":\"sgx\",\"x-ms-policy-hash\":\"h\","
		  "\"x-ms-sgx-is-debuggable\":false}"));
	assert_int_equal(privkey_sign(key, SIG_ES256, SIG_RAW, buf_bytes(&token), sig, &size, NULL),
	    0);
	jws_emit_signature(&token, bytes_of(sig, size));
	buf_str(&key_set, "{\"keys\":[");
	json_emit(&key_set,
	    jwk_emit(&arena, privkey_public(key), SIG_ES256, BYTES("k1"), (struct bytes){ 0 }),
	    JSON_SORTED);
	buf_str(&key_set, "]}");
	assert_true(buf_ok(&token) && buf_ok(&key_set));
}

static enum sweep_answer
judge_with_keys(struct bytes compact, struct bytes text)
{
	static const struct token_expectation want = { .issuer = { (const uint8_t *)"https://i",
							   9 },
		.max_age_s = -1 };
	DEFER(jwks_release) struct jwks keys = { 0 };
	struct token_seen seen = { 0 };
	struct trace trace;
	struct err e = { 0 };

	arena_reset(&scratch);
	if (jwks_parse(text, &scratch, &keys, &e) < 0)
		return SWEEP_NO;
	trace_init(&trace, &scratch, "token", NOW);
	if (token_judge(compact, &keys, &want, NOW, &scratch, &trace, &seen, &e) < 0)
		fail_msg("%s", e.msg);
	if (trace_verdict(&trace) != VERDICT_ACCEPTED)
		return SWEEP_NO;
	return json_is_str(json_get(seen.claims, "x-ms-policy-hash"), "h") ? SWEEP_SAME
									   : SWEEP_OTHER;
}

static enum sweep_answer
judge_token(struct bytes input)
{
	return judge_with_keys(input, buf_bytes(&key_set));
}

static enum sweep_answer
judge_keys(struct bytes input)
{
	return judge_with_keys(buf_bytes(&token), input);
}

static bool
everywhere(struct bytes whole, size_t at)
{
	(void)whole;
	(void)at;
	return true;
}

/* Inside of the member NAME, its name included: from the quote in front of it to the next one's. */
static bool
is_in_member(struct bytes whole, const char *name, size_t at)
{
	size_t size = strlen(name);

	for (size_t from = 0; from + size <= whole.size; from++) {
		size_t end = from + size;

		if (memcmp(whole.p + from, name, size) != 0)
			continue;
		while (end < whole.size && whole.p[end] != '"')
			end++;
		return at > from && at < end;
	}
	return false;
}

/*
 * Nobody signs a key set; it is what the reader trusts, fetched over TLS. What it says beyond the key itself, its name and
 * its type only narrows what the key may be used for, and the token's key is one that may do this without.
 */
static bool
narrowing_is_free(struct bytes whole, size_t at, uint8_t is)
{
	(void)is;
	return is_in_member(whole, "\"alg\":\"", at) || is_in_member(whole, "\"use\":\"", at);
}

static void
a_token_and_its_keys(void **state)
{
	struct sweep s = { .format = "token",
		.whole = buf_bytes(&token),
		.judge = judge_token,
		.is_dense = everywhere };

	(void)state;
	sweep_run(&s);
	s = (struct sweep){ .format = "key set",
		.whole = buf_bytes(&key_set),
		.judge = judge_keys,
		.is_free = narrowing_is_free,
		.is_dense = everywhere };
	sweep_run(&s);
}

/* The log: 10 records and ours. */
static struct privkey *log_signer;
static struct buf log_key, record, note, document;
static struct tlog_bundle bundle;

static void
make_log(void)
{
	struct tlog_record r = { .kind = TLOG_TOKEN,
		.at = 5,
		.instance = BYTES("i"),
		.kid = BYTES("k1") };
	uint8_t root[TLOG_HASH_SIZE];
	struct tlog_tree tree;

	buf_init(&log_key, 1024);
	buf_init(&record, 8192);
	buf_init(&note, 8192);
	buf_init(&document, MAX_TLOG_BUNDLE_SIZE);
	assert_int_equal(privkey_generate(KEY_ED25519, &log_signer, NULL), 0);
	assert_int_equal(log_key_emit(BYTES("log"), privkey_public(log_signer), &log_key, NULL), 0);
	tlog_record_emit(&record, &r);
	naive_tree(&tree, 10);
	tlog_leaf_hash(buf_bytes(&record), bundle.leaf_hash);
	assert_int_equal(tlog_tree_append(&tree, bundle.leaf_hash, NULL), 0);
	assert_int_equal(tlog_tree_root(&tree, 11, root, NULL), 0);
	assert_int_equal(checkpoint_emit(BYTES("log"), 11, root, log_signer, &note, NULL), 0);
	assert_int_equal(tlog_tree_inclusion(&tree, 10, 11, &bundle.proof, NULL), 0);
	tlog_tree_release(&tree);
	bundle.leaf_index = 10;
	bundle.tree_size = 11;
	bundle.record = buf_bytes(&record);
	bundle.checkpoint = buf_bytes(&note);
	tlog_bundle_emit(&document, &bundle);
	assert_true(buf_ok(&document));
}

static enum sweep_answer
judge_bundle(const struct tlog_bundle *b)
{
	struct tlog_bundle_verdict v = { 0 };

	if (tlog_bundle_verify(b, buf_bytes(&log_key), &v, NULL) < 0 || !tlog_bundle_is_good(&v))
		return SWEEP_NO;
	return memcmp(b->leaf_hash, bundle.leaf_hash, TLOG_HASH_SIZE) == 0 &&
		b->leaf_index == bundle.leaf_index && b->tree_size == bundle.tree_size
	    ? SWEEP_SAME
	    : SWEEP_OTHER;
}

static enum sweep_answer
judge_document(struct bytes input)
{
	struct tlog_bundle b;

	arena_reset(&scratch);
	if (tlog_bundle_parse(input, &scratch, &b, NULL) < 0)
		return SWEEP_NO;
	return judge_bundle(&b);
}

static enum sweep_answer
judge_note(struct bytes input)
{
	struct tlog_bundle b = bundle;

	b.checkpoint = input;
	return judge_bundle(&b);
}

static enum sweep_answer
judge_record(struct bytes input)
{
	struct tlog_bundle b = bundle;
	struct tlog_record r;

	b.record = input;
	if (tlog_record_parse(input, &r, NULL) < 0)
		return SWEEP_NO;
	return judge_bundle(&b);
}

/* The hashes of a proof, one after the other. */
static enum sweep_answer
judge_path(struct bytes input)
{
	struct tlog_bundle b = bundle;

	b.proof.count = input.size / TLOG_HASH_SIZE;
	memcpy(b.proof.hashes, input.p, b.proof.count * TLOG_HASH_SIZE);
	return input.size % TLOG_HASH_SIZE != 0 ? SWEEP_NO : judge_bundle(&b);
}

/* Our origin and key name are "log" alone; other signature lines would be passed over, but there is only ours. */
static void
the_log(void **state)
{
	struct sweep s = { .format = "log proof document",
		.whole = buf_bytes(&document),
		.judge = judge_document,
		.is_dense = everywhere };

	(void)state;
	sweep_run(&s);
	s = (struct sweep){ .format = "checkpoint",
		.whole = buf_bytes(&note),
		.judge = judge_note,
		.is_dense = everywhere };
	sweep_run(&s);
	s = (struct sweep){ .format = "log record",
		.whole = buf_bytes(&record),
		.judge = judge_record,
		.is_dense = everywhere };
	sweep_run(&s);
	s = (struct sweep){ .format = "inclusion path",
		.whole = bytes_of(bundle.proof.hashes, bundle.proof.count * TLOG_HASH_SIZE),
		.judge = judge_path,
		.is_dense = everywhere };
	sweep_run(&s);
}

/*
 * A segment of three frames, the second one without its body. A record is held by the leaf hash in front of it. What holds
 * the leaf hash of one without body, and the number of the first, is not in the segment: the checkpoint's root and the
 * file's name, both of which the ledger compares.
 */
static struct buf segment;

static enum sweep_answer
judge_segment(struct bytes input)
{
	struct segment_reader r;
	struct segment_frame f;
	unsigned frames = 0;
	bool held = true, same = true;

	if (segment_reader_init(&r, input, NULL) < 0 || r.first_index != 7)
		return SWEEP_NO;
	while (segment_next(&r, &f) == SEGMENT_FRAME) {
		held = held && memcmp(f.leaf_hash, bundle.leaf_hash, TLOG_HASH_SIZE) == 0;
		same = same &&
		    (frames == 1 ? f.record.p == NULL : bytes_eq(f.record, buf_bytes(&record)));
		frames++;
	}
	if (frames < 3 || !held)
		return SWEEP_NO;
	return frames == 3 && same ? SWEEP_SAME : SWEEP_OTHER;
}

/* Frames end where the zeros begin. */
static size_t frames_end;

static bool
zeros_are_free(struct bytes whole, size_t at, uint8_t is)
{
	(void)whole;
	(void)is;
	return at >= frames_end;
}

static void
frames_of_a_segment(void **state)
{
	struct sweep s = { .format = "log segment",
		.judge = judge_segment,
		.is_dense = everywhere };

	(void)state;
	frames_end = SEGMENT_HEADER_SIZE + 3 * SEGMENT_FRAME_SIZE + 2 * record.size;
	buf_init(&segment, 65536);
	segment_header_emit(&segment, (uint32_t)frames_end + 16, 7);
	segment_frame_emit(&segment, bundle.leaf_hash, buf_bytes(&record));
	buf_le32(&segment, 0xE0000000);
	buf_add(&segment, BYTES_OF(bundle.leaf_hash));
	segment_frame_emit(&segment, bundle.leaf_hash, buf_bytes(&record));
	assert_int_equal(segment.size, frames_end);
	(void)buf_grow(&segment, 16);
	memset(segment.p + frames_end, 0, 16);
	s.whole = buf_bytes(&segment);
	s.is_free = zeros_are_free;
	sweep_run(&s);
	buf_release(&segment);
}

static struct secret master;

static enum sweep_answer
judge_sealed(struct bytes input)
{
	struct privkey *back = NULL;
	struct err e = { 0 };

	if (sealed_key_open(&master, BYTES("log"), input, &back, &e) < 0)
		return SWEEP_NO;
	bool same = key_eq(privkey_public(back), privkey_public(key));

	privkey_free(back);
	return same ? SWEEP_SAME : SWEEP_OTHER;
}

static void
a_key_at_rest(void **state)
{
	struct sweep s = { .format = "sealed key", .judge = judge_sealed, .is_dense = everywhere };
	struct buf sealed;

	(void)state;
	buf_init(&sealed, MAX_SEALED_KEY_SIZE);
	assert_true(secret_init(&master, SEAL_MASTER_SIZE));
	memset(master.p, 3, master.size);
	assert_int_equal(sealed_key_emit(&master, BYTES("log"), key, &sealed, NULL), 0);
	s.whole = buf_bytes(&sealed);
	sweep_run(&s);
	secret_release(&master);
	buf_release(&sealed);
}

/* Read to its last view; nothing vouches for what it says. */
static unsigned long long snapshot_sum;

static void
touch(struct bytes b)
{
	for (size_t i = 0; i < b.size; i++)
		snapshot_sum += b.p[i];
}

static enum sweep_answer
judge_snapshot(struct bytes input)
{
	DEFER(snapshot_unrefp) struct snapshot *s = NULL;

	if (snapshot_parse(input, &s, NULL) < 0)
		return SWEEP_NO;
	for (size_t i = 0; i < s->instance_count; i++) {
		const struct snapshot_instance *in = &s->instances[i];

		touch(in->host);
		touch(in->issuer);
		touch(in->kid);
		for (size_t t = 0; t < in->type_count; t++) {
			touch(in->types[t].policy_text);
			touch(in->types[t].settings_text);
		}
	}
	for (size_t i = 0; i < s->document_count; i++)
		touch(s->documents[i].bytes);
	touch(s->tls_cert);
	touch(s->tls_key);
	touch(s->log_key);
	return SWEEP_SAME;
}

static bool
anything_is_free(struct bytes whole, size_t at, uint8_t is)
{
	(void)whole;
	(void)at;
	(void)is;
	return true;
}

static void
a_snapshot(void **state)
{
	struct snapshot_document doc = { BYTES("{}"), BYTES("folder"), BYTES("a.json") };
	struct snapshot_type type = { .type = BYTES("SgxEnclave"),
		.token_type = BYTES("sgx"),
		.policy_text = BYTES("version= 1.0;authorizationrules{=>permit();};"),
		.policy_hash_text = BYTES("h"),
		.settings_text = BYTES("{}") };
	struct snapshot_instance in = { .id = BYTES("i"),
		.host = BYTES("localhost:1"),
		.issuer = BYTES("https://localhost:1"),
		.kid = BYTES("k1"),
		.types = &type,
		.type_count = 1 };
	struct snapshot plain = { .revision = 3,
		.instances = &in,
		.instance_count = 1,
		.documents = &doc,
		.document_count = 1,
		.tls_cert = BYTES("cert"),
		.tls_key = BYTES("key"),
		.log_key = BYTES("log+1+x") };
	struct sweep s = { .format = "snapshot",
		.judge = judge_snapshot,
		.is_free = anything_is_free,
		.is_dense = everywhere };
	struct buf body;

	(void)state;
	buf_init(&body, 65536);
	snapshot_emit(&body, &plain);
	assert_true(buf_ok(&body));
	s.whole = buf_bytes(&body);
	sweep_run(&s);
	buf_release(&body);
}

static int
begin(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	arena_init(&scratch, 1 << 20);
	if (privkey_generate(KEY_P256, &key, NULL) < 0)
		return -1;
	make_token();
	make_log();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	buf_release(&token);
	buf_release(&key_set);
	buf_release(&log_key);
	buf_release(&record);
	buf_release(&note);
	buf_release(&document);
	privkey_free(key);
	privkey_free(log_signer);
	arena_release(&arena);
	arena_release(&scratch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_and_its_keys),
		cmocka_unit_test(the_log),
		cmocka_unit_test(frames_of_a_segment),
		cmocka_unit_test(a_key_at_rest),
		cmocka_unit_test(a_snapshot),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
