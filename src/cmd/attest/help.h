/* SPDX-License-Identifier: Apache-2.0 */
/* What `attest --help` and `attest COMMAND --help` say, and the rows of struct cli_help that several commands share. */
#pragma once

#include "cmd/attest/cli.h"

/* All commands, or those of GROUP. */
void help_print(const char *group);
void help_print_command(const struct cli_command *k);
/* Is NAME one of the options in ROWS (may be NULL)? *TAKES_VALUE and *SEVERAL as the row has it. */
bool help_option(const struct cli_help *rows, const char *name, bool *takes_value, bool *several);

#define HELP_TYPE                                                                                  \
	{                                                                                          \
		"--type T",                                                                        \
		    "kind of evidence, by its name in the API: SgxEnclave, OpenEnclave; required"  \
	}
#define HELP_EVIDENCE                                                                              \
	{                                                                                          \
		"EVIDENCE", "the evidence as raw bytes; a file, or - for standard input"           \
	}
#define HELP_RUNTIME_DATA                                                                          \
	{                                                                                          \
		"--runtime-data F", "a file with the runtime data that the evidence is bound to"   \
	}
#define HELP_RUNTIME_JSON                                                                          \
	{                                                                                          \
		"--runtime-json F", "the same, as JSON: its members become claims"                 \
	}
#define HELP_INIT                                                                                  \
	{                                                                                          \
		"--init-data F", "a file with the data that the enclave was started with"          \
	}
