/* SPDX-License-Identifier: Apache-2.0 */
/* Making certificates; declared in crypto/cert.h. */
#include "crypto/cert.h"

#include "codec/der_emit.h"
#include "crypto/privkey.h"
#include "crypto/x509.h"

#include <arpa/inet.h>

static const uint8_t server_auth[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01 };

/* RFC 5280 4.2.1.3, a named bit list: as many bits as the last one set (X.690 11.2.2). */
static void
key_usage_emit(struct buf *out, unsigned usage)
{
	size_t count = 0;
	uint8_t octets[2] = { 0 };

	for (size_t n = 0; n < 16; n++)
		if ((usage & 1u << n) != 0) {
			octets[n / 8] |= (uint8_t)(0x80 >> n % 8);
			count = n + 1;
		}
	size_t size = (count + 7) / 8;
	size_t bits = der_open(out, DER_BIT_STRING);

	buf_u8(out, (uint8_t)(8 * size - count));
	buf_add(out, bytes_of(octets, size));
	der_close(out, bits);
}

static void
basic_constraints_emit(struct buf *out, const struct cert_spec *spec)
{
	size_t seq = der_open(out, DER_SEQUENCE);

	if (spec->is_ca) {
		der_emit_boolean(out, true);
		if (spec->path_len >= 0)
			der_emit_uint(out, DER_INTEGER, (uint64_t)spec->path_len);
	}
	der_close(out, seq);
}

/* RFC 5280 4.2.1.13: one point with one URL. */
static void
crl_points_emit(struct buf *out, const char *url)
{
	size_t points = der_open(out, DER_SEQUENCE);
	size_t point = der_open(out, DER_SEQUENCE);
	size_t name = der_open(out, DER_CONTEXT_0);
	size_t full = der_open(out, DER_CONTEXT_0);

	der_emit_str(out, 0x86, url);
	der_close(out, full);
	der_close(out, name);
	der_close(out, point);
	der_close(out, points);
}

/* RFC 5280 4.2.1.6: dNSName [2], iPAddress [7] of 4 or 16 octets. */
static int
san_emit(struct buf *out, const struct cert_spec *spec, struct err *e)
{
	size_t seq = der_open(out, DER_SEQUENCE);

	for (size_t i = 0; spec->dns_names != NULL && spec->dns_names[i] != NULL; i++)
		der_emit_str(out, 0x82, spec->dns_names[i]);
	for (size_t i = 0; spec->ip_names != NULL && spec->ip_names[i] != NULL; i++) {
		uint8_t octets[16];
		size_t size = 4;

		if (inet_pton(AF_INET, spec->ip_names[i], octets) != 1) {
			size = 16;
			if (inet_pton(AF_INET6, spec->ip_names[i], octets) != 1)
				return err_set(e, ERR_INVALID,
				    "certificate: not an IP address: %.64s", spec->ip_names[i]);
		}
		der_emit(out, 0x87, bytes_of(octets, size));
	}
	der_close(out, seq);
	return 0;
}

static bool
has_names(const char *const *names)
{
	return names != NULL && names[0] != NULL;
}

/* Empties VALUE into an extension of EXTS. */
static void
add_ext(struct buf *exts, struct bytes oid, bool critical, struct buf *value)
{
	ext_emit(exts, oid, critical, buf_bytes(value));
	if (!buf_ok(value))
		exts->bad = true;
	buf_clear(value);
}

/* In the order of Intel's certificates: AKI, CDP, SKI, keyUsage, basicConstraints, then the others. */
static int
exts_emit(struct buf *exts, const struct cert_spec *spec, const struct key *subject,
    const struct key *issuer, struct err *e)
{
	DEFER(buf_release) struct buf value;
	uint8_t id[20];

	buf_init(&value, MAX_CERT_SIZE);
	if (spec->key_ids) {
		key_id_of(issuer, id);
		aki_emit(&value, id);
		add_ext(exts, oid_aki, false, &value);
	}
	if (spec->crl_url != NULL) {
		crl_points_emit(&value, spec->crl_url);
		add_ext(exts, oid_crl_points, false, &value);
	}
	if (spec->key_ids) {
		key_id_of(subject, id);
		der_emit(&value, DER_OCTET_STRING, BYTES_OF(id));
		add_ext(exts, oid_ski, false, &value);
	}
	if (spec->key_usage != 0) {
		key_usage_emit(&value, spec->key_usage);
		add_ext(exts, oid_key_usage, true, &value);
	}
	if (spec->basic_constraints) {
		basic_constraints_emit(&value, spec);
		add_ext(exts, oid_basic_constraints, true, &value);
	}
	if (spec->ext_key_usage_server) {
		size_t seq = der_open(&value, DER_SEQUENCE);

		der_emit(&value, DER_OID, BYTES_OF(server_auth));
		der_close(&value, seq);
		add_ext(exts, oid_ext_key_usage, false, &value);
	}
	if (has_names(spec->dns_names) || has_names(spec->ip_names)) {
		TRY(san_emit(&value, spec, e));
		add_ext(exts, oid_san, false, &value);
	}
	for (size_t i = 0; i < spec->extra_count && i < COUNT_OF(spec->extra); i++)
		ext_emit(exts, spec->extra[i].oid, spec->extra[i].critical, spec->extra[i].value);
	return 0;
}

static void
names_and_times_emit(struct buf *out, const struct cert_spec *s)
{
	if (s->issuer_cn == NULL)
		name_emit(out, s->subject_cn, s->organization, s->locality, s->state, s->country);
	else
		name_emit(out, s->issuer_cn, s->issuer_organization, s->issuer_locality,
		    s->issuer_state, s->issuer_country);
	size_t validity = der_open(out, DER_SEQUENCE);

	der_emit_time(out, s->not_before_at);
	der_emit_time(out, s->not_after_at);
	der_close(out, validity);
	name_emit(out, s->subject_cn, s->organization, s->locality, s->state, s->country);
}

int
cert_emit(const struct cert_spec *spec, const struct key *subject_key,
    const struct key *issuer_public, const struct privkey *issuer_key, struct buf *out,
    struct err *e)
{
	DEFER(buf_release) struct buf tbs;
	DEFER(buf_release) struct buf exts;

	buf_init(&tbs, MAX_CERT_SIZE);
	buf_init(&exts, MAX_CERT_SIZE);
	TRY(exts_emit(&exts, spec, subject_key, issuer_public, e));
	size_t whole = der_open(&tbs, DER_SEQUENCE);
	size_t version = der_open(&tbs, DER_CONTEXT_0);

	der_emit_uint(&tbs, DER_INTEGER, 2);
	der_close(&tbs, version);
	der_emit_unsigned(&tbs, spec->serial.size > 0 ? spec->serial : BYTES("\x01"));
	alg_id_emit(issuer_alg(privkey_public(issuer_key)), &tbs);
	names_and_times_emit(&tbs, spec);
	buf_add(&tbs, key_spki(subject_key));
	if (exts.size > 0) {
		size_t outer = der_open(&tbs, DER_CONTEXT_0 + 3);

		der_emit(&tbs, DER_SEQUENCE, buf_bytes(&exts));
		der_close(&tbs, outer);
	}
	der_close(&tbs, whole);
	if (!buf_ok(&tbs) || !buf_ok(&exts))
		return err_set(e, ERR_LIMIT, "certificate: more than %d bytes, or out of memory",
		    MAX_CERT_SIZE);
	return signed_emit(buf_bytes(&tbs), issuer_key, out, e);
}
