/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/rules.h"

#include "client/rules.h"
#include "codec/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_RULES_MEMORY (32U << 20)
#define RETIRE_TICK_NS   1000000L

/* Rules on their way. */
struct reader {
	struct gate_rules *rules;
	const struct gate_reader *files;
	struct gate_issuers *issuers;
	bool allow_dev;
	int64_t max_stale_s;
};

/* Letters that need no care anywhere: in a path, a header, a log line, another server's configuration. */
static bool
is_plain_name(struct bytes name, size_t most)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return name.size > 0 && name.size <= most;
}

/* What every answer has, and what comes from the client. */
static bool
is_reserved_header(struct bytes name)
{
	static const char *const names[] = { "attest-verdict", "attest-gate", "attest-issuer",
		"attest-type", "attest-check", "attest-token" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (bytes_is_str(name, names[i]))
			return true;
	return false;
}

/* No name comes twice: not in one mapping (codec/yaml.h), and the prefix keeps the two mappings apart. */
static int
check_header_name(struct bytes name, bool of_attester, struct err *e)
{
	if (!is_plain_name(name, MAX_GATE_NAME_SIZE) || !bytes_has_prefix(name, "attest-") ||
	    is_reserved_header(name))
		return err_set(e, ERR_INVALID,
		    "header '%.*s': not attest-NAME of a-z, 0-9 and -, or a name that every answer "
		    "has",
		    BYTES_FMT(name));
	if (bytes_has_prefix(name, GATE_ATTESTER_PREFIX) != of_attester)
		return err_set(e, ERR_INVALID,
		    "header '%.*s': what the attester wrote, and nothing else, goes under "
		    "attest-attester-NAME",
		    BYTES_FMT(name));
	return 0;
}

static int
check_header_claim(const struct json *v, bool of_attester, struct err *e)
{
	struct bytes claim = json_text(v), inner = claim;
	const uint8_t *dot;

	if (claim.size == 0 || claim.size > MAX_EXPECT_CLAIM_SIZE || json_has_nul(v))
		return err_set(e, ERR_INVALID, "a claim's name has 1 to %d characters",
		    MAX_EXPECT_CLAIM_SIZE);
	if (bytes_has_prefix(inner, EXPECT_NESTED))
		inner = bytes_slice(inner, sizeof(EXPECT_NESTED) - 1, inner.size);
	dot = inner.size == 0 ? NULL : memchr(inner.p, '.', inner.size);
	if (dot != NULL)
		inner.size = (size_t)(dot - inner.p);
	if (token_claim_is_attesters(inner) != of_attester)
		return err_set(e, ERR_INVALID,
		    of_attester ? "claim '%.*s' is not the attester's: name it under headers"
				: "claim '%.*s' is what the attester wrote: name it under "
				  "attester_headers",
		    BYTES_FMT(claim));
	return 0;
}

static int
take_headers(struct reader *r, struct gate *g, const struct json *v, bool of_attester,
    struct err *e)
{
	if (v == NULL)
		return 0;
	if (v->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "%.*s is no mapping of headers to claims",
		    BYTES_FMT(v->name));
	for (const struct json *m = v->first; m != NULL; m = m->next) {
		struct gate_header *h = &g->headers[g->header_count];
		struct bytes claim = json_text(m), name;

		if (g->header_count == MAX_GATE_HEADERS)
			return err_set(e, ERR_LIMIT, "more than %d headers", MAX_GATE_HEADERS);
		TRY(check_header_name(m->name, of_attester, e));
		TRY(check_header_claim(m, of_attester, e));
		name = arena_copy(&r->rules->arena, m->name);
		claim = arena_copy(&r->rules->arena, claim);
		if (name.p == NULL || claim.p == NULL)
			return arena_fail(e, "gate");
		*h = (struct gate_header){ (const char *)name.p, claim, of_attester };
		g->header_count++;
	}
	return 0;
}

/* Nobody tells a proxy what is fresh but the clock. */
static int
check_freshness(const struct token_expectation *want, struct err *e)
{
	if (want->nonce.p != NULL)
		return err_set(e, ERR_INVALID,
		    "a nonce is for one exchange, and a proxy sees many: name max_age instead");
	if (want->max_age_s < 0)
		return err_set(e, ERR_MISSING,
		    "no max_age in seconds: a proxy makes no nonces, so age is all that tells a "
		    "fresh token");
	return 0;
}

static int
take_expectation(struct reader *r, struct gate *g, const struct json *v, struct err *e)
{
	struct bytes path = json_text(v), text;

	if (path.size == 0 || json_has_nul(v))
		return err_set(e, ERR_MISSING, "no expect: the file of its expectation");
	TRY(r->files->read(r->files->user, path, &r->rules->arena, &text, e));
	g->want = (struct token_expectation)TOKEN_EXPECTATION;
	if (expectation_parse(&g->want, &r->rules->arena, text, e) < 0 ||
	    check_freshness(&g->want, e) < 0 || expectation_complete(&g->want, e) < 0)
		return err_in(e, "%.*s", BYTES_FMT(path));
	g->want.allow_dev = r->allow_dev;
	TRY(discovery_config_check(&(struct discovery_config){ .issuer =
								   (const char *)g->want.issuer.p },
	    e));
	if (r->issuers == NULL)
		return 0;
	return gate_issuers_find(r->issuers, g->want.issuer, (uint32_t)r->max_stale_s, &g->keys, e);
}

static bool
all_known(const struct json *object, const char *const *names, size_t count, struct err *e)
{
	for (const struct json *m = object->first; m != NULL; m = m->next) {
		size_t i = 0;

		while (i < count && !bytes_is_str(m->name, names[i]))
			i++;
		if (i == count) {
			err_set(e, ERR_INVALID, "unknown key '%.*s'", BYTES_FMT(m->name));
			return false;
		}
	}
	return true;
}

static int
take_gate(struct reader *r, struct gate *g, const struct json *v, struct err *e)
{
	static const char *const names[] = { "expect", "headers", "attester_headers" };

	g->name = arena_copy(&r->rules->arena, v->name);
	if (g->name.p == NULL)
		return arena_fail(e, "gate");
	if (!is_plain_name(g->name, MAX_GATE_NAME_SIZE))
		return err_set(e, ERR_INVALID, "a gate's name has 1 to %d of a-z, 0-9 and -",
		    MAX_GATE_NAME_SIZE);
	if (v->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "not a mapping");
	if (!all_known(v, names, COUNT_OF(names), e))
		return -1;
	TRY(take_expectation(r, g, json_get(v, "expect"), e));
	TRY(take_headers(r, g, json_get(v, "headers"), false, e));
	return take_headers(r, g, json_get(v, "attester_headers"), true, e);
}

static int
take_all(struct reader *r, const struct json *doc, struct err *e)
{
	static const char *const names[] = { "max_stale", "gates" };
	const struct json *stale, *gates;

	if (doc->type != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "not a mapping");
	if (!all_known(doc, names, COUNT_OF(names), e))
		return -1;
	stale = json_get(doc, "max_stale");
	if (stale != NULL &&
	    (!json_int(stale, &r->max_stale_s) || r->max_stale_s < 2 ||
		r->max_stale_s > GATE_MOST_MAX_STALE_S))
		return err_set(e, ERR_INVALID, "max_stale is not a number of seconds from 2 to %u",
		    GATE_MOST_MAX_STALE_S);
	gates = json_get(doc, "gates");
	if (gates == NULL || gates->type != JSON_OBJECT || gates->count == 0)
		return err_set(e, ERR_MISSING, "no gates");
	if (gates->count > MAX_GATES)
		return err_set(e, ERR_LIMIT, "more than %d gates", MAX_GATES);
	r->rules->gates = arena_array(&r->rules->arena, gates->count, sizeof(struct gate));
	if (r->rules->gates == NULL)
		return arena_fail(e, "gate");
	for (const struct json *m = gates->first; m != NULL; m = m->next)
		if (take_gate(r, &r->rules->gates[r->rules->count++], m, e) < 0)
			return err_in(e, "gate %.*s", BYTES_FMT(m->name));
	return 0;
}

static void
rules_free(struct gate_rules *rules)
{
	if (rules == NULL)
		return;
	arena_release(&rules->arena);
	free(rules);
}

static void
rules_freep(struct gate_rules **rules)
{
	rules_free(*rules);
}

int
gate_rules_parse(struct bytes text, bool allow_dev, const struct gate_reader *files,
    struct gate_issuers *issuers, struct gate_rules **out, struct err *e)
{
	DEFER(rules_freep) struct gate_rules *rules = calloc(1, sizeof(*rules));
	struct reader r = { rules, files, issuers, allow_dev, GATE_MAX_STALE_S };
	const struct json *doc;
	struct bytes kept;

	if (rules == NULL)
		return arena_fail(e, "gate");
	arena_init(&rules->arena, MAX_RULES_MEMORY);
	atomic_init(&rules->users, 0);
	kept = arena_copy(&rules->arena, text);
	if (kept.p == NULL)
		return arena_fail(e, "gate");
	TRY(yaml_parse(kept, MAX_GATE_RULES_SIZE, &rules->arena, &doc, e));
	TRY(take_all(&r, doc, e));
	*out = TAKE(rules);
	return 0;
}

const struct gate *
gate_rules_find(const struct gate_rules *rules, struct bytes name)
{
	for (size_t i = 0; i < rules->count; i++)
		if (bytes_eq(rules->gates[i].name, name))
			return &rules->gates[i];
	return NULL;
}

void
gate_rules_retire(struct gate_rules *rules)
{
	const struct timespec tick = { .tv_nsec = RETIRE_TICK_NS };

	while (rules != NULL && atomic_load(&rules->users) > 0)
		nanosleep(&tick, NULL);
	rules_free(rules);
}
