/* SPDX-License-Identifier: Apache-2.0 */
/* Which status says which verdict, and what becomes of a token whose key is not at hand. */
#include "gate/judge.h"

#include "world.h"

static struct gate_world w;
static struct gate_rules *rules;
static struct arena a;
static struct gate_answer answer;

static int
setup(void **state)
{
	(void)state;
	gate_world_init(&w);
	arena_init(&a, 16u << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	gate_rules_retire(rules);
	rules = NULL;
	arena_release(&a);
	gate_world_release(&w);
	return 0;
}

static void
begin(void)
{
	rules = gate_world_rules(&w, GATE_RULES);
	gate_world_await(rules->gates[0].keys, 1);
}

/* A copy in the arena, so that the token may be freed. */
static struct bytes
token_with(const char *members)
{
	char *text = test_issuer_token(&w.issuer, members);
	struct bytes kept = arena_copy(&a, bytes_of_str(text));

	free(text);
	return kept;
}

static unsigned
judged(struct bytes token)
{
	gate_judge(&rules->gates[0], token, TEST_NOW, &a, &answer);
	return answer.status;
}

static bool
is_one_of(enum check_id id, const char *const *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(check_table[id].id, ids[i]) == 0)
			return true;
	return false;
}

static void
every_check_of_a_token_has_its_status(void **state)
{
	static const char *const no_token[] = { "token.format", "token.signed", "token.algorithm",
		"token.typ", "token.header", "token.signature", "token.claims", "token.issuer",
		"token.expired", "token.not_yet_valid", "token.age", "token.kind" };
	static const char *const other_token[] = { "token.type", "token.nonce", "token.dev",
		"token.debug", "token.measurement", "token.svn", "token.tcb", "token.policy_hash",
		"token.appraisal_hash", "token.signer", "token.binding", "token.expected" };
	unsigned undecided = 0;

	(void)state;
	for (unsigned i = 0; i < CHECK_COUNT; i++) {
		enum check_id id = (enum check_id)i;
		bool bad = is_one_of(id, no_token, COUNT_OF(no_token)),
		     other = is_one_of(id, other_token, COUNT_OF(other_token));

		if (strcmp(check_table[id].stage, "TOKEN") != 0)
			continue;
		if (check_table[id].on_fail != REFUSE) {
			undecided++;
			assert_int_equal(gate_status(VERDICT_UNDECIDED, id, GATE_KEYS_MISSING),
			    503);
			continue;
		}
		/* A new check has to be put among one or the other. */
		if (bad == other)
			fail_msg("%s is in none of the lists, or in both", check_table[id].id);
		for (int keys = GATE_KEYS_MISSING; keys <= GATE_KEYS_ALL; keys++)
			assert_int_equal(gate_status(VERDICT_REFUSED, id, (enum gate_keys)keys),
			    bad ? 401 : 403);
	}
	assert_int_equal(undecided, 2);
}

static void
only_an_acceptance_is_200(void **state)
{
	(void)state;
	assert_int_equal(gate_status(VERDICT_ACCEPTED, CHECK_NONE, GATE_KEYS_COMING), 200);
	assert_int_equal(gate_status(VERDICT_REFUSED, CHECK_NONE, GATE_KEYS_ALL), 500);
	assert_int_equal(gate_status(VERDICT_UNDECIDED, CHECK_NONE, GATE_KEYS_ALL), 500);
	for (unsigned i = 0; i < CHECK_COUNT; i++)
		for (int keys = GATE_KEYS_MISSING; keys <= GATE_KEYS_ALL; keys++)
			for (int v = VERDICT_REFUSED; v <= VERDICT_UNDECIDED; v++)
				assert_true(gate_status((enum verdict)v, (enum check_id)i,
						(enum gate_keys)keys) >= 401);
}

static void
good_token_is_accepted_with_its_claims(void **state)
{
	(void)state;
	begin();
	assert_int_equal(judged(token_with(TEST_CLAIMS)), 200);
	assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
	assert_int_equal(answer.check, CHECK_NONE);
	assert_true(json_is_str(json_get(answer.claims, "iss"), TEST_ISSUER));
	assert_null(answer.refusal);
}

static void
refusals_show_the_check_and_no_claims(void **state)
{
	static const struct {
		const char *members;
		enum check_id check;
		unsigned status;
	} rows[] = {
		{ "\"x\":1", CHECK_TOKEN_ISSUER, 401 },
		{ "\"exp\":1789999000,\"iat\":1789998000,\"iss\":\"" TEST_ISSUER
		  "\",\"jti\":\"0\",\"x-ms-attestation-type\":\"sgx\"",
		    CHECK_TOKEN_EXPIRED, 401 },
		{ "\"exp\":1790028800,\"iat\":1789999399,\"iss\":\"" TEST_ISSUER
		  "\",\"jti\":\"0\",\"x-ms-attestation-type\":\"sgx\",\"x-ms-sgx-is-debuggable\":"
		  "false",
		    CHECK_TOKEN_AGE, 401 },
		{ TEST_CLAIMS ",\"x-ms-policy\":\"text\"", CHECK_TOKEN_KIND, 401 },
		{ TEST_CLAIMS ",\"attest-dev\":true", CHECK_TOKEN_DEV, 403 },
		{ TEST_CLAIMS ",\"dbgstat\":\"enabled\"", CHECK_TOKEN_DEBUG, 403 },
	};

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(judged(token_with(rows[i].members)), rows[i].status);
		assert_int_equal(answer.check, rows[i].check);
		assert_int_equal(answer.verdict, VERDICT_REFUSED);
		assert_null(answer.claims);
		assert_true(
		    json_is_str(json_get(answer.refusal, "id"), check_table[rows[i].check].id));
		assert_non_null(json_get(answer.refusal, "remedy"));
	}
	assert_int_equal(judged(BYTES("garbage")), 401);
	assert_int_equal(answer.check, CHECK_TOKEN_FORMAT);
	assert_int_equal(judged(BYTES("")), 401);
}

/* The issuer's token with another kid in its header, which makes its signature worthless, too. */
static struct bytes
token_of_kid(const char *header)
{
	DEFER(buf_release) struct buf out = { 0 };

	buf_init(&out, 4096);
	jws_emit_signing_input(&out, bytes_of_str(header), BYTES("{}"));
	jws_emit_signature(&out,
	    BYTES("0123456789012345678901234567890123456789012345678901234567890123"));
	return arena_copy(&a, buf_bytes(&out));
}

#define UNKNOWN_KID "{\"alg\":\"ES256\",\"kid\":\"k9\",\"typ\":\"JWT\"}"
#define NO_KID      "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"

static void
unknown_kid_is_503_while_a_fetch_may_bring_it_and_then_401(void **state)
{
	struct bytes token = token_of_kid(UNKNOWN_KID);

	(void)state;
	begin();
	atomic_store(&w.hangs, true);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(judged(token), 503);
		assert_int_equal(answer.check, CHECK_TOKEN_KEY);
		assert_int_equal(answer.verdict, VERDICT_UNDECIDED);
		assert_int_equal(answer.retry_s, 1);
	}
	atomic_store(&w.hangs, false);
	gate_world_await(rules->gates[0].keys, 2);
	/* It brought none, and within the cooldown there is no other. */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(judged(token), 401);
		assert_int_equal(answer.check, CHECK_TOKEN_KEY);
	}
	atomic_store(&w.clock_ms, 1000 + GATE_COOLDOWN_MS);
	atomic_store(&w.hangs, true);
	assert_int_equal(judged(token), 503);
	atomic_store(&w.hangs, false);
	gate_world_await(rules->gates[0].keys, 3);
	assert_int_equal(judged(token), 401);
}

static void
unknown_kid_is_503_as_long_as_fetches_fail(void **state)
{
	struct bytes token = token_of_kid(UNKNOWN_KID), good = token_with(TEST_CLAIMS);

	(void)state;
	begin();
	atomic_store(&w.is_down, true);
	assert_int_equal(judged(token), 503);
	gate_world_await(rules->gates[0].keys, 2);
	assert_int_equal(judged(token), 503);
	assert_non_null(strstr(answer.why, "nobody is there"));
	/* The last good keys serve meanwhile. */
	assert_int_equal(judged(good), 200);
}

static void
token_without_a_kid_is_401_without_a_fetch(void **state)
{
	(void)state;
	begin();
	atomic_store(&w.hangs, true);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(judged(token_of_kid(NO_KID)), 401);
		assert_int_equal(answer.check, CHECK_TOKEN_KEY);
	}
	atomic_store(&w.hangs, false);
}

static void
without_keys_everything_with_a_form_is_503(void **state)
{
	struct bytes token = token_with(TEST_CLAIMS);

	(void)state;
	atomic_store(&w.is_down, true);
	begin();
	assert_int_equal(judged(token), 503);
	assert_int_equal(answer.check, CHECK_TOKEN_KEYS_STALE);
	assert_int_equal(answer.verdict, VERDICT_UNDECIDED);
	assert_true(answer.retry_s > 0);
	assert_non_null(strstr(answer.why, "nobody is there"));
	assert_int_equal(judged(token_of_kid(UNKNOWN_KID)), 503);
	assert_int_equal(judged(token_of_kid(NO_KID)), 503);
	/* What is no token needs no keys to be refused. */
	assert_int_equal(judged(BYTES("garbage")), 401);
}

static void
last_good_keys_serve_until_they_are_stale(void **state)
{
	struct bytes token = token_with(TEST_CLAIMS);
	const uint64_t stale_ms = GATE_MAX_STALE_S * 1000ull;

	(void)state;
	begin();
	atomic_store(&w.is_down, true);
	atomic_store(&w.clock_ms, 1000 + stale_ms);
	assert_int_equal(judged(token), 200);
	atomic_store(&w.clock_ms, 1001 + stale_ms);
	assert_int_equal(judged(token), 503);
	assert_int_equal(answer.check, CHECK_TOKEN_KEYS_STALE);
}

static void
running_out_of_memory_is_500_and_never_a_verdict(void **state)
{
	struct bytes token = token_with(TEST_CLAIMS);
	unsigned failures = 0;

	(void)state;
	begin();
	for (size_t room = 0; room < 65536; room += 256) {
		struct arena small;

		arena_init(&small, room);
		gate_judge(&rules->gates[0], token, TEST_NOW, &small, &answer);
		failures += answer.status == 500;
		assert_true(answer.status == 500 || answer.status == 200);
		arena_release(&small);
	}
	assert_true(failures > 10 && failures < 256);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_check_of_a_token_has_its_status, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(only_an_acceptance_is_200, setup, teardown),
		cmocka_unit_test_setup_teardown(good_token_is_accepted_with_its_claims, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(refusals_show_the_check_and_no_claims, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    unknown_kid_is_503_while_a_fetch_may_bring_it_and_then_401, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_kid_is_503_as_long_as_fetches_fail, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(token_without_a_kid_is_401_without_a_fetch, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(without_keys_everything_with_a_form_is_503, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(last_good_keys_serve_until_they_are_stale, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(running_out_of_memory_is_500_and_never_a_verdict,
		    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
