/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attestd-dev/issuer.h"

#include "codec/json.h"

#define MAX_METADATA 8192

static void
url_member(struct buf *out, const char *name, const char *base, const char *rest)
{
	buf_fmt(out, ",\"%s\":\"%s%s\"", name, base, rest);
}

static void
metadata_emit(struct buf *out, const char *url)
{
	buf_fmt(out, "{\"issuer\":\"%s\"", url);
	url_member(out, "authorization_endpoint", url, "/oauth2/v2.0/authorize");
	url_member(out, "token_endpoint", url, "/oauth2/v2.0/token");
	url_member(out, "jwks_uri", url, "/discovery/v2.0/keys");
	buf_str(out,
	    ",\"response_types_supported\":[\"code\",\"id_token\",\"token\"]"
	    ",\"response_modes_supported\":[\"query\",\"fragment\",\"form_post\"]"
	    ",\"grant_types_supported\":[\"client_credentials\"]"
	    ",\"subject_types_supported\":[\"pairwise\"]"
	    ",\"id_token_signing_alg_values_supported\":[\"RS256\"]"
	    ",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]"
	    ",\"scopes_supported\":[\"openid\"]"
	    ",\"claims_supported\":[\"aud\",\"exp\",\"iat\",\"iss\",\"nbf\",\"oid\",\"roles\","
	    "\"sub\",\"ver\"]}");
}

static int
document_make(struct bytes body, struct http_prebuilt **out, struct err *e)
{
	struct http_response r = { .status = 200, .content_type = HTTP_JSON, .body = body };

	http_response_add(&r, "Cache-Control", "max-age=3600");
	return http_prebuilt_new(&r, out, e);
}

int
dev_issuer_on_state(const struct snapshot *s, struct api *api, void *user, struct err *e)
{
	struct dev_issuer *is = user;
	DEFER(buf_release) struct buf metadata;

	buf_init(&metadata, MAX_METADATA);
	metadata_emit(&metadata, is->url);
	if (!buf_ok(&metadata))
		return arena_fail(e, "dev issuer");
	if (s->issuer_count == 0)
		return err_set(e, ERR_INTERNAL, "dev issuer: the snapshot has no keys of it");
	is->documents[0].path = "/attestd/dev/issuer/.well-known/openid-configuration";
	is->documents[1].path = "/attestd/dev/issuer/discovery/v2.0/keys";
	TRY(document_make(buf_bytes(&metadata), &is->documents[0].answer, e));
	TRY(document_make(s->issuers[0].jwks, &is->documents[1].answer, e));
	api->extra = is->documents;
	api->extra_count = DEV_ISSUER_DOCUMENTS;
	return 0;
}
