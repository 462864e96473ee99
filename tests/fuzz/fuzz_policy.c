/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: lexer, grammar, rules beyond it, all diagnostics of a text, its layout, and evaluation. The input is the policy's text, a NUL, and claims as JSON
 * (claims/claim_json); without them an enclave's usual ones are there. Evaluated with two small budgets it stays within
 * both, says the same twice, and permits nothing when it was not permitted.
 */
#include "mutate.h"

#include "policy/format.h"
#include "policy/lex.h"

#include <string.h>

static const char usual[] = "[{\"type\":\"x-ms-sgx-is-debuggable\",\"value\":false},{\"type\":\"x-"
			    "ms-sgx-svn\",\"value\":3},"
			    "{\"type\":\"x-ms-sgx-mrsigner\",\"value\":\"ab\"},{\"type\":\"x-ms-"
			    "sgx-product-id\",\"value\":1},"
			    "{\"type\":\"json\",\"value\":\"{\\\"a\\\":[1,\\\"b\\\",true]}\"},{"
			    "\"type\":\"x\",\"value\":\"1\"},"
			    "{\"type\":\"x\",\"value\":\"2\"}]";

static void
fuzz_lexer(struct bytes text)
{
	struct lexer lx;
	struct token t;
	size_t left = text.size + 1;

	lexer_init(&lx, text, fuzz_arena());
	do {
		t = lexer_next(&lx);
		/* Each takes something; the end stays. */
		HOLDS(left-- > 0);
		HOLDS(t.kind != TOK_BAD || t.hint != NULL);
		HOLDS(t.place.line >= 1 && t.place.column >= 1);
	} while (t.kind != TOK_END && t.kind != TOK_BAD);
}

static bool
claims_of(struct bytes text, struct arena *a, struct claim_set *set)
{
	const struct json *array;
	struct err e = { 0 };

	if (json_parse(text, text.size, a, &array, NULL) < 0)
		return false;
	if (claims_array_parse(array, a, set, &e) == 0)
		return true;
	fuzz_refusal(&e);
	return false;
}

static void
evaluate(const struct policy *p, struct bytes claims, const struct policy_limits *limits,
    struct arena *a, bool in_two, struct policy_outcome *out)
{
	struct claim_set *incoming = arena_alloc(a, sizeof(*incoming));
	struct err e = { 0 };
	char message[512];

	HOLDS(incoming != NULL);
	if (!claims_of(claims, a, incoming)) {
		*incoming = (struct claim_set){ 0 };
		HOLDS(claims_of(bytes_of_str(usual), a, incoming));
	}
	if (in_two)
		HOLDS(policy_configure(p, incoming, a, limits, out, &e) == 0);
	HOLDS(policy_eval(p, incoming, a, limits, out, &e) == 0);
	HOLDS(out->steps <= limits->steps && out->memory <= limits->memory);
	HOLDS(out->permitted == (out->reason == POLICY_REASON_NONE));
	HOLDS(out->exhausted == (out->reason == POLICY_REASON_BUDGET));
	if (!out->permitted) {
		HOLDS(out->outgoing.count == 0 && out->message[0] != '\0');
		policy_outcome_message(out, message, sizeof(message));
	}
	HOLDS(policy_trace_emit(p, out, "set", a) != NULL);
	HOLDS(claims_object_emit(&out->outgoing, a) != NULL);
}

static bool
same_claims(const struct claim_set *a, const struct claim_set *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (!claim_eq(&a->claims[i], &b->claims[i]))
			return false;
	return a->count == b->count;
}

static void
fuzz_eval(const struct policy *p, struct bytes claims)
{
	static const struct policy_limits much = { 200000, 4u << 20 }, little = { 300, 65536 };
	struct policy_outcome once = { 0 }, twice = { 0 }, small = { 0 };
	struct arena *a = fuzz_arena();

	evaluate(p, claims, &much, a, false, &once);
	evaluate(p, claims, &much, a, false, &twice);
	HOLDS(once.permitted == twice.permitted && once.reason == twice.reason &&
	    once.steps == twice.steps);
	HOLDS(same_claims(&once.outgoing, &twice.outgoing));
	/* Less to spend never permits more. */
	evaluate(p, claims, &little, a, true, &small);
	HOLDS(!small.permitted || once.permitted);
}

static void
holds_diag(const struct policy_diag *d, const struct err *e)
{
	fuzz_refusal(e);
	HOLDS(d->line > 0 || e->code == ERR_LIMIT);
	for (size_t i = 0; d->found[i] != '\0'; i++)
		HOLDS(d->found[i] >= 0x20 && d->found[i] < 0x7f && i < sizeof(d->found) - 1);
}

static bool
is_printable(const char *text, size_t size)
{
	size_t i = 0;

	while (i < size && text[i] >= 0x20 && text[i] < 0x7f)
		i++;
	return i < size && text[i] == '\0';
}

/* All faults in one pass: none exactly when it is a policy, and the first one that policy_parse() has is among them. */
static void
fuzz_check(struct bytes text, bool is_policy, const struct policy_diag *first)
{
	static struct policy_diag list[MAX_POLICY_DIAGS];
	size_t count = 0;
	bool among = is_policy;
	struct err e = { 0 };
	char message[512];

	if (policy_check(text, list, COUNT_OF(list), &count, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS((count == 0) == is_policy);
	for (size_t i = 0; i < count; i++) {
		const struct policy_diag *d = &list[i];

		HOLDS(d->line >= 1 && d->column >= 1 && d->width >= 1 && d->code != ERR_NONE);
		HOLDS(is_printable(d->found, sizeof(d->found)));
		HOLDS(i == 0 || d[-1].line < d->line ||
		    (d[-1].line == d->line && d[-1].column < d->column));
		policy_diag_message(d, message, sizeof(message));
		among = among || (d->line == first->line && d->column == first->column);
	}
	HOLDS(among);
}

/* The tokens of B are those of A, byte for byte. */
static bool
same_tokens(struct bytes a, struct bytes b)
{
	struct lexer la, lb;
	struct token ta, tb;

	lexer_init(&la, a, NULL);
	lexer_init(&lb, b, NULL);
	do {
		ta = lexer_next(&la);
		tb = lexer_next(&lb);
		if (ta.kind != tb.kind || !bytes_eq(ta.text, tb.text))
			return false;
	} while (ta.kind != TOK_END);
	return true;
}

static size_t
count_of(struct bytes text, const char *what)
{
	size_t count = 0;

	for (; text.size > 0; text = bytes_slice(text, 1, text.size))
		count += bytes_has_prefix(text, what) ? 1 : 0;
	return count;
}

/* The same program, no comment lost, and nothing left to format. */
static void
fuzz_format(struct bytes text)
{
	struct buf once, twice;
	struct err e = { 0 };

	buf_init(&once, MAX_POLICY_SIZE);
	buf_init(&twice, MAX_POLICY_SIZE);
	if (policy_format(text, &once, NULL, &e) < 0) {
		HOLDS(e.code == ERR_LIMIT && once.size == 0);
	} else {
		HOLDS(same_tokens(text, buf_bytes(&once)));
		HOLDS(count_of(text, "//") == count_of(buf_bytes(&once), "//"));
		HOLDS(policy_format(buf_bytes(&once), &twice, NULL, &e) == 0);
		HOLDS(bytes_eq(buf_bytes(&once), buf_bytes(&twice)));
	}
	buf_release(&once);
	buf_release(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	struct bytes text = bytes_of(data, end == NULL ? size : (size_t)(end - data));
	struct bytes claims = bytes_slice(bytes_of(data, size), text.size + 1, size);
	struct policy *p = NULL, *again = NULL;
	struct policy_diag diag = { 0 };
	struct err e = { 0 };

	fuzz_lexer(text);
	if (policy_parse(text, &p, &diag, &e) < 0) {
		HOLDS(p == NULL);
		holds_diag(&diag, &e);
		if (diag.line > 0)
			fuzz_check(text, false, &diag);
		err_clear(&e);
		/* what only the version forbids */
		if (policy_parse_as(text, POLICY_VERSIONS_LENIENT, &p, NULL, &e) == 0) {
			fuzz_eval(p, claims);
			policy_unref(p);
		}
		return 0;
	}
	fuzz_check(text, true, &diag);
	HOLDS(bytes_eq(policy_text(p), text));
	HOLDS(policy_rule_count(p) <= MAX_POLICY_RULES);
	HOLDS(policy_parse(policy_text(p), &again, NULL, &e) == 0);
	HOLDS(strcmp(policy_hash(p), policy_hash(again)) == 0);
	policy_unref(again);
	fuzz_format(text);
	fuzz_eval(p, claims);
	policy_unref(p);
	return 0;
}

static size_t
split(struct bytes text, struct bytes words[MAX_MUTATED_WORDS])
{
	struct lexer lx;
	size_t count = 0;

	lexer_init(&lx, text, fuzz_arena());
	while (count < MAX_MUTATED_WORDS) {
		struct token t = lexer_next(&lx);

		if (t.kind == TOK_END || t.kind == TOK_BAD)
			break;
		words[count++] = t.text;
	}
	return count;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_words(data, size, max_size, seed, split, " ");
}
