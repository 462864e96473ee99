/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of a developer's daemon (product.md 2): made when absent, kept between runs.
 *
 *	ca.pem                    the private CA; its key is thrown away once it has signed the server's certificate
 *	tls.pem tls.key           the server's, for localhost, 127.0.0.1 and ::1
 *	oauth.key oauth.jwks      the dev issuer's
 *	evidence-root/            root.pem, root-keys.pem, collateral/: the root of synthetic evidence
 *	urls.json                 where the daemon of this folder listens, for the command line
 *	master.key store.db log/  the authority's own
 */
#pragma once

#include "base/err.h"

#include <limits.h>
#include <stdint.h>

struct dev_state {
	char dir[PATH_MAX]; /* absolute */
	char ca[PATH_MAX + 32], tls_cert[PATH_MAX + 32], tls_key[PATH_MAX + 32];
	char jwks[PATH_MAX + 32], master_key[PATH_MAX + 32], collateral[PATH_MAX + 32];
	char url[64];    /* of the AAD instance */
	char host[48];   /* its authority */
	char issuer[96]; /* the dev issuer */
};

/* DIR made absolute and all names filled in, for a daemon on PORT. The folder must be there. */
int dev_state_open(const char *dir, uint16_t port, struct dev_state *s, struct err *e) MUST_CHECK;
/*
 * Makes what is missing and renews what is about to expire: TLS by the time that clients have, REAL_AT; evidence by the
 * time of judgements, NOW_AT. Only the parent does this.
 */
int dev_state_prepare(const struct dev_state *s, int64_t real_at, int64_t now_at, struct err *e)
    MUST_CHECK;
/* $XDG_STATE_HOME/attestd-dev or ~/.local/state/attestd-dev, given the two; folders on the way are made. */
int dev_state_make_folder(const char *dir, struct err *e) MUST_CHECK;
/* SHA-256 of the public key of the root of synthetic evidence. */
int dev_state_root_pin(const struct dev_state *s, uint8_t pin[32], struct err *e) MUST_CHECK;
