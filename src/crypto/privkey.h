/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in this process' memory, and the signer over one. */
#pragma once

#include "base/buf.h"
#include "base/secret.h"
#include "crypto/signer.h"

struct privkey;

/* RSA sizes 2048, 3072, 4096. */
int privkey_generate_rsa(unsigned bits, struct privkey **out, struct err *e) MUST_CHECK;
int privkey_generate(enum key_kind kind, struct privkey **out, struct err *e) MUST_CHECK;
/* PKCS#8, unencrypted. */
int privkey_from_der(struct bytes pkcs8, struct privkey **out, struct err *e) MUST_CHECK;
/* PEM "PRIVATE KEY" (or the traditional forms that OpenSSL reads). */
int privkey_from_pem(struct bytes pem, struct privkey **out, struct err *e) MUST_CHECK;
int privkey_to_der(const struct privkey *key, struct secret *out, struct err *e) MUST_CHECK;
int privkey_to_pem(const struct privkey *key, struct secret *out, struct err *e) MUST_CHECK;
void privkey_free(struct privkey *key);
void privkey_freep(struct privkey **key);
const struct key *privkey_public(const struct privkey *key);

/* ECDSA in FORM; other algorithms ignore it. Thread-safe. */
int privkey_sign(const struct privkey *key, enum sig_alg alg, enum sig_form form,
    struct bytes message, uint8_t sig[MAX_SIG_SIZE], size_t *sig_size, struct err *e) MUST_CHECK;

/* A signer over KEY, which it owns from then on; it signs on the calling thread. */
int signer_soft_new(struct privkey *key, enum sig_alg alg, struct signer **out, struct err *e)
    MUST_CHECK;
