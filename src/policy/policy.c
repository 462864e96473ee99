/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include "base/b64.h"
#include "base/utf8.h"
#include "policy/ast.h"
#include "policy/diag.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A tree is a small multiple of its text. */
#define MAX_TREE_SIZE 33554432

const char *
policy_section_name(enum policy_section section)
{
	static const char *const names[] = { "configurationrules", "authorizationrules",
		"issuancerules" };

	return names[section];
}

static struct place
place_at(struct bytes text, size_t offset)
{
	struct place at = { 1, 1 };

	for (size_t i = 0; i < offset; i++) {
		if (text.p[i] == '\n') {
			at.line++;
			at.column = 1;
		} else if ((text.p[i] & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

/* UTF-8 without NULs: the tokens of a JSON token could not carry one. */
static int
check_text(struct bytes text, struct diag_sink *to)
{
	struct bytes left = text;

	if (text.size > MAX_POLICY_SIZE) {
		(void)diag_report(to, ERR_LIMIT, (struct place){ 1, 1 }, BYTES("text"), "",
		    "a policy may have 122880 bytes", "policy");
		return -1;
	}
	while (left.size > 0) {
		size_t offset = text.size - left.size;
		int32_t c = utf8_next(&left);

		if (c > 0)
			continue;
		(void)diag_report(to, ERR_MALFORMED, place_at(text, offset),
		    c < 0 ? BYTES("byte") : BYTES("NUL"), "",
		    c < 0 ? "the text is not UTF-8" : "the text holds a NUL", "policy");
		return -1;
	}
	return 0;
}

static int
policy_build(struct policy *p, enum policy_versions versions, struct diag_sink *to)
{
	to->text = p->text;
	TRY(policy_grammar_parse(p, to));
	return policy_rules_check(p, versions, to);
}

/* A policy that is empty but for its text. */
static struct policy *
policy_new(struct bytes text, struct err *e)
{
	DEFER(policy_unrefp) struct policy *p = calloc(1, sizeof(*p));

	if (p != NULL) {
		atomic_init(&p->refs, 1);
		arena_init(&p->arena, MAX_TREE_SIZE);
		p->text = arena_copy(&p->arena, text);
	}
	if (p == NULL || p->text.p == NULL) {
		(void)arena_fail(e, "policy");
		return NULL;
	}
	return policy_hash_of(text, p->hash, e) < 0 ? NULL : TAKE(p);
}

int
policy_parse_as(struct bytes text, enum policy_versions versions, struct policy **out,
    struct policy_diag *diag, struct err *e)
{
	DEFER(policy_unrefp) struct policy *p = NULL;
	struct diag_sink to = { .list = diag, .room = diag == NULL ? 0 : 1, .e = e };

	if (diag != NULL)
		*diag = (struct policy_diag){ 0 };
	TRY(check_text(text, &to));
	p = policy_new(text, e);
	if (p == NULL)
		return -1;
	TRY(policy_build(p, versions, &to));
	*out = TAKE(p);
	return 0;
}

int
policy_parse(struct bytes text, struct policy **out, struct policy_diag *diag, struct err *e)
{
	return policy_parse_as(text, POLICY_VERSIONS_STRICT, out, diag, e);
}

int
policy_check(struct bytes text, struct policy_diag *list, size_t room, size_t *count, struct err *e)
{
	DEFER(policy_unrefp) struct policy *p = NULL;
	struct diag_sink to = { .list = list,
		.room = room < MAX_POLICY_DIAGS ? room : MAX_POLICY_DIAGS,
		.collects = true,
		.e = e };

	*count = 0;
	if (room == 0)
		return err_set(e, ERR_INTERNAL, "policy: no room for a diagnostic");
	if (check_text(text, &to) == 0) {
		p = policy_new(text, e);
		if (p == NULL)
			return -1;
		/* a failure is the sink's: full, or without memory */
		if (policy_build(p, POLICY_VERSIONS_STRICT, &to) < 0 && to.broken)
			return -1;
	}
	diag_sort(&to);
	*count = to.count;
	return 0;
}

struct policy *
policy_ref(const struct policy *policy)
{
	/* the count is the only thing in it that changes */
	struct policy *p = (struct policy *)(uintptr_t)policy;

	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

void
policy_unref(struct policy *policy)
{
	if (policy == NULL ||
	    atomic_fetch_sub_explicit(&policy->refs, 1, memory_order_acq_rel) != 1)
		return;
	arena_release(&policy->arena);
	free(policy);
}

void
policy_unrefp(struct policy **policy)
{
	policy_unref(*policy);
}

struct bytes
policy_text(const struct policy *policy)
{
	return policy->text;
}

unsigned
policy_version(const struct policy *policy)
{
	return policy->version;
}

size_t
policy_rule_count(const struct policy *policy)
{
	return policy->rule_count;
}

const char *
policy_hash(const struct policy *policy)
{
	return policy->hash;
}

static void
hash_text(struct bytes of, char out[POLICY_HASH_SIZE])
{
	uint8_t digest[SHA256_SIZE];

	sha256(of, digest);
	b64_encode(B64_URL, BYTES_OF(digest), out);
	out[POLICY_HASH_SIZE - 1] = '\0';
}

int
policy_hash_of(struct bytes text, char out[POLICY_HASH_SIZE], struct err *e)
{
	DEFER(buf_release) struct buf encoded;

	buf_init(&encoded, b64_encoded_size(B64_URL, MAX_POLICY_SIZE));
	buf_b64(&encoded, B64_URL, text);
	if (!buf_ok(&encoded))
		return arena_fail(e, "policy");
	hash_text(buf_bytes(&encoded), out);
	return 0;
}

void
policy_token_hash(struct bytes jws, char out[POLICY_HASH_SIZE])
{
	hash_text(jws, out);
}

void
policy_outcome_message(const struct policy_outcome *out, char *text, size_t size)
{
	(void)snprintf(text, size,
	    "Policy Evaluation Error has occurred    Msg:[Policy Engine Exception: %s]",
	    out->message);
}

static bool
append_names(struct json *added, const struct claim_set *set, size_t from, size_t to,
    struct arena *a)
{
	for (size_t i = from; i < to && i < set->count; i++) {
		if (!json_append(added, json_new_str(a, set->claims[i].name)))
			return false;
	}
	return true;
}

/* What a rule issued, or else what it added or set. */
static struct json *
added_emit(const struct policy_outcome *out, const struct policy_rule_record *r, struct arena *a)
{
	struct json *added = json_new(a, JSON_ARRAY);
	bool issued = r->outgoing_to > r->outgoing_from && out->outgoing.count > 0;

	if (added == NULL)
		return NULL;
	if (issued && !append_names(added, &out->outgoing, r->outgoing_from, r->outgoing_to, a))
		return NULL;
	if (!issued && out->incoming != NULL &&
	    !append_names(added, out->incoming, r->incoming_from, r->incoming_to, a))
		return NULL;
	return added;
}

static struct json *
record_emit(const struct policy_outcome *out, const struct policy_rule_record *r, struct arena *a)
{
	struct json *o = json_new(a, JSON_OBJECT);

	if (!json_put(o, "section", json_new_cstr(a, policy_section_name(r->section))) ||
	    !json_put(o, "line", json_new_int(a, r->line)) ||
	    !json_put(o, "fired", json_new_bool(a, r->fired)) ||
	    !json_put(o, "added", added_emit(out, r, a)))
		return NULL;
	return o;
}

struct json *
policy_trace_emit(const struct policy *policy, const struct policy_outcome *out, const char *origin,
    struct arena *a)
{
	struct json *o = json_new(a, JSON_OBJECT), *rules = json_new(a, JSON_ARRAY);

	for (size_t i = 0; i < out->rule_count; i++) {
		/* rules behind a deny, or behind one that failed, never ran */
		if (out->rules[i].ran && !json_append(rules, record_emit(out, &out->rules[i], a)))
			return NULL;
	}
	/* the hash is copied: a trace outlives the policy */
	struct bytes hash = arena_copy(a, bytes_of(policy->hash, POLICY_HASH_SIZE - 1));

	if (hash.p == NULL || !json_put(o, "hash", json_new_str(a, hash)) ||
	    !json_put(o, "origin", json_new_cstr(a, origin)) || !json_put(o, "rules", rules))
		return NULL;
	return o;
}
