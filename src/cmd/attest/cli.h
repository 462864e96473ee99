/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every subcommand of attest shares: options, files, and how a result is shown.
 *
 * A subcommand fills a result document and prints for people; with --json the document alone goes to stdout, whatever
 * the outcome (product.md 2). Errors go to stderr as "attest: what: why" and "hint: what to do".
 */
#pragma once

#include "codec/json.h"

/* Exit codes, everywhere the same (product.md 2). */
enum cli_exit { CLI_OK = 0, CLI_REFUSED = 1, CLI_USAGE = 2, CLI_UNDECIDED = 3, CLI_FAULT = 4 };

#define MAX_CLI_FILE (16U << 20)
#define MAX_CLI_ARGS 64

/* One option as given; options that may stand several times have several entries. */
struct cli_option {
	const char *name;
	const char *value; /* NULL for a switch */
};

struct cli {
	const struct cli_command *command;
	struct arena *arena;

	/* global options */
	const char *instance, *ca, *token_file;
	bool json, verbose;
	bool has_at;
	int64_t at; /* --at, else now */

	struct cli_option options[MAX_CLI_ARGS];
	size_t option_count;
	const char *args[MAX_CLI_ARGS];
	size_t arg_count;

	bool colour_out, colour_err;
	struct json *document; /* what --json prints; an object */
	/* What the document borrows from beyond the arena: HELD is given to RELEASE when it has been printed. */
	void (*release)(void *held);
	void *held;
};

/*
 * One argument or option of a subcommand, and what it is in a sentence. How an option is written says how it is read:
 * "--offline" is a switch, "--type T" takes a value, "--set FIELD=VALUE…" may stand several times. A row whose word does
 * not begin with "--" is an argument: "TOKEN".
 */
struct cli_help {
	const char *word, *says;
};
#define CLI_HELP(...)                                                                              \
	(const struct cli_help[])                                                                  \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}

/*
 * A subcommand, and all that `attest COMMAND --help` says of it. ARGS, DOES and HELP are the one place where its options
 * stand: they are read by HELP's rows (shared ones are in help.h), and tools/manuals holds docs/man/attest.1 and
 * docs/cli.md to them.
 *
 *	const struct cli_command token_show_command = {
 *		.group = "token",
 *		.name = "show",
 *		.args = "TOKEN",
 *		.about = "decode a token without trusting it",
 *		.does = "Prints header and claims of a token. Nothing is verified.",
 *		.help = CLI_HELP({ "TOKEN", "a file with one compact JWT" }),
 *		.min_args = 1,
 *		.max_args = 1,
 *		.run = token_show_run,
 *	};
 */
struct cli_command {
	const char *group,
	    *name;         /* "token" "verify"; name NULL for a command without a second word */
	const char *args;  /* for the usage line: "TOKEN --issuer U [--type T]" */
	const char *about; /* one line */
	const char *does;  /* one paragraph: what it does and prints; wrapped when it is shown */
	const struct cli_help *help; /* NULL: neither arguments nor options */
	const char *options;         /* more of them without a sentence: "type: offline set:*" */
	size_t min_args, max_args;
	enum cli_exit (*run)(struct cli *c);
};

extern const struct cli_command *const cli_commands[];
extern const size_t cli_command_count;

/* The (first) value, NULL when not given; a switch gives "". */
const char *cli_option(const struct cli *c, const char *name);
/* The INDEXth value of an option that may stand several times. */
const char *cli_option_nth(const struct cli *c, const char *name, size_t index);
bool cli_has(const struct cli *c, const char *name);

/* Reads a file, or standard input for "-"; at most MAX_CLI_FILE bytes, into the arena. */
int cli_read(struct cli *c, const char *path, struct bytes *out, struct err *e) MUST_CHECK;
/* A file of at most MAX_SIZE bytes that nobody but its owner can write, into A: what decides who is let through. */
int cli_read_guarded(const char *path, size_t max_size, struct arena *a, struct bytes *out,
    struct err *e) MUST_CHECK;
/* cli_read() without white space around it: a token, a policy JWS. */
int cli_read_text(struct cli *c, const char *path, struct bytes *out, struct err *e) MUST_CHECK;
/* Creates or replaces FILE by writing beside it and renaming; "-" is standard output. MODE as in open(2). */
int cli_write(const char *path, struct bytes what, unsigned mode, struct err *e) MUST_CHECK;
/* Makes a directory; one that is there is fine. */
int cli_mkdir(const char *path, unsigned mode, struct err *e) MUST_CHECK;

/* Prints to stdout unless --json. */
void cli_say(const struct cli *c, const char *fmt, ...) PRINTF(2, 3);
/* Colours for cli_say(), "" where colour is off. */
const char *cli_good(const struct cli *c);
const char *cli_bad(const struct cli *c);
const char *cli_dim(const struct cli *c);
const char *cli_bold(const struct cli *c);
const char *cli_plain(const struct cli *c);
/* "label          value" with the labels of a block in one column. */
void cli_field(const struct cli *c, const char *label, const char *fmt, ...) PRINTF(3, 4);
/* Bytes that came from outside, with controls and what could deceive an eye made visible, in the arena. */
const char *cli_safe(struct cli *c, struct bytes text);

/*
 * Says what went wrong and gives EXIT back. HINT may be NULL. With --json the document gets `error {code, message,
 * hint}`; CODE is a short word ("usage", "refused", "unreadable", …).
 */
enum cli_exit cli_fail(struct cli *c, enum cli_exit exit, const char *code, const char *hint,
    const char *fmt, ...) PRINTF(5, 6);
/* The same from an error; the exit code follows from its err_code. */
enum cli_exit cli_fail_err(struct cli *c, const struct err *e, const char *hint);
enum cli_exit cli_usage(struct cli *c, const char *fmt, ...) PRINTF(2, 3);
