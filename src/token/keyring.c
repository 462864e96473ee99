/* SPDX-License-Identifier: Apache-2.0 */
#include "token/keyring.h"

#include "base/b64.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "crypto/digest.h"
#include "jose/jwk.h"

#define MAX_SPKI_PEM 4096
#define MAX_JWK_SIZE 65536

int
keyring_kid(const struct key *key, char kid[KEYRING_KID_SIZE], struct err *e)
{
	DEFER(buf_release) struct buf pem;
	uint8_t digest[SHA256_SIZE];

	buf_init(&pem, MAX_SPKI_PEM);
	pem_emit(&pem, "PUBLIC KEY", key_spki(key));
	buf_u8(&pem, 0);
	if (!buf_ok(&pem))
		return arena_fail(e, "kid");
	sha256(buf_bytes(&pem), digest);
	b64_encode(B64_STD, BYTES_OF(digest), kid);
	kid[KEYRING_KID_SIZE - 1] = '\0';
	return 0;
}

int
keyring_cert_emit(const char *issuer, const struct privkey *key, int64_t not_before_at,
    int64_t not_after_at, struct buf *out, struct err *e)
{
	struct cert_spec spec = {
		.subject_cn = issuer,
		.not_before_at = not_before_at,
		.not_after_at = not_after_at,
		.basic_constraints = true,
		.path_len = -1,
		.key_ids = true,
	};
	const struct key *public_key = privkey_public(key);

	return cert_emit(&spec, public_key, public_key, key, out, e);
}

/* The members that jwk_emit() sorts among the others, and that stand first here. */
static bool
stands_first(struct bytes name)
{
	return bytes_is_str(name, "x5c") || bytes_is_str(name, "kid") || bytes_is_str(name, "kty");
}

/* x5c, kid, kty first, in this order (maa-api.md 3.2), whatever other libraries want behind them. */
static int
entry_emit(const struct keyring_entry *entry, struct arena *a, struct buf *out, struct err *e)
{
	static const char *const first[] = { "x5c", "kid", "kty" };
	const struct json *jwk = jwk_emit(a, entry->key, entry->alg, entry->kid, entry->cert);

	if (jwk == NULL)
		return arena_fail(e, "jwks");
	for (size_t i = 0; i < COUNT_OF(first); i++) {
		const struct json *v = json_get(jwk, first[i]);

		if (v == NULL)
			return err_set(e, ERR_INTERNAL, "jwks: a key without `%s`", first[i]);
		buf_char(out, i == 0 ? '{' : ',');
		json_emit_str(out, v->name);
		buf_char(out, ':');
		json_emit(out, v, JSON_AS_IS);
	}
	for (const struct json *v = jwk->first; v != NULL; v = v->next) {
		if (stands_first(v->name))
			continue;
		buf_char(out, ',');
		json_emit_str(out, v->name);
		buf_char(out, ':');
		json_emit(out, v, JSON_AS_IS);
	}
	buf_char(out, '}');
	return 0;
}

int
keyring_jwks_emit(const struct keyring_entry *entries, size_t count, struct buf *out, struct err *e)
{
	DEFER(arena_release) struct arena a;

	arena_init(&a, MAX_JWK_SIZE * MAX_KEYRING_KEYS);
	if (count > MAX_KEYRING_KEYS)
		return err_set(e, ERR_LIMIT, "jwks: %zu keys, at most %d", count, MAX_KEYRING_KEYS);
	buf_str(out, "{\"keys\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_char(out, ',');
		TRY(entry_emit(&entries[i], &a, out, e));
	}
	buf_str(out, "]}");
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "jwks: too large");
	return 0;
}

/* "NAME":"ISSUER<path>", */
static void
emit_url(struct buf *out, const char *name, struct bytes issuer, const char *path)
{
	DEFER(buf_release) struct buf url;

	buf_init(&url, 4096);
	buf_add(&url, issuer);
	buf_str(&url, path);
	if (!buf_ok(&url))
		out->bad = true;
	json_emit_str(out, bytes_of_str(name));
	buf_char(out, ':');
	json_emit_str(out, buf_bytes(&url));
	buf_char(out, ',');
}

int
keyring_discovery_emit(struct bytes issuer, const enum sig_alg *algs, size_t count, struct buf *out,
    struct err *e)
{
	static const char claims[] =
	    "\"claims_supported\":[\"cnf\",\"nonce\",\"x-ms-ver\",\"x-ms-attestation-type\","
	    "\"x-ms-policy-hash\",\"x-ms-policy-signer\",\"x-ms-sgx-is-debuggable\","
	    "\"x-ms-sgx-mrenclave\",\"x-ms-sgx-mrsigner\",\"x-ms-sgx-svn\",\"x-ms-sgx-ehd\","
	    "\"x-ms-sgx-collateral\",\"is-debuggable\",\"sgx-mrsigner\",\"sgx-mrenclave\","
	    "\"product-id\",\"svn\",\"tee\"]}";

	buf_str(out,
	    "{\"response_types_supported\":[\"token\",\"none\"],"
	    "\"id_token_signing_alg_values_supported\":[");
	for (size_t i = 0; i < count; i++)
		buf_fmt(out, "%s\"%s\"", i > 0 ? "," : "", sig_alg_name(algs[i]));
	buf_str(out, "],");
	emit_url(out, "revocation_endpoint", issuer, "/revoke");
	emit_url(out, "issuer", issuer, "");
	emit_url(out, "jwks_uri", issuer, "/certs");
	buf_str(out, claims);
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "discovery document: too large");
	return 0;
}
