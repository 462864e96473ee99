/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest log: what happened, that nothing was changed, that this token is in the log.
 *
 * Everything is judged here, from hashes and the signed tree head; the service is only asked for the bytes. Whose head it is
 * says --log-key, the log's verifier key as once pinned; without it the service's own word is taken, and said so.
 */
#include "base/hex.h"
#include "base/stamp.h"
#include "client/log_proof.h"
#include "cmd/attest/commands.h"
#include "cmd/attest/log_source.h"
#include "cmd/attest/report.h"
#include "jose/jws.h"
#include "tlog/record.h"

#include <stdio.h>
#include <string.h>

static bool
is_jti(const char *text)
{
	uint8_t hash[TLOG_HASH_SIZE];

	return hex_decode(bytes_of_str(text), hash, sizeof(hash));
}

/* --token FILE: the record must speak of this very token. */
static enum cli_exit
read_token(struct cli *c, struct bytes *payload)
{
	struct bytes text;
	struct jws jws;
	struct err e = { 0 };

	if (!cli_has(c, "token"))
		return CLI_OK;
	if (cli_read_text(c, cli_option(c, "token"), &text, &e) < 0 ||
	    jws_parse(text, c->arena, &jws, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	*payload = jws.payload;
	return CLI_OK;
}

/* Where the record is, and each link of the proof as a line of its own. */
static enum cli_exit
say_proof(struct cli *c, const struct trace *t, const struct log_proof_seen *seen, bool pinned)
{
	enum cli_exit code;

	(void)json_put(c->document, "leaf_index",
	    json_new_int(c->arena, (int64_t)seen->leaf_index));
	(void)json_put(c->document, "tree_size", json_new_int(c->arena, (int64_t)seen->tree_size));
	(void)json_put(c->document, "log_key_pinned", json_new_bool(c->arena, pinned));
	if (cli_has(c, "token"))
		(void)json_put(c->document, "token_matches",
		    json_new_bool(c->arena, t->checks[CHECK_LOG_PAYLOAD].outcome == OUTCOME_PASS));
	if (trace_verdict(t) == VERDICT_ACCEPTED)
		cli_say(c, "%sin log: leaf %llu of %llu%s\n", cli_good(c),
		    (unsigned long long)seen->leaf_index, (unsigned long long)seen->tree_size,
		    cli_plain(c));
	code = report_judgement(c, t, c->document);
	if (!pinned)
		cli_say(c, "%sthe log's key is the service's own word: pin it with --log-key%s\n",
		    cli_dim(c), cli_plain(c));
	return code;
}

static enum cli_exit
prove_run(struct cli *c)
{
	struct log_proof_case of = { .jti = bytes_of_str(c->args[0]) };
	struct trace *t = arena_alloc(c->arena, sizeof(*t));
	struct log_proof_seen seen = { 0 };
	struct err e = { 0 };
	bool pinned;
	enum cli_exit code;

	if (t == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	if (!is_jti(c->args[0]))
		return cli_usage(c, "%s: a jti has 64 hex digits", c->args[0]);
	code = log_source_proof(c, c->args[0], &of.proof);
	if (code == CLI_OK)
		code = log_source_key(c, &of.log_key, &pinned);
	if (code == CLI_OK)
		code = read_token(c, &of.payload);
	if (code != CLI_OK)
		return code;
	trace_init(t, c->arena, "log-proof", c->at);
	if (log_proof_judge(&of, c->arena, t, &seen, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	if (cli_has(c, "out") && cli_write(cli_option(c, "out"), of.proof, 0644, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	return say_proof(c, t, &seen, pinned);
}

static enum cli_exit
verify_run(struct cli *c)
{
	struct log_findings f = { 0 };
	enum cli_exit code = log_source_verify(c, &f);

	if (code != CLI_OK && !f.judged)
		return code;
	(void)json_put(c->document, "verdict",
	    json_new_cstr(c->arena, code == CLI_OK ? "accepted" : "refused"));
	(void)json_put(c->document, "tree_size", json_new_int(c->arena, (int64_t)f.size));
	(void)json_put(c->document, "records_checked", json_new_int(c->arena, (int64_t)f.records));
	(void)json_put(c->document, "log_key_pinned", json_new_bool(c->arena, f.pinned));
	if (code == CLI_OK)
		cli_say(c, "%slog intact: %llu leaves under the signed head, %llu records read%s\n",
		    cli_good(c), (unsigned long long)f.size, (unsigned long long)f.records,
		    cli_plain(c));
	if (!f.pinned)
		cli_say(c, "%sthe log's key is the service's own word: pin it with --log-key%s\n",
		    cli_dim(c), cli_plain(c));
	return code;
}

static void
say_record(struct cli *c, const struct json *entry)
{
	const struct json *record = json_get(entry, "record"), *n = json_get(entry, "index");
	struct bytes index = n == NULL ? (struct bytes){ 0 } : n->text;

	cli_say(c, "%6.*s  %s  %-12s %-12s %s\n", BYTES_FMT(index),
	    cli_safe(c, json_text(json_get(record, "at"))),
	    cli_safe(c, json_text(json_get(record, "kind"))),
	    cli_safe(c, json_text(json_get(record, "type"))),
	    cli_safe(c, json_text(json_get(record, "trace_id"))));
}

static enum cli_exit
show_run(struct cli *c)
{
	struct json *records = NULL;
	enum cli_exit code = log_source_records(c, &records);

	if (code != CLI_OK)
		return code;
	(void)json_put(c->document, "records", records);
	for (const struct json *r = records->first; r != NULL; r = r->next)
		say_record(c, r);
	cli_say(c, "%zu records\n", records->count);
	return CLI_OK;
}

const struct cli_command log_show_command = {
	.group = "log",
	.name = "show",
	.args = "[--log DIR] [--from N] [--count N]",
	.about = "what happened, record by record",
	.does = "Prints what happened, record by record. Needs an auditor's token, or the log's "
		"folder.",
	.help = CLI_HELP({ "--log DIR", "a log folder (STATE/log), instead of the service" },
	    { "--from N", "begin with this record; 0 without it" },
	    { "--count N", "print so many; 256 without it" }),
	.run = show_run,
};

const struct cli_command log_verify_command = {
	.group = "log",
	.name = "verify",
	.args = "[--log DIR] [--log-key FILE] [--since CHECKPOINT [--out FILE]]",
	.about = "that nothing in the log was changed",
	.does =
	    "Computes the log's tree anew from its leaves and its records and holds it against the "
	    "checkpoint that the log's key signed: nothing was changed, left out or reordered.",
	.help = CLI_HELP({ "--log DIR", "a log folder (STATE/log), instead of the service" },
	    { "--log-key FILE",
		"the log's verifier key as once pinned; without it the service's own word is "
		"taken, and the output says so" },
	    { "--since CHECKPOINT",
		"also prove that what this older checkpoint was for is the beginning of the log as "
		"it is now" },
	    { "--out FILE", "with --since: keep that proof, for libattest or a C2SP witness" }),
	.run = verify_run,
};

const struct cli_command log_prove_command = {
	.group = "log",
	.name = "prove",
	.args = "JTI [--log DIR | --proof FILE] [--log-key FILE] [--token TOKEN] [--out FILE]",
	.about = "that this token is in the log",
	.does = "Proves that the token of this jti is in its issuer's log.",
	.help = CLI_HELP({ "JTI", "the claim jti of the token: the hash of its record" },
	    { "--log DIR", "a log folder (STATE/log), instead of the service" },
	    { "--proof FILE", "judge a proof that was kept, offline; with --log-key" },
	    { "--log-key FILE",
		"the log's verifier key as once pinned; without it the service's own word is "
		"taken, and the output says so" },
	    { "--token TOKEN",
		"also hold the record against the token itself, whose signature token verify "
		"judges" },
	    { "--out FILE", "keep the proof" }),
	.min_args = 1,
	.max_args = 1,
	.run = prove_run,
};
