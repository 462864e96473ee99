/* SPDX-License-Identifier: Apache-2.0 */
/* The two token endpoints behind client/credential.h, one request each. Not shared between threads. */
#pragma once

#include "client/credential.h"

struct oauth_client;

/* Copies what it needs. */
int oauth_new_entra(const struct credential_entra *who, struct oauth_client **out, struct err *e)
    MUST_CHECK;
int oauth_new_managed(const struct credential_managed *who, struct oauth_client **out,
    struct err *e) MUST_CHECK;
/* NULL is fine. */
void oauth_free(struct oauth_client *o);
/* OUT->text is the caller's, with its NUL counted. */
int oauth_ask(struct oauth_client *o, int64_t now_at, struct credential_answer *out, struct err *e)
    MUST_CHECK;
