/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/report.h"

#include <string.h>

enum cli_exit
report_exit(const struct json *document)
{
	const struct json *verdict = json_get(document, "verdict");

	if (json_is_str(verdict, "accepted"))
		return CLI_OK;
	return json_is_str(verdict, "undecided") ? CLI_UNDECIDED : CLI_REFUSED;
}

static const char *
text_of(struct cli *c, const struct json *check, const char *name)
{
	struct bytes text = json_text(json_get(check, name));

	return text.p == NULL || text.size == 0 ? "-" : cli_safe(c, text);
}

/* "sgx.quote.version" ▸ "quote.version": what of the evidence the check looked at. */
static const char *
field_of(const char *id)
{
	const char *dot = strchr(id, '.');

	return dot == NULL ? id : dot + 1;
}

static const struct json *
first_failed(const struct json *checks)
{
	for (const struct json *k = checks == NULL ? NULL : checks->first; k != NULL; k = k->next)
		if (json_is_str(json_get(k, "outcome"), "fail"))
			return k;
	return NULL;
}

static void
say_verdict(struct cli *c, const struct json *document, const struct json *failed)
{
	enum cli_exit exit = report_exit(document);
	const char *colour = exit == CLI_OK ? cli_good(c) : cli_bad(c);

	cli_say(c, "%sverdict %s%s", colour, text_of(c, document, "verdict"), cli_plain(c));
	if (failed != NULL) {
		const char *id = text_of(c, failed, "id");

		cli_say(c, " check=%s field=%s seen=%s wanted=%s", id, field_of(id),
		    text_of(c, failed, "seen"), text_of(c, failed, "wanted"));
	}
	cli_say(c, "\n");
}

static void
say_check(struct cli *c, const struct json *check)
{
	const struct json *outcome = json_get(check, "outcome");
	bool fail = json_is_str(outcome, "fail"), pass = json_is_str(outcome, "pass");
	const char *mark = pass          ? "pass"
	    : fail                       ? "FAIL"
	    : json_is_str(outcome, "na") ? " n/a"
					 : "skip";
	const char *colour = pass ? cli_good(c) : fail ? cli_bad(c) : cli_dim(c);
	struct bytes seen = json_text(json_get(check, "seen"));

	cli_say(c, "  %s%s%s  %-42s %s%.72s%s\n", colour, mark, cli_plain(c),
	    text_of(c, check, "id"), cli_dim(c),
	    seen.size == 0 || !(pass || fail) ? "" : cli_safe(c, seen), cli_plain(c));
}

static void
say_failure(struct cli *c, const struct json *failed)
{
	static const char *const fields[] = { "seen", "wanted", "detail", "note", "source",
		"remedy" };

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (json_get(failed, fields[i]) != NULL)
			cli_field(c, fields[i], "%s", text_of(c, failed, fields[i]));
}

static void
say_members(struct cli *c, const char *title, const struct json *object)
{
	if (object == NULL || object->count == 0)
		return;
	cli_say(c, "%s%s%s\n", cli_bold(c), title, cli_plain(c));
	for (const struct json *m = object->first; m != NULL; m = m->next) {
		DEFER(buf_release) struct buf text;

		buf_init(&text, MAX_CLI_FILE);
		if (m->type == JSON_STRING)
			buf_add(&text, m->text);
		else
			json_emit(&text, m, JSON_AS_IS);
		cli_field(c, cli_safe(c, m->name), "%s", cli_safe(c, buf_bytes(&text)));
	}
}

/* What did not run and what does not apply is for --verbose. */
static bool
is_told(const struct json *outcome)
{
	return json_is_str(outcome, "pass") || json_is_str(outcome, "fail");
}

enum cli_exit
report_trace(struct cli *c, const struct json *document)
{
	const struct json *checks = json_get(document, "checks"), *failed = first_failed(checks);

	say_verdict(c, document, failed);
	if (failed != NULL)
		say_failure(c, failed);
	say_members(c, "measurements", json_get(document, "measurements"));
	say_members(c, "appraisal", json_get(document, "appraisal"));
	if (checks != NULL && checks->count > 0)
		cli_say(c, "%schecks%s\n", cli_bold(c), cli_plain(c));
	for (const struct json *k = checks == NULL ? NULL : checks->first; k != NULL; k = k->next)
		if (c->verbose || is_told(json_get(k, "outcome")))
			say_check(c, k);
	return report_exit(document);
}

enum cli_exit
report_judgement(struct cli *c, const struct trace *t, struct json *document)
{
	const struct json *shown = trace_emit(t, TRACE_VIEW_READER, c->arena);
	enum check_id failed = t->failed;
	enum cli_exit exit;

	if (shown == NULL ||
	    !json_put(document, "verdict", json_copy(c->arena, json_get(shown, "verdict"))) ||
	    !json_put(document, "checks", json_copy(c->arena, json_get(shown, "checks"))))
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	exit = report_trace(c, document);
	if (exit == CLI_OK)
		return exit;
	return cli_fail(c, exit, exit == CLI_REFUSED ? "refused" : "undecided",
	    failed == CHECK_NONE ? NULL : check_table[failed].remedy, "%s %s by %s", t->type,
	    verdict_name(trace_verdict(t)),
	    failed == CHECK_NONE ? "no check" : check_table[failed].id);
}
