/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"

#include "base/secret.h"

#include <string.h>

#define BLOCK_SIZE 64 /* of SHA-256 */

void
hmac_sha256(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[SHA256_SIZE])
{
	uint8_t block[BLOCK_SIZE] = { 0 }, inner[SHA256_SIZE];
	struct bytes all[1 + MAX_HMAC_PARTS] = { { block, sizeof(block) } };
	struct bytes outer[] = { BYTES_OF(block), BYTES_OF(inner) };

	if (key.size > sizeof(block))
		sha256(key, block);
	else if (key.size > 0)
		memcpy(block, key.p, key.size);
	if (count > MAX_HMAC_PARTS)
		count = MAX_HMAC_PARTS;
	memcpy(all + 1, parts, count * sizeof(*parts));
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	digest_of_parts(DIGEST_SHA256, all, 1 + count, inner);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	digest_of_parts(DIGEST_SHA256, outer, COUNT_OF(outer), out);
	secret_wipe(block, sizeof(block));
	secret_wipe(inner, sizeof(inner));
}
