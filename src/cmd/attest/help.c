/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/attest/help.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS     79
#define WORD_COLUMN 22 /* where the sentences begin */

/* Characters, not bytes: "…" is one. */
static size_t
width_of(const char *text, size_t size)
{
	size_t width = 0;

	for (size_t i = 0; i < size; i++)
		width += ((unsigned char)text[i] & 0xc0U) != 0x80;
	return width;
}

/* The piece of TEXT that stays on one line. A usage breaks only in front of an option or an alternative. */
static size_t
piece_size(const char *text, bool usage)
{
	unsigned depth = 0;
	size_t i = 0;

	for (; text[i] != '\0'; i++) {
		depth += text[i] == '[' || text[i] == '(';
		depth -= text[i] == ']' || text[i] == ')';
		if (text[i] == ' ' &&
		    (!usage || (depth == 0 && text[i + 1] != '\0' && strchr("-[(|", text[i + 1]))))
			break;
	}
	return i;
}

/* TEXT in lines that end before COLUMNS, with INDENT blanks in front of each but the first, which begins at AT. */
static void
wrap(const char *text, size_t indent, size_t at, bool usage)
{
	for (bool first = true; *text != '\0'; first = false) {
		size_t size = piece_size(text, usage), width = width_of(text, size);

		if (!first && at + 1 + width > COLUMNS) {
			printf("\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			putchar(' ');
			at++;
		}
		printf("%.*s", (int)size, text);
		at += width;
		text += size + (text[size] == ' ');
	}
	putchar('\n');
}

static void
print_row(const struct cli_help *row)
{
	size_t width = width_of(row->word, strlen(row->word));

	printf("  %s", row->word);
	if (width + 4 > WORD_COLUMN)
		printf("\n%*s", WORD_COLUMN, "");
	else
		printf("%*s", (int)(WORD_COLUMN - 2 - width), "");
	wrap(row->says, WORD_COLUMN, WORD_COLUMN, false);
}

static const char *
words_of(const struct cli_command *k, char out[64])
{
	snprintf(out, 64, "%s%s%s", k->group, k->name == NULL ? "" : " ",
	    k->name == NULL ? "" : k->name);
	return out;
}

void
help_print(const char *group)
{
	char words[64];

	printf("attest " ATTEST_VERSION
	       ": client, relying party, policy and evidence tools of attestd\n\n"
	       "usage: attest COMMAND [OPTIONS] [ARGUMENTS]\n\n");
	for (size_t i = 0; i < cli_command_count; i++)
		if (group == NULL || strcmp(group, cli_commands[i]->group) == 0)
			printf("  %-18s %s\n", words_of(cli_commands[i], words),
			    cli_commands[i]->about);
	printf(
	    "\nEverywhere:\n"
	    "  --instance URL      the service (ATTEST_INSTANCE)\n"
	    "  --ca FILE           certificate authority of its TLS certificate (ATTEST_CA)\n"
	    "  --token-file FILE   bearer token for calls that need one (ATTEST_TOKEN)\n"
	    "  --json              one JSON document on standard output\n"
	    "  --at TIME           judge at this time: RFC 3339 or unix seconds\n"
	    "  -v, --help, --version\n\n"
	    "Exit codes: 0 done or accepted, 1 refused, 2 usage, 3 could not be judged, 4 fault.\n"
	    "attest COMMAND --help tells more of one command.\n");
}

void
help_print_command(const struct cli_command *k)
{
	static const char usage[] = "usage: attest ";
	char words[64];
	size_t indent = sizeof(usage) + strlen(words_of(k, words));

	printf("attest %s: ", words);
	wrap(k->about, 0, indent - sizeof(usage) + sizeof("attest : "), false);
	printf("\n%s%s ", usage, words);
	wrap(k->args, indent, indent, true);
	if (k->does != NULL) {
		putchar('\n');
		wrap(k->does, 0, 0, false);
	}
	if (k->help != NULL)
		putchar('\n');
	for (const struct cli_help *row = k->help; row != NULL && row->word != NULL; row++)
		print_row(row);
	printf("\nattest --help lists the options of every command, and the exit codes.\n");
}

/* True if WORD is written "--NAME" or "--NAME VALUE". */
static bool
is_option(const char *word, const char *name)
{
	size_t size = strlen(name);

	return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, size) == 0 &&
	    (word[2 + size] == '\0' || word[2 + size] == ' ');
}

bool
help_option(const struct cli_help *rows, const char *name, bool *takes_value, bool *several)
{
	for (; rows != NULL && rows->word != NULL; rows++)
		if (is_option(rows->word, name)) {
			*takes_value = strchr(rows->word, ' ') != NULL;
			*several = strstr(rows->word, "…") != NULL;
			return true;
		}
	return false;
}
