/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies evaluated over a few claims, for test programs: POLICY_TEST(name) gives each case an empty incoming set, an
 * outcome and the limits of a stored policy; the group's teardown is policy_release_all.
 */
#pragma once

#include "policy/policy.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

#define POLICY_TEST(name) cmocka_unit_test_setup_teardown(name, policy_setup, policy_teardown)

static struct arena arena;
static struct claim_set incoming;
static struct policy_outcome out;
static struct policy_limits limits;

static inline int
policy_setup(void **state)
{
	(void)state;
	arena_init(&arena, 64 << 20);
	incoming = (struct claim_set){ 0 };
	out = (struct policy_outcome){ 0 };
	limits = policy_limits_stored;
	return 0;
}

static inline int
policy_teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* The policy lives until the end of the program: outcomes are views into it. */
static struct policy *kept[256];
static size_t kept_count;

static inline struct policy *
known(const char *text)
{
	struct err e = { 0 };
	struct policy *p = NULL;

	if (policy_parse(bytes_of_str(text), &p, NULL, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	assert_true(kept_count < COUNT_OF(kept));
	kept[kept_count++] = p;
	return p;
}

static inline int
policy_release_all(void **state)
{
	(void)state;
	while (kept_count > 0)
		policy_unref(kept[--kept_count]);
	return 0;
}

static inline void
eval(const char *text)
{
	assert_int_equal(policy_eval(known(text), &incoming, &arena, &limits, &out, NULL), 0);
}

/* A version 1.2 policy that permits, with RULES for its issuance. */
static inline void
eval_rules(const char *rules)
{
	char text[4096];

	snprintf(text, sizeof(text),
	    "version=1.2;authorizationrules{=>permit();};issuancerules{%s};", rules);
	out = (struct policy_outcome){ 0 };
	eval(text);
}

static inline void
assert_issued(const char *want)
{
	DEFER(buf_release) struct buf b;

	buf_init(&b, 65536);
	if (!out.permitted)
		fail_msg("not permitted: %s", out.message);
	json_emit(&b, claims_object_emit(&out.outgoing, &arena), JSON_AS_IS);
	buf_char(&b, '\0');
	assert_string_equal((const char *)b.p, want);
}

/* The rules of an issuancerules section fail with MESSAGE. */
static inline void
assert_error(const char *rules, const char *message)
{
	eval_rules(rules);
	assert_false(out.permitted);
	assert_false(out.exhausted);
	assert_int_equal(out.reason, POLICY_REASON_ERROR);
	assert_string_equal(out.message, message);
	assert_int_equal(out.outgoing.count, 0);
}

static inline void
put_int(const char *name, int64_t v)
{
	assert_int_equal(claim_set_int(&incoming, &arena, name, v, NULL), 0);
}

static inline void
put_text(const char *name, const char *v)
{
	assert_int_equal(claim_set_text(&incoming, &arena, name, bytes_of_str(v), NULL), 0);
}

static inline void
put_bool(const char *name, bool v)
{
	assert_int_equal(claim_set_bool(&incoming, &arena, name, v, NULL), 0);
}

/* As `pcrs` is (maa-policy.md 9.8). */
static inline void
put_read_only(const char *name, const char *v)
{
	struct claim c = { .name = bytes_of_str(name),
		.type = CLAIM_STRING,
		.text = bytes_of_str(v),
		.read_only = true };

	assert_int_equal(claim_set_add(&incoming, &arena, &c, NULL), 0);
}
