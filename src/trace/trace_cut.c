/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may see how much of a trace (product.md 3): from a reader's document to the other views.
 */
#include "base/buf.h"
#include "trace/trace.h"

#include <stdio.h>
#include <string.h>

#define MAX_FENCED_SIZE 65536

/* Members that carry what the caller bound to the evidence. */
static bool
is_runtime_data(struct bytes name)
{
	static const char *const names[] = { "x-ms-runtime", "x-ms-inittime", "x-ms-sgx-ehd",
		"maa-ehd", "aas-ehd" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_is_str(name, names[i]))
			return true;
	return false;
}

/*
 * Text that somebody else chose, made recognisable for a model that reads it: <<< … >>>, and no such mark inside.
 */
static struct json *
fenced(struct arena *a, struct bytes text)
{
	DEFER(buf_release) struct buf b;

	buf_init(&b, MAX_FENCED_SIZE);
	buf_str(&b, "<<<");
	for (size_t i = 0; i < text.size; i++) {
		char c = (char)text.p[i];
		bool run = i > 0 && (c == '<' || c == '>') && text.p[i - 1] == (uint8_t)c;

		if (run)
			buf_char(&b, ' ');
		buf_char(&b, c);
	}
	buf_str(&b, ">>>");
	if (!buf_ok(&b))
		return json_new_cstr(a, "<<<left out: too long>>>");
	return json_new_str(a, arena_copy(a, buf_bytes(&b)));
}

/* A deep copy in which every string is fenced and runtime data is left out. */
static struct json *
fence_all(struct arena *a, const struct json *v)
{
	if (v->type == JSON_STRING)
		return fenced(a, v->text);
	if (v->type != JSON_ARRAY && v->type != JSON_OBJECT)
		return json_copy(a, v);
	struct json *out = json_new(a, v->type);

	for (const struct json *m = v->first; m != NULL; m = m->next) {
		if (v->type == JSON_OBJECT && is_runtime_data(m->name))
			continue;
		struct json *part = fence_all(a, m);
		bool ok =
		    v->type == JSON_ARRAY ? json_append(out, part) : json_add(out, m->name, part);

		if (!ok)
			return NULL;
	}
	return out;
}

static bool
copy_members(struct json *out, const struct json *from, const char *const *names, size_t count,
    struct arena *a)
{
	for (size_t i = 0; i < count; i++) {
		const struct json *v = json_get(from, names[i]);

		if (v != NULL && !json_put(out, names[i], json_copy(a, v)))
			return false;
	}
	return true;
}

static struct json *
agent_check(const struct json *check, struct arena *a)
{
	static const char *const kept[] = { "id", "stage", "outcome", "wanted", "source",
		"remedy" };
	static const char *const fence[] = { "seen", "note" };
	struct json *out = json_new(a, JSON_OBJECT);

	if (!copy_members(out, check, kept, COUNT_OF(kept), a))
		return NULL;
	for (size_t i = 0; i < COUNT_OF(fence); i++) {
		const struct json *v = json_get(check, fence[i]);

		if (v != NULL && !json_put(out, fence[i], fence_all(a, v)))
			return NULL;
	}
	return out;
}

/* "Public requirements": the table's words, because exact values may come from the instance's settings. */
static struct json *
submitter_check(const struct json *check, struct arena *a)
{
	static const char *const kept[] = { "id", "stage", "outcome" };
	struct bytes name = json_text(json_get(check, "id"));
	char id[128] = "";

	if (name.p != NULL && name.size < sizeof(id))
		memcpy(id, name.p, name.size);
	enum check_id known = check_find(id);
	struct json *out = json_new(a, JSON_OBJECT);

	if (!copy_members(out, check, kept, COUNT_OF(kept), a))
		return NULL;
	if (known == CHECK_NONE)
		return out;
	const struct json *seen = json_get(check, "seen");
	bool is_policy = strncmp(id, "policy.", 7) == 0;
	bool ok = json_put(out, "seen",
		      seen != NULL && !is_policy ? json_copy(a, seen) : json_new(a, JSON_NULL)) &&
	    json_put(out, "wanted", json_new_cstr(a, check_table[known].wanted)) &&
	    json_put(out, "source", json_new_cstr(a, check_table[known].source)) &&
	    json_put(out, "remedy", json_new_cstr(a, check_table[known].remedy));

	return ok ? out : NULL;
}

static struct json *
cut_checks(const struct json *document, enum trace_view view, struct arena *a)
{
	const struct json *checks = json_get(document, "checks");
	struct json *list = json_new(a, JSON_ARRAY);

	for (const struct json *c = checks != NULL ? checks->first : NULL; c != NULL; c = c->next) {
		struct json *cut =
		    view == TRACE_VIEW_AGENT ? agent_check(c, a) : submitter_check(c, a);

		if (!json_append(list, cut))
			return NULL;
	}
	return list;
}

/* {"hash", "origin", "outcome": "rule 2 did not permit"}: which rule, not what it says. */
static struct json *
submitter_policy(const struct json *policy, struct arena *a)
{
	static const char *const kept[] = { "hash", "origin" };

	if (policy == NULL || policy->type != JSON_OBJECT)
		return json_new(a, JSON_NULL);
	struct json *out = json_new(a, JSON_OBJECT), *list = json_new(a, JSON_ARRAY);

	if (!copy_members(out, policy, kept, COUNT_OF(kept), a))
		return NULL;
	const struct json *rules = json_get(policy, "rules");
	unsigned number = 0;

	for (const struct json *r = rules != NULL ? rules->first : NULL; r != NULL; r = r->next) {
		bool fired = false;

		if (!json_is_str(json_get(r, "section"), "authorizationrules"))
			continue;
		number++;
		if (json_bool(json_get(r, "fired"), &fired) && fired)
			continue;
		char text[48];

		(void)snprintf(text, sizeof(text), "rule %u did not permit", number);
		if (!json_append(list, json_new_str(a, arena_copy(a, bytes_of_str(text)))))
			return NULL;
	}
	return json_put(out, "rules", list) ? out : NULL;
}

static struct json *
cut_id_only(const struct json *document, struct arena *a)
{
	static const char *const kept[] = { "format", "id", "verdict", "failed" };
	struct json *out = json_new(a, JSON_OBJECT);

	return copy_members(out, document, kept, COUNT_OF(kept), a) ? out : NULL;
}

static struct json *
cut_submitter(const struct json *document, struct arena *a)
{
	static const char *const head[] = { "format", "id", "type", "instance", "at", "verdict",
		"failed" };
	static const char *const tail[] = { "appraisal", "measurements", "collateral" };
	static const char *const of_settings[] = { "hash" };
	struct json *out = json_new(a, JSON_OBJECT), *settings = json_new(a, JSON_OBJECT);
	bool ok = copy_members(out, document, head, COUNT_OF(head), a) &&
	    json_put(out, "checks", cut_checks(document, TRACE_VIEW_SUBMITTER, a)) &&
	    copy_members(out, document, tail, COUNT_OF(tail), a) &&
	    copy_members(settings, json_get(document, "settings"), of_settings,
		COUNT_OF(of_settings), a) &&
	    json_put(out, "settings", settings) &&
	    json_put(out, "policy", submitter_policy(json_get(document, "policy"), a));

	return ok ? out : NULL;
}

static struct json *
cut_agent(const struct json *document, struct arena *a)
{
	static const char *const head[] = { "format", "id", "type", "instance", "at", "verdict",
		"failed" };
	static const char *const plain[] = { "appraisal", "measurements", "collateral",
		"settings" };
	static const char *const fence[] = { "policy", "claims", "notes" };
	struct json *out = json_new(a, JSON_OBJECT);

	if (!copy_members(out, document, head, COUNT_OF(head), a) ||
	    !json_put(out, "checks", cut_checks(document, TRACE_VIEW_AGENT, a)) ||
	    !copy_members(out, document, plain, COUNT_OF(plain), a))
		return NULL;
	for (size_t i = 0; i < COUNT_OF(fence); i++) {
		const struct json *v = json_get(document, fence[i]);

		if (v != NULL && !json_put(out, fence[i], fence_all(a, v)))
			return NULL;
	}
	return out;
}

struct json *
trace_cut(const struct json *document, enum trace_view view, struct arena *a)
{
	switch (view) {
	case TRACE_VIEW_SUBMITTER:
		return cut_submitter(document, a);
	case TRACE_VIEW_READER:
		return json_copy(a, document);
	case TRACE_VIEW_AGENT:
		return cut_agent(document, a);
	case TRACE_VIEW_ID_ONLY:
		break;
	}
	return cut_id_only(document, a);
}
