/* SPDX-License-Identifier: Apache-2.0 */
/* secret ISSUER EXPECTATION [CA] < TOKEN: prints $SECRET if the token is ISSUER's and all holds that the file demands. */
#include <attest/attest.h>

#include <stdio.h>
#include <stdlib.h>

static char token[262144];

int
main(int argc, char **argv)
{
	struct attest_verifier_config *c = attest_verifier_config_new(argc > 2 ? argv[1] : NULL);
	struct attest_error *e = NULL;
	struct attest_result *r = NULL;
	enum attest_verdict verdict = ATTEST_FAILED;
	size_t size = fread(token, 1, sizeof(token), stdin);

	while (size > 0 && token[size - 1] == '\n')
		size--;
	if (argc > 3)
		attest_verifier_config_ca_file(c, argv[3]);
#ifdef ATTEST_BUILD_ALLOWS_DEV_ISSUERS
	attest_verifier_config_allow_private_addresses(c);
#endif
	struct attest_verifier *v = attest_verifier_new(c, &e);
	struct attest_expectation *x = v == NULL ? NULL : attest_expectation_from_file(argv[2], &e);
#ifdef ATTEST_BUILD_ALLOWS_DEV_ISSUERS
	attest_verifier_allow_dev_issuers(v);
#endif
	if (x != NULL)
		verdict = attest_verify(v, token, size, x, &r, &e);
	if (verdict == ATTEST_ACCEPTED && getenv("SECRET") != NULL)
		puts(getenv("SECRET"));
	else if (verdict == ATTEST_FAILED)
		fprintf(stderr, "failed: %s\n", attest_error_message(e));
	else
		fprintf(stderr, "no secret, because of %s\n", attest_result_failed_check(r));
	attest_result_free(r);
	attest_error_free(e);
	attest_expectation_free(x);
	attest_verifier_free(v);
	attest_verifier_config_free(c);
	return verdict == ATTEST_ACCEPTED ? 0 : 1;
}
