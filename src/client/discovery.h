/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an issuer to the keys that verify its tokens: its discovery document (OpenID Connect Discovery 1.0 section 4),
 * then the JWKS that this names.
 *
 *	struct discovery_config from = { .issuer = "https://contoso.eus.attest.azure.net" };
 *	DEFER(buf_release) struct buf jwks;
 *	buf_init(&jwks, MAX_JWKS_SIZE);
 *	TRY(discovery_fetch(&from, http, &jwks, &fresh, e));
 *
 * A relying party that fetches keys is a machine that others would like to aim. So: the issuer, and nothing else that
 * decides where a request goes, is configured; no URL is ever read from a token (`iss`, `jku`, `x5u`). The document's
 * `issuer` must be the configured one, letter by letter (section 4.3), and its `jwks_uri` must be https at the issuer's
 * own host and port, or at one that the configuration names. Redirects are answers, and no keys. Addresses that are not
 * of the public Internet are refused when the connection is made (net/http_client.h) unless the configuration allows
 * them. Each answer has a ceiling in size, and all of it together one in time.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "net/http_client.h"

#define DISCOVERY_PATH       "/.well-known/openid-configuration"
#define MAX_DISCOVERY_SIZE   65536
#define DISCOVERY_TIMEOUT_MS 10000

/* Borrowed strings. */
struct discovery_config {
	const char *issuer;   /* "https://host[:port][/path]"; required unless jwks_url is given */
	const char *jwks_url; /* configured: no discovery document is read; NULL: by discovery */
	/* Origins ("https://host[:port]") beside the issuer's that jwks_uri may be of; NULL-terminated, may be NULL. */
	const char *const *jwks_origins;
	const char *ca_file; /* NULL: the system's */
	bool allow_private;  /* addresses that are not of the public Internet too */
	unsigned timeout_ms; /* of both requests together; 0: DISCOVERY_TIMEOUT_MS */
};

/* How long an answer says that it may be kept: Cache-Control less Age (RFC 9111 5.1, 5.2.2). */
struct discovery_fresh {
	bool is_said;
	uint32_t max_age_s; /* 0 for no-store and no-cache too */
};

/* The configuration by itself, without any request: ERR_INVALID says what is wrong with it. */
int discovery_config_check(const struct discovery_config *from, struct err *e) MUST_CHECK;
/*
 * Appends the JWKS as it was sent; it is at most MAX_JWKS_SIZE long and not yet parsed. ERR_UNAVAILABLE: no answer, or
 * another status than 200. ERR_DENIED: an address or a host that is not allowed. ERR_MALFORMED, ERR_INVALID: the
 * discovery document. ERR_LIMIT: a ceiling.
 */
int discovery_fetch(const struct discovery_config *from, struct http_client *http, struct buf *jwks,
    struct discovery_fresh *fresh, struct err *e) MUST_CHECK;

/* Its two steps of reading. */

/*
 * Appends the jwks_uri of the discovery document TEXT, and a NUL, if it may be followed: ERR_MALFORMED for no document,
 * ERR_INVALID for another issuer's or a URL that is none of https, ERR_DENIED for an origin that is not allowed.
 */
int discovery_document_read(const struct discovery_config *from, struct bytes text, struct buf *uri,
    struct err *e) MUST_CHECK;
void discovery_fresh_read(const struct http_answer *answer, struct discovery_fresh *fresh);
