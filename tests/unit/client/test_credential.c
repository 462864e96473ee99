/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials against token endpoints of our own on loopback, one over TLS like Entra's, one plain like the metadata's. */
#include "client/credential.h"

#include "../../support/loopback.h"
#include "../../support/test.h"
#include "../../support/trap.h"
#include "jose/jws.h"

#include <stdatomic.h>
#include <unistd.h>

#define NOW 1790000000

static struct loopback entra;
static struct trap trap;
static struct http_server *plain;
static char plain_url[64];
static struct privkey *rsa;
static struct buf rsa_cert, rsa_key;

/* What the endpoint answers, and what it was asked last. */
static unsigned status;
static const char *body;
static const char *header; /* one more, and its value */
static char value[TRAP_VALUE];
static char asked_body[16384], asked_path[512], asked_metadata[16];
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
	char query[512];

	(void)user;
	atomic_fetch_add(&hits, 1);
	copy(asked_body, sizeof(asked_body), rq->body);
	copy(asked_path, sizeof(asked_path), rq->path);
	copy(query, sizeof(query), rq->query);
	if (query[0] != '\0')
		copy(asked_path, sizeof(asked_path), bytes_of_str(query));
	copy(asked_metadata, sizeof(asked_metadata), http_header(rq, "Metadata"));
	if (header != NULL)
		http_response_add(&r, header, value);
	http_respond(rq, &r);
}

static bool
make_certificate(void)
{
	struct cert_spec spec = { .subject_cn = "client",
		.not_before_at = NOW,
		.not_after_at = NOW + 86400,
		.path_len = -1 };
	DEFER(buf_release) struct buf der = { 0 };
	DEFER(secret_release) struct secret pem = { 0 };
	const struct key *public;

	if (privkey_generate_rsa(2048, &rsa, NULL) < 0)
		return false;
	public = privkey_public(rsa);
	buf_init(&der, 65536);
	buf_init(&rsa_cert, 65536);
	buf_init(&rsa_key, 65536);
	if (cert_emit(&spec, public, public, rsa, &der, NULL) < 0 ||
	    privkey_to_pem(rsa, &pem, NULL) < 0)
		return false;
	pem_emit(&rsa_cert, "CERTIFICATE", buf_bytes(&der));
	buf_add(&rsa_key, secret_bytes(&pem));
	return buf_ok(&rsa_cert) && buf_ok(&rsa_key);
}

static int
start(void **state)
{
	struct http_server_config c = { .listener_count = 1,
		.limits = HTTP_LIMITS_DEFAULT,
		.threads = 1,
		.handle = serve };
	unsigned port = 0;

	(void)state;
	c.listeners[0] = (struct http_listener){ .fd = loopback_listen(&port),
		.label = "plain",
		.is_plain = true };
	snprintf(plain_url, sizeof(plain_url), "http://127.0.0.1:%u", port);
	return make_certificate() && loopback_start(&entra, serve, NULL) && trap_start(&trap) &&
		http_server_start(&c, &plain, NULL) == 0
	    ? 0
	    : -1;
}

static int
stop(void **state)
{
	(void)state;
	loopback_stop(&entra);
	trap_stop(&trap);
	if (http_server_drain(plain, 3000))
		http_server_free(plain);
	buf_release(&rsa_cert);
	buf_release(&rsa_key);
	privkey_free(rsa);
	return 0;
}

static int
reset(void **state)
{
	(void)state;
	status = 200;
	header = NULL;
	body = "{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"one.two-3\"}";
	atomic_store(&hits, 0);
	return 0;
}

static struct credential_entra
by_secret(void)
{
	return (struct credential_entra){ .authority = entra.url,
		.tenant = "contoso.onmicrosoft.com",
		.client_id = "11111111-2222-4333-8444-555555555555",
		.secret = "s&cr=t ~é",
		.ca_file = entra.ca_path,
		.timeout_ms = 60000,
		.allow_private = true };
}

static enum err_code
ask(struct credential *c, int64_t at, const char *token)
{
	DEFER(secret_release) struct secret got = { 0 };
	struct err e = { 0 };

	if (credential_token(c, at, &got, &e) < 0) {
		assert_null(strstr(e.msg, "s&cr"));
		assert_null(strstr(e.msg, "one.two"));
		return e.code;
	}
	assert_string_equal((const char *)got.p, token);
	return ERR_NONE;
}

static void
bearer_is_given_as_it_is_and_must_be_one(void **state)
{
	static const char *const bad[] = { "", "a b", "a\r\nX: y", "=", "a=b", "\xc3\xa9", "a\"",
		"a," };
	DEFER(credential_unrefp) struct credential *c = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(credential_new_bearer("Az09-._~+/==", &c, &e), 0);
	assert_int_equal(ask(c, NOW, "Az09-._~+/=="), ERR_NONE);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct credential *none = NULL;

		assert_int_equal(credential_new_bearer(bad[i], &none, &e), -1);
		assert_int_equal(e.code, ERR_MALFORMED);
		assert_null(none);
		err_clear(&e);
	}
}

static void
write_file(const char *path, const char *text, size_t times)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < times; i++)
		fputs(text, f);
	fclose(f);
}

static void
token_file_is_read_anew_each_time(void **state)
{
	struct tmpdir d = tmpdir_new();
	const char *path = tmpdir_at(&d, "token");
	DEFER(credential_unrefp) struct credential *c = NULL;

	(void)state;
	assert_int_equal(credential_new_file(path, &c, NULL), 0);
	assert_int_equal(ask(c, NOW, ""), ERR_IO);
	write_file(path, " first\n", 1);
	assert_int_equal(ask(c, NOW, "first"), ERR_NONE);
	write_file(path, "second", 1);
	assert_int_equal(ask(c, NOW, "second"), ERR_NONE);
	write_file(path, "two words", 1);
	assert_int_equal(ask(c, NOW, ""), ERR_MALFORMED);
	write_file(path, "", 1);
	assert_int_equal(ask(c, NOW, ""), ERR_MALFORMED);
	write_file(path, "x", MAX_BEARER_SIZE);
	DEFER(secret_release) struct secret whole = { 0 };

	assert_int_equal(credential_token(c, NOW, &whole, NULL), 0);
	assert_int_equal(whole.size, MAX_BEARER_SIZE + 1);
	write_file(path, "x", MAX_BEARER_SIZE + 1);
	assert_int_equal(ask(c, NOW, ""), ERR_LIMIT);
	write_file(path, "x", 100000);
	assert_int_equal(ask(c, NOW, ""), ERR_LIMIT);
	tmpdir_drop(&d);
}

static int
give(void *user, struct credential_answer *out, struct err *e)
{
	int *count = user;

	if (++*count == 3)
		return err_set(e, ERR_DENIED, "no more");
	assert_true(secret_init(&out->text, 3));
	out->text.p[0] = 't';
	out->text.p[1] = (uint8_t)('0' + *count);
	out->expires_at = *count == 1 ? NOW + 1000 : 0;
	return 0;
}

static void
callback_is_asked_again_when_its_token_nears_its_end(void **state)
{
	DEFER(credential_unrefp) struct credential *c = NULL;
	int count = 0;

	(void)state;
	assert_int_equal(credential_new_callback(give, &count, NULL, &c, NULL), 0);
	assert_int_equal(ask(c, NOW, "t1"), ERR_NONE);
	assert_int_equal(ask(c, NOW + 699, "t1"), ERR_NONE);
	assert_int_equal(count, 1);
	assert_int_equal(ask(c, NOW + 700, "t2"), ERR_NONE);
	/* Said to be of no known life: each time anew. */
	assert_int_equal(ask(c, NOW + 700, ""), ERR_DENIED);
	assert_int_equal(ask(c, NOW + 700, "t4"), ERR_NONE);
}

static void
client_secret_is_sent_in_the_form_and_the_token_kept(void **state)
{
	struct credential_entra who = by_secret();
	DEFER(credential_unrefp) struct credential *c = NULL;

	(void)state;
	assert_int_equal(credential_new_entra(&who, &c, NULL), 0);
	assert_int_equal(ask(c, NOW, "one.two-3"), ERR_NONE);
	assert_string_equal(asked_path, "/contoso.onmicrosoft.com/oauth2/v2.0/token");
	assert_string_equal(asked_body,
	    "grant_type=client_credentials&client_id=11111111-2222-4333-8444-555555555555"
	    "&scope=https%3A%2F%2Fattest.azure.net%2F.default&client_secret=s%26cr%3Dt%20~%C3%A9");
	assert_int_equal(ask(c, NOW + 3299, "one.two-3"), ERR_NONE);
	assert_int_equal(hits, 1);
	assert_int_equal(ask(c, NOW + 3300, "one.two-3"), ERR_NONE);
	assert_int_equal(hits, 2);
}

static void
endpoint_that_is_away_is_no_matter_while_the_token_is_good(void **state)
{
	struct credential_entra who = by_secret();
	DEFER(credential_unrefp) struct credential *c = NULL;

	(void)state;
	assert_int_equal(credential_new_entra(&who, &c, NULL), 0);
	assert_int_equal(ask(c, NOW, "one.two-3"), ERR_NONE);
	status = 503;
	assert_int_equal(ask(c, NOW + 3599, "one.two-3"), ERR_NONE);
	assert_int_equal(ask(c, NOW + 3600, ""), ERR_UNAVAILABLE);
	assert_int_equal(hits, 3);
	status = 200;
	assert_int_equal(ask(c, NOW + 3600, "one.two-3"), ERR_NONE);
}

static void
certificate_signs_an_assertion_for_this_endpoint(void **state)
{
	struct credential_entra who = by_secret();
	DEFER(credential_unrefp) struct credential *c = NULL;
	DEFER(arena_release) struct arena a;
	const struct json *claims;
	struct jws jws;
	bool good = false;
	int64_t exp;
	char aud[128];

	(void)state;
	arena_init(&a, 1u << 20);
	who.secret = NULL;
	who.key_pem = buf_bytes(&rsa_key);
	who.certificate = buf_bytes(&rsa_cert);
	assert_int_equal(credential_new_entra(&who, &c, NULL), 0);
	assert_int_equal(ask(c, NOW, "one.two-3"), ERR_NONE);
	char *at = strstr(asked_body, "&client_assertion=");

	assert_non_null(at);
	assert_non_null(strstr(asked_body,
	    "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-"
	    "bearer&"));
	assert_null(strstr(asked_body, "client_secret"));
	assert_int_equal(jws_parse(bytes_of_str(at + 18), &a, &jws, NULL), 0);
	assert_int_equal(jws_verify(&jws, privkey_public(rsa), SIG_PS256, &good, NULL), 0);
	assert_true(good);
	assert_int_equal(json_text(json_get(jws.header, "x5t#S256")).size, 43);
	assert_int_equal(json_parse(jws.payload, 65536, &a, &claims, NULL), 0);
	snprintf(aud, sizeof(aud), "%s/contoso.onmicrosoft.com/oauth2/v2.0/token", entra.url);
	assert_true(json_is_str(json_get(claims, "aud"), aud));
	assert_true(json_is_str(json_get(claims, "iss"), who.client_id));
	assert_true(json_is_str(json_get(claims, "sub"), who.client_id));
	assert_true(json_int(json_get(claims, "exp"), &exp));
	assert_int_equal(exp, NOW + 300);
}

static void
managed_identity_asks_the_metadata_service(void **state)
{
	struct credential_managed who = { .endpoint = plain_url, .client_id = "a b" };
	DEFER(credential_unrefp) struct credential *c = NULL;

	(void)state;
	body = "{\"access_token\":\"imds\",\"expires_in\":\"86399\",\"token_type\":\"Bearer\"}";
	assert_int_equal(credential_new_managed(&who, &c, NULL), 0);
	assert_int_equal(ask(c, NOW, "imds"), ERR_NONE);
	assert_string_equal(asked_path,
	    "api-version=2018-02-01&resource=https%3A%2F%2Fattest.azure.net&client_id=a%20b");
	assert_string_equal(asked_metadata, "true");
	assert_int_equal(ask(c, NOW + 86098, "imds"), ERR_NONE);
	assert_int_equal(hits, 1);
}

static void
answer_that_is_no_token_is_an_error(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		enum err_code code;
	} rows[] = {
		{ 200, "", ERR_MALFORMED },
		{ 200, "<html>", ERR_MALFORMED },
		{ 200, "{\"token_type\":\"Bearer\",\"expires_in\":1}", ERR_MALFORMED },
		{ 200, "{\"token_type\":\"mac\",\"expires_in\":1,\"access_token\":\"a\"}",
		    ERR_MALFORMED },
		{ 200, "{\"token_type\":\"Bearer\",\"access_token\":\"a\"}", ERR_MALFORMED },
		{ 200, "{\"token_type\":\"Bearer\",\"expires_in\":0,\"access_token\":\"a\"}",
		    ERR_MALFORMED },
		{ 200, "{\"token_type\":\"Bearer\",\"expires_in\":\"x\",\"access_token\":\"a\"}",
		    ERR_MALFORMED },
		{ 200,
		    "{\"token_type\":\"Bearer\",\"expires_in\":9,\"access_token\":\"a\\r\\nX: y\"}",
		    ERR_MALFORMED },
		{ 302, "{\"token_type\":\"Bearer\",\"expires_in\":9,\"access_token\":\"a\"}",
		    ERR_DENIED },
		{ 400, "{\"error\":\"invalid_client\"}", ERR_DENIED },
		{ 401, "", ERR_DENIED },
		{ 429, "{}", ERR_UNAVAILABLE },
		{ 500, "", ERR_UNAVAILABLE },
	};
	struct credential_entra who = by_secret();
	DEFER(credential_unrefp) struct credential *c = NULL;

	(void)state;
	assert_int_equal(credential_new_entra(&who, &c, NULL), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		status = rows[i].status;
		body = rows[i].body;
		assert_int_equal(ask(c, NOW, ""), rows[i].code);
	}
	assert_int_equal(hits, COUNT_OF(rows));
}

static void
refusal_repeats_codes_and_no_strangers_text(void **state)
{
	struct credential_entra who = by_secret();
	DEFER(credential_unrefp) struct credential *c = NULL;
	DEFER(secret_release) struct secret got = { 0 };
	struct err e = { 0 };

	(void)state;
	status = 401;
	body = "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid "
	       "\\u001b[31m\"}";
	assert_int_equal(credential_new_entra(&who, &c, NULL), 0);
	assert_int_equal(credential_token(c, NOW, &got, &e), -1);
	assert_string_equal(e.msg,
	    "credential: the token endpoint answers 401 invalid_client AADSTS7000215");
	err_clear(&e);
	body = "{\"error\":\"<script>\",\"error_description\":\"AADSTS\\u001b: x\"}";
	assert_int_equal(credential_token(c, NOW, &got, &e), -1);
	assert_null(strpbrk(e.msg, "<\033"));
}

/* A credential that followed would hand its secret, or the machine's identity, to whom the endpoint names. */
static void
no_place_that_an_endpoint_names_is_asked(void **state)
{
	static const unsigned codes[] = { 301, 302, 303, 307, 308, 401 };
	struct credential_managed machine = { .endpoint = plain_url };
	struct credential_entra who = by_secret();
	DEFER(credential_unrefp) struct credential *c = NULL;
	DEFER(credential_unrefp) struct credential *managed = NULL;

	(void)state;
	assert_int_equal(credential_new_entra(&who, &c, NULL), 0);
	assert_int_equal(credential_new_managed(&machine, &managed, NULL), 0);
	for (size_t i = 0; i < COUNT_OF(trap_headers); i++) {
		header = trap_headers[i].name;
		trap_header(&trap, i, value);
		for (size_t s = 0; s < COUNT_OF(codes); s++) {
			status = codes[s];
			assert_int_equal(ask(c, NOW, ""), ERR_DENIED);
			assert_int_equal(ask(managed, NOW, ""), ERR_DENIED);
		}
	}
	assert_int_equal(hits, 2 * COUNT_OF(codes) * COUNT_OF(trap_headers));
	assert_true(trap_is_untouched(&trap));
}

static void
private_authority_must_be_allowed(void **state)
{
	struct credential_entra who = by_secret();
	DEFER(credential_unrefp) struct credential *c = NULL;

	(void)state;
	who.allow_private = false;
	assert_int_equal(credential_new_entra(&who, &c, NULL), 0);
	assert_int_equal(ask(c, NOW, ""), ERR_DENIED);
	assert_int_equal(hits, 0);
}

static void
configuration_that_leaves_something_open_is_refused(void **state)
{
	struct credential_entra bad[8];
	struct credential *c = NULL;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		bad[i] = by_secret();
	bad[0].tenant = NULL;
	bad[1].tenant = "a/../b";
	bad[2].client_id = "";
	bad[3].secret = NULL;
	bad[4].key_pem = buf_bytes(&rsa_key);
	bad[5].authority = plain_url;
	bad[6].authority = "https://u:p@localhost";
	bad[7].secret = NULL;
	bad[7].key_pem = buf_bytes(&rsa_key);
	bad[7].certificate = BYTES("nothing");
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(credential_new_entra(&bad[i], &c, &e), -1);
		assert_int_not_equal(e.code, ERR_NONE);
		assert_null(c);
		err_clear(&e);
	}
}

#define CASE(name) cmocka_unit_test_setup(name, reset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bearer_is_given_as_it_is_and_must_be_one),
		CASE(token_file_is_read_anew_each_time),
		CASE(callback_is_asked_again_when_its_token_nears_its_end),
		CASE(client_secret_is_sent_in_the_form_and_the_token_kept),
		CASE(endpoint_that_is_away_is_no_matter_while_the_token_is_good),
		CASE(certificate_signs_an_assertion_for_this_endpoint),
		CASE(managed_identity_asks_the_metadata_service),
		CASE(answer_that_is_no_token_is_an_error),
		CASE(refusal_repeats_codes_and_no_strangers_text),
		CASE(no_place_that_an_endpoint_names_is_asked),
		CASE(private_authority_must_be_allowed),
		CASE(configuration_that_leaves_something_open_is_refused),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
