/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attestd-dev/tls.h"

#include "authority/files.h"
#include "base/rand.h"
#include "codec/pem.h"
#include "crypto/cert.h"
#include "crypto/privkey.h"

#include <unistd.h>

#define MAX_FILE_SIZE 65536
#define DAY_S         86400
#define LIFETIME_S    (397 * DAY_S) /* the longest that clients accept of a server */
#define RENEW_S       (7 * DAY_S)
#define SERIAL_SIZE   16

static const char *const dns_names[] = { "localhost", NULL };
static const char *const ip_names[] = { "127.0.0.1", "::1", NULL };

static bool
is_good(int dir, const char *name, int64_t at)
{
	DEFER(buf_release) struct buf pem;
	struct cert *certs;
	struct arena a;
	size_t count;
	bool good;

	buf_init(&pem, MAX_FILE_SIZE);
	if (file_read(dir, name, MAX_FILE_SIZE, &pem, NULL) < 0)
		return false;
	arena_init(&a, 4 * MAX_FILE_SIZE);
	good = certs_from_pem(buf_bytes(&pem), MAX_CHAIN_CERTS, &a, &certs, &count, NULL) == 0 &&
	    count > 0 && cert_is_current(&certs[0], at) && cert_is_current(&certs[0], at + RENEW_S);
	arena_release(&a);
	return good;
}

static void
serial_fill(uint8_t serial[SERIAL_SIZE])
{
	rand_bytes(serial, SERIAL_SIZE);
	/* Positive and of full length (RFC 5280 4.1.2.2). */
	serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
}

static int
write_cert(int dir, const char *name, struct bytes der, struct err *e)
{
	DEFER(buf_release) struct buf pem;

	buf_init(&pem, MAX_FILE_SIZE);
	pem_emit(&pem, "CERTIFICATE", der);
	if (!buf_ok(&pem))
		return arena_fail(e, name);
	return file_replace(dir, name, buf_bytes(&pem), false, e);
}

static int
write_key(int dir, const char *name, const struct privkey *key, struct err *e)
{
	DEFER(secret_release) struct secret pem = { 0 };

	TRY(privkey_to_pem(key, &pem, e));
	return file_replace(dir, name, secret_bytes(&pem), false, e);
}

static int
make_ca(const struct privkey *key, int64_t now_at, struct buf *der, struct err *e)
{
	uint8_t serial[SERIAL_SIZE];
	const struct cert_spec spec = {
		.subject_cn = "attestd-dev CA of this machine",
		.serial = BYTES_OF(serial),
		.not_before_at = now_at - DAY_S,
		.not_after_at = now_at + LIFETIME_S,
		.is_ca = true,
		.basic_constraints = true,
		.path_len = 0,
		.key_usage = CERT_KEY_CERT_SIGN,
		.key_ids = true,
	};

	serial_fill(serial);
	return cert_emit(&spec, privkey_public(key), privkey_public(key), key, der, e);
}

static int
make_server(const struct privkey *key, const struct privkey *ca, int64_t now_at, struct buf *der,
    struct err *e)
{
	uint8_t serial[SERIAL_SIZE];
	const struct cert_spec spec = {
		.subject_cn = "localhost",
		.issuer_cn = "attestd-dev CA of this machine",
		.serial = BYTES_OF(serial),
		.not_before_at = now_at - DAY_S,
		.not_after_at = now_at + LIFETIME_S - DAY_S,
		.basic_constraints = true,
		.path_len = -1,
		.key_usage = CERT_DIGITAL_SIGNATURE,
		.key_ids = true,
		.ext_key_usage_server = true,
		.dns_names = dns_names,
		.ip_names = ip_names,
	};

	serial_fill(serial);
	return cert_emit(&spec, privkey_public(key), privkey_public(ca), ca, der, e);
}

int
dev_tls_prepare(int dir, int64_t now_at, struct err *e)
{
	DEFER(privkey_freep) struct privkey *ca = NULL;
	DEFER(privkey_freep) struct privkey *key = NULL;
	DEFER(buf_release) struct buf ca_der;
	DEFER(buf_release) struct buf der;

	buf_init(&ca_der, MAX_CERT_SIZE);
	buf_init(&der, MAX_CERT_SIZE);
	if (is_good(dir, "ca.pem", now_at) && is_good(dir, "tls.pem", now_at) &&
	    faccessat(dir, "tls.key", R_OK, 0) == 0)
		return 0;
	TRY(privkey_generate(KEY_P256, &ca, e));
	TRY(privkey_generate(KEY_P256, &key, e));
	TRY(make_ca(ca, now_at, &ca_der, e));
	TRY(make_server(key, ca, now_at, &der, e));
	TRY(write_key(dir, "tls.key", key, e));
	TRY(write_cert(dir, "tls.pem", buf_bytes(&der), e));
	return write_cert(dir, "ca.pem", buf_bytes(&ca_der), e);
}
