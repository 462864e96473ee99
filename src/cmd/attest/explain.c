/* SPDX-License-Identifier: Apache-2.0 */
/* attest explain: why a request was answered as it was. */
#include "cmd/attest/commands.h"
#include "cmd/attest/remote.h"
#include "cmd/attest/report.h"

#include <stdio.h>

static bool
is_plain_word(const char *text)
{
	for (; *text != '\0'; text++)
		if (!((*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z') ||
			(*text >= 'a' && *text <= 'z') || *text == '-' || *text == '_'))
			return false;
	return true;
}

static enum cli_exit
explain_run(struct cli *c)
{
	const char *id = c->args[0], *key = cli_option(c, "key");
	struct client_answer answer;
	char path[512];
	enum cli_exit bad;

	if (!is_plain_word(id) || (key != NULL && !is_plain_word(key)))
		return cli_usage(c, "a trace id and its key are letters, digits, '-' and '_'");
	if (snprintf(path, sizeof(path), "/attestd/traces/%s%s%s", id,
		key == NULL ? "" : "?key=", key == NULL ? "" : key) >= (int)sizeof(path))
		return cli_usage(c, "the trace id is too long");
	bad = remote_get(c, path, &answer);
	if (bad != CLI_OK)
		return bad;
	c->document = json_copy(c->arena, answer.json);
	/* That the explanation was found is success, whatever it explains. */
	(void)report_trace(c, answer.json);
	return CLI_OK;
}

const struct cli_command explain_command = {
	.group = "explain",
	.args = "TRACE-ID [--key K]",
	.about = "why the service answered as it did",
	.does = "Fetches the trace of one answer: every check in its order, what was seen, what "
		"was wanted and what can be done. With the trace's one-time key its submitter sees "
		"his own evidence; with a reader's token all of it is shown.",
	.help = CLI_HELP({ "TRACE-ID",
			     "the identity of the trace, as the answer's header x-attest-trace-id "
			     "says it" },
	    { "--key K", "the one-time key that came with the answer" }),
	.min_args = 1,
	.max_args = 1,
	.run = explain_run,
};
