/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/cache.h"

#include "base/hex.h"
#include "crypto/digest.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_PATH_SIZE 4096

/* False when there is no place for a cache. MAKE creates the folders. */
static bool
cache_path(const char *issuer, bool make, char out[MAX_PATH_SIZE])
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char base[MAX_PATH_SIZE / 2], name[2 * SHA256_SIZE + 1] = { 0 };
	uint8_t digest[SHA256_SIZE];
	struct err e = { 0 };
	int size;

	if (cache != NULL && cache[0] == '/')
		size = snprintf(base, sizeof(base), "%s", cache);
	else if (home != NULL && home[0] == '/')
		size = snprintf(base, sizeof(base), "%s/.cache", home);
	else
		return false;
	if (size < 0 || (size_t)size >= sizeof(base) - sizeof("/attest"))
		return false;
	sha256(bytes_of_str(issuer), digest);
	hex_encode(BYTES_OF(digest), name);
	if (make && cli_mkdir(base, 0700, &e) < 0)
		return false;
	snprintf(out, MAX_PATH_SIZE, "%s/attest", base);
	if (make && cli_mkdir(out, 0700, &e) < 0)
		return false;
	snprintf(out, MAX_PATH_SIZE, "%s/attest/%s.jwks", base, name);
	return true;
}

int
cache_read(struct cli *c, const char *issuer, struct bytes *jwks, struct err *e)
{
	char path[MAX_PATH_SIZE];

	if (!cache_path(issuer, false, path))
		return err_set(e, ERR_MISSING, "neither XDG_CACHE_HOME nor HOME is set");
	return cli_read(c, path, jwks, e);
}

void
cache_write(struct cli *c, const char *issuer, struct bytes jwks)
{
	char path[MAX_PATH_SIZE];
	struct err e = { 0 };

	(void)c;
	if (cache_path(issuer, true, path))
		(void)!cli_write(path, jwks, 0600, &e);
}
