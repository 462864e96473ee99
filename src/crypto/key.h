/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys, and signatures verified with them.
 *
 * A key is immutable, shared by reference count, and may be used by many threads at once: contexts ready to verify are
 * kept per key and handed out without locks on the hot path. The algorithm is the caller's choice from sig_alg and must
 * fit the key; nothing is taken from the message.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

enum key_kind { KEY_RSA, KEY_P256, KEY_P384, KEY_P521, KEY_ED25519 };

/* JOSE names (RFC 7518, RFC 8037). */
enum sig_alg {
	SIG_RS256,
	SIG_RS384,
	SIG_RS512,
	SIG_PS256,
	SIG_PS384,
	SIG_PS512,
	SIG_ES256,
	SIG_ES384,
	SIG_ES512,
	SIG_EDDSA,
};
#define SIG_ALG_COUNT 10

/* How an ECDSA signature is written: r‖s of fixed size, or DER SEQUENCE { r, s }. Other algorithms ignore it. */
enum sig_form { SIG_RAW, SIG_DER };

#define MIN_RSA_BITS 2048
#define MAX_RSA_BITS 8192
#define MAX_SIG_SIZE 1024

struct key;

/* SubjectPublicKeyInfo (RFC 5280 4.1.2.7), read by our own DER reader. RSA outside MIN_RSA_BITS..MAX_RSA_BITS
 * and RSA that roca.h knows are ERR_UNSUPPORTED: such keys exist, and are not used here. */
int key_from_spki(struct bytes spki, struct key **out, struct err *e) MUST_CHECK;
/* x‖y of fixed size. ERR_INVALID if the point is not on the curve or is zero. */
int key_from_point(enum key_kind curve, struct bytes xy, struct key **out, struct err *e)
    MUST_CHECK;
/* Big-endian modulus and exponent. */
int key_from_rsa(struct bytes n, struct bytes e_, struct key **out, struct err *e) MUST_CHECK;
int key_from_ed25519(struct bytes x, struct key **out, struct err *e) MUST_CHECK;
struct key *key_ref(const struct key *key);
void key_unref(struct key *key);
void key_unrefp(struct key **key);

enum key_kind key_kind_of(const struct key *key);
unsigned key_bits(const struct key *key);
/* EC: x‖y; Ed25519: x; RSA: empty. Lives as long as the key. */
struct bytes key_point(const struct key *key);
struct bytes key_rsa_n(const struct key *key);
struct bytes key_rsa_e(const struct key *key);
/* Canonical SubjectPublicKeyInfo DER, made when the key was; lives as long as the key. */
struct bytes key_spki(const struct key *key);
bool key_eq(const struct key *a, const struct key *b);
bool key_fits(const struct key *key, enum sig_alg alg);

/*
 * *GOOD says whether SIG is a signature of MESSAGE. -1 only when we could not find out (memory, library). A signature
 * of the wrong size, with r or s zero or not below n, or not minimal DER, is simply not good. Low s is not demanded.
 */
int key_verify(const struct key *key, enum sig_alg alg, enum sig_form form, struct bytes message,
    struct bytes sig, bool *good, struct err *e) MUST_CHECK;

const char *sig_alg_name(enum sig_alg alg);
/* False for a name that is not in the table, "none" among them. */
bool sig_alg_parse(struct bytes name, enum sig_alg *alg) MUST_CHECK;
