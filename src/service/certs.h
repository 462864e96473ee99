/* SPDX-License-Identifier: Apache-2.0 */
/* GET /certs and GET /.well-known/openid-configuration (maa-api.md 3), built once per state. */
#pragma once

#include "service/service.h"

#define DOCUMENT_CACHE_CONTROL "max-age=3600" /* product.md 5 */

/* Fills in->certs and in->discovery from in->snap. */
int certs_build(struct service_instance *in, struct err *e) MUST_CHECK;
/* A document and its ETag, the SHA-256 of BODY; CONTENT_TYPE is a literal. */
int service_document_init(struct service_document *d, const char *content_type, struct bytes body,
    struct err *e) MUST_CHECK;
void service_document_release(struct service_document *d);
