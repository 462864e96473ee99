/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Discovery against our own server over TLS on loopback, which serves whatever a case wants and counts what it is asked;
 * and a second one, the trap, that nothing may ever reach.
 */
#include "client/discovery.h"

#include "../../support/loopback.h"
#include "../../support/test.h"
#include "../../support/trap.h"
#include "jose/jwk.h"

#include <pthread.h>
#include <stdatomic.h>

#define JWKS "{\"keys\":[]}"

static struct loopback issuer;
static struct trap trap;
static struct http_client *client;

/* What the issuer answers: a case writes it down, and fetch() lets the server's threads see it. */
static struct answers {
	char document[8192];
	unsigned document_status, jwks_status, slow_ms;
	const char *moved_to, *cache_control, *age;
	const char *header; /* one more, and its value */
	char value[TRAP_VALUE];
	size_t jwks_size; /* 0: JWKS */
} will, shown;
static pthread_mutex_t shown_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint hits;

static void
serve(struct http_request *rq, void *user)
{
	static const uint8_t large[MAX_JWKS_SIZE + 1];
	struct http_response r = { .content_type = HTTP_JSON, .body = BYTES(JWKS) };
	struct answers now;

	(void)user;
	atomic_fetch_add(&hits, 1);
	pthread_mutex_lock(&shown_lock);
	now = shown;
	pthread_mutex_unlock(&shown_lock);
	usleep(now.slow_ms * 1000);
	r.status = now.jwks_status;
	if (bytes_is_str(rq->path, DISCOVERY_PATH)) {
		r.status = now.document_status;
		r.body = arena_copy(rq->arena, bytes_of_str(now.document));
	} else if (now.jwks_size > 0) {
		r.body = bytes_of(large, now.jwks_size);
	}
	if (now.moved_to != NULL)
		http_response_add(&r, "Location", now.moved_to);
	if (now.cache_control != NULL)
		http_response_add(&r, "Cache-Control", now.cache_control);
	if (now.age != NULL)
		http_response_add(&r, "Age", now.age);
	if (now.header != NULL)
		http_response_add(&r, now.header, now.value);
	http_respond(rq, &r);
}

static int
start(void **state)
{
	(void)state;
	client = http_client_new(NULL);
	return client != NULL && loopback_start(&issuer, serve, NULL) && trap_start(&trap) ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	http_client_free(client);
	loopback_stop(&issuer);
	trap_stop(&trap);
	return 0;
}

static void
document_of(const char *issuer_member, const char *jwks_uri)
{
	snprintf(will.document, sizeof(will.document), "{\"issuer\":\"%s\",\"jwks_uri\":\"%s\"}",
	    issuer_member, jwks_uri);
}

/* An issuer that does everything right. */
static int
reset(void **state)
{
	char uri[128];

	(void)state;
	will = (struct answers){ .document_status = 200, .jwks_status = 200 };
	snprintf(uri, sizeof(uri), "%s/keys", issuer.url);
	document_of(issuer.url, uri);
	atomic_store(&hits, 0);
	return 0;
}

static int
nothing_was_trapped(void **state)
{
	(void)state;
	assert_true(trap_is_untouched(&trap));
	return 0;
}

static struct discovery_config
config(void)
{
	return (struct discovery_config){ .issuer = issuer.url,
		.ca_file = issuer.ca_path,
		.allow_private = true,
		.timeout_ms = 60000 };
}

static enum err_code
fetch(const struct discovery_config *from, struct discovery_fresh *fresh)
{
	DEFER(buf_release) struct buf jwks = { 0 };
	struct err e = { 0 };

	pthread_mutex_lock(&shown_lock);
	shown = will;
	pthread_mutex_unlock(&shown_lock);
	buf_init(&jwks, MAX_JWKS_SIZE);
	if (discovery_fetch(from, client, &jwks, fresh, &e) == 0) {
		assert_true(bytes_is_str(buf_bytes(&jwks), JWKS));
		return ERR_NONE;
	}
	assert_int_not_equal(e.msg[0], '\0');
	return e.code;
}

static enum err_code
outcome(void)
{
	struct discovery_config from = config();
	struct discovery_fresh fresh;

	return fetch(&from, &fresh);
}

static void
keys_are_found_by_way_of_the_document(void **state)
{
	struct discovery_config from = config();
	struct discovery_fresh fresh = { true, 1 };
	char with_slash[128], uri[128];

	(void)state;
	assert_int_equal(fetch(&from, &fresh), ERR_NONE);
	assert_false(fresh.is_said);
	assert_int_equal(hits, 2);
	/* Some issuers' names end in a slash, and then it is part of the name. */
	snprintf(with_slash, sizeof(with_slash), "%s/", issuer.url);
	snprintf(uri, sizeof(uri), "%s/keys", issuer.url);
	from.issuer = with_slash;
	assert_int_equal(fetch(&from, &fresh), ERR_INVALID);
	document_of(with_slash, uri);
	assert_int_equal(fetch(&from, &fresh), ERR_NONE);
}

static void
configured_url_needs_no_document(void **state)
{
	struct discovery_config from = config();
	struct discovery_fresh fresh;
	char uri[128];

	(void)state;
	snprintf(uri, sizeof(uri), "%s/keys", issuer.url);
	from.issuer = NULL;
	from.jwks_url = uri;
	assert_int_equal(fetch(&from, &fresh), ERR_NONE);
	assert_int_equal(hits, 1);
}

static void
jwks_uri_of_another_place_is_never_followed(void **state)
{
	static const struct {
		const char *before, *after;
		enum err_code code;
	} rows[] = {
		{ "https://localhost:", "/keys", ERR_DENIED },
		{ "https://127.0.0.1:", "/keys", ERR_DENIED },
		{ "https://issuer@localhost:", "/", ERR_INVALID },
		{ "https://localhost:1@localhost:", "/", ERR_INVALID },
		{ "http://localhost:", "/", ERR_INVALID },
		{ "HTTPS://localhost:", "/", ERR_INVALID },
		{ "//localhost:", "/", ERR_INVALID },
		{ "https://[::ffff:127.0.0.1]:", "/", ERR_DENIED },
		{ "https://[::1%25lo]:", "/", ERR_INVALID },
		{ "https://127.1:", "/", ERR_INVALID },
		{ "https://2130706433:", "/", ERR_INVALID },
		{ "https://localhost.:", "/", ERR_INVALID },
		{ "gopher://localhost:", "/", ERR_INVALID },
		{ "https://localhost:", "#", ERR_INVALID },
		{ "https://localhost:", "\\\\@x", ERR_INVALID },
	};
	char uri[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(uri, sizeof(uri), "%s%u%s", rows[i].before, trap.lo.port, rows[i].after);
		document_of(issuer.url, uri);
		assert_int_equal(outcome(), rows[i].code);
	}
	assert_int_equal(hits, COUNT_OF(rows));
	document_of(issuer.url, "file:///etc/passwd");
	assert_int_equal(outcome(), ERR_INVALID);
	document_of(issuer.url, "");
	assert_int_equal(outcome(), ERR_INVALID);
	document_of(issuer.url, "/keys");
	assert_int_equal(outcome(), ERR_INVALID);
}

static void
jwks_uri_of_a_configured_place_is_followed(void **state)
{
	struct discovery_config from = config();
	const char *origins[] = { "https://elsewhere.example", issuer.url, NULL };
	struct discovery_fresh fresh;
	char uri[128];

	(void)state;
	snprintf(uri, sizeof(uri), "https://127.0.0.1:%u/keys", issuer.port);
	document_of(issuer.url, uri);
	assert_int_equal(fetch(&from, &fresh), ERR_DENIED);
	snprintf(uri, sizeof(uri), "https://127.0.0.1:%u", issuer.port);
	origins[1] = uri;
	from.jwks_origins = origins;
	char whole[160];

	snprintf(whole, sizeof(whole), "%s/keys", uri);
	document_of(issuer.url, whole);
	assert_int_equal(fetch(&from, &fresh), ERR_NONE);
}

static void
redirects_lead_nowhere(void **state)
{
	static const unsigned codes[] = { 301, 302, 303, 307, 308 };

	(void)state;
	will.moved_to = trap.lo.url;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		will.document_status = codes[i];
		assert_int_equal(outcome(), ERR_UNAVAILABLE);
	}
	will.document_status = 200;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		will.jwks_status = codes[i];
		assert_int_equal(outcome(), ERR_UNAVAILABLE);
	}
}

static void
no_other_place_that_an_answer_names_is_asked(void **state)
{
	static const char *const members[] = { "jku", "x5u", "token_endpoint",
		"registration_endpoint", "introspection_endpoint", "signed_metadata_uri",
		"op_policy_uri", "jwks_uri_next" };
	static const unsigned codes[] = { 200, 302, 401 };
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(trap_headers); i++) {
		will.header = trap_headers[i].name;
		trap_header(&trap, i, will.value);
		for (size_t c = 0; c < COUNT_OF(codes); c++) {
			will.document_status = codes[c];
			will.jwks_status = 200;
			assert_int_equal(outcome(), codes[c] == 200 ? ERR_NONE : ERR_UNAVAILABLE);
			will.document_status = 200;
			will.jwks_status = codes[c];
			assert_int_equal(outcome(), codes[c] == 200 ? ERR_NONE : ERR_UNAVAILABLE);
		}
	}
	used = strlen(will.document) - 1;
	for (size_t i = 0; i < COUNT_OF(members); i++)
		used += (size_t)snprintf(will.document + used, sizeof(will.document) - used,
		    ",\"%s\":\"%s/%s\"", members[i], trap.lo.url, members[i]);
	snprintf(will.document + used, sizeof(will.document) - used, "}");
	will.jwks_status = 200;
	assert_int_equal(outcome(), ERR_NONE);
}

static void
private_address_is_not_asked_unless_allowed(void **state)
{
	struct discovery_config from = config();
	struct discovery_fresh fresh;

	(void)state;
	from.allow_private = false;
	assert_int_equal(fetch(&from, &fresh), ERR_DENIED);
	assert_int_equal(hits, 0);
}

static void
document_that_is_not_the_issuers_is_refused(void **state)
{
	static const struct {
		const char *document;
		enum err_code code;
	} rows[] = {
		{ "", ERR_MALFORMED },
		{ "<html>", ERR_MALFORMED },
		{ "[]", ERR_INVALID },
		{ "{}", ERR_INVALID },
		{ "{\"issuer\":7,\"jwks_uri\":\"https://localhost\"}", ERR_INVALID },
		{ "{\"issuer\":\"https://other.example\",\"jwks_uri\":\"https://localhost\"}",
		    ERR_INVALID },
		{ "{\"issuer\":\"a\",\"issuer\":\"b\"}", ERR_MALFORMED },
	};
	char upper[64], text[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(will.document, sizeof(will.document), "%s", rows[i].document);
		assert_int_equal(outcome(), rows[i].code);
	}
	snprintf(upper, sizeof(upper), "https://LOCALHOST:%u", issuer.port);
	document_of(upper, upper);
	assert_int_equal(outcome(), ERR_INVALID);
	snprintf(will.document, sizeof(will.document), "{\"issuer\":\"%s\"}", issuer.url);
	assert_int_equal(outcome(), ERR_MALFORMED);
	snprintf(text, sizeof(text), "{\"issuer\":\"%s\",\"jwks_uri\":[\"%s/keys\"]}", issuer.url,
	    issuer.url);
	snprintf(will.document, sizeof(will.document), "%s", text);
	assert_int_equal(outcome(), ERR_MALFORMED);
	assert_int_equal(hits, COUNT_OF(rows) + 3);
}

static void
other_statuses_are_no_keys(void **state)
{
	static const unsigned codes[] = { 201, 204, 206, 401, 404, 429, 500, 503 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		will.jwks_status = codes[i];
		assert_int_equal(outcome(), ERR_UNAVAILABLE);
	}
	will.jwks_status = 200;
	will.document_status = 503;
	assert_int_equal(outcome(), ERR_UNAVAILABLE);
}

static void
answer_beyond_its_ceiling_is_refused(void **state)
{
	(void)state;
	will.jwks_size = MAX_JWKS_SIZE + 1;
	assert_int_equal(outcome(), ERR_LIMIT);
}

static void
both_requests_share_one_time(void **state)
{
	struct discovery_config from = config();
	struct discovery_fresh fresh;

	(void)state;
	from.timeout_ms = 2000;
	will.slow_ms = 1400;
	uint64_t before = clock_ms();

	assert_int_equal(fetch(&from, &fresh), ERR_UNAVAILABLE);
	/* Neither request by itself takes as long. */
	assert_true(clock_ms() - before < 2600);
	usleep(1400000);
}

static void
lifetime_is_read_from_the_answer(void **state)
{
	static const struct {
		const char *cache_control, *age;
		bool is_said;
		uint32_t max_age_s;
	} rows[] = {
		{ "max-age=3600", NULL, true, 3600 },
		{ "public, max-age=86400", "400", true, 86000 },
		{ "max-age=60", "61", true, 0 },
		{ "MAX-AGE=\"60\" , must-revalidate", NULL, true, 60 },
		{ "max-age=600,max-age=60", NULL, true, 60 },
		{ "no-store", NULL, true, 0 },
		{ "max-age=5,no-cache", NULL, true, 0 },
		{ "max-age=-1", NULL, true, 0 },
		{ "max-age=x", NULL, true, 0 },
		{ "max-age=99999999999999999999", NULL, true, 365 * 24 * 3600 },
		{ "max-age=100", "nonsense", true, 100 },
		{ "s-maxage=5", "1", false, 0 },
		{ "x-max-age=5", NULL, false, 0 },
		{ ",,, ,", NULL, false, 0 },
		{ NULL, "7", false, 0 },
	};
	struct discovery_config from = config();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct discovery_fresh fresh = { 0 };

		will.cache_control = rows[i].cache_control;
		will.age = rows[i].age;
		assert_int_equal(fetch(&from, &fresh), ERR_NONE);
		assert_int_equal(fresh.is_said, rows[i].is_said);
		assert_int_equal(fresh.max_age_s, rows[i].max_age_s);
	}
}

static void
configuration_is_checked_without_asking_anybody(void **state)
{
	const char *origins[] = { "https://a/path", NULL };
	struct discovery_config bad[] = { { 0 }, config(), config(), config(), config() };
	struct err e = { 0 };

	(void)state;
	bad[1].issuer = "http://localhost";
	bad[2].jwks_url = "http://localhost/keys";
	bad[3].issuer = "https://localhost/?a";
	bad[4].jwks_origins = origins;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(discovery_config_check(&bad[i], &e), -1);
		assert_int_equal(e.code, ERR_INVALID);
		err_clear(&e);
	}
	assert_int_equal(hits, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, reset, nothing_was_trapped)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keys_are_found_by_way_of_the_document),
		CASE(configured_url_needs_no_document),
		CASE(jwks_uri_of_another_place_is_never_followed),
		CASE(jwks_uri_of_a_configured_place_is_followed),
		CASE(redirects_lead_nowhere),
		CASE(no_other_place_that_an_answer_names_is_asked),
		CASE(private_address_is_not_asked_unless_allowed),
		CASE(document_that_is_not_the_issuers_is_refused),
		CASE(other_statuses_are_no_keys),
		CASE(answer_beyond_its_ceiling_is_refused),
		CASE(both_requests_share_one_time),
		CASE(lifetime_is_read_from_the_answer),
		CASE(configuration_is_checked_without_asking_anybody),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
