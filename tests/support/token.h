/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer for tests: one key, its JWKS, and tokens with the claims that a test gives. */
#pragma once

#include "crypto/privkey.h"
#include "jose/jwk.h"
#include "jose/jws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_ISSUER "https://i.example"
#define TEST_NOW    1790000000
/* A good attestation token's claims; more can be put behind them. */
#define TEST_CLAIMS                                                                                \
	"\"exp\":1790028800,\"iat\":1790000000,\"iss\":\"" TEST_ISSUER "\",\"jti\":\"0123\","      \
	"\"nbf\":1790000000,\"x-ms-attestation-type\":\"sgx\",\"x-ms-sgx-is-debuggable\":false"

struct test_issuer {
	struct privkey *key;
	char *jwks;
	const char *url; /* TEST_ISSUER until it is changed; for jku */
};

static inline char *
test_issuer_text(struct buf *b)
{
	size_t size;
	char *text = (char *)buf_take(b, &size);

	if (text == NULL)
		abort();
	return text;
}

static inline void
test_issuer_make(struct test_issuer *i, enum key_kind kind)
{
	enum sig_alg alg = kind == KEY_RSA ? SIG_RS256 : SIG_ES256;
	int rc = kind == KEY_RSA ? privkey_generate_rsa(2048, &i->key, NULL)
				 : privkey_generate(kind, &i->key, NULL);
	struct arena a;
	struct buf out;

	if (rc < 0)
		abort();
	i->url = TEST_ISSUER;
	arena_init(&a, 1u << 20);
	buf_init(&out, 65536);
	buf_str(&out, "{\"keys\":[");
	json_emit(&out, jwk_emit(&a, privkey_public(i->key), alg, BYTES("k1"), (struct bytes){ 0 }),
	    JSON_SORTED);
	buf_str(&out, "]}");
	i->jwks = test_issuer_text(&out);
	arena_release(&a);
}

static inline void
test_issuer_release(struct test_issuer *i)
{
	privkey_free(i->key);
	free(i->jwks);
}

/* A token with these members, the caller's to free. */
static inline char *
test_issuer_token(const struct test_issuer *i, const char *members)
{
	bool is_rsa = key_kind_of(privkey_public(i->key)) == KEY_RSA;
	uint8_t sig[MAX_SIG_SIZE];
	char header[256];
	struct buf out, payload;
	size_t size;

	snprintf(header, sizeof(header),
	    "{\"alg\":\"%s\",\"jku\":\"%s/certs\",\"kid\":\"k1\",\"typ\":\"JWT\"}",
	    is_rsa ? "RS256" : "ES256", i->url);
	buf_init(&payload, MAX_JWS_SIZE);
	buf_char(&payload, '{');
	buf_str(&payload, members);
	buf_char(&payload, '}');
	buf_init(&out, MAX_JWS_SIZE);
	jws_emit_signing_input(&out, bytes_of_str(header), buf_bytes(&payload));
	if (privkey_sign(i->key, is_rsa ? SIG_RS256 : SIG_ES256, SIG_RAW, buf_bytes(&out), sig,
		&size, NULL) < 0)
		abort();
	jws_emit_signature(&out, bytes_of(sig, size));
	buf_release(&payload);
	return test_issuer_text(&out);
}
