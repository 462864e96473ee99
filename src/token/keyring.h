/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public face of the token keys: their names, their certificates, and the two documents that relying parties read
 * (maa-api.md 3). Keys themselves live in the authority.
 */
#pragma once

#include "base/buf.h"
#include "crypto/cert.h"
#include "crypto/privkey.h"

/* Standard base64 of a SHA-256, and its NUL. */
#define KEYRING_KID_SIZE 45
#define MAX_KEYRING_KEYS 16

/* SHA-256 over the SubjectPublicKeyInfo as PEM text and one NUL (maa-api.md 3.2). */
int keyring_kid(const struct key *key, char kid[KEYRING_KID_SIZE], struct err *e) MUST_CHECK;

/* The self-signed certificate of an instance over the shared key: subject and issuer CN=ISSUER ("https://host"), serial
 * 1, CA:FALSE (maa-api.md 3.3). DER into OUT. */
int keyring_cert_emit(const char *issuer, const struct privkey *key, int64_t not_before_at,
    int64_t not_after_at, struct buf *out, struct err *e) MUST_CHECK;

struct keyring_entry {
	const struct key *key;
	enum sig_alg alg;
	struct bytes kid;  /* as text */
	struct bytes cert; /* DER, this instance's own */
};

/* GET /certs: {"keys":[{"x5c":[…],"kid":…,"kty":…, then alg, e, n …, use}]}, in the order given. ERR_LIMIT when OUT is full. */
int keyring_jwks_emit(const struct keyring_entry *entries, size_t count, struct buf *out,
    struct err *e) MUST_CHECK;
/* GET /.well-known/openid-configuration, members in the recorded order. */
int keyring_discovery_emit(struct bytes issuer, const enum sig_alg *algs, size_t count,
    struct buf *out, struct err *e) MUST_CHECK;
