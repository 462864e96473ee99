/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/bearer.h"

#include "../../support/test.h"

#include "../../support/bearer.h"

#define NOW    1700000000
#define ISSUER "https://issuer.example/v2.0"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}"

static struct fake_issuer issuer, stranger;
static struct arena arena;
static struct authn *authn;

static int
setup(void **state)
{
	struct authn_issuer_spec spec = { .issuer = BYTES(ISSUER),
		.audiences = { BYTES("https://attest.azure.net") },
		.audience_count = 1 };
	struct err e = { 0 };

	(void)state;
	arena_init(&arena, 1u << 24);
	fake_issuer_init(&issuer, KEY_P256, SIG_ES256, "k1");
	fake_issuer_init(&stranger, KEY_P256, SIG_ES256, "k1");
	spec.jwks = bytes_of_str(issuer.jwks);
	return authn_new(&spec, 1, 60, &authn, &e);
}

static int
teardown(void **state)
{
	(void)state;
	authn_free(authn);
	fake_issuer_release(&issuer);
	fake_issuer_release(&stranger);
	arena_release(&arena);
	return 0;
}

static enum authn_verdict
judge_signed(const struct fake_issuer *by, const char *header, const char *payload,
    struct caller *who, enum err_code *why)
{
	static char token[8192];
	struct err e = { 0 };
	enum authn_verdict verdict;

	fake_issuer_sign(by, header, payload, token, sizeof(token));
	verdict = authn_judge(authn, bytes_of_str(token), NOW, &arena, who, &e);
	*why = e.code;
	return verdict;
}

static bool
is_refused(const char *payload, enum err_code code)
{
	struct caller who;
	enum err_code why;

	return judge_signed(&issuer, HEADER, payload, &who, &why) == AUTHN_BAD && why == code;
}

#define CLAIMS(more) "{\"iss\":\"" ISSUER "\",\"aud\":\"https://attest.azure.net\"" more "}"

static void
a_token_of_a_configured_issuer_names_its_caller(void **state)
{
	struct caller who;
	enum err_code why;

	(void)state;
	assert_int_equal(judge_signed(&issuer, HEADER,
			     CLAIMS(",\"exp\":1700000100,\"nbf\":1699999999,\"sub\":\"me\","
				    "\"roles\":[\"Reader\",\"x\"]"),
			     &who, &why),
	    AUTHN_OK);
	assert_true(bytes_is_str(who.subject, "me"));
	assert_true(caller_may(&who, ROLE_READER));
	assert_false(caller_may(&who, ROLE_AUDITOR));
	assert_false(caller_may(&who, ROLE_CONTRIBUTOR));
}

static void
roles_bring_what_follows_from_them(void **state)
{
	struct caller who;
	enum err_code why;

	(void)state;
	assert_int_equal(judge_signed(&issuer, HEADER,
			     CLAIMS(",\"exp\":1700000100,\"roles\":\"auditor operator\""), &who,
			     &why),
	    AUTHN_OK);
	assert_true(caller_may(&who, ROLE_READER));
	assert_true(caller_may(&who, ROLE_AUDITOR));
	assert_true(caller_may(&who, ROLE_OPERATOR));
	assert_false(caller_may(&who, ROLE_SIGNER));
	assert_int_equal(role_parse(BYTES("operator")), ROLE_OPERATOR);
	assert_int_equal(role_parse(BYTES("admin")), 0);
	assert_int_equal(judge_signed(&issuer, HEADER, CLAIMS(",\"exp\":1700000100"), &who, &why),
	    AUTHN_OK);
	assert_int_equal(who.roles, 0);
}

static void
times_have_a_minute_of_leeway_and_no_more(void **state)
{
	struct caller who;
	enum err_code why;

	(void)state;
	assert_int_equal(judge_signed(&issuer, HEADER, CLAIMS(",\"exp\":1699999941"), &who, &why),
	    AUTHN_OK);
	assert_true(is_refused(CLAIMS(",\"exp\":1699999940"), ERR_STALE));
	assert_int_equal(judge_signed(&issuer, HEADER,
			     CLAIMS(",\"exp\":1700009999,\"nbf\":1700000060"), &who, &why),
	    AUTHN_OK);
	assert_true(is_refused(CLAIMS(",\"exp\":1700009999,\"nbf\":1700000061"), ERR_STALE));
	assert_true(is_refused(CLAIMS(""), ERR_INVALID));
}

static void
another_audience_or_issuer_is_refused(void **state)
{
	(void)state;
	assert_true(is_refused("{\"iss\":\"" ISSUER "\",\"exp\":1700000100}", ERR_DENIED));
	assert_true(
	    is_refused("{\"iss\":\"" ISSUER "\",\"exp\":1700000100,\"aud\":\"\"}", ERR_DENIED));
	assert_true(is_refused("{\"iss\":\"" ISSUER "\",\"exp\":1700000100,\"aud\":[\"a\",7]}",
	    ERR_DENIED));
	assert_true(is_refused("{\"iss\":\"" ISSUER "/\",\"exp\":1700000100,"
			       "\"aud\":\"https://attest.azure.net\"}",
	    ERR_MISSING));
	assert_true(
	    is_refused("{\"exp\":1700000100,\"aud\":\"https://attest.azure.net\"}", ERR_MISSING));
}

static void
a_signature_of_anybody_else_is_refused(void **state)
{
	struct caller who;
	enum err_code why;

	(void)state;
	assert_int_equal(judge_signed(&stranger, HEADER, CLAIMS(",\"exp\":1700000100"), &who, &why),
	    AUTHN_BAD);
	assert_int_equal(why, ERR_SIGNATURE);
	assert_int_equal(judge_signed(&issuer, "{\"alg\":\"ES256\",\"kid\":\"k2\"}",
			     CLAIMS(",\"exp\":1700000100"), &who, &why),
	    AUTHN_BAD);
	assert_int_equal(why, ERR_MISSING);
	/* The header's algorithm is only compared with the key's. */
	assert_int_equal(judge_signed(&issuer, "{\"alg\":\"RS256\",\"kid\":\"k1\"}",
			     CLAIMS(",\"exp\":1700000100"), &who, &why),
	    AUTHN_BAD);
	assert_int_equal(judge_signed(&issuer, "{\"alg\":\"none\",\"kid\":\"k1\"}",
			     CLAIMS(",\"exp\":1700000100"), &who, &why),
	    AUTHN_BAD);
}

static void
what_is_no_token_is_refused(void **state)
{
	static uint8_t large[MAX_BEARER_SIZE + 1];
	struct caller who;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(authn_judge(authn, (struct bytes){ 0 }, NOW, &arena, &who, NULL),
	    AUTHN_NONE);
	assert_int_equal(authn_judge(authn, BYTES(""), NOW, &arena, &who, NULL), AUTHN_BAD);
	assert_int_equal(authn_judge(authn, BYTES("a.b"), NOW, &arena, &who, NULL), AUTHN_BAD);
	memset(large, 'a', sizeof(large));
	assert_int_equal(authn_judge(authn, BYTES_OF(large), NOW, &arena, &who, &e), AUTHN_BAD);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_int_equal(authn_judge(NULL, BYTES("a.b.c"), NOW, &arena, &who, &e), AUTHN_BAD);
}

static void
an_algorithm_that_is_not_pinned_is_refused(void **state)
{
	struct authn_issuer_spec spec = { .issuer = BYTES(ISSUER),
		.jwks = bytes_of_str(issuer.jwks),
		.audiences = { BYTES("https://attest.azure.net") },
		.audience_count = 1,
		.algs = 1u << SIG_RS256 };
	DEFER(authn_freep) struct authn *strict = NULL;
	struct caller who;
	struct err e = { 0 };
	char token[2048];

	(void)state;
	assert_int_equal(authn_new(&spec, 1, 60, &strict, &e), 0);
	fake_issuer_sign(&issuer, HEADER, CLAIMS(",\"exp\":1700000100"), token, sizeof(token));
	assert_int_equal(authn_judge(strict, bytes_of_str(token), NOW, &arena, &who, &e),
	    AUTHN_BAD);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
}

static void
a_wrong_specification_is_an_error(void **state)
{
	struct authn_issuer_spec spec = { .issuer = BYTES(ISSUER), .jwks = BYTES("{\"keys\":[]}") };
	DEFER(authn_freep) struct authn *out = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(authn_new(&spec, 1, 60, &out, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	spec.audiences[spec.audience_count++] = BYTES("a");
	spec.jwks = BYTES("[]");
	err_clear(&e);
	assert_int_equal(authn_new(&spec, 1, 60, &out, &e), -1);
	spec.jwks = BYTES("{\"keys\":[]}");
	spec.issuer = (struct bytes){ 0 };
	err_clear(&e);
	assert_int_equal(authn_new(&spec, 1, 60, &out, &e), -1);
	assert_int_equal(e.code, ERR_INVALID);
	err_clear(&e);
	assert_int_equal(authn_new(&spec, MAX_AUTHN_ISSUERS + 1, 60, &out, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_null(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_of_a_configured_issuer_names_its_caller),
		cmocka_unit_test(roles_bring_what_follows_from_them),
		cmocka_unit_test(times_have_a_minute_of_leeway_and_no_more),
		cmocka_unit_test(another_audience_or_issuer_is_refused),
		cmocka_unit_test(a_signature_of_anybody_else_is_refused),
		cmocka_unit_test(what_is_no_token_is_refused),
		cmocka_unit_test(an_algorithm_that_is_not_pinned_is_refused),
		cmocka_unit_test(a_wrong_specification_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
