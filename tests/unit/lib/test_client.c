/* SPDX-License-Identifier: Apache-2.0 */
/* Each call of attest/client.h as the service sees it: method, target, header, body; and what becomes of its answer. */
#include <attest/attest.h>

#include "../../support/loopback.h"
#include "../../support/test.h"
#include "../../support/trap.h"

#include <pthread.h>
#include <stdatomic.h>

static struct loopback host;
static struct trap trap;
static struct attest_client *client;

/* What the service answers, and what it was asked last. */
static unsigned status;
static const char *body;
static const char *header; /* one more, and its value */
static char value[TRAP_VALUE];
static char asked[2048], asked_body[2048], asked_bearer[128], asked_type[64], asked_key[64];
static pthread_mutex_t asked_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint hits;

static void
copy(char *out, size_t room, struct bytes from)
{
	size_t size = from.size < room - 1 ? from.size : room - 1;

	if (size > 0)
		memcpy(out, from.p, size);
	out[size] = '\0';
}

static void
serve(struct http_request *rq, void *user)
{
	struct http_response r = { .status = status,
		.content_type = HTTP_JSON,
		.body = bytes_of_str(body) };

	(void)user;
	atomic_fetch_add(&hits, 1);
	pthread_mutex_lock(&asked_lock);
	snprintf(asked, sizeof(asked), "%.*s %.*s%s%.*s", BYTES_FMT(rq->method),
	    BYTES_FMT(rq->path), rq->query.size > 0 ? "?" : "", BYTES_FMT(rq->query));
	copy(asked_body, sizeof(asked_body), rq->body);
	copy(asked_bearer, sizeof(asked_bearer), rq->bearer);
	copy(asked_type, sizeof(asked_type), http_header(rq, "Content-Type"));
	copy(asked_key, sizeof(asked_key), http_header(rq, "x-attest-trace-key"));
	pthread_mutex_unlock(&asked_lock);
	http_response_add(&r, "x-attest-trace-id", "t-1");
	http_response_add(&r, "x-attest-trace-key", "k-1");
	if (header != NULL)
		http_response_add(&r, header, value);
	http_respond(rq, &r);
}

static int
start(void **state)
{
	(void)state;
	return loopback_start(&host, serve, NULL) && trap_start(&trap) ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	loopback_stop(&host);
	trap_stop(&trap);
	return 0;
}

static int
reset(void **state)
{
	(void)state;
	status = 200;
	header = NULL;
	body = "{\"token\":\"a.b.c\",\"n\":1}";
	atomic_store(&hits, 0);
	client = attest_client_new(host.url, NULL);
	attest_client_allow_private_addresses(client);
	attest_client_set_timeout(client, 60000);
	return client != NULL && attest_client_set_ca_file(client, host.ca_path) ? 0 : -1;
}

static int
finish(void **state)
{
	(void)state;
	attest_client_free(client);
	return 0;
}

static void
assert_asked(struct attest_answer *a, const char *target, const char *with)
{
	assert_non_null(a);
	assert_int_equal(attest_answer_status(a), 200);
	assert_string_equal(attest_answer_member(a, "token"), "a.b.c");
	assert_string_equal(asked, target);
	assert_string_equal(asked_body, with);
	attest_answer_free(a);
}

#define API "?api-version=2020-10-01"

static void
each_call_asks_for_what_it_is_named_after(void **state)
{
	(void)state;
	assert_asked(attest_client_discovery(client, NULL), "GET /.well-known/openid-configuration",
	    "");
	assert_asked(attest_client_certs(client, NULL), "GET /certs", "");
	assert_asked(attest_client_health(client, NULL), "GET /servicehealth" API, "");
	assert_asked(attest_client_policy_get(client, "SgxEnclave", NULL),
	    "GET /policies/SgxEnclave" API, "");
	assert_asked(attest_client_policy_set(client, "Tpm", "h.p.s", NULL),
	    "PUT /policies/Tpm" API, "h.p.s");
	assert_string_equal(asked_type, "text/plain");
	assert_asked(attest_client_policy_reset(client, "Tpm", "e..", NULL),
	    "POST /policies/Tpm:reset" API, "e..");
	assert_asked(attest_client_certificates_get(client, NULL), "GET /certificates" API, "");
	assert_asked(attest_client_certificates_add(client, "h.p.s", NULL),
	    "POST /certificates:add" API, "\"h.p.s\"");
	assert_string_equal(asked_type, "application/json");
	assert_asked(attest_client_certificates_remove(client, "a\"b", NULL),
	    "POST /certificates:remove" API, "\"a\\\"b\"");
	assert_asked(attest_client_tcb_baselines(client, "SgxEnclave", NULL),
	    "GET /tcbbaselines/SgxEnclave" API, "");
	assert_asked(attest_client_trace(client, "00ff", "key1", NULL), "GET /attestd/traces/00ff",
	    "");
	assert_string_equal(asked_key, "key1");
	assert_asked(attest_client_trace(client, "00ff", NULL, NULL), "GET /attestd/traces/00ff",
	    "");
	assert_string_equal(asked_key, "");
	assert_asked(attest_client_log_checkpoint(client, NULL), "GET /attestd/log/checkpoint", "");
	assert_asked(attest_client_log_key(client, NULL), "GET /attestd/log/key", "");
	assert_asked(attest_client_log_tile(client, "0/x001/067", NULL),
	    "GET /attestd/log/tile/0/x001/067", "");
	assert_asked(attest_client_log_proof(client, "ab12", NULL),
	    "GET /attestd/log/proof?jti=ab12", "");
	assert_asked(attest_client_log_records(client, 5, 6, NULL),
	    "GET /attestd/log/records?from=5&count=6", "");
	assert_true(attest_client_set_api_version(client, "2025-06-01"));
	assert_asked(attest_client_certificates_get(client, NULL),
	    "GET /certificates?api-version=2025-06-01", "");
}

static struct attest_answer *
attest(const char *type, void (*more)(struct attest_request *), struct attest_error **error)
{
	struct attest_request *rq = attest_request_new(type, "\1\2\3", 3);
	struct attest_answer *a;

	if (more != NULL)
		more(rq);
	a = attest_client_attest(client, rq, error);
	attest_request_free(rq);
	return a;
}

static void
with_all(struct attest_request *rq)
{
	attest_request_runtime_data(rq, "{}", 2, true);
	attest_request_init_time_data(rq, "\xff", 1, false);
	attest_request_nonce(rq, "n");
	attest_request_draft_policy(rq, "version=1.0;");
}

static void
with_null(struct attest_request *rq)
{
	attest_request_nonce(rq, NULL);
}

static void
each_type_has_its_body(void **state)
{
	static const struct {
		const char *type, *body;
	} rows[] = {
		{ "SgxEnclave", "{\"quote\":\"AQID\"}" },
		{ "OpenEnclave", "{\"report\":\"AQID\"}" },
		{ "SevSnpVm", "{\"report\":\"AQID\"}" },
		{ "TdxVm", "{\"quote\":\"AQID\"}" },
		{ "MdepTz", "{\"report\":\"AQID\"}" },
		{ "Tpm", "{\"data\":\"AQID\"}" },
		{ "Pluton", "{\"data\":\"AQID\"}" },
		{ "KeyGuard", "{\"attestationInfo\":\"AQID\"}" },
		{ "AzureGuest", "{\"attestationInfo\":\"\\u0001\\u0002\\u0003\"}" },
	};
	char target[128];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(target, sizeof(target), "POST /attest/%s" API, rows[i].type);
		assert_asked(attest(rows[i].type, NULL, NULL), target, rows[i].body);
	}
	assert_asked(attest("SgxEnclave", with_all, NULL), "POST /attest/SgxEnclave" API,
	    "{\"quote\":\"AQID\",\"runtimeData\":{\"data\":\"e30\",\"dataType\":\"JSON\"},"
	    "\"initTimeData\":{\"data\":\"_w\",\"dataType\":\"Binary\"},\"nonce\":\"n\","
	    "\"draftPolicyForAttestation\":\"version=1.0;\"}");
}

static void
assert_refused(struct attest_answer *a, struct attest_error **error)
{
	assert_null(a);
	assert_int_not_equal(attest_error_code(*error), ATTEST_ERROR_NONE);
	assert_string_not_equal(attest_error_message(*error), "");
	attest_error_free(*error);
	*error = NULL;
}

static void
what_makes_no_sense_is_refused_before_anybody_is_asked(void **state)
{
	static const char *const parts[] = { NULL, "", "a?b", "a#b", "../certs", "a/../b", "/a",
		"a b", "a%2fb", "a\r\nb", "a&b" };
	struct attest_error *e = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		assert_refused(attest_client_policy_get(client, parts[i], &e), &e);
		assert_refused(attest_client_trace(client, parts[i], NULL, &e), &e);
		assert_refused(attest_client_log_proof(client, parts[i], &e), &e);
		assert_refused(attest_client_log_tile(client, parts[i], &e), &e);
	}
	assert_refused(attest_client_trace(client, "a", "k\r\nX: y", &e), &e);
	assert_refused(attest_client_policy_set(client, "Tpm", NULL, &e), &e);
	assert_refused(attest_client_certificates_add(client, NULL, &e), &e);
	assert_refused(attest_client_attest(client, NULL, &e), &e);
	assert_refused(attest("Nothing", NULL, &e), &e);
	assert_refused(attest("Tpm", with_all, &e), &e);
	assert_refused(attest("SgxEnclave", with_null, &e), &e);
	assert_refused(attest(NULL, NULL, &e), &e);
	assert_refused(attest_client_certs(NULL, &e), &e);
	assert_false(attest_client_set_api_version(client, "1&x=2"));
	assert_int_equal(hits, 0);
}

static void
client_of_a_url_that_is_no_service_is_refused(void **state)
{
	static const char *const urls[] = { NULL, "", "http://host", "https://host/path",
		"https://host?q", "https://u:p@host", "host" };
	struct attest_error *e = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		assert_null(attest_client_new(urls[i], &e));
		assert_int_equal(attest_error_code(e), ATTEST_ERROR_INVALID);
		attest_error_free(e);
	}
}

static void
refusal_of_the_service_is_an_answer_with_its_words(void **state)
{
	struct attest_answer *a;
	size_t size;

	(void)state;
	status = 400;
	body = "{\"error\":{\"code\":\"InvalidParameter\",\"message\":\"no\",\"innererror\":"
	       "{\"check\":\"sgx.binding.runtime\",\"remedy\":\"send it\"}}}";
	a = attest("SgxEnclave", NULL, NULL);
	assert_int_equal(attest_answer_status(a), 400);
	assert_string_equal(attest_answer_error_code(a), "InvalidParameter");
	assert_string_equal(attest_answer_error_message(a), "no");
	assert_string_equal(attest_answer_failed_check(a), "sgx.binding.runtime");
	assert_string_equal(attest_answer_remedy(a), "send it");
	assert_string_equal(attest_answer_trace_id(a), "t-1");
	assert_string_equal(attest_answer_trace_key(a), "k-1");
	assert_null(attest_answer_member(a, "token"));
	attest_answer_free(a);
	status = 503;
	body = "";
	a = attest_client_certs(client, NULL);
	assert_int_equal(attest_answer_status(a), 503);
	assert_string_equal(attest_answer_body(a, &size), "");
	assert_int_equal(size, 0);
	assert_null(attest_answer_error_code(a));
	assert_null(attest_answer_member(a, "token"));
	attest_answer_free(a);
}

static int
give(void *user, struct attest_bearer *b)
{
	unsigned *count = user;

	if (++*count == 2)
		return -1;
	attest_bearer_set(b, *count == 3 ? "" : "from.callback", 0);
	return 0;
}

static void
credential_is_shown_with_every_call(void **state)
{
	struct attest_credential *c = attest_credential_new_bearer("t0k", NULL);
	struct attest_error *e = NULL;
	unsigned count = 0;

	(void)state;
	attest_client_set_credential(client, c);
	attest_credential_free(c);
	assert_asked(attest_client_certs(client, NULL), "GET /certs", "");
	assert_string_equal(asked_bearer, "t0k");
	c = attest_credential_new_callback(give, &count, NULL);
	attest_client_set_credential(client, c);
	attest_credential_free(c);
	assert_asked(attest_client_certs(client, NULL), "GET /certs", "");
	assert_string_equal(asked_bearer, "from.callback");
	assert_refused(attest_client_certs(client, &e), &e);
	assert_refused(attest_client_certs(client, &e), &e);
	assert_int_equal(hits, 2);
	attest_client_set_credential(client, NULL);
	assert_asked(attest_client_certs(client, NULL), "GET /certs", "");
	assert_string_equal(asked_bearer, "");
	assert_null(attest_credential_new_bearer("two words", NULL));
	assert_null(attest_credential_new_bearer(NULL, NULL));
	assert_null(attest_credential_new_file(NULL, NULL));
	assert_null(attest_credential_new_callback(NULL, NULL, NULL));
	assert_null(attest_credential_new_entra_secret(NULL, NULL, NULL, NULL, NULL, NULL));
}

static void
private_addresses_are_refused_until_allowed(void **state)
{
	struct attest_client *strict = attest_client_new(host.url, NULL);
	struct attest_error *e = NULL;

	(void)state;
	assert_true(attest_client_set_ca_file(strict, host.ca_path));
	assert_null(attest_client_certs(strict, &e));
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_DENIED);
	assert_int_equal(hits, 0);
	attest_error_free(e);
	attest_client_free(strict);
}

static void
no_place_that_an_answer_names_is_asked(void **state)
{
	static const unsigned codes[] = { 200, 201, 202, 301, 302, 303, 307, 308, 401 };
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "{\"nextLink\":\"%s\",\"value\":[],\"token\":\"%s\"}",
	    trap.lo.url, trap.lo.url);
	body = text;
	for (size_t i = 0; i < COUNT_OF(trap_headers); i++) {
		header = trap_headers[i].name;
		trap_header(&trap, i, value);
		for (size_t c = 0; c < COUNT_OF(codes); c++) {
			struct attest_answer *a;

			status = codes[c];
			a = attest_client_policy_get(client, "Tpm", NULL);
			assert_int_equal(attest_answer_status(a), codes[c]);
			attest_answer_free(a);
			a = attest_client_policy_set(client, "Tpm", "a.b.c", NULL);
			assert_int_equal(attest_answer_status(a), codes[c]);
			attest_answer_free(a);
		}
	}
	assert_int_equal(hits, 2 * COUNT_OF(codes) * COUNT_OF(trap_headers));
	assert_true(trap_is_untouched(&trap));
}

static void *
call_often(void *user)
{
	for (int i = 0; i < 20; i++) {
		struct attest_answer *a = attest_client_certs(client, NULL);

		if (attest_answer_status(a) != 200)
			user = NULL;
		attest_answer_free(a);
	}
	return user;
}

static void
one_client_serves_many_threads(void **state)
{
	pthread_t threads[12];
	void *good;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_often, client), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		pthread_join(threads[i], &good);
		assert_non_null(good);
	}
	assert_int_equal(hits, 240);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, reset, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_call_asks_for_what_it_is_named_after),
		CASE(each_type_has_its_body),
		CASE(what_makes_no_sense_is_refused_before_anybody_is_asked),
		CASE(client_of_a_url_that_is_no_service_is_refused),
		CASE(refusal_of_the_service_is_an_answer_with_its_words),
		CASE(credential_is_shown_with_every_call),
		CASE(private_addresses_are_refused_until_allowed),
		CASE(no_place_that_an_answer_names_is_asked),
		CASE(one_client_serves_many_threads),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
