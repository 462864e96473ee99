/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/bundle.h"

#include "base/b64.h"
#include "base/hex.h"
#include "tlog/record.h"

#include <string.h>

#define MAX_FIT_PAYLOAD 1048576

void
tlog_bundle_emit(struct buf *out, const struct tlog_bundle *b)
{
	buf_str(out, "{\"checkpoint\":");
	json_emit_str(out, b->checkpoint);
	buf_str(out, ",\"format\":\"" TLOG_BUNDLE_FORMAT "\",\"hashes\":[");
	for (size_t i = 0; i < b->proof.count; i++) {
		buf_str(out, i == 0 ? "\"" : ",\"");
		buf_hex(out, BYTES_OF(b->proof.hashes[i]));
		buf_char(out, '"');
	}
	buf_str(out, "],\"leaf_hash\":\"");
	buf_hex(out, BYTES_OF(b->leaf_hash));
	buf_fmt(out, "\",\"leaf_index\":%llu", (unsigned long long)b->leaf_index);
	if (b->record.p != NULL) {
		buf_str(out, ",\"record\":\"");
		buf_b64(out, B64_URL, b->record);
		buf_char(out, '"');
	}
	buf_fmt(out, ",\"tree_size\":%llu}", (unsigned long long)b->tree_size);
}

static bool
parse_hashes(const struct json *list, struct tlog_proof *proof)
{
	if (list == NULL || list->type != JSON_ARRAY || list->count > MAX_TLOG_PROOF)
		return false;
	proof->count = 0;
	for (const struct json *h = list->first; h != NULL; h = h->next)
		if (!hex_decode(json_text(h), proof->hashes[proof->count++], TLOG_HASH_SIZE))
			return false;
	return true;
}

/* Another spelling of the same, a further member among them, is no proof that this service wrote. */
static int
check_spelling(struct bytes text, const struct tlog_bundle *b, struct err *e)
{
	DEFER(buf_release) struct buf again = { 0 };

	/* What does not fit is longer than TEXT, and so another. */
	buf_init(&again, text.size);
	buf_reserve(&again, text.size);
	if (again.room < text.size)
		return arena_fail(e, "log proof");
	tlog_bundle_emit(&again, b);
	if (!buf_ok(&again) || !bytes_eq(buf_bytes(&again), text))
		return err_set(e, ERR_MALFORMED,
		    "log proof: not spelt as it is written (" TLOG_BUNDLE_FORMAT ")");
	return 0;
}

int
tlog_bundle_parse(struct bytes text, struct arena *a, struct tlog_bundle *b, struct err *e)
{
	const struct json *doc, *record;
	struct tlog_bundle q = { 0 };
	struct checkpoint head;

	TRY(json_parse(text, MAX_TLOG_BUNDLE_SIZE, a, &doc, e));
	if (doc->type != JSON_OBJECT || !json_is_str(json_get(doc, "format"), TLOG_BUNDLE_FORMAT))
		return err_set(e, ERR_UNSUPPORTED, "log proof: format is not " TLOG_BUNDLE_FORMAT);
	q.checkpoint = json_text(json_get(doc, "checkpoint"));
	record = json_get(doc, "record");
	if (q.checkpoint.p == NULL ||
	    !json_uint(json_get(doc, "leaf_index"), MAX_TLOG_SIZE, &q.leaf_index) ||
	    !json_uint(json_get(doc, "tree_size"), MAX_TLOG_SIZE, &q.tree_size) ||
	    !hex_decode(json_text(json_get(doc, "leaf_hash")), q.leaf_hash, TLOG_HASH_SIZE) ||
	    !parse_hashes(json_get(doc, "hashes"), &q.proof))
		return err_set(e, ERR_MALFORMED,
		    "log proof: not a document of " TLOG_BUNDLE_FORMAT);
	if (record != NULL) {
		if (json_text(record).p == NULL)
			return err_set(e, ERR_MALFORMED, "log proof: record is no string");
		TRY(b64_decode_arena(B64_URL, json_text(record), a, &q.record, e));
	}
	TRY(check_spelling(text, &q, e));
	TRY(checkpoint_parse(q.checkpoint, &head, e));
	*b = q;
	return 0;
}

bool
tlog_bundle_is_good(const struct tlog_bundle_verdict *v)
{
	return v->record_is_leaf && v->checkpoint_is_good && v->sizes_agree && v->is_included;
}

int
tlog_bundle_verify(const struct tlog_bundle *b, struct bytes log_key,
    struct tlog_bundle_verdict *out, struct err *e)
{
	struct tlog_bundle_verdict v = { 0 };
	struct checkpoint c;
	uint8_t leaf[TLOG_HASH_SIZE];

	TRY(checkpoint_parse(b->checkpoint, &c, e));
	TRY(checkpoint_verify(&c, log_key, &v.checkpoint_is_good, e));
	v.record_is_leaf = true;
	if (b->record.p != NULL) {
		tlog_leaf_hash(b->record, leaf);
		v.record_is_leaf = memcmp(leaf, b->leaf_hash, sizeof(leaf)) == 0;
	}
	v.sizes_agree = c.size == b->tree_size;
	v.is_included =
	    tlog_inclusion_is_good(&b->proof, b->leaf_hash, b->leaf_index, c.size, c.root);
	*out = v;
	return 0;
}

/* The token's own text without its jti member: tokens are compact and sorted, so cutting is exact. */
static bool
cut_jti(struct bytes payload, const struct json *doc, struct buf *out, struct bytes *jti)
{
	size_t written = 0;

	*jti = (struct bytes){ 0 };
	buf_char(out, '{');
	for (const struct json *m = doc->first; m != NULL; m = m->next) {
		if (bytes_is_str(m->name, "jti")) {
			*jti = json_text(m);
			continue;
		}
		if (written++ > 0)
			buf_char(out, ',');
		json_emit_str(out, m->name);
		buf_char(out, ':');
		buf_add(out, m->span);
	}
	buf_char(out, '}');
	/* ,"jti":"…" or its mirror at the end: what was cut is all that is missing. */
	return jti->p != NULL && buf_ok(out) && out->size + jti->size + 9 == payload.size;
}

/* Lower case, as jti is written: another spelling is another token. */
static bool
is_hash_text(struct bytes text, uint8_t out[TLOG_HASH_SIZE])
{
	char again[2 * TLOG_HASH_SIZE];

	if (!hex_decode(text, out, TLOG_HASH_SIZE))
		return false;
	hex_encode(bytes_of(out, TLOG_HASH_SIZE), again);
	return bytes_eq(text, bytes_of(again, sizeof(again)));
}

int
tlog_payload_digest(struct bytes payload, struct arena *a, uint8_t jti[TLOG_HASH_SIZE],
    uint8_t digest[SHA256_SIZE], bool *is_token, struct err *e)
{
	DEFER(buf_release) struct buf cut = { 0 };
	const struct json *doc;
	struct bytes name;

	*is_token = false;
	TRY(json_parse(payload, MAX_FIT_PAYLOAD, a, &doc, e));
	buf_init(&cut, payload.size);
	buf_reserve(&cut, payload.size);
	if (cut.room < payload.size)
		return arena_fail(e, "log proof");
	if (doc->type != JSON_OBJECT || !cut_jti(payload, doc, &cut, &name) ||
	    !is_hash_text(name, jti))
		return 0;
	sha256(buf_bytes(&cut), digest);
	*is_token = true;
	return 0;
}

int
tlog_bundle_fits_payload(const struct tlog_bundle *b, struct bytes payload, struct arena *a,
    bool *fits, struct err *e)
{
	struct tlog_record record;
	uint8_t digest[SHA256_SIZE], jti[TLOG_HASH_SIZE];
	bool is_token;

	*fits = false;
	if (b->record.p == NULL)
		return 0;
	TRY(tlog_payload_digest(payload, a, jti, digest, &is_token, e));
	TRY(tlog_record_parse(b->record, &record, e));
	*fits = is_token && memcmp(digest, record.payload_sha256, sizeof(digest)) == 0 &&
	    memcmp(jti, b->leaf_hash, sizeof(jti)) == 0;
	return 0;
}
