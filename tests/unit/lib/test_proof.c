/* SPDX-License-Identifier: Apache-2.0 */
/* Log proofs through the shared library: what a relying party does with a token, a proof and a key of the log. */
#include "attest/attest.h"

#include "../../support/test.h"
#include "../../support/token.h"
#include "base/hex.h"
#include "base/own.h"
#include "tlog/bundle.h"
#include "tlog/growth.h"
#include "tlog/record.h"

#include <pthread.h>

#define ORIGIN "i.example/attestd-log"

static struct test_issuer issuer;
static struct attest_verifier *verifier;
static struct attest_expectation *expectation;
static struct attest_proof_log *log_;
static struct privkey *log_signer;
static struct tlog_tree tree;
static char *log_key, *token, *proof, *kept, *growth;
static struct attest_result *accepted;

static const char before_jti[] =
    "\"exp\":1790028800,\"iat\":1790000000,\"iss\":\"" TEST_ISSUER "\",";
static const char behind_jti[] = "\"nbf\":1790000000,\"x-ms-attestation-type\":\"sgx\","
				 "\"x-ms-sgx-is-debuggable\":false";

static char *
head(void)
{
	uint8_t root[TLOG_HASH_SIZE];
	struct buf out;

	buf_init(&out, MAX_CHECKPOINT_SIZE);
	if (tlog_tree_root(&tree, tree.size, root, NULL) < 0 ||
	    checkpoint_emit(BYTES(ORIGIN), tree.size, root, log_signer, &out, NULL) < 0)
		abort();
	return test_issuer_text(&out);
}

/* As attestd does: the record holds the digest of the payload without jti, and its hash becomes the jti. */
static void
issue(void)
{
	struct tlog_record r = { .kind = TLOG_TOKEN, .at = TEST_NOW, .instance = BYTES("i") };
	struct tlog_bundle b = { .leaf_index = tree.size };
	char members[1024], jti[2 * TLOG_HASH_SIZE + 1] = "";
	struct buf record, text;

	snprintf(members, sizeof(members), "{%s%s}", before_jti, behind_jti);
	sha256(bytes_of_str(members), r.payload_sha256);
	buf_init(&record, MAX_TLOG_RECORD_SIZE);
	tlog_record_emit(&record, &r);
	tlog_leaf_hash(buf_bytes(&record), b.leaf_hash);
	hex_encode(BYTES_OF(b.leaf_hash), jti);
	snprintf(members, sizeof(members), "%s\"jti\":\"%s\",%s", before_jti, jti, behind_jti);
	token = test_issuer_token(&issuer, members);

	if (tlog_tree_append(&tree, b.leaf_hash, NULL) < 0 ||
	    tlog_tree_inclusion(&tree, b.leaf_index, tree.size, &b.proof, NULL) < 0)
		abort();
	b.tree_size = tree.size;
	b.record = buf_bytes(&record);
	b.checkpoint = bytes_of_str(head());
	buf_init(&text, MAX_TLOG_BUNDLE_SIZE);
	tlog_bundle_emit(&text, &b);
	proof = test_issuer_text(&text);
	free((void *)(uintptr_t)b.checkpoint.p);
	buf_release(&record);
}

static void
grow(uint64_t from)
{
	struct tlog_growth g = { .from = from };
	char *newer = head();
	struct buf text;

	g.checkpoint = bytes_of_str(newer);
	if (tlog_tree_consistency(&tree, from, tree.size, &g.proof, NULL) < 0)
		abort();
	buf_init(&text, MAX_TLOG_GROWTH_SIZE);
	tlog_growth_emit(&text, &g);
	growth = test_issuer_text(&text);
	free(newer);
}

static int
setup(void **state)
{
	static const uint8_t others[3][TLOG_HASH_SIZE] = { { 1 }, { 2 }, { 3 } };
	struct buf key;

	(void)state;
	test_issuer_make(&issuer, KEY_P256);
	verifier = attest_verifier_new_with_jwks(issuer.jwks, strlen(issuer.jwks), NULL);
	expectation = attest_expectation_new();
	attest_expectation_issuer(expectation, TEST_ISSUER);
	attest_expectation_type(expectation, "sgx");
	attest_expectation_any_age(expectation);
	if (privkey_generate(KEY_ED25519, &log_signer, NULL) < 0)
		return -1;
	buf_init(&key, MAX_LOG_KEY_SIZE);
	if (log_key_emit(BYTES(ORIGIN), privkey_public(log_signer), &key, NULL) < 0)
		return -1;
	buf_char(&key, '\n');
	log_key = test_issuer_text(&key);
	log_ = attest_proof_log_new(log_key, NULL);
	tlog_tree_init(&tree);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (tlog_tree_append(&tree, others[i], NULL) < 0)
			return -1;
	kept = head();
	issue();
	grow(3);
	if (verifier == NULL || log_ == NULL)
		return -1;
	return attest_verify_at(verifier, token, strlen(token), expectation, TEST_NOW, &accepted,
		   NULL) != ATTEST_ACCEPTED;
}

static int
teardown(void **state)
{
	(void)state;
	attest_result_free(accepted);
	attest_proof_log_free(log_);
	attest_verifier_free(verifier);
	attest_expectation_free(expectation);
	test_issuer_release(&issuer);
	privkey_free(log_signer);
	tlog_tree_release(&tree);
	free(log_key);
	free(token);
	free(proof);
	free(kept);
	free(growth);
	return 0;
}

static void
token_is_proved_to_be_in_the_log(void **state)
{
	struct attest_result *r = NULL;

	(void)state;
	assert_int_equal(attest_proof_verify(log_, accepted, proof, strlen(proof), &r, NULL),
	    ATTEST_ACCEPTED);
	assert_int_equal(attest_result_verdict(r), ATTEST_ACCEPTED);
	assert_int_equal(attest_proof_tree_size(r), 4);
	assert_non_null(strstr(attest_proof_checkpoint(r), ORIGIN "\n4\n"));
	assert_null(attest_result_failed_check(r));
	assert_int_equal(attest_result_check_count(r), 11);
	/* It is the result of a proof: the token's claims are in the token's. */
	assert_null(attest_result_claim_string(r, "iss"));
	assert_null(attest_possession_key(r));
	attest_result_free(r);
	assert_int_equal(attest_proof_verify(log_, accepted, proof, strlen(proof), NULL, NULL),
	    ATTEST_ACCEPTED);
}

static void
refusal_says_why_and_stands_alone(void **state)
{
	struct attest_result *r = NULL;
	char *text = strdup(proof), *at = strstr(text, "\"leaf_index\":3");
	size_t i = 0;

	(void)state;
	assert_non_null(at);
	at[13] = '2';
	assert_int_equal(attest_proof_verify(log_, accepted, text, strlen(text), &r, NULL),
	    ATTEST_REFUSED);
	memset(text, 'x', strlen(text));
	free(text);
	assert_string_equal(attest_result_failed_check(r), "log.inclusion");
	while (strcmp(attest_result_check_id(r, i), "log.jti") != 0)
		i++;
	assert_int_equal(strlen(attest_result_check_seen(r, i)), 64);
	assert_string_equal(attest_result_check_seen(r, i),
	    attest_result_claim_string(accepted, "jti"));
	assert_non_null(attest_result_check_remedy(r, i));
	assert_null(attest_proof_checkpoint(r));
	assert_int_equal(attest_proof_tree_size(r), 0);
	attest_result_free(r);
}

static void
token_that_was_not_accepted_proves_nothing(void **state)
{
	struct attest_expectation *other = attest_expectation_new();
	struct attest_result *refused = NULL, *r = NULL;
	char *changed = strdup(token);

	(void)state;
	attest_expectation_issuer(other, "https://other.example");
	attest_expectation_type(other, "sgx");
	attest_expectation_any_age(other);
	assert_int_equal(attest_verify_at(verifier, token, strlen(token), other, TEST_NOW, &refused,
			     NULL),
	    ATTEST_REFUSED);
	assert_int_equal(attest_proof_verify(log_, refused, proof, strlen(proof), &r, NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "log.token");
	attest_result_free(r);
	attest_result_free(refused);
	/* One whose signature does not verify has no payload that could be looked at. */
	changed[strlen(changed) - 10] ^= 1;
	assert_int_not_equal(attest_verify_at(verifier, changed, strlen(changed), expectation,
				 TEST_NOW, &refused, NULL),
	    ATTEST_ACCEPTED);
	assert_int_equal(attest_proof_verify(log_, refused, proof, strlen(proof), &r, NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "log.token");
	attest_result_free(r);
	attest_result_free(refused);
	attest_expectation_free(other);
	free(changed);
}

/* A result of another kind is no accepted token. */
static void
result_of_a_proof_is_no_token(void **state)
{
	struct attest_result *first = NULL, *r = NULL;

	(void)state;
	assert_int_equal(attest_proof_verify(log_, accepted, proof, strlen(proof), &first, NULL),
	    ATTEST_ACCEPTED);
	assert_int_equal(attest_proof_verify(log_, first, proof, strlen(proof), &r, NULL),
	    ATTEST_REFUSED);
	attest_result_free(r);
	attest_result_free(first);
}

static void
record_that_has_expired_leaves_it_undecided(void **state)
{
	char *text = strdup(proof), *from = strstr(text, ",\"record\""),
	     *to = strstr(text, ",\"tree_size\"");
	struct attest_result *r = NULL;

	(void)state;
	memmove(from, to, strlen(to) + 1);
	assert_int_equal(attest_proof_verify(log_, accepted, text, strlen(text), &r, NULL),
	    ATTEST_UNDECIDED);
	assert_string_equal(attest_result_failed_check(r), "log.expired");
	attest_result_free(r);
	free(text);
}

static void
growth_is_proved_from_the_checkpoint_that_was_kept(void **state)
{
	struct attest_result *r = NULL;

	(void)state;
	assert_int_equal(attest_proof_verify_growth(log_, kept, strlen(kept), growth,
			     strlen(growth), &r, NULL),
	    ATTEST_ACCEPTED);
	assert_int_equal(attest_proof_tree_size(r), 4);
	assert_non_null(strstr(growth, attest_proof_checkpoint(r)));
	attest_result_free(r);
	assert_int_equal(attest_proof_verify_growth(log_, kept, strlen(kept) - 1, growth,
			     strlen(growth), &r, NULL),
	    ATTEST_REFUSED);
	assert_string_equal(attest_result_failed_check(r), "log.format");
	attest_result_free(r);
}

static void
arguments_that_are_missing_fail(void **state)
{
	struct attest_result *r = (struct attest_result *)1;
	struct attest_error *e = NULL;
	static const char *const bad[] = { "", "key", "a+00000000+AAAA" };
	static char large[8193];

	(void)state;
	assert_int_equal(attest_proof_verify(NULL, accepted, proof, strlen(proof), &r, &e),
	    ATTEST_FAILED);
	assert_null(r);
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_INVALID);
	attest_error_free(e);
	assert_int_equal(attest_proof_verify(log_, NULL, proof, strlen(proof), NULL, NULL),
	    ATTEST_FAILED);
	assert_int_equal(attest_proof_verify(log_, accepted, NULL, 0, NULL, NULL), ATTEST_FAILED);
	assert_int_equal(attest_proof_verify_growth(log_, NULL, 0, growth, strlen(growth), NULL,
			     NULL),
	    ATTEST_FAILED);
	assert_int_equal(attest_proof_verify_growth(log_, kept, strlen(kept), NULL, 0, NULL, NULL),
	    ATTEST_FAILED);
	assert_null(attest_proof_log_new(NULL, &e));
	assert_non_null(strstr(attest_error_message(e), "no verifier key"));
	attest_error_free(e);
	memset(large, 'k', sizeof(large) - 1);
	assert_null(attest_proof_log_new(large, &e));
	assert_int_equal(attest_error_code(e), ATTEST_ERROR_LIMIT);
	assert_non_null(strstr(attest_error_message(e), "a verifier key of"));
	attest_error_free(e);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_null(attest_proof_log_new(bad[i], &e));
		assert_int_equal(attest_error_code(e), ATTEST_ERROR_MALFORMED);
		attest_error_free(e);
	}
	attest_proof_log_free(NULL);
	assert_null(attest_proof_checkpoint(NULL));
	assert_int_equal(attest_proof_tree_size(NULL), 0);
}

static void *
prove_many(void *wrong)
{
	struct attest_result *mine = NULL;

	if (attest_verify_at(verifier, token, strlen(token), expectation, TEST_NOW, &mine, NULL) !=
	    ATTEST_ACCEPTED)
		++*(size_t *)wrong;
	for (int i = 0; i < 50; i++)
		if (attest_proof_verify(log_, mine, proof, strlen(proof), NULL, NULL) !=
			ATTEST_ACCEPTED ||
		    attest_proof_verify_growth(log_, kept, strlen(kept), growth, strlen(growth),
			NULL, NULL) != ATTEST_ACCEPTED)
			++*(size_t *)wrong;
	attest_result_free(mine);
	return NULL;
}

static void
threads_share_a_log(void **state)
{
	size_t wrong[4] = { 0 };
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, prove_many, &wrong[i]), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(wrong[i], 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_is_proved_to_be_in_the_log),
		cmocka_unit_test(refusal_says_why_and_stands_alone),
		cmocka_unit_test(token_that_was_not_accepted_proves_nothing),
		cmocka_unit_test(result_of_a_proof_is_no_token),
		cmocka_unit_test(record_that_has_expired_leaves_it_undecided),
		cmocka_unit_test(growth_is_proved_from_the_checkpoint_that_was_kept),
		cmocka_unit_test(arguments_that_are_missing_fail),
		cmocka_unit_test(threads_share_a_log),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
