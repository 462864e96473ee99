/* SPDX-License-Identifier: Apache-2.0 */
#include "client/challenge.h"

#include "base/b64.h"
#include "crypto/hmac.h"

#include <string.h>

#define VERSION     0x01
#define RANDOM_SIZE 16
#define BODY_SIZE   (1 + 8 + RANDOM_SIZE)
#define SEALED_SIZE (BODY_SIZE + SHA256_SIZE)

/* Apart from everything else that a secret may be used for. */
#define LABEL "attest-challenge/1"

int
challenge_check_audience(struct bytes audience, struct err *e)
{
	if (audience.size == 0 || audience.size > MAX_AUDIENCE_SIZE)
		return err_set(e, ERR_INVALID, "challenge: an audience has 1 to %d characters",
		    MAX_AUDIENCE_SIZE);
	for (size_t i = 0; i < audience.size; i++)
		if (audience.p[i] <= ' ' || audience.p[i] >= 0x7f)
			return err_set(e, ERR_INVALID,
			    "challenge: the audience is not printable ASCII without blanks");
	return 0;
}

void
challenge_context(struct bytes context, uint8_t out[SHA256_SIZE])
{
	sha256(context, out);
}

static void
text_of(struct bytes raw, char out[CHALLENGE_TEXT_SIZE])
{
	b64_encode(B64_URL, raw, out);
	out[b64_encoded_size(B64_URL, raw.size)] = '\0';
}

void
challenge_make(char out[CHALLENGE_TEXT_SIZE], const uint8_t random[32])
{
	text_of(bytes_of(random, 32), out);
}

/* Each part of a size of its own that is known: nothing can be moved from one into the next. */
static void
seal_mac(const struct challenge *c, struct bytes body, uint8_t mac[SHA256_SIZE])
{
	uint8_t audience[SHA256_SIZE], context[SHA256_SIZE] = { 0 };
	const uint8_t has_context = c->context.p != NULL;
	const struct bytes parts[] = { BYTES(LABEL), BYTES_OF(audience), { &has_context, 1 },
		BYTES_OF(context), body };

	sha256(c->audience, audience);
	if (has_context)
		challenge_context(c->context, context);
	hmac_sha256(c->secret, parts, COUNT_OF(parts), mac);
}

void
challenge_seal(const struct challenge *c, int64_t expires_at, const uint8_t random[16],
    char out[CHALLENGE_TEXT_SIZE])
{
	uint8_t raw[SEALED_SIZE] = { VERSION };

	for (size_t i = 0; i < 8; i++)
		raw[1 + i] = (uint8_t)((uint64_t)expires_at >> (56 - 8 * i));
	memcpy(raw + 9, random, RANDOM_SIZE);
	seal_mac(c, bytes_of(raw, BODY_SIZE), raw + BODY_SIZE);
	text_of(BYTES_OF(raw), out);
}

bool
challenge_unseal(const struct challenge *c, struct bytes text, int64_t *expires_at)
{
	uint8_t raw[SEALED_SIZE + 4], mac[SHA256_SIZE];
	size_t size;
	struct rd r;

	if (text.size != b64_encoded_size(B64_URL, SEALED_SIZE) ||
	    !b64_decode(B64_URL, text, raw, &size) || size != SEALED_SIZE || raw[0] != VERSION)
		return false;
	seal_mac(c, bytes_of(raw, BODY_SIZE), mac);
	if (!bytes_eq_secret(BYTES_OF(mac), bytes_of(raw + BODY_SIZE, SHA256_SIZE)))
		return false;
	r = rd_from(bytes_of(raw + 1, 8));
	*expires_at = (int64_t)rd_be64(&r);
	return true;
}
