/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that Azure Attestation really issued, against the key set it really published: 20 verify by their kid, the one
 * of a draft policy is unsigned and never does, and three come from services whose keys are not recorded.
 */
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/jwt.h"

#include "../../support/test.h"
#include "../../support/vectors.h"

#include <dirent.h>
#include <string.h>

#define TOKENS       "maa/tokens"
#define CERTS        "maa/certs/recorded-certs-2022-11.json"
#define DRAFT        "recorded-oe-draft-policy.jwt"
#define SIGNED_COUNT 20

static struct arena arena;
static struct jwks set;

static int
setup(void **state)
{
	struct bytes text = { 0 };
	struct err e = { 0 };

	(void)state;
	arena_init(&arena, 64 << 20);
	if (!vector_read(CERTS, &arena, &text) || jwks_parse(text, &arena, &set, &e) < 0) {
		print_message("# %s: %s\n", CERTS, e.msg);
		return -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	jwks_release(&set);
	arena_release(&arena);
	return 0;
}

static struct bytes
read_token(const char *name)
{
	char path[600];
	struct bytes text = { 0 };

	snprintf(path, sizeof(path), TOKENS "/%s", name);
	assert_true(vector_read(path, &arena, &text));
	while (text.size > 0 && text.p[text.size - 1] == '\n')
		text.size--;
	return text;
}

enum verdict { NOT_PARSED, NO_KEY, NOT_GOOD, GOOD };

static enum verdict
judge(struct bytes text)
{
	struct jws jws = { 0 };
	const struct jwk *jwk;
	bool good = false;

	if (jws_parse(text, &arena, &jws, NULL) < 0)
		return NOT_PARSED;
	jwk = jwks_find(&set, jws.kid);
	if (jwk == NULL)
		return NO_KEY;
	assert_int_equal(jws_verify(&jws, jwk->key, jwk->alg, &good, NULL), 0);
	return good ? GOOD : NOT_GOOD;
}

/* Each recorded-*.jwt that is signed, with its name. */
static size_t
for_each_signed(void (*check)(const char *name, struct bytes text))
{
	char path[MAX_VECTOR_PATH];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	vector_path(TOKENS, path);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "recorded-", 9) != 0 ||
		    strcmp(entry->d_name, DRAFT) == 0)
			continue;
		check(entry->d_name, read_token(entry->d_name));
		count++;
	}
	closedir(dir);
	return count;
}

static void
published_keys_are_all_used(void **state)
{
	(void)state;
	assert_int_equal(set.count, 3);
	assert_int_equal(set.skipped, 0);
	for (size_t i = 0; i < set.count; i++) {
		assert_non_null(set.keys[i].kid.p);
		assert_non_null(set.keys[i].cert.p);
		assert_int_equal(set.keys[i].alg, SIG_RS256);
	}
}

/* The set of 2020 still has an RSA key of 1024 bits beside those of 2048. */
static void
small_key_is_skipped_and_the_set_stays_usable(void **state)
{
	DEFER(jwks_release) struct jwks old = { 0 };
	struct bytes text = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_true(vector_read("maa/oe-sample-2020/get.certs.response.body.json", &arena, &text));
	if (jwks_parse(text, &arena, &old, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(old.skipped, 1);
	assert_int_equal(old.count, 4);
	assert_null(jwks_find(&old, BYTES("KQFAHrk1xALKHBD4b4u7TCvCJ1Mw0MlYZe+rxdePOtg=")));
	assert_non_null(jwks_find(&old, BYTES("m6-lSqJc6zdzfpwYs_1EHdf-1Gg")));
}

static void
expect_good(const char *name, struct bytes text)
{
	struct jws jws = { 0 };
	const struct json *claims = NULL;
	struct jwt_times times = { 0 };

	if (judge(text) != GOOD)
		fail_msg("%s: %d", name, (int)judge(text));
	assert_int_equal(jws_parse(text, &arena, &jws, NULL), 0);
	assert_int_equal(jwt_parse_claims(&jws, &arena, &claims, &times, NULL), 0);
	assert_int_equal(jwt_judge_times(&times, times.iat, 0), JWT_TIME_OK);
	assert_int_equal(jwt_judge_times(&times, times.exp, 0), JWT_EXPIRED);
}

static void
every_signed_token_verifies_by_its_kid(void **state)
{
	(void)state;
	assert_int_equal(for_each_signed(expect_good), SIGNED_COUNT);
}

/* Other keys of the set, other algorithms for the right key. */
static void
expect_no_other_key(const char *name, struct bytes text)
{
	struct jws jws = { 0 };

	assert_int_equal(jws_parse(text, &arena, &jws, NULL), 0);
	for (size_t i = 0; i < set.count; i++)
		for (int alg = 0; alg < SIG_ALG_COUNT; alg++) {
			bool own = bytes_eq(set.keys[i].kid, jws.kid) && alg == SIG_RS256,
			     good = true;

			assert_int_equal(jws_verify(&jws, set.keys[i].key, (enum sig_alg)alg, &good,
					     NULL),
			    0);
			if (good != own)
				fail_msg("%s: key %zu, %s", name, i,
				    sig_alg_name((enum sig_alg)alg));
		}
}

static void
no_other_key_or_algorithm_verifies(void **state)
{
	(void)state;
	assert_int_equal(for_each_signed(expect_no_other_key), SIGNED_COUNT);
}

static void
draft_token_never_verifies(void **state)
{
	struct bytes text = read_token(DRAFT);
	struct jws jws = { 0 };

	(void)state;
	assert_int_equal(judge(text), NOT_GOOD);
	assert_int_equal(jws_parse(text, &arena, &jws, NULL), 0);
	assert_true(jws_is_unsigned(&jws));
	for (size_t i = 0; i < set.count; i++)
		for (int alg = 0; alg < SIG_ALG_COUNT; alg++) {
			bool good = true;

			assert_int_equal(jws_verify(&jws, set.keys[i].key, (enum sig_alg)alg, &good,
					     NULL),
			    0);
			assert_false(good);
		}
}

static void
tokens_of_other_services_find_no_key(void **state)
{
	static const char *const names[] = { "azurevm-sevsnp-windows-2023-03.jwt",
		"azurevm-trustedlaunch-windows-2022-04.jwt", "sevsnpvm-2025-04-test-weu.jwt" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(judge(read_token(names[i])), NO_KEY);
}

/* One character changed at AT: to its neighbour in the alphabet, and to what differs in the last bit only. */
static void
expect_refused_when_changed(const char *name, struct bytes text, size_t at)
{
	static uint8_t copy[MAX_JWS_SIZE];
	uint8_t was = text.p[at];

	memcpy(copy, text.p, text.size);
	copy[at] = was == 'A' ? 'B' : 'A';
	if (judge(bytes_of(copy, text.size)) == GOOD)
		fail_msg("%s: still good with another character at %zu", name, at);
	copy[at] = was ^ 1;
	if (judge(bytes_of(copy, text.size)) == GOOD)
		fail_msg("%s: still good with a bit changed at %zu", name, at);
}

/* Every character of one token, some of the others. */
static void
expect_no_changed_one(const char *name, struct bytes text)
{
	struct arena keep = arena;
	size_t step = strcmp(name, "recorded-sgx-simple.jwt") == 0 ? 1 : 97;

	arena_init(&arena, 64 << 20);
	for (size_t at = 0; at < text.size; at += step) {
		expect_refused_when_changed(name, text, at);
		arena_reset(&arena);
	}
	expect_refused_when_changed(name, text, text.size - 1);
	for (size_t size = 0; size < text.size; size += step)
		assert_int_not_equal(judge(bytes_of(text.p, size)), GOOD);
	arena_release(&arena);
	arena = keep;
}

static void
changed_byte_of_header_payload_or_signature_is_refused(void **state)
{
	(void)state;
	assert_int_equal(for_each_signed(expect_no_changed_one), SIGNED_COUNT);
}

/* A signed token stripped of its signature, as a draft token would look. */
static void
expect_no_stripped_one(const char *name, struct bytes text)
{
	const uint8_t *dot = memrchr(text.p, '.', text.size);

	assert_non_null(dot);
	if (judge(bytes_of(text.p, (size_t)(dot - text.p) + 1)) == GOOD)
		fail_msg("%s: good without its signature", name);
}

static void
stripped_signature_is_refused(void **state)
{
	(void)state;
	assert_int_equal(for_each_signed(expect_no_stripped_one), SIGNED_COUNT);
}

int
main(void)
{
	NEED_VECTORS(TOKENS);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_keys_are_all_used),
		cmocka_unit_test(small_key_is_skipped_and_the_set_stays_usable),
		cmocka_unit_test(every_signed_token_verifies_by_its_kid),
		cmocka_unit_test(no_other_key_or_algorithm_verifies),
		cmocka_unit_test(draft_token_never_verifies),
		cmocka_unit_test(tokens_of_other_services_find_no_key),
		cmocka_unit_test(changed_byte_of_header_payload_or_signature_is_refused),
		cmocka_unit_test(stripped_signature_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
