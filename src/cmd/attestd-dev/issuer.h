/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dev OAuth issuer, shaped like Entra's (OpenID Connect Discovery 1.0): its metadata and keys, from the snapshot. It
 * gives out no tokens; `attest dev token` makes them from the folder's oauth.key.
 */
#pragma once

#include "api/api.h"

#define DEV_ISSUER_DOCUMENTS 2

struct dev_issuer {
	const char *url; /* the issuer */
	struct api_extra documents[DEV_ISSUER_DOCUMENTS];
};

/* Hook of daemon_extras: USER is a struct dev_issuer with its url, which must outlive API. */
int dev_issuer_on_state(const struct snapshot *s, struct api *api, void *user, struct err *e);
