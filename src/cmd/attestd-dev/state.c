/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attestd-dev/state.h"

#include "authority/files.h"
#include "cmd/attestd-dev/evidence_root.h"
#include "cmd/attestd-dev/tls.h"
#include "codec/json.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "crypto/privkey.h"
#include "jose/jwk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE_SIZE  65536
#define OAUTH_KEY_BITS 2048

int
dev_state_make_folder(const char *dir, struct err *e)
{
	char path[PATH_MAX];
	size_t size = strlen(dir);

	if (size == 0 || size >= sizeof(path))
		return err_set(e, ERR_INVALID, "--state: not the name of a folder");
	memcpy(path, dir, size + 1);
	for (size_t i = 1; i <= size; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		char kept = path[i];

		path[i] = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
		path[i] = kept;
	}
	return 0;
}

int
dev_state_open(const char *dir, uint16_t port, struct dev_state *s, struct err *e)
{
	*s = (struct dev_state){ 0 };
	if (realpath(dir, s->dir) == NULL)
		return err_set(e, ERR_IO, "%s: %s", dir, strerror(errno));
	snprintf(s->ca, sizeof(s->ca), "%s/ca.pem", s->dir);
	snprintf(s->tls_cert, sizeof(s->tls_cert), "%s/tls.pem", s->dir);
	snprintf(s->tls_key, sizeof(s->tls_key), "%s/tls.key", s->dir);
	snprintf(s->jwks, sizeof(s->jwks), "%s/oauth.jwks", s->dir);
	snprintf(s->master_key, sizeof(s->master_key), "%s/master.key", s->dir);
	snprintf(s->collateral, sizeof(s->collateral), "%s/evidence-root/collateral", s->dir);
	snprintf(s->host, sizeof(s->host), "localhost:%u", (unsigned)port);
	snprintf(s->url, sizeof(s->url), "https://%s", s->host);
	snprintf(s->issuer, sizeof(s->issuer), "%s/attestd/dev/issuer", s->url);
	return 0;
}

/* 1: read into KEY. 0: there is none yet. */
static int
oauth_key_load(int dir, struct privkey **key, struct err *e)
{
	DEFER(buf_release) struct buf pem;
	struct err why = { 0 };

	buf_init(&pem, MAX_FILE_SIZE);
	if (file_read(dir, "oauth.key", MAX_FILE_SIZE, &pem, &why) < 0) {
		if (why.code == ERR_MISSING)
			return 0;
		return err_set(e, why.code, "%s", why.msg);
	}
	TRY(privkey_from_pem(buf_bytes(&pem), key, e));
	secret_wipe(pem.p, pem.size);
	return 1;
}

static int
oauth_key_make(int dir, struct privkey **key, struct err *e)
{
	DEFER(secret_release) struct secret pem = { 0 };

	TRY(privkey_generate_rsa(OAUTH_KEY_BITS, key, e));
	TRY(privkey_to_pem(*key, &pem, e));
	return file_replace(dir, "oauth.key", secret_bytes(&pem), false, e);
}

/* The public half, as the authority reads it and the dev issuer shows it; kid is the thumbprint (RFC 7638). */
static int
oauth_jwks_write(int dir, const struct privkey *key, struct err *e)
{
	uint8_t print[SHA256_SIZE];
	struct arena a;
	DEFER(buf_release) struct buf text;
	struct json *doc, *keys;
	const struct json *kid;
	int done;

	arena_init(&a, MAX_FILE_SIZE);
	buf_init(&text, MAX_FILE_SIZE);
	jwk_thumbprint(privkey_public(key), print);
	doc = json_new(&a, JSON_OBJECT);
	keys = json_new(&a, JSON_ARRAY);
	kid = json_new_b64url(&a, BYTES_OF(print));
	if (kid == NULL ||
	    !json_append(keys,
		jwk_emit(&a, privkey_public(key), SIG_RS256, json_text(kid), BYTES(""))) ||
	    !json_put(doc, "keys", keys)) {
		arena_release(&a);
		return arena_fail(e, "oauth.jwks");
	}
	json_emit(&text, doc, JSON_SORTED);
	done = buf_ok(&text) ? file_replace(dir, "oauth.jwks", buf_bytes(&text), false, e)
			     : arena_fail(e, "oauth.jwks");
	arena_release(&a);
	return done;
}

static int
oauth_prepare(int dir, struct err *e)
{
	DEFER(privkey_freep) struct privkey *key = NULL;
	int found = oauth_key_load(dir, &key, e);

	TRY(found);
	if (found == 0)
		TRY(oauth_key_make(dir, &key, e));
	return oauth_jwks_write(dir, key, e);
}

static void
member(struct buf *out, const char *before, const char *name, const char *value)
{
	buf_str(out, before);
	json_emit_str(out, bytes_of_str(name));
	buf_char(out, ':');
	json_emit_str(out, bytes_of_str(value));
}

static int
urls_write(int dir, const struct dev_state *s, struct err *e)
{
	DEFER(buf_release) struct buf out;

	buf_init(&out, MAX_FILE_SIZE);
	member(&out, "{", "aad", s->url);
	member(&out, ",", "ca", s->ca);
	member(&out, ",", "issuer", s->issuer);
	buf_str(&out, "}\n");
	if (!buf_ok(&out))
		return arena_fail(e, "urls.json");
	return file_replace(dir, "urls.json", buf_bytes(&out), false, e);
}

int
dev_state_prepare(const struct dev_state *s, int64_t real_at, int64_t now_at, struct err *e)
{
	DEFER(closep) int dir = -1;

	TRY(folder_open(s->dir, &dir, e));
	TRY(dev_tls_prepare(dir, real_at, e));
	TRY(oauth_prepare(dir, e));
	TRY(dev_evidence_root_prepare(dir, now_at, e));
	return urls_write(dir, s, e);
}

int
dev_state_root_pin(const struct dev_state *s, uint8_t pin[32], struct err *e)
{
	DEFER(closep) int dir = -1;
	DEFER(buf_release) struct buf pem;
	struct cert *certs;
	struct arena a;
	size_t count;
	int done;

	buf_init(&pem, MAX_FILE_SIZE);
	TRY(folder_open(s->dir, &dir, e));
	TRY(file_read(dir, "evidence-root/root.pem", MAX_FILE_SIZE, &pem, e));
	arena_init(&a, 4 * MAX_FILE_SIZE);
	done = certs_from_pem(buf_bytes(&pem), 1, &a, &certs, &count, e);
	if (done == 0 && count != 1)
		done = err_set(e, ERR_INVALID, "evidence-root/root.pem: not one certificate");
	if (done == 0)
		sha256(certs[0].spki, pin);
	arena_release(&a);
	return done;
}
