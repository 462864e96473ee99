/* SPDX-License-Identifier: Apache-2.0 */
/* make_token DIR: jwks.json, and token.jwt that tests/abi/use.h accepts. */
#include "../support/token.h"

static int
write_text(const char *folder, const char *name, const char *text)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	return f == NULL || fputs(text, f) < 0 || fclose(f) != 0 ? -1 : 0;
}

int
main(int argc, char **argv)
{
	struct test_issuer is;
	char *token;
	int rc;

	if (argc != 2)
		return 2;
	test_issuer_make(&is, KEY_P256);
	token = test_issuer_token(&is,
	    TEST_CLAIMS ",\"nonce\":\"n-1\",\"x-ms-sgx-mrenclave\":\"00aa11\",\"x-ms-sgx-svn\":7");
	rc = write_text(argv[1], "jwks.json", is.jwks) < 0 ||
	    write_text(argv[1], "token.jwt", token) < 0;
	free(token);
	test_issuer_release(&is);
	return rc;
}
