/* SPDX-License-Identifier: Apache-2.0 */
/* JWK and JWKS (RFC 7517, 7518 section 6, 8037), public halves only; thumbprints (RFC 7638). */
#pragma once

#include "codec/json.h"
#include "crypto/cert.h"
#include "crypto/digest.h"

#define MAX_JWKS_SIZE 262144
#define MAX_JWKS_KEYS 64

/* A key and the one algorithm it is for. */
struct jwk {
	struct bytes kid; /* p == NULL when absent; in the arena */
	struct key *key;  /* owned; jwk_release() */
	bool has_alg;
	/* From `alg`; without it the default of the kind: RS256, ES256, ES384, ES512, EdDSA. */
	enum sig_alg alg;
	struct bytes cert; /* DER of x5c[0], p == NULL when absent */
};

/*
 * kty RSA (n, e or x5c), EC (crv, x, y or x5c), OKP Ed25519. With both members and x5c the two keys must be equal; of x5c
 * the first certificate's key is taken and nothing else is believed. Private members are refused.
 *
 * ERR_UNSUPPORTED: a good key that is not for us: another kty (`oct` among them), crv or alg, `use` other than "sig",
 * `key_ops` without "verify", an RSA size outside MIN_RSA_BITS..MAX_RSA_BITS, a certificate signed in another way.
 * ERR_MALFORMED, ERR_INVALID: a broken key.
 */
int jwk_parse(const struct json *object, struct arena *a, struct jwk *out, struct err *e)
    MUST_CHECK;
void jwk_release(struct jwk *jwk);

struct jwks {
	struct jwk keys[MAX_JWKS_KEYS];
	size_t count;
	size_t skipped; /* keys that are not for us: ERR_UNSUPPORTED of jwk_parse() */
};
/* {"keys":[…]}. A key that is not for us is skipped, a broken one refuses the set. */
int jwks_parse(struct bytes text, struct arena *a, struct jwks *out, struct err *e) MUST_CHECK;
void jwks_release(struct jwks *set);
/* The one key with this kid; NULL for none or for two. */
const struct jwk *jwks_find(const struct jwks *set, struct bytes kid);

/* RFC 7638 with SHA-256. */
void jwk_thumbprint(const struct key *key, uint8_t out[SHA256_SIZE]);
/* Members in the order of their names, "use":"sig" among them; NULL for memory. KID and CERT (DER) may be empty. */
struct json *jwk_emit(struct arena *a, const struct key *key, enum sig_alg alg, struct bytes kid,
    struct bytes cert);
