/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jmespath: lexer, parser, evaluation. The input is a query, a NUL, and a document as JSON; without one a usual one is there.
 * A diagnosis points into the query. A result is JSON that our reader reads as the same value and is not larger than it may
 * be; it is the same twice, and the same or none with less to spend.
 */
#include "mutate.h"

#include "jmespath/lex.h"

#include <string.h>

static const char usual[] =
    "{\"Events\":[{\"EventSeq\":17,\"PcrIndex\":12,\"EventTypeString\":\"EV_EVENT_TAG\","
    "\"ProcessedData\":{\"A\":[1,2.50,-0,1e3],\"B\":\"\\u00e9\\ud83d\\ude00x\",\"C\":null}},"
    "{\"EventSeq\":3,\"PcrIndex\":7,\"EventTypeString\":\"EV_SEPARATOR\",\"ProcessedData\":{\"A\":["
    "[1],"
    "[2,[3]]],\"D\":true}}],\"n\":[3,1,2],\"s\":[\"b\",\"a\",\"\"],\"o\":{\"x\":1,\"y\":{}},\"e\":["
    "]}";

static void
holds_diag(const struct jmespath_diag *d, const struct err *e, struct bytes text)
{
	fuzz_refusal(e);
	HOLDS(d->fault != JMESPATH_FINE && d->fault != JMESPATH_MEMORY);
	HOLDS((d->fault == JMESPATH_LIMIT) == (e->code == ERR_LIMIT));
	HOLDS(d->offset <= text.size && d->line >= 1 && d->column >= 1);
	for (size_t i = 0; d->found[i] != '\0'; i++)
		HOLDS(d->found[i] >= 0x20 && d->found[i] < 0x7f && i < sizeof(d->found) - 1);
	HOLDS(
	    strlen(d->expected) < sizeof(d->expected) - 1 && strlen(d->hint) < sizeof(d->hint) - 1);
}

static void
fuzz_words(struct bytes text)
{
	struct lexicon lx = { .text = text, .arena = fuzz_arena() };
	struct word w;
	size_t left = text.size + 1, end = 0;

	do {
		w = jmespath_word_next(&lx);
		/* Each takes something and stands behind the last; the end stays. */
		HOLDS(left-- > 0);
		HOLDS(w.offset >= end && w.offset + w.text.size <= text.size && lx.at <= text.size);
		HOLDS(w.kind != WORD_BAD || w.hint != NULL);
		end = w.offset + w.text.size;
	} while (w.kind != WORD_END && w.kind != WORD_BAD);
}

/* The compact text of the result; an empty one when there is none, and then *FAULT says why. */
static struct bytes
evaluate(const struct jmespath *query, struct bytes text, const struct json *doc, struct arena *a,
    struct jmespath_budget budget, enum jmespath_fault *fault)
{
	const struct jmespath_budget was = budget;
	const struct json *found = NULL, *again;
	struct jmespath_diag diag = { 0 };
	size_t used = a->used, ceiling = a->ceiling;
	struct err e = { 0 };
	struct bytes out;
	int got = jmespath_eval(query, doc, a, &budget, &found, &diag, &e);

	HOLDS(a->used - used <= was.memory && a->ceiling == ceiling);
	HOLDS(budget.steps <= was.steps && budget.memory <= was.memory);
	*fault = diag.fault;
	if (got < 0) {
		HOLDS(found == NULL);
		holds_diag(&diag, &e, text);
		return (struct bytes){ 0 };
	}
	budget = (struct jmespath_budget){ UINT64_MAX, 32u << 20, was.result_size };
	HOLDS(jmespath_emit(found, a, &budget, &out, &diag, &e) == 0);
	HOLDS(out.size <= was.result_size);
	HOLDS(json_parse(out, out.size, a, &again, &e) == 0 && json_eq(found, again));
	return out;
}

static void
fuzz_eval(const struct jmespath *query, struct bytes text, const struct json *doc, struct arena *a)
{
	const struct jmespath_budget much = { 100000, 4u << 20, 65536 };
	struct jmespath_budget less = much;
	enum jmespath_fault fault, other;
	struct bytes once = evaluate(query, text, doc, a, much, &fault), twice;

	twice = evaluate(query, text, doc, a, much, &other);
	HOLDS(fault == other && bytes_eq(once, twice));
	for (less.steps = 3; less.steps < 1000; less.steps *= 3) {
		twice = evaluate(query, text, doc, a, less, &other);
		HOLDS(other == JMESPATH_LIMIT || (other == fault && bytes_eq(once, twice)));
	}
	less.steps = much.steps;
	less.memory = 2000;
	twice = evaluate(query, text, doc, a, less, &other);
	HOLDS(other == JMESPATH_LIMIT || (other == fault && bytes_eq(once, twice)));
}

static const struct json *
document_of(struct bytes text, struct arena *a)
{
	const struct json *doc;

	if (json_parse(text, text.size, a, &doc, NULL) < 0)
		HOLDS(json_parse(bytes_of_str(usual), sizeof(usual), a, &doc, NULL) == 0);
	return doc;
}

static void
fuzz_mode(struct bytes text, const struct json *doc, const struct jmespath_options *options,
    struct arena *a)
{
	const struct jmespath *query = NULL;
	struct jmespath_diag diag = { 0 };
	struct err e = { 0 };

	if (jmespath_compile(text, options, a, &query, &diag, &e) < 0) {
		HOLDS(query == NULL);
		holds_diag(&diag, &e, text);
		return;
	}
	fuzz_eval(query, text, doc, a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	struct bytes text = bytes_of(data, end == NULL ? size : (size_t)(end - data));
	struct bytes document = bytes_slice(bytes_of(data, size), text.size + 1, size);
	struct arena *a;

	fuzz_words(text);
	a = fuzz_arena();
	fuzz_mode(text, document_of(document, a), &jmespath_maa, a);
	a = fuzz_arena();
	fuzz_mode(text, document_of(document, a), &jmespath_standard, a);
	return 0;
}

static size_t
split(struct bytes text, struct bytes words[MAX_MUTATED_WORDS])
{
	struct lexicon lx = { .text = text, .arena = fuzz_arena() };
	size_t count = 0;

	while (count < MAX_MUTATED_WORDS) {
		struct word w = jmespath_word_next(&lx);

		if (w.kind == WORD_END || w.kind == WORD_BAD)
			break;
		words[count++] = w.text;
	}
	return count;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_words(data, size, max_size, seed, split, "");
}
