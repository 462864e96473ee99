/* SPDX-License-Identifier: Apache-2.0 */
/* The recorded tokens, made again from what they say: the same bytes must come out. */
#include "token/build.h"

#include "claims/names.h"
#include "jose/jws.h"

#include "../../support/test.h"
#include "../../support/vectors.h"

#include <string.h>

static const char *const attestation_tokens[] = { "recorded-sgx-simple",
	"recorded-sgx-runtime-binary", "recorded-oe-runtime-json", "recorded-oe-draft-policy" };
static const char *const policy_get_tokens[] = { "recorded-policy-get-sgx",
	"recorded-policy-get-tpm-unset" };
static const char *const policy_set_tokens[] = { "recorded-policy-set-signed-1",
	"recorded-policy-set-signed-2", "recorded-policy-set-signed-3",
	"recorded-policy-set-signed-4", "recorded-policy-set-unsigned-1",
	"recorded-policy-set-unsigned-2", "recorded-policy-set-unsigned-3",
	"recorded-policy-set-unsigned-4" };
static const char *const certificates_tokens[] = { "recorded-certificates-get-aad",
	"recorded-certificates-get-isolated" };

static struct arena arena;
static struct buf out;
static struct jws jws;
static const struct json *payload;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 16 << 20);
	buf_init(&out, 1 << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&out);
	arena_release(&arena);
	return 0;
}

static void
load(const char *name)
{
	struct bytes text;
	char path[256];

	snprintf(path, sizeof(path), "maa/tokens/%s.jwt", name);
	assert_true(vector_read(path, &arena, &text));
	while (text.size > 0 && text.p[text.size - 1] <= ' ')
		text.size--;
	assert_int_equal(jws_parse(text, &arena, &jws, NULL), 0);
	assert_int_equal(json_parse(jws.payload, 1 << 20, &arena, &payload, NULL), 0);
}

static void
assert_out(const char *name, struct bytes want)
{
	if (!bytes_eq(buf_bytes(&out), want))
		fail_msg("%s\nwant %.*s\ngot  %.*s", name, BYTES_FMT(want),
		    BYTES_FMT(buf_bytes(&out)));
	buf_clear(&out);
}

static int64_t
number(const char *name)
{
	int64_t v = 0;

	assert_true(json_int(json_get(payload, name), &v));
	return v;
}

static void
every_header_is_made_again(void **state)
{
	static const struct {
		const char *const *names;
		size_t count;
	} lists[] = {
		{ attestation_tokens, COUNT_OF(attestation_tokens) },
		{ policy_get_tokens, COUNT_OF(policy_get_tokens) },
		{ policy_set_tokens, COUNT_OF(policy_set_tokens) },
		{ certificates_tokens, COUNT_OF(certificates_tokens) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		for (size_t j = 0; j < lists[i].count; j++) {
			struct bytes alg;

			load(lists[i].names[j]);
			alg = arena_copy(&arena, jws.alg);
			token_header_emit(&out, (const char *)alg.p,
			    json_text(json_get(payload, "iss")), jws.kid);
			assert_out(lists[i].names[j], jws.header_text);
			json_emit(&out, payload, JSON_SORTED);
			assert_out(lists[i].names[j], jws.payload);
		}
	}
}

/* The service's own claims: those that no policy issued and that token_payload_emit() does not write itself. */
static struct json *
service_claims(void)
{
	static const char *const written[] = { "iss", "iat", "exp", "nbf", "jti", "x-ms-ver",
		"x-ms-policy", "x-ms-policy-hash" };
	struct json *o = json_new(&arena, JSON_OBJECT);

	for (const struct json *c = payload->first; c != NULL; c = c->next) {
		bool own = json_get(json_get(payload, "x-ms-policy"),
			       (const char *)arena_copy(&arena, c->name).p) == NULL;

		for (size_t i = 0; i < COUNT_OF(written); i++)
			own = own && !bytes_is_str(c->name, written[i]);
		if (!own)
			continue;
		assert_int_equal(claim_name_rule(c->name, false), NAME_PROTECTED);
		assert_true(json_add(o, c->name, json_copy(&arena, c)));
	}
	return o;
}

static void
issued_claims(struct claim_set *set)
{
	const struct json *object = json_get(payload, "x-ms-policy");

	for (const struct json *c = object == NULL ? NULL : object->first; c != NULL; c = c->next) {
		struct claim claim = { .name = c->name,
			.type = CLAIM_STRING,
			.text = c->text,
			.issuer = ISSUER_POLICY };

		if (json_bool(c, &claim.truth))
			claim.type = CLAIM_BOOLEAN;
		else if (json_int(c, &claim.number))
			claim.type = CLAIM_INTEGER;
		assert_int_equal(claim_set_add(set, &arena, &claim, NULL), 0);
	}
}

static void
attestation_tokens_are_made_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(attestation_tokens); i++) {
		DEFER(buf_release) struct buf without;
		struct claim_set issued = { 0 };
		struct token_spec spec = { 0 };
		struct token_facts facts;

		buf_init(&without, 1 << 20);
		load(attestation_tokens[i]);
		issued_claims(&issued);
		spec.issuer = json_text(json_get(payload, "iss"));
		spec.now_at = number("iat");
		spec.lifetime_s = TOKEN_LIFETIME_S;
		spec.policy_hash = json_text(json_get(payload, "x-ms-policy-hash"));
		spec.service = service_claims();
		spec.issued = &issued;
		assert_int_equal(token_payload_emit(&spec, &arena, &without, NULL), 0);
		assert_int_equal(token_check_payload(buf_bytes(&without), &arena, &facts, NULL), 0);
		assert_int_equal(facts.exp, number("exp"));
		assert_int_equal(token_insert_jti(buf_bytes(&without),
				     json_text(json_get(payload, "jti")), &out, NULL),
		    0);
		assert_out(attestation_tokens[i], jws.payload);
	}
}

static void
policy_get_tokens_are_made_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(policy_get_tokens); i++) {
		load(policy_get_tokens[i]);
		token_policy_get_emit(&out, json_text(json_get(payload, "iss")), number("iat"),
		    json_text(json_get(payload, "x-ms-policy")));
		assert_out(policy_get_tokens[i], jws.payload);
	}
}

static void
policy_result_tokens_are_made_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(policy_set_tokens); i++) {
		load(policy_set_tokens[i]);
		/* the recordings go PUT, GET, reset, GET */
		if (json_get(payload, "x-ms-policy-result") == NULL) {
			token_policy_get_emit(&out, json_text(json_get(payload, "iss")),
			    number("iat"), json_text(json_get(payload, "x-ms-policy")));
			assert_out(policy_set_tokens[i], jws.payload);
			continue;
		}
		assert_int_equal(token_policy_result_emit(&out, json_text(json_get(payload, "iss")),
				     number("iat"),
				     json_is_str(json_get(payload, "x-ms-policy-result"),
					 "Updated"),
				     json_text(json_get(payload, "x-ms-policy-token-hash")),
				     json_get(payload, "x-ms-policy-signer"), &arena, NULL),
		    0);
		assert_out(policy_set_tokens[i], jws.payload);
	}
}

static void
certificates_tokens_are_made_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(certificates_tokens); i++) {
		load(certificates_tokens[i]);
		assert_int_equal(token_certificates_emit(&out, json_text(json_get(payload, "iss")),
				     number("iat"),
				     json_at(payload, "x-ms-policy-certificates.keys"), &arena,
				     NULL),
		    0);
		assert_out(certificates_tokens[i], jws.payload);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_header_is_made_again),
		cmocka_unit_test(attestation_tokens_are_made_again),
		cmocka_unit_test(policy_get_tokens_are_made_again),
		cmocka_unit_test(policy_result_tokens_are_made_again),
		cmocka_unit_test(certificates_tokens_are_made_again),
	};

	NEED_VECTORS("maa/tokens/recorded-sgx-simple.jwt");
	return cmocka_run_group_tests(tests, setup, teardown);
}
