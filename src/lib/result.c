/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib.h"

#include "client/rules.h"

#include <stdlib.h>
#include <string.h>

/*
 * Results that were freed, wiped, for the next verification: with its arena's first block a result costs no heap. A
 * thread begins at a slot of its own, so that threads do not meet here; what finds no slot goes back to the heap.
 */
#define IDLE_SLOTS 16
static _Atomic(struct attest_result *) idle[IDLE_SLOTS];

static size_t
slot_of_thread(void)
{
	static _Thread_local char here;

	return ((uintptr_t)&here >> 12) % IDLE_SLOTS;
}

static void
result_destroy(struct attest_result *r)
{
	arena_release(&r->arena);
	explicit_bzero(r, sizeof(*r));
	free(r);
}

__attribute__((destructor)) static void
idle_release(void)
{
	for (size_t i = 0; i < IDLE_SLOTS; i++) {
		struct attest_result *r = atomic_exchange(&idle[i], NULL);

		if (r != NULL)
			result_destroy(r);
	}
}

struct attest_result *
result_new(void)
{
	size_t slot = slot_of_thread();
	struct attest_result *r = NULL;

	if (atomic_load_explicit(&idle[slot], memory_order_relaxed) != NULL)
		r = atomic_exchange(&idle[slot], NULL);
	if (r == NULL) {
		r = malloc(sizeof(*r));
		if (r == NULL)
			return NULL;
		arena_init(&r->arena, MAX_RESULT_MEMORY);
	}
	/* The trace is trace_init()'s. */
	r->seen = (struct token_seen){ 0 };
	r->verdict = ATTEST_REFUSED;
	r->proof = (struct log_proof_seen){ 0 };
	r->possession_key = (struct bytes){ 0 };
	r->shown = NULL;
	r->texts = NULL;
	return r;
}

void
attest_result_free(struct attest_result *r)
{
	struct attest_result *none = NULL;

	if (r == NULL)
		return;
	arena_wipe(&r->arena);
	arena_reset(&r->arena);
	if (!atomic_compare_exchange_strong(&idle[slot_of_thread()], &none, r))
		result_destroy(r);
}

void
result_freep(struct attest_result **r)
{
	attest_result_free(*r);
}

static int
detach(struct attest_result *r, struct err *e)
{
	for (size_t i = 0; i < r->trace.expected_count; i++) {
		struct shown *wanted = &r->trace.checks[r->trace.expected[i]].wanted;

		if (wanted->form != SHOWN_TEXT)
			continue;
		wanted->bytes = arena_copy(&r->arena, wanted->bytes);
		if (wanted->bytes.p == NULL)
			return arena_fail(e, "result");
	}
	return 0;
}

static enum attest_verdict
public_verdict(enum verdict v)
{
	switch (v) {
	case VERDICT_ACCEPTED:
		return ATTEST_ACCEPTED;
	case VERDICT_UNDECIDED:
		return ATTEST_UNDECIDED;
	case VERDICT_REFUSED:
		break;
	}
	return ATTEST_REFUSED;
}

int
result_conclude(struct attest_result *r, struct err *e)
{
	if (r->trace.fault)
		return err_set(e, ERR_INTERNAL, "the judgement is broken");
	TRY(detach(r, e));
	r->verdict = public_verdict(trace_verdict(&r->trace));
	return 0;
}

enum attest_verdict
result_give(struct attest_result *r, const struct err *e, struct attest_result **result,
    struct attest_error **error)
{
	enum attest_verdict verdict = attest_result_verdict(r);

	if (result != NULL)
		*result = r;
	if (r == NULL)
		(void)error_give(error, e);
	else if (result == NULL)
		attest_result_free(r);
	return verdict;
}

enum verdict
result_verdict(const struct attest_result *r)
{
	if (r != NULL && r->verdict == ATTEST_ACCEPTED)
		return VERDICT_ACCEPTED;
	return r != NULL && r->verdict == ATTEST_UNDECIDED ? VERDICT_UNDECIDED : VERDICT_REFUSED;
}

enum attest_verdict
attest_result_verdict(const struct attest_result *r)
{
	return r == NULL ? ATTEST_FAILED : r->verdict;
}

/* A copy with a NUL: no string that came through codec/json.c has one within. One copy however often it is asked for. */
static const char *
keep(struct attest_result *r, const void *of, struct bytes text)
{
	struct kept_text *k;

	if (of == NULL || text.p == NULL)
		return NULL;
	for (k = r->texts; k != NULL; k = k->next)
		if (k->of == of)
			return k->text;
	k = arena_alloc(&r->arena, sizeof(*k));
	text = arena_copy(&r->arena, text);
	if (k == NULL || text.p == NULL)
		return NULL;
	*k = (struct kept_text){ of, (const char *)text.p, r->texts };
	r->texts = k;
	return k->text;
}

size_t
attest_result_check_count(const struct attest_result *r)
{
	return r == NULL ? 0 : r->trace.expected_count;
}

static enum check_id
check_at(const struct attest_result *r, size_t index)
{
	return index < attest_result_check_count(r) ? (enum check_id)r->trace.expected[index]
						    : CHECK_NONE;
}

const char *
attest_result_check_id(const struct attest_result *r, size_t index)
{
	enum check_id id = check_at(r, index);

	return id == CHECK_NONE ? NULL : check_table[id].id;
}

enum attest_outcome
attest_result_check_outcome(const struct attest_result *r, size_t index)
{
	enum check_id id = check_at(r, index);

	if (id == CHECK_NONE)
		return ATTEST_OUTCOME_SKIPPED;
	switch (r->trace.checks[id].outcome) {
	case OUTCOME_PASS:
		return ATTEST_OUTCOME_PASSED;
	case OUTCOME_FAIL:
		return ATTEST_OUTCOME_FAILED;
	case OUTCOME_NA:
		return ATTEST_OUTCOME_NOT_ASKED;
	case OUTCOME_SKIP:
		break;
	}
	return ATTEST_OUTCOME_SKIPPED;
}

const char *
attest_result_check_source(const struct attest_result *r, size_t index)
{
	enum check_id id = check_at(r, index);

	return id == CHECK_NONE ? NULL : check_table[id].source;
}

const char *
attest_result_check_remedy(const struct attest_result *r, size_t index)
{
	enum check_id id = check_at(r, index);

	return id == CHECK_NONE ? NULL : check_table[id].remedy;
}

/* As the trace prints it. */
static const char *
check_text(struct attest_result *r, size_t index, const char *member)
{
	const struct json *v;

	if (check_at(r, index) == CHECK_NONE)
		return NULL;
	if (r->shown == NULL)
		r->shown = json_get(trace_emit(&r->trace, TRACE_VIEW_READER, &r->arena), "checks");
	v = json_get(json_item(r->shown, index), member);
	return keep(r, v, json_text(v));
}

const char *
attest_result_check_seen(struct attest_result *r, size_t index)
{
	return check_text(r, index, "seen");
}

const char *
attest_result_check_wanted(struct attest_result *r, size_t index)
{
	return check_text(r, index, "wanted");
}

const char *
attest_result_check_note(struct attest_result *r, size_t index)
{
	return check_text(r, index, "note");
}

const char *
attest_result_failed_check(const struct attest_result *r)
{
	return r == NULL || r->trace.failed == CHECK_NONE ? NULL : check_table[r->trace.failed].id;
}

/* NULL unless accepted, and unless the claim is of the kind that was asked for. */
static const struct json *
find_claim(const struct attest_result *r, const char *name, bool of_attester)
{
	struct bytes full = bytes_of_str(name == NULL ? "" : name), inner = full;

	if (r == NULL || name == NULL || r->verdict != ATTEST_ACCEPTED)
		return NULL;
	if (bytes_has_prefix(full, EXPECT_NESTED))
		inner = bytes_slice(full, sizeof(EXPECT_NESTED) - 1, full.size);
	return token_claim_is_attesters(inner) == of_attester
	    ? token_claim_find(r->seen.claims, full)
	    : NULL;
}

static const char *
claim_string(struct attest_result *r, const char *name, bool of_attester)
{
	const struct json *v = find_claim(r, name, of_attester);

	return keep(r, v, json_text(v));
}

/* A string's JSON text is not its value: another key in the list of what is kept. */
static const char *
claim_json(struct attest_result *r, const char *name, bool of_attester)
{
	const struct json *v = find_claim(r, name, of_attester);

	return v == NULL ? NULL : keep(r, &v->span, v->span);
}

const char *
attest_result_claim_string(struct attest_result *r, const char *claim)
{
	return claim_string(r, claim, false);
}

const char *
attest_result_claim_json(struct attest_result *r, const char *claim)
{
	return claim_json(r, claim, false);
}

const char *
attest_result_attester_claim_string(struct attest_result *r, const char *claim)
{
	return claim_string(r, claim, true);
}

const char *
attest_result_attester_claim_json(struct attest_result *r, const char *claim)
{
	return claim_json(r, claim, true);
}

bool
attest_result_claim_int(const struct attest_result *r, const char *claim, int64_t *out)
{
	return json_int(find_claim(r, claim, false), out);
}

bool
attest_result_claim_bool(const struct attest_result *r, const char *claim, bool *out)
{
	return json_bool(find_claim(r, claim, false), out);
}
