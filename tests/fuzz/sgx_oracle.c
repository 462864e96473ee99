/* SPDX-License-Identifier: Apache-2.0 */
/* What an accepted case must be, found out by other means: OpenSSL's certificates and signatures, plain offsets. */
#include "sgx_case.h"

#include "base/hex.h"
#include "base/stamp.h"
#include "codec/json.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

static const uint8_t p256_spki[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42,
	0x00, 0x04 };

static EVP_PKEY *
key_of_point(const uint8_t point[64])
{
	uint8_t spki[sizeof(p256_spki) + 64];
	const unsigned char *at = spki;

	memcpy(spki, p256_spki, sizeof(p256_spki));
	memcpy(spki + sizeof(p256_spki), point, 64);
	return d2i_PUBKEY(NULL, &at, sizeof(spki));
}

static bool
verifies(EVP_PKEY *key, struct bytes message, const uint8_t raw[64])
{
	ECDSA_SIG *s = ECDSA_SIG_new();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	int size;
	bool good;

	HOLDS(s != NULL && ctx != NULL);
	HOLDS(ECDSA_SIG_set0(s, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL)) == 1);
	size = i2d_ECDSA_SIG(s, &der);
	HOLDS(size > 0 && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1);
	good = EVP_DigestVerify(ctx, der, (size_t)size, message.p, message.size) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(s);
	EVP_MD_CTX_free(ctx);
	return good;
}

static X509 *
cert_of(struct bytes der)
{
	const unsigned char *at = der.p;

	return d2i_X509(NULL, &at, (long)der.size);
}

static bool
is_between(const ASN1_TIME *from, const ASN1_TIME *to, int64_t at)
{
	/* Both ends are included. */
	return ASN1_TIME_cmp_time_t(from, (time_t)at) <= 0 &&
	    ASN1_TIME_cmp_time_t(to, (time_t)at) >= 0;
}

static void
holds_no_unknown_critical(const STACK_OF(X509_EXTENSION) * list)
{
	for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
		X509_EXTENSION *x = sk_X509_EXTENSION_value(list, i);

		HOLDS(X509_EXTENSION_get_critical(x) == 0 || X509_supported_extension(x) == 1);
	}
}

/* OpenSSL says nothing of a certificate with an extension that it cannot read, be it one that nobody here asks for. */
static bool
may(X509 *cert, uint32_t usage)
{
	return (X509_get_extension_flags(cert) & EXFLAG_INVALID) != 0 ||
	    (X509_get_key_usage(cert) & usage) == usage;
}

static bool
is_ca(X509 *cert)
{
	return (X509_get_extension_flags(cert) & EXFLAG_INVALID) != 0 || X509_check_ca(cert) == 1;
}

/* CERT is by ISSUER, whose CA certificate is one for at least DEPTH further CAs, and both hold at the time. */
static void
holds_link(const struct sgx_case *c, X509 *cert, X509 *issuer, long depth)
{
	long path = X509_get_pathlen(issuer);

	HOLDS(X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) == 0);
	HOLDS(X509_verify(cert, X509_get0_pubkey(issuer)) == 1);
	HOLDS(is_ca(issuer) && may(issuer, KU_KEY_CERT_SIGN));
	HOLDS(path < 0 || path >= depth);
	HOLDS(is_between(X509_get0_notBefore(cert), X509_get0_notAfter(cert), c->now_at));
	HOLDS(is_between(X509_get0_notBefore(issuer), X509_get0_notAfter(issuer), c->now_at));
	holds_no_unknown_critical(X509_get0_extensions(cert));
}

/* A list by ISSUER that holds at the time and does not hold CERT. Key identifiers choose among keys, and prove nothing. */
static void
holds_crl(const struct sgx_case *c, struct bytes der, X509 *issuer, X509 *cert)
{
	const unsigned char *at = der.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.size);
	X509_REVOKED *entry = NULL;

	HOLDS(crl != NULL && X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1);
	HOLDS(X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) == 0);
	HOLDS(may(issuer, KU_CRL_SIGN));
	HOLDS(is_between(X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl), c->now_at));
	HOLDS(X509_CRL_get0_by_cert(crl, &entry, cert) != 1);
	holds_no_unknown_critical(X509_CRL_get0_extensions(crl));
	X509_CRL_free(crl);
}

/* Leaf under intermediate under a root with the pinned key, at the time, with the lists of both CAs. */
static void
holds_chain(const struct sgx_case *c, X509 *leaf)
{
	X509 *intermediate = cert_of(c->chain[1]), *root = cert_of(c->chain[2]);
	struct bytes spki = key_spki(synth_root_key(sgx_case_root()));
	unsigned char *der = NULL;
	int size;

	HOLDS(intermediate != NULL && root != NULL);
	size = i2d_PUBKEY(X509_get0_pubkey(root), &der);
	HOLDS(size > 0 && bytes_eq(spki, bytes_of(der, (size_t)size)));
	OPENSSL_free(der);
	HOLDS(X509_check_ca(leaf) == 0 && may(leaf, KU_DIGITAL_SIGNATURE));
	holds_link(c, leaf, intermediate, 0);
	holds_link(c, intermediate, root, 1);
	holds_link(c, root, root, 1);
	holds_crl(c, c->root_crl, root, intermediate);
	holds_crl(c, c->pck_crl, intermediate, leaf);
	X509_free(intermediate);
	X509_free(root);
}

/* Header and signatures, by the offsets of evidence-intel.md 1 and 2. */
static const uint8_t *
holds_quote(const struct sgx_case *c, X509 *leaf)
{
	static const uint8_t vendor[] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94,
		0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };
	const uint8_t *q = c->quote.p;
	size_t version = q[0] | (size_t)q[1] << 8, end = version == 5 ? 54 + 384 : 48 + 384;
	const uint8_t *sig = q + end + 4, *key = sig + 64, *qe = key + 64 + (version == 3 ? 0 : 6);
	const uint8_t *qe_sig = qe + 384, *auth = qe_sig + 64;
	size_t auth_size = auth[0] | (size_t)auth[1] << 8;
	const struct bytes parts[] = { bytes_of(key, 64), bytes_of(auth + 2, auth_size) };
	uint8_t digest[SHA256_SIZE];
	EVP_PKEY *attestation = key_of_point(key);

	HOLDS(version >= 3 && version <= 5 && q[2] == 2 && q[3] == 0);
	HOLDS(q[4] == 0 && q[5] == 0 && q[6] == 0 && q[7] == 0 && memcmp(q + 12, vendor, 16) == 0);
	HOLDS(attestation != NULL && verifies(attestation, bytes_of(q, end), sig));
	digest_of_parts(DIGEST_SHA256, parts, 2, digest);
	/* Intel's library does not look at the upper half (evidence-intel.md 5 step 8). */
	HOLDS(memcmp(qe + 320, digest, 32) == 0);
	HOLDS(verifies(X509_get0_pubkey(leaf), bytes_of(qe, 384), qe_sig));
	EVP_PKEY_free(attestation);
	return qe;
}

/* The body of a signed document, whose signature is the TCB signer's. */
static const struct json *
holds_signed(struct bytes text, const char *name, struct arena *a)
{
	struct bytes spki = key_spki(privkey_public(sgx_case_root()->keys[KEY_TCB_SIGNER]));
	const struct json *doc, *body;
	EVP_PKEY *signer = key_of_point(spki.p + spki.size - 64);
	uint8_t sig[64];
	struct err e = { 0 };

	HOLDS(json_parse(text, text.size, a, &doc, &e) == 0);
	body = json_get(doc, name);
	HOLDS(body != NULL && hex_decode(json_text(json_get(doc, "signature")), sig, 64));
	HOLDS(signer != NULL && verifies(signer, body->span, sig));
	EVP_PKEY_free(signer);
	return body;
}

static void
holds_dates(const struct sgx_case *c, const struct json *body)
{
	int64_t issued, next;

	HOLDS(stamp_parse(json_text(json_get(body, "issueDate")), &issued) && issued <= c->now_at);
	HOLDS(stamp_parse(json_text(json_get(body, "nextUpdate")), &next));
	HOLDS(next >= c->now_at || c->settings.accept_expired_tcb);
}

static void
masked(const struct json *body, const char *name, const char *mask_name, bool both,
    const uint8_t *seen, size_t size)
{
	uint8_t want[16], mask[16];

	HOLDS(hex_decode(json_text(json_get(body, name)), want, size));
	HOLDS(hex_decode(json_text(json_get(body, mask_name)), mask, size));
	for (size_t i = 0; i < size; i++)
		HOLDS((seen[i] & mask[i]) == (both ? want[i] & mask[i] : want[i]));
}

/* The quoting enclave is the one of the identity (evidence-intel.md 5 step 9); its status. */
static enum tcb_status
holds_identity(const struct sgx_case *c, const uint8_t *qe, struct arena *a)
{
	const struct json *body = holds_signed(c->identity, "enclaveIdentity", a), *levels;
	uint8_t mrsigner[32], misc[4] = { qe[19], qe[18], qe[17], qe[16] };
	enum tcb_status status = TCB_NONE;
	int64_t prodid, best = -1, svn;

	holds_dates(c, body);
	HOLDS(json_is_str(json_get(body, "id"), "QE"));
	HOLDS(hex_decode(json_text(json_get(body, "mrsigner")), mrsigner, 32));
	HOLDS(memcmp(qe + 128, mrsigner, 32) == 0);
	HOLDS(json_int(json_get(body, "isvprodid"), &prodid) && prodid == (qe[256] | qe[257] << 8));
	masked(body, "attributes", "attributesMask", true, qe + 48, 16);
	masked(body, "miscselect", "miscselectMask", false, misc, 4);
	levels = json_get(body, "tcbLevels");
	for (const struct json *l = levels->first; l != NULL; l = l->next)
		if (json_int(json_at(l, "tcb.isvsvn"), &svn) && svn > best &&
		    svn <= (qe[258] | qe[259] << 8)) {
			best = svn;
			HOLDS(tcb_status_parse(json_text(json_get(l, "tcbStatus")), &status));
		}
	HOLDS(best >= 0);
	return status;
}

/* The highest level that the platform reaches; all its components, and the PCE. */
static enum tcb_status
holds_tcb(const struct sgx_case *c, const struct sgx_findings *f, struct arena *a)
{
	const struct json *body = holds_signed(c->tcb, "tcbInfo", a), *best = NULL;
	uint8_t fmspc[6], pceid[2], best_svn[16] = { 0 };
	enum tcb_status status;
	int64_t best_pce = -1;

	holds_dates(c, body);
	HOLDS(hex_decode(json_text(json_get(body, "fmspc")), fmspc, 6) &&
	    memcmp(fmspc, f->pck.fmspc, 6) == 0);
	HOLDS(hex_decode(json_text(json_get(body, "pceId")), pceid, 2) &&
	    memcmp(pceid, f->pck.pceid, 2) == 0);
	for (const struct json *l = json_get(body, "tcbLevels")->first; l != NULL; l = l->next) {
		const struct json *list = json_at(l, "tcb.sgxtcbcomponents");
		int64_t pce, svn;
		uint8_t svns[16];
		bool reached;

		HOLDS(json_int(json_at(l, "tcb.pcesvn"), &pce));
		reached = f->pck.pcesvn >= pce;
		for (size_t i = 0; i < 16; i++) {
			/* Version 2 has a member for each. */
			char name[24];

			(void)snprintf(name, sizeof(name), "sgxtcbcomp%02zusvn", i + 1);
			HOLDS(json_int(list != NULL ? json_get(json_item(list, i), "svn")
						    : json_get(json_get(l, "tcb"), name),
			    &svn));
			svns[i] = (uint8_t)svn;
			reached = reached && f->pck.components[i] >= svn;
		}
		int order = memcmp(svns, best_svn, 16);

		if (!reached || (best != NULL && (order < 0 || (order == 0 && pce < best_pce))))
			continue;
		best = l;
		best_pce = pce;
		memcpy(best_svn, svns, 16);
	}
	HOLDS(best != NULL && tcb_status_parse(json_text(json_get(best, "tcbStatus")), &status));
	return status;
}

void
sgx_case_holds(const struct sgx_case *c, const struct sgx_findings *f)
{
	struct arena a;
	X509 *leaf = cert_of(c->chain[0]);
	uint8_t digest[SHA256_SIZE];
	enum tcb_status platform, enclave;
	const uint8_t *qe, *report = f->quote.report.raw.p;

	arena_init(&a, 4u << 20);
	HOLDS(leaf != NULL);
	holds_chain(c, leaf);
	qe = holds_quote(c, leaf);
	platform = holds_tcb(c, f, &a);
	enclave = holds_identity(c, qe, &a);
	HOLDS(platform == f->platform_tcb_status && enclave == f->qe_tcb_status);
	HOLDS(f->tcb_status != TCB_REVOKED && platform != TCB_REVOKED && enclave != TCB_REVOKED);
	HOLDS((c->settings.tolerated & 1u << f->tcb_status) != 0);
	if (c->runtime_data.p != NULL) {
		sha256(c->runtime_data, digest);
		HOLDS(memcmp(report + 320, digest, 32) == 0 &&
		    bytes_are_zero(bytes_of(report + 352, 32)));
	}
	X509_free(leaf);
	arena_release(&a);
	ERR_clear_error();
}
