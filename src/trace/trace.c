/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_NOTE_SIZE 512

#ifdef ATTEST_MUTATE
/* Test builds only: the check that is turned off. */
static enum check_id mutated = CHECK_NONE;

void
trace_mutate_off(enum check_id id)
{
	mutated = id;
}
#endif

struct shown
shown_nothing(void)
{
	return (struct shown){ 0 };
}

struct shown
shown_text(struct bytes text)
{
	return (struct shown){ .form = SHOWN_TEXT, .bytes = text };
}

struct shown
shown_text_or_absent(struct bytes text)
{
	return text.p == NULL ? shown_str("absent") : shown_text(text);
}

struct shown
shown_str(const char *text)
{
	return text != NULL ? shown_text(bytes_of_str(text)) : shown_nothing();
}

struct shown
shown_hex(struct bytes raw)
{
	return (struct shown){ .form = SHOWN_HEX, .bytes = raw };
}

struct shown
shown_uint(uint64_t v)
{
	return (struct shown){ .form = SHOWN_UINT, .number = (int64_t)(v & INT64_MAX) };
}

struct shown
shown_time(int64_t at)
{
	return (struct shown){ .form = SHOWN_TIME, .number = at };
}

void
trace_init(struct trace *t, struct arena *a, const char *type, int64_t at)
{
	memset(t, 0, sizeof(*t));
	t->arena = a;
	t->type = type;
	t->at = at;
	t->failed = CHECK_NONE;
}

static void
expect_one(struct trace *t, enum check_id id)
{
	if (t->checks[id].expected)
		return;
	t->checks[id].expected = true;
	t->expected[t->expected_count++] = (uint16_t)id;
}

void
trace_expect(struct trace *t, const enum check_id *ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		/* An id that does not exist can never pass: nothing may be accepted on it. */
		if (ids[i] >= CHECK_COUNT)
			t->fault = true;
		else
			expect_one(t, ids[i]);
	}
}

bool
trace_judge(struct trace *t, enum check_id id, bool pass, struct shown seen, struct shown wanted)
{
	if (id >= CHECK_COUNT) {
		t->fault = true;
		return false;
	}
#ifdef ATTEST_MUTATE
	if (id == mutated)
		pass = true;
#endif
	struct check_record *r = &t->checks[id];

	expect_one(t, id);
	if (r->outcome == OUTCOME_FAIL)
		return false;
	r->outcome = pass ? OUTCOME_PASS : OUTCOME_FAIL;
	r->seen = seen;
	r->wanted = wanted;
	if (!pass && t->failed == CHECK_NONE)
		t->failed = id;
	return pass;
}

void
trace_na(struct trace *t, enum check_id id, const char *why)
{
	if (id >= CHECK_COUNT) {
		t->fault = true;
		return;
	}
	struct check_record *r = &t->checks[id];

	expect_one(t, id);
	/* A check that has run is not undone. */
	if (r->outcome != OUTCOME_SKIP)
		return;
	r->outcome = OUTCOME_NA;
	r->note = bytes_of_str(why);
}

void
trace_span(struct trace *t, enum check_id id, size_t from, size_t to)
{
	if (id >= CHECK_COUNT || from > to || to > UINT32_MAX)
		return;
	t->checks[id].from = (uint32_t)from;
	t->checks[id].to = (uint32_t)to;
}

/* Empty when the arena is full: a note is never worth a failure. */
PRINTF(2, 0)
static struct bytes
note_format(struct trace *t, const char *fmt, va_list args)
{
	char text[MAX_NOTE_SIZE];
	int size = vsnprintf(text, sizeof(text), fmt, args);

	if (size < 0)
		return (struct bytes){ 0 };
	size_t kept = (size_t)size < sizeof(text) ? (size_t)size : sizeof(text) - 1;
	return arena_copy(t->arena, bytes_of(text, kept));
}

void
trace_note(struct trace *t, enum check_id id, const char *fmt, ...)
{
	va_list args;

	if (id >= CHECK_COUNT)
		return;
	va_start(args, fmt);
	t->checks[id].note = note_format(t, fmt, args);
	va_end(args);
}

int
trace_unread(struct trace *t, enum check_id id, const struct err *why, struct err *e)
{
	if (arena_failed(why) || why->code == ERR_INTERNAL)
		return err_set(e, why->code, "%s", why->msg);
	trace_judge(t, id, false, shown_nothing(), shown_nothing());
	trace_note(t, id, "%s", why->msg);
	return 0;
}

void
trace_remark(struct trace *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	struct bytes note = note_format(t, fmt, args);
	va_end(args);
	if (t->notes == NULL)
		t->notes = json_new(t->arena, JSON_ARRAY);
	if (note.p != NULL)
		(void)json_append(t->notes, json_new_str(t->arena, note));
}

static struct shown
shown_copy(struct trace *t, struct shown s)
{
	if (s.form != SHOWN_TEXT && s.form != SHOWN_HEX)
		return s;
	s.bytes = arena_copy(t->arena, s.bytes);
	return s.bytes.p != NULL ? s : shown_nothing();
}

void
trace_absorb(struct trace *t, const struct check_record *records, const enum check_id *ids,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct check_record *from = &records[i];

		if (ids[i] >= CHECK_COUNT || from->outcome == OUTCOME_SKIP)
			continue;
		if (from->outcome == OUTCOME_NA) {
			trace_na(t, ids[i], "");
		} else {
			(void)trace_judge(t, ids[i], from->outcome == OUTCOME_PASS,
			    shown_copy(t, from->seen), shown_copy(t, from->wanted));
		}
		struct check_record *to = &t->checks[ids[i]];

		to->note = arena_copy(t->arena, from->note);
		to->from = from->from;
		to->to = from->to;
	}
}

void
trace_add_collateral(struct trace *t, const struct trace_collateral *used)
{
	if (t->collateral_count < MAX_TRACE_COLLATERAL)
		t->collateral[t->collateral_count++] = *used;
}

bool
trace_has_failed(const struct trace *t)
{
	return t->failed != CHECK_NONE || t->fault;
}

enum verdict
trace_verdict(const struct trace *t)
{
	if (t->fault)
		return VERDICT_UNDECIDED;
	if (t->failed != CHECK_NONE)
		return check_table[t->failed].on_fail == REFUSE ? VERDICT_REFUSED
								: VERDICT_UNDECIDED;
	if (t->expected_count == 0)
		return VERDICT_REFUSED;
	for (size_t i = 0; i < t->expected_count; i++) {
		enum check_outcome outcome = t->checks[t->expected[i]].outcome;

		if (outcome != OUTCOME_PASS && outcome != OUTCOME_NA)
			return VERDICT_REFUSED;
	}
	return VERDICT_ACCEPTED;
}

const char *
verdict_name(enum verdict v)
{
	switch (v) {
	case VERDICT_ACCEPTED:
		return "accepted";
	case VERDICT_UNDECIDED:
		return "undecided";
	case VERDICT_REFUSED:
		break;
	}
	return "refused";
}

void
trace_id_make(uint64_t ms, const uint8_t random[10], char out[TRACE_ID_SIZE])
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t raw[16];

	for (int i = 0; i < 6; i++)
		raw[i] = (uint8_t)(ms >> (40 - 8 * i));
	memcpy(raw + 6, random, 10);
	/* 26 digits of 5 bits hold 130: the first digit has the upper 3 of the 128. */
	for (size_t digit = 0; digit < TRACE_ID_SIZE - 1; digit++) {
		unsigned v = 0;

		for (int bit = 0; bit < 5; bit++) {
			int at = (int)(digit * 5) + bit - 2;

			v <<= 1;
			if (at >= 0)
				v |= (raw[at / 8] >> (7 - at % 8)) & 1u;
		}
		out[digit] = alphabet[v];
	}
	out[TRACE_ID_SIZE - 1] = '\0';
}
