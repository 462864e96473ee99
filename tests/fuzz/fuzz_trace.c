/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace/trace, trace_cut: a trace recorded as the input says keeps its promises (refused until all that is expected has
 * passed, a failure stays), and cut down to a view shows nothing that the view may not. The input is instructions, or a
 * stored document.
 */
#include "mutate.h"

#include "trace/trace.h"

#include <string.h>

static const enum trace_view views[] = { TRACE_VIEW_ID_ONLY, TRACE_VIEW_SUBMITTER,
	TRACE_VIEW_READER, TRACE_VIEW_AGENT };

static struct shown
shown_of(struct rd *r)
{
	switch (fuzz_below(r, 5)) {
	case 0:
		return shown_text(rd_take(r, fuzz_u8(r) % (r->left.size + 1)));
	case 1:
		return shown_hex(rd_take(r, fuzz_u8(r) % (r->left.size + 1)));
	case 2:
		return shown_uint(rd_le64(r));
	case 3:
		return shown_time((int64_t)rd_le64(r));
	default:
		return shown_nothing();
	}
}

/* Records as told; the verdict as it must be. */
static enum verdict
record(struct trace *t, struct rd *r)
{
	enum check_outcome outcomes[CHECK_COUNT] = { OUTCOME_SKIP };
	bool expected[CHECK_COUNT] = { false };
	size_t first = CHECK_COUNT;
	bool complete = true, any = false;

	while (rd_ok(r) && r->left.size > 1) {
		enum check_id id = (enum check_id)(fuzz_u8(r) % CHECK_COUNT);
		bool pass;

		switch (fuzz_below(r, 6)) {
		case 0:
			trace_expect(t, &id, 1);
			expected[id] = true;
			break;
		case 1:
			trace_na(t, id, "it does not apply");
			expected[id] = true;
			if (outcomes[id] == OUTCOME_SKIP)
				outcomes[id] = OUTCOME_NA;
			break;
		case 2:
			trace_span(t, id, fuzz_u8(r), fuzz_u8(r));
			break;
		case 3:
			trace_note(t, id, "%.*s",
			    BYTES_FMT(rd_take(r, fuzz_u8(r) % (r->left.size + 1))));
			break;
		default:
			pass = fuzz_u8(r) % 4 != 0;
			/* A failure stays, whatever is judged later. */
			HOLDS(trace_judge(t, id, pass, shown_of(r), shown_of(r)) ==
			    (pass && outcomes[id] != OUTCOME_FAIL));
			expected[id] = true;
			if (outcomes[id] != OUTCOME_FAIL)
				outcomes[id] = pass ? OUTCOME_PASS : OUTCOME_FAIL;
			if (!pass && first == CHECK_COUNT)
				first = id;
			break;
		}
	}
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		any = any || expected[i];
		if (expected[i] && outcomes[i] != OUTCOME_PASS && outcomes[i] != OUTCOME_NA)
			complete = false;
	}
	HOLDS(t->failed == (enum check_id)first);
	if (first != CHECK_COUNT)
		return check_table[first].on_fail == REFUSE ? VERDICT_REFUSED : VERDICT_UNDECIDED;
	return complete && any ? VERDICT_ACCEPTED : VERDICT_REFUSED;
}

/* No string of a fenced member holds the fence itself. */
static void
holds_fence(const struct json *v)
{
	if (v->type == JSON_STRING) {
		HOLDS(v->text.size >= 6 && bytes_has_prefix(v->text, "<<<"));
		HOLDS(bytes_is_str(bytes_slice(v->text, v->text.size - 3, 3), ">>>"));
		for (size_t i = 3; i + 6 < v->text.size; i++) {
			struct bytes here = bytes_slice(v->text, i, 3);

			HOLDS(!bytes_is_str(here, ">>>") && !bytes_is_str(here, "<<<"));
		}
	}
	for (const struct json *c = v->first; c != NULL; c = c->next)
		holds_fence(c);
}

static void
holds_members(const struct json *cut, const char *const *names, size_t count)
{
	for (const struct json *m = cut->first; m != NULL; m = m->next) {
		bool known = false;

		for (size_t i = 0; i < count; i++)
			known = known || bytes_is_str(m->name, names[i]);
		HOLDS(known);
	}
}

static void
holds_view(const struct json *document, enum trace_view view, struct arena *a)
{
	static const char *const of_anybody[] = { "format", "id", "verdict", "failed" };
	static const char *const of_submitter[] = { "format", "id", "verdict", "failed", "type",
		"instance", "at", "checks", "appraisal", "measurements", "collateral", "settings",
		"policy" };
	static const char *const fence[] = { "policy", "claims", "notes" };
	DEFER(buf_release) struct buf out = { 0 };
	struct json *cut = trace_cut(document, view, a);
	const struct json *rules;

	HOLDS(cut != NULL && cut->type == JSON_OBJECT);
	buf_init(&out, 1u << 22);
	json_emit(&out, cut, JSON_SORTED);
	HOLDS(buf_ok(&out));
	switch (view) {
	case TRACE_VIEW_ID_ONLY:
		holds_members(cut, of_anybody, COUNT_OF(of_anybody));
		break;
	case TRACE_VIEW_SUBMITTER:
		holds_members(cut, of_submitter, COUNT_OF(of_submitter));
		rules = json_at(cut, "policy.rules");
		for (const struct json *r = rules == NULL ? NULL : rules->first; r != NULL;
		     r = r->next)
			HOLDS(bytes_has_prefix(json_text(r), "rule "));
		break;
	case TRACE_VIEW_AGENT:
		for (size_t i = 0; i < COUNT_OF(fence); i++)
			if (json_get(cut, fence[i]) != NULL)
				holds_fence(json_get(cut, fence[i]));
		break;
	case TRACE_VIEW_READER:
		HOLDS(json_eq(cut, document));
		break;
	}
}

static void
fuzz_stored(struct bytes text, struct arena *a)
{
	const struct json *document;

	if (json_parse(text, text.size, a, &document, NULL) < 0 || document->type != JSON_OBJECT)
		return;
	for (size_t i = 0; i < COUNT_OF(views); i++)
		holds_view(document, views[i], a);
}

static void
fuzz_recorded(struct bytes in)
{
	struct arena *a = fuzz_arena();
	struct rd r = rd_from(in);
	struct trace t;
	enum verdict wanted;

	trace_init(&t, a, "SgxEnclave", 1764000000);
	HOLDS(trace_verdict(&t) == VERDICT_REFUSED);
	wanted = record(&t, &r);
	HOLDS(!t.fault && trace_verdict(&t) == wanted);
	for (size_t i = 0; i < COUNT_OF(views); i++) {
		DEFER(buf_release) struct buf out = { 0 };
		struct json *document = trace_emit(&t, views[i], a);

		HOLDS(document != NULL);
		HOLDS(json_is_str(json_get(document, "verdict"), verdict_name(wanted)));
		buf_init(&out, 1u << 22);
		json_emit(&out, document, JSON_AS_IS);
		HOLDS(buf_ok(&out));
		if (views[i] == TRACE_VIEW_READER)
			fuzz_stored(buf_bytes(&out), fuzz_arena_other());
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	fuzz_stored(in, fuzz_arena());
	if (size < 4096)
		fuzz_recorded(in);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return size > 0 && data[0] == '{' ? mutate_json(data, size, max_size, seed)
					  : LLVMFuzzerMutate(data, size, max_size);
}
