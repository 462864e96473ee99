/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verifier that finds its issuer's keys, through the public library: against an issuer of our own over TLS, and beside a
 * trap that nothing may reach, whatever a token says.
 */
#include <attest/attest.h>

#include "../../support/issuer.h"
#include "../../support/loopback.h"
#include "../../support/test.h"
#include "../../support/trap.h"
#include "client/discovery.h"

#include <stdatomic.h>

#define HOST_KEYS 3

static struct loopback host;
static struct trap trap;
static struct fake_issuer keys;
static atomic_uint hits, status;
static struct attest_verifier *verifier;

static void
serve(struct http_request *rq, void *user)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct http_response r = { .status = atomic_load(&status), .content_type = HTTP_JSON };

	(void)user;
	atomic_fetch_add(&hits, 1);
	buf_init(&out, MAX_JWKS_SIZE);
	if (bytes_is_str(rq->path, DISCOVERY_PATH))
		buf_fmt(&out, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/certs\"}", host.url, host.url);
	else
		fake_issuer_emit(&keys, keys.published, &out);
	r.body = arena_copy(rq->arena, buf_bytes(&out));
	http_respond(rq, &r);
}

static int
start(void **state)
{
	(void)state;
	return fake_issuer_init(&keys, HOST_KEYS) == 0 && loopback_start(&host, serve, NULL) &&
		trap_start(&trap)
	    ? 0
	    : -1;
}

static int
stop(void **state)
{
	(void)state;
	loopback_stop(&host);
	trap_stop(&trap);
	fake_issuer_release(&keys);
	return 0;
}

static int
reset(void **state)
{
	(void)state;
	keys.published = 1;
	atomic_store(&status, 200);
	atomic_store(&hits, 0);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	attest_verifier_free(verifier);
	verifier = NULL;
	assert_true(trap_is_untouched(&trap));
	return 0;
}

static struct attest_verifier_config *
config(void)
{
	struct attest_verifier_config *c = attest_verifier_config_new(host.url);

	attest_verifier_config_ca_file(c, host.ca_path);
	attest_verifier_config_allow_private_addresses(c);
	attest_verifier_config_wait(c, 60000);
	attest_verifier_config_timeout(c, 60000);
	return c;
}

static void
start_with(struct attest_verifier_config *c)
{
	verifier = attest_verifier_new(c, NULL);
	attest_verifier_config_free(c);
	assert_non_null(verifier);
}

/* A token by key N; MORE goes into the header, after a comma. */
static void
token(size_t n, const char *iss, const char *more, struct buf *out)
{
	int64_t now = clock_now_at();
	uint8_t sig[MAX_SIG_SIZE];
	char header[1024], payload[1024];
	size_t size = 0;

	snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"k%zu\",\"typ\":\"JWT\"%s}",
	    n, more);
	snprintf(payload, sizeof(payload),
	    "{\"exp\":%lld,\"iat\":%lld,\"iss\":\"%s\",\"jti\":\"j\",\"nbf\":%lld,"
	    "\"x-ms-attestation-type\":\"sgx\",\"x-ms-sgx-is-debuggable\":false}",
	    (long long)now + 3600, (long long)now, iss, (long long)now);
	buf_init(out, 65536);
	jws_emit_signing_input(out, bytes_of_str(header), bytes_of_str(payload));
	assert_int_equal(privkey_sign(keys.keys[n], SIG_ES256, SIG_RAW, buf_bytes(out), sig, &size,
			     NULL),
	    0);
	jws_emit_signature(out, bytes_of(sig, size));
	assert_true(buf_ok(out));
}

static struct attest_expectation *
expect(const char *issuer)
{
	struct attest_expectation *x = attest_expectation_new();

	attest_expectation_issuer(x, issuer);
	attest_expectation_type(x, "SgxEnclave");
	attest_expectation_max_age(x, 600);
	return x;
}

static enum attest_verdict
verify(size_t n, const char *iss, const char *more, char failed[64], char note[256])
{
	DEFER(buf_release) struct buf t = { 0 };
	struct attest_expectation *x = expect(host.url);
	struct attest_result *r = NULL;
	enum attest_verdict v;

	token(n, iss, more, &t);
	v = attest_verify(verifier, (const char *)t.p, t.size, x, &r, NULL);
	failed[0] = note[0] = '\0';
	if (r != NULL && attest_result_failed_check(r) != NULL) {
		snprintf(failed, 64, "%s", attest_result_failed_check(r));
		for (size_t i = 0; i < attest_result_check_count(r); i++)
			if (strcmp(attest_result_check_id(r, i), failed) == 0 &&
			    attest_result_check_note(r, i) != NULL)
				snprintf(note, 256, "%s", attest_result_check_note(r, i));
	}
	attest_result_free(r);
	attest_expectation_free(x);
	return v;
}

static void
keys_are_found_and_new_ones_too(void **state)
{
	char failed[64], note[256];

	(void)state;
	start_with(config());
	assert_int_equal(verify(0, host.url, "", failed, note), ATTEST_ACCEPTED);
	assert_int_equal(hits, 2);
	assert_int_equal(verify(0, host.url, "", failed, note), ATTEST_ACCEPTED);
	assert_int_equal(hits, 2);
	keys.published = 3;
	assert_int_equal(verify(1, host.url, "", failed, note), ATTEST_ACCEPTED);
	assert_int_equal(hits, 4);
	assert_int_equal(verify(2, host.url, "", failed, note), ATTEST_UNDECIDED);
	assert_string_equal(failed, "token.key");
	assert_int_equal(hits, 4);
}

static void
issuer_that_is_down_leaves_a_clear_undecided(void **state)
{
	struct attest_verifier_config *c = config();
	char failed[64], note[256];
	uint64_t until = clock_ms() + 60000;

	(void)state;
	attest_verifier_config_refresh(c, 1, 1);
	attest_verifier_config_staleness(c, 2);
	start_with(c);
	assert_int_equal(verify(0, host.url, "", failed, note), ATTEST_ACCEPTED);
	atomic_store(&status, 503);
	while (verify(0, host.url, "", failed, note) == ATTEST_ACCEPTED && clock_ms() < until)
		usleep(20000);
	assert_int_equal(verify(0, host.url, "", failed, note), ATTEST_UNDECIDED);
	assert_string_equal(failed, "token.keys_stale");
	assert_non_null(strstr(note, "503"));
	atomic_store(&status, 200);
	while (verify(0, host.url, "", failed, note) != ATTEST_ACCEPTED && clock_ms() < until)
		usleep(20000);
	assert_int_equal(verify(0, host.url, "", failed, note), ATTEST_ACCEPTED);
}

static void
issuer_that_never_answered_is_undecided_with_its_reason(void **state)
{
	char failed[64], note[256];

	(void)state;
	atomic_store(&status, 500);
	start_with(config());
	assert_int_equal(verify(0, host.url, "", failed, note), ATTEST_UNDECIDED);
	assert_string_equal(failed, "token.keys_stale");
	assert_non_null(strstr(note, "500"));
}

static void
private_addresses_are_refused_until_allowed(void **state)
{
	struct attest_verifier_config *c = attest_verifier_config_new(host.url);
	char failed[64], note[256];

	(void)state;
	attest_verifier_config_ca_file(c, host.ca_path);
	start_with(c);
	assert_int_equal(verify(0, host.url, "", failed, note), ATTEST_UNDECIDED);
	assert_string_equal(failed, "token.keys_stale");
	assert_non_null(strstr(note, "public"));
	assert_int_equal(hits, 0);
}

static void
no_url_of_a_token_is_ever_asked(void **state)
{
	static const char *const members[] = { "jku", "x5u", "iss", "jwks_uri", "kid_url",
		"x5c_url", "issuer", "aud", "sub", "kid_uri", "crit_uri" };
	char more[512], failed[64], note[256];

	(void)state;
	start_with(config());
	assert_int_equal(verify(0, host.url, "", failed, note), ATTEST_ACCEPTED);
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		snprintf(more, sizeof(more), ",\"%s\":\"%s/certs\"", members[i], trap.lo.url);
		for (size_t n = 0; n < HOST_KEYS; n++) {
			enum attest_verdict v = verify(n, host.url, more, failed, note);

			if (n > 0 || i < 2)
				assert_int_not_equal(v, ATTEST_ACCEPTED);
			v = verify(n, trap.lo.url, more, failed, note);
			assert_int_not_equal(v, ATTEST_ACCEPTED);
		}
	}
}

static void
keys_of_one_issuer_do_not_judge_for_another(void **state)
{
	DEFER(buf_release) struct buf t = { 0 };
	struct attest_expectation *x = expect("https://other.example");
	struct attest_result *r = NULL;
	struct attest_error *error = NULL;

	(void)state;
	start_with(config());
	token(0, "https://other.example", "", &t);
	assert_int_equal(attest_verify(verifier, (const char *)t.p, t.size, x, &r, &error),
	    ATTEST_FAILED);
	assert_null(r);
	assert_int_equal(attest_error_code(error), ATTEST_ERROR_INVALID);
	attest_error_free(error);
	attest_expectation_free(x);
}

static void
first_mistake_of_a_configuration_is_reported(void **state)
{
	struct attest_verifier_config *bad[8];
	struct attest_error *error = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		bad[i] =
		    i < 2 ? attest_verifier_config_new(i == 0 ? NULL : "http://plain") : config();
	attest_verifier_config_staleness(bad[2], 60);
	attest_verifier_config_staleness(bad[3], UINT32_MAX);
	attest_verifier_config_timeout(bad[4], 0);
	attest_verifier_config_jwks_url(bad[5], "ftp://host");
	attest_verifier_config_refresh(bad[6], 10, 5);
	attest_verifier_config_jwks_origin(bad[7], "https://host/path");
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_null(attest_verifier_new(bad[i], &error));
		assert_int_equal(attest_error_code(error), ATTEST_ERROR_INVALID);
		assert_string_not_equal(attest_error_message(error), "");
		attest_error_free(error);
		attest_verifier_config_free(bad[i]);
	}
	assert_null(attest_verifier_new(NULL, NULL));
	attest_verifier_config_ca_file(NULL, "x");
	attest_verifier_config_jwks_origin(NULL, "x");
	attest_verifier_config_refresh(NULL, 1, 2);
	attest_verifier_config_allow_private_addresses(NULL);
	attest_verifier_config_free(NULL);
	assert_int_equal(hits, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, reset, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keys_are_found_and_new_ones_too),
		CASE(issuer_that_is_down_leaves_a_clear_undecided),
		CASE(issuer_that_never_answered_is_undecided_with_its_reason),
		CASE(private_addresses_are_refused_until_allowed),
		CASE(no_url_of_a_token_is_ever_asked),
		CASE(keys_of_one_issuer_do_not_judge_for_another),
		CASE(first_mistake_of_a_configuration_is_reported),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
