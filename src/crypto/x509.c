/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509.h"

#include "base/utf8.h"
#include "codec/der_emit.h"
#include "crypto/digest.h"

#define OID(name, ...)                                                                             \
	static const uint8_t name##_octets[] = { __VA_ARGS__ };                                    \
	const struct bytes name = { name##_octets, sizeof(name##_octets) }

OID(oid_common_name, 0x55, 0x04, 0x03);
OID(oid_country, 0x55, 0x04, 0x06);
OID(oid_locality, 0x55, 0x04, 0x07);
OID(oid_state, 0x55, 0x04, 0x08);
OID(oid_organization, 0x55, 0x04, 0x0a);
OID(oid_ski, 0x55, 0x1d, 0x0e);
OID(oid_key_usage, 0x55, 0x1d, 0x0f);
OID(oid_san, 0x55, 0x1d, 0x11);
OID(oid_basic_constraints, 0x55, 0x1d, 0x13);
OID(oid_crl_number, 0x55, 0x1d, 0x14);
OID(oid_crl_points, 0x55, 0x1d, 0x1f);
OID(oid_aki, 0x55, 0x1d, 0x23);
OID(oid_ext_key_usage, 0x55, 0x1d, 0x25);

/* Whole AlgorithmIdentifiers; the three of RSASSA-PSS are read member by member below. */
static const uint8_t es256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03,
	0x02 };
static const uint8_t es384[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03,
	0x03 };
static const uint8_t es512[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03,
	0x04 };
static const uint8_t rs256[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x0b, 0x05, 0x00 };
static const uint8_t rs384[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x0c, 0x05, 0x00 };
static const uint8_t rs512[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x0d, 0x05, 0x00 };
static const uint8_t eddsa[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };

static const struct plain_alg {
	struct bytes whole;
	enum sig_alg alg;
} plain_algs[] = {
	{ { es256, sizeof(es256) }, SIG_ES256 },
	{ { es384, sizeof(es384) }, SIG_ES384 },
	{ { es512, sizeof(es512) }, SIG_ES512 },
	{ { rs256, sizeof(rs256) }, SIG_RS256 },
	{ { rs384, sizeof(rs384) }, SIG_RS384 },
	{ { rs512, sizeof(rs512) }, SIG_RS512 },
	{ { eddsa, sizeof(eddsa) }, SIG_EDDSA },
};

OID(oid_pss, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a);
OID(oid_mgf1, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08);
OID(oid_sha256, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01);
OID(oid_sha384, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02);
OID(oid_sha512, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03);

static const struct pss_alg {
	const struct bytes *hash;
	unsigned salt;
	enum sig_alg alg;
} pss_algs[] = {
	{ &oid_sha256, SHA256_SIZE, SIG_PS256 },
	{ &oid_sha384, SHA384_SIZE, SIG_PS384 },
	{ &oid_sha512, SHA512_SIZE, SIG_PS512 },
};

/* { hash OID, NULL or nothing }: RFC 4055 2.1 wants both accepted. */
static struct bytes
take_hash(struct rd *r)
{
	struct rd seq = der_sub(r, DER_SEQUENCE);
	struct bytes oid = der_oid(&seq);

	if (der_peek(&seq) == DER_NULL && der_take(&seq, DER_NULL).size != 0)
		r->bad = true;
	if (!rd_done(&seq))
		r->bad = true;
	return oid;
}

/* RFC 4055 3.1. No default is of use to us (SHA-1), so that all three members must be there. */
static int
pss_parse(struct rd params, enum sig_alg *alg, struct err *e)
{
	struct rd seq = der_sub(&params, DER_SEQUENCE);
	struct rd hash = der_sub(&seq, DER_CONTEXT_0);
	struct bytes hash_oid = take_hash(&hash);
	struct rd mask = der_sub(&seq, DER_CONTEXT_0 + 1);
	struct rd mgf = der_sub(&mask, DER_SEQUENCE);
	struct bytes mgf_oid = der_oid(&mgf);
	struct bytes mgf_hash = take_hash(&mgf);
	struct rd salt_in = der_sub(&seq, DER_CONTEXT_0 + 2);
	uint64_t salt = der_uint(&salt_in, DER_INTEGER, MAX_DIGEST_SIZE);

	/* AMD writes the trailer field though it is the default. */
	if (der_peek(&seq) == DER_CONTEXT_0 + 3) {
		struct rd trailer = der_sub(&seq, DER_CONTEXT_0 + 3);

		if (der_uint(&trailer, DER_INTEGER, 1) != 1 || !rd_done(&trailer))
			seq.bad = true;
	}
	if (!rd_done(&hash) || !rd_done(&mgf) || !rd_done(&mask) || !rd_done(&salt_in) ||
	    !rd_done(&seq) || !rd_done(&params))
		return err_set(e, ERR_UNSUPPORTED,
		    "signature algorithm: RSASSA-PSS parameters, want hash, MGF1 and salt (RFC "
		    "4055 3.1)");
	for (size_t i = 0; i < COUNT_OF(pss_algs); i++)
		if (bytes_eq(hash_oid, *pss_algs[i].hash) && bytes_eq(mgf_hash, hash_oid) &&
		    bytes_eq(mgf_oid, oid_mgf1) && salt == pss_algs[i].salt) {
			*alg = pss_algs[i].alg;
			return 0;
		}
	return err_set(e, ERR_UNSUPPORTED,
	    "signature algorithm: RSASSA-PSS, want SHA-256, 384 or 512 with its own MGF1 and salt");
}

bool
signed_take(struct bytes der, struct bytes *tbs, struct bytes *alg, struct bytes *sig)
{
	struct rd r = rd_from(der);
	struct rd whole = der_sub(&r, DER_SEQUENCE);
	uint8_t tag = 0;

	*tbs = der_any(&whole, &tag);
	*alg = der_any(&whole, NULL);
	*sig = der_bits(&whole);
	return rd_done(&whole) && rd_done(&r) && tag == DER_SEQUENCE;
}

int
alg_id_parse(struct bytes whole, enum sig_alg *alg, struct err *e)
{
	struct rd r = rd_from(whole);
	struct rd seq = der_sub(&r, DER_SEQUENCE);
	struct bytes oid = der_oid(&seq);

	if (!rd_ok(&seq) || !rd_done(&r))
		return err_set(e, ERR_MALFORMED,
		    "signature algorithm: not an AlgorithmIdentifier (RFC 5280 4.1.1.2)");
	for (size_t i = 0; i < COUNT_OF(plain_algs); i++)
		if (bytes_eq(whole, plain_algs[i].whole)) {
			*alg = plain_algs[i].alg;
			return 0;
		}
	if (bytes_eq(oid, oid_pss))
		return pss_parse(seq, alg, e);
	return err_set(e, ERR_UNSUPPORTED,
	    "signature algorithm: want ECDSA, RSA PKCS#1 or PSS with SHA-256, 384 or 512, or "
	    "Ed25519");
}

static void
emit_hash(struct buf *out, struct bytes oid)
{
	size_t seq = der_open(out, DER_SEQUENCE);

	der_emit(out, DER_OID, oid);
	der_emit(out, DER_NULL, (struct bytes){ 0 });
	der_close(out, seq);
}

static void
pss_emit(const struct pss_alg *p, struct buf *out)
{
	size_t whole = der_open(out, DER_SEQUENCE);

	der_emit(out, DER_OID, oid_pss);
	size_t params = der_open(out, DER_SEQUENCE);
	size_t hash = der_open(out, DER_CONTEXT_0);

	emit_hash(out, *p->hash);
	der_close(out, hash);
	size_t mask = der_open(out, DER_CONTEXT_0 + 1);
	size_t mgf = der_open(out, DER_SEQUENCE);

	der_emit(out, DER_OID, oid_mgf1);
	emit_hash(out, *p->hash);
	der_close(out, mgf);
	der_close(out, mask);
	size_t salt = der_open(out, DER_CONTEXT_0 + 2);

	der_emit_uint(out, DER_INTEGER, p->salt);
	der_close(out, salt);
	der_close(out, params);
	der_close(out, whole);
}

void
alg_id_emit(enum sig_alg alg, struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(plain_algs); i++)
		if (plain_algs[i].alg == alg)
			buf_add(out, plain_algs[i].whole);
	for (size_t i = 0; i < COUNT_OF(pss_algs); i++)
		if (pss_algs[i].alg == alg)
			pss_emit(&pss_algs[i], out);
}

/*
 * The string types that names are written in (RFC 5280 4.1.2.4, and the e-mail address of appendix A.1), without BMPString and
 * UniversalString, which no certificate here has.
 */
static bool
is_name_string(uint8_t tag, struct bytes value)
{
	switch (tag) {
	case DER_UTF8_STRING:
		return utf8_is_valid(value);
	case DER_PRINTABLE_STRING:
	case DER_IA5_STRING:
	case DER_NUMERIC_STRING:
	case DER_TELETEX_STRING:
		return true;
	default:
		return false;
	}
}

bool
name_is_exact(struct bytes name)
{
	struct rd r = rd_from(name);
	struct rd rdns = der_sub(&r, DER_SEQUENCE);

	while (rd_ok(&rdns) && rdns.left.size > 0) {
		struct rd rdn = der_sub(&rdns, DER_SET);

		do {
			struct rd attribute = der_sub(&rdn, DER_SEQUENCE);

			(void)der_oid(&attribute);
			uint8_t tag = der_peek(&attribute);
			struct bytes value = der_take(&attribute, tag);

			if (!rd_done(&attribute) || !is_name_string(tag, value))
				return false;
		} while (rdn.left.size > 0);
		if (!rd_ok(&rdn))
			return false;
	}
	return rd_done(&rdns) && rd_done(&r);
}

bool
aki_parse(struct bytes value, struct bytes *key_id)
{
	struct rd r = rd_from(value);
	struct rd seq = der_sub(&r, DER_SEQUENCE);
	struct bytes id = der_optional(&seq, 0x80);

	/* authorityCertIssuer and authorityCertSerialNumber: allowed, of no use to us. */
	(void)der_optional(&seq, DER_CONTEXT_0 + 1);
	(void)der_optional(&seq, 0x82);
	*key_id = id;
	return rd_done(&seq) && rd_done(&r);
}

void
key_id_of(const struct key *key, uint8_t out[20])
{
	struct rd r = rd_from(key_spki(key));
	struct rd seq = der_sub(&r, DER_SEQUENCE);

	(void)der_any(&seq, NULL);
	digest_of(DIGEST_SHA1, der_bits(&seq), out);
}
