/* SPDX-License-Identifier: Apache-2.0 */
/* The gate as a proxy meets it: routes, tokens, and what an answer holds. */
#include "gate/serve.h"

#include "base/clock.h"

#include "../../support/http.h"
#include "world.h"

static struct gate_world w;
static struct gate_server server;
static struct fake_http f;
static char *token;

#define RULES                                                                                      \
	"gates: {payments: {expect: a.yaml, headers: {attest-svn: x-ms-sgx-svn}, "                 \
	"attester_headers: {attest-attester-role: x-ms-runtime.role}}, other: {expect: b.yaml}}"

/* Served answers are judged at this moment's time. */
static char *
token_now(const char *more)
{
	char members[1024];
	long long now = (long long)clock_now_at();

	snprintf(members, sizeof(members),
	    "\"exp\":%lld,\"iat\":%lld,\"iss\":\"" TEST_ISSUER "\",\"jti\":\"0123\",\"nbf\":%lld,"
	    "\"x-ms-attestation-type\":\"sgx\",\"x-ms-sgx-is-debuggable\":false%s",
	    now + 600, now, now, more);
	return test_issuer_token(&w.issuer, members);
}

static int
setup(void **state)
{
	(void)state;
	gate_world_init(&w);
	gate_server_init(&server);
	assert_null(gate_server_swap(&server, gate_world_rules(&w, RULES)));
	gate_world_await(server.rules->gates[0].keys, 1);
	token = token_now(",\"x-ms-sgx-svn\":7,\"x-ms-runtime\":{\"role\":\"a\\r\\nb\"}");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(token);
	gate_server_release(&server);
	gate_world_release(&w);
	return 0;
}

/* As the server would give it: BEARER is the token of Authorization, when that can be read. */
static unsigned
asked(const char *path, const char *authorization, const char *bearer, const char *own)
{
	fake_http_init(&f, "GET", path, "", (struct bytes){ 0 });
	if (authorization != NULL)
		fake_http_header(&f, "Authorization", authorization);
	if (bearer != NULL)
		f.rq.bearer = bytes_of_str(bearer);
	if (own != NULL)
		fake_http_header(&f, "Attest-Token", own);
	gate_handle(&f.rq, &server);
	assert_int_equal(f.answers, 1);
	assert_int_equal(atomic_load(&server.rules->users), 0);
	return f.status;
}

static unsigned
asked_with(const char *path, const char *bearer)
{
	return asked(path, "Bearer x", bearer, NULL);
}

static void
acceptance_carries_its_headers_and_no_body(void **state)
{
	(void)state;
	assert_int_equal(asked_with("/gate/payments", token), 200);
	assert_string_equal(fake_http_answer(&f, "attest-verdict"), "accepted");
	assert_string_equal(fake_http_answer(&f, "attest-gate"), "payments");
	assert_string_equal(fake_http_answer(&f, "attest-issuer"), TEST_ISSUER);
	assert_string_equal(fake_http_answer(&f, "attest-type"), "sgx");
	assert_string_equal(fake_http_answer(&f, "attest-svn"), "7");
	assert_string_equal(fake_http_answer(&f, "attest-attester-role"), "a%0D%0Ab");
	assert_string_equal(fake_http_answer(&f, "Cache-Control"), "no-store");
	assert_null(fake_http_answer(&f, "attest-check"));
	assert_int_equal(f.body.size, 0);
	fake_http_release(&f);
	/* Another gate names no claims, and gives none. */
	assert_int_equal(asked_with("/gate/other", token), 200);
	assert_null(fake_http_answer(&f, "attest-svn"));
	fake_http_release(&f);
}

static void
routes_are_exact_for_nginx_and_prefixes_for_envoy(void **state)
{
	static const struct {
		const char *path;
		unsigned status;
	} rows[] = {
		{ "/gate/payments", 200 },
		{ "/envoy/payments", 200 },
		{ "/envoy/payments/", 200 },
		{ "/envoy/payments/a/b", 200 },
		{ "/envoy/payments/../none", 200 },
		{ "/envoy/payments//gate/none", 200 },
		{ "/gate/payments/", 404 },
		{ "/gate/payments/a", 404 },
		{ "/gate//payments", 404 },
		{ "/gate/", 404 },
		{ "/gate", 404 },
		{ "/envoy//payments", 404 },
		{ "/envoy/none/payments", 404 },
		{ "/envoy/paymentsx", 404 },
		{ "/envoy/", 404 },
		{ "/Gate/payments", 404 },
		{ "/Envoy/payments", 404 },
		{ "/other/payments", 404 },
		{ "/", 404 },
		{ "", 404 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (asked_with(rows[i].path, token) != rows[i].status)
			fail_msg("%s: %u", rows[i].path, f.status);
		fake_http_release(&f);
	}
}

static void
tokens_come_by_one_of_two_ways(void **state)
{
	(void)state;
	assert_int_equal(asked("/gate/payments", NULL, NULL, token), 200);
	fake_http_release(&f);
	assert_int_equal(asked("/gate/payments", "Bearer t", token, token), 200);
	fake_http_release(&f);
	assert_int_equal(asked("/gate/payments", "Basic eDp5", NULL, token), 200);
	fake_http_release(&f);
	assert_int_equal(asked("/gate/payments", "Bearerless eDp5", NULL, token), 200);
	fake_http_release(&f);
	assert_int_equal(asked("/gate/payments", "Basic eDp5", NULL, NULL), 401);
	assert_string_equal(fake_http_answer(&f, "WWW-Authenticate"), "Bearer realm=\"payments\"");
	fake_http_release(&f);
}

static void
two_ways_that_differ_are_refused_whichever_is_good(void **state)
{
	char *second = token_now("");
	const struct {
		const char *authorization, *bearer, *own;
	} rows[] = {
		{ "Bearer t", token, second },
		{ "Bearer t", second, token },
		{ "Bearer t", token, "" },
		{ "Bearer a,b", NULL, token },
		{ "bearer a,b", NULL, NULL },
		{ "Bearer", NULL, token },
		{ "Bearer ", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(asked("/gate/payments", rows[i].authorization, rows[i].bearer,
				     rows[i].own),
		    401);
		assert_string_equal(fake_http_answer(&f, "WWW-Authenticate"),
		    "Bearer realm=\"payments\", error=\"invalid_request\"");
		assert_string_equal(fake_http_answer(&f, "attest-verdict"), "refused");
		assert_null(fake_http_answer(&f, "attest-check"));
		fake_http_release(&f);
	}
	free(second);
}

static const struct json *
body(void)
{
	const struct json *doc = NULL;
	struct err e = { 0 };

	if (json_parse(buf_bytes(&f.body), 65536, &f.arena, &doc, &e) < 0)
		fail_msg("%s", e.msg);
	return doc;
}

static void
refusal_names_its_check_everywhere(void **state)
{
	(void)state;
	assert_int_equal(asked_with("/gate/payments", "a.b.c"), 401);
	assert_string_equal(fake_http_answer(&f, "attest-check"), "token.format");
	assert_string_equal(fake_http_answer(&f, "WWW-Authenticate"),
	    "Bearer realm=\"payments\", error=\"invalid_token\", "
	    "error_description=\"token.format\"");
	assert_true(json_is_str(json_get(body(), "check"), "token.format"));
	assert_true(json_is_str(json_get(body(), "verdict"), "refused"));
	assert_non_null(json_get(body(), "seen"));
	assert_non_null(json_get(body(), "wanted"));
	assert_non_null(json_get(body(), "remedy"));
	assert_null(fake_http_answer(&f, "attest-gate"));
	assert_null(fake_http_answer(&f, "Retry-After"));
	fake_http_release(&f);
}

static void
unmet_expectation_is_403_without_a_challenge(void **state)
{
	char *dev = token_now(",\"attest-dev\":true");

	(void)state;
	assert_int_equal(asked_with("/gate/payments", dev), 403);
	assert_string_equal(fake_http_answer(&f, "attest-check"), "token.dev");
	assert_null(fake_http_answer(&f, "WWW-Authenticate"));
	assert_null(fake_http_answer(&f, "attest-issuer"));
	fake_http_release(&f);
	free(dev);
}

static void
without_keys_it_is_503_and_not_healthy(void **state)
{
	(void)state;
	assert_int_equal(asked("/healthz", NULL, NULL, NULL), 200);
	fake_http_release(&f);
	atomic_store(&w.is_down, true);
	atomic_store(&w.clock_ms, GATE_MAX_STALE_S * 2000ull);
	assert_int_equal(asked_with("/gate/payments", token), 503);
	assert_string_equal(fake_http_answer(&f, "Retry-After"), "5");
	assert_string_equal(fake_http_answer(&f, "attest-verdict"), "undecided");
	assert_null(memmem(f.body.p, f.body.size, "nobody", 6));
	fake_http_release(&f);
	assert_int_equal(asked("/healthz", NULL, NULL, NULL), 503);
	fake_http_release(&f);
}

static void
new_rules_are_in_force_at_once(void **state)
{
	struct gate_rules *before =
	    gate_server_swap(&server, gate_world_rules(&w, "gates: {new: {expect: a.yaml}}"));

	(void)state;
	assert_non_null(before);
	assert_int_equal(asked_with("/gate/payments", token), 404);
	fake_http_release(&f);
	assert_int_equal(asked_with("/gate/new", token), 200);
	fake_http_release(&f);
	gate_rules_retire(before);
}

static void
no_body_is_taken(void **state)
{
	(void)state;
	fake_http_init(&f, "POST", "/gate/payments", "", BYTES("x"));
	assert_int_equal(gate_max_body(&f.rq, &server), 0);
	fake_http_release(&f);
}

static void
an_answer_that_does_not_fit_into_memory_is_500(void **state)
{
	unsigned failures = 0;

	(void)state;
	for (size_t room = 0; room < 65536; room += 512) {
		fake_http_init(&f, "GET", "/gate/payments", "", (struct bytes){ 0 });
		arena_release(&f.arena);
		arena_init(&f.arena, room);
		f.rq.bearer = bytes_of_str(token);
		gate_handle(&f.rq, &server);
		assert_int_equal(f.answers, 1);
		assert_true(f.status == 200 || f.status == 500);
		if (f.status == 200)
			assert_string_equal(fake_http_answer(&f, "attest-svn"), "7");
		failures += f.status == 500;
		assert_int_equal(fake_http_answer(&f, "attest-verdict") != NULL, f.status == 200);
		if (f.status == 500)
			assert_null(memmem(f.body.p, f.body.size, "verdict", 7));
		fake_http_release(&f);
	}
	assert_true(failures > 10 && failures < 128);
}

#define THREADS 4

struct asker {
	pthread_t thread;
	atomic_bool *stop;
	unsigned asked, wrong;
};

static void *
ask_on(void *user)
{
	struct asker *me = user;
	struct fake_http own;

	while (!atomic_load(me->stop) || me->asked < 50) {
		bool good = me->asked % 2 == 0;

		fake_http_init(&own, "GET", "/gate/payments", "", (struct bytes){ 0 });
		own.rq.bearer = good ? bytes_of_str(token) : BYTES("a.b.c");
		gate_handle(&own.rq, &server);
		me->wrong += own.answers != 1 || own.status != (good ? 200u : 401u);
		me->asked++;
		fake_http_release(&own);
	}
	return NULL;
}

static void
rules_are_exchanged_under_requests(void **state)
{
	atomic_bool stop = false;
	struct asker askers[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++) {
		askers[i] = (struct asker){ .stop = &stop };
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_on, &askers[i]), 0);
	}
	for (int i = 0; i < 100; i++) {
		struct gate_rules *before = gate_server_swap(&server, gate_world_rules(&w, RULES));

		gate_rules_retire(before);
		gate_issuers_keep(&w.issuers, server.rules->gates[0].keys);
		gate_issuers_sweep(&w.issuers);
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
		assert_int_equal(askers[i].wrong, 0);
		assert_true(askers[i].asked >= 50);
	}
	assert_int_equal(w.issuers.count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(acceptance_carries_its_headers_and_no_body, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(routes_are_exact_for_nginx_and_prefixes_for_envoy,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(tokens_come_by_one_of_two_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(two_ways_that_differ_are_refused_whichever_is_good,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(refusal_names_its_check_everywhere, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(unmet_expectation_is_403_without_a_challenge, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(without_keys_it_is_503_and_not_healthy, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(new_rules_are_in_force_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(no_body_is_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_that_does_not_fit_into_memory_is_500,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(rules_are_exchanged_under_requests, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
