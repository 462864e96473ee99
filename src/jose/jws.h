/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JWS compact serialisation (RFC 7515). The key object carries its algorithm; the header is only compared with it.
 * There is no HMAC code here, "none" is never verified, no key is taken from a header, `crit` is honoured by refusing
 * every extension, and the signing input is the received text itself.
 */
#pragma once

#include "codec/json.h"
#include "crypto/key.h"

#define MAX_JWS_SIZE   262144
#define MAX_JWS_HEADER 32768

struct jws {
	struct bytes signing_input;        /* header '.' payload, as received */
	struct bytes header_text, payload; /* decoded, in the arena */
	struct bytes signature;            /* decoded; empty for "none" */
	const struct json *header;
	struct bytes alg, kid, typ; /* header members; p == NULL when absent */
};

/* Splits and decodes: exactly three parts, canonical base64url, a JSON object as header with a string `alg`, no `crit`,
 * no `b64`. Says nothing about the signature. White space around the text is the caller's to remove. */
int jws_parse(struct bytes compact, struct arena *a, struct jws *jws, struct err *e) MUST_CHECK;
bool jws_is_unsigned(const struct jws *jws); /* alg "none" */
/* *GOOD: header alg is ALG, KEY fits it, and the signature verifies. */
int jws_verify(const struct jws *jws, const struct key *key, enum sig_alg alg, bool *good,
    struct err *e) MUST_CHECK;

/* base64url(header) '.' base64url(payload): what is signed. */
void jws_emit_signing_input(struct buf *out, struct bytes header, struct bytes payload);
/* Appends '.' and the signature (empty for an unsigned one). */
void jws_emit_signature(struct buf *out, struct bytes signature);
