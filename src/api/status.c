/* SPDX-License-Identifier: Apache-2.0 */
#include "api/status.h"

#include "base/stamp.h"

#include <string.h>

static const struct api_status status_table[] = {
	[ERR_NONE] = { 500, "InternalServerError", METRIC_FAULT },
	[ERR_MALFORMED] = { 400, "InvalidParameter", METRIC_INVALID },
	[ERR_UNSUPPORTED] = { 400, "InvalidParameter", METRIC_INVALID },
	[ERR_INVALID] = { 400, "InvalidParameter", METRIC_INVALID },
	[ERR_SIGNATURE] = { 400, "InvalidParameter", METRIC_INVALID },
	/* Wrong or missing role is 401, not 403 (maa-api.md 1.2). */
	[ERR_DENIED] = { 401, "Unauthorized", METRIC_INVALID },
	[ERR_MISSING] = { 404, "NotFound", METRIC_INVALID },
	/* The policy changed between judgement and signature: the same request works at once. */
	[ERR_CONFLICT] = { 503, "ServiceUnavailable", METRIC_BUSY },
	[ERR_STALE] = { 400, "InvalidParameter", METRIC_INVALID },
	[ERR_LIMIT] = { 413, "RequestTooLarge", METRIC_INVALID },
	[ERR_BUSY] = { 429, "TooManyRequests", METRIC_BUSY },
	[ERR_UNAVAILABLE] = { 503, "ServiceUnavailable", METRIC_FAULT },
	[ERR_IO] = { 500, "InternalServerError", METRIC_FAULT },
	[ERR_INTERNAL] = { 500, "InternalServerError", METRIC_FAULT },
};

/*
 * The recorded stems, by the stage of the check that failed (evidence-intel.md 5); the first prefix that fits is taken.
 * 65534 is 0xfffe, 65518 is 0xffee (maa-api.md 1.3).
 */
static const struct stem {
	const char *stage;
	const char *words;
} stem_table[] = {
	{ "TCB_NOT_SUPPORTED",
	    "The specified quote was invalid because the device on which the quote "
	    "was generated does not meet the Azure baseline requirements." },
	{ "TCB_STATUS",
	    "The specified quote was invalid because the device on which the quote was "
	    "generated does not meet the Azure baseline requirements." },
	{ "TCB_INFO",
	    "The specified quote was invalid because the TCBInfo or QEID provided by the "
	    "PCK Cache Service was invalid." },
	{ "QE_IDENTITY_FORMAT",
	    "The specified quote was invalid because the TCBInfo or QEID provided "
	    "by the PCK Cache Service was invalid." },
	{ "QE_IDENTITY_SIGNATURE",
	    "The specified quote was invalid because the TCBInfo or QEID "
	    "provided by the PCK Cache Service was invalid." },
	{ "COLLATERAL",
	    "The specified quote was invalid due to an error in the quote collateral." },
	{ "CRL", "The specified quote was invalid due to an error in the quote collateral." },
	{ "NO_PCK_CHAIN",
	    "The specified quote was invalid due to an error in the quote collateral." },
	{ "BINDING", "The specified runtime data does not match the quote." },
	{ "", "The specified quote was invalid." },
};
#define POLICY_PREFIX "Attestation Enclave operation failed with 65518: Exception(0) 83FFFFEE "
/* As it was recorded, with its line ends. */
#define POLICY_SUFFIX                                                                              \
	" \n\r\nUnhandled Enclave Exception: \"Policy Evaluation Error has occurred\"\r\n"
#define STEM_PREFIX "Attestation Enclave operation failed with 65534: "

struct api_status
api_status_of(enum err_code code)
{
	if ((size_t)code >= COUNT_OF(status_table))
		return status_table[ERR_INTERNAL];
	return status_table[code];
}

struct api_error
api_error_plain(unsigned http, const char *code, const char *message)
{
	return (struct api_error){ .http = http,
		.code = code,
		.message = bytes_of_str(message),
		.retry_after_s = http == 429 || http == 503 ? API_RETRY_AFTER_S : 0 };
}

/* What broke inside is for our log, not for strangers. */
static const char *
public_message(const struct err *e)
{
	switch (api_status_of(e->code).http) {
	case 500:
		return "The service failed. The request may be right; the operator's log has the "
		       "cause.";
	case 503:
		return e->code == ERR_CONFLICT
		    ? "The policy or settings changed while the request was judged; send it again."
		    : "The service cannot answer now; try again later.";
	case 429:
		return "The service is busy; try again later.";
	default:
		return e->msg;
	}
}

struct api_error
api_error_of(const struct err *e)
{
	struct api_status status = api_status_of(e->code);
	struct api_error out = api_error_plain(status.http, status.code, public_message(e));

	if (e->code == ERR_CONFLICT)
		out.retry_after_s = 1;
	return out;
}

static void
put_str(struct json *object, const char *name, struct bytes text, struct arena *a)
{
	(void)!json_put(object, name, json_new_str(a, text));
}

static void
put_cstr(struct json *object, const char *name, const char *text, struct arena *a)
{
	if (text != NULL)
		put_str(object, name, bytes_of_str(text), a);
}

static struct json *
error_json(const struct api_error *error, struct arena *a)
{
	struct json *top = json_new(a, JSON_OBJECT), *outer = json_new(a, JSON_OBJECT);
	struct json *inner = json_new(a, JSON_OBJECT);

	if (top == NULL || outer == NULL || inner == NULL)
		return NULL;
	put_cstr(inner, "code", error->code, a);
	put_str(inner, "message", error->message, a);
	put_cstr(inner, "traceId", error->trace_id, a);
	put_cstr(inner, "check", error->check, a);
	put_cstr(inner, "remedy", error->remedy, a);
	put_cstr(outer, "code", error->code, a);
	put_str(outer, "message", error->message, a);
	if (!json_put(outer, "innererror", inner) || !json_put(top, "error", outer))
		return NULL;
	return top;
}

struct bytes
api_error_emit(const struct api_error *error, struct arena *a)
{
	static const char bare[] =
	    "{\"error\":{\"code\":\"InternalServerError\",\"message\":\"\"}}";
	struct bytes copy = { 0 };
	const struct json *json = error_json(error, a);
	DEFER(buf_release) struct buf out = { 0 };

	buf_init(&out, 65536);
	if (json != NULL)
		json_emit(&out, json, JSON_AS_IS);
	if (json != NULL && buf_ok(&out))
		copy = arena_copy(a, buf_bytes(&out));
	return copy.p != NULL ? copy : bytes_of_str(bare);
}

enum metric_outcome
api_outcome_of(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_ACCEPTED:
		return METRIC_ACCEPTED;
	case VERDICT_UNDECIDED:
		return METRIC_UNDECIDED;
	case VERDICT_REFUSED:
		break;
	}
	return METRIC_REFUSED;
}

static const char *
stem_of(const char *stage)
{
	size_t i = 0;

	while (strncmp(stage, stem_table[i].stage, strlen(stem_table[i].stage)) != 0)
		i++;
	return stem_table[i].words;
}

/* Text from evidence is shown as ASCII and cut: an error is read in terminals and logs. */
static void
put_shown(struct buf *out, struct shown v)
{
	char stamp[STAMP_SIZE];

	switch (v.form) {
	case SHOWN_NOTHING:
		buf_str(out, "nothing");
		return;
	case SHOWN_TEXT:
		for (size_t i = 0; i < v.bytes.size && i < 160; i++)
			buf_char(out,
			    v.bytes.p[i] >= 0x20 && v.bytes.p[i] < 0x7f ? (char)v.bytes.p[i] : '?');
		return;
	case SHOWN_HEX:
		buf_hex(out, bytes_slice(v.bytes, 0, 64));
		return;
	case SHOWN_UINT:
		buf_fmt(out, "%llu", (unsigned long long)v.number);
		return;
	case SHOWN_TIME:
		stamp_format(v.number, stamp);
		buf_str(out, stamp);
		return;
	}
}

static void
evidence_message(const struct trace *t, bool id_only, struct buf *out)
{
	const struct check *check = &check_table[t->failed];
	const struct check_record *record = &t->checks[t->failed];

	buf_str(out, STEM_PREFIX);
	buf_str(out, stem_of(check->stage));
	if (id_only) {
		buf_fmt(out, " Check %s.", check->id);
		return;
	}
	buf_fmt(out, " Check %s: seen ", check->id);
	put_shown(out, record->seen);
	/* The table's words, as in a submitter's trace: an exact value may come from the instance's settings. */
	buf_fmt(out, ", wanted %s.", check->wanted);
}

/* A check that nobody ran: the verdict stays refused, but the cause is ours. */
static int
no_failed_check(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "judgement: not accepted, and no check failed");
}

int
api_error_of_verdict(const struct trace *t, const struct judgement *j, bool id_only,
    struct arena *a, struct api_error *out, struct err *e)
{
	DEFER(buf_release) struct buf message = { 0 };
	const struct check *check;
	char words[512];

	if (t->fault || t->failed >= CHECK_NONE)
		return no_failed_check(e);
	check = &check_table[t->failed];
	*out = (struct api_error){ .http = 400,
		.code = "InvalidParameter",
		.trace_id = t->id,
		.check = check->id,
		.remedy = check->remedy };
	if (check->on_fail == UNDECIDED_WAIT) {
		out->http = 503;
		out->code = "ServiceUnavailable";
		out->retry_after_s = API_RETRY_AFTER_S;
	}
	buf_init(&message, 8192);
	if (j->policy_ran && !j->policy.permitted) {
		out->code = "PolicyEvaluationError";
		policy_outcome_message(&j->policy, words, sizeof(words));
		buf_str(&message, POLICY_PREFIX);
		buf_str(&message, words);
		buf_str(&message, POLICY_SUFFIX);
	} else {
		evidence_message(t, id_only, &message);
	}
	out->message = arena_copy(a, buf_bytes(&message));
	if (!buf_ok(&message) || out->message.p == NULL)
		return arena_fail(e, "error message");
	return 0;
}
