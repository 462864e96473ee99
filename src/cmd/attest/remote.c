/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/remote.h"

#include "client/discovery.h"

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

enum cli_exit
remote_jwks(struct cli *c, const char *issuer, struct bytes *jwks)
{
	/* Whoever runs this has named the issuer himself: it may be of his own network. */
	struct discovery_config from = { .ca_file = c->ca, .allow_private = true };
	struct bytes name = bytes_of_str(issuer);
	struct discovery_fresh fresh;
	struct err e = { 0 };
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(http_client_freep) struct http_client *http = http_client_new(&e);

	while (name.size > 0 && name.p[name.size - 1] == '/')
		name.size--;
	from.issuer = (const char *)arena_copy(c->arena, name).p;
	if (http == NULL || from.issuer == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	buf_init(&text, MAX_JWKS_SIZE);
	if (discovery_fetch(&from, http, &text, &fresh, &e) < 0)
		return cli_fail(c, CLI_UNDECIDED, err_code_name(e.code),
		    e.code == ERR_DENIED
			? "fetch the keys yourself if you trust that host, and give them with "
			  "--jwks"
			: "give the keys with --jwks FILE, or use the cached ones with --offline",
		    "keys of %s: %s", issuer, e.msg);
	*jwks = arena_copy(c->arena, buf_bytes(&text));
	return jwks->p == NULL ? cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory") : CLI_OK;
}
