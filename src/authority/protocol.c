/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/protocol.h"

/* A query's fields and their prefixes; generous, the parser is exact. */
#define QUERY_SIZE  1024
#define ISSUE_SIZE  (MAX_PAYLOAD_SIZE + 4096)
#define ISSUED_SIZE (MAX_TOKEN_SIZE + 256)
#define FAILED_SIZE 1024
/* A request without a body still needs a ceiling above zero: zero means "not accepted". */
#define EMPTY_SIZE 1

static const uint32_t from_worker[AUTHORITY_MSG_COUNT] = {
	[AUTHORITY_ISSUE] = ISSUE_SIZE,
	[AUTHORITY_POLICY_TOKEN] = QUERY_SIZE,
	[AUTHORITY_LOG_CHECKPOINT] = QUERY_SIZE,
	[AUTHORITY_LOG_TILE] = QUERY_SIZE,
	[AUTHORITY_LOG_PROOF] = QUERY_SIZE,
	[AUTHORITY_LOG_RECORDS] = QUERY_SIZE,
	[AUTHORITY_REFUSED] = QUERY_SIZE,
	[AUTHORITY_HEALTH] = EMPTY_SIZE,
};
static const uint32_t from_authority[AUTHORITY_MSG_COUNT] = {
	[AUTHORITY_SNAPSHOT] = MAX_SNAPSHOT_SIZE,
	[AUTHORITY_ISSUED] = ISSUED_SIZE,
	[AUTHORITY_FAILED] = FAILED_SIZE,
	[AUTHORITY_TOKEN] = ISSUED_SIZE,
	[AUTHORITY_ANSWER] = MAX_LOG_ANSWER_SIZE,
};

const struct ipc_rules authority_rules_from_worker = { from_worker, AUTHORITY_MSG_COUNT };
const struct ipc_rules authority_rules_from_authority = { from_authority, AUTHORITY_MSG_COUNT };

void
issue_request_emit(struct buf *out, const struct issue_request *r)
{
	ipc_put(out, r->instance);
	ipc_put(out, r->type);
	buf_u8(out, r->draft);
	ipc_put(out, r->payload);
	buf_add(out, BYTES_OF(r->evidence_sha256));
	ipc_put(out, r->trace_id);
	ipc_put(out, r->collateral);
}

int
issue_request_parse(struct bytes body, struct issue_request *r, struct err *e)
{
	struct rd rd = rd_from(body);
	struct issue_request q = { 0 };

	q.instance = ipc_get(&rd, MAX_INSTANCE_ID_SIZE);
	q.type = ipc_get(&rd, MAX_TYPE_NAME_SIZE);
	uint8_t draft = rd_u8(&rd);
	q.payload = ipc_get(&rd, MAX_PAYLOAD_SIZE);
	rd_copy(&rd, q.evidence_sha256, sizeof(q.evidence_sha256));
	q.trace_id = ipc_get(&rd, MAX_TRACE_ID_SIZE);
	q.collateral = ipc_get(&rd, MAX_RECORD_COLLATERAL * 32);

	if (!rd_done(&rd) || draft > 1 || q.collateral.size % 32 != 0)
		return err_set(e, ERR_MALFORMED, "issue: %zu bytes are not one request", body.size);
	q.draft = draft == 1;
	*r = q;
	return 0;
}

void
issue_reply_emit(struct buf *out, const struct issue_reply *r)
{
	ipc_put(out, r->token);
	buf_le64(out, r->leaf_index);
	buf_add(out, BYTES_OF(r->leaf_hash));
}

int
issue_reply_parse(struct bytes body, struct issue_reply *r, struct err *e)
{
	struct rd rd = rd_from(body);
	struct issue_reply q = { 0 };

	q.token = ipc_get(&rd, MAX_TOKEN_SIZE);
	q.leaf_index = rd_le64(&rd);
	rd_copy(&rd, q.leaf_hash, sizeof(q.leaf_hash));
	if (!rd_done(&rd) || q.token.size == 0)
		return err_set(e, ERR_MALFORMED, "issued: %zu bytes are not one reply", body.size);
	*r = q;
	return 0;
}

/* What goes into the log as it is, and from there to people: printable ASCII without blanks. */
static bool
is_plain(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.p[i] < 0x21 || text.p[i] > 0x7e)
			return false;
	return true;
}

void
refused_note_emit(struct buf *out, const struct refused_note *n)
{
	ipc_put(out, n->instance);
	ipc_put(out, n->type);
	ipc_put(out, n->trace_id);
	ipc_put(out, n->check);
	buf_add(out, BYTES_OF(n->evidence_sha256));
}

int
refused_note_parse(struct bytes body, struct refused_note *n, struct err *e)
{
	struct rd rd = rd_from(body);
	struct refused_note q = { 0 };

	q.instance = ipc_get(&rd, MAX_INSTANCE_ID_SIZE);
	q.type = ipc_get(&rd, MAX_TYPE_NAME_SIZE);
	q.trace_id = ipc_get(&rd, MAX_TRACE_ID_SIZE);
	q.check = ipc_get(&rd, MAX_CHECK_NAME_SIZE);
	rd_copy(&rd, q.evidence_sha256, sizeof(q.evidence_sha256));
	if (!rd_done(&rd) || !is_plain(q.trace_id) || !is_plain(q.check))
		return err_set(e, ERR_MALFORMED, "refused: %zu bytes are not one note", body.size);
	*n = q;
	return 0;
}

void
authority_query_emit(struct buf *out, const struct authority_query *q)
{
	ipc_put(out, q->instance);
	ipc_put(out, q->type);
	buf_add(out, BYTES_OF(q->leaf_hash));
	buf_le64(out, q->from);
	buf_le32(out, q->count);
	buf_u8(out, q->level);
}

int
authority_query_parse(struct bytes body, struct authority_query *q, struct err *e)
{
	struct rd rd = rd_from(body);
	struct authority_query p = { 0 };

	p.instance = ipc_get(&rd, MAX_INSTANCE_ID_SIZE);
	p.type = ipc_get(&rd, MAX_TYPE_NAME_SIZE);
	rd_copy(&rd, p.leaf_hash, sizeof(p.leaf_hash));
	p.from = rd_le64(&rd);
	p.count = rd_le32(&rd);
	p.level = rd_u8(&rd);
	if (!rd_done(&rd))
		return err_set(e, ERR_MALFORMED, "query: %zu bytes are not one query", body.size);
	*q = p;
	return 0;
}

void
authority_failed_emit(struct buf *out, const struct err *why)
{
	buf_u8(out, (uint8_t)why->code);
	ipc_put(out, bytes_of_str(why->msg));
}

int
authority_failed_parse(struct bytes body, struct err *why, struct err *e)
{
	struct rd rd = rd_from(body);
	uint8_t code = rd_u8(&rd);
	struct bytes text = ipc_get(&rd, sizeof(why->msg) - 1);

	if (!rd_done(&rd))
		return err_set(e, ERR_MALFORMED, "failed: %zu bytes are not one error", body.size);
	err_clear(why);
	(void)err_set(why,
	    code > ERR_NONE && code <= ERR_INTERNAL ? (enum err_code)code : ERR_INTERNAL, "%.*s",
	    BYTES_FMT(text));
	return 0;
}

int
log_records_begin(struct bytes answer, struct rd *r, uint64_t *next, uint64_t *size, struct err *e)
{
	*r = rd_from(answer);
	*next = rd_le64(r);
	*size = rd_le64(r);
	if (!rd_ok(r) || *next > *size)
		return err_set(e, ERR_MALFORMED, "log records: %zu bytes are not one answer",
		    answer.size);
	return 0;
}

bool
log_records_next(struct rd *r, uint64_t *leaf_index, struct bytes *record)
{
	uint64_t index;
	struct bytes text;

	if (r->bad || r->left.size == 0)
		return false;
	index = rd_le64(r);
	text = ipc_get(r, MAX_LOG_ANSWER_SIZE);
	if (r->bad)
		return false;
	*leaf_index = index;
	*record = text;
	return true;
}
