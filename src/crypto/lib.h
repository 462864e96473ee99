/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this folder share of OpenSSL: algorithms fetched once per process (fetching takes a lock that every
 * thread wants, performance.md 2), contexts kept ready, and errors that leave nothing behind in the library's queue.
 * Not for other folders: no type of the library leaves this one.
 */
#pragma once

#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/key.h"

#include <openssl/evp.h>
#include <stdatomic.h>

/* All three: NULL when out of memory. */
const EVP_MD *lib_md(enum digest_alg alg);
const EVP_CIPHER *lib_aes_256_gcm(void);
/*
 * A key of the curve that still lacks its point, the caller's: a copy of one made once, which with its point costs 5 µs
 * where EVP_PKEY_fromdata(), looking the curve up by name, costs 19.
 */
EVP_PKEY *lib_curve_copy(enum key_kind kind);

/* What the library has to say about its last failure. */
enum lib_cause {
	LIB_SILENT,
	LIB_SAID,
	LIB_INFINITY, /* a sum of points that is none: only numbers chosen for it get there */
	LIB_MEMORY,
};

/*
 * In front of what may be refused. Not everywhere does the library say that memory ran out: some of its verifications then
 * answer as to a bad signature. malloc() says it, in errno, which is set aside here for that.
 */
void lib_begin(void);
/* Empties the error queue. */
enum lib_cause lib_drain(void);
/*
 * Returns -1 and empties the error queue. CODE, which may blame what was given, only if the library says something: what
 * it refuses it explains. ERR_LIMIT if it speaks of memory, ERR_INTERNAL if it is silent.
 */
int lib_fail(struct err *e, enum err_code code, const char *what);
/*
 * A verification gave GOT, not 1. 0: the signature is not good. -1: the library has failed, and nothing is known. Of a bad
 * signature it says 0, or, where the numbers are such that no point comes out, a negative value with that reason.
 */
int lib_refused(int got, struct err *e) MUST_CHECK;

/* The digest that a signature algorithm uses; Ed25519 has none and must not be asked. */
enum digest_alg sig_alg_digest(enum sig_alg alg);
/* Octets of one coordinate; 0 for keys that are not on a NIST curve. */
size_t key_coordinate_size(enum key_kind kind);

/* r‖s of the curve's fixed size from DER and back; false unless 0 < r, s < n and, in DER, the encoding is minimal. */
bool ecdsa_raw_from_der(enum key_kind curve, struct bytes der, uint8_t *raw);
/* DER has room for MAX_ECDSA_DER_SIZE. */
bool ecdsa_der_from_raw(enum key_kind curve, struct bytes raw, uint8_t *der, size_t *size);
#define MAX_ECDSA_RAW_SIZE (2 * 66)
#define MAX_ECDSA_DER_SIZE (3 + 2 * (3 + 66))

/*
 * Contexts of one key, initialised to verify or to sign. A thread takes one out for the time of an operation and puts
 * it back; none idle means a new one. No locks, no thread-local state that would outlive the key.
 */
#define CTX_POOL_ROWS  6 /* RSA: one row per algorithm; the other kinds use row 0 */
#define CTX_POOL_SLOTS 8

struct ctx_pool {
	EVP_PKEY *pkey; /* owned */
	bool signs;
	_Atomic(EVP_PKEY_CTX *) idle[CTX_POOL_ROWS][CTX_POOL_SLOTS];
};

void ctx_pool_release(struct ctx_pool *pool);
/* NULL when out of memory. ALG must fit the key and may not be EdDSA. */
EVP_PKEY_CTX *ctx_pool_take(struct ctx_pool *pool, enum sig_alg alg);
void ctx_pool_put(struct ctx_pool *pool, enum sig_alg alg, EVP_PKEY_CTX *ctx);
