/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JmesPath(json, query) (maa-policy.md 9.1): the result is JSON text, a string found keeps its quotation marks. A policy
 * asks the same document many things; it is read once for each text, which in the evaluation's arena stays where it is.
 *
 * A query may hold parts of claims, so what is said of a bad one is its place and the kind of fault alone.
 */
#include "policy/functions.h"

#include "jmespath/jmespath.h"

#include <stdio.h>

/* The document that TEXT is; read before, if it was asked lately. */
static int
document(struct eval *ev, struct bytes text, const struct json **out)
{
	struct document *slot = &ev->documents[ev->document_count % COUNT_OF(ev->documents)];
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT_OF(ev->documents); i++) {
		const struct document *d = &ev->documents[i];

		if (d->json != NULL && d->text.p == text.p && d->text.size == text.size) {
			*out = d->json;
			return 0;
		}
	}
	TRY(eval_spend(ev, 1 + text.size / 16));
	if (json_parse(text, MAX_FUNCTION_RESULT_SIZE, ev->arena, out, &e) < 0) {
		if (e.code != ERR_MALFORMED)
			return eval_budget(ev, "JmesPath: the JSON text");
		return eval_error(ev, "JmesPath: the first argument is not JSON");
	}
	*slot = (struct document){ .text = text, .json = *out };
	ev->document_count++;
	return 0;
}

static int
query_failed(struct eval *ev, const struct jmespath_diag *diag)
{
	char why[96];

	if (diag->fault == JMESPATH_LIMIT || diag->fault == JMESPATH_MEMORY)
		return eval_budget(ev, "JmesPath: the query");
	(void)snprintf(why, sizeof(why), "JmesPath: %s at line %u, column %u of the query",
	    jmespath_fault_name(diag->fault), diag->line, diag->column);
	return eval_error(ev, why);
}

/* What is left of the evaluation's steps; memory is the arena's ceiling. */
static int
query(struct eval *ev, const struct json *doc, struct bytes text, struct jmespath_budget *budget,
    struct bytes *found)
{
	const struct jmespath *program = NULL;
	const struct json *value = NULL;
	struct jmespath_diag diag = { 0 };

	if (jmespath_compile(text, &jmespath_maa, ev->arena, &program, &diag, NULL) < 0 ||
	    jmespath_eval(program, doc, ev->arena, budget, &value, &diag, NULL) < 0 ||
	    jmespath_emit(value, ev->arena, budget, found, &diag, NULL) < 0)
		return query_failed(ev, &diag);
	return 0;
}

int
function_jmespath(struct eval *ev, const struct value_set *args, struct value_set *out)
{
	static const char why[] = "JmesPath: an argument is not one string that is not empty";
	struct jmespath_budget budget = { .result_size = MAX_FUNCTION_RESULT_SIZE };
	struct value_set found = { .count = 1,
		.one = { .type = CLAIM_STRING },
		.read_only = args[0].read_only || args[1].read_only };
	const struct json *doc = NULL;
	uint64_t before;

	for (size_t i = 0; i < 2; i++) {
		if (args[i].count != 1 || args[i].one.type != CLAIM_STRING ||
		    args[i].one.text.size == 0)
			return eval_error(ev, why);
	}
	TRY(document(ev, args[0].one.text, &doc));
	TRY(eval_spend(ev, 1 + args[1].one.text.size / 16));
	before = ev->limits->steps - ev->out->steps;
	budget.steps = before;
	budget.memory = ev->arena->ceiling - ev->arena->used;
	TRY(query(ev, doc, args[1].one.text, &budget, &found.one.text));
	*out = found;
	return eval_spend(ev, before - budget.steps);
}
