/* SPDX-License-Identifier: Apache-2.0 */
#include "appraise/settings.h"

#include "base/hex.h"
#include "base/stamp.h"
#include "codec/json.h"

#include <string.h>

#define MAX_AGE_S INT64_C(3153600000) /* a century */

static bool
rehash(struct settings *s)
{
	DEFER(buf_release) struct buf text;

	buf_init(&text, MAX_SETTINGS_SIZE * 4);
	settings_emit(s, &text);
	if (buf_ok(&text))
		sha256(buf_bytes(&text), s->hash);
	return buf_ok(&text);
}

void
settings_default(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	s->tolerated = 1u << TCB_UP_TO_DATE | 1u << TCB_SW_HARDENING_NEEDED |
	    1u << TCB_CONFIGURATION_NEEDED | 1u << TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
	s->binding_upper = true;
	/* Without memory the digest stays zero, which is nobody's settings. */
	(void)rehash(s);
}

static int
read_text(const struct json *v, const char *name, char out[MAX_SETTINGS_TEXT + 1], struct err *e)
{
	struct bytes text = json_text(json_get(v, name));

	if (text.size == 0 || text.size > MAX_SETTINGS_TEXT || memchr(text.p, 0, text.size) != NULL)
		return err_set(e, ERR_INVALID,
		    "%s: missing, or not a text of 1 to %d bytes without NUL", name,
		    MAX_SETTINGS_TEXT);
	memcpy(out, text.p, text.size);
	out[text.size] = '\0';
	return 0;
}

/* No member but these. */
static int
check_members(const struct json *o, const char *const *names, size_t count, struct err *e)
{
	if (o == NULL || o->type != JSON_OBJECT)
		return err_set(e, ERR_MALFORMED, "no object");
	for (const struct json *m = o->first; m != NULL; m = m->next) {
		bool known = false;

		for (size_t i = 0; i < count; i++)
			known = known || bytes_is_str(m->name, names[i]);
		if (!known)
			return err_set(e, ERR_INVALID, "member %.*s is unknown",
			    BYTES_FMT(bytes_slice(m->name, 0, 64)));
	}
	return 0;
}

static int
read_status(const struct json *v, enum tcb_status *out, struct err *e)
{
	struct bytes text = json_text(v);

	if (text.p == NULL || !tcb_status_parse(text, out))
		return err_set(e, ERR_INVALID, "unknown TCB status");
	if (*out == TCB_REVOKED)
		return err_set(e, ERR_INVALID,
		    "Revoked cannot be tolerated (evidence-intel.md 5.4)");
	return 0;
}

static int
read_tolerated(const struct json *list, struct settings *s, struct err *e)
{
	if (list == NULL)
		return 0;
	if (list->type != JSON_ARRAY)
		return err_set(e, ERR_MALFORMED, "no array");
	s->tolerated = 0;
	for (const struct json *v = list->first; v != NULL; v = v->next) {
		enum tcb_status status;

		TRY(read_status(v, &status, e));
		s->tolerated |= 1u << status;
	}
	return 0;
}

static int
read_exception(const struct json *v, struct settings_exception *out, struct err *e)
{
	static const char *const names[] = { "expires", "fmspc", "reason", "tcb_status" };
	const struct json *fmspc = json_get(v, "fmspc");
	struct bytes expires = json_text(json_get(v, "expires"));

	TRY(check_members(v, names, COUNT_OF(names), e));
	TRY(read_status(json_get(v, "tcb_status"), &out->status, e));
	TRY(read_text(v, "reason", out->reason, e));
	if (expires.p == NULL || !stamp_parse(expires, &out->expires_at))
		return err_set(e, ERR_INVALID, "expires: missing or not YYYY-MM-DDThh:mm:ssZ");
	out->has_fmspc = fmspc != NULL;
	if (fmspc != NULL && !hex_decode(json_text(fmspc), out->fmspc, sizeof(out->fmspc)))
		return err_set(e, ERR_INVALID, "fmspc: not 12 hex digits");
	return 0;
}

static int
read_exceptions(const struct json *list, struct settings *s, struct err *e)
{
	if (list == NULL)
		return 0;
	if (list->type != JSON_ARRAY || list->count > MAX_EXCEPTIONS)
		return err_set(e, ERR_LIMIT, "no array of at most %d", MAX_EXCEPTIONS);
	for (const struct json *v = list->first; v != NULL; v = v->next)
		TRY(read_exception(v, &s->exceptions[s->exception_count++], e));
	return 0;
}

static int
read_anchors(const struct json *list, struct settings *s, struct err *e)
{
	static const char *const names[] = { "label", "spki_sha256" };

	if (list == NULL)
		return 0;
	if (list->type != JSON_ARRAY || list->count > MAX_EXTRA_ANCHORS)
		return err_set(e, ERR_LIMIT, "no array of at most %d", MAX_EXTRA_ANCHORS);
	for (const struct json *v = list->first; v != NULL; v = v->next) {
		struct settings_anchor *out = &s->anchors[s->anchor_count++];

		TRY(check_members(v, names, COUNT_OF(names), e));
		TRY(read_text(v, "label", out->label, e));
		if (!hex_decode(json_text(json_get(v, "spki_sha256")), out->spki_sha256,
			SHA256_SIZE))
			return err_set(e, ERR_INVALID, "spki_sha256: missing or not 64 hex digits");
	}
	return 0;
}

static int
read_age(const struct json *o, const char *name, int64_t *out, struct err *e)
{
	const struct json *v = json_get(o, name);
	uint64_t age = 0;

	if (v != NULL && !json_uint(v, (uint64_t)MAX_AGE_S, &age))
		return err_set(e, ERR_INVALID, "%s: not a number of seconds", name);
	*out = (int64_t)age;
	return 0;
}

static int
read_ages(const struct json *o, struct settings *s, struct err *e)
{
	static const char *const names[] = { "crl", "qe_identity", "tcb_info" };

	if (o == NULL)
		return 0;
	TRY(check_members(o, names, COUNT_OF(names), e));
	TRY(read_age(o, "crl", &s->max_age_crl_s, e));
	TRY(read_age(o, "qe_identity", &s->max_age_qe_identity_s, e));
	return read_age(o, "tcb_info", &s->max_age_tcb_info_s, e);
}

static int
read_switch(const struct json *o, const char *name, bool *out, struct err *e)
{
	const struct json *v = json_get(o, name);

	if (v != NULL && !json_bool(v, out))
		return err_set(e, ERR_INVALID, "%s: neither true nor false", name);
	return 0;
}

static int
read_plain(const struct json *o, struct settings *s, struct err *e)
{
	const struct json *version = json_get(o, "version");
	const struct json *least = json_get(o, "min_tcb_evaluation_number");
	uint64_t v = 1;

	if (version != NULL && (!json_uint(version, UINT32_MAX, &v) || v != 1))
		return err_set(e, ERR_UNSUPPORTED, "version: want 1");
	if (least != NULL && !json_uint(least, UINT32_MAX, &s->min_evaluation_number))
		return err_set(e, ERR_INVALID, "min_tcb_evaluation_number: not a number");
	TRY(read_switch(o, "accept_expired_tcb", &s->accept_expired_tcb, e));
	return read_switch(o, "binding_upper", &s->binding_upper, e);
}

int
settings_parse(struct bytes text, struct settings *s, struct err *e)
{
	static const char *const names[] = { "accept_expired_tcb", "binding_upper", "exceptions",
		"extra_anchors", "max_age_s", "min_tcb_evaluation_number", "tolerated_tcb_statuses",
		"version" };
	DEFER(arena_release) struct arena scratch;
	const struct json *o;
	struct settings read;

	arena_init(&scratch, (size_t)16 << 20);
	settings_default(&read);
	TRY(json_parse(text, MAX_SETTINGS_SIZE, &scratch, &o, e));
	if (check_members(o, names, COUNT_OF(names), e) < 0 || read_plain(o, &read, e) < 0)
		return err_in(e, "appraisal settings");
	if (read_tolerated(json_get(o, "tolerated_tcb_statuses"), &read, e) < 0)
		return err_in(e, "appraisal settings: tolerated_tcb_statuses");
	if (read_exceptions(json_get(o, "exceptions"), &read, e) < 0)
		return err_in(e, "appraisal settings: exceptions");
	if (read_anchors(json_get(o, "extra_anchors"), &read, e) < 0)
		return err_in(e, "appraisal settings: extra_anchors");
	if (read_ages(json_get(o, "max_age_s"), &read, e) < 0)
		return err_in(e, "appraisal settings: max_age_s");
	sha256(text, read.hash);
	*s = read;
	return 0;
}

static void
emit_exceptions(const struct settings *s, struct buf *out)
{
	for (size_t i = 0; i < s->exception_count; i++) {
		const struct settings_exception *x = &s->exceptions[i];
		char expires[STAMP_SIZE];

		stamp_format(x->expires_at, expires);
		buf_str(out, i > 0 ? ",{\"expires\":\"" : "{\"expires\":\"");
		buf_str(out, expires);
		if (x->has_fmspc) {
			buf_str(out, "\",\"fmspc\":\"");
			buf_hex(out, BYTES_OF(x->fmspc));
		}
		buf_str(out, "\",\"reason\":");
		json_emit_str(out, bytes_of_str(x->reason));
		buf_fmt(out, ",\"tcb_status\":\"%s\"}", tcb_status_name(x->status));
	}
}

static void
emit_anchors(const struct settings *s, struct buf *out)
{
	for (size_t i = 0; i < s->anchor_count; i++) {
		buf_str(out, i > 0 ? ",{\"label\":" : "{\"label\":");
		json_emit_str(out, bytes_of_str(s->anchors[i].label));
		buf_str(out, ",\"spki_sha256\":\"");
		buf_hex(out, BYTES_OF(s->anchors[i].spki_sha256));
		buf_str(out, "\"}");
	}
}

static void
emit_tolerated(const struct settings *s, struct buf *out)
{
	bool first = true;

	for (unsigned i = 0; i < TCB_STATUS_COUNT; i++) {
		if ((s->tolerated & 1u << i) == 0)
			continue;
		buf_fmt(out, "%s\"%s\"", first ? "" : ",", tcb_status_name((enum tcb_status)i));
		first = false;
	}
}

void
settings_emit(const struct settings *s, struct buf *out)
{
	buf_fmt(out, "{\"accept_expired_tcb\":%s,\"binding_upper\":%s,\"exceptions\":[",
	    s->accept_expired_tcb ? "true" : "false", s->binding_upper ? "true" : "false");
	emit_exceptions(s, out);
	buf_str(out, "],\"extra_anchors\":[");
	emit_anchors(s, out);
	buf_str(out, "],\"max_age_s\":{\"crl\":");
	buf_i64(out, s->max_age_crl_s);
	buf_str(out, ",\"qe_identity\":");
	buf_i64(out, s->max_age_qe_identity_s);
	buf_str(out, ",\"tcb_info\":");
	buf_i64(out, s->max_age_tcb_info_s);
	buf_fmt(out, "},\"min_tcb_evaluation_number\":%llu,\"tolerated_tcb_statuses\":[",
	    (unsigned long long)s->min_evaluation_number);
	emit_tolerated(s, out);
	buf_str(out, "],\"version\":1}");
}

int
settings_rehash(struct settings *s, struct err *e)
{
	return rehash(s) ? 0 : arena_fail(e, "appraisal settings");
}

int
settings_tolerate(struct settings *s, enum tcb_status status, struct err *e)
{
	if (status >= TCB_REVOKED)
		return err_set(e, ERR_INVALID,
		    "Revoked cannot be tolerated (evidence-intel.md 5.4)");
	s->tolerated |= 1u << status;
	return settings_rehash(s, e);
}

int
settings_add_anchor(struct settings *s, const char *label, const uint8_t spki_sha256[SHA256_SIZE],
    struct err *e)
{
	size_t size = strlen(label);

	if (s->anchor_count == MAX_EXTRA_ANCHORS)
		return err_set(e, ERR_LIMIT, "more than %d extra anchors", MAX_EXTRA_ANCHORS);
	if (size == 0 || size > MAX_SETTINGS_TEXT)
		return err_set(e, ERR_INVALID, "label of an anchor: 1 to %d bytes",
		    MAX_SETTINGS_TEXT);
	struct settings_anchor *out = &s->anchors[s->anchor_count++];

	memcpy(out->label, label, size + 1);
	memcpy(out->spki_sha256, spki_sha256, SHA256_SIZE);
	return settings_rehash(s, e);
}

bool
settings_tolerates(const struct settings *s, enum tcb_status status, const uint8_t fmspc[6],
    int64_t now_at, const struct settings_exception **why)
{
	if (why != NULL)
		*why = NULL;
	if (status >= TCB_REVOKED)
		return false;
	if ((s->tolerated & 1u << status) != 0)
		return true;
	for (size_t i = 0; i < s->exception_count; i++) {
		const struct settings_exception *x = &s->exceptions[i];

		if (x->status != status || now_at > x->expires_at)
			continue;
		if (x->has_fmspc && memcmp(x->fmspc, fmspc, sizeof(x->fmspc)) != 0)
			continue;
		if (why != NULL)
			*why = x;
		return true;
	}
	return false;
}

const struct settings_anchor *
settings_anchor_find(const struct settings *s, const uint8_t spki_sha256[SHA256_SIZE])
{
	for (size_t i = 0; i < s->anchor_count; i++)
		if (memcmp(s->anchors[i].spki_sha256, spki_sha256, SHA256_SIZE) == 0)
			return &s->anchors[i];
	return NULL;
}
