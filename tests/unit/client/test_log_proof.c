/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each way to spoil a proof that a token is in the log, or that the log has only grown, is one thing away from a proof
 * that is accepted, and is refused by the check that is named. The good proof is judged beside each.
 */
#include "client/log_proof.h"

#include "../../support/text.h"
#include "../../support/verdict.h"
#include "../tlog/naive.h"
#include "base/hex.h"
#include "tlog/record.h"

#include <stdio.h>

#define NOW    1790000000
#define BEFORE 10 /* records before ours */
#define SIZE   13
#define ORIGIN "log.example/attestd-log"

static const char cut_payload[] = "{\"iss\":\"https://i.example\",\"nbf\":1,\"x-ms-ver\":\"1.0\"}";

static struct arena kept, a; /* for the run; for a row */
static struct privkey *log_signer, *other_signer;
static struct bytes log_key, other_log_key;
static struct tlog_tree tree, small, forked; /* SIZE records; BEFORE of them; SIZE others */
static struct bytes record, twin;            /* ours, and one that differs in its salt */
static struct bytes payload;
static struct tlog_bundle good;

/* What is judged: a good case until a row changes it. */
struct subject {
	struct tlog_bundle b;
	struct bytes text; /* p == NULL: of B */
	struct bytes payload, jti, key;
	enum verdict token;
	bool has_token;
};

static struct bytes
head_of(const struct tlog_tree *t, uint64_t size, const char *origin, const struct privkey *signer)
{
	uint8_t root[TLOG_HASH_SIZE];
	struct buf out;

	buf_init(&out, MAX_CHECKPOINT_SIZE);
	assert_int_equal(tlog_tree_root(t, size, root, NULL), 0);
	assert_int_equal(checkpoint_emit(bytes_of_str(origin), size, root, signer, &out, NULL), 0);
	return text_take(&a, &out);
}

static struct bytes
key_of(const char *origin, const struct privkey *signer)
{
	struct buf out;

	buf_init(&out, MAX_LOG_KEY_SIZE);
	assert_int_equal(log_key_emit(bytes_of_str(origin), privkey_public(signer), &out, NULL), 0);
	return text_take(&kept, &out);
}

static struct bytes
record_of(enum tlog_kind kind, uint8_t salt)
{
	struct tlog_record r = { .kind = kind, .at = 5, .instance = BYTES("i") };
	struct buf out;

	buf_init(&out, MAX_TLOG_RECORD_SIZE);
	r.salt[0] = salt;
	sha256(bytes_of_str(cut_payload), r.payload_sha256);
	tlog_record_emit(&out, &r);
	return text_take(&kept, &out);
}

static struct bytes
payload_with(const uint8_t jti[TLOG_HASH_SIZE], const char *ver)
{
	char text[256], hex[2 * TLOG_HASH_SIZE + 1] = { 0 };

	hex_encode(bytes_of(jti, TLOG_HASH_SIZE), hex);
	snprintf(text, sizeof(text),
	    "{\"iss\":\"https://i.example\",\"jti\":\"%s\",\"nbf\":1,\"x-ms-ver\":\"%s\"}", hex,
	    ver);
	return arena_copy(&kept, bytes_of_str(text));
}

static void
make_bundle(struct tlog_bundle *b, struct bytes of)
{
	tlog_leaf_hash(of, b->leaf_hash);
	b->record = of;
}

static int
setup(void **state)
{
	(void)state;
	arena_init(&kept, 4u << 20);
	arena_init(&a, 4u << 20);
	assert_int_equal(privkey_generate(KEY_ED25519, &log_signer, NULL), 0);
	assert_int_equal(privkey_generate(KEY_ED25519, &other_signer, NULL), 0);
	log_key = key_of(ORIGIN, log_signer);
	other_log_key = key_of("other.example/attestd-log", log_signer);
	record = record_of(TLOG_TOKEN, 1);
	twin = record_of(TLOG_TOKEN, 2);
	make_bundle(&good, record);
	naive_tree(&tree, BEFORE);
	naive_tree(&small, BEFORE);
	naive_tree(&forked, SIZE);
	assert_int_equal(tlog_tree_append(&tree, good.leaf_hash, NULL), 0);
	while (tree.size < SIZE)
		assert_int_equal(tlog_tree_append(&tree, tlog_tree_leaf(&small, tree.size - 9),
				     NULL),
		    0);
	good.leaf_index = BEFORE;
	good.tree_size = SIZE;
	good.checkpoint = arena_copy(&kept, head_of(&tree, SIZE, ORIGIN, log_signer));
	assert_int_equal(tlog_tree_inclusion(&tree, BEFORE, SIZE, &good.proof, NULL), 0);
	payload = payload_with(good.leaf_hash, "1.0");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	privkey_free(log_signer);
	privkey_free(other_signer);
	tlog_tree_release(&tree);
	tlog_tree_release(&small);
	tlog_tree_release(&forked);
	arena_release(&a);
	arena_release(&kept);
	return 0;
}

#include "spoil_proof.h"

static const struct {
	const char *name;
	void (*spoil)(struct subject *s);
	enum check_id check;
} rows[] = {
	{ "token refused", token_refused, CHECK_LOG_TOKEN },
	{ "token undecided", token_undecided, CHECK_LOG_TOKEN },
	{ "a blank between members", blank, CHECK_LOG_FORMAT },
	{ "an end of line", end_of_line, CHECK_LOG_FORMAT },
	{ "another member", other_member, CHECK_LOG_FORMAT },
	{ "another format", other_format, CHECK_LOG_FORMAT },
	{ "a number as text", number_as_text, CHECK_LOG_FORMAT },
	{ "an escaped letter", escaped_letter, CHECK_LOG_FORMAT },
	{ "a letter that should be escaped", raw_dash, CHECK_LOG_FORMAT },
	{ "hex in upper case", upper_case, CHECK_LOG_FORMAT },
	{ "no JSON", no_json, CHECK_LOG_FORMAT },
	{ "too long", too_long, CHECK_LOG_FORMAT },
	{ "checkpoint cut", unreadable_checkpoint, CHECK_LOG_FORMAT },
	{ "signature line cut", unsigned_checkpoint, CHECK_LOG_FORMAT },
	{ "checkpoint of another origin", other_log, CHECK_LOG_ORIGIN },
	{ "key of another log", key_of_another_log, CHECK_LOG_ORIGIN },
	{ "checkpoint by another key", other_key, CHECK_LOG_CHECKPOINT },
	{ "checkpoint changed", changed_checkpoint, CHECK_LOG_CHECKPOINT },
	{ "checkpoint without a signature", no_signature, CHECK_LOG_CHECKPOINT },
	{ "another size", other_size, CHECK_LOG_SIZE },
	{ "path of another size", path_of_other_size, CHECK_LOG_SIZE },
	{ "checkpoint older than the token", older_checkpoint, CHECK_LOG_INDEX },
	{ "index beyond the checkpoint", index_beyond, CHECK_LOG_INDEX },
	{ "wrong leaf", wrong_leaf, CHECK_LOG_JTI },
	{ "jti altered", jti_altered, CHECK_LOG_JTI },
	{ "jti in upper case", jti_upper_case, CHECK_LOG_JTI },
	{ "no jti", no_jti, CHECK_LOG_JTI },
	{ "payload that is not compact", payload_with_blanks, CHECK_LOG_JTI },
	{ "payload that is no JSON", payload_no_json, CHECK_LOG_JTI },
	{ "another jti asked for", other_jti_asked, CHECK_LOG_JTI },
	{ "token of another jti than asked for", other_jti_beside_the_token, CHECK_LOG_JTI },
	{ "path of another size, unsaid", path_of_other_size_unsaid, CHECK_LOG_INCLUSION },
	{ "wrong index", wrong_index, CHECK_LOG_INCLUSION },
	{ "truncated path", truncated_path, CHECK_LOG_INCLUSION },
	{ "empty path", empty_path, CHECK_LOG_INCLUSION },
	{ "extra hash", extra_hash, CHECK_LOG_INCLUSION },
	{ "as many hashes as fit", longest_path, CHECK_LOG_INCLUSION },
	{ "a hash changed", changed_hash, CHECK_LOG_INCLUSION },
	{ "hashes swapped", swapped_hashes, CHECK_LOG_INCLUSION },
	{ "another tree", other_tree, CHECK_LOG_INCLUSION },
	{ "record expired", expired_record, CHECK_LOG_EXPIRED },
	{ "record of another leaf", twin_record, CHECK_LOG_RECORD },
	{ "record of another kind", record_of_draft, CHECK_LOG_RECORD },
	{ "record unreadable", record_unreadable, CHECK_LOG_RECORD },
	{ "token altered", token_altered, CHECK_LOG_PAYLOAD },
	{ "the good proof", nothing, CHECK_NONE },
};

static void
judge(void (*spoil)(struct subject *s), bool has_token, struct trace *t,
    struct log_proof_seen *seen)
{
	struct subject s = { .b = good,
		.payload = payload,
		.key = log_key,
		.token = VERDICT_ACCEPTED,
		.has_token = has_token };
	struct log_proof_case c;

	spoil(&s);
	c = (struct log_proof_case){ .log_key = s.key,
		.proof = text_of(&s),
		.jti = s.jti,
		.payload = s.payload,
		.token = s.has_token ? &s.token : NULL };
	trace_init(t, &a, "log-proof", NOW);
	assert_int_equal(log_proof_judge(&c, &a, t, seen, NULL), 0);
	assert_false(t->fault);
}

static void
each_bad_proof_is_refused_by_its_own_check(void **state)
{
	struct log_proof_seen seen;
	size_t wrong = 0;
	struct trace t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		judge(rows[i].spoil, true, &t, &seen);
		if (!has_ended_at(&t, rows[i].check)) {
			print_message("# %s\n", rows[i].name);
			wrong++;
		}
		judge(nothing, true, &t, &seen);
		if (!has_ended_at(&t, CHECK_NONE))
			wrong++;
		arena_reset(&a);
	}
	assert_int_equal(wrong, 0);
}

static void
good_proof_says_where_the_record_is(void **state)
{
	struct log_proof_seen seen = { 0 };
	struct trace t;

	(void)state;
	judge(nothing, true, &t, &seen);
	assert_ended_at(&t, CHECK_NONE);
	assert_int_equal(seen.leaf_index, BEFORE);
	assert_int_equal(seen.tree_size, SIZE);
	assert_true(bytes_eq(seen.checkpoint, good.checkpoint));
	arena_reset(&a);
}

static void
ask_by_jti(struct subject *s)
{
	char *hex = arena_alloc(&a, 65);

	hex_encode(BYTES_OF(good.leaf_hash), hex);
	s->payload = (struct bytes){ 0 };
	s->jti = bytes_of(hex, 64);
}

static void
ask_by_jti_for_an_expired_one(struct subject *s)
{
	ask_by_jti(s);
	expired_record(s);
}

/* Leaf hashes stay, so that a jti can be found when its record is gone. */
static void
jti_alone_is_proved_to_be_in_the_log_and_nothing_more_is_said(void **state)
{
	struct log_proof_seen seen;
	struct trace t;

	(void)state;
	judge(ask_by_jti, false, &t, &seen);
	assert_ended_at(&t, CHECK_NONE);
	assert_int_equal(t.checks[CHECK_LOG_PAYLOAD].outcome, OUTCOME_NA);
	judge(ask_by_jti_for_an_expired_one, false, &t, &seen);
	assert_ended_at(&t, CHECK_NONE);
	assert_int_equal(t.checks[CHECK_LOG_RECORD].outcome, OUTCOME_NA);
	arena_reset(&a);
}

static void
arguments_that_make_no_sense_are_errors(void **state)
{
	struct log_proof_case c = { .log_key = log_key, .jti = BYTES("0123") };
	struct log_proof_seen seen;
	struct err e = { 0 };
	struct subject s = { .b = good };
	struct trace t;

	(void)state;
	trace_init(&t, &a, "log-proof", NOW);
	assert_int_equal(log_proof_judge(&c, &a, &t, &seen, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	assert_true(t.fault);
	c = (struct log_proof_case){ .log_key = BYTES("key"),
		.payload = payload,
		.proof = text_of(&s) };
	err_clear(&e);
	trace_init(&t, &a, "log-proof", NOW);
	assert_int_equal(log_proof_judge(&c, &a, &t, &seen, &e), -1);
	assert_int_equal(e.code, ERR_MALFORMED);
	assert_int_not_equal(trace_verdict(&t), VERDICT_ACCEPTED);
	arena_reset(&a);
}

static const struct {
	const char *name;
	void (*spoil)(struct growing *g);
	enum check_id check;
} growths[] = {
	{ "kept checkpoint unreadable", kept_unreadable, CHECK_LOG_FORMAT },
	{ "no checkpoint in it", growth_unreadable, CHECK_LOG_FORMAT },
	{ "a leading zero", growth_with_zero, CHECK_LOG_FORMAT },
	{ "something behind it", growth_with_another_end, CHECK_LOG_FORMAT },
	{ "kept checkpoint of another log", kept_of_another_log, CHECK_LOG_ORIGIN },
	{ "newer checkpoint of another log", newer_of_another_log, CHECK_LOG_ORIGIN },
	{ "kept checkpoint by another key", kept_by_another_key, CHECK_LOG_CHECKPOINT },
	{ "newer checkpoint by another key", newer_by_another_key, CHECK_LOG_CHECKPOINT },
	{ "from another size", growth_from_another_size, CHECK_LOG_SIZE },
	{ "log rolled back", rolled_back, CHECK_LOG_ROLLBACK },
	{ "log rewritten", rewritten, CHECK_LOG_CONSISTENCY },
	{ "log rolled back and grown", rolled_back_and_grown, CHECK_LOG_CONSISTENCY },
	{ "same size, another root", same_size_other_root, CHECK_LOG_CONSISTENCY },
	{ "path truncated", growth_truncated, CHECK_LOG_CONSISTENCY },
	{ "path with an extra hash", growth_extra, CHECK_LOG_CONSISTENCY },
	{ "path changed", growth_changed, CHECK_LOG_CONSISTENCY },
	{ "a log that has grown", growing_well, CHECK_NONE },
	{ "a log that has not", not_grown, CHECK_NONE },
};

static void
judge_growing(void (*spoil)(struct growing *g), struct trace *t)
{
	struct growing g = { .kept = head_of(&tree, BEFORE, ORIGIN, log_signer) };
	struct log_proof_seen seen = { 0 };
	struct buf out;

	g.v.from = BEFORE;
	g.v.checkpoint = good.checkpoint;
	assert_int_equal(tlog_tree_consistency(&tree, BEFORE, SIZE, &g.v.proof, NULL), 0);
	spoil(&g);
	buf_init(&out, MAX_TLOG_GROWTH_SIZE);
	tlog_growth_emit(&out, &g.v);
	if (g.text.p == NULL)
		g.text = text_take(&a, &out);
	buf_release(&out);
	trace_init(t, &a, "log-growth", NOW);
	assert_int_equal(log_growth_judge(log_key, g.kept, g.text, &a, t, &seen, NULL), 0);
	assert_false(t->fault);
}

static void
each_bad_growth_is_refused_by_its_own_check(void **state)
{
	size_t wrong = 0;
	struct trace t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(growths); i++) {
		judge_growing(growths[i].spoil, &t);
		if (!has_ended_at(&t, growths[i].check)) {
			print_message("# %s\n", growths[i].name);
			wrong++;
		}
		arena_reset(&a);
	}
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bad_proof_is_refused_by_its_own_check),
		cmocka_unit_test(good_proof_says_where_the_record_is),
		cmocka_unit_test(jti_alone_is_proved_to_be_in_the_log_and_nothing_more_is_said),
		cmocka_unit_test(arguments_that_make_no_sense_are_errors),
		cmocka_unit_test(each_bad_growth_is_refused_by_its_own_check),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
