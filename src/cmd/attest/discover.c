/* SPDX-License-Identifier: Apache-2.0 */
/* attest discover, attest certs: what a service says of itself and of its keys. */
#include "base/b64.h"
#include "base/hex.h"
#include "base/stamp.h"
#include "cmd/attest/commands.h"
#include "cmd/attest/remote.h"

static enum cli_exit
discover_run(struct cli *c)
{
	static const char *const shown[] = { "issuer", "jwks_uri" };
	struct client_answer answer;
	enum cli_exit bad = remote_get(c, "/.well-known/openid-configuration", &answer);
	const struct json *claims, *algs;

	if (bad != CLI_OK)
		return bad;
	c->document = json_copy(c->arena, answer.json);
	for (size_t i = 0; i < COUNT_OF(shown); i++)
		cli_field(c, shown[i], "%s",
		    cli_safe(c, json_text(json_get(answer.json, shown[i]))));
	algs = json_get(answer.json, "id_token_signing_alg_values_supported");
	for (const struct json *v = algs == NULL ? NULL : algs->first; v != NULL; v = v->next)
		cli_field(c, "signs with", "%s", cli_safe(c, json_text(v)));
	claims = json_get(answer.json, "claims_supported");
	if (claims != NULL)
		cli_field(c, "claims", "%zu supported (--json lists them)", claims->count);
	return CLI_OK;
}

static void
show_cert(struct cli *c, struct bytes der)
{
	struct cert cert;
	struct err e = { 0 };
	uint8_t print[SHA1_SIZE];
	char text[2 * SHA1_SIZE + 1] = { 0 }, from[STAMP_SIZE], to[STAMP_SIZE];

	if (cert_parse(der, &cert, &e) < 0) {
		cli_field(c, "certificate", "unreadable: %s", e.msg);
		return;
	}
	stamp_format(cert.not_before_at, from);
	stamp_format(cert.not_after_at, to);
	digest_of(DIGEST_SHA1, der, print);
	hex_encode(BYTES_OF(print), text);
	cli_field(c, "subject", "CN=%s", cli_safe(c, cert_name_cn(cert.subject)));
	cli_field(c, "valid", "%s to %s", from, to);
	cli_field(c, "thumbprint", "%s", text);
}

static void
show_key(struct cli *c, const struct json *key)
{
	struct bytes x5c = json_text(json_item(json_get(key, "x5c"), 0)), der;
	struct err e = { 0 };

	cli_say(c, "%s%s%s\n", cli_bold(c), cli_safe(c, json_text(json_get(key, "kid"))),
	    cli_plain(c));
	cli_field(c, "key", "%s", cli_safe(c, json_text(json_get(key, "kty"))));
	if (x5c.p != NULL && b64_decode_arena(B64_STD, x5c, c->arena, &der, &e) == 0)
		show_cert(c, der);
}

static enum cli_exit
certs_run(struct cli *c)
{
	struct client_answer answer;
	enum cli_exit bad = remote_get(c, "/certs", &answer);
	const struct json *keys;

	if (bad != CLI_OK)
		return bad;
	c->document = json_copy(c->arena, answer.json);
	keys = json_get(answer.json, "keys");
	if (keys == NULL || keys->type != JSON_ARRAY)
		return cli_fail(c, CLI_FAULT, "malformed", NULL, "/certs: no member keys");
	for (const struct json *k = keys->first; k != NULL; k = k->next)
		show_key(c, k);
	return CLI_OK;
}

const struct cli_command discover_command = {
	.group = "discover",
	.args = "--instance URL",
	.about = "the discovery document: issuer, where the keys are, what is supported",
	.does = "Fetches the OpenID discovery document of the service and prints its issuer, where "
		"its keys are, how it signs and which claims it supports.",
	.run = discover_run,
};

const struct cli_command certs_command = {
	.group = "certs",
	.args = "--instance URL",
	.about = "the keys that verify its tokens",
	.does = "Fetches the signing keys of the service and prints each with its subject, dates "
		"and thumbprint.",
	.run = certs_run,
};
