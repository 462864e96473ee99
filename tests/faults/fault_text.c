/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is read and written as text or bytes: the whole result, or an error of ours and nothing. */
#include "../support/fault.h"
#include "../support/test.h"

#include "client/attest.h"
#include "client/verify.h"
#include "cmd/attestd/config.h"
#include "crypto/cert.h"
#include "jmespath/jmespath.h"
#include "jose/jwt.h"
#include "policy/policy.h"
#include "synth/synth.h"
#include "tlog/bundle.h"
#include "tlog/checkpoint.h"
#include "token/build.h"
#include "token/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1795000000

static struct arena lasting;

static struct bytes
keep(const struct buf *b)
{
	struct bytes out = arena_copy(&lasting, buf_bytes(b));

	assert_true(buf_ok(b));
	assert_non_null(out.p);
	return out;
}

static int
whole(const struct buf *b, struct err *e)
{
	return buf_ok(b) ? 0 : err_set(e, ERR_LIMIT, "text: out of memory");
}

static const char json_text_in[] = "{\"b\":[1,2.50,-0,\"\\u00e9\\n\",true,null,{\"x\":{}}],\"a\":"
				   "\"\\ud83d\\ude00\",\"c\":{\"d\":[[[]]]}}";

static int
run_json(void *ctx, struct err *e)
{
	DEFER(buf_release) struct buf out = { 0 };
	DEFER(arena_release) struct arena a;
	const struct json *v = NULL;
	int got;

	(void)ctx;
	arena_init(&a, 1 << 20);
	buf_init(&out, 65536);
	got = json_parse(BYTES(json_text_in), sizeof(json_text_in), &a, &v, e);
	if (got == 0) {
		json_emit(&out, v, JSON_SORTED);
		got = whole(&out, e);
	}
	fault_disarm();
	if (got == 0)
		assert_true(bytes_is_str(buf_bytes(&out),
		    "{\"a\":\"\\ud83d\\ude00\",\"b\":[1,2.50,-0,\"\\u00e9\\n\",true,null,{\"x\":{}}"
		    "],"
		    "\"c\":{\"d\":[[[]]]}}"));
	return got;
}

static int
run_config(void *ctx, struct err *e)
{
	static const char text[] = "listen: [\"127.0.0.1:8443\"]\n"
				   "tls_certificate: /etc/attestd/tls.pem\n"
				   "tls_key: /etc/attestd/tls.key\n"
				   "master_key_file: /etc/attestd/master\n"
				   "instances:\n"
				   "  - id: one\n"
				   "    host: localhost:8443\n";
	DEFER(config_freep) struct config *c = NULL;
	int got;

	(void)ctx;
	got = config_parse(BYTES(text), NULL, &c, e);
	fault_disarm();
	if (got == 0)
		assert_string_equal(c->instances[0].id, "one");
	else
		assert_null(c);
	return got;
}

/* Sorting, text and literals take memory each in their own way. */
static int
run_jmespath(void *ctx, struct err *e)
{
	static const char doc[] = "{\"a\":[{\"n\":3,\"s\":\"x\"},{\"n\":1,\"s\":\"y\"}]}";
	static const char query[] =
	    "sort_by(a, &n)[?n > `0`].{s: to_string([s])} | [*].s | join('\\'', @)";
	struct jmespath_budget budget = jmespath_budget_for(sizeof(doc));
	struct jmespath_diag diag = { 0 };
	const struct jmespath *q = NULL;
	const struct json *in, *found = NULL;
	struct bytes text = { 0 };
	DEFER(arena_release) struct arena a;
	int got;

	(void)ctx;
	arena_init(&a, 16 << 20);
	got = json_parse(BYTES(doc), sizeof(doc), &a, &in, e);
	/* The rest of the first block, so that what follows asks for memory. */
	if (got == 0 && arena_alloc(&a, 65536 - 2048) == NULL)
		got = arena_fail(e, "arena");
	if (got == 0)
		got = jmespath_compile(BYTES(query), &jmespath_maa, &a, &q, &diag, e);
	if (got == 0)
		got = jmespath_eval(q, in, &a, &budget, &found, &diag, e);
	if (got == 0)
		got = jmespath_emit(found, &a, &budget, &text, &diag, e);
	fault_disarm();
	if (got == 0)
		assert_true(bytes_is_str(text, "\"[\\\"y\\\"]'[\\\"x\\\"]\""));
	else
		/* No memory is no limit of the query's. */
		assert_true(diag.fault == JMESPATH_MEMORY || diag.fault == JMESPATH_FINE);
	return got;
}

static const char policy_in[] =
    "version= 1.2;\nconfigurationrules{=> issueproperty(type=\"x-ms-sgx-tcbidentifier\", "
    "value=\"azuredefault\");};\nauthorizationrules{\nc:[type==\"svn\", value >= 1] && "
    "[type==\"name\"] => permit();\n};\nissuancerules{\nc:[type==\"name\"] => issue(claim=c);\n=> "
    "issue(type=\"list\", value=JsonToClaimValue(\"[1,2,3]\"));\nc1:[type==\"svn\"] => "
    "add(type=\"twice\", value=c1.value);\n};";

static int
run_policy(void *ctx, struct err *e)
{
	DEFER(policy_unrefp) struct policy *p = NULL;
	DEFER(arena_release) struct arena a;
	struct claim_set incoming = { 0 };
	struct policy_outcome out = { 0 };
	int got;

	(void)ctx;
	arena_init(&a, 16 << 20);
	got = policy_parse(BYTES(policy_in), &p, NULL, e);
	if (got == 0)
		got = claim_set_int(&incoming, &a, "svn", 2, e);
	if (got == 0)
		got = claim_set_text(&incoming, &a, "name", BYTES("n"), e);
	if (got == 0)
		got = policy_eval(p, &incoming, &a, &policy_limits_stored, &out, e);
	fault_disarm();
	if (got == 0) {
		/* A fault is no verdict of the policy: neither yes nor no. */
		if (!out.permitted)
			fail_msg("not permitted: %s", out.message);
		assert_int_equal(out.outgoing.count, 4);
	}
	arena_release(&a);
	return got;
}

/* A token, its keys, and what goes with it. */
static struct {
	struct privkey *key;
	char kid[KEYRING_KID_SIZE];
	struct bytes jwks, good, bad, payload;
} token;

static void
make_jwks(void)
{
	struct buf b;

	buf_init(&b, 65536);
	buf_str(&b, "{\"keys\":[");
	json_emit(&b,
	    jwk_emit(&lasting, privkey_public(token.key), SIG_RS256, bytes_of_str(token.kid),
		(struct bytes){ 0 }),
	    JSON_SORTED);
	buf_str(&b, "]}");
	token.jwks = keep(&b);
	buf_release(&b);
}

static void
make_token(void)
{
	static const char payload[] =
	    "{\"exp\":1795028800,\"iat\":1795000000,\"iss\":\"https://h\","
	    "\"jti\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
	    "\"nbf\":1795000000,"
	    "\"x-ms-attestation-type\":\"sgx\",\"x-ms-policy-hash\":\"P\",\"x-ms-sgx-is-"
	    "debuggable\":false,\"x-ms-ver\":\"1.0\"}";
	uint8_t sig[MAX_SIG_SIZE];
	struct buf b, header;
	size_t size;

	buf_init(&b, 65536);
	buf_init(&header, 4096);
	token.payload = BYTES(payload);
	token_header_emit(&header, "RS256", BYTES("https://h"), bytes_of_str(token.kid));
	jws_emit_signing_input(&b, buf_bytes(&header), token.payload);
	assert_int_equal(privkey_sign(token.key, SIG_RS256, SIG_RAW, buf_bytes(&b), sig, &size,
			     NULL),
	    0);
	size_t at = b.size;

	jws_emit_signature(&b, bytes_of(sig, size));
	token.good = keep(&b);
	b.size = at;
	sig[7] ^= 1;
	jws_emit_signature(&b, bytes_of(sig, size));
	token.bad = keep(&b);
	buf_release(&header);
	buf_release(&b);
}

static int
run_jwks(void *ctx, struct err *e)
{
	DEFER(arena_release) struct arena a;
	struct jwks keys;
	int got;

	(void)ctx;
	arena_init(&a, 1 << 20);
	got = jwks_parse(token.jwks, &a, &keys, e);
	fault_disarm();
	if (got == 0) {
		/* A key that we could not take in is not one that is not for us. */
		assert_int_equal(keys.count, 1);
		assert_int_equal(keys.skipped, 0);
		jwks_release(&keys);
	}
	return got;
}

struct token_subject {
	const struct bytes *compact;
	enum verdict verdict;
};

static int
run_token(void *ctx, struct err *e)
{
	const struct token_subject *s = ctx;
	struct token_expectation want = { .issuer = BYTES("https://h"), .max_age_s = -1 };
	DEFER(arena_release) struct arena a;
	struct token_seen seen = { 0 };
	struct jwks keys = { 0 };
	struct trace t;
	int got;

	arena_init(&a, 1 << 20);
	got = jwks_parse(token.jwks, &a, &keys, e);
	if (got == 0) {
		trace_init(&t, &a, "token", NOW);
		got = token_judge(*s->compact, &keys, &want, NOW + 1, &a, &t, &seen, e);
		fault_disarm();
		if (got == 0 && trace_verdict(&t) != s->verdict)
			fail_msg("a verdict that is another: %s", check_table[t.failed].id);
		if (got < 0)
			assert_int_not_equal(trace_verdict(&t), VERDICT_ACCEPTED);
		jwks_release(&keys);
	}
	return got;
}

static int
run_payload(void *ctx, struct err *e)
{
	static const char jti[] =
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	DEFER(buf_release) struct buf payload = { 0 }, with_jti = { 0 };
	DEFER(arena_release) struct arena a;
	struct json *service;
	struct token_spec spec = { .issuer = BYTES("https://h"),
		.now_at = NOW,
		.lifetime_s = TOKEN_LIFETIME_S,
		.policy_hash = BYTES("P"),
		.nonce = BYTES("n") };
	struct token_facts facts;
	int got = 0;

	(void)ctx;
	arena_init(&a, 4 << 20);
	buf_init(&payload, 65536);
	buf_init(&with_jti, 65536);
	service = json_new(&a, JSON_OBJECT);
	if (!json_put(service, "x-ms-attestation-type", json_new_cstr(&a, "sgx")))
		got = arena_fail(e, "claims");
	spec.service = service;
	if (got == 0)
		got = token_payload_emit(&spec, &a, &payload, e);
	if (got == 0)
		got = whole(&payload, e);
	if (got == 0)
		got = token_check_payload(buf_bytes(&payload), &a, &facts, e);
	if (got == 0)
		got = token_insert_jti(buf_bytes(&payload), BYTES(jti), &with_jti, e);
	if (got == 0)
		got = whole(&with_jti, e);
	fault_disarm();
	if (got == 0) {
		assert_int_equal(facts.iat, NOW);
		assert_int_equal(with_jti.size, payload.size + strlen(",\"jti\":\"\"") + 64);
	}
	return got;
}

static int
run_checkpoint(void *ctx, struct err *e)
{
	struct privkey *key = ctx;
	DEFER(buf_release) struct buf note = { 0 }, vkey = { 0 };
	uint8_t root[TLOG_HASH_SIZE] = { 1 };
	struct checkpoint c;
	bool good = false;
	int got;

	buf_init(&note, MAX_CHECKPOINT_SIZE);
	buf_init(&vkey, MAX_LOG_KEY_SIZE);
	got = checkpoint_emit(BYTES("h/log"), 5, root, key, &note, e);
	if (got == 0)
		got = log_key_emit(BYTES("h/log"), privkey_public(key), &vkey, e);
	if (got == 0)
		got = whole(&note, e);
	if (got == 0)
		got = whole(&vkey, e);
	if (got == 0)
		got = checkpoint_parse(buf_bytes(&note), &c, e);
	if (got == 0)
		got = checkpoint_verify(&c, buf_bytes(&vkey), &good, e);
	fault_disarm();
	if (got == 0)
		assert_true(good);
	return got;
}

static struct synth_root *root;

static int
run_synth_root(void *ctx, struct err *e)
{
	DEFER(synth_root_freep) struct synth_root *r = NULL;
	int got;

	(void)ctx;
	got = synth_root_generate(NOW, &r, e);
	fault_disarm();
	if (got == 0)
		assert_int_equal(synth_root_doc_count(r), synth_root_doc_count(root));
	return got;
}

static int
run_synth_case(void *ctx, struct err *e)
{
	const struct synth_damage *damage = ctx;
	DEFER(arena_release) struct arena a;
	struct synth_spec spec;
	struct synth_case c = { 0 };
	int got;

	arena_init(&a, 8 << 20);
	synth_spec_init(&spec, SYNTH_OPEN_ENCLAVE);
	got = synth_case_emit(root, &spec, damage, NOW, &a, &c, e);
	fault_disarm();
	if (got == 0)
		assert_true(c.evidence.size > 1000);
	return got;
}

static int
run_chain(void *ctx, struct err *e)
{
	const struct synth_doc *pem = ctx;
	DEFER(arena_release) struct arena a;
	struct cert *certs = NULL;
	size_t count = 0;
	int got;

	arena_init(&a, 1 << 20);
	got = certs_from_pem(pem->bytes, 4, &a, &certs, &count, e);
	fault_disarm();
	if (got == 0)
		assert_int_equal(count, 1);
	return got;
}

static int
run_request(void *ctx, struct err *e)
{
	struct client_attest rq = { .type = "SgxEnclave",
		.evidence = BYTES("quote"),
		.runtime_data = BYTES("{}"),
		.runtime_is_json = true,
		.nonce = BYTES("n") };
	DEFER(buf_release) struct buf out = { 0 };
	int got;

	(void)ctx;
	buf_init(&out, 65536);
	got = client_attest_emit(&rq, &out, e);
	if (got == 0)
		got = whole(&out, e);
	fault_disarm();
	return got;
}

static int
setup(void **state)
{
	(void)state;
	arena_init(&lasting, 16 << 20);
	assert_int_equal(privkey_generate(KEY_RSA, &token.key, NULL), 0);
	assert_int_equal(keyring_kid(privkey_public(token.key), token.kid, NULL), 0);
	make_jwks();
	make_token();
	return synth_root_generate(NOW, &root, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	privkey_free(token.key);
	synth_root_free(root);
	arena_release(&lasting);
	return 0;
}

static const enum fault_site config_sites[] = { FAULT_MEMORY, FAULT_YAML, FAULT_NONE };

static void
texts_are_read_and_written_whole(void **state)
{
	struct synth_doc pem = synth_root_doc_at(root, 0);

	(void)state;
	fault_sweep("json", run_json, NULL, fault_pure_sites);
	fault_sweep("jmespath", run_jmespath, NULL, fault_pure_sites);
	fault_sweep("config", run_config, NULL, config_sites);
	fault_sweep("pem", run_chain, &pem, fault_pure_sites);
	fault_sweep("attest request", run_request, NULL, fault_pure_sites);
}

static void
a_policy_permits_as_without_the_fault(void **state)
{
	(void)state;
	fault_sweep("policy", run_policy, NULL, fault_crypto_sites);
}

static void
tokens_are_judged_by_what_they_are(void **state)
{
	struct token_subject good = { &token.good, VERDICT_ACCEPTED };
	struct token_subject bad = { &token.bad, VERDICT_REFUSED };

	(void)state;
	fault_sweep("jwks", run_jwks, NULL, fault_crypto_sites);
	fault_sweep("token good", run_token, &good, fault_crypto_sites);
	fault_sweep("token bad", run_token, &bad, fault_crypto_sites);
	fault_sweep("token payload", run_payload, NULL, fault_pure_sites);
}

static void
checkpoints_verify_or_we_fail(void **state)
{
	DEFER(privkey_freep) struct privkey *key = NULL;

	(void)state;
	assert_int_equal(privkey_generate(KEY_ED25519, &key, NULL), 0);
	fault_sweep("checkpoint", run_checkpoint, key, fault_crypto_sites);
}

static void
synthetic_evidence_is_made_whole(void **state)
{
	const struct synth_damage *damage =
	    synth_damage_find("pck-intermediate-future", SYNTH_OPEN_ENCLAVE);

	(void)state;
	assert_non_null(damage);
	fault_sweep("synth root", run_synth_root, NULL, fault_crypto_sites);
	fault_sweep("synth case", run_synth_case, NULL, fault_crypto_sites);
	fault_sweep("synth damaged case", run_synth_case, (void *)(uintptr_t)damage,
	    fault_crypto_sites);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_and_written_whole),
		cmocka_unit_test(a_policy_permits_as_without_the_fault),
		cmocka_unit_test(tokens_are_judged_by_what_they_are),
		cmocka_unit_test(checkpoints_verify_or_we_fail),
		cmocka_unit_test(synthetic_evidence_is_made_whole),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
