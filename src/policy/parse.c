/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of maa-policy.md 3, by recursive descent with one token in hand. Each function stands for one production
 * and leaves the first token behind it in p->now.
 */
#include "policy/ast.h"
#include "policy/diag.h"
#include "policy/lex.h"

#include <stdio.h>
#include <string.h>

#define MAX_PATH_PARTS 4

struct parser {
	struct policy *policy;
	struct lexer lexer;
	struct token now;
	const char *path[MAX_PATH_PARTS]; /* productions being read, "policy" outermost */
	size_t path_count;
	struct rule **tail;
	struct policy_diag *diag;
	struct err *e;
};

static void
next(struct parser *p)
{
	p->now = lexer_next(&p->lexer);
}

static void
enter(struct parser *p, const char *production)
{
	p->path[p->path_count++] = production;
}

static void
leave(struct parser *p)
{
	p->path_count--;
}

static int
fail_at(struct parser *p, enum err_code code, struct place at, struct bytes found,
    const char *expected, const char *hint)
{
	char path[64] = "";
	size_t used = 0;

	for (size_t i = 0; i < p->path_count; i++) {
		int n = snprintf(path + used, sizeof(path) - used, "%s%s", i == 0 ? "" : " > ",
		    p->path[i]);

		if (n < 0 || (size_t)n >= sizeof(path) - used)
			break;
		used += (size_t)n;
	}
	return diag_fail(p->diag, p->e, code, at, found, expected, hint, path);
}

static int
fail_expected(struct parser *p, const char *expected, const char *hint)
{
	if (p->now.kind == TOK_BAD)
		return fail_at(p, p->now.code, p->now.place, p->now.text, "", p->now.hint);
	return fail_at(p, ERR_MALFORMED, p->now.place,
	    p->now.kind == TOK_END ? BYTES("end of text") : p->now.text, expected, hint);
}

static int
fail_limit(struct parser *p, struct place at, const char *hint)
{
	return fail_at(p, ERR_LIMIT, at, p->now.text, "", hint);
}

static int
fail_memory(struct parser *p)
{
	return arena_fail(p->e, "policy");
}

static int
take(struct parser *p, enum token_kind kind, const char *expected, const char *hint)
{
	if (p->now.kind != kind)
		return fail_expected(p, expected, hint);
	next(p);
	return 0;
}

static int
take_semicolon(struct parser *p)
{
	return take(p, TOK_SEMICOLON, "';'",
	    "the version line, every rule and every section end in ';'");
}

static bool
is_word(const struct parser *p, const char *word)
{
	return p->now.kind == TOK_IDENT && bytes_is_str(p->now.text, word);
}

static bool
is_word_nocase(const struct parser *p, const char *word)
{
	return p->now.kind == TOK_IDENT && bytes_is_str_nocase(p->now.text, word);
}

/* "keywords are lower case" when the word at hand is WORD but for its case, else OTHERWISE. */
static const char *
case_hint(const struct parser *p, const char *word, const char *otherwise)
{
	return is_word_nocase(p, word) ? "keywords are written in lower case" : otherwise;
}

static int
take_word(struct parser *p, const char *word)
{
	char expected[32];

	if (!is_word(p, word)) {
		(void)snprintf(expected, sizeof(expected), "'%s'", word);
		return fail_expected(p, expected, case_hint(p, word, ""));
	}
	next(p);
	return 0;
}

static const char *const keywords[] = { "version", "configurationrules", "authorizationrules",
	"issuancerules", "permit", "deny", "add", "issue", "issueproperty", "type", "value",
	"valueType", "issuer", "claim", "true", "false" };

static bool
is_keyword(struct bytes name)
{
	for (size_t i = 0; i < COUNT_OF(keywords); i++) {
		if (bytes_is_str(name, keywords[i]))
			return true;
	}
	return false;
}

static const char *const prop_words[] = {
	[PROP_TYPE] = "type",
	[PROP_VALUE] = "value",
	[PROP_VALUE_TYPE] = "valueType",
	[PROP_ISSUER] = "issuer",
};

static int
parse_prop(struct parser *p, enum prop *prop)
{
	const char *hint =
	    p->now.kind == TOK_CLOSE_BRACKET ? "a condition compares at least one property" : "";

	for (size_t i = 0; i < COUNT_OF(prop_words); i++) {
		if (is_word(p, prop_words[i])) {
			*prop = (enum prop)i;
			next(p);
			return 0;
		}
		hint = case_hint(p, prop_words[i], hint);
	}
	return fail_expected(p, "'type', 'value', 'valueType' or 'issuer'", hint);
}

static int parse_expr(struct parser *p, unsigned depth, struct expr **out);

static int
parse_args(struct parser *p, unsigned depth, struct expr *call)
{
	struct expr **tail = NULL, *arg, *first = NULL;

	next(p);
	if (p->now.kind != TOK_CLOSE_PAREN) {
		for (;;) {
			TRY(parse_expr(p, depth + 1, &arg));
			if (tail == NULL)
				first = arg;
			else
				*tail = arg;
			tail = &arg->next;
			call->arg_count++;
			if (p->now.kind != TOK_COMMA)
				break;
			next(p);
		}
	}
	call->args = first;
	return take(p, TOK_CLOSE_PAREN, "',' or ')'", "");
}

static struct value_set
literal_set(struct value v)
{
	return (struct value_set){ .count = 1, .one = v };
}

/* IDENTIFIER "." property, or FUNCTION "(" … ")" */
static int
parse_named(struct parser *p, unsigned depth, struct expr *x)
{
	struct token name = p->now;
	const char *hint =
	    bytes_is_str_nocase(name.text, "true") || bytes_is_str_nocase(name.text, "false")
	    ? "booleans are written true and false"
	    : "strings stand between quotation marks";

	x->name = name.text;
	next(p);
	if (p->now.kind == TOK_OPEN_PAREN) {
		x->kind = EXPR_CALL;
		if (depth >= MAX_POLICY_CALL_DEPTH)
			return fail_limit(p, x->place, "calls may be nested 16 deep");
		return parse_args(p, depth, x);
	}
	if (p->now.kind != TOK_DOT || is_keyword(name.text)) {
		if (p->now.kind != TOK_BAD)
			p->now = name;
		return fail_expected(p,
		    "a value, a claim's property such as c.value, or a function", hint);
	}
	next(p);
	x->kind = EXPR_PROPERTY;
	return parse_prop(p, &x->prop);
}

static int
parse_expr(struct parser *p, unsigned depth, struct expr **out)
{
	struct expr *x = arena_alloc(&p->policy->arena, sizeof(*x));
	struct value v = { .type = CLAIM_STRING };

	if (x == NULL)
		return fail_memory(p);
	*out = x;
	x->place = p->now.place;
	if (p->now.kind == TOK_STRING) {
		v.text = p->now.string;
	} else if (p->now.kind == TOK_INTEGER) {
		v.type = CLAIM_INTEGER;
		v.number = p->now.number;
	} else if (is_word(p, "true") || is_word(p, "false")) {
		v.type = CLAIM_BOOLEAN;
		v.truth = is_word(p, "true");
	} else if (p->now.kind == TOK_IDENT) {
		return parse_named(p, depth, x);
	} else {
		return fail_expected(p,
		    "a value, a claim's property such as c.value, or a function",
		    p->now.kind == TOK_VERSION ? "numbers are integers" : "");
	}
	x->kind = EXPR_LITERAL;
	x->literal = literal_set(v);
	next(p);
	return 0;
}

static int
parse_op(struct parser *p, enum op *op)
{
	static const struct {
		enum token_kind kind;
		enum op op;
	} ops[] = { { TOK_EQ, OP_EQ }, { TOK_NE, OP_NE }, { TOK_LT, OP_LT }, { TOK_LE, OP_LE },
		{ TOK_GT, OP_GT }, { TOK_GE, OP_GE } };

	for (size_t i = 0; i < COUNT_OF(ops); i++) {
		if (p->now.kind == ops[i].kind) {
			*op = ops[i].op;
			next(p);
			return 0;
		}
	}
	return fail_expected(p, "'==', '!=', '<', '<=', '>' or '>='",
	    p->now.kind == TOK_ASSIGN ? "a comparison is written ==" : "");
}

static int
parse_tests(struct parser *p, struct condition *c)
{
	struct test tests[MAX_POLICY_TESTS];

	for (;;) {
		struct test *t = &tests[c->count];

		if (c->count == MAX_POLICY_TESTS)
			return fail_limit(p, c->place, "a condition may compare 16 properties");
		*t = (struct test){ .place = p->now.place };
		TRY(parse_prop(p, &t->prop));
		TRY(parse_op(p, &t->op));
		TRY(parse_expr(p, 0, &t->right));
		c->count++;
		if (p->now.kind != TOK_COMMA)
			break;
		next(p);
	}
	c->tests = arena_array(&p->policy->arena, c->count, sizeof(tests[0]));
	if (c->tests == NULL)
		return fail_memory(p);
	memcpy(c->tests, tests, c->count * sizeof(tests[0]));
	return take(p, TOK_CLOSE_BRACKET, "',' or ']'", "");
}

static const char *
condition_hint(const struct parser *p)
{
	if (is_word_nocase(p, "exists") || is_word_nocase(p, "not"))
		return "existence is a plain condition; absence is ![…], version 1.2";
	if (is_word_nocase(p, "count"))
		return "there is no COUNT";
	return "";
}

static int
parse_condition(struct parser *p, struct condition *c)
{
	enter(p, "condition");
	*c = (struct condition){ .place = p->now.place };
	if (p->now.kind == TOK_NOT) {
		c->negated = true;
		next(p);
	}
	if (p->now.kind == TOK_IDENT) {
		const char *hint = condition_hint(p);

		if (is_keyword(p->now.text))
			return fail_expected(p, "'[' or an identifier", "keywords name no claims");
		c->name = p->now.text;
		next(p);
		TRY(take(p, TOK_COLON, "':'", hint));
	}
	TRY(take(p, TOK_OPEN_BRACKET, "'['", ""));
	TRY(parse_tests(p, c));
	leave(p);
	return 0;
}

static int
parse_conditions(struct parser *p, struct rule *r)
{
	struct condition conditions[MAX_POLICY_CONDITIONS];

	while (p->now.kind != TOK_ARROW) {
		if (r->count > 0) {
			if (p->now.kind != TOK_AND)
				return fail_expected(p, "'&&' or '=>'", "");
			next(p);
		}
		if (r->count == MAX_POLICY_CONDITIONS)
			return fail_limit(p, r->place, "a rule may have 32 conditions");
		TRY(parse_condition(p, &conditions[r->count]));
		r->count++;
	}
	next(p);
	if (r->count == 0)
		return 0;
	r->conditions = arena_array(&p->policy->arena, r->count, sizeof(conditions[0]));
	if (r->conditions == NULL)
		return fail_memory(p);
	memcpy(r->conditions, conditions, r->count * sizeof(conditions[0]));
	return 0;
}

/* word "=" expression */
static int
parse_named_arg(struct parser *p, const char *word, struct expr **out)
{
	TRY(take_word(p, word));
	TRY(take(p, TOK_ASSIGN, "'='",
	    p->now.kind == TOK_EQ ? "an argument is given with one =" : ""));
	return parse_expr(p, 0, out);
}

static int
parse_claim_arg(struct parser *p, struct action *action)
{
	bool value_first = is_word(p, "value");

	if (is_word(p, "claim")) {
		next(p);
		TRY(take(p, TOK_ASSIGN, "'='", ""));
		if (p->now.kind != TOK_IDENT || is_keyword(p->now.text))
			return fail_expected(p, "the identifier of a condition", "");
		action->claim = p->now.text;
		action->claim_place = p->now.place;
		next(p);
		return 0;
	}
	if (!value_first && !is_word(p, "type"))
		return fail_expected(p, "'type', 'value' or 'claim'",
		    "arguments are named: type=…, value=…, or claim=…");
	TRY(parse_named_arg(p, value_first ? "value" : "type",
	    value_first ? &action->value : &action->type));
	TRY(take(p, TOK_COMMA, "','", "both type and value are needed"));
	return parse_named_arg(p, value_first ? "type" : "value",
	    value_first ? &action->type : &action->value);
}

static int
parse_action(struct parser *p, struct action *action)
{
	static const char *const words[] = {
		[ACTION_PERMIT] = "permit",
		[ACTION_DENY] = "deny",
		[ACTION_ADD] = "add",
		[ACTION_ISSUE] = "issue",
		[ACTION_ISSUE_PROPERTY] = "issueproperty",
	};
	const char *hint = "";
	size_t i = 0;

	enter(p, "action");
	action->place = p->now.place;
	while (i < COUNT_OF(words) && !is_word(p, words[i]))
		hint = case_hint(p, words[i++], hint);
	if (i == COUNT_OF(words))
		return fail_expected(p, "'permit', 'deny', 'add', 'issue' or 'issueproperty'",
		    hint);
	action->kind = (enum action_kind)i;
	next(p);
	TRY(take(p, TOK_OPEN_PAREN, "'('", ""));
	if (action->kind != ACTION_PERMIT && action->kind != ACTION_DENY)
		TRY(parse_claim_arg(p, action));
	TRY(take(p, TOK_CLOSE_PAREN, "')'", ""));
	leave(p);
	return 0;
}

static int
parse_rule(struct parser *p, enum policy_section section, unsigned number)
{
	static const char *const names[] = { "configRule", "authRule", "issueRule" };
	struct rule *r;

	enter(p, names[section]);
	if (p->now.kind != TOK_ARROW && p->now.kind != TOK_NOT && p->now.kind != TOK_OPEN_BRACKET &&
	    p->now.kind != TOK_IDENT)
		return fail_expected(p, "'=>', a condition or '}'", "");
	if (p->policy->rule_count == MAX_POLICY_RULES)
		return fail_limit(p, p->now.place, "a policy may have 1024 rules");
	r = arena_alloc(&p->policy->arena, sizeof(*r));
	if (r == NULL)
		return fail_memory(p);
	r->section = section;
	r->number = number;
	r->place = p->now.place;
	TRY(parse_conditions(p, r));
	TRY(parse_action(p, &r->action));
	TRY(take_semicolon(p));
	*p->tail = r;
	p->tail = &r->next;
	p->policy->rule_count++;
	leave(p);
	return 0;
}

/* From behind the section's name. */
static int
parse_section(struct parser *p, enum policy_section section)
{
	enter(p, policy_section_name(section));
	next(p);
	TRY(take(p, TOK_OPEN_BRACE, "'{'",
	    p->now.kind == TOK_ASSIGN ? "a section's name is followed by '{' at once" : ""));
	for (unsigned number = 1; p->now.kind != TOK_CLOSE_BRACE; number++)
		TRY(parse_rule(p, section, number));
	next(p);
	TRY(take_semicolon(p));
	leave(p);
	return 0;
}

static int
parse_version(struct parser *p)
{
	enter(p, "versionInfo");
	TRY(take_word(p, "version"));
	TRY(take(p, TOK_ASSIGN, "'='", ""));
	p->policy->version_text = p->now.text;
	p->policy->version_place = p->now.place;
	TRY(take(p, TOK_VERSION, "a version number", "versions are 1.0, 1.1 and 1.2"));
	TRY(take_semicolon(p));
	leave(p);
	return 0;
}

static int
fail_section(struct parser *p, const char *expected)
{
	const char *hint = "the sections are configurationrules, authorizationrules and "
			   "issuancerules, in this order, each once";

	for (int i = SECTION_CONFIGURATION; i <= SECTION_ISSUANCE; i++) {
		const char *name = policy_section_name((enum policy_section)i);

		if (!is_word(p, name))
			hint = case_hint(p, name, hint);
	}
	return fail_expected(p, expected, hint);
}

int
policy_grammar_parse(struct policy *policy, struct policy_diag *diag, struct err *e)
{
	struct parser p = { .policy = policy, .tail = &policy->rules, .diag = diag, .e = e };

	lexer_init(&p.lexer, policy->text, &policy->arena);
	enter(&p, "policy");
	next(&p);
	TRY(parse_version(&p));
	if (is_word(&p, policy_section_name(SECTION_CONFIGURATION))) {
		policy->configuration_place = p.now.place;
		TRY(parse_section(&p, SECTION_CONFIGURATION));
		if (!is_word(&p, policy_section_name(SECTION_AUTHORIZATION)))
			return fail_section(&p, "'authorizationrules'");
	} else if (!is_word(&p, policy_section_name(SECTION_AUTHORIZATION))) {
		return fail_section(&p, "'configurationrules' or 'authorizationrules'");
	}
	TRY(parse_section(&p, SECTION_AUTHORIZATION));
	if (is_word(&p, policy_section_name(SECTION_ISSUANCE))) {
		TRY(parse_section(&p, SECTION_ISSUANCE));
		if (p.now.kind != TOK_END)
			return fail_section(&p, "end of text");
	} else if (p.now.kind != TOK_END) {
		return fail_section(&p, "'issuancerules' or end of text");
	}
	return 0;
}
