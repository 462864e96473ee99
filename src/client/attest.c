/* SPDX-License-Identifier: Apache-2.0 */
#include "client/attest.h"

#include "base/b64.h"

#include <stdio.h>

/*
 * Type in the path ▸ the member that holds the evidence (maa-api.md 4.1). The others are messages of a protocol, which is
 * all that the body holds; AzureGuest's is text already.
 */
static const struct evidence_row {
	const char *type, *member;
	bool is_message, is_text;
} evidence_rows[] = {
	{ "SgxEnclave", "quote", false, false },
	{ "OpenEnclave", "report", false, false },
	{ "SevSnpVm", "report", false, false },
	{ "TdxVm", "quote", false, false },
	{ "MdepTz", "report", false, false },
	{ "Tpm", "data", true, false },
	{ "Pluton", "data", true, false },
	{ "AzureGuest", "attestationInfo", true, true },
	{ "KeyGuard", "attestationInfo", true, false },
};

static const struct evidence_row *
evidence_row(const char *type)
{
	for (size_t i = 0; i < COUNT_OF(evidence_rows); i++)
		if (bytes_is_str_nocase(bytes_of_str(type), evidence_rows[i].type))
			return &evidence_rows[i];
	return NULL;
}

static void
emit_b64(struct buf *out, struct bytes raw)
{
	buf_char(out, '"');
	buf_b64(out, B64_URL, raw);
	buf_char(out, '"');
}

static void
emit_data(struct buf *out, const char *name, struct bytes raw, bool is_json)
{
	if (raw.p == NULL)
		return;
	buf_fmt(out, ",\"%s\":{\"data\":", name);
	emit_b64(out, raw);
	buf_fmt(out, ",\"dataType\":\"%s\"}", is_json ? "JSON" : "Binary");
}

static void
emit_text(struct buf *out, const char *name, struct bytes text)
{
	if (text.p == NULL)
		return;
	buf_fmt(out, ",\"%s\":", name);
	json_emit_str(out, text);
}

int
client_attest_emit(const struct client_attest *rq, struct buf *out, struct err *e)
{
	const struct evidence_row *row = evidence_row(rq->type);

	if (row == NULL)
		return err_set(e, ERR_UNSUPPORTED,
		    "type %s: no request of this type can be made yet", rq->type);
	if (row->is_message &&
	    (rq->runtime_data.p != NULL || rq->init_data.p != NULL || rq->nonce.p != NULL))
		return err_set(e, ERR_INVALID,
		    "type %s: its message takes no runtime data, init-time data or nonce beside it",
		    rq->type);
	buf_fmt(out, "{\"%s\":", row->member);
	if (row->is_text)
		json_emit_str(out, rq->evidence);
	else
		emit_b64(out, rq->evidence);
	emit_data(out, "runtimeData", rq->runtime_data, rq->runtime_is_json);
	emit_data(out, "initTimeData", rq->init_data, rq->init_is_json);
	emit_text(out, "nonce", rq->nonce);
	emit_text(out, "draftPolicyForAttestation", rq->draft_policy);
	buf_char(out, '}');
	return buf_ok(out) ? 0 : arena_fail(e, "attest request");
}

int
client_attest(const struct client_target *to, const struct client_attest *rq, struct arena *a,
    struct client_answer *out, struct err *e)
{
	DEFER(buf_release) struct buf body;
	char path[128];

	buf_init(&body, MAX_ATTEST_BODY);
	TRY(client_attest_emit(rq, &body, e));
	snprintf(path, sizeof(path), "/attest/%s?api-version=" CLIENT_API_VERSION, rq->type);
	return client_call(to, path, buf_bytes(&body), a, out, e);
}
