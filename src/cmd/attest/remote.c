/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/remote.h"

#include <string.h>

enum cli_exit
remote_target(struct cli *c, struct client_target *to)
{
	struct err e = { 0 };
	struct bytes token;

	if (c->instance == NULL)
		return cli_usage(c, "no service is named: --instance URL or ATTEST_INSTANCE");
	*to = (struct client_target){ .url = c->instance, .ca_file = c->ca };
	if (c->token_file == NULL)
		return CLI_OK;
	if (cli_read_text(c, c->token_file, &token, &e) < 0)
		return cli_fail_err(c, &e,
		    "attest dev token --state DIR > FILE makes one in dev mode");
	/* cli_read() keeps a NUL behind the file, perhaps after white space. */
	token = arena_copy(c->arena, token);
	if (token.p == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	to->bearer = (const char *)token.p;
	return CLI_OK;
}

enum cli_exit
remote_refused(struct cli *c, const struct client_answer *a)
{
	const char *message = a->message.p == NULL ? "no reason given" : cli_safe(c, a->message);
	const char *code = a->code.p == NULL ? "http" : cli_safe(c, a->code);
	const char *hint = a->remedy.p == NULL ? NULL : cli_safe(c, a->remedy);

	if (a->status == 401)
		return cli_fail(c, CLI_REFUSED, code,
		    "--token-file FILE; in dev mode: attest dev token --state DIR", "%u %s: %s",
		    a->status, code, message);
	if (a->status == 429 || a->status == 503)
		return cli_fail(c, CLI_UNDECIDED, code, hint, "%u %s: %s", a->status, code,
		    message);
	if (a->status >= 500 || a->status < 400)
		return cli_fail(c, CLI_FAULT, code, hint, "%u %s: %s", a->status, code, message);
	return cli_fail(c, CLI_REFUSED, code, hint, "%u %s: %s", a->status, code, message);
}

enum cli_exit
remote_get(struct cli *c, const char *path, struct client_answer *out)
{
	struct client_target to;
	struct err e = { 0 };
	enum cli_exit bad = remote_target(c, &to);

	if (bad != CLI_OK)
		return bad;
	if (client_call(&to, path, (struct bytes){ 0 }, c->arena, out, &e) < 0)
		return cli_fail_err(c, &e,
		    "is the service running, and is --ca the authority of its certificate?");
	if (out->status != 200)
		return remote_refused(c, out);
	if (out->json == NULL)
		return cli_fail(c, CLI_FAULT, "malformed", NULL, "%s: the answer is not JSON",
		    path);
	return CLI_OK;
}

/* "https://host[:port]" of a URL. */
static struct bytes
url_origin(struct bytes url)
{
	size_t i = bytes_has_prefix(url, "https://") ? 8 : 0;

	while (i < url.size && url.p[i] != '/')
		i++;
	return bytes_slice(url, 0, i);
}

enum cli_exit
remote_jwks(struct cli *c, const char *issuer, struct bytes *jwks)
{
	struct client_answer answer;
	struct client_target to = { .url = issuer, .ca_file = c->ca };
	struct bytes uri, origin = url_origin(bytes_of_str(issuer));
	struct err e = { 0 };

	if (client_call(&to, "/.well-known/openid-configuration", (struct bytes){ 0 }, c->arena,
		&answer, &e) < 0)
		return cli_fail(c, CLI_UNDECIDED, "unavailable",
		    "give the keys with --jwks FILE, or use the cached ones with --offline",
		    "keys of %s: %s", issuer, e.msg);
	uri = json_text(json_get(answer.json, "jwks_uri"));
	if (answer.status != 200 || uri.p == NULL)
		return cli_fail(c, CLI_UNDECIDED, "malformed", NULL,
		    "%s: its discovery document names no jwks_uri", issuer);
	if (!bytes_eq(url_origin(uri), origin) || origin.size <= 8)
		return cli_fail(c, CLI_UNDECIDED, "invalid",
		    "fetch the keys yourself if you trust that host, and give them with --jwks",
		    "%s: jwks_uri is of another host: %s", issuer, cli_safe(c, uri));
	uri = arena_copy(c->arena, bytes_slice(uri, origin.size, uri.size));
	if (uri.p == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	origin = arena_copy(c->arena, origin);
	to.url = (const char *)origin.p;
	if (origin.p == NULL ||
	    client_call(&to, (const char *)uri.p, (struct bytes){ 0 }, c->arena, &answer, &e) < 0)
		return cli_fail(c, CLI_UNDECIDED, "unavailable", NULL, "keys of %s: %s", issuer,
		    e.msg);
	if (answer.status != 200)
		return cli_fail(c, CLI_UNDECIDED, "unavailable", NULL, "keys of %s: status %u",
		    issuer, answer.status);
	*jwks = answer.body;
	return CLI_OK;
}
