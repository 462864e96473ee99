/* SPDX-License-Identifier: Apache-2.0 */
/* Making revocation lists; declared in crypto/crl.h. */
#include "crypto/crl.h"

#include "codec/der_emit.h"
#include "crypto/privkey.h"
#include "crypto/x509.h"

static void
entries_emit(struct buf *tbs, const struct crl_spec *spec)
{
	/* RFC 5280 5.1.2.6: no list rather than an empty one. */
	if (spec->serial_count == 0)
		return;
	size_t list = der_open(tbs, DER_SEQUENCE);

	for (size_t i = 0; i < spec->serial_count; i++) {
		size_t entry = der_open(tbs, DER_SEQUENCE);

		der_emit_unsigned(tbs, spec->serials[i]);
		der_emit_time(tbs, spec->this_update_at);
		der_close(tbs, entry);
	}
	der_close(tbs, list);
}

static void
exts_emit(struct buf *exts, const struct crl_spec *spec, const struct key *issuer)
{
	DEFER(buf_release) struct buf value;
	uint8_t id[20];

	buf_init(&value, 256);
	if (!spec->leave_out_aki) {
		key_id_of(issuer, id);
		aki_emit(&value, id);
		ext_emit(exts, oid_aki, false, buf_bytes(&value));
	}
	buf_clear(&value);
	if (!spec->leave_out_number) {
		der_emit_uint(&value, DER_INTEGER, spec->number);
		ext_emit(exts, oid_crl_number, false, buf_bytes(&value));
	}
	/* 1.2.3: nobody's. */
	if (spec->unknown_critical)
		ext_emit(exts, BYTES("\x2a\x03"), true, BYTES("\x05\x00"));
	if (!buf_ok(&value))
		exts->bad = true;
}

int
crl_emit(const struct crl_spec *spec, const struct key *issuer_public,
    const struct privkey *issuer_key, struct buf *out, struct err *e)
{
	DEFER(buf_release) struct buf tbs;
	DEFER(buf_release) struct buf exts;

	buf_init(&tbs, MAX_CRL_SIZE);
	buf_init(&exts, 1024);
	exts_emit(&exts, spec, issuer_public);
	size_t whole = der_open(&tbs, DER_SEQUENCE);

	der_emit_uint(&tbs, DER_INTEGER, 1);
	alg_id_emit(issuer_alg(privkey_public(issuer_key)), &tbs);
	name_emit(&tbs, spec->issuer_cn, spec->issuer_organization, spec->issuer_locality,
	    spec->issuer_state, spec->issuer_country);
	der_emit_time(&tbs, spec->this_update_at);
	if (spec->next_update_at != 0)
		der_emit_time(&tbs, spec->next_update_at);
	entries_emit(&tbs, spec);
	if (exts.size > 0) {
		size_t outer = der_open(&tbs, DER_CONTEXT_0);

		der_emit(&tbs, DER_SEQUENCE, buf_bytes(&exts));
		der_close(&tbs, outer);
	}
	der_close(&tbs, whole);
	if (!buf_ok(&tbs) || !buf_ok(&exts))
		return err_set(e, ERR_LIMIT, "crl: more than %d bytes, or out of memory",
		    MAX_CRL_SIZE);
	return signed_emit(buf_bytes(&tbs), issuer_key, out, e);
}
