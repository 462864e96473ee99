/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert.h"

#include "codec/der.h"
#include "codec/pem.h"
#include "crypto/x509.h"

#include <string.h>

/* RFC 5280 4.1.2.2: at most 20 octets, and one that carries the sign. */
#define MAX_SERIAL_SIZE 21

static int
malformed(struct err *e, const char *what)
{
	return err_set(e, ERR_MALFORMED, "certificate: %s", what);
}

/* RFC 5280 4.2.1.9. cA FALSE written out is common and means what it says. */
static bool
take_basic_constraints(struct cert *c, struct bytes value)
{
	struct rd r = rd_from(value);
	struct rd seq = der_sub(&r, DER_SEQUENCE);

	c->has_basic_constraints = true;
	if (der_peek(&seq) == DER_BOOLEAN)
		c->is_ca = der_boolean(&seq);
	if (der_peek(&seq) == DER_INTEGER) {
		c->path_len = (int)der_uint(&seq, DER_INTEGER, 1000);
		if (!c->is_ca)
			return false;
	}
	return rd_done(&seq) && rd_done(&r);
}

/* RFC 5280 4.2.1.3: bit n of the string, counted from its most significant, becomes 1 << n. */
static bool
take_key_usage(struct cert *c, struct bytes value)
{
	struct rd r = rd_from(value);
	struct rd bits = der_sub(&r, DER_BIT_STRING);
	uint8_t unused = rd_u8(&bits);
	size_t size = bits.left.size;

	if (!rd_ok(&bits) || !rd_done(&r) || size == 0 || size > 2 || unused > 7)
		return false;
	for (size_t n = 0; n < 8 * size; n++) {
		bool set = (bits.left.p[n / 8] & (0x80 >> n % 8)) != 0;

		if (set && n >= 8 * size - unused)
			return false;
		if (set)
			c->key_usage |= 1u << n;
	}
	c->has_key_usage = true;
	return true;
}

static bool
take_ski(struct cert *c, struct bytes value)
{
	struct rd r = rd_from(value);

	c->ski = der_take(&r, DER_OCTET_STRING);
	return rd_done(&r);
}

/* The extensions that the struct has members for; others are kept as they are. */
static int
understand_ext(struct cert *c, const struct cert_ext *ext, struct err *e)
{
	if (bytes_eq(ext->oid, oid_basic_constraints) && !take_basic_constraints(c, ext->value))
		return malformed(e, "basicConstraints is not one (RFC 5280 4.2.1.9)");
	if (bytes_eq(ext->oid, oid_key_usage) && !take_key_usage(c, ext->value))
		return malformed(e, "keyUsage is not one (RFC 5280 4.2.1.3)");
	if (bytes_eq(ext->oid, oid_ski) && !take_ski(c, ext->value))
		return malformed(e, "subjectKeyIdentifier is not one (RFC 5280 4.2.1.2)");
	if (bytes_eq(ext->oid, oid_aki) && !aki_parse(ext->value, &c->aki))
		return malformed(e, "authorityKeyIdentifier is not one (RFC 5280 4.2.1.1)");
	return 0;
}

bool
ext_take(struct rd *list, struct cert_ext *out)
{
	struct rd seq = der_sub(list, DER_SEQUENCE);
	struct cert_ext ext = { .oid = der_oid(&seq) };

	/* DEFAULT FALSE is not written in DER (X.690 11.5). */
	if (der_peek(&seq) == DER_BOOLEAN) {
		ext.critical = der_boolean(&seq);
		if (!ext.critical)
			return false;
	}
	ext.value = der_take(&seq, DER_OCTET_STRING);
	*out = ext;
	return rd_done(&seq);
}

static int
take_exts(struct rd *tbs, struct cert *c, struct err *e)
{
	struct rd outer = der_sub(tbs, DER_CONTEXT_0 + 3);
	struct rd list = der_sub(&outer, DER_SEQUENCE);

	if (!rd_done(&outer) || list.left.size == 0)
		return malformed(e, "no sequence of extensions (RFC 5280 4.1.2.9)");
	while (list.left.size > 0) {
		struct cert_ext ext;

		if (!ext_take(&list, &ext))
			return malformed(e, "an extension is not one (RFC 5280 4.1)");
		if (c->ext_count == MAX_CERT_EXTENSIONS)
			return err_set(e, ERR_LIMIT, "certificate: more than %d extensions",
			    MAX_CERT_EXTENSIONS);
		if (cert_ext_find(c, ext.oid).p != NULL)
			return malformed(e, "the same extension twice (RFC 5280 4.2)");
		c->ext[c->ext_count++] = ext;
		TRY(understand_ext(c, &ext, e));
	}
	return rd_done(&list) ? 0 : malformed(e, "extensions that are not DER");
}

/* RFC 5280 4.1.2.1: [0] EXPLICIT INTEGER 2, that is version 3. */
static int
take_version(struct rd *tbs, struct err *e)
{
	if (der_peek(tbs) != DER_CONTEXT_0)
		return err_set(e, ERR_UNSUPPORTED,
		    "certificate: version 1, want 3 (RFC 5280 4.1.2.1)");
	struct rd version = der_sub(tbs, DER_CONTEXT_0);
	uint64_t v = der_uint(&version, DER_INTEGER, 255);

	if (!rd_done(&version))
		return malformed(e, "no version (RFC 5280 4.1.2.1)");
	if (v != 2)
		return err_set(e, ERR_UNSUPPORTED,
		    "certificate: version %u, want 3 (RFC 5280 4.1.2.1)", (unsigned)v + 1);
	return 0;
}

static int
take_tbs(struct rd tbs, struct cert *c, struct bytes *inner_alg, struct err *e)
{
	uint8_t tag = 0;

	TRY(take_version(&tbs, e));
	c->serial = der_integer(&tbs);
	*inner_alg = der_any(&tbs, NULL);
	c->issuer = der_any(&tbs, NULL);
	struct rd validity = der_sub(&tbs, DER_SEQUENCE);

	c->not_before_at = der_time(&validity);
	c->not_after_at = der_time(&validity);
	if (!rd_done(&validity))
		return malformed(e, "no validity of two times (RFC 5280 4.1.2.5)");
	c->subject = der_any(&tbs, NULL);
	c->spki = der_any(&tbs, &tag);
	if (!rd_ok(&tbs) || tag != DER_SEQUENCE)
		return malformed(e, "a TBSCertificate that is not DER (RFC 5280 4.1.1.1)");
	if (c->serial.size > MAX_SERIAL_SIZE)
		return malformed(e, "a serial number beyond 20 octets (RFC 5280 4.1.2.2)");
	if (!name_is_exact(c->issuer) || !name_is_exact(c->subject))
		return malformed(e, "a name that is not one (RFC 5280 4.1.2.4)");
	if (der_peek(&tbs) == DER_CONTEXT_0 + 3)
		TRY(take_exts(&tbs, c, e));
	if (!rd_done(&tbs))
		return malformed(e, "unique identifiers or bytes behind the TBSCertificate's end");
	return 0;
}

int
cert_parse(struct bytes der, struct cert *cert, struct err *e)
{
	struct cert c = { .raw = der, .path_len = -1 };
	struct bytes inner_alg = { 0 }, outer_alg = { 0 };

	if (der.size > MAX_CERT_SIZE)
		return err_set(e, ERR_LIMIT, "certificate: %zu bytes, at most %d", der.size,
		    MAX_CERT_SIZE);
	if (!signed_take(der, &c.tbs, &outer_alg, &c.sig))
		return malformed(e, "not one whole DER Certificate (RFC 5280 4.1)");
	struct rd tbs = rd_from(c.tbs);

	TRY(take_tbs(der_sub(&tbs, DER_SEQUENCE), &c, &inner_alg, e));
	if (!bytes_eq(inner_alg, outer_alg))
		return malformed(e, "two signature algorithms that differ (RFC 5280 4.1.1.2)");
	if (alg_id_parse(outer_alg, &c.sig_alg, e) < 0)
		return err_in(e, "certificate");
	*cert = c;
	return 0;
}

struct bytes
cert_ext_find(const struct cert *cert, struct bytes oid)
{
	for (size_t i = 0; i < cert->ext_count; i++)
		if (bytes_eq(cert->ext[i].oid, oid))
			return cert->ext[i].value;
	return (struct bytes){ 0 };
}

struct bytes
cert_name_cn(struct bytes name)
{
	struct rd r = rd_from(name);
	struct rd rdns = der_sub(&r, DER_SEQUENCE);
	struct bytes cn = { 0 };
	size_t count = 0;

	while (rd_ok(&rdns) && rdns.left.size > 0) {
		struct rd rdn = der_sub(&rdns, DER_SET);

		while (rd_ok(&rdn) && rdn.left.size > 0) {
			struct rd attribute = der_sub(&rdn, DER_SEQUENCE);
			struct bytes oid = der_oid(&attribute);
			uint8_t tag = der_peek(&attribute);
			struct bytes value = der_take(&attribute, tag);

			if (bytes_eq(oid, oid_common_name) && rd_done(&attribute)) {
				cn = value;
				count++;
			}
		}
	}
	return count == 1 ? cn : (struct bytes){ 0 };
}

bool
cert_has_unknown_critical(const struct cert *cert)
{
	for (size_t i = 0; i < cert->ext_count; i++)
		if (cert->ext[i].critical && !bytes_eq(cert->ext[i].oid, oid_basic_constraints) &&
		    !bytes_eq(cert->ext[i].oid, oid_key_usage))
			return true;
	return false;
}

int
cert_verify(const struct cert *cert, const struct key *issuer, bool *good, struct err *e)
{
	return key_verify(issuer, cert->sig_alg, SIG_DER, cert->tbs, cert->sig, good, e);
}

bool
cert_is_current(const struct cert *cert, int64_t now_at)
{
	return cert->not_before_at <= now_at && now_at <= cert->not_after_at;
}

int
certs_from_pem(struct bytes pem, size_t max, struct arena *a, struct cert **certs, size_t *count,
    struct err *e)
{
	struct cert *list = arena_array(a, max, sizeof(*list));
	size_t n = 0;

	if (list == NULL)
		return arena_fail(e, "certificates");
	for (;;) {
		struct bytes der;
		int got = pem_next(&pem, "CERTIFICATE", a, &der, e);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		if (n == max)
			return err_set(e, ERR_LIMIT, "certificates: more than %zu", max);
		TRY(cert_parse(der, &list[n], e));
		n++;
	}
	*certs = list;
	*count = n;
	return 0;
}
