/* SPDX-License-Identifier: Apache-2.0 */
/* attest token: decode without trusting, or judge as a relying party. */
#include "base/stamp.h"
#include "client/verify.h"
#include "cmd/attest/cache.h"
#include "cmd/attest/commands.h"
#include "cmd/attest/remote.h"
#include "cmd/attest/report.h"

#include <stdlib.h>

static enum cli_exit
token_show_run(struct cli *c)
{
	struct bytes text;
	struct jws jws;
	const struct json *claims;
	struct err e = { 0 };
	DEFER(buf_release) struct buf out;

	buf_init(&out, MAX_CLI_FILE);
	if (cli_read_text(c, c->args[0], &text, &e) < 0 || jws_parse(text, c->arena, &jws, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	if (json_parse(jws.payload, MAX_JWS_SIZE, c->arena, &claims, &e) < 0)
		return cli_fail_err(c, &e, "the payload is not JSON");
	(void)json_put(c->document, "trusted", json_new_bool(c->arena, false));
	(void)json_put(c->document, "header", json_copy(c->arena, jws.header));
	(void)json_put(c->document, "claims", json_copy(c->arena, claims));
	cli_say(c, "%snot verified: anyone can write this%s\n", cli_dim(c), cli_plain(c));
	json_print(&out, jws.header);
	buf_char(&out, '\n');
	json_print(&out, claims);
	cli_say(c, "%.*s\n", BYTES_FMT(buf_bytes(&out)));
	return CLI_OK;
}

static enum cli_exit
read_keys(struct cli *c, const char *issuer, struct jwks *keys)
{
	const char *file = cli_option(c, "jwks");
	struct bytes text = { 0 };
	struct err e = { 0 };
	enum cli_exit bad = CLI_OK;

	if (file != NULL && cli_has(c, "offline"))
		return cli_usage(c, "--jwks and --offline exclude each other");
	if (file != NULL) {
		if (cli_read(c, file, &text, &e) < 0)
			return cli_fail_err(c, &e, NULL);
	} else if (cli_has(c, "offline")) {
		if (cache_read(c, issuer, &text, &e) < 0)
			return cli_fail(c, CLI_UNDECIDED, "missing",
			    "verify once without --offline", "no cached keys of %s: %s", issuer,
			    e.msg);
	} else {
		bad = remote_jwks(c, issuer, &text);
	}
	if (bad != CLI_OK)
		return bad;
	if (jwks_parse(text, c->arena, keys, &e) < 0)
		return cli_fail(c, CLI_UNDECIDED, err_code_name(e.code), NULL, "keys of %s: %s",
		    issuer, e.msg);
	if (file == NULL && !cli_has(c, "offline"))
		cache_write(c, issuer, text);
	return CLI_OK;
}

/* The options that say what is expected, beside the file; they add to it and take nothing away. */
static enum cli_exit
read_expectation_options(struct cli *c, struct token_expectation *want)
{
	struct bytes issuer = { 0 };
	struct err e = { 0 };
	char *end;
	const char *age = cli_option(c, "max-age");

	if (cli_has(c, "issuer"))
		issuer = bytes_of_str(cli_option(c, "issuer"));
	while (issuer.size > 0 && issuer.p[issuer.size - 1] == '/')
		issuer.size--;
	if (issuer.p != NULL && expectation_issuer(want, c->arena, issuer, &e) < 0)
		return cli_usage(c, "--issuer: %s", e.msg);
	if (want->issuer.p == NULL)
		return cli_usage(c, "--issuer is missing: whose token do you expect?");
	if (cli_has(c, "type"))
		want->type = bytes_of_str(cli_option(c, "type"));
	if (cli_has(c, "nonce") &&
	    expectation_nonce(want, c->arena, bytes_of_str(cli_option(c, "nonce")), &e) < 0)
		return cli_usage(c, "--nonce: %s", e.msg);
	if (age != NULL) {
		long long age_s = strtoll(age, &end, 10);

		if (*age == '\0' || *end != '\0' || age_s < 0)
			return cli_usage(c, "--max-age %s: not a number of seconds", age);
		if (want->max_age_s < 0 || age_s < want->max_age_s)
			want->max_age_s = age_s;
	}
	return CLI_OK;
}

/* Without a file nothing is said of debugging, and it is shown instead; this program is for development too. */
static enum cli_exit
read_expectation(struct cli *c, struct token_expectation *want)
{
	const char *file = cli_option(c, "expect");
	struct bytes text;
	struct err e = { 0 };

	want->allow_dev = true;
	want->allow_debug = file == NULL;
	if (file == NULL)
		return read_expectation_options(c, want);
	if (cli_read(c, file, &text, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	if (expectation_parse(want, c->arena, text, &e) < 0)
		return cli_fail(c, CLI_USAGE, "expectation", NULL, "%s: %s", file, e.msg);
	return read_expectation_options(c, want);
}

/* What a relying party most wants to know of a token that it may believe. */
static void
say_claims(struct cli *c, const struct json *claims)
{
	static const char *const names[] = { "x-ms-attestation-type", "x-ms-sgx-mrenclave",
		"x-ms-sgx-mrsigner", "x-ms-sgx-product-id", "x-ms-sgx-svn",
		"x-ms-sgx-is-debuggable", "x-ms-policy-hash", "attest-dev", "jti" };
	const struct json *exp = json_get(claims, "exp");
	char until[STAMP_SIZE];
	int64_t at;

	cli_say(c, "%sclaims%s\n", cli_bold(c), cli_plain(c));
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct json *v = json_get(claims, names[i]);
		DEFER(buf_release) struct buf text = { 0 };

		if (v == NULL)
			continue;
		buf_init(&text, MAX_JWS_SIZE);
		if (v->type == JSON_STRING)
			buf_add(&text, v->text);
		else
			json_emit(&text, v, JSON_AS_IS);
		cli_field(c, names[i], "%s", cli_safe(c, buf_bytes(&text)));
	}
	if (!json_int(exp, &at))
		return;
	stamp_format(at, until);
	cli_field(c, "good until", "%s", until);
}

static enum cli_exit
judge(struct cli *c, struct bytes token, const struct jwks *keys,
    const struct token_expectation *want)
{
	struct token_seen seen = { 0 };
	struct json *null = json_new(c->arena, JSON_NULL),
		    *null_too = json_new(c->arena, JSON_NULL);
	struct err e = { 0 };
	struct trace *t = arena_alloc(c->arena, sizeof(*t));
	enum cli_exit exit;

	if (t == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	trace_init(t, c->arena, "token", c->at);
	if (token_judge(token, keys, want, c->at, c->arena, t, &seen, &e) < 0)
		return cli_fail(c, CLI_FAULT, err_code_name(e.code), NULL, "%s", e.msg);
	(void)json_put(c->document, "header",
	    seen.header == NULL ? null : json_copy(c->arena, seen.header));
	(void)json_put(c->document, "claims",
	    seen.claims == NULL ? null_too : json_copy(c->arena, seen.claims));
	exit = report_judgement(c, t, c->document);
	if (exit != CLI_OK)
		return exit;
	say_claims(c, seen.claims);
	return CLI_OK;
}

static enum cli_exit
token_verify_run(struct cli *c)
{
	struct token_expectation want = TOKEN_EXPECTATION;
	struct bytes token, issuer;
	struct jwks *keys = arena_alloc(c->arena, sizeof(*keys));
	struct err e = { 0 };
	enum cli_exit code = read_expectation(c, &want);

	if (code != CLI_OK)
		return code;
	if (keys == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	if (cli_read_text(c, c->args[0], &token, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	issuer = arena_copy(c->arena, want.issuer);
	code = read_keys(c, (const char *)issuer.p, keys);
	if (code != CLI_OK)
		return code;
	code = judge(c, token, keys, &want);
	jwks_release(keys);
	return code;
}

const struct cli_command token_show_command = {
	.group = "token",
	.name = "show",
	.args = "TOKEN",
	.about = "decode a token without trusting it",
	.does = "Prints header and claims of a token. Nothing is verified, so nothing may be "
		"concluded from it.",
	.help = CLI_HELP({ "TOKEN", "a file with one compact JWT, or - for standard input" }),
	.min_args = 1,
	.max_args = 1,
	.run = token_show_run,
};

const struct cli_command token_verify_command = {
	.group = "token",
	.name = "verify",
	.args = "TOKEN --issuer U [--type T] [--nonce N] [--max-age S] [--expect FILE] "
		"[--jwks FILE | --offline]",
	.about = "judge a token as a relying party",
	.does = "Judges a token as a relying party does: signature, issuer, times, and all that is "
		"expected of it. Prints every check.",
	.help = CLI_HELP({ "TOKEN", "a file with one compact JWT, or - for standard input" },
	    { "--issuer U", "who must have issued it; required, here or in the file of --expect" },
	    { "--type T", "the kind of evidence it must be about: SgxEnclave or sgx, …" },
	    { "--nonce N", "the nonce that it must carry" },
	    { "--max-age S", "the most seconds since it was issued" },
	    { "--expect FILE", "all that is expected, in YAML" },
	    { "--jwks FILE", "the issuer's keys, instead of fetching them" },
	    { "--offline", "only keys that an earlier run kept" }),
	.min_args = 1,
	.max_args = 1,
	.run = token_verify_run,
};
