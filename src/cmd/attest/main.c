/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest: client, relying party, policy and evidence tools. This file reads the arguments and the environment, finds
 * the subcommand in the table (commands.c) and prints the result document.
 */
#include "base/clock.h"
#include "base/stamp.h"
#include "cmd/attest/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_CEILING (256U << 20)

static const char *const global_options =
    "instance: ca: token-file: json at: verbose v help h version";

/* Is NAME in the blank-separated LIST? *TAKES_VALUE for "name:", *SEVERAL for "name:*". */
static bool
option_listed(const char *list, const char *name, bool *takes_value, bool *several)
{
	size_t size = strlen(name);

	for (const char *p = list; *p != '\0';) {
		size_t word = strcspn(p, " ");

		if (word >= size && memcmp(p, name, size) == 0 &&
		    (word == size || p[size] == ':')) {
			*takes_value = word > size;
			*several = word == size + 2 && p[size + 1] == '*';
			return true;
		}
		p += word;
		p += strspn(p, " ");
	}
	return false;
}

static int
parse_at(const char *text, int64_t *at)
{
	char *end;
	long long seconds;

	if (stamp_parse(bytes_of_str(text), at))
		return 0;
	seconds = strtoll(text, &end, 10);
	if (*text == '\0' || *end != '\0' || seconds < 0)
		return -1;
	*at = seconds;
	return 0;
}

static enum cli_exit
take_option(struct cli *c, char **argv, int argc, int *i)
{
	char *name = argv[*i] + (argv[*i][1] == '-' ? 2 : 1);
	char *equals = argv[*i][1] == '-' ? strchr(name, '=') : NULL;
	bool takes_value = false, several = false;
	const char *value = NULL;

	if (equals != NULL)
		*equals = '\0';
	if (!option_listed(global_options, name, &takes_value, &several) &&
	    !(c->command != NULL && help_option(c->command->help, name, &takes_value, &several)) &&
	    !(c->command != NULL && c->command->options != NULL &&
		option_listed(c->command->options, name, &takes_value, &several)))
		return cli_usage(c, "unknown option --%s", name);
	if (takes_value) {
		value = equals != NULL ? equals + 1 : *i + 1 < argc ? argv[++*i] : NULL;
		if (value == NULL)
			return cli_usage(c, "--%s needs a value", name);
	} else if (equals != NULL) {
		return cli_usage(c, "--%s takes no value", name);
	}
	if (!several && cli_has(c, name))
		return cli_usage(c, "--%s is given twice", name);
	if (c->option_count == MAX_CLI_ARGS)
		return cli_usage(c, "too many options");
	c->options[c->option_count++] = (struct cli_option){ name, value };
	return CLI_OK;
}

static const struct cli_command *
find_command(const char *group, const char *name, bool *group_known)
{
	*group_known = false;
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *k = cli_commands[i];

		if (strcmp(k->group, group) != 0)
			continue;
		*group_known = true;
		if (k->name == NULL || (name != NULL && strcmp(k->name, name) == 0))
			return k;
	}
	return NULL;
}

/* The first one or two words that are not options name the command. */
static enum cli_exit
take_command(struct cli *c, int argc, char **argv)
{
	const char *words[2] = { NULL, NULL };
	size_t count = 0;
	bool group_known = false;

	for (int i = 1; i < argc && count < 2; i++) {
		bool value = false, several = false;

		if (argv[i][0] == '-' && argv[i][1] != '\0') {
			const char *name = argv[i] + (argv[i][1] == '-' ? 2 : 1);

			if (option_listed(global_options, name, &value, &several) && value)
				i++;
			continue;
		}
		words[count++] = argv[i];
	}
	if (words[0] == NULL)
		return CLI_OK;
	c->command = find_command(words[0], words[1], &group_known);
	if (c->command == NULL && !group_known)
		return cli_usage(c, "no command '%s'", words[0]);
	if (c->command == NULL && !cli_has(c, "help"))
		return words[1] == NULL ? CLI_OK
					: cli_usage(c, "no command '%s %s'", words[0], words[1]);
	return CLI_OK;
}

static enum cli_exit
parse_args(struct cli *c, int argc, char **argv)
{
	size_t words = 0;
	bool only_args = false;

	for (int i = 1; i < argc; i++) {
		if (!only_args && strcmp(argv[i], "--") == 0) {
			only_args = true;
			continue;
		}
		if (!only_args && argv[i][0] == '-' && argv[i][1] != '\0') {
			enum cli_exit bad = take_option(c, argv, argc, &i);

			if (bad != CLI_OK)
				return bad;
			continue;
		}
		if (c->command != NULL && words < (c->command->name == NULL ? 1U : 2U)) {
			words++;
			continue;
		}
		if (c->arg_count == MAX_CLI_ARGS)
			return cli_usage(c, "too many arguments");
		c->args[c->arg_count++] = argv[i];
	}
	return CLI_OK;
}

static enum cli_exit
take_globals(struct cli *c)
{
	const char *at = cli_option(c, "at");

	c->json = cli_has(c, "json");
	c->verbose = cli_has(c, "verbose") || cli_has(c, "v");
	c->instance = cli_option(c, "instance");
	c->ca = cli_option(c, "ca");
	c->token_file = cli_option(c, "token-file");
	if (c->instance == NULL)
		c->instance = getenv("ATTEST_INSTANCE");
	if (c->ca == NULL)
		c->ca = getenv("ATTEST_CA");
	if (c->token_file == NULL)
		c->token_file = getenv("ATTEST_TOKEN");
	c->has_at = at != NULL;
	c->at = clock_now_at();
	if (at != NULL && parse_at(at, &c->at) < 0)
		return cli_usage(c,
		    "--at %s: neither RFC 3339 (2026-11-24T06:30:00Z) nor unix seconds", at);
	if (c->command != NULL && !cli_has(c, "help") && !cli_has(c, "h") &&
	    (c->arg_count < c->command->min_args || c->arg_count > c->command->max_args))
		return cli_usage(c, "%zu argument%s where %zu%s%s wanted", c->arg_count,
		    c->arg_count == 1 ? "" : "s", c->command->min_args,
		    c->command->max_args > c->command->min_args ? " or more" : "",
		    c->command->min_args == 1 ? " is" : " are");
	return CLI_OK;
}

static void
print_document(const struct cli *c)
{
	DEFER(buf_release) struct buf out;

	buf_init(&out, 2 * MAX_CLI_FILE);
	json_print(&out, c->document);
	buf_char(&out, '\n');
	if (buf_ok(&out))
		fwrite(out.p, 1, out.size, stdout);
}

static enum cli_exit
run(struct cli *c, int argc, char **argv)
{
	enum cli_exit bad;

	/* Known before anything can fail, so that a usage error too is one document. */
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		c->json = c->json || strcmp(argv[i], "--json") == 0;
	bad = take_command(c, argc, argv);
	if (bad == CLI_OK)
		bad = parse_args(c, argc, argv);
	if (bad == CLI_OK)
		bad = take_globals(c);
	if (bad != CLI_OK)
		return bad;
	if (cli_has(c, "version")) {
		printf("attest " ATTEST_VERSION "\n");
		c->json = false;
		return CLI_OK;
	}
	if (cli_has(c, "help") || cli_has(c, "h") || c->command == NULL) {
		bool asked = cli_has(c, "help") || cli_has(c, "h");

		if (c->json && !asked)
			return cli_usage(c, "no command is named");
		c->json = false;
		if (c->command != NULL)
			help_print_command(c->command);
		else
			help_print(c->arg_count > 0 ? c->args[0] : NULL);
		return asked ? CLI_OK : CLI_USAGE;
	}
	return c->command->run(c);
}

int
main(int argc, char **argv)
{
	bool colour = getenv("NO_COLOR") == NULL;
	struct cli c = { .colour_out = colour && isatty(STDOUT_FILENO),
		.colour_err = colour && isatty(STDERR_FILENO) };
	struct arena arena;
	enum cli_exit code;

	arena_init(&arena, ARENA_CEILING);
	c.arena = &arena;
	c.document = json_new(&arena, JSON_OBJECT);
	code = run(&c, argc, argv);
	if (c.json)
		print_document(&c);
	if (fflush(stdout) != 0 && code == CLI_OK)
		code = CLI_FAULT;
	if (c.release != NULL)
		c.release(c.held);
	arena_release(&arena);
	return (int)code;
}
