/* SPDX-License-Identifier: Apache-2.0 */
/* attest policy: the policy in force, and the two hashes of a text. */
#include "policy/policy.h"
#include "client/verify.h"
#include "cmd/attest/commands.h"
#include "cmd/attest/help.h"
#include "cmd/attest/remote.h"
#include "jose/jwt.h"
#include "policy/defaults.h"

#include <stdio.h>

#define MAX_TYPE_NAME 32

/* The token of GET /policies/{type}, verified by the instance's own keys; its claims. */
static enum cli_exit
verified_claims(struct cli *c, struct bytes token, const struct json **claims)
{
	struct jwks *keys = arena_alloc(c->arena, sizeof(*keys));
	struct bytes text;
	struct jws jws;
	struct jwt_times times;
	struct err e = { 0 };
	enum cli_exit code = remote_jwks(c, c->instance, &text);
	const struct jwk *key;
	bool good = false;

	if (code != CLI_OK)
		return code;
	if (keys == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	if (jwks_parse(text, c->arena, keys, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	if (jws_parse(token, c->arena, &jws, &e) < 0) {
		code = cli_fail_err(c, &e, NULL);
	} else if ((key = jwks_find(keys, jws.kid)) == NULL) {
		code =
		    cli_fail(c, CLI_UNDECIDED, "key", NULL, "no key of the service has this kid");
	} else if (jws_verify(&jws, key->key, key->alg, &good, &e) < 0 ||
	    jwt_parse_claims(&jws, c->arena, claims, &times, &e) < 0) {
		code = cli_fail_err(c, &e, NULL);
	} else if (!good) {
		code = cli_fail(c, CLI_REFUSED, "signature", NULL,
		    "the policy token is not signed by the service's key");
	}
	jwks_release(keys);
	return code;
}

/* The policy JWS inside: its text, whether a signer stands behind it, and its hashes. */
static enum cli_exit
show_policy(struct cli *c, struct bytes jws_text)
{
	struct jws jws;
	struct bytes text = { 0 };
	char hash[POLICY_HASH_SIZE] = "", token_hash[POLICY_HASH_SIZE];
	struct err e = { 0 };
	bool is_set = !bytes_is_str(jws_text, POLICY_JWS_EMPTY);

	if (is_set &&
	    (jws_parse(jws_text, c->arena, &jws, &e) < 0 ||
		policy_jws_text(jws.payload, false, c->arena, &text, &e) < 0 ||
		policy_hash_of(text, hash, &e) < 0))
		return cli_fail_err(c, &e, NULL);
	policy_token_hash(jws_text, token_hash);
	(void)json_put(c->document, "policy",
	    is_set ? json_new_str(c->arena, text) : json_new(c->arena, JSON_NULL));
	(void)json_put(c->document, "policy_jws", json_new_str(c->arena, jws_text));
	(void)json_put(c->document, "signed",
	    json_new_bool(c->arena, is_set && !jws_is_unsigned(&jws)));
	(void)json_put(c->document, "policy_hash",
	    json_new_str(c->arena, arena_copy(c->arena, bytes_of_str(hash))));
	(void)json_put(c->document, "policy_token_hash",
	    json_new_str(c->arena, arena_copy(c->arena, bytes_of_str(token_hash))));
	if (!is_set)
		return cli_fail(c, CLI_OK, "unset", "attest policy set gives this type a policy",
		    "no policy is set");
	/* The text itself, byte for byte, so that it can go to a file; the rest goes beside it. */
	cli_say(c, "%.*s\n", BYTES_FMT(text));
	if (!c->json)
		fprintf(stderr, "policy hash %s, %s\n", hash,
		    jws_is_unsigned(&jws) ? "unsigned" : "signed");
	return CLI_OK;
}

static enum cli_exit
policy_get_run(struct cli *c)
{
	const char *type = cli_option(c, "type");
	struct client_answer answer;
	const struct json *claims = NULL;
	char path[128];
	enum cli_exit code;

	if (type == NULL)
		return cli_usage(c, "--type is missing: SgxEnclave, OpenEnclave, …");
	for (const char *p = type; *p != '\0'; p++)
		if (!((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == '-') ||
		    p - type >= MAX_TYPE_NAME)
			return cli_usage(c, "--type %s: no such type of evidence", type);
	snprintf(path, sizeof(path), "/policies/%s?api-version=" CLIENT_API_VERSION, type);
	code = remote_get(c, path, &answer);
	if (code != CLI_OK)
		return code;
	(void)json_put(c->document, "token", json_copy(c->arena, json_get(answer.json, "token")));
	if (json_text(json_get(answer.json, "token")).p == NULL)
		return cli_fail(c, CLI_FAULT, "malformed", NULL, "the answer holds no token");
	code = verified_claims(c, json_text(json_get(answer.json, "token")), &claims);
	if (code != CLI_OK)
		return code;
	if (json_text(json_get(claims, "x-ms-policy")).p == NULL)
		return cli_fail(c, CLI_FAULT, "malformed", NULL,
		    "the policy token holds no policy");
	return show_policy(c, json_text(json_get(claims, "x-ms-policy")));
}

static enum cli_exit
policy_hash_run(struct cli *c)
{
	struct bytes text;
	char hash[POLICY_HASH_SIZE], token_hash[POLICY_HASH_SIZE];
	struct err e = { 0 };
	DEFER(buf_release) struct buf jws;

	buf_init(&jws, MAX_JWS_SIZE);
	if (cli_read(c, c->args[0], &text, &e) < 0 || policy_hash_of(text, hash, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	policy_jws_emit(&jws, text);
	if (!buf_ok(&jws))
		return cli_fail(c, CLI_UNDECIDED, "limit", NULL, "%s: too large for a policy",
		    c->args[0]);
	policy_token_hash(buf_bytes(&jws), token_hash);
	(void)json_put(c->document, "policy_hash",
	    json_new_str(c->arena, arena_copy(c->arena, bytes_of_str(hash))));
	(void)json_put(c->document, "policy_token_hash",
	    json_new_str(c->arena, arena_copy(c->arena, bytes_of_str(token_hash))));
	cli_field(c, "policy hash", "%s", hash);
	cli_field(c, "policy token hash", "%s  (unsigned JWS)", token_hash);
	return CLI_OK;
}

const struct cli_command policy_get_command = {
	.group = "policy",
	.name = "get",
	.args = "--type T",
	.about = "the policy in force, verified by the service's key",
	.does = "Fetches the policy in force for one kind of evidence, verifies the service's "
		"signature over it, and prints its text and its hashes.",
	.help = CLI_HELP(HELP_TYPE),
	.run = policy_get_run,
};

const struct cli_command policy_hash_command = {
	.group = "policy",
	.name = "hash",
	.args = "FILE",
	.about = "the two hashes by which a policy text is known",
	.does = "Prints the two hashes by which a policy's text is known: the claim "
		"x-ms-policy-hash of tokens, and the hash of the unsigned document that sets it.",
	.help = CLI_HELP({ "FILE", "the text of the policy, a file or - for standard input" }),
	.min_args = 1,
	.max_args = 1,
	.run = policy_hash_run,
};
