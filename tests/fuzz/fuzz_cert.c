/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/cert, and what it reads of crypto/x509 and crypto/key: views lie inside the certificate; what OpenSSL reads too
 * says the same there; a signature that we verify is one that OpenSSL verifies, and the other way round.
 */
#include "mutate.h"

#include "crypto/cert.h"
#include "crypto/x509.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static void
inside(struct bytes part, struct bytes whole)
{
	HOLDS(part.size == 0 || (part.p >= whole.p && part.p + part.size <= whole.p + whole.size));
}

static void
holds_views(const struct cert *c)
{
	inside(c->tbs, c->raw);
	inside(c->serial, c->tbs);
	inside(c->issuer, c->tbs);
	inside(c->subject, c->tbs);
	inside(c->spki, c->tbs);
	inside(c->ski, c->tbs);
	inside(c->aki, c->tbs);
	inside(c->sig, c->raw);
	inside(cert_name_cn(c->subject), c->subject);
	HOLDS(name_is_exact(c->subject) && name_is_exact(c->issuer));
	HOLDS(c->ext_count <= MAX_CERT_EXTENSIONS);
	for (size_t i = 0; i < c->ext_count; i++) {
		inside(c->ext[i].oid, c->tbs);
		inside(c->ext[i].value, c->tbs);
		HOLDS(bytes_eq(cert_ext_find(c, c->ext[i].oid), c->ext[i].value));
	}
	HOLDS(
	    !cert_is_current(c, c->not_before_at - 1) && !cert_is_current(c, c->not_after_at + 1));
}

static void
same_time(const ASN1_TIME *theirs, int64_t ours)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(theirs, &tm) == 1)
		HOLDS((int64_t)timegm(&tm) == ours);
}

static void
same_octets(const ASN1_OCTET_STRING *theirs, struct bytes ours)
{
	if (theirs != NULL)
		HOLDS(bytes_eq(bytes_of(ASN1_STRING_get0_data(theirs),
				   (size_t)ASN1_STRING_length(theirs)),
		    ours));
}

static void
same_as_openssl(const struct cert *c, X509 *x)
{
	uint32_t flags = X509_get_extension_flags(x);
	unsigned usage = 0;

	same_time(X509_get0_notBefore(x), c->not_before_at);
	same_time(X509_get0_notAfter(x), c->not_after_at);
	if ((flags & EXFLAG_INVALID) != 0)
		return;
	HOLDS(((flags & EXFLAG_CA) != 0) == c->is_ca);
	HOLDS(((flags & EXFLAG_BCONS) != 0) == c->has_basic_constraints);
	HOLDS(!c->is_ca || X509_get_pathlen(x) == c->path_len);
	HOLDS(((flags & EXFLAG_KUSAGE) != 0) == c->has_key_usage);
	if (c->has_key_usage) {
		uint32_t theirs = X509_get_key_usage(x);

		usage |= (theirs & KU_DIGITAL_SIGNATURE) != 0 ? CERT_DIGITAL_SIGNATURE : 0;
		usage |= (theirs & KU_KEY_CERT_SIGN) != 0 ? CERT_KEY_CERT_SIGN : 0;
		usage |= (theirs & KU_CRL_SIGN) != 0 ? CERT_CRL_SIGN : 0;
		HOLDS(usage ==
		    (c->key_usage & (CERT_DIGITAL_SIGNATURE | CERT_KEY_CERT_SIGN | CERT_CRL_SIGN)));
	}
	same_octets(X509_get0_subject_key_id(x), c->ski);
	same_octets(X509_get0_authority_key_id(x), c->aki);
}

/* As if it were self-signed. */
static void
fuzz_signature(const struct cert *c, X509 *x)
{
	struct key *key = NULL;
	EVP_PKEY *theirs = x == NULL ? NULL : X509_get0_pubkey(x);
	struct err e = { 0 };
	bool good = false;

	if (key_from_spki(c->spki, &key, &e) < 0) {
		fuzz_refusal(&e);
		return;
	}
	HOLDS(bytes_eq(key_spki(key), c->spki) || key_kind_of(key) == KEY_RSA || theirs != NULL);
	HOLDS(cert_verify(c, key, &good, &e) == 0);
	if (theirs != NULL) {
		bool also = X509_verify(x, theirs) == 1;

		HOLDS(!good || also);
	}
	key_unref(key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes der = bytes_of(data, size);
	const unsigned char *at = data;
	struct cert c = { 0 };
	struct err e = { 0 };
	X509 *x;

	if (cert_parse(der, &c, &e) < 0) {
		fuzz_refusal(&e);
		HOLDS(c.raw.p == NULL);
		return 0;
	}
	holds_views(&c);
	(void)cert_has_unknown_critical(&c);
	x = d2i_X509(NULL, &at, (long)size);
	if (x != NULL) {
		HOLDS(at == data + size);
		same_as_openssl(&c, x);
	}
	fuzz_signature(&c, x);
	X509_free(x);
	ERR_clear_error();
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return mutate_der(data, size, max_size, seed);
}
