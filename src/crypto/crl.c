/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crl.h"

#include "codec/der.h"
#include "crypto/x509.h"

static int
malformed(struct err *e, const char *what)
{
	return err_set(e, ERR_MALFORMED, "crl: %s", what);
}

/* Without the zeros in front, so that INTEGER contents and plain big-endian bytes compare. */
static struct bytes
stripped(struct bytes serial)
{
	while (serial.size > 0 && serial.p[0] == 0)
		serial = bytes_slice(serial, 1, serial.size - 1);
	return serial;
}

/* An entry (RFC 5280 5.1.2.6); the serial's contents, and whether an extension of it is critical. */
static struct bytes
take_entry(struct rd *entries, bool *critical)
{
	struct rd entry = der_sub(entries, DER_SEQUENCE);
	struct bytes serial = der_integer(&entry);

	(void)der_time(&entry);
	if (der_peek(&entry) == DER_SEQUENCE) {
		struct rd exts = der_sub(&entry, DER_SEQUENCE);
		struct cert_ext ext;

		if (exts.left.size == 0)
			entries->bad = true;
		while (exts.left.size > 0) {
			if (!ext_take(&exts, &ext)) {
				entries->bad = true;
				break;
			}
			*critical = *critical || ext.critical;
		}
	}
	if (!rd_done(&entry))
		entries->bad = true;
	return serial;
}

static int
walk_entries(struct crl *c, struct err *e)
{
	struct rd entries = rd_from(c->entries);

	while (rd_ok(&entries) && entries.left.size > 0) {
		(void)take_entry(&entries, &c->has_unknown_critical);
		c->entry_count++;
	}
	return rd_done(&entries) ? 0 : malformed(e, "an entry is not one (RFC 5280 5.1.2.6)");
}

static int
understand_ext(struct crl *c, const struct cert_ext *ext, struct err *e)
{
	if (bytes_eq(ext->oid, oid_crl_number)) {
		struct rd r = rd_from(ext->value);

		c->number = der_integer(&r);
		/* It must not be critical, says the same clause. */
		if (!rd_done(&r) || ext->critical)
			return malformed(e, "cRLNumber is not one (RFC 5280 5.2.3)");
	} else if (bytes_eq(ext->oid, oid_aki)) {
		if (!aki_parse(ext->value, &c->aki))
			return malformed(e, "authorityKeyIdentifier is not one (RFC 5280 4.2.1.1)");
	} else if (ext->critical) {
		c->has_unknown_critical = true;
	}
	return 0;
}

static int
take_exts(struct rd *tbs, struct crl *c, struct err *e)
{
	struct rd outer = der_sub(tbs, DER_CONTEXT_0);
	struct rd list = der_sub(&outer, DER_SEQUENCE);

	if (!rd_done(&outer) || list.left.size == 0)
		return malformed(e, "no sequence of extensions (RFC 5280 5.1.2.7)");
	struct bytes oids[MAX_CERT_EXTENSIONS];
	size_t count = 0;

	while (list.left.size > 0) {
		struct cert_ext ext;

		if (!ext_take(&list, &ext))
			return malformed(e, "an extension is not one (RFC 5280 4.1)");
		if (count == MAX_CERT_EXTENSIONS)
			return err_set(e, ERR_LIMIT, "crl: more than %d extensions",
			    MAX_CERT_EXTENSIONS);
		for (size_t i = 0; i < count; i++)
			if (bytes_eq(oids[i], ext.oid))
				return malformed(e, "the same extension twice (RFC 5280 4.2)");
		oids[count++] = ext.oid;
		TRY(understand_ext(c, &ext, e));
	}
	return 0;
}

static int
take_tbs(struct rd tbs, struct crl *c, struct bytes *inner_alg, struct err *e)
{
	bool has_version = der_peek(&tbs) == DER_INTEGER;

	if (has_version && der_uint(&tbs, DER_INTEGER, 1) != 1)
		return err_set(e, ERR_UNSUPPORTED,
		    "crl: a version other than 2 (RFC 5280 5.1.2.1)");
	*inner_alg = der_any(&tbs, NULL);
	c->issuer = der_any(&tbs, NULL);
	c->this_update_at = der_time(&tbs);
	if (der_peek(&tbs) == DER_UTC_TIME || der_peek(&tbs) == DER_GENERALIZED_TIME)
		c->next_update_at = der_time(&tbs);
	c->entries = der_optional(&tbs, DER_SEQUENCE);
	if (!rd_ok(&tbs))
		return malformed(e, "a TBSCertList that is not DER (RFC 5280 5.1.2)");
	if (!name_is_exact(c->issuer))
		return malformed(e, "a name that is not one (RFC 5280 4.1.2.4)");
	TRY(walk_entries(c, e));
	if (has_version && der_peek(&tbs) == DER_CONTEXT_0)
		TRY(take_exts(&tbs, c, e));
	return rd_done(&tbs) ? 0 : malformed(e, "bytes behind the TBSCertList's end");
}

int
crl_parse(struct bytes der, struct crl *crl, struct err *e)
{
	struct crl c = { .raw = der };
	struct bytes inner_alg = { 0 }, outer_alg = { 0 };

	if (der.size > MAX_CRL_SIZE)
		return err_set(e, ERR_LIMIT, "crl: %zu bytes, at most %d", der.size, MAX_CRL_SIZE);
	if (!signed_take(der, &c.tbs, &outer_alg, &c.sig))
		return malformed(e, "not one whole DER CertificateList (RFC 5280 5.1)");
	struct rd tbs = rd_from(c.tbs);

	TRY(take_tbs(der_sub(&tbs, DER_SEQUENCE), &c, &inner_alg, e));
	if (!bytes_eq(inner_alg, outer_alg))
		return malformed(e, "two signature algorithms that differ (RFC 5280 5.1.1.2)");
	if (alg_id_parse(outer_alg, &c.sig_alg, e) < 0)
		return err_in(e, "crl");
	*crl = c;
	return 0;
}

int
crl_verify(const struct crl *crl, const struct key *issuer, bool *good, struct err *e)
{
	return key_verify(issuer, crl->sig_alg, SIG_DER, crl->tbs, crl->sig, good, e);
}

bool
crl_has(const struct crl *crl, struct bytes serial)
{
	struct rd entries = rd_from(crl->entries);
	struct bytes wanted = stripped(serial);

	while (rd_ok(&entries) && entries.left.size > 0) {
		struct rd entry = der_sub(&entries, DER_SEQUENCE);

		if (bytes_eq(stripped(der_integer(&entry)), wanted))
			return true;
	}
	return false;
}
