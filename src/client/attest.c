/* SPDX-License-Identifier: Apache-2.0 */
#include "client/attest.h"

#include "base/b64.h"

#include <stdio.h>

#define MAX_ATTEST_BODY (16U << 20)

/* Type in the path ▸ the member that holds the evidence. */
static const struct {
	const char *type, *member;
} evidence_members[] = {
	{ "SgxEnclave", "quote" },
	{ "OpenEnclave", "report" },
	{ "SevSnpVm", "report" },
	{ "TdxVm", "quote" },
};

static const char *
evidence_member(const char *type)
{
	for (size_t i = 0; i < COUNT_OF(evidence_members); i++)
		if (bytes_is_str_nocase(bytes_of_str(type), evidence_members[i].type))
			return evidence_members[i].member;
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
	const char *member = evidence_member(rq->type);

	if (member == NULL)
		return err_set(e, ERR_UNSUPPORTED,
		    "type %s: no request of this type can be made yet", rq->type);
	buf_fmt(out, "{\"%s\":", member);
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
