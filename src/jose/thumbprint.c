/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/thumbprint.h"

#include "base/b64.h"
#include "jose/jwk.h"

/* RFC 7638 section 3.2: the required members of each type, in the order of their names. */
static const struct thumbprint_form {
	const char *kty;
	const char *members[5];
} forms[] = {
	{ "EC", { "crv", "kty", "x", "y", NULL } },
	{ "OKP", { "crv", "kty", "x", NULL } },
	{ "RSA", { "e", "kty", "n", NULL } },
};

/* Members are hashed as they stand, so they may be nothing but names and base64url. */
static bool
is_plain(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_'))
			return false;
	}
	return text.size > 0;
}

/* False when a member is missing or is not plain. */
static bool
hash_members(const struct json *jwk, const struct thumbprint_form *form, uint8_t out[SHA256_SIZE])
{
	struct bytes parts[4 * 4 + 2];
	size_t count = 0;

	for (size_t i = 0; form->members[i] != NULL; i++) {
		struct bytes value = json_text(json_get(jwk, form->members[i]));

		if (value.p == NULL || !is_plain(value))
			return false;
		parts[count++] = i == 0 ? BYTES("{\"") : BYTES("\",\"");
		parts[count++] = bytes_of_str(form->members[i]);
		parts[count++] = BYTES("\":\"");
		parts[count++] = value;
	}
	parts[count++] = BYTES("\"}");
	digest_of_parts(DIGEST_SHA256, parts, count, out);
	return true;
}

/* The certificate's key; a JWK of a policy's signer has nothing else (maa-api.md 2.4). */
static int
hash_certificate(const struct json *jwk, struct arena *a, uint8_t out[SHA256_SIZE], bool *is_known,
    struct err *e)
{
	DEFER(jwk_release) struct jwk key = { 0 };
	struct err why = { 0 };

	if (jwk_parse(jwk, a, &key, &why) < 0)
		return arena_failed(&why) ? err_set(e, why.code, "%s", why.msg) : 0;
	jwk_thumbprint(key.key, out);
	*is_known = true;
	return 0;
}

int
jwk_thumbprint_text(const struct json *jwk, struct arena *a, char out[JWK_THUMBPRINT_SIZE],
    bool *is_known, struct err *e)
{
	const struct json *kty = json_get(jwk, "kty");
	const struct thumbprint_form *form = NULL;
	uint8_t digest[SHA256_SIZE];

	*is_known = false;
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (json_is_str(kty, forms[i].kty))
			form = &forms[i];
	if (form == NULL)
		return 0;
	if (json_get(jwk, "x") != NULL || json_get(jwk, "n") != NULL)
		*is_known = hash_members(jwk, form, digest);
	else if (json_get(jwk, "x5c") != NULL)
		TRY(hash_certificate(jwk, a, digest, is_known, e));
	if (*is_known)
		b64_encode(B64_URL, BYTES_OF(digest), out);
	return 0;
}
