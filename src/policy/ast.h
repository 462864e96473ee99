/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy as a tree, private to policy/: built by parse.c (grammar, maa-policy.md 3), made safe by check.c (section 4:
 * names resolved to slots, functions to rows), then immutable. Everything lives in the policy's own arena.
 *
 * A slot is an identifier's place in its rule's bindings: slot n belongs to the rule's condition n.
 */
#pragma once

#include "policy/policy.h"

enum prop { PROP_TYPE, PROP_VALUE, PROP_VALUE_TYPE, PROP_ISSUER };
enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };

struct value {
	enum claim_type type;
	bool truth;
	int64_t number;
	struct bytes text;
};

/* A single value and a set of one are the same thing (maa-policy.md 9). */
struct value_set {
	size_t count;
	struct value one;         /* when count is 1 */
	const struct value *many; /* when it is more */
	bool read_only;           /* 9.8 */
};

struct place {
	unsigned line, column;
};

struct function;

enum expr_kind { EXPR_LITERAL, EXPR_PROPERTY, EXPR_CALL };

struct expr {
	enum expr_kind kind;
	struct place place;
	struct value_set literal;  /* EXPR_LITERAL */
	struct bytes name;         /* the literal, the identifier or the function, as written */
	unsigned slot;             /* EXPR_PROPERTY, set by check.c */
	enum prop prop;            /* EXPR_PROPERTY */
	const struct function *fn; /* EXPR_CALL, set by check.c */
	struct expr *args;         /* EXPR_CALL: linked by next */
	size_t arg_count;
	struct expr *next;
};

struct test {
	enum prop prop;
	enum op op;
	struct place place; /* of the property */
	struct expr *right;
};

struct condition {
	bool negated, bound; /* bound: some expression or action uses its identifier */
	struct bytes name;   /* the identifier; empty: none */
	struct place place;
	struct test *tests;
	size_t count;
};

enum action_kind { ACTION_PERMIT, ACTION_DENY, ACTION_ADD, ACTION_ISSUE, ACTION_ISSUE_PROPERTY };

struct action {
	enum action_kind kind;
	struct place place;
	struct bytes claim; /* claim=x; empty: type= and value= */
	struct place claim_place;
	unsigned slot; /* of claim, set by check.c */
	struct expr *type, *value;
};

struct rule {
	enum policy_section section;
	unsigned number; /* from 1 within its section */
	struct place place;
	struct condition *conditions;
	size_t count;
	struct action action;
	struct rule *next;
};

struct policy {
	_Atomic unsigned refs;
	struct arena arena;
	struct bytes text;
	unsigned version; /* 10, 11, 12; set by check.c */
	struct bytes version_text;
	struct place version_place;
	struct place configuration_place; /* line 0: no configurationrules */
	struct rule *rules;               /* linked by next, in the order written */
	size_t rule_count;
	char hash[POLICY_HASH_SIZE];
};

struct diag_sink;

/* The grammar alone. With a sink that collects, 0 also when there were faults: the rules that are whole are there. */
int policy_grammar_parse(struct policy *p, struct diag_sink *to) MUST_CHECK;
/* The rules beyond the grammar (maa-policy.md 4), in the order listed there. */
int policy_rules_check(struct policy *p, enum policy_versions versions, struct diag_sink *to)
    MUST_CHECK;
