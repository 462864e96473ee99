/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest log: what happened, that nothing was changed, that this token is in the log.
 *
 * Everything is judged here, from hashes and the signed tree head; the service is only asked for the bytes. Whose head it is
 * says --log-key, the log's verifier key as once pinned; without it the service's own word is taken, and said so.
 */
#include "base/hex.h"
#include "base/stamp.h"
#include "cmd/attest/commands.h"
#include "cmd/attest/log_source.h"
#include "jose/jws.h"
#include "tlog/bundle.h"
#include "tlog/record.h"

#include <stdio.h>
#include <string.h>

static bool
is_jti(const char *text)
{
	uint8_t hash[TLOG_HASH_SIZE];

	return hex_decode(bytes_of_str(text), hash, sizeof(hash));
}

/* Each link of the proof as a line of its own. */
static enum cli_exit
say_proof(struct cli *c, const struct tlog_bundle *b, const struct tlog_bundle_verdict *v,
    bool pinned)
{
	const struct {
		const char *id, *text;
		bool good;
	} links[] = {
		{ "record", "the record hashes to the leaf", v->record_is_leaf },
		{ "checkpoint", "the tree head is signed by the log's key", v->checkpoint_is_good },
		{ "size", "the tree head is of the size that the proof is for", v->sizes_agree },
		{ "inclusion", "the path leads from the leaf to the root", v->is_included },
	};
	struct json *list = json_new(c->arena, JSON_ARRAY);
	bool good = tlog_bundle_is_good(v);

	(void)json_put(c->document, "verdict",
	    json_new_cstr(c->arena, good ? "accepted" : "refused"));
	(void)json_put(c->document, "leaf_index", json_new_int(c->arena, (int64_t)b->leaf_index));
	(void)json_put(c->document, "tree_size", json_new_int(c->arena, (int64_t)b->tree_size));
	(void)json_put(c->document, "log_key_pinned", json_new_bool(c->arena, pinned));
	(void)json_put(c->document, "checks", list);
	if (good)
		cli_say(c, "%sin log: leaf %llu of %llu%s\n", cli_good(c),
		    (unsigned long long)b->leaf_index, (unsigned long long)b->tree_size,
		    cli_plain(c));
	for (size_t i = 0; i < COUNT_OF(links); i++) {
		struct json *o = json_new(c->arena, JSON_OBJECT);

		(void)json_put(o, "id", json_new_cstr(c->arena, links[i].id));
		(void)json_put(o, "outcome",
		    json_new_cstr(c->arena, links[i].good ? "pass" : "fail"));
		(void)json_append(list, o);
		cli_say(c, "  %s%s%s  %s\n", links[i].good ? cli_good(c) : cli_bad(c),
		    links[i].good ? "pass" : "FAIL", cli_plain(c), links[i].text);
	}
	if (!pinned)
		cli_say(c, "%sthe log's key is the service's own word: pin it with --log-key%s\n",
		    cli_dim(c), cli_plain(c));
	if (!good)
		return cli_fail(c, CLI_REFUSED, "refused",
		    "keep the proof: it shows that the log contradicts itself",
		    "the proof does not hold");
	return CLI_OK;
}

/* --token FILE: the record must speak of this very token. */
static enum cli_exit
check_token(struct cli *c, const struct tlog_bundle *b)
{
	struct bytes text;
	struct jws jws;
	struct err e = { 0 };
	bool fits = false;

	if (!cli_has(c, "token"))
		return CLI_OK;
	if (cli_read_text(c, cli_option(c, "token"), &text, &e) < 0 ||
	    jws_parse(text, c->arena, &jws, &e) < 0 ||
	    tlog_bundle_fits_payload(b, jws.payload, c->arena, &fits, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	(void)json_put(c->document, "token_matches", json_new_bool(c->arena, fits));
	cli_say(c, "  %s%s%s  the record is of this token\n", fits ? cli_good(c) : cli_bad(c),
	    fits ? "pass" : "FAIL", cli_plain(c));
	return fits
	    ? CLI_OK
	    : cli_fail(c, CLI_REFUSED, "refused", "the token was changed after it was recorded",
		  "the record is not of this token");
}

static enum cli_exit
prove_run(struct cli *c)
{
	struct bytes text, key;
	struct tlog_bundle bundle;
	struct tlog_bundle_verdict verdict;
	uint8_t jti[TLOG_HASH_SIZE];
	struct err e = { 0 };
	bool pinned;
	enum cli_exit code;

	if (!is_jti(c->args[0]))
		return cli_usage(c, "%s: a jti has 64 hex digits", c->args[0]);
	(void)!hex_decode(bytes_of_str(c->args[0]), jti, sizeof(jti));
	code = log_source_proof(c, c->args[0], &text);
	if (code == CLI_OK)
		code = log_source_key(c, &key, &pinned);
	if (code != CLI_OK)
		return code;
	if (tlog_bundle_parse(text, c->arena, &bundle, &e) < 0 ||
	    tlog_bundle_verify(&bundle, key, &verdict, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	if (!bytes_eq(BYTES_OF(bundle.leaf_hash), BYTES_OF(jti)))
		return cli_fail(c, CLI_REFUSED, "refused", NULL, "the proof is of another leaf");
	if (cli_has(c, "out") && cli_write(cli_option(c, "out"), text, 0644, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	code = say_proof(c, &bundle, &verdict, pinned);
	return code == CLI_OK ? check_token(c, &bundle) : code;
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
	.options = "log: from: count:",
	.run = show_run,
};

const struct cli_command log_verify_command = {
	.group = "log",
	.name = "verify",
	.args = "[--log DIR] [--log-key FILE]",
	.about = "that nothing in the log was changed",
	.options = "log: log-key:",
	.run = verify_run,
};

const struct cli_command log_prove_command = {
	.group = "log",
	.name = "prove",
	.args = "JTI [--log DIR | --proof FILE] [--log-key FILE] [--token TOKEN] [--out FILE]",
	.about = "that this token is in the log",
	.options = "log: proof: log-key: token: out:",
	.min_args = 1,
	.max_args = 1,
	.run = prove_run,
};
