/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate/rules and gate/value: rules that are taken have gates of plain names, each with an expectation that a proxy can hold
 * and headers that say whose word they carry; a value of a header is visible ASCII whatever the claims are. The input is the
 * size of the rules, the rules, and claims.
 */
#include "fuzz.h"

#include "client/rules.h"
#include "gate/judge.h"
#include "gate/value.h"

#include <string.h>

static const char expectation[] = "issuer: https://i.example\ntype: SgxEnclave\nmax_age: 600\n";

static int
read_expectation(void *user, struct bytes path, struct arena *a, struct bytes *out, struct err *e)
{
	(void)user;
	HOLDS(path.size > 0 && memchr(path.p, '\0', path.size) == NULL);
	*out = arena_copy(a, BYTES(expectation));
	return out->p == NULL ? arena_fail(e, "file") : 0;
}

static bool
is_plain(const char *text, size_t size)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == size && size > 0;
}

/* The first word of a path, behind the one object that may stand in front of it. */
static struct bytes
member_of(struct bytes claim)
{
	const uint8_t *dot;

	if (bytes_has_prefix(claim, EXPECT_NESTED))
		claim = bytes_slice(claim, sizeof(EXPECT_NESTED) - 1, claim.size);
	dot = claim.size == 0 ? NULL : memchr(claim.p, '.', claim.size);
	return dot == NULL ? claim : bytes_slice(claim, 0, (size_t)(dot - claim.p));
}

static void
fuzz_header(const struct gate_header *h, const struct json *claims)
{
	bool says_so = strncmp(h->name, "attest-attester-", 16) == 0;
	const char *value = NULL;
	struct err e = { 0 };

	HOLDS(is_plain(h->name, strlen(h->name)) && strncmp(h->name, "attest-", 7) == 0);
	HOLDS(strcmp(h->name, "attest-verdict") != 0 && strcmp(h->name, "attest-gate") != 0);
	HOLDS(says_so == h->of_attester);
	HOLDS(says_so == token_claim_is_attesters(member_of(h->claim)));
	HOLDS(gate_header_value(h, claims, fuzz_arena_other(), &value, &e) == 0);
	if (value == NULL)
		return;
	HOLDS(value[0] != '\0' && strlen(value) <= MAX_GATE_VALUE);
	for (const char *p = value; *p != '\0'; p++)
		HOLDS(*p > ' ' && *p < 0x7f);
}

static void
fuzz_gate(const struct gate_rules *rules, const struct gate *g, const struct json *claims)
{
	HOLDS(is_plain((const char *)g->name.p, g->name.size));
	HOLDS(gate_rules_find(rules, g->name) == g);
	HOLDS(g->want.issuer.p != NULL && g->want.types != NULL && g->want.max_age_s >= 0);
	HOLDS(g->want.nonce.p == NULL && !g->want.allow_dev && !g->want.allow_debug);
	HOLDS(g->header_count <= MAX_GATE_HEADERS);
	for (size_t i = 0; i < g->header_count; i++)
		fuzz_header(&g->headers[i], claims);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct gate_reader files = { read_expectation, NULL };
	struct rd r = rd_from(bytes_of(data, size));
	struct bytes text = rd_take(&r, rd_le16(&r)), rest = rd_rest(&r);
	const struct json *claims = NULL;
	struct gate_rules *rules = NULL;
	struct err e = { 0 };

	if (!rd_ok(&r))
		return 0;
	if (gate_rules_parse(text, false, &files, NULL, &rules, &e) < 0) {
		fuzz_refusal(&e);
		return 0;
	}
	if (json_parse(rest, rest.size, fuzz_arena(), &claims, NULL) < 0)
		claims = NULL;
	HOLDS(rules->count > 0 && rules->count <= MAX_GATES);
	for (size_t i = 0; i < rules->count; i++)
		fuzz_gate(rules, &rules->gates[i], claims);
	gate_rules_retire(rules);
	return 0;
}
