/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/record.h"

#include "base/stamp.h"

#include <string.h>

#define RECORD_VERSION 1

static void
put_text(struct buf *out, struct bytes text)
{
	if (text.size > UINT16_MAX) {
		out->bad = true;
		return;
	}
	buf_le16(out, (uint16_t)text.size);
	buf_add(out, text);
}

void
tlog_record_emit(struct buf *out, const struct tlog_record *r)
{
	if (r->collateral.size % 32 != 0 || r->collateral.size > MAX_TLOG_COLLATERAL * 32) {
		out->bad = true;
		return;
	}
	buf_u8(out, RECORD_VERSION);
	buf_u8(out, (uint8_t)r->kind);
	buf_add(out, BYTES_OF(r->salt));
	buf_le64(out, (uint64_t)r->at);
	put_text(out, r->instance);
	put_text(out, r->type);
	put_text(out, r->trace_id);
	put_text(out, r->kid);
	put_text(out, r->detail);
	buf_add(out, BYTES_OF(r->payload_sha256));
	buf_add(out, BYTES_OF(r->evidence_sha256));
	buf_add(out, BYTES_OF(r->policy_hash));
	buf_add(out, BYTES_OF(r->settings_hash));
	buf_u8(out, (uint8_t)(r->collateral.size / 32));
	buf_add(out, r->collateral);
}

static struct bytes
get_text(struct rd *r)
{
	return rd_take(r, rd_le16(r));
}

int
tlog_record_parse(struct bytes raw, struct tlog_record *r, struct err *e)
{
	struct rd rd = rd_from(raw);
	struct tlog_record q = { 0 };
	uint8_t version = rd_u8(&rd);
	uint8_t kind = rd_u8(&rd);
	uint8_t count;

	rd_copy(&rd, q.salt, sizeof(q.salt));
	q.at = (int64_t)rd_le64(&rd);
	q.instance = get_text(&rd);
	q.type = get_text(&rd);
	q.trace_id = get_text(&rd);
	q.kid = get_text(&rd);
	q.detail = get_text(&rd);
	rd_copy(&rd, q.payload_sha256, sizeof(q.payload_sha256));
	rd_copy(&rd, q.evidence_sha256, sizeof(q.evidence_sha256));
	rd_copy(&rd, q.policy_hash, sizeof(q.policy_hash));
	rd_copy(&rd, q.settings_hash, sizeof(q.settings_hash));
	count = rd_u8(&rd);
	q.collateral = rd_take(&rd, (size_t)count * 32);

	if (version != RECORD_VERSION && raw.size > 0)
		return err_set(e, ERR_UNSUPPORTED, "log record: version %u, want %d", version,
		    RECORD_VERSION);
	if (!rd_done(&rd) || count > MAX_TLOG_COLLATERAL || kind < TLOG_TOKEN ||
	    kind > TLOG_REFUSAL)
		return err_set(e, ERR_MALFORMED, "log record: %zu bytes are not one record",
		    raw.size);
	q.kind = (enum tlog_kind)kind;
	*r = q;
	return 0;
}

const char *
tlog_kind_name(enum tlog_kind kind)
{
	switch (kind) {
	case TLOG_TOKEN:
		return "token";
	case TLOG_DRAFT:
		return "draft";
	case TLOG_POLICY_READ:
		return "policy-read";
	case TLOG_GOVERNANCE:
		return "governance";
	case TLOG_REFUSAL:
		return "refusal";
	}
	return "unknown";
}

/* Absent rather than empty: not every kind of record has every field. */
static bool
put_text_member(struct json *o, struct arena *a, const char *name, struct bytes text)
{
	return text.size == 0 || json_put(o, name, json_new_str(a, text));
}

static bool
put_digest(struct json *o, struct arena *a, const char *name, const uint8_t digest[32])
{
	return bytes_are_zero(bytes_of(digest, 32)) ||
	    json_put(o, name, json_new_hex(a, bytes_of(digest, 32)));
}

struct json *
tlog_record_json(const struct tlog_record *r, struct arena *a)
{
	struct json *o = json_new(a, JSON_OBJECT), *list = json_new(a, JSON_ARRAY);
	char at[STAMP_SIZE];
	struct bytes at_text;
	bool good;

	stamp_format(r->at, at);
	at_text = arena_copy(a, bytes_of_str(at));
	good = o != NULL && list != NULL && at_text.p != NULL &&
	    json_put(o, "kind", json_new_cstr(a, tlog_kind_name(r->kind))) &&
	    json_put(o, "at", json_new_str(a, at_text)) &&
	    put_text_member(o, a, "instance", r->instance) &&
	    put_text_member(o, a, "type", r->type) &&
	    put_text_member(o, a, "trace_id", r->trace_id) &&
	    put_text_member(o, a, "kid", r->kid) && put_text_member(o, a, "detail", r->detail) &&
	    put_digest(o, a, "payload_sha256", r->payload_sha256) &&
	    put_digest(o, a, "evidence_sha256", r->evidence_sha256) &&
	    put_digest(o, a, "policy_sha256", r->policy_hash) &&
	    put_digest(o, a, "settings_sha256", r->settings_hash);
	for (size_t i = 0; good && i + 32 <= r->collateral.size; i += 32)
		good = json_append(list, json_new_hex(a, bytes_slice(r->collateral, i, 32)));
	if (!good || !json_put(o, "collateral_sha256", list) ||
	    !json_put(o, "salt", json_new_hex(a, BYTES_OF(r->salt))))
		return NULL;
	return o;
}
