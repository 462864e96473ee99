/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a rule: conditions, "=>", an action (maa-policy.md 3). */
#include "policy/parser.h"

#include <string.h>

static const char *const prop_words[] = {
	[PROP_TYPE] = "type",
	[PROP_VALUE] = "value",
	[PROP_VALUE_TYPE] = "valueType",
	[PROP_ISSUER] = "issuer",
};

/* One of WORDS, or what was meant to be one. */
static int
parse_word(struct parser *p, const char *const *words, size_t count, const char *expected,
    const char *otherwise, size_t *index)
{
	char hint[MAX_WORD_HINT];
	size_t i = 0;

	while (i < count && !parser_is_word(p, words[i]))
		i++;
	if (i == count) {
		i = parser_meant(p, words, count);
		if (i == count)
			return parser_refuse(p, expected, otherwise);
		TRY(parser_report(p, expected, parser_word_hint(p, words[i], "", hint)));
	}
	*index = i;
	parser_next(p);
	return 0;
}

static int
parse_prop(struct parser *p, enum prop *prop)
{
	size_t index = 0;

	TRY(parse_word(p, prop_words, COUNT_OF(prop_words),
	    "'type', 'value', 'valueType' or 'issuer'",
	    p->now.kind == TOK_CLOSE_BRACKET ? "a condition compares at least one property" : "",
	    &index));
	*prop = (enum prop)index;
	return 0;
}

static int parse_expr(struct parser *p, unsigned depth, struct expr **out);

static int
parse_args(struct parser *p, unsigned depth, struct expr *call)
{
	struct expr **tail = NULL, *arg, *first = NULL;

	parser_next(p);
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
			parser_next(p);
		}
	}
	call->args = first;
	return parser_take(p, TOK_CLOSE_PAREN, "',' or ')'", "");
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

	parser_next(p);
	if (p->now.kind == TOK_OPEN_PAREN) {
		x->kind = EXPR_CALL;
		if (depth >= MAX_POLICY_CALL_DEPTH)
			return parser_limit(p, x->place, "calls may be nested 16 deep");
		return parse_args(p, depth, x);
	}
	if (p->now.kind != TOK_DOT || parser_is_keyword(name.text)) {
		if (p->now.kind != TOK_BAD)
			p->now = name;
		return parser_refuse(p,
		    "a value, a claim's property such as c.value, or a function", hint);
	}
	parser_next(p);
	x->kind = EXPR_PROPERTY;
	return parse_prop(p, &x->prop);
}

static const char *
value_hint(const struct parser *p)
{
	if (p->now.kind == TOK_VERSION)
		return "numbers are integers";
	if (p->now.kind == TOK_LT)
		return "if this is a placeholder, put the value in its place";
	return "";
}

static int
parse_expr(struct parser *p, unsigned depth, struct expr **out)
{
	struct expr *x = arena_alloc(&p->policy->arena, sizeof(*x));
	struct value v = { .type = CLAIM_STRING };

	if (x == NULL)
		return diag_no_memory(p->to);
	*out = x;
	x->place = p->now.place;
	x->name = p->now.text;
	if (p->now.kind == TOK_STRING) {
		v.text = p->now.string;
	} else if (p->now.kind == TOK_INTEGER) {
		v.type = CLAIM_INTEGER;
		v.number = p->now.number;
	} else if (parser_is_word(p, "true") || parser_is_word(p, "false")) {
		v.type = CLAIM_BOOLEAN;
		v.truth = parser_is_word(p, "true");
	} else if (p->now.kind == TOK_IDENT) {
		return parse_named(p, depth, x);
	} else {
		return parser_refuse(p,
		    "a value, a claim's property such as c.value, or a function", value_hint(p));
	}
	x->kind = EXPR_LITERAL;
	x->literal = literal_set(v);
	parser_next(p);
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
			parser_next(p);
			return 0;
		}
	}
	if (p->now.kind != TOK_ASSIGN)
		return parser_refuse(p, "'==', '!=', '<', '<=', '>' or '>='", "");
	TRY(parser_report(p, "'==', '!=', '<', '<=', '>' or '>='", "a comparison is written =="));
	*op = OP_EQ;
	parser_next(p);
	return 0;
}

static int
parse_tests(struct parser *p, struct condition *c)
{
	struct test tests[MAX_POLICY_TESTS];

	for (;;) {
		struct test *t = &tests[c->count];

		if (c->count == MAX_POLICY_TESTS)
			return parser_limit(p, c->place, "a condition may compare 16 properties");
		*t = (struct test){ .place = p->now.place };
		TRY(parse_prop(p, &t->prop));
		TRY(parse_op(p, &t->op));
		TRY(parse_expr(p, 0, &t->right));
		c->count++;
		if (p->now.kind != TOK_COMMA)
			break;
		parser_next(p);
	}
	c->tests = arena_array(&p->policy->arena, c->count, sizeof(tests[0]));
	if (c->tests == NULL)
		return diag_no_memory(p->to);
	memcpy(c->tests, tests, c->count * sizeof(tests[0]));
	return parser_take(p, TOK_CLOSE_BRACKET, "',' or ']'", "");
}

static const char *
condition_hint(const struct parser *p)
{
	struct bytes word = p->now.text;

	if (bytes_is_str_nocase(word, "exists") || bytes_is_str_nocase(word, "not"))
		return "existence is a plain condition; absence is ![…], version 1.2";
	return bytes_is_str_nocase(word, "count") ? "there is no COUNT" : "";
}

static int
parse_condition(struct parser *p, struct condition *c)
{
	parser_enter(p, "condition");
	*c = (struct condition){ .place = p->now.place };
	if (p->now.kind == TOK_NOT) {
		c->negated = true;
		parser_next(p);
	}
	if (p->now.kind == TOK_IDENT) {
		const char *hint = condition_hint(p);

		if (parser_is_keyword(p->now.text))
			return parser_refuse(p, "'[' or an identifier", "keywords name no claims");
		c->name = p->now.text;
		parser_next(p);
		TRY(parser_take(p, TOK_COLON, "':'", hint));
	}
	TRY(parser_take(p, TOK_OPEN_BRACKET, "'['", ""));
	TRY(parse_tests(p, c));
	parser_leave(p);
	return 0;
}

static int
parse_conditions(struct parser *p, struct rule *r)
{
	struct condition conditions[MAX_POLICY_CONDITIONS];

	while (p->now.kind != TOK_ARROW) {
		if (r->count > 0) {
			if (p->now.kind != TOK_AND)
				return parser_refuse(p, "'&&' or '=>'", "");
			parser_next(p);
		}
		if (r->count == MAX_POLICY_CONDITIONS)
			return parser_limit(p, r->place, "a rule may have 32 conditions");
		TRY(parse_condition(p, &conditions[r->count]));
		r->count++;
	}
	parser_next(p);
	if (r->count == 0)
		return 0;
	r->conditions = arena_array(&p->policy->arena, r->count, sizeof(conditions[0]));
	if (r->conditions == NULL)
		return diag_no_memory(p->to);
	memcpy(r->conditions, conditions, r->count * sizeof(conditions[0]));
	return 0;
}

static int
take_assign(struct parser *p)
{
	if (p->now.kind != TOK_EQ)
		return parser_take(p, TOK_ASSIGN, "'='", "");
	TRY(parser_report(p, "'='", "an argument is given with one ="));
	parser_next(p);
	return 0;
}

/* word "=" expression */
static int
parse_named_arg(struct parser *p, const char *word, struct expr **out)
{
	TRY(parser_take_word(p, word));
	TRY(take_assign(p));
	return parse_expr(p, 0, out);
}

static int
parse_claim_arg(struct parser *p, struct action *action)
{
	bool value_first = parser_is_word(p, "value");

	if (parser_is_word(p, "claim")) {
		parser_next(p);
		TRY(take_assign(p));
		if (p->now.kind != TOK_IDENT || parser_is_keyword(p->now.text))
			return parser_refuse(p, "the identifier of a condition", "");
		action->claim = p->now.text;
		action->claim_place = p->now.place;
		parser_next(p);
		return 0;
	}
	if (!value_first && !parser_is_word(p, "type"))
		return parser_refuse(p, "'type', 'value' or 'claim'",
		    "arguments are named: type=…, value=…, or claim=…");
	TRY(parse_named_arg(p, value_first ? "value" : "type",
	    value_first ? &action->value : &action->type));
	TRY(parser_take(p, TOK_COMMA, "','", "both type and value are needed"));
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
	size_t index = 0;

	parser_enter(p, "action");
	action->place = p->now.place;
	TRY(parse_word(p, words, COUNT_OF(words),
	    "'permit', 'deny', 'add', 'issue' or 'issueproperty'", "", &index));
	action->kind = (enum action_kind)index;
	TRY(parser_take(p, TOK_OPEN_PAREN, "'('", ""));
	if (action->kind != ACTION_PERMIT && action->kind != ACTION_DENY)
		TRY(parse_claim_arg(p, action));
	TRY(parser_take(p, TOK_CLOSE_PAREN, "')'", ""));
	parser_leave(p);
	return 0;
}

int
parser_rule_body(struct parser *p, struct rule *r)
{
	TRY(parse_conditions(p, r));
	return parse_action(p, &r->action);
}
