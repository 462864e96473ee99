/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest dev token: a bearer token of the dev issuer, from its state folder alone. DIR/oauth.key signs; DIR/urls.json, which
 * attestd-dev writes, says which issuer that is.
 */
#include "base/secret.h"
#include "cmd/attest/commands.h"
#include "codec/json.h"
#include "crypto/privkey.h"
#include "jose/jwk.h"
#include "jose/jws.h"

#include <stdio.h>
#include <string.h>

#define DEV_TOKEN_LIFETIME_S 3600
#define DEV_AUDIENCE         "https://attest.azure.net"

static const char *const roles[] = { "reader", "contributor", "signer", "auditor", "operator" };

static int
read_in(struct cli *c, const char *dir, const char *name, struct bytes *out, struct err *e)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return err_set(e, ERR_LIMIT, "%s: path too long", dir);
	return cli_read(c, path, out, e);
}

static struct json *
payload_of(struct cli *c, struct bytes issuer, const char *role)
{
	struct json *p = json_new(c->arena, JSON_OBJECT), *list = json_new(c->arena, JSON_ARRAY);

	/* The shape of an Entra access token (maa-api.md 1.2). */
	(void)json_append(list, json_new_cstr(c->arena, role));
	(void)json_put(p, "aud", json_new_cstr(c->arena, DEV_AUDIENCE));
	(void)json_put(p, "exp", json_new_int(c->arena, c->at + DEV_TOKEN_LIFETIME_S));
	(void)json_put(p, "iat", json_new_int(c->arena, c->at));
	(void)json_put(p, "iss", json_new_str(c->arena, issuer));
	(void)json_put(p, "nbf", json_new_int(c->arena, c->at));
	(void)json_put(p, "oid", json_new_cstr(c->arena, "00000000-0000-4000-8000-000000000001"));
	(void)json_put(p, "roles", list);
	(void)json_put(p, "sub", json_new_cstr(c->arena, "dev"));
	(void)json_put(p, "ver", json_new_cstr(c->arena, "2.0"));
	return p;
}

static int
sign(struct cli *c, const struct privkey *key, const struct json *payload, struct buf *out,
    struct err *e)
{
	uint8_t print[SHA256_SIZE], sig[MAX_SIG_SIZE];
	size_t sig_size;
	struct json *header = json_new(c->arena, JSON_OBJECT);
	DEFER(buf_release) struct buf h;
	DEFER(buf_release) struct buf p;

	buf_init(&h, MAX_JWS_HEADER);
	buf_init(&p, MAX_JWS_SIZE);
	jwk_thumbprint(privkey_public(key), print);
	(void)json_put(header, "alg", json_new_cstr(c->arena, "RS256"));
	(void)json_put(header, "kid", json_new_b64url(c->arena, BYTES_OF(print)));
	(void)json_put(header, "typ", json_new_cstr(c->arena, "JWT"));
	json_emit(&h, header, JSON_SORTED);
	json_emit(&p, payload, JSON_SORTED);
	jws_emit_signing_input(out, buf_bytes(&h), buf_bytes(&p));
	if (!buf_ok(&h) || !buf_ok(&p) || !buf_ok(out))
		return arena_fail(e, "token");
	TRY(privkey_sign(key, SIG_RS256, SIG_RAW, buf_bytes(out), sig, &sig_size, e));
	jws_emit_signature(out, bytes_of(sig, sig_size));
	return buf_ok(out) ? 0 : arena_fail(e, "token");
}

static enum cli_exit
dev_token_run(struct cli *c)
{
	const char *dir = cli_option(c, "state"), *role = cli_option(c, "role");
	struct bytes pem, text, issuer;
	const struct json *urls;
	struct err e = { 0 };
	DEFER(privkey_freep) struct privkey *key = NULL;
	DEFER(buf_release) struct buf token;
	bool known = role == NULL;

	buf_init(&token, MAX_JWS_SIZE);
	if (dir == NULL)
		return cli_usage(c, "--state DIR is missing: the folder that attestd --dev uses");
	for (size_t i = 0; role != NULL && i < COUNT_OF(roles); i++)
		known = known || strcmp(role, roles[i]) == 0;
	if (!known)
		return cli_usage(c, "--role %s: reader, contributor, signer, auditor or operator",
		    role);
	if (read_in(c, dir, "oauth.key", &pem, &e) < 0 ||
	    read_in(c, dir, "urls.json", &text, &e) < 0)
		return cli_fail_err(c, &e, "has attestd --dev run with this state folder?");
	if (privkey_from_pem(pem, &key, &e) < 0 || json_parse(text, 65536, c->arena, &urls, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	issuer = json_text(json_get(urls, "issuer"));
	if (issuer.p == NULL)
		return cli_fail(c, CLI_UNDECIDED, "malformed", NULL, "%s/urls.json names no issuer",
		    dir);
	if (sign(c, key, payload_of(c, issuer, role == NULL ? "reader" : role), &token, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	text = arena_copy(c->arena, buf_bytes(&token));
	(void)json_put(c->document, "token", json_new_str(c->arena, text));
	(void)json_put(c->document, "expires_in", json_new_int(c->arena, DEV_TOKEN_LIFETIME_S));
	cli_say(c, "%.*s\n", BYTES_FMT(text));
	return CLI_OK;
}

const struct cli_command dev_token_command = {
	.group = "dev",
	.name = "token",
	.args = "--state DIR [--role reader|contributor|signer|auditor|operator]",
	.about = "a bearer token of the dev issuer",
	.does = "Makes a bearer token, valid for an hour, of the issuer of a developers' service, "
		"from its state folder alone. Prints the token.",
	.help = CLI_HELP({ "--state DIR",
			     "the folder that attestd --dev keeps its state in; required" },
	    { "--role ROLE",
		"reader, contributor, signer, auditor or operator; reader without it" }),
	.run = dev_token_run,
};
