/* SPDX-License-Identifier: Apache-2.0 */
#include "service/certs.h"

#include "crypto/digest.h"
#include "token/keyring.h"

#include <stdio.h>

#define MAX_CERTS_SIZE 262144

int
service_document_init(struct service_document *d, const char *content_type, struct bytes body,
    struct err *e)
{
	struct http_response full = { .status = 200, .content_type = content_type, .body = body };
	struct http_response none = { .status = 304 };
	uint8_t hash[SHA256_SIZE];
	bool added = true;

	sha256(body, hash);
	d->etag[0] = '"';
	for (size_t i = 0; i < 16; i++)
		snprintf(d->etag + 1 + 2 * i, 3, "%02x", hash[i]);
	d->etag[33] = '"';
	d->etag[34] = '\0';
	added &= http_response_add(&full, "ETag", d->etag);
	added &= http_response_add(&full, "Cache-Control", DOCUMENT_CACHE_CONTROL);
	added &= http_response_add(&full, "x-ms-maa-service-version", ATTEST_VERSION);
	added &= http_response_add(&none, "ETag", d->etag);
	added &= http_response_add(&none, "Cache-Control", DOCUMENT_CACHE_CONTROL);
	if (!added)
		return err_set(e, ERR_INTERNAL, "document: too many headers");
	TRY(http_prebuilt_new(&full, &d->full, e));
	return http_prebuilt_new(&none, &d->not_modified, e);
}

void
service_document_release(struct service_document *d)
{
	http_prebuilt_unref(d->full);
	http_prebuilt_unref(d->not_modified);
	*d = (struct service_document){ 0 };
}

static int
default_alg(const struct key *key, enum sig_alg *alg, struct err *e)
{
	switch (key_kind_of(key)) {
	case KEY_RSA:
		*alg = SIG_RS256;
		return 0;
	case KEY_P256:
		*alg = SIG_ES256;
		return 0;
	case KEY_P384:
		*alg = SIG_ES384;
		return 0;
	case KEY_P521:
		*alg = SIG_ES512;
		return 0;
	case KEY_ED25519:
		*alg = SIG_EDDSA;
		return 0;
	}
	return err_set(e, ERR_INTERNAL, "signing key: an unknown kind");
}

struct entries {
	struct keyring_entry at[MAX_SNAPSHOT_KEYS];
	struct key *keys[MAX_SNAPSHOT_KEYS];
	enum sig_alg algs[MAX_SNAPSHOT_KEYS]; /* each once */
	size_t count, alg_count;
};

static void
entries_release(struct entries *es)
{
	for (size_t i = 0; i < es->count; i++)
		key_unref(es->keys[i]);
}

static void
note_alg(struct entries *es, enum sig_alg alg)
{
	for (size_t i = 0; i < es->alg_count; i++)
		if (es->algs[i] == alg)
			return;
	es->algs[es->alg_count++] = alg;
}

static int
entries_add(struct entries *es, const struct snapshot_key *from, struct err *e)
{
	struct keyring_entry *entry = &es->at[es->count];
	struct cert cert;

	TRY(cert_parse(from->cert, &cert, e));
	TRY(key_from_spki(cert.spki, &es->keys[es->count], e));
	*entry = (struct keyring_entry){ .key = es->keys[es->count++],
		.kid = from->kid,
		.cert = from->cert };
	TRY(default_alg(entry->key, &entry->alg, e));
	note_alg(es, entry->alg);
	return 0;
}

static int
build_certs(struct service_instance *in, const struct entries *es, struct err *e)
{
	DEFER(buf_release) struct buf out = { 0 };

	buf_init(&out, MAX_CERTS_SIZE);
	TRY(keyring_jwks_emit(es->at, es->count, &out, e));
	return service_document_init(&in->certs, HTTP_JSON, buf_bytes(&out), e);
}

static int
build_discovery(struct service_instance *in, const struct entries *es, struct err *e)
{
	DEFER(buf_release) struct buf out = { 0 };

	buf_init(&out, MAX_CERTS_SIZE);
	TRY(keyring_discovery_emit(in->snap->issuer, es->algs, es->alg_count, &out, e));
	return service_document_init(&in->discovery, HTTP_JSON, buf_bytes(&out), e);
}

int
certs_build(struct service_instance *in, struct err *e)
{
	DEFER(entries_release) struct entries es = { 0 };

	if (in->snap->key_count > MAX_SNAPSHOT_KEYS)
		return err_set(e, ERR_LIMIT, "signing keys: %zu, at most %d", in->snap->key_count,
		    MAX_SNAPSHOT_KEYS);
	for (size_t i = 0; i < in->snap->key_count; i++)
		if (entries_add(&es, &in->snap->keys[i], e) < 0)
			return err_in(e, "signing key %.*s", BYTES_FMT(in->snap->keys[i].kid));
	TRY(build_certs(in, &es, e));
	return build_discovery(in, &es, e);
}
