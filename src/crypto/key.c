/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include "base/buf.h"
#include "codec/der.h"
#include "crypto/lib.h"
#include "crypto/roca.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

struct key_shared;

struct key {
	enum key_kind kind;
	unsigned bits;
	struct bytes spki;        /* whole; the views below point into it */
	struct bytes point, n, e; /* as key_point(), key_rsa_n(), key_rsa_e() give them */
	struct key_shared *shared;
};

/* What changes while a key is shared; a const key leads to it. */
struct key_shared {
	atomic_uint refs;
	struct ctx_pool pool;
	struct key key;
	uint8_t spki[];
};

/* SubjectPublicKeyInfo up to the key itself (RFC 5480 2, RFC 8410 4): fixed bytes for each kind of fixed size. */
static const uint8_t p256_head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42,
	0x00, 0x04 };
static const uint8_t p384_head[] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04 };
static const uint8_t p521_head[] = { 0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00,
	0x04 };
static const uint8_t ed25519_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03,
	0x21, 0x00 };
/* rsaEncryption with its NULL parameters (RFC 3279 2.3.1), an AlgorithmIdentifier. */
static const uint8_t rsa_algorithm[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x01, 0x01, 0x05, 0x00 };

static const struct fixed_kind {
	struct bytes head;
	size_t point_size;
	unsigned bits;
	const char *group; /* NULL: not a NIST curve */
} fixed_kinds[] = {
	[KEY_P256] = { { p256_head, sizeof(p256_head) }, 64, 256, "P-256" },
	[KEY_P384] = { { p384_head, sizeof(p384_head) }, 96, 384, "P-384" },
	[KEY_P521] = { { p521_head, sizeof(p521_head) }, 132, 521, "P-521" },
	[KEY_ED25519] = { { ed25519_head, sizeof(ed25519_head) }, 32, 256, NULL },
};

#define MAX_RSA_BYTES  (MAX_RSA_BITS / 8)
#define MAX_RSA_E_SIZE 5

static struct key_shared *
shared_new(enum key_kind kind, size_t spki_size, struct err *e)
{
	struct key_shared *s = calloc(1, sizeof(*s) + spki_size);

	if (s == NULL) {
		err_set(e, ERR_LIMIT, "key: out of memory");
		return NULL;
	}
	atomic_init(&s->refs, 1);
	s->key.kind = kind;
	s->key.shared = s;
	s->key.spki = bytes_of(s->spki, spki_size);
	return s;
}

/*
 * Takes S over: it is *OUT's or gone. The numbers have been examined: there is nothing left to refuse in them, so that a
 * failure is ours.
 */
static int
import(struct key_shared *s, const char *type, OSSL_PARAM *params, struct key **out, struct err *e)
{
	struct key *k = &s->key;

	lib_begin();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	bool good = ctx != NULL && EVP_PKEY_fromdata_init(ctx) > 0 &&
	    EVP_PKEY_fromdata(ctx, &s->pool.pkey, EVP_PKEY_PUBLIC_KEY, params) > 0;

	EVP_PKEY_CTX_free(ctx);
	if (!good) {
		key_unref(k);
		return lib_fail(e, ERR_INTERNAL, "key: it could not be taken in");
	}
	*out = k;
	return 0;
}

/*
 * Takes S over like import(). The point, which is uncompressed (04 x y, SEC 1 2.3.3), stands AT in the key's SPKI; the
 * library refuses one that is not on the curve.
 */
static int
import_point(struct key_shared *s, size_t at, struct key **out, struct err *e)
{
	lib_begin();
	EVP_PKEY *curve = lib_curve_copy(s->key.kind);

	s->pool.pkey = curve;
	if (curve == NULL ||
	    EVP_PKEY_set1_encoded_public_key(curve, s->spki + at, s->key.spki.size - at) <= 0) {
		key_unref(&s->key);
		return lib_fail(e, curve == NULL ? ERR_LIMIT : ERR_INVALID,
		    "key: the point is not on its curve");
	}
	*out = &s->key;
	return 0;
}

int
key_from_point(enum key_kind curve, struct bytes xy, struct key **out, struct err *e)
{
	if (key_coordinate_size(curve) == 0)
		return err_set(e, ERR_INTERNAL, "key: not a curve");
	const struct fixed_kind *f = &fixed_kinds[curve];

	if (xy.size != f->point_size)
		return err_set(e, ERR_INVALID, "key: a point of %zu bytes, want %zu", xy.size,
		    f->point_size);
	if (bytes_are_zero(xy))
		return err_set(e, ERR_INVALID, "key: the point is zero");
	struct key_shared *s = shared_new(curve, f->head.size + xy.size, e);

	if (s == NULL)
		return -1;
	memcpy(s->spki, f->head.p, f->head.size);
	memcpy(s->spki + f->head.size, xy.p, xy.size);
	s->key.bits = f->bits;
	s->key.point = bytes_slice(s->key.spki, f->head.size, xy.size);

	return import_point(s, f->head.size - 1, out, e);
}

int
key_from_ed25519(struct bytes x, struct key **out, struct err *e)
{
	const struct fixed_kind *f = &fixed_kinds[KEY_ED25519];

	if (x.size != f->point_size)
		return err_set(e, ERR_INVALID, "key: %zu bytes, want 32 (Ed25519)", x.size);
	if (bytes_are_zero(x))
		return err_set(e, ERR_INVALID, "key: the point is zero");
	struct key_shared *s = shared_new(KEY_ED25519, f->head.size + x.size, e);

	if (s == NULL)
		return -1;
	memcpy(s->spki, f->head.p, f->head.size);
	memcpy(s->spki + f->head.size, x.p, x.size);
	s->key.bits = f->bits;
	s->key.point = bytes_slice(s->key.spki, f->head.size, x.size);

	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, s->spki + f->head.size,
		    x.size),
		OSSL_PARAM_construct_end(),
	};

	return import(s, "ED25519", params, out, e);
}

/* The header of a DER element; OUT has room for 4 bytes. */
static size_t
put_head(uint8_t *out, uint8_t tag, size_t size)
{
	size_t n = 0;

	out[n++] = tag;
	if (size > 255) {
		out[n++] = 0x82;
		out[n++] = (uint8_t)(size >> 8);
	} else if (size > 127) {
		out[n++] = 0x81;
	}
	out[n++] = (uint8_t)size;
	return n;
}

static size_t
put_unsigned(uint8_t *out, struct bytes v)
{
	bool sign = (v.p[0] & 0x80) != 0;
	size_t n = put_head(out, DER_INTEGER, v.size + sign);

	if (sign)
		out[n++] = 0;
	memcpy(out + n, v.p, v.size);
	return n + v.size;
}

/* SEQUENCE { rsaEncryption, BIT STRING { SEQUENCE { n, e } } }; OUT has room for both numbers and 64 bytes. */
static size_t
put_rsa_spki(uint8_t *out, struct bytes n, struct bytes exponent, size_t *n_at, size_t *e_at)
{
	uint8_t numbers[MAX_RSA_BYTES + MAX_RSA_E_SIZE + 16];
	uint8_t head[3][4];
	size_t n_size = put_unsigned(numbers, n);
	size_t size = n_size + put_unsigned(numbers + n_size, exponent);
	size_t inner = put_head(head[2], DER_SEQUENCE, size);
	size_t bits = put_head(head[1], DER_BIT_STRING, 1 + inner + size);
	size_t outer =
	    put_head(head[0], DER_SEQUENCE, sizeof(rsa_algorithm) + bits + 1 + inner + size);
	uint8_t *to = out;

	memcpy(to, head[0], outer);
	to += outer;
	memcpy(to, rsa_algorithm, sizeof(rsa_algorithm));
	to += sizeof(rsa_algorithm);
	memcpy(to, head[1], bits);
	to += bits;
	*to++ = 0; /* no unused bits */
	memcpy(to, head[2], inner);
	to += inner;
	memcpy(to, numbers, size);
	*n_at = (size_t)(to - out) + n_size - n.size;
	to += size;
	*e_at = (size_t)(to - out) - exponent.size;
	return (size_t)(to - out);
}

static int
check_rsa(struct bytes n, struct bytes exponent, unsigned *bits, struct err *e)
{
	uint64_t value = 0;

	if (n.size == 0 || n.p[0] == 0 || exponent.size == 0 || exponent.p[0] == 0)
		return err_set(e, ERR_INVALID,
		    "key: an RSA number is empty or begins with a zero byte");
	if (n.size > MAX_RSA_BYTES)
		return err_set(e, ERR_UNSUPPORTED, "key: RSA with %zu bits, at most %d", n.size * 8,
		    MAX_RSA_BITS);
	*bits = (unsigned)n.size * 8;
	for (uint8_t top = n.p[0]; (top & 0x80) == 0; top = (uint8_t)(top << 1))
		(*bits)--;
	if (*bits < MIN_RSA_BITS)
		return err_set(e, ERR_UNSUPPORTED, "key: RSA with %u bits, at least %d", *bits,
		    MIN_RSA_BITS);
	if ((n.p[n.size - 1] & 1) == 0)
		return err_set(e, ERR_INVALID, "key: the RSA modulus is even");
	for (size_t i = 0; i < exponent.size && exponent.size <= MAX_RSA_E_SIZE; i++)
		value = value << 8 | exponent.p[i];
	if (value < 3 || value > (UINT64_C(1) << 33) || (value & 1) == 0)
		return err_set(e, ERR_INVALID,
		    "key: the RSA exponent is not an odd number from 3 to 2^33");
	if (roca_is_marked(n))
		return err_set(e, ERR_UNSUPPORTED,
		    "key: the RSA modulus is of a generator that is broken (CVE-2017-15361)");
	return 0;
}

/* The library wants its numbers as the machine writes them. */
static void
native_copy(uint8_t *out, struct bytes in)
{
	const uint16_t one = 1;
	uint8_t first;

	memcpy(&first, &one, 1);
	for (size_t i = 0; i < in.size; i++)
		out[i] = in.p[first == 1 ? in.size - 1 - i : i];
}

int
key_from_rsa(struct bytes n, struct bytes exponent, struct key **out, struct err *e)
{
	uint8_t spki[MAX_RSA_BYTES + MAX_RSA_E_SIZE + 64];
	uint8_t native_n[MAX_RSA_BYTES], native_e[MAX_RSA_E_SIZE];
	size_t n_at = 0, e_at = 0;
	unsigned bits = 0;

	TRY(check_rsa(n, exponent, &bits, e));
	size_t spki_size = put_rsa_spki(spki, n, exponent, &n_at, &e_at);
	struct key_shared *s = shared_new(KEY_RSA, spki_size, e);

	if (s == NULL)
		return -1;
	memcpy(s->spki, spki, spki_size);
	s->key.bits = bits;
	s->key.n = bytes_slice(s->key.spki, n_at, n.size);
	s->key.e = bytes_slice(s->key.spki, e_at, exponent.size);

	native_copy(native_n, n);
	native_copy(native_e, exponent);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native_n, n.size),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, native_e, exponent.size),
		OSSL_PARAM_construct_end(),
	};

	return import(s, "RSA", params, out, e);
}

/* INTEGER contents, positive, without the octet that only carries the sign. */
static struct bytes
magnitude(struct bytes integer)
{
	if (integer.size > 0 && (integer.p[0] & 0x80) != 0)
		return (struct bytes){ 0 };
	if (integer.size > 1 && integer.p[0] == 0)
		return bytes_slice(integer, 1, integer.size - 1);
	return integer;
}

static int
rsa_from_spki(struct bytes spki, struct key **out, struct err *e)
{
	struct rd r = rd_from(spki);
	struct rd seq = der_sub(&r, DER_SEQUENCE);

	(void)der_any(&seq, NULL);
	struct rd bits = rd_from(der_bits(&seq));
	struct rd numbers = der_sub(&bits, DER_SEQUENCE);
	struct bytes n = magnitude(der_integer(&numbers));
	struct bytes exponent = magnitude(der_integer(&numbers));

	if (!rd_done(&numbers) || !rd_done(&bits) || !rd_done(&seq) || !rd_done(&r))
		return err_set(e, ERR_MALFORMED, "key: not a DER RSAPublicKey (RFC 8017 A.1.1)");
	return key_from_rsa(n, exponent, out, e);
}

int
key_from_spki(struct bytes spki, struct key **out, struct err *e)
{
	for (size_t i = KEY_P256; i < COUNT_OF(fixed_kinds); i++) {
		const struct fixed_kind *f = &fixed_kinds[i];
		struct bytes point = bytes_slice(spki, f->head.size, spki.size);

		if (spki.size != f->head.size + f->point_size ||
		    !bytes_eq(bytes_slice(spki, 0, f->head.size), f->head))
			continue;
		if (f->group == NULL)
			return key_from_ed25519(point, out, e);
		return key_from_point((enum key_kind)i, point, out, e);
	}

	struct rd r = rd_from(spki);
	struct rd seq = der_sub(&r, DER_SEQUENCE);
	uint8_t tag = 0;
	struct bytes algorithm = der_any(&seq, &tag);

	(void)der_bits(&seq);
	if (!rd_done(&seq) || !rd_done(&r) || tag != DER_SEQUENCE)
		return err_set(e, ERR_MALFORMED,
		    "key: not a DER SubjectPublicKeyInfo (RFC 5280 4.1.2.7)");
	if (bytes_eq(algorithm, BYTES_OF(rsa_algorithm)))
		return rsa_from_spki(spki, out, e);
	return err_set(e, ERR_UNSUPPORTED,
	    "key: want RSA, an uncompressed point on P-256, P-384 or P-521, or Ed25519");
}

struct key *
key_ref(const struct key *key)
{
	atomic_fetch_add_explicit(&key->shared->refs, 1, memory_order_relaxed);
	return &key->shared->key;
}

void
key_unref(struct key *key)
{
	if (key == NULL ||
	    atomic_fetch_sub_explicit(&key->shared->refs, 1, memory_order_acq_rel) != 1)
		return;
	ctx_pool_release(&key->shared->pool);
	free(key->shared);
}

void
key_unrefp(struct key **key)
{
	key_unref(*key);
}

enum key_kind
key_kind_of(const struct key *key)
{
	return key->kind;
}

unsigned
key_bits(const struct key *key)
{
	return key->bits;
}

struct bytes
key_point(const struct key *key)
{
	return key->point;
}

struct bytes
key_rsa_n(const struct key *key)
{
	return key->n;
}

struct bytes
key_rsa_e(const struct key *key)
{
	return key->e;
}

struct bytes
key_spki(const struct key *key)
{
	return key->spki;
}

bool
key_eq(const struct key *a, const struct key *b)
{
	return bytes_eq(a->spki, b->spki);
}

static const struct sig_row {
	const char *name;
	enum key_kind kind;
} sig_rows[SIG_ALG_COUNT] = {
	[SIG_RS256] = { "RS256", KEY_RSA },
	[SIG_RS384] = { "RS384", KEY_RSA },
	[SIG_RS512] = { "RS512", KEY_RSA },
	[SIG_PS256] = { "PS256", KEY_RSA },
	[SIG_PS384] = { "PS384", KEY_RSA },
	[SIG_PS512] = { "PS512", KEY_RSA },
	[SIG_ES256] = { "ES256", KEY_P256 },
	[SIG_ES384] = { "ES384", KEY_P384 },
	[SIG_ES512] = { "ES512", KEY_P521 },
	[SIG_EDDSA] = { "EdDSA", KEY_ED25519 },
};

bool
key_fits(const struct key *key, enum sig_alg alg)
{
	return sig_rows[alg].kind == key->kind;
}

const char *
sig_alg_name(enum sig_alg alg)
{
	return sig_rows[alg].name;
}

bool
sig_alg_parse(struct bytes name, enum sig_alg *alg)
{
	for (size_t i = 0; i < SIG_ALG_COUNT; i++)
		if (bytes_is_str(name, sig_rows[i].name)) {
			*alg = (enum sig_alg)i;
			return true;
		}
	return false;
}

static int
verify_ed25519(const struct key *key, struct bytes message, struct bytes sig, bool *good,
    struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ready = ctx != NULL &&
	    EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key->shared->pool.pkey, NULL) > 0;

	int got = ready ? EVP_DigestVerify(ctx, sig.p, sig.size, message.p, message.size) : -1;

	EVP_MD_CTX_free(ctx);
	if (!ready)
		return lib_fail(e, ERR_INTERNAL, "key: Ed25519 could not be made ready");
	*good = got == 1;
	return *good ? 0 : lib_refused(got, e);
}

int
key_verify(const struct key *key, enum sig_alg alg, enum sig_form form, struct bytes message,
    struct bytes sig, bool *good, struct err *e)
{
	uint8_t hash[MAX_DIGEST_SIZE], raw[MAX_ECDSA_RAW_SIZE], der[MAX_ECDSA_DER_SIZE];
	enum digest_alg digest = sig_alg_digest(alg);
	size_t coordinate = key_coordinate_size(key->kind);

	*good = false;
	lib_begin();
	if (!key_fits(key, alg))
		return 0;
	if (key->kind == KEY_ED25519)
		return sig.size == 64 ? verify_ed25519(key, message, sig, good, e) : 0;
	if (key->kind == KEY_RSA && sig.size != key->n.size)
		return 0;
	if (coordinate != 0) {
		if (form == SIG_DER) {
			if (!ecdsa_raw_from_der(key->kind, sig, raw))
				return 0;
			sig = bytes_of(raw, 2 * coordinate);
		}
		if (!ecdsa_der_from_raw(key->kind, sig, der, &sig.size))
			return 0;
		sig.p = der;
	}

	EVP_PKEY_CTX *ctx = ctx_pool_take(&key->shared->pool, alg);

	if (ctx == NULL)
		return lib_fail(e, ERR_LIMIT, "key: no context to verify with");
	digest_of(digest, message, hash);
	int got = EVP_PKEY_verify(ctx, sig.p, sig.size, hash, digest_size(digest));

	ctx_pool_put(&key->shared->pool, alg, ctx);
	*good = got == 1;
	return *good ? 0 : lib_refused(got, e);
}
