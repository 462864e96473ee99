/* SPDX-License-Identifier: Apache-2.0 */
#include "client/log_proof.h"

#include "base/hex.h"
#include "tlog/record.h"

#include <string.h>

static const enum check_id proof_plan[] = {
	CHECK_LOG_TOKEN,
	CHECK_LOG_FORMAT,
	CHECK_LOG_ORIGIN,
	CHECK_LOG_CHECKPOINT,
	CHECK_LOG_SIZE,
	CHECK_LOG_INDEX,
	CHECK_LOG_JTI,
	CHECK_LOG_INCLUSION,
	CHECK_LOG_EXPIRED,
	CHECK_LOG_RECORD,
	CHECK_LOG_PAYLOAD,
};

static const enum check_id growth_plan[] = {
	CHECK_LOG_FORMAT,
	CHECK_LOG_ORIGIN,
	CHECK_LOG_CHECKPOINT,
	CHECK_LOG_SIZE,
	CHECK_LOG_ROLLBACK,
	CHECK_LOG_CONSISTENCY,
};

static void
log_key_release(struct log_key *k)
{
	key_unref(k->key);
}

static struct shown
shown_hash(struct arena *a, const uint8_t hash[TLOG_HASH_SIZE])
{
	return shown_hex(arena_copy(a, bytes_of(hash, TLOG_HASH_SIZE)));
}

static struct shown
shown_copy(struct arena *a, struct bytes text)
{
	return shown_text(arena_copy(a, text));
}

/* Whose word the checkpoint says it is. WHICH tells two apart, and may be NULL. */
static int
judge_origin(const struct checkpoint *head, struct bytes key_text, const char *which,
    struct arena *a, struct trace *t, bool *good, struct err *e)
{
	DEFER(log_key_release) struct log_key key = { 0 };

	TRY(log_key_parse(key_text, &key, e));
	*good = trace_judge(t, CHECK_LOG_ORIGIN, bytes_eq(head->origin, key.name),
	    shown_copy(a, head->origin), shown_copy(a, key.name));
	if (!*good && which != NULL)
		trace_note(t, CHECK_LOG_ORIGIN, "%s", which);
	return 0;
}

static bool
judge_signed(bool is_signed, const char *which, struct trace *t)
{
	bool good =
	    trace_judge(t, CHECK_LOG_CHECKPOINT, is_signed, shown_nothing(), shown_nothing());

	if (!good && which != NULL)
		trace_note(t, CHECK_LOG_CHECKPOINT, "%s", which);
	return good;
}

/* The leaf that is asked for, and with a token the digest of its payload. */
struct wanted {
	uint8_t jti[TLOG_HASH_SIZE], digest[SHA256_SIZE];
	bool is_named; /* the token has a jti */
	bool is_asked; /* and it is the one that was asked for */
};

static int
find_wanted(const struct log_proof_case *c, struct arena *a, struct wanted *w, struct err *e)
{
	uint8_t asked[TLOG_HASH_SIZE] = { 0 };
	struct err why = { 0 };

	if ((c->payload.p == NULL || c->jti.p != NULL) && !hex_decode(c->jti, asked, sizeof(asked)))
		return err_set(e, ERR_INVALID, "log proof: a jti has 64 hex digits");
	if (c->payload.p == NULL) {
		memcpy(w->jti, asked, sizeof(asked));
		w->is_named = true;
		return 0;
	}
	/* What is no payload has no jti. */
	if (tlog_payload_digest(c->payload, a, w->jti, w->digest, &w->is_named, &why) < 0 &&
	    (arena_failed(&why) || why.code == ERR_INTERNAL))
		return err_set(e, why.code, "%s", why.msg);
	w->is_asked = memcmp(w->jti, asked, sizeof(asked)) == 0;
	return 0;
}

static bool
judge_token(const struct log_proof_case *c, struct trace *t)
{
	if (c->token != NULL)
		return trace_judge(t, CHECK_LOG_TOKEN, *c->token == VERDICT_ACCEPTED,
		    shown_str(verdict_name(*c->token)), shown_str("accepted"));
	trace_na(t, CHECK_LOG_TOKEN,
	    c->payload.p == NULL ? "no token was given" : "the token is not judged here");
	return true;
}

static bool
judge_jti(const struct log_proof_case *c, const struct tlog_bundle *b, const struct wanted *w,
    struct arena *a, struct trace *t)
{
	if (c->payload.p != NULL && c->jti.p != NULL &&
	    !trace_judge(t, CHECK_LOG_JTI, w->is_named && w->is_asked,
		w->is_named ? shown_hash(a, w->jti) : shown_str("none"), shown_copy(a, c->jti)))
		return false;
	return trace_judge(t, CHECK_LOG_JTI,
	    w->is_named && memcmp(b->leaf_hash, w->jti, sizeof(w->jti)) == 0,
	    shown_hash(a, b->leaf_hash),
	    w->is_named ? shown_hash(a, w->jti) : shown_str("a jti of 64 hex digits"));
}

/* From the leaf up to the head. */
static bool
judge_path(const struct log_proof_case *c, const struct tlog_bundle *b,
    const struct tlog_bundle_verdict *v, uint64_t size, const struct wanted *w, struct arena *a,
    struct trace *t)
{
	return trace_judge(t, CHECK_LOG_SIZE, v->sizes_agree, shown_uint(b->tree_size),
		   shown_uint(size)) &&
	    trace_judge(t, CHECK_LOG_INDEX, b->leaf_index < size, shown_uint(b->leaf_index),
		shown_uint(size)) &&
	    judge_jti(c, b, w, a, t) &&
	    trace_judge(t, CHECK_LOG_INCLUSION, v->is_included, shown_nothing(), shown_nothing());
}

/* Without a token there is no payload that the record could be of. */
static int
judge_record(const struct log_proof_case *c, const struct tlog_bundle *b, bool is_leaf,
    const struct wanted *w, struct arena *a, struct trace *t, struct err *e)
{
	bool is_kept = b->record.p != NULL;
	struct tlog_record record;
	struct err why = { 0 };

	if (!is_kept && c->payload.p == NULL) {
		trace_na(t, CHECK_LOG_EXPIRED, "no token was given");
		trace_na(t, CHECK_LOG_RECORD, "the record has expired; its leaf stays");
		trace_na(t, CHECK_LOG_PAYLOAD, "no token was given");
		return 0;
	}
	if (!trace_judge(t, CHECK_LOG_EXPIRED, is_kept, shown_str(is_kept ? "kept" : "expired"),
		shown_nothing()) ||
	    !is_kept)
		return 0;
	if (!trace_judge(t, CHECK_LOG_RECORD, is_leaf,
		shown_str(is_leaf ? "the record of the leaf" : "another record"),
		shown_hash(a, b->leaf_hash)))
		return 0;
	if (tlog_record_parse(b->record, &record, &why) < 0)
		return trace_unread(t, CHECK_LOG_RECORD, &why, e);
	if (c->payload.p == NULL) {
		trace_na(t, CHECK_LOG_PAYLOAD, "no token was given");
		return 0;
	}
	if (!trace_judge(t, CHECK_LOG_RECORD, record.kind == TLOG_TOKEN,
		shown_str(tlog_kind_name(record.kind)), shown_str(tlog_kind_name(TLOG_TOKEN))))
		return 0;
	trace_judge(t, CHECK_LOG_PAYLOAD,
	    memcmp(record.payload_sha256, w->digest, sizeof(w->digest)) == 0,
	    shown_hash(a, w->digest), shown_hash(a, record.payload_sha256));
	return 0;
}

static int
judge_proof(const struct log_proof_case *c, struct arena *a, struct trace *t,
    struct log_proof_seen *seen, struct err *e)
{
	struct wanted w = { 0 };
	struct tlog_bundle *b = arena_alloc(a, sizeof(*b));
	struct tlog_bundle_verdict v;
	struct checkpoint head;
	struct err why = { 0 };
	bool good = false;

	trace_expect(t, proof_plan, COUNT_OF(proof_plan));
	if (b == NULL)
		return arena_fail(e, "log proof");
	TRY(find_wanted(c, a, &w, e));
	if (!judge_token(c, t))
		return 0;
	if (tlog_bundle_parse(c->proof, a, b, &why) < 0 ||
	    checkpoint_parse(b->checkpoint, &head, &why) < 0)
		return trace_unread(t, CHECK_LOG_FORMAT, &why, e);
	trace_judge(t, CHECK_LOG_FORMAT, true, shown_str(TLOG_BUNDLE_FORMAT), shown_nothing());
	*seen = (struct log_proof_seen){ b->leaf_index, head.size, arena_copy(a, b->checkpoint) };
	if (seen->checkpoint.p == NULL)
		return arena_fail(e, "log proof");
	TRY(judge_origin(&head, c->log_key, NULL, a, t, &good, e));
	if (!good)
		return 0;
	TRY(tlog_bundle_verify(b, c->log_key, &v, e));
	if (!judge_signed(v.checkpoint_is_good, NULL, t) ||
	    !judge_path(c, b, &v, head.size, &w, a, t))
		return 0;
	return judge_record(c, b, v.record_is_leaf, &w, a, t, e);
}

int
log_proof_judge(const struct log_proof_case *c, struct arena *a, struct trace *t,
    struct log_proof_seen *seen, struct err *e)
{
	if (judge_proof(c, a, t, seen, e) == 0)
		return 0;
	/* Whoever looks at the trace all the same finds no verdict there. */
	t->fault = true;
	return -1;
}

static int
judge_growth(struct bytes log_key, struct bytes kept, struct bytes text, struct arena *a,
    struct trace *t, struct log_proof_seen *seen, struct err *e)
{
	struct tlog_growth *v = arena_alloc(a, sizeof(*v));
	static const char kept_words[] = "the checkpoint that was kept",
			  newer_words[] = "the newer checkpoint";
	struct checkpoint old, now;
	struct err why = { 0 };
	bool good = false;

	trace_expect(t, growth_plan, COUNT_OF(growth_plan));
	if (v == NULL)
		return arena_fail(e, "log growth");
	if (checkpoint_parse(kept, &old, &why) < 0 || tlog_growth_parse(text, v, &why) < 0 ||
	    checkpoint_parse(v->checkpoint, &now, &why) < 0)
		return trace_unread(t, CHECK_LOG_FORMAT, &why, e);
	trace_judge(t, CHECK_LOG_FORMAT, true, shown_nothing(), shown_nothing());
	*seen = (struct log_proof_seen){ 0, now.size, arena_copy(a, v->checkpoint) };
	if (seen->checkpoint.p == NULL)
		return arena_fail(e, "log growth");
	TRY(judge_origin(&old, log_key, kept_words, a, t, &good, e));
	if (good)
		TRY(judge_origin(&now, log_key, newer_words, a, t, &good, e));
	if (!good)
		return 0;
	TRY(checkpoint_verify(&old, log_key, &good, e));
	if (!judge_signed(good, kept_words, t))
		return 0;
	TRY(checkpoint_verify(&now, log_key, &good, e));
	if (!judge_signed(good, newer_words, t) ||
	    !trace_judge(t, CHECK_LOG_SIZE, v->from == old.size, shown_uint(v->from),
		shown_uint(old.size)) ||
	    !trace_judge(t, CHECK_LOG_ROLLBACK, now.size >= old.size, shown_uint(now.size),
		shown_uint(old.size)))
		return 0;
	trace_judge(t, CHECK_LOG_CONSISTENCY,
	    tlog_consistency_is_good(&v->proof, old.size, old.root, now.size, now.root),
	    shown_nothing(), shown_nothing());
	return 0;
}

int
log_growth_judge(struct bytes log_key, struct bytes kept, struct bytes text, struct arena *a,
    struct trace *t, struct log_proof_seen *seen, struct err *e)
{
	if (judge_growth(log_key, kept, text, a, t, seen, e) == 0)
		return 0;
	t->fault = true;
	return -1;
}
