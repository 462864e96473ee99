/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate may be told, and what becomes of keys when it is told something else. */
#include "gate/rules.h"

#include "world.h"

static struct gate_world w;

static int
setup(void **state)
{
	(void)state;
	gate_world_init(&w);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	gate_world_release(&w);
	return 0;
}

static void
refused(const char *text, const char *because)
{
	struct gate_rules *rules = NULL;
	struct err e = { 0 };

	if (gate_rules_parse(bytes_of_str(text), false, &w.files, &w.issuers, &rules, &e) == 0)
		fail_msg("taken: %s", text);
	if (strstr(e.msg, because) == NULL)
		fail_msg("'%s' does not speak of '%s'", e.msg, because);
	assert_null(rules);
}

static void
gates_are_found_by_their_whole_name(void **state)
{
	struct gate_rules *rules = gate_world_rules(&w,
	    "max_stale: 7200\ngates:\n  pay: {expect: a.yaml}\n"
	    "  payments:\n    expect: b.yaml\n    headers: {attest-svn: x-ms-sgx-svn}\n"
	    "    attester_headers: {attest-attester-n: nonce}\n");
	const struct gate *g;

	(void)state;
	assert_int_equal(rules->count, 2);
	assert_null(gate_rules_find(rules, BYTES("")));
	assert_null(gate_rules_find(rules, BYTES("pa")));
	assert_null(gate_rules_find(rules, BYTES("PAY")));
	assert_null(gate_rules_find(rules, BYTES("payments/")));
	assert_ptr_equal(gate_rules_find(rules, BYTES("pay")), &rules->gates[0]);
	g = gate_rules_find(rules, BYTES("payments"));
	assert_non_null(g);
	assert_int_equal(g->header_count, 2);
	assert_string_equal(g->headers[0].name, "attest-svn");
	assert_false(g->headers[0].of_attester);
	assert_true(g->headers[1].of_attester);
	assert_int_equal(g->want.max_age_s, 600);
	assert_false(g->want.allow_dev);
	/* One issuer, one cache. */
	assert_int_equal(w.issuers.count, 1);
	assert_ptr_equal(rules->gates[0].keys, rules->gates[1].keys);
	assert_int_equal(w.issuers.at[0].max_stale_s, 7200);
	gate_rules_retire(rules);
}

static void
files_out_of_form_are_refused(void **state)
{
	(void)state;
	refused("", "");
	refused("[]", "not a mapping");
	refused("gates: []", "no gates");
	refused("gates: {}", "no gates");
	refused("max_stale: 60", "no gates");
	refused("gates: {a: {expect: a.yaml}}\nlisten: x", "unknown key 'listen'");
	refused("gates: {a: {expect: a.yaml, header: {}}}", "unknown key 'header'");
	refused("gates: {a: a.yaml}", "gate a: not a mapping");
	refused("gates: {a: {}}", "no expect");
	refused("gates: {a: {expect: 7}}", "no expect");
	refused("gates: {a: {expect: \"b\\0c\"}}", "");
	refused("gates: {a: {expect: absent.yaml}}", "absent.yaml");
	refused("gates: {A: {expect: a.yaml}}", "name");
	refused("gates: {a/b: {expect: a.yaml}}", "name");
	refused("gates: {\"\": {expect: a.yaml}}", "name");
	refused("gates: {a: {expect: a.yaml}, a: {expect: b.yaml}}", "");
}

static void
only_so_many_gates_are_held(void **state)
{
	struct buf out;

	(void)state;
	for (unsigned count = MAX_GATES; count <= MAX_GATES + 1; count++) {
		buf_init(&out, 65536);
		buf_str(&out, "gates: {");
		for (unsigned i = 0; i < count; i++)
			buf_fmt(&out, "%sg%u: {expect: a.yaml}", i == 0 ? "" : ", ", i);
		buf_str(&out, "}");
		buf_u8(&out, 0);
		assert_true(buf_ok(&out));
		if (count > MAX_GATES)
			refused((const char *)out.p, "more than 256 gates");
		else
			gate_rules_retire(gate_world_rules(&w, (const char *)out.p));
		buf_release(&out);
	}
}

static void
staleness_has_its_bounds(void **state)
{
	(void)state;
	refused("max_stale: 1\ngates: {a: {expect: a.yaml}}", "max_stale");
	refused("max_stale: 2592001\ngates: {a: {expect: a.yaml}}", "max_stale");
	refused("max_stale: for ever\ngates: {a: {expect: a.yaml}}", "max_stale");
	gate_rules_retire(gate_world_rules(&w, "max_stale: 2\ngates: {a: {expect: a.yaml}}"));
	gate_rules_retire(gate_world_rules(&w, "max_stale: 2592000\ngates: {a: {expect: a.yaml}}"));
}

static void
expectations_that_a_proxy_cannot_hold_are_refused(void **state)
{
	(void)state;
	w.expectation = GATE_EXPECTATION "nonce: n1\n";
	refused(GATE_RULES, "a nonce is for one exchange");
	w.expectation = "issuer: " TEST_ISSUER "\ntype: SgxEnclave\n";
	refused(GATE_RULES, "no max_age");
	w.expectation = "issuer: " TEST_ISSUER "\ntype: SgxEnclave\nmax_age: any\n";
	refused(GATE_RULES, "no max_age");
	w.expectation = "issuer: " TEST_ISSUER "\nmax_age: 600\n";
	refused(GATE_RULES, "no type");
	w.expectation = "type: SgxEnclave\nmax_age: 600\n";
	refused(GATE_RULES, "no issuer");
	w.expectation = GATE_EXPECTATION "debugging: allowed\n";
	refused(GATE_RULES, "payments.yaml: expectation: unknown key");
	w.expectation = "issuer: https://user@i.example\ntype: SgxEnclave\nmax_age: 600\n";
	refused(GATE_RULES, "issuer");
}

static void
headers_are_ours_and_say_whose_word_they_carry(void **state)
{
#define WITH(more) "gates: {a: {expect: a.yaml, " more "}}"
	(void)state;
	refused(WITH("headers: []"), "no mapping");
	refused(WITH("headers: {attest-x: 7}"), "a claim's name");
	refused(WITH("headers: {attest-x: \"\"}"), "a claim's name");
	refused(WITH("headers: {attest-x: \"a\\0b\"}"), "");
	refused(WITH("headers: {x-mrsigner: x-ms-sgx-mrsigner}"), "attest-NAME");
	refused(WITH("headers: {Attest-X: x-ms-sgx-mrsigner}"), "attest-NAME");
	refused(WITH("headers: {attest_x: x-ms-sgx-mrsigner}"), "attest-NAME");
	refused(WITH("headers: {\"attest-x: y\": x-ms-sgx-mrsigner}"), "attest-NAME");
	refused(WITH("headers: {attest-token: x-ms-sgx-mrsigner}"), "every answer has");
	refused(WITH("headers: {attest-verdict: x-ms-sgx-mrsigner}"), "every answer has");
	refused(WITH("headers: {attest-attester-x: nonce}, "
		     "attester_headers: {attest-attester-x: x-ms-runtime.a}"),
	    "attest-attester-NAME");
	refused(WITH("headers: {attest-x: a, attest-x: b}"), "");
	refused(WITH("headers: {attest-x: x-ms-runtime}"), "attester_headers");
	refused(WITH("headers: {attest-x: x-ms-runtime.role}"), "attester_headers");
	refused(WITH("headers: {attest-x: x-ms-inittime.a.b}"), "attester_headers");
	refused(WITH("headers: {attest-x: nonce}"), "attester_headers");
	refused(WITH("headers: {attest-x: x-ms-isolation-tee}"), "attester_headers");
	refused(WITH("headers: {attest-x: x-ms-isolation-tee.x-ms-runtime.a}"), "attester_headers");
	refused(WITH("headers: {attest-attester-x: x-ms-sgx-svn}"), "attest-attester-NAME");
	refused(WITH("attester_headers: {attest-x: x-ms-runtime.role}"), "attest-attester-NAME");
	refused(WITH("attester_headers: {attest-attester-x: x-ms-sgx-svn}"), "not the attester's");
	refused(WITH(
		    "headers: {attest-a: a, attest-b: a, attest-c: a, attest-d: a, attest-e: a, "
		    "attest-f: a, attest-g: a, attest-h: a, attest-i: a, attest-j: a, attest-k: a, "
		    "attest-l: a, attest-m: a}"),
	    "more than 12 headers");
	gate_rules_retire(gate_world_rules(&w,
	    WITH("headers: {attest-x: x-ms-isolation-tee.x-ms-sevsnpvm-guestsvn, attest-y: "
		 "my.claim}, "
		 "attester_headers: {attest-attester-x: x-ms-isolation-tee.x-ms-runtime.keys}")));
}

static void
dev_issuers_are_allowed_when_the_program_says_so(void **state)
{
	struct gate_rules *rules = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(gate_rules_parse(bytes_of_str(GATE_RULES), true, &w.files, &w.issuers,
			     &rules, &e),
	    0);
	assert_true(rules->gates[0].want.allow_dev);
	gate_rules_retire(rules);
}

static void
to_look_at_rules_asks_nobody_for_keys(void **state)
{
	struct gate_rules *rules = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(gate_rules_parse(bytes_of_str(GATE_RULES), false, &w.files, NULL, &rules,
			     &e),
	    0);
	assert_null(rules->gates[0].keys);
	assert_int_equal(w.issuers.count, 0);
	gate_rules_retire(rules);
}

static void
caches_live_as_long_as_a_rule_names_their_issuer(void **state)
{
	struct gate_rules *one = gate_world_rules(&w, GATE_RULES), *two, *three;
	struct key_cache *first = one->gates[0].keys;

	(void)state;
	two = gate_world_rules(&w, "gates: {a: {expect: a.yaml}, b: {expect: b.yaml}}");
	assert_ptr_equal(two->gates[0].keys, first);
	w.expectation = "issuer: https://j.example\ntype: SgxEnclave\nmax_age: 600\n";
	three = gate_world_rules(&w, GATE_RULES);
	assert_int_equal(w.issuers.count, 2);
	gate_rules_retire(one);
	gate_issuers_keep(&w.issuers, first);
	gate_issuers_keep(&w.issuers, three->gates[0].keys);
	gate_issuers_sweep(&w.issuers);
	assert_int_equal(w.issuers.count, 2);
	gate_rules_retire(two);
	gate_issuers_keep(&w.issuers, three->gates[0].keys);
	gate_issuers_sweep(&w.issuers);
	assert_int_equal(w.issuers.count, 1);
	assert_ptr_equal(w.issuers.at[0].cache, three->gates[0].keys);
	gate_rules_retire(three);
}

static void *
let_go_later(void *user)
{
	struct gate_rules *rules = user;

	usleep(50000);
	atomic_fetch_sub(&rules->users, 1);
	return NULL;
}

static void
rules_are_retired_when_nobody_uses_them(void **state)
{
	struct gate_rules *rules = gate_world_rules(&w, GATE_RULES);
	pthread_t t;

	(void)state;
	atomic_fetch_add(&rules->users, 1);
	assert_int_equal(pthread_create(&t, NULL, let_go_later, rules), 0);
	gate_rules_retire(rules);
	assert_int_equal(pthread_join(t, NULL), 0);
	gate_rules_retire(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gates_are_found_by_their_whole_name, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(files_out_of_form_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(only_so_many_gates_are_held, setup, teardown),
		cmocka_unit_test_setup_teardown(staleness_has_its_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(expectations_that_a_proxy_cannot_hold_are_refused,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(headers_are_ours_and_say_whose_word_they_carry,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(dev_issuers_are_allowed_when_the_program_says_so,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(to_look_at_rules_asks_nobody_for_keys, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(caches_live_as_long_as_a_rule_names_their_issuer,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(rules_are_retired_when_nobody_uses_them, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
