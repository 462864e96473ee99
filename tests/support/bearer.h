/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer of bearer tokens for tests: a key, its JWKS, and tokens of any payload. */
#pragma once

#include "base/buf.h"
#include "crypto/privkey.h"
#include "jose/jwk.h"
#include "jose/jws.h"

#include <stdio.h>
#include <string.h>

struct fake_issuer {
	struct privkey *key;
	enum sig_alg alg;
	char jwks[4096];
};

static inline void
fake_issuer_init(struct fake_issuer *f, enum key_kind kind, enum sig_alg alg, const char *kid)
{
	DEFER(buf_release) struct buf out = { 0 };
	struct arena a;
	struct err e = { 0 };
	int made = kind == KEY_RSA ? privkey_generate_rsa(2048, &f->key, &e)
				   : privkey_generate(kind, &f->key, &e);

	assert_int_equal(made, 0);
	f->alg = alg;
	arena_init(&a, 1u << 20);
	buf_init(&out, sizeof(f->jwks) - 1);
	buf_str(&out, "{\"keys\":[");
	json_emit(&out,
	    jwk_emit(&a, privkey_public(f->key), alg, bytes_of_str(kid), (struct bytes){ 0 }),
	    JSON_AS_IS);
	buf_str(&out, "]}");
	assert_true(buf_ok(&out));
	memcpy(f->jwks, out.p, out.size);
	f->jwks[out.size] = '\0';
	arena_release(&a);
}

static inline void
fake_issuer_release(struct fake_issuer *f)
{
	privkey_free(f->key);
}

/* HEADER and PAYLOAD as JSON text; signed with the issuer's key and ALG, whatever the header says. */
static inline void
fake_issuer_sign(const struct fake_issuer *f, const char *header, const char *payload, char *token,
    size_t room)
{
	DEFER(buf_release) struct buf out = { 0 };
	uint8_t sig[MAX_SIG_SIZE];
	size_t size;
	struct err e = { 0 };

	buf_init(&out, room - 1);
	jws_emit_signing_input(&out, bytes_of_str(header), bytes_of_str(payload));
	assert_int_equal(privkey_sign(f->key, f->alg, SIG_RAW, buf_bytes(&out), sig, &size, &e), 0);
	jws_emit_signature(&out, bytes_of(sig, size));
	assert_true(buf_ok(&out));
	memcpy(token, out.p, out.size);
	token[out.size] = '\0';
}
