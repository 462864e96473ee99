/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace as the document "attest-trace/1". A reader's document holds all; every other view is cut from it, so that a
 * stored trace and a fresh one show a reader of a kind the same.
 */
#include "base/hex.h"
#include "base/stamp.h"
#include "base/utf8.h"
#include "trace/trace.h"

#include <stdio.h>
#include <string.h>

#define MAX_SHOWN_SIZE 1024 /* bytes of one value that a trace shows */

static const char *
outcome_name(enum check_outcome o)
{
	static const char *const names[] = { "skip", "pass", "fail", "na" };

	return names[o];
}

static struct json *
emit_time(struct arena *a, int64_t at)
{
	char text[STAMP_SIZE];

	stamp_format(at, text);
	return json_new_str(a, arena_copy(a, bytes_of_str(text)));
}

static struct json *
emit_shown(struct arena *a, const struct shown *s)
{
	struct bytes shown = bytes_slice(s->bytes, 0, MAX_SHOWN_SIZE);

	switch (s->form) {
	case SHOWN_TEXT:
		if (utf8_is_valid(shown))
			return json_new_str(a, shown);
		return json_new_hex(a, shown);
	case SHOWN_HEX:
		return json_new_hex(a, shown);
	case SHOWN_UINT: {
		char text[24];

		(void)snprintf(text, sizeof(text), "%lld", (long long)s->number);
		return json_new_str(a, arena_copy(a, bytes_of_str(text)));
	}
	case SHOWN_TIME:
		return emit_time(a, s->number);
	case SHOWN_NOTHING:
		break;
	}
	return json_new(a, JSON_NULL);
}

static struct json *
emit_source(struct arena *a, const struct check *c, const struct check_record *r)
{
	if (r->to == 0)
		return json_new_cstr(a, c->source);
	char text[256];
	int size = snprintf(text, sizeof(text), "%s \xc2\xb7 bytes %u..%u", c->source,
	    (unsigned)r->from, (unsigned)r->to);

	if (size < 0 || (size_t)size >= sizeof(text))
		return json_new_cstr(a, c->source);
	return json_new_str(a, arena_copy(a, bytes_of_str(text)));
}

static struct json *
emit_check(struct arena *a, enum check_id id, const struct check_record *r)
{
	const struct check *c = &check_table[id];
	struct json *o = json_new(a, JSON_OBJECT);
	bool ok = json_put(o, "id", json_new_cstr(a, c->id)) &&
	    json_put(o, "stage", json_new_cstr(a, c->stage)) &&
	    json_put(o, "outcome", json_new_cstr(a, outcome_name(r->outcome))) &&
	    json_put(o, "seen", emit_shown(a, &r->seen)) &&
	    json_put(o, "wanted",
		r->wanted.form == SHOWN_NOTHING ? json_new_cstr(a, c->wanted)
						: emit_shown(a, &r->wanted)) &&
	    json_put(o, "source", emit_source(a, c, r)) &&
	    json_put(o, "remedy", json_new_cstr(a, c->remedy));

	if (ok && r->note.size > 0 && utf8_is_valid(r->note))
		ok = json_put(o, "note", json_new_str(a, r->note));
	return ok ? o : NULL;
}

static struct json *
emit_checks(const struct trace *t, struct arena *a)
{
	struct json *list = json_new(a, JSON_ARRAY);

	for (size_t i = 0; i < t->expected_count; i++) {
		enum check_id id = (enum check_id)t->expected[i];

		if (!json_append(list, emit_check(a, id, &t->checks[id])))
			return NULL;
	}
	return list;
}

static struct json *
emit_collateral(const struct trace *t, struct arena *a)
{
	struct json *list = json_new(a, JSON_ARRAY);

	for (size_t i = 0; i < t->collateral_count; i++) {
		const struct trace_collateral *c = &t->collateral[i];
		struct json *o = json_new(a, JSON_OBJECT);

		if (!json_put(o, "kind", json_new_cstr(a, c->kind)) ||
		    !json_put(o, "sha256", json_new_hex(a, BYTES_OF(c->sha256))) ||
		    !json_put(o, "issued", emit_time(a, c->issued_at)) ||
		    !json_put(o, "next_update", emit_time(a, c->next_update_at)) ||
		    !json_put(o, "origin", json_new_cstr(a, c->origin)) ||
		    !json_put(o, "age_s", json_new_int(a, t->at - c->issued_at)) ||
		    !json_append(list, o))
			return NULL;
	}
	return list;
}

/* A part of the trace belongs to it and can stand in one document only: the document gets a shallow copy. */
static bool
put_part(struct json *o, const char *name, const struct json *part, struct arena *a)
{
	return json_put(o, name, part != NULL ? json_copy(a, part) : json_new(a, JSON_NULL));
}

static struct json *
emit_reader(const struct trace *t, struct arena *a)
{
	struct json *o = json_new(a, JSON_OBJECT);
	bool ok = json_put(o, "format", json_new_cstr(a, "attest-trace/1")) &&
	    json_put(o, "id", json_new_str(a, arena_copy(a, bytes_of_str(t->id)))) &&
	    json_put(o, "type", json_new_cstr(a, t->type)) &&
	    json_put(o, "instance", json_new_str(a, arena_copy(a, t->instance))) &&
	    json_put(o, "at", emit_time(a, t->at)) &&
	    json_put(o, "verdict", json_new_cstr(a, verdict_name(trace_verdict(t)))) &&
	    json_put(o, "failed",
		t->failed != CHECK_NONE ? json_new_cstr(a, check_table[t->failed].id)
					: json_new(a, JSON_NULL)) &&
	    json_put(o, "checks", emit_checks(t, a)) && put_part(o, "appraisal", t->appraisal, a) &&
	    put_part(o, "measurements", t->measurements, a) &&
	    json_put(o, "collateral", emit_collateral(t, a)) &&
	    put_part(o, "settings", t->settings, a) && put_part(o, "policy", t->policy, a) &&
	    put_part(o, "claims", t->claims, a);

	if (ok && t->notes != NULL)
		ok = put_part(o, "notes", t->notes, a);
	return ok ? o : NULL;
}

struct json *
trace_emit(const struct trace *t, enum trace_view view, struct arena *a)
{
	struct json *o = emit_reader(t, a);

	if (o == NULL || view == TRACE_VIEW_READER)
		return o;
	return trace_cut(o, view, a);
}
