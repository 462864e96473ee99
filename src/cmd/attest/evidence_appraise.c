/* SPDX-License-Identifier: Apache-2.0 */
/* attest evidence appraise: judge offline and print the trace. */
#include "cmd/attest/commands.h"
#include "cmd/attest/evidence_case.h"
#include "cmd/attest/help.h"
#include "cmd/attest/report.h"

static enum cli_exit
judged(struct cli *c, const struct trace *t)
{
	struct json *document = trace_emit(t, TRACE_VIEW_READER, c->arena);
	enum cli_exit exit;

	if (document == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	c->document = document;
	exit = report_trace(c, document);
	if (exit == CLI_OK || t->failed == CHECK_NONE)
		return exit;
	return cli_fail(c, exit, exit == CLI_REFUSED ? "refused" : "undecided",
	    check_table[t->failed].remedy, "evidence %s by %s", verdict_name(trace_verdict(t)),
	    check_table[t->failed].id);
}

static enum cli_exit
appraise_run(struct cli *c)
{
	struct evidence *w = arena_alloc(c->arena, sizeof(*w));
	struct trace *t = arena_alloc(c->arena, sizeof(*t));
	/* The document borrows from it: it is printed when this function is over. */
	struct judgement *j = arena_alloc(c->arena, sizeof(*j));
	struct err e = { 0 };

	if (w == NULL || t == NULL || j == NULL)
		return cli_fail(c, CLI_FAULT, "limit", NULL, "out of memory");
	c->release = evidence_release;
	c->held = w;
	if (evidence_gather(c, c->args[0], w, &e) < 0)
		return e.code == ERR_INVALID ? cli_usage(c, "%s", e.msg)
					     : cli_fail_err(c, &e, NULL);
	trace_init(t, c->arena, w->in.kind->name, c->at);
	if (judge(&w->in, c->arena, t, j, &e) < 0)
		return cli_fail_err(c, &e, NULL);
	return judged(c, t);
}

const struct cli_command evidence_appraise_command = {
	.group = "evidence",
	.name = "appraise",
	.args = "--type T EVIDENCE [--runtime-data F | --runtime-json F] [--init-data F] "
		"[--collateral PATH]… [--trust-root FILE]… [--tolerate STATUS]… [--policy F] [--at "
		"TIME] "
		"| CASE-FOLDER",
	.about = "judge evidence offline and print the trace",
	.does = "Judges evidence without any service, by the collateral that is given, and prints "
		"the trace: every check with what was seen and wanted, and the verdict.",
	.help = CLI_HELP(HELP_EVIDENCE,
	    { "CASE-FOLDER",
		"instead of all that: a folder whose case.json names evidence, collateral and "
		"time" },
	    HELP_TYPE, HELP_RUNTIME_DATA, HELP_RUNTIME_JSON, HELP_INIT,
	    { "--collateral PATH…",
		"a file or folder of certificates, CRLs, TCB infos and identities, each recognised "
		"by its content" },
	    { "--trust-root FILE…",
		"one more trust anchor, for this run alone; the trace says so" },
	    { "--tolerate STATUS…", "accept this TCB status too" },
	    { "--policy F",
		"evaluate this policy on top; without it the verdict is of the evidence alone" }),
	.min_args = 1,
	.max_args = 1,
	.run = appraise_run,
};
