/* SPDX-License-Identifier: Apache-2.0 */
/* The writing half of crypto/x509.h. */
#include "crypto/x509.h"

#include "codec/der_emit.h"

static void
attribute_emit(struct buf *out, struct bytes oid, uint8_t tag, const char *text)
{
	if (text == NULL)
		return;
	size_t rdn = der_open(out, DER_SET);
	size_t seq = der_open(out, DER_SEQUENCE);

	der_emit(out, DER_OID, oid);
	der_emit_str(out, tag, text);
	der_close(out, seq);
	der_close(out, rdn);
}

void
name_emit(struct buf *out, const char *cn, const char *organization, const char *locality,
    const char *state, const char *country)
{
	size_t name = der_open(out, DER_SEQUENCE);

	attribute_emit(out, oid_common_name, DER_UTF8_STRING, cn);
	attribute_emit(out, oid_organization, DER_UTF8_STRING, organization);
	attribute_emit(out, oid_locality, DER_UTF8_STRING, locality);
	attribute_emit(out, oid_state, DER_UTF8_STRING, state);
	attribute_emit(out, oid_country, DER_PRINTABLE_STRING, country);
	der_close(out, name);
}

void
aki_emit(struct buf *out, const uint8_t key_id[20])
{
	size_t seq = der_open(out, DER_SEQUENCE);

	der_emit(out, 0x80, bytes_of(key_id, 20));
	der_close(out, seq);
}

void
ext_emit(struct buf *out, struct bytes oid, bool critical, struct bytes value)
{
	size_t seq = der_open(out, DER_SEQUENCE);

	der_emit(out, DER_OID, oid);
	if (critical)
		der_emit_boolean(out, true);
	der_emit(out, DER_OCTET_STRING, value);
	der_close(out, seq);
}

enum sig_alg
issuer_alg(const struct key *issuer)
{
	static const enum sig_alg algs[] = {
		[KEY_RSA] = SIG_RS256,
		[KEY_P256] = SIG_ES256,
		[KEY_P384] = SIG_ES384,
		[KEY_P521] = SIG_ES512,
		[KEY_ED25519] = SIG_EDDSA,
	};

	return algs[key_kind_of(issuer)];
}

int
signed_emit(struct bytes tbs, const struct privkey *issuer, struct buf *out, struct err *e)
{
	enum sig_alg alg = issuer_alg(privkey_public(issuer));
	uint8_t sig[MAX_SIG_SIZE];
	size_t sig_size = 0;

	TRY(privkey_sign(issuer, alg, SIG_DER, tbs, sig, &sig_size, e));
	size_t whole = der_open(out, DER_SEQUENCE);

	buf_add(out, tbs);
	alg_id_emit(alg, out);
	der_emit_bits(out, bytes_of(sig, sig_size));
	der_close(out, whole);
	return buf_ok(out) ? 0 : arena_fail(e, "signed DER");
}
