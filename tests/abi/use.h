/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of somebody else's, in C and in C++: use JWKS TOKEN ISSUER AT. It verifies a good token and a bad one, reads
 * a claim, and gives everything back. It knows the public headers and nothing else of the tree.
 */
#include <attest/attest.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
use_read(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *text = (char *)malloc(65536);

	if (f == NULL || text == NULL)
		exit(2);
	*size = fread(text, 1, 65536, f);
	fclose(f);
	return text;
}

static struct attest_expectation *
use_expectation(const char *issuer, const char *nonce)
{
	struct attest_expectation *x = attest_expectation_new();

	attest_expectation_issuer(x, issuer);
	attest_expectation_type(x, "SgxEnclave");
	attest_expectation_nonce(x, nonce);
	attest_expectation_measurement(x, "x-ms-sgx-mrenclave", "00aa11");
	attest_expectation_min_svn(x, "x-ms-sgx-svn", 7);
	return x;
}

static int
use(int argc, char **argv)
{
	struct attest_expectation *good, *other;
	struct attest_verifier *v;
	struct attest_result *r = NULL;
	struct attest_error *error = NULL;
	size_t jwks_size, token_size;
	char *jwks, *token;
	int64_t svn = 0, at;
	int bad = 0;

	if (argc != 5)
		return 2;
	jwks = use_read(argv[1], &jwks_size);
	token = use_read(argv[2], &token_size);
	at = strtoll(argv[4], NULL, 10);
	good = use_expectation(argv[3], "n-1");
	other = use_expectation(argv[3], "n-2");
	v = attest_verifier_new_with_jwks(jwks, jwks_size, &error);
	if (v == NULL) {
		fprintf(stderr, "%s\n", attest_error_message(error));
		return 2;
	}
	for (int i = 0; i < 3; i++) {
		if (attest_verify_at(v, token, token_size, good, at, &r, &error) != ATTEST_ACCEPTED)
			bad = 1;
		if (!attest_result_claim_int(r, "x-ms-sgx-svn", &svn) || svn != 7)
			bad = 1;
		attest_result_free(r);
		if (attest_verify_at(v, token, token_size, other, at, &r, &error) !=
			ATTEST_REFUSED ||
		    attest_result_claim_json(r, "x-ms-sgx-svn") != NULL ||
		    strcmp(attest_result_failed_check(r), "token.nonce") != 0)
			bad = 1;
		attest_result_free(r);
	}
	if (attest_verify(v, token, token_size, NULL, &r, &error) != ATTEST_FAILED || r != NULL)
		bad = 1;
	attest_error_free(error);
	attest_expectation_free(good);
	attest_expectation_free(other);
	attest_verifier_free(v);
	free(jwks);
	free(token);
	printf("%s %s\n", attest_version(), bad ? "bad" : "good");
	return bad;
}
