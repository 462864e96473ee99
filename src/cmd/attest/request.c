/* SPDX-License-Identifier: Apache-2.0 */
/* attest request: evidence in, token out. */
#include "client/attest.h"
#include "cmd/attest/commands.h"
#include "cmd/attest/help.h"
#include "cmd/attest/remote.h"
#include "jose/jws.h"

#include <stdio.h>

static enum cli_exit
read_option(struct cli *c, const char *name, struct bytes *out)
{
	const char *path = cli_option(c, name);
	struct err e = { 0 };

	if (path != NULL && cli_read(c, path, out, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	return CLI_OK;
}

static enum cli_exit
read_request(struct cli *c, struct client_attest *rq)
{
	struct err e = { 0 };
	enum cli_exit bad;

	rq->type = cli_option(c, "type");
	if (rq->type == NULL)
		return cli_usage(c, "--type is missing: SgxEnclave, OpenEnclave, …");
	if (cli_has(c, "runtime-data") && cli_has(c, "runtime-json"))
		return cli_usage(c, "--runtime-data and --runtime-json exclude each other");
	if (cli_read(c, c->args[0], &rq->evidence, &e) < 0)
		return cli_fail_err(c, &e, "attest evidence synth makes evidence to try");
	rq->runtime_is_json = cli_has(c, "runtime-json");
	bad = read_option(c, rq->runtime_is_json ? "runtime-json" : "runtime-data",
	    &rq->runtime_data);
	if (bad == CLI_OK)
		bad = read_option(c, "init-data", &rq->init_data);
	if (bad == CLI_OK)
		bad = read_option(c, "draft-policy", &rq->draft_policy);
	if (cli_has(c, "nonce"))
		rq->nonce = bytes_of_str(cli_option(c, "nonce"));
	return bad;
}

/* The claims of a token that was just issued to us, for show; nobody believed them yet. */
static const struct json *
claims_of(struct cli *c, struct bytes token)
{
	struct jws jws;
	const struct json *claims;
	struct err e = { 0 };

	if (jws_parse(token, c->arena, &jws, &e) < 0 ||
	    json_parse(jws.payload, MAX_JWS_SIZE, c->arena, &claims, &e) < 0)
		return NULL;
	return claims;
}

static enum cli_exit
refused(struct cli *c, const struct client_answer *answer)
{
	if (answer->trace_id.size > 0) {
		(void)json_put(c->document, "trace_id", json_new_str(c->arena, answer->trace_id));
		(void)json_put(c->document, "trace_key", json_new_str(c->arena, answer->trace_key));
	}
	if (answer->check.size > 0)
		(void)json_put(c->document, "check", json_new_str(c->arena, answer->check));
	enum cli_exit code = remote_refused(c, answer);

	if (answer->trace_id.size > 0 && !c->json)
		fprintf(stderr, "hint: attest explain %s --key %s\n", cli_safe(c, answer->trace_id),
		    cli_safe(c, answer->trace_key));
	return code;
}

static enum cli_exit
request_run(struct cli *c)
{
	struct client_attest rq = { 0 };
	struct client_target to;
	struct client_answer answer;
	struct bytes token;
	struct err e = { 0 };
	enum cli_exit bad = remote_target(c, &to);

	if (bad == CLI_OK)
		bad = read_request(c, &rq);
	if (bad != CLI_OK)
		return bad;
	if (client_attest(&to, &rq, c->arena, &answer, &e) < 0)
		return cli_fail_err(c, &e,
		    "is the service running, and is --ca the authority of its certificate?");
	if (answer.status != 200)
		return refused(c, &answer);
	token = json_text(json_get(answer.json, "token"));
	if (token.p == NULL)
		return cli_fail(c, CLI_FAULT, "malformed", NULL, "the answer holds no token");
	const struct json *claims = claims_of(c, token);

	(void)json_put(c->document, "token", json_new_str(c->arena, token));
	(void)json_put(c->document, "trace_id", json_new_str(c->arena, answer.trace_id));
	(void)json_put(c->document, "trace_key", json_new_str(c->arena, answer.trace_key));
	(void)json_put(c->document, "claims",
	    claims == NULL ? json_new(c->arena, JSON_NULL) : json_copy(c->arena, claims));
	cli_say(c, "%.*s\n", BYTES_FMT(token));
	if (c->verbose && !c->json)
		fprintf(stderr, "trace %s key %s\n", cli_safe(c, answer.trace_id),
		    cli_safe(c, answer.trace_key));
	return CLI_OK;
}

const struct cli_command request_command = {
	.group = "request",
	.args =
	    "--type T EVIDENCE [--runtime-data F | --runtime-json F] [--init-data F] [--nonce N] "
	    "[--draft-policy F]",
	.about = "ask the service for a token",
	.does = "Sends evidence to the service and prints the token that it answers with. When it "
		"refuses, a hint says which call explains why.",
	.help = CLI_HELP(HELP_EVIDENCE, HELP_TYPE, HELP_RUNTIME_DATA, HELP_RUNTIME_JSON, HELP_INIT,
	    { "--nonce N",
		"a text that comes back in the token, so that it can be told from an older one" },
	    { "--draft-policy F",
		"judge by this policy instead of the one in force; the token is then unsigned" }),
	.min_args = 1,
	.max_args = 1,
	.run = request_run,
};
